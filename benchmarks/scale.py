"""Operations that touch many orders: what one order costs, in a large book and in a thousandth of it.

Each drill keeps a book of the same size through all rounds: it fills up what the last round took, then
the clock runs over one `submit`. Its CPU time, less that of one that does the same and touches nothing,
is divided by the orders touched. Every order has one of 1,000 accounts, a hold and a once-only client
order id; no fees.
"""

import gc
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from benchmarks.flows import ACCOUNTS, batches, deposits, with_accounts
from benchmarks.orderflow import SYMBOL, Rows
from lightning.codes import CommandKind, EventKind, OrderType, Side, SymbolStatus, TimeInForce
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND, Command

SIZE = 1_000_000
LEVELS = 5_000
THOUSANDTH = 1_000
ROUNDS_SMALL = 100
"""Of the small book, for each round of the large one."""
WARM_UP_ROUNDS = 2
TOUCHED_PART = 100
"""A hundredth of the orders is touched, where not all are."""
BATCH = 16_384
PRICE = 1_000_000
STOPS_PER_TICK = 10
TICKS = 1_000
MAKER, TAKER = ACCOUNTS + 1, ACCOUNTS + 2
"""Accounts of the orders that set something off."""
ONCE_WINDOW = 65_536
SEED = 41

Ints = npt.NDArray[np.int64]


class Drill:
    """A book and what is done to it again and again."""

    kind: EventKind
    """Of the event row that tells of an order touched."""
    rows_per_order = 1.0

    def __init__(self, size: int) -> None:
        self.size = size
        self.random = np.random.default_rng(SEED)
        self.exchange = Exchange({"limits": {"once_window": ONCE_WINDOW}}, shards=1)
        self.exchange.submit(deposits(TAKER))
        self.ids = 0

    @property
    def touched(self) -> int:
        return self.size // TOUCHED_PART

    def ready(self) -> None:
        """Fill up what the last round took."""

    def rows(self) -> Rows:
        """What is measured."""
        raise NotImplementedError

    def idle(self) -> Rows:
        """The same, touching nothing."""
        raise NotImplementedError

    def orders(self, side: int | Ints, price: int | Ints, count: int) -> Rows:
        """PLACE rows of one lot, each with an id."""
        rows = np.zeros(count, COMMAND)
        rows["kind"] = CommandKind.PLACE
        rows["symbol"] = SYMBOL
        rows["client_order_id"] = np.arange(self.ids + 1, self.ids + count + 1)
        rows["side"] = side
        rows["price"] = price
        rows["qty"] = 1
        self.ids += count
        return with_accounts(rows)

    def fill(self, rows: Rows) -> None:
        for part in batches(rows, BATCH):
            if (self.exchange.submit(part)["kind"] == EventKind.REJECTED).any():
                raise ValueError(f"{type(self).__name__}: orders were refused")

    def cross(self, price: int, qty: int) -> Rows:
        """An offer of `qty` lots and one that takes a lot of it."""
        offer = limit(MAKER, Side.SELL, price, qty)
        return np.concatenate([offer, limit(TAKER, Side.BUY, price, 1)])


def limit(account: int, side: Side, price: int, qty: int, tif: TimeInForce = TimeInForce.GTC) -> Rows:
    command = Command(kind=CommandKind.PLACE, symbol=SYMBOL, side=side, tif=tif, account=account)
    return np.array([command._replace(price=price, qty=qty)], COMMAND)


def control(kind: CommandKind, **columns: int) -> Rows:
    return np.array([Command(kind=kind)._replace(**columns)], COMMAND)


