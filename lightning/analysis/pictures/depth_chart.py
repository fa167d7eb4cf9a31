"""The depth chart: how much stands within which price."""

import numpy as np
import plotly.graph_objects as go

from lightning.analysis.colours import ASK, BID, SOFT, TEXT, translucent
from lightning.analysis.pictures.style import styled
from lightning.analysis.pictures.units import (
    Integers,
    Levels,
    SymbolBook,
    decimals_format,
    price_title,
    prices,
    quantities,
)
from lightning.instruments import Symbol

LEVELS = 100
REACH_SHARE = 0.9
"""Of a side's levels: those far out would press the others together."""


def depth_chart(book: SymbolBook, levels: int = LEVELS) -> go.Figure:
    """Cumulated quantity of both sides from the middle outwards, one step a level, equally far to both sides.

    levels : of each side, the best ones
    """
    symbol = book.symbol
    book = Levels(symbol, book.bids[:levels], book.asks[:levels])
    figure = go.Figure()
    for name, side, colour in (("Bids", book.bids, BID), ("Asks", book.asks, ASK)):
        figure.add_trace(_side(name, side, symbol, colour))
    middle = _middle(book)
    if middle is not None:
        reach = _reach(book, middle)
        low, high = prices([middle - reach, middle + reach], symbol)
        figure.update_xaxes(range=[low, high])
        figure.update_yaxes(range=[0, 1.08 * _most_within(book, middle, reach)])
        figure.add_vline(x=prices(middle, symbol).item(), line={"color": TEXT, "width": 1, "dash": "dot"})
    figure.update_xaxes(title_text=price_title(symbol), tickformat=",~f")
    figure.update_yaxes(title_text=f"Cumulated quantity ({symbol.base.name})")
    figure.update_layout(hovermode="x")
    return styled(figure, f"{symbol.name} depth")


def _side(name: str, levels: Integers, symbol: Symbol, colour: str) -> go.Scatter:
    """A line that rises at each level: behind it as high as all up to there."""
    return go.Scatter(
        name=name,
        x=prices(levels[:, 0], symbol),
        y=quantities(np.cumsum(levels[:, 1]), symbol),
        customdata=np.column_stack([quantities(levels[:, 1], symbol), levels[:, 2]]),
        line={"shape": "hv", "color": colour, "width": 1.6},
        fill="tozeroy",
        fillcolor=translucent(colour, SOFT),
        hovertemplate=(
            f"%{{x:{decimals_format(symbol.tick)}}}: %{{customdata[0]:,~f}} in %{{customdata[1]}} orders, "
            "%{y:,~f} up to here"
        ),
    )


def _middle(book: SymbolBook) -> float | None:
    """In ticks; None: an empty book."""
    best = [float(side[0, 0]) for side in (book.bids, book.asks) if len(side)]
    return sum(best) / len(best) if best else None


def _reach(book: SymbolBook, middle: float) -> float:
    """In ticks: as far as the nearer of both sides reaches."""
    reaches = [
        abs(float(side[max(0, int(np.ceil(len(side) * REACH_SHARE)) - 1), 0]) - middle)
        for side in (book.bids, book.asks)
        if len(side)
    ]
    return max(min(reaches), 1.0) if min(reaches) > 0 else max(*reaches, 0.01 * middle, 1.0)


def _most_within(book: SymbolBook, middle: float, reach: float) -> float:
    sums = [
        side[np.abs(side[:, 0] - middle) <= reach, 1].sum() for side in (book.bids, book.asks) if len(side)
    ]
    return float(quantities(max(sums), book.symbol)) or 1.0
