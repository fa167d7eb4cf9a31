"""Through what a Python agent trades: its orders as they go into a block, and those that are open."""

from dataclasses import dataclass

import numpy as np

from lightning.codes import CommandFlag, CommandKind, EventKind, OrderType, Side, TimeInForce
from lightning.rows import Event
from lightning.simulation.sight import Fill
from lightning.simulation.wire import Block


@dataclass(slots=True)
class OpenOrder:
    """As far as the agent knows."""

    client_order_id: int
    side: Side
    price: int
    """Ticks."""
    leaves_qty: int
    """Lots."""
    accepted: bool = False
    """The exchange has said so."""


class Desk:
    """Prices are ticks, quantities lots."""

    def __init__(self, block: Block, random: np.random.Generator) -> None:
        self.now_ns = 0
        self.random = random
        """The agent's own."""
        self.position = 0
        """Lots bought less lots sold, as far as the agent knows."""
        self.open_orders: dict[int, OpenOrder] = {}
        """By client order id: sent, and not known to be closed."""
        self._block = block
        self._written = 0
        self._last_id = 0

    def place(
        self,
        side: Side,
        price: int,
        qty: int,
        *,
        tif: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
        delay_ns: int = 0,
    ) -> int:
        """A limit order, sent now or after a while; returns its client order id."""
        row = self._order(side, qty, delay_ns)
        row["price"], row["tif"] = price, tif
        row["flags"] = CommandFlag.POST_ONLY if post_only else 0
        self.open_orders[self._last_id] = OpenOrder(self._last_id, side, price, qty)
        return self._last_id

    def market(self, side: Side, qty: int, *, delay_ns: int = 0) -> int:
        """A market order; returns its client order id."""
        row = self._order(side, qty, delay_ns)
        row["type"], row["tif"] = OrderType.MARKET, TimeInForce.IOC
        self.open_orders[self._last_id] = OpenOrder(self._last_id, side, 0, qty)
        return self._last_id

    def cancel(self, client_order_id: int, *, delay_ns: int = 0) -> None:
        """All that is left of an order."""
        self._row(CommandKind.CANCEL, delay_ns)["client_order_id"] = client_order_id

    def amend(self, client_order_id: int, *, price: int = 0, qty: int = 0, delay_ns: int = 0) -> None:
        """Another price or open quantity; 0 keeps it."""
        row = self._row(CommandKind.AMEND, delay_ns)
        row["client_order_id"], row["price"], row["qty"] = client_order_id, price, qty

    def cancel_all(self, *, delay_ns: int = 0) -> None:
        """All orders of the account."""
        self._row(CommandKind.CANCEL_ALL, delay_ns)

    def _order(self, side: Side, qty: int, delay_ns: int) -> np.void:
        self._last_id += 1
        row = self._row(CommandKind.PLACE, delay_ns)
        row["client_order_id"], row["side"], row["qty"] = self._last_id, side, qty
        return row

    def _row(self, kind: CommandKind, delay_ns: int) -> np.void:
        if self._written == len(self._block.rows):
            raise ValueError(f"more than {self._written} commands at a time")
        row: np.void = self._block.rows[self._written]
        self._written += 1
        row["kind"], row["time_ns"] = kind, self.now_ns + delay_ns
        return row

    def take_written(self) -> int:
        """Rows written since; the block is taken away."""
        count, self._written = self._written, 0
        return count

    def follow_fill(self, fill: Fill) -> None:
        self.position += fill.qty if fill.side == Side.BUY else -fill.qty
        order = self.open_orders.get(fill.client_order_id)
        if order is not None:
            order.leaves_qty = fill.leaves_qty
            if not fill.leaves_qty:
                del self.open_orders[fill.client_order_id]

    def follow_order(self, event: Event) -> None:
        """What any other event says about an open order."""
        order = self.open_orders.get(event.client_order_id)
        if order is None:
            return
        if event.kind in (EventKind.CANCELED, EventKind.EXPIRED):
            del self.open_orders[event.client_order_id]
        elif event.kind != EventKind.REJECTED:
            order.accepted, order.price, order.leaves_qty = True, event.price, event.leaves_qty
        elif not order.accepted:
            del self.open_orders[event.client_order_id]
