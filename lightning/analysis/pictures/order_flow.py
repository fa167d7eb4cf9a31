"""Order flow: what came into the book and what left it, over time and by distance from the best price."""

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lightning.analysis.colours import ASK, BID, TRADE
from lightning.analysis.flow import BookEventKind
from lightning.analysis.measures import before_command, touch, values_at
from lightning.analysis.pictures.binning import Columns, columns_of, sums
from lightning.analysis.pictures.style import styled
from lightning.analysis.pictures.units import (
    Along,
    Clock,
    Floats,
    Integers,
    Span,
    SymbolFlow,
    along,
    quantities,
)
from lightning.codes import Side
from lightning.instruments import Symbol

COLUMNS = 120
DISTANCES = 40
"""Most bars of a side."""
NEAR_SHARE = 0.9
"""Of the events, whose distances are shown unless asked otherwise."""
HEIGHT = 640
HOW = (("Added", BID), ("Canceled", ASK), ("Traded", TRADE))


class Way(NamedTuple):
    """What came (positive) or went (negative) in one of the three ways."""

    name: str
    colour: str
    rows: np.ndarray
    """(n,) bool"""


def order_flow(
    flow: SymbolFlow,
    span: Span | None = None,
    reach: int | None = None,
    clock: Clock | None = None,
    columns: int = COLUMNS,
) -> go.Figure:
    """Quantity added, canceled and traded: over time, and by how far from the best price of its side it was.

    span : what is counted; None: all behind the opening
    reach : ticks from the best price that are shown; None: what nine of ten events are within
    The distance is from the best price just before the command; below 0: a better price than that.
    """
    symbol = flow.symbol
    axis = along(flow.rows["time_ns"], flow.rows["seq"], clock, flow.opening)
    parts = columns_of(span or axis.span(flow.opening), columns)
    counted = parts.within(axis.numbers)
    counted[: flow.opening] = False
    rows, distance = flow.rows[counted], distances(flow.rows)[counted]
    figure = make_subplots(
        rows=2,
        cols=2,
        specs=[[{"colspan": 2}, None], [{}, {}]],
        vertical_spacing=0.2,
        horizontal_spacing=0.06,
        subplot_titles=("Over time", "Bids, by distance", "Asks, by distance"),
    )
    _add_times(figure, rows, axis, parts, parts.of(axis.numbers[counted]), symbol)
    shown = _reach(distance) if reach is None else reach
    for place, side in ((1, Side.BUY), (2, Side.SELL)):
        of_side = rows["side"] == side
        _add_distances(figure, rows[of_side], distance[of_side], shown, symbol, place)
    figure.update_yaxes(title_text=f"Quantity ({symbol.base.name})", col=1)
    figure.update_xaxes(title_text="Ticks from the best bid", autorange="reversed", row=2, col=1)
    figure.update_xaxes(title_text="Ticks from the best ask", row=2, col=2)
    figure.update_yaxes(matches="y2", showticklabels=False, row=2, col=2)
    figure.update_layout(barmode="relative", bargap=0.08, height=HEIGHT)
    return styled(figure, f"{symbol.name} order flow")


def distances(rows: np.ndarray) -> Floats:
    """(n,) ticks behind the best price of its side just before each row's command; NaN: there was none."""
    best, before = touch(rows), before_command(rows, np.arange(len(rows)))
    bid, ask = values_at(best.bid_ticks, before), values_at(best.ask_ticks, before)
    away: Floats = np.where(rows["side"] == Side.BUY, bid - rows["price"], rows["price"] - ask)
    return away


def _ways(rows: np.ndarray) -> list[Way]:
    traded = rows["kind"] == BookEventKind.TRADED
    chosen = (~traded & (rows["delta"] > 0), ~traded & (rows["delta"] < 0), traded)
    return [Way(name, colour, which) for (name, colour), which in zip(HOW, chosen, strict=True)]


def _reach(distance: Floats) -> int:
    known = distance[~np.isnan(distance)]
    return max(10, int(np.quantile(known, NEAR_SHARE))) if len(known) else 10


def _add_times(
    figure: go.Figure, rows: np.ndarray, axis: Along, parts: Columns, column: Integers, symbol: Symbol
) -> None:
    middles = axis.shown(parts.edges()[:-1] + int(parts.width / 2))
    for way in _ways(rows):
        lots = sums(column[way.rows], rows["delta"][way.rows], parts.columns)
        figure.add_trace(_bars(way, middles, lots, symbol), 1, 1)
    figure.update_xaxes(title_text=axis.title, row=1, col=1)


def _add_distances(
    figure: go.Figure, rows: np.ndarray, distance: Floats, reach: int, symbol: Symbol, place: int
) -> None:
    inside = np.flatnonzero(np.abs(np.nan_to_num(distance, nan=np.inf)) <= reach)
    lowest = int(min(0, distance[inside].min())) if len(inside) else 0
    step = -(-(reach - lowest + 1) // DISTANCES)
    count = -(-(reach - lowest + 1) // step)
    bins: Integers = ((distance[inside] - lowest) // step).astype(np.int64)
    middles = lowest + np.arange(count) * step + (step - 1) / 2
    for way in _ways(rows[inside]):
        lots = sums(bins[way.rows], rows["delta"][inside][way.rows], count)
        figure.add_trace(_bars(way, middles, lots, symbol, showlegend=False), 2, place)


def _bars(way: Way, x: np.ndarray, lots: Floats, symbol: Symbol, showlegend: bool = True) -> go.Bar:
    return go.Bar(
        name=way.name,
        x=x,
        y=quantities(lots, symbol),
        marker={"color": way.colour, "line_width": 0},
        legendgroup=way.name,
        showlegend=showlegend,
        hovertemplate=f"%{{x}}: {way.name.lower()} %{{y:,~f}}<extra></extra>",
    )
