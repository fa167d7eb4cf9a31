"""The book over time: what stood at each price, the best prices, and the trades."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from lightning.analysis.colours import CIVIDIS
from lightning.analysis.flow import BookEventKind
from lightning.analysis.measures import Touch, touch
from lightning.analysis.pictures.binning import Columns, columns_of, last_rows, mean_resting, sums
from lightning.analysis.pictures.style import styled
from lightning.analysis.pictures.units import (
    Along,
    Clock,
    Floats,
    Integers,
    Span,
    SymbolFlow,
    along,
    decimals_format,
    price_title,
    prices,
    quantities,
    quantity_title,
)
from lightning.codes import Side
from lightning.instruments import Symbol

COLUMNS = 360
PRICE_ROWS = 140
HEIGHT = 560
MOST_SHARE = 0.995
"""Of the cells that hold anything: the others are drawn in the brightest colour, too."""
BRIGHTENING = 0.45
"""Exponent between quantity and colour: most levels hold little, a few hold very much."""
AROUND = 0.35
"""How much of the range of the best prices is shown beyond it, on each side."""
MARKER_PX = (6.0, 16.0)
LEGEND = {
    "x": 0.99,
    "y": 0.985,
    "yanchor": "top",
    "bgcolor": "rgba(0, 20, 48, 0.75)",
    "font_color": "#e6e9ec",
}
"""On the map, whose ground is dark everywhere."""
TAKERS = (("Bought", Side.SELL, "triangle-up", "#8fd3ff"), ("Sold", Side.BUY, "triangle-down", "#ff8a4c"))
"""What the incoming order did, the side of the order that it met, and how that is drawn."""


class Window(NamedTuple):
    """The prices of a map, in rows of `step` ticks from `low` on."""

    low: int
    step: int
    rows: int

    @property
    def high(self) -> int:
        return self.low + self.rows * self.step


def heat_map(
    flow: SymbolFlow,
    span: Span | None = None,
    price_range: tuple[int, int] | None = None,
    clock: Clock | None = None,
    columns: int = COLUMNS,
) -> go.Figure:
    """Resting quantity by price and time (the mean of each column), with best prices and trades on it.

    span : what is shown; None: all behind the opening
    price_range : lowest and highest, ticks; None: around the best prices
    clock : what goes along; None: the time, unless all rows have the same
    Trades of one side in one cell are one mark, whose area is their quantity.
    """
    rows, symbol = flow.rows, flow.symbol
    axis = along(rows["time_ns"], rows["seq"], clock, flow.opening)
    parts = columns_of(span or axis.span(flow.opening), columns)
    best = _ends_of_columns(touch(rows), axis, parts)
    window = _window(price_range or _around(best, rows))
    figure = go.Figure(_map(rows, axis, parts, window, symbol))
    figure.add_traces(_best_prices(best, axis, parts, symbol))
    figure.add_traces(_trades(rows, axis, parts, window, symbol))
    low, high = prices([window.low - 0.5, window.high - 0.5], symbol)
    figure.update_yaxes(title_text=price_title(symbol), range=[low, high], tickformat=",~f", showgrid=False)
    figure.update_xaxes(title_text=axis.title, showgrid=False, range=list(axis.shown(parts.edges()[[0, -1]])))
    figure.update_layout(plot_bgcolor=CIVIDIS[0], height=HEIGHT, legend=LEGEND)
    return styled(figure, f"{symbol.name} book over time")


class BestPrices(NamedTuple):
    """(columns,) ticks at the end of each column; NaN: there was none."""

    bid: Floats
    ask: Floats


def _ends_of_columns(best: Touch, axis: Along, parts: Columns) -> BestPrices:
    last = last_rows(parts.places(axis.numbers), parts.columns)
    if not len(axis.numbers):
        return BestPrices(np.full(parts.columns, np.nan), np.full(parts.columns, np.nan))
    bid, ask = (np.where(last >= 0, ticks[last], np.nan) for ticks in (best.bid_ticks, best.ask_ticks))
    return BestPrices(bid, ask)


def _around(best: BestPrices, rows: np.ndarray) -> tuple[int, int]:
    """Ticks: the range of the best prices and a part beyond; of all prices where there never was a best."""
    found = np.concatenate(best)
    found = found[~np.isnan(found)]
    if not len(found):
        found = rows["price"] if len(rows) else np.zeros(1, np.int64)
    low, high = int(found.min()), int(found.max())
    beyond = max(int((high - low) * AROUND), 5)
    return low - beyond, high + beyond


def _window(price_range: tuple[int, int]) -> Window:
    low, high = price_range
    if high < low:
        raise ValueError(f"price_range must be lowest and highest, not {low}, {high}")
    step = -(-(high - low + 1) // PRICE_ROWS)
    return Window(low, step, -(-(high - low + 1) // step))


def _map(rows: np.ndarray, axis: Along, parts: Columns, window: Window, symbol: Symbol) -> go.Heatmap:
    level = (rows["price"] - window.low) // window.step
    inside = (level >= 0) & (level < window.rows)
    places = parts.places(axis.numbers[inside])
    lots = mean_resting(rows["delta"][inside], level[inside], places, window.rows, parts.columns)
    standing = quantities(lots, symbol).astype(np.float32)
    held = standing[standing > 0]
    edges = window.low - 0.5 + np.arange(window.rows + 1) * window.step
    return go.Heatmap(
        name="Resting",
        x=axis.shown(parts.edges()),
        y=prices(edges, symbol),
        z=standing,
        zmin=0,
        zmax=float(np.quantile(held, MOST_SHARE)) if len(held) else 1.0,
        colorscale=_brightened(),
        colorbar={
            "title": {"text": quantity_title(symbol), "side": "right"},
            "thickness": 14,
            "outlinewidth": 0,
        },
        hovertemplate=f"%{{x}}<br>%{{y:{decimals_format(symbol.tick)}}}: %{{z:,.4~g}}<extra></extra>",
    )


def _brightened() -> list[list[float | str]]:
    last = len(CIVIDIS) - 1
    return [[(place / last) ** (1 / BRIGHTENING), colour] for place, colour in enumerate(CIVIDIS)]


def _best_prices(best: BestPrices, axis: Along, parts: Columns, symbol: Symbol) -> list[go.Scatter]:
    return [
        go.Scatter(
            name=name,
            x=axis.shown(parts.edges()[1:]),
            y=prices(ticks, symbol),
            mode="lines",
            line={"shape": "vh", "color": "#ffffff", "width": 1.1, "dash": dash},
            hoverinfo="skip",
        )
        for name, ticks, dash in (("Best ask", best.ask, "solid"), ("Best bid", best.bid, "dot"))
    ]


def _trades(
    rows: np.ndarray, axis: Along, parts: Columns, window: Window, symbol: Symbol
) -> list[go.Scatter]:
    traded = (rows["kind"] == BookEventKind.TRADED) & (rows["price"] >= window.low)
    traded &= (rows["price"] < window.high) & parts.within(axis.numbers)
    cells = parts.of(axis.numbers) * window.rows + (rows["price"] - window.low) // window.step
    met = [_gathered(cells, rows, traded & (rows["side"] == side)) for _, side, _, _ in TAKERS]
    most = max((lots.max() for _, lots, _ in met if len(lots)), default=1.0)
    starts = parts.edges()
    decimals = decimals_format(symbol.tick)
    drawn = []
    for (name, _, shape, colour), (cell, lots, ticks) in zip(TAKERS, met, strict=True):
        middle = starts[cell // window.rows] + int(parts.width / 2)
        drawn.append(
            go.Scatter(
                name=name,
                x=axis.shown(middle),
                y=prices(ticks, symbol),
                mode="markers",
                marker={
                    "symbol": shape,
                    "color": colour,
                    "size": np.maximum(MARKER_PX[0], MARKER_PX[1] * np.sqrt(lots / most)),
                    "line": {"color": "#101418", "width": 1},
                },
                customdata=quantities(lots, symbol),
                hovertemplate=f"{name} %{{customdata:,~f}} at %{{y:{decimals}}}<extra></extra>",
            )
        )
    return drawn


def _gathered(cells: Integers, rows: np.ndarray, taken: np.ndarray) -> tuple[Integers, Floats, Floats]:
    """The cells that have any of the taken rows, the lots traded in each, and their mean price in ticks."""
    cell, place = np.unique(cells[taken], return_inverse=True)
    lots = sums(place, -rows["delta"][taken], len(cell))
    paid = sums(place, -rows["delta"][taken] * rows["price"][taken].astype(np.float64), len(cell))
    return cell, lots, paid / np.maximum(lots, 1)
