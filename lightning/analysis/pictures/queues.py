"""Queues: who stands in line at a price, and how an order moves forward in it."""

from typing import Protocol

import numpy as np
import plotly.graph_objects as go

from lightning.analysis.colours import ASK, BID, LINE, SOFT, TRADE, translucent
from lightning.analysis.measures import queue_position as measured_position
from lightning.analysis.pictures.binning import columns_of, thinned
from lightning.analysis.pictures.style import styled
from lightning.analysis.pictures.units import Clock, SymbolBook, SymbolFlow, along, quantities, quantity_title
from lightning.analysis.texts import fixed, quantity_texts
from lightning.codes import Side

COLUMNS = 600
HEIGHT = 420
PLACES = 15
"""Most numbers below a queue."""
BANDS = (
    ("Ahead of it", BID, translucent(BID, SOFT), "%{customdata[0]:,~f} ahead, in %{customdata[1]} orders"),
    ("The order itself", TRADE, translucent(TRADE, 0.7), "%{customdata[0]:,~f} open"),
    ("Behind it", LINE, LINE, "%{customdata[0]:,~f} behind, in %{customdata[2]} orders"),
)


class OrderBook(SymbolBook, Protocol):
    """A book that knows its orders. A `Book` is one."""

    def queue(self, side: Side, price_ticks: int) -> np.ndarray:
        """BOOK_ORDER rows, first the one that trades first."""


def queue(
    book: OrderBook, side: Side, price_ticks: int | None = None, account: int | None = None
) -> go.Figure:
    """Every order at one price, from the head of the queue on: each begins where the one before it ends.

    price_ticks : None: the best price of the side
    account : whose orders stand out
    """
    symbol, levels = book.symbol, book.bids if side == Side.BUY else book.asks
    if price_ticks is None:
        price_ticks = int(levels[0, 0]) if len(levels) else 0
    orders = book.queue(side, price_ticks)
    lots = np.ascontiguousarray(orders["qty"])
    ahead = np.cumsum(lots) - lots
    plain = BID if side == Side.BUY else ASK
    told = [orders["order_id"].tolist(), orders["account"].tolist(), quantity_texts(ahead.tolist(), symbol)]
    figure = go.Figure(
        go.Bar(
            x=np.arange(1, len(orders) + 1),
            y=quantities(lots, symbol),
            base=quantities(ahead, symbol),
            marker={
                "color": [TRADE if one == account else plain for one in orders["account"].tolist()],
                "line_width": 0,
            },
            customdata=list(zip(*told, strict=True)),
            text=quantity_texts(lots.tolist(), symbol),
            textposition="none",
            hovertemplate=(
                "Order %{customdata[0]} of account %{customdata[1]}: %{text}, "
                "%{customdata[2]} ahead of it<extra></extra>"
            ),
        )
    )
    figure.update_xaxes(title_text="Place in the queue", tick0=1, dtick=-(-len(orders) // PLACES) or 1)
    figure.update_yaxes(title_text=f"{quantity_title(symbol)} from the head", rangemode="tozero")
    figure.update_layout(bargap=0.1, height=HEIGHT)
    where = f"{fixed(price_ticks, symbol.tick)} ({'bids' if side == Side.BUY else 'asks'})"
    return styled(figure, f"{symbol.name} queue at {where}")


def queue_position(flow: SymbolFlow, order_id: int, clock: Clock | None = None) -> go.Figure:
    """What stands ahead of an order at its price, the order, and what stands behind it, as time goes by.

    Raises KeyError for an order that never rested.
    """
    symbol, position = flow.symbol, measured_position(flow.rows, order_id)
    axis = along(position.time_ns, flow.rows["seq"][position.row], clock)
    lots = [position.lots_ahead, position.lots, position.lots_behind]
    edges = [quantities(sum_, symbol) for sum_ in np.cumsum(lots, axis=0)]
    column = columns_of(axis.span(), COLUMNS).of(axis.numbers)
    kept = np.union1d(thinned(column, edges[0]), thinned(column, edges[2]))
    orders = np.column_stack([position.orders_ahead, position.orders_behind])[kept]
    figure = go.Figure()
    for (name, line, area, told), own, edge in zip(BANDS, lots, edges, strict=True):
        figure.add_trace(
            go.Scatter(
                name=name,
                x=axis.shown(axis.numbers[kept]),
                y=edge[kept],
                mode="lines",
                customdata=np.column_stack([quantities(own, symbol)[kept], orders]),
                line={"shape": "hv", "color": line, "width": 1.4},
                fill="tonexty" if figure.data else "tozeroy",
                fillcolor=area,
                hovertemplate=f"{told}<extra></extra>",
            )
        )
    figure.update_xaxes(title_text=axis.title)
    figure.update_yaxes(title_text=quantity_title(symbol), rangemode="tozero")
    figure.update_layout(hovermode="x unified", height=HEIGHT)
    return styled(figure, f"{symbol.name} queue position of order {order_id}")
