"""An order flow in the two words that every engine has: place a limit order, cancel one that rests."""

from typing import NamedTuple

import numpy as np

from benchmarks.orderflow import SYMBOL, Rows
from lightning.codes import CommandKind, EventKind, Side
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND, Command


class Step(NamedTuple):
    order_id: int
    is_buy: bool
    price: int
    qty: int
    """0: cancel the order."""


def plain(rows: Rows, resting: Rows) -> Rows:
    """The same flow as PLACE rows (limit, GTC), with ids in their order, and CANCEL rows that find one.

    An IOC order becomes one that rests and is canceled at once, a modified order a cancel and a new order;
    what finds no order is left out. No trade differs by it.

    rows : of one symbol, without a ledger
    resting : orders that are in the book before; they have the ids 1, 2, ..., and keep them
    """
    exchange = Exchange(ledger=False)
    exchange.submit(resting)
    return _Plain(resting).of(rows, exchange.submit(rows))


class _Plain:
    def __init__(self, resting: Rows) -> None:
        self._last_id = len(resting)
        self._live = {order: (order, side) for order, side in enumerate(resting["side"].tolist(), 1)}
        """The flow's id -> the id given here, the side."""
        self._commands: list[Command] = []

    def of(self, rows: Rows, events: Rows) -> Rows:
        own = events[np.isin(events["kind"], (EventKind.ACCEPTED, EventKind.CANCELED, EventKind.AMENDED))]
        for kind, command in zip(own["kind"].tolist(), own["command"].tolist(), strict=True):
            order = int(rows["client_order_id"][command])
            price, qty = int(rows["price"][command]), int(rows["qty"][command])
            if kind == EventKind.ACCEPTED:
                self._place(order, int(rows["side"][command]), price, qty)
            elif kind == EventKind.AMENDED:
                self._place(order, self._cancel(order), price, qty)
            else:
                self._cancel(order)
        return np.array(self._commands, COMMAND)

    def _place(self, order: int, side: int, price: int, qty: int) -> None:
        self._last_id += 1
        self._live[order] = (self._last_id, side)
        self._commands.append(
            Command(
                kind=CommandKind.PLACE,
                symbol=SYMBOL,
                side=side,
                client_order_id=self._last_id,
                price=price,
                qty=qty,
            )
        )

    def _cancel(self, order: int) -> int:
        """Returns its side."""
        given, side = self._live[order]
        self._commands.append(Command(kind=CommandKind.CANCEL, symbol=SYMBOL, client_order_id=given))
        return int(side)


def steps(rows: Rows) -> list[Step]:
    """The rows of `plain` as Python values."""
    columns = (rows["client_order_id"], rows["side"] == Side.BUY, rows["price"], rows["qty"])
    return [Step(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
