"""Operations on a price ladder: recorded from an order flow, or made to hurt.

An operation is a row (operation, side, price, name) of int64: FIND the level at a price, OPEN one there
and call it `name`, CLOSE the level called `name` (the next best is found with it), WALK over the `price`
best levels. Names are small numbers, used again when free.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.flows import batches
from benchmarks.ladder_kernels import CLOSE, FIND, OPEN, WALK
from benchmarks.orderflow import Rows
from lightning.codes import EventKind, Side
from lightning.engine.exchange import Exchange
from lightning.rows import PRICE_TICKS_MAX

Operations = npt.NDArray[np.int64]

BATCH = 4096
DEPTH_EVERY, DEPTH_LEVELS = 500, 20
"""A recorded stream reads that many levels of both sides after every so many commands."""
COLUMNS = (
    "seq",
    "kind",
    "order_id",
    "side",
    "price",
    "qty",
    "leaves_qty",
    "maker_order_id",
    "maker_leaves_qty",
)


class Stream(NamedTuple):
    name: str
    operations: Operations
    sections: tuple[tuple[str, int], ...]
    """Name and end of each part; the last end is the whole."""


class Recorder:
    """The levels of one symbol, by price, as plain dicts; writes down each operation on them."""

    def __init__(self) -> None:
        self.operations: list[tuple[int, int, int, int]] = []
        self.names: dict[tuple[int, int], int] = {}
        """Of the open levels, by (side, price)."""
        self.count = 0
        """Names there are."""
        self._free: list[int] = []

    def find(self, side: int, price: int) -> bool:
        self.operations.append((FIND, side, price, -1))
        return (side, price) in self.names

    def open(self, side: int, price: int) -> None:
        name = self._free.pop() if self._free else self.count
        self.count = max(self.count, name + 1)
        self.names[side, price] = name
        self.operations.append((OPEN, side, price, name))

    def close(self, side: int, price: int) -> None:
        name = self.names.pop((side, price))
        self._free.append(name)
        self.operations.append((CLOSE, side, price, name))

    def walk(self, side: int, levels: int) -> None:
        self.operations.append((WALK, side, levels, -1))

    def here(self) -> int:
        return len(self.operations)

    def taken(self) -> Operations:
        return np.array(self.operations, np.int64).reshape(-1, 4)


class Market(Recorder):
    """The resting orders of one symbol, told from events."""

    def __init__(self) -> None:
        super().__init__()
        self._resting: dict[int, tuple[int, int]] = {}
        self._orders: dict[tuple[int, int], int] = {}
        """How many there are at a price."""
        self._taker: tuple[int, int, int] | None = None
        """Order id, side and price of the command's own order, while something of it is open."""
        self._seq = 0

    def see(self, events: Rows) -> None:
        for seq, kind, order, side, price, qty, leaves, maker, maker_leaves in zip(
            *(events[column].tolist() for column in COLUMNS), strict=True
        ):
            if seq != self._seq:
                self.settle()
                self._seq = seq
                if seq % DEPTH_EVERY == 0:
                    self.walk(Side.BUY, DEPTH_LEVELS)
                    self.walk(Side.SELL, DEPTH_LEVELS)
            if kind in (EventKind.ACCEPTED, EventKind.AMENDED):
                if kind == EventKind.AMENDED:
                    self.leave(order)
                self._taker = (order, side, price) if qty > 0 else None
            elif kind == EventKind.TRADE:
                if maker_leaves == 0:
                    self.leave(maker)
                if leaves == 0:
                    self._taker = None
            elif kind == EventKind.CANCELED:
                if self._taker is not None and self._taker[0] == order:
                    self._taker = None
                else:
                    self.leave(order)

    def settle(self) -> None:
        """The command is over: what is open of its order rests."""
        if self._taker is None:
            return
        order, side, price = self._taker
        self._taker = None
        if not self.find(side, price):
            self.open(side, price)
        self._resting[order] = (side, price)
        self._orders[side, price] = self._orders.get((side, price), 0) + 1

    def leave(self, order: int) -> None:
        side, price = self._resting.pop(order)
        self._orders[side, price] -= 1
        if self._orders[side, price] == 0:
            del self._orders[side, price]
            self.close(side, price)


def recorded(name: str, rows: Rows) -> Stream:
    """What the flow's messages do to the ladders of its book; no amend in it may keep its place."""
    exchange, market = Exchange(ledger=False), Market()
    for part in batches(rows, BATCH):
        market.see(exchange.submit(part))
    market.settle()
    operations = market.taken()
    return Stream(name, operations, (("all", len(operations)),))


def deep(levels: int = 100_000, span: int = 1_000_000, seed: int = 23) -> Stream:
    """Bids and asks `levels` deep in `span` ticks each, and what is hard for one structure or another.

    fill: levels opened in random order. sweep: the best one closed and opened again, as by one-lot
    takers. far: the prices 1 and 2**40 come and go. storm: every level closed in random order. gaps: two
    levels that stand ever farther apart, the nearer one coming and going.
    """
    random = np.random.default_rng(seed)
    recorder, sections = Recorder(), list[tuple[str, int]]()

    def end(section: str) -> None:
        sections.append((section, recorder.here()))

    base = {Side.BUY: PRICE_TICKS_MAX // 2 - span, Side.SELL: PRICE_TICKS_MAX // 2}
    prices = {
        side: (first + random.choice(span, levels // 2, replace=False)).tolist()
        for side, first in base.items()
    }
    for bid, ask in zip(prices[Side.BUY], prices[Side.SELL], strict=True):
        for side, price in ((Side.BUY, bid), (Side.SELL, ask)):
            recorder.find(side, price)
            recorder.open(side, price)
    end("fill")
    for side in Side:
        for price in _from_best(side, prices[side]):
            recorder.close(side, price)
        for price in reversed(_from_best(side, prices[side])):
            recorder.find(side, price)
            recorder.open(side, price)
    end("sweep")
    for _ in range(levels // 10):
        for side in Side:
            for price in (1, PRICE_TICKS_MAX):
                recorder.find(side, price)
                recorder.open(side, price)
            for price in (1, PRICE_TICKS_MAX):
                recorder.close(side, price)
    end("far")
    for side in Side:
        for price in random.permutation(prices[side]).tolist():
            recorder.close(side, price)
    end("storm")
    for power in range(41):
        recorder.open(Side.SELL, 2**40)
        for _ in range(levels // 100):
            price = 2**40 - 2**power + (power == 40)
            recorder.find(Side.SELL, price)
            recorder.open(Side.SELL, price)
            recorder.walk(Side.SELL, 2)
            recorder.close(Side.SELL, price)
        recorder.close(Side.SELL, 2**40)
    end("gaps")
    return Stream("deep", recorder.taken(), tuple(sections))


def _from_best(side: Side, prices: Iterable[int]) -> list[int]:
    return sorted(prices, reverse=side == Side.BUY)


def names_of(operations: Operations) -> int:
    """How many names a stream uses at most: the most levels open at once."""
    return int(operations[:, 3].max(initial=-1)) + 1
