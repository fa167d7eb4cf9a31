"""Books by hand: BOOK_EVENT rows of what is said to happen, one command a call unless told otherwise."""

from dataclasses import dataclass, field

import numpy as np

from lightning.analysis.flow import BOOK_EVENT, BookEventKind
from lightning.codes import Side

BUY, SELL = Side.BUY, Side.SELL
SECOND = 1_000_000_000


@dataclass
class Toy:
    seq: int = 0
    time_ns: int = 0
    trade_id: int = 0
    events: list[tuple[int, ...]] = field(default_factory=list)
    orders: dict[int, tuple[Side, int, int]] = field(default_factory=dict)

    def at(self, seconds: float) -> "Toy":
        """The time from now on."""
        self.time_ns = round(seconds * SECOND)
        return self

    def add(self, order_id: int, side: Side, price: int, qty: int, same: bool = False) -> "Toy":
        self.orders[order_id] = side, price, 0
        return self._tell(order_id, BookEventKind.ADDED, qty, same)

    def change(self, order_id: int, qty: int, same: bool = False) -> "Toy":
        return self._tell(order_id, BookEventKind.CHANGED, qty, same)

    def remove(self, order_id: int, same: bool = False) -> "Toy":
        return self._tell(order_id, BookEventKind.REMOVED, 0, same)

    def trade(self, order_id: int, lots: int, taker: int, same: bool = False) -> "Toy":
        """`taker` comes in and takes `lots` of what rests."""
        self.trade_id += 1
        left = self.orders[order_id][2] - lots
        return self._tell(order_id, BookEventKind.TRADED, left, same, self.trade_id, taker)

    def _tell(
        self, order_id: int, kind: BookEventKind, qty: int, same: bool, trade_id: int = 0, taker: int = 0
    ) -> "Toy":
        """same : of the same command as the event before"""
        self.seq += not same
        side, price, before = self.orders[order_id]
        self.orders[order_id] = side, price, qty
        what = price, qty, qty - before, trade_id, taker, 0, kind, side
        self.events.append((self.seq, self.time_ns, order_id, 0, *what))
        return self

    @property
    def rows(self) -> np.ndarray:
        rows = np.zeros(len(self.events), BOOK_EVENT)
        names = [name for name in BOOK_EVENT.names or () if name != "pad"]
        for i, event in enumerate(self.events):
            for name, value in zip(names, event, strict=True):
                rows[name][i] = value
        return rows
