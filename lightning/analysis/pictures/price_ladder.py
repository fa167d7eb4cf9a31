"""The price ladder: what stands at each price around the spread."""

import numpy as np
import plotly.graph_objects as go

from lightning.analysis.colours import ASK, BID, translucent
from lightning.analysis.pictures.style import styled
from lightning.analysis.pictures.units import Integers, SymbolBook, price_title, quantities, quantity_title
from lightning.analysis.texts import fixed, price_texts, quantity_texts
from lightning.instruments import Symbol

LEVELS = 12
LEVEL_PX = 22


def price_ladder(book: SymbolBook, levels: int = LEVELS) -> go.Figure:
    """A bar a level, the best of each side in the middle; what stands up to there as a light bar behind it.

    levels : of each side, the best ones
    """
    symbol = book.symbol
    bids, asks = book.bids[:levels], book.asks[:levels]
    figure = go.Figure()
    for name, side, colour in (("Asks", asks, ASK), ("Bids", bids, BID)):
        figure.add_traces(_bars(name, side, symbol, colour))
    lowest_first = [*price_texts(bids[::-1, 0].tolist(), symbol), *price_texts(asks[:, 0].tolist(), symbol)]
    figure.update_yaxes(
        title_text=price_title(symbol), type="category", categoryorder="array", categoryarray=lowest_first
    )
    figure.update_xaxes(title_text=quantity_title(symbol))
    figure.update_layout(barmode="overlay", bargap=0.12, height=170 + LEVEL_PX * max(4, len(lowest_first)))
    return styled(figure, f"{symbol.name} book{_spread(bids, asks, symbol)}")


def _bars(name: str, side: Integers, symbol: Symbol, colour: str) -> list[go.Bar]:
    texts = price_texts(side[:, 0].tolist(), symbol)
    lots, sums = side[:, 1], np.cumsum(side[:, 1])
    behind = go.Bar(
        name=f"{name}, cumulated",
        x=quantities(sums, symbol),
        y=texts,
        orientation="h",
        marker={"color": translucent(colour, 0.18), "line_width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    own = go.Bar(
        name=name,
        x=quantities(lots, symbol),
        y=texts,
        orientation="h",
        marker={"color": colour, "line_width": 0},
        customdata=np.column_stack([side[:, 2], quantities(sums, symbol)]),
        text=quantity_texts(lots.tolist(), symbol),
        textposition="none",
        hovertemplate="%{y}: %{text} in %{customdata[0]} orders, %{customdata[1]:,~f} up to here",
    )
    return [behind, own]


def _spread(bids: Integers, asks: Integers, symbol: Symbol) -> str:
    if not (len(bids) and len(asks)):
        return ""
    return f", spread {fixed(int(asks[0, 0] - bids[0, 0]), symbol.tick)} {symbol.quote.name}"