class Stops(Drill):
    """One trade triggers a hundredth of the pending buy stops, ten a tick; each buys its lot."""

    kind = EventKind.TRIGGERED

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.last = self.top = PRICE
        self.exchange.submit(self.cross(PRICE, 1))
        self._add(size)

    def _add(self, count: int) -> None:
        """Stops above all others, in no order."""
        rows = self.orders(Side.BUY, 0, count)
        rows["type"] = OrderType.STOP
        rows["stop_price"] = self.random.permutation(self.top + 1 + np.arange(count) // STOPS_PER_TICK)
        self.top += count // STOPS_PER_TICK
        self.fill(rows)

    def ready(self) -> None:
        if (self.top - self.last) * STOPS_PER_TICK < self.size:
            self._add(self.touched)

    def rows(self) -> Rows:
        self.last += self.touched // STOPS_PER_TICK
        return self.cross(self.last, self.touched + 1)

    def idle(self) -> Rows:
        return self.cross(self.last, 1)


class Expiries(Drill):
    """A hundredth of the resting GTD orders, anywhere on 2,000 levels, expires at once."""

    kind = EventKind.EXPIRED

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.now = 1
        when = 2 + np.arange(size) % TOUCHED_PART
        self._add(self.random.permutation(when))

    def _add(self, when: Ints) -> None:
        away = self.random.integers(1, TICKS + 1, len(when))
        side = self.random.integers(0, 2, len(when))
        rows = self.orders(side, np.where(side == Side.BUY, PRICE - away, PRICE + away), len(when))
        rows["tif"] = TimeInForce.GTD
        rows["expire_time_ns"] = when
        rows["time_ns"] = self.now
        self.fill(rows)

    def ready(self) -> None:
        if self.now > 1:
            self._add(np.full(self.touched, self.now + TOUCHED_PART))

    def rows(self) -> Rows:
        self.now += 1
        return self.idle()

    def idle(self) -> Rows:
        return control(CommandKind.TIMER, time_ns=self.now)


class Cancels(Drill):
    """A hundredth of a level is canceled, one by one, from its middle outward."""

    kind = EventKind.CANCELED

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.queue = np.zeros(0, COMMAND)
        """A CANCEL row for each order of the level, in its order."""
        self._add(size)

    def _add(self, count: int) -> None:
        rows = self.orders(Side.BUY, PRICE, count)
        first = self.exchange.seq + 1
        self.fill(rows)
        cancels = np.zeros(count, COMMAND)
        cancels["kind"] = CommandKind.CANCEL
        cancels["symbol"] = SYMBOL
        cancels["account"] = rows["account"]
        cancels["order_id"] = np.arange(first, first + count)
        self.queue = np.concatenate([self.queue, cancels])

    def ready(self) -> None:
        self._add(self.size - len(self.queue))

    def rows(self) -> Rows:
        outward = np.argsort(np.abs(np.arange(self.size) - self.size // 2), kind="stable")[: self.touched]
        rows = self.queue[outward]
        self.queue = np.delete(self.queue, outward)
        return rows

    def idle(self) -> Rows:
        return control(CommandKind.CANCEL, symbol=SYMBOL, account=TAKER, order_id=1)


class Sweep(Drill):
    """One order takes every level, an order each, three ticks apart."""

    kind = EventKind.TRADE

    @property
    def touched(self) -> int:
        return self.size

    def ready(self) -> None:
        prices = PRICE + 3 * self.random.permutation(self.size)
        self.fill(self.orders(Side.SELL, prices, self.size))

    def rows(self) -> Rows:
        return limit(TAKER, Side.BUY, PRICE + 3 * self.size, self.size, TimeInForce.IOC)

    def idle(self) -> Rows:
        return limit(TAKER, Side.BUY, PRICE - 1, self.size, TimeInForce.IOC)


class Uncross(Drill):
    """An auction ends in which every order trades: half bids, half asks, over a thousand ticks each."""

    kind = EventKind.TRADE
    rows_per_order = 0.5

    @property
    def touched(self) -> int:
        return self.size

    def ready(self) -> None:
        self.exchange.submit(self.idle())
        side = np.arange(self.size) % 2
        away = self.random.integers(0, TICKS, self.size)
        self.fill(self.orders(side, np.where(side == Side.BUY, PRICE + away, PRICE - away), self.size))

    def rows(self) -> Rows:
        return control(CommandKind.SET_SYMBOL_STATUS, symbol=SYMBOL, type=SymbolStatus.TRADING)

    def idle(self) -> Rows:
        return control(CommandKind.SET_SYMBOL_STATUS, symbol=SYMBOL, type=SymbolStatus.AUCTION)


class Operation(NamedTuple):
    name: str
    drill: Callable[[int], Drill]
    size: int
    rounds: int = 1
    """Of each round asked for: a short one is interrupted more easily."""


class Figures(NamedTuple):
    """Nanoseconds an order touched."""

    operation: str
    size: int
    touched: int
    small_ns: float
    ns: float


def operations(size: int, levels: int) -> list[Operation]:
    return [
        Operation("pending stops, a trade triggers", Stops, size),
        Operation("GTD orders, at once expire", Expiries, size),
        Operation("orders of a level, canceled from the middle outward", Cancels, size),
        Operation("levels, swept", Sweep, levels, rounds=10),
        Operation("orders of an auction, uncrossed", Uncross, size),
    ]


class Clock:
    """Nanoseconds of each round of a drill, of this thread's CPU time: a long round would be interrupted by
    whatever else the machine does, a short one hardly ever."""

    def __init__(self, drill: Drill) -> None:
        self.drill = drill
        self.taken: list[int] = []
        self.nothing: list[int] = []

    def run(self, rounds: int) -> None:
        drill = self.drill
        for _ in range(rounds):
            drill.ready()
            nothing, _ = self._submit(drill.idle())
            taken, events = self._submit(drill.rows())
            told = int((events["kind"] == drill.kind).sum())
            if told != drill.touched * drill.rows_per_order:
                raise ValueError(f"{type(drill).__name__}: {told} {drill.kind.name} rows")
            self.taken.append(taken)
            self.nothing.append(nothing)

    def _submit(self, rows: Rows) -> tuple[int, Rows]:
        begin = time.thread_time_ns()
        events = self.drill.exchange.submit(rows)
        return time.thread_time_ns() - begin, events

    def ns(self) -> float:
        """An order; of the rounds since the warm-up."""
        taken = statistics.median(self.taken[WARM_UP_ROUNDS:])
        nothing = statistics.median(self.nothing[WARM_UP_ROUNDS:])
        return (taken - nothing) / self.drill.touched


def measure(operation: Operation, rounds: int) -> Figures:
    """Both sizes in turns, so that what else the machine does meets both."""
    small = Clock(operation.drill(operation.size // THOUSANDTH))
    large = Clock(operation.drill(operation.size))
    gc.collect()
    gc.disable()
    try:
        small.run(WARM_UP_ROUNDS)
        large.run(WARM_UP_ROUNDS)
        for _ in range(rounds * operation.rounds):
            small.run(ROUNDS_SMALL)
            large.run(1)
    finally:
        gc.enable()
    return Figures(operation.name, operation.size, large.drill.touched, small.ns(), large.ns())


def print_table(rounds: int, console: Console) -> None:
    table = Table(
        "operation",
        title=f"ns an order touched, medians of {rounds} rounds and of {rounds * ROUNDS_SMALL}",
        title_justify="left",
    )
    for name in ("of", "touched", "of a thousandth", "of all", "ratio"):
        table.add_column(name, justify="right")
    for operation in operations(SIZE, LEVELS):
        one = measure(operation, rounds)
        figures = f"{one.small_ns:,.0f}", f"{one.ns:,.0f}", f"{one.ns / one.small_ns:.1f}"
        table.add_row(one.operation, f"{one.size:,}", f"{one.touched:,}", *figures)
    console.print(table)
