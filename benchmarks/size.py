"""What an exchange of full size takes: memory per thing, and speed beside one of a thousandth.

    ./run bench size

All in one process. Every account has money in two currencies; orders rest on every symbol, on 500 ticks of
either side, from accounts and on symbols drawn by chance, all alike. Every order has a once-only client
order id; no fees.
"""

import gc
import statistics
import time
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from benchmarks.books import fill
from benchmarks.core import BATCH
from benchmarks.flows import WIDTHS, batches, deposits
from benchmarks.orderflow import Rows
from benchmarks.process import peak_resident_bytes, resident_bytes
from lightning.client.load.flow import CENTER, synthetic_flow
from lightning.codes import CommandKind, OrderType, RejectReason, Side
from lightning.config import Config, default_config
from lightning.decimals import Step
from lightning.engine.exchange import Exchange
from lightning.instruments import Symbol
from lightning.rows import COMMAND


class Size(NamedTuple):
    accounts: int
    symbols: int
    orders: int
    """That rest."""
    stops: int
    """That wait."""


FULL = Size(accounts=1_000_000, symbols=10_000, orders=4_000_000, stops=100_000)
THOUSANDTH = Size(accounts=1_000, symbols=10, orders=4_000, stops=100)
CHUNK = 16_384
FUNDS = 10**12
"""Of each account and currency; what all have together fits 63 bits."""
WIDTH = WIDTHS["calm"]
STOPS_AWAY = 2_000
"""How far from the middle stops wait: none triggers."""
MESSAGES = 500_000
"""Of a round."""
WARM_UP_ROUNDS = 4
"""Then the window of once-only ids is full in both."""
RATIO_AIM = 0.7
SEED = 31
ACCOUNT_MIX, SYMBOL_MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
SCATTER = 2_654_435_761
"""Prime: neighbours in rank are no neighbours in id."""
UNEXPECTED = (RejectReason.INSUFFICIENT_FUNDS, RejectReason.CAPACITY, RejectReason.UNKNOWN_ACCOUNT)

Ints = npt.NDArray[np.int64]


def empty_exchange() -> Exchange:
    """With the currencies of the default configuration, and no symbol."""
    return Exchange(Config(default_config().currencies, symbols=()))


def open_books(exchange: Exchange, symbols: int) -> None:
    base, quote = exchange.currencies[1], exchange.currencies[2]
    for number in range(1, symbols + 1):
        name = f"{base.name}-{number}"
        exchange.create_symbol(Symbol(number, name, base, quote, tick=Step(1, 2), lot=Step(1, 6)))


def funding(accounts: int) -> Iterator[Rows]:
    for start in range(0, accounts, CHUNK):
        rows = deposits(min(CHUNK, accounts - start), FUNDS)
        rows["account"] += start
        yield rows


def resting(size: Size) -> Iterator[Rows]:
    random = np.random.default_rng(SEED)
    for start in range(0, size.orders, CHUNK):
        count = min(CHUNK, size.orders - start)
        rows = _orders(random, size, start + 1, count)
        away = random.integers(1, WIDTH + 1, count)
        rows["price"] = np.where(rows["side"] == Side.BUY, CENTER - away, CENTER + away)
        yield rows


def waiting(size: Size) -> Iterator[Rows]:
    random = np.random.default_rng(SEED + 1)
    for start in range(0, size.stops, CHUNK):
        count = min(CHUNK, size.stops - start)
        rows = _orders(random, size, size.orders + start + 1, count)
        away = STOPS_AWAY + random.integers(0, WIDTH, count)
        rows["type"] = OrderType.STOP
        rows["stop_price"] = np.where(rows["side"] == Side.BUY, CENTER + away, CENTER - away)
        yield rows


def _orders(random: np.random.Generator, size: Size, first_id: int, count: int) -> Rows:
    rows = np.zeros(count, COMMAND)
    rows["kind"] = CommandKind.PLACE
    rows["client_order_id"] = np.arange(first_id, first_id + count)
    rows["account"] = random.integers(1, size.accounts + 1, count)
    rows["symbol"] = random.integers(1, size.symbols + 1, count)
    rows["side"] = random.integers(0, 2, count)
    rows["qty"] = random.integers(1, 101, count)
    return rows


def filled(size: Size) -> Exchange:
    exchange = empty_exchange()
    open_books(exchange, size.symbols)
    for rows in chain(funding(size.accounts), resting(size), waiting(size)):
        fill(exchange, rows)
    return exchange


# memory


class Footprint(NamedTuple):
    """What so many things of one kind took, one after the other."""

    kind: str
    things: int
    resident: int
    """Bytes in RAM."""
    tables: int
    """Bytes of the tables, with the room they have for more; what was never touched is not in RAM."""


class Filling:
    """An exchange that is filled, kind by kind."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.exchange = empty_exchange()
        self.footprints: list[Footprint] = []
        self._before = self._taken()

    def fill(self) -> None:
        size, exchange = self.size, self.exchange
        open_books(exchange, size.symbols)
        self._note("empty book", size.symbols)
        self._submit(funding(size.accounts))
        self._note("account, with two balances", size.accounts)
        self._submit(resting(size))
        self._note("resting order", size.orders)
        self._submit(waiting(size))
        self._note("pending stop", size.stops)

    def _submit(self, chunks: Iterator[Rows]) -> None:
        for rows in chunks:
            fill(self.exchange, rows)

    def _note(self, kind: str, things: int) -> None:
        (resident, tables), (resident_before, tables_before) = self._taken(), self._before
        self.footprints.append(Footprint(kind, things, resident - resident_before, tables - tables_before))
        self._before = resident, tables

    def _taken(self) -> tuple[int, int]:
        gc.collect()
        return resident_bytes(), table_bytes(self.exchange)


def table_bytes(exchange: Exchange) -> int:
    books, accounts, *others = exchange._state
    return sum(table.nbytes for table in (*books, *accounts, *others))


# speed


class Activity(NamedTuple):
    """Whose the messages are, and on which symbols."""

    name: str
    active: Size | None
    """Only so many accounts and symbols; None: all there are."""
    busiest_first: bool
    """The k-th busiest has a share in proportion to 1/k; else all are alike."""


def activities() -> tuple[Activity, ...]:
    return (
        Activity(f"{THOUSANDTH.accounts:,} and {THOUSANDTH.symbols}, all alike", THOUSANDTH, False),
        Activity("all, the k-th busiest as 1/k", None, True),
        Activity("all, all alike", None, False),
    )


def shares(mixed: npt.NDArray[np.uint64], count: int, busiest_first: bool) -> Ints:
    """Ids 1..count out of hashes."""
    part = (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
    if not busiest_first:
        return 1 + (part * count).astype(np.int64)
    rank = np.minimum((np.float64(count + 1) ** part).astype(np.int64), count) - 1
    return np.asarray(1 + rank * SCATTER % count)


class Load:
    """The messages of the calm synthetic flow, round after round, on an exchange of some size."""

    def __init__(self, exchange: Exchange, size: Size, activity: Activity, last_id: int) -> None:
        self.exchange = exchange
        self.active = size if activity.active is None else activity.active
        self.busiest_first = activity.busiest_first
        self.per_s: list[float] = []
        self.last_id = last_id

    def run(self, seed: int) -> None:
        """A round; by the CPU time of this thread."""
        rows = self.messages(seed)
        refused = 0
        begin = time.thread_time()
        for part in batches(rows, BATCH):
            events = self.exchange.submit(part)
            refused += int(np.isin(events["reason"], UNEXPECTED).sum())
        self.per_s.append(len(rows) / (time.thread_time() - begin))
        if refused:
            raise ValueError(f"{refused} commands were refused that should not be")

    def messages(self, seed: int, count: int | None = None) -> Rows:
        """Of a round; each order on a symbol and from an account that its id decides."""
        rows = synthetic_flow(WIDTH, MESSAGES if count is None else count, seed)
        rows["client_order_id"] += self.last_id
        self.last_id = int(rows["client_order_id"].max())
        ids = rows["client_order_id"].astype(np.uint64)
        rows["account"] = shares(ids * ACCOUNT_MIX, self.active.accounts, self.busiest_first)
        rows["symbol"] = shares(ids * SYMBOL_MIX, self.active.symbols, self.busiest_first)
        return rows


class Comparison(NamedTuple):
    """Commands/s."""

    activity: Activity
    small: float
    full: float


def compare(small: Exchange, full: Exchange, rounds: int) -> Iterator[Comparison]:
    """Medians of rounds that take turns."""
    last_id = FULL.orders + FULL.stops
    for activity in activities():
        loads = [
            Load(exchange, size, activity, last_id) for exchange, size in ((small, THOUSANDTH), (full, FULL))
        ]
        for seed in range(WARM_UP_ROUNDS + rounds):
            for load in loads:
                load.run(seed)
        last_id = loads[0].last_id
        yield Comparison(activity, *(statistics.median(load.per_s[WARM_UP_ROUNDS:]) for load in loads))


# the tables


def memory_table(footprints: list[Footprint]) -> Table:
    table = Table("", title="Memory, bytes each", title_justify="left")
    for name in ("so many", "in RAM", "tables", "in RAM, all, MB"):
        table.add_column(name, justify="right")
    for kind, things, resident, tables in footprints:
        each = f"{resident / things:,.0f}", f"{tables / things:,.0f}"
        table.add_row(kind, f"{things:,}", *each, f"{resident / 1e6:,.0f}")
    return table


def speed_table(comparisons: Iterator[Comparison], rounds: int) -> Table:
    title = f"Commands/s of the calm flow, medians of {rounds} rounds of {MESSAGES:,}"
    table = Table("active accounts and symbols", title=title, title_justify="left")
    for name in ("a thousandth", "full size", "ratio", "aim"):
        table.add_column(name, justify="right")
    for activity, small, full in comparisons:
        table.add_row(activity.name, f"{small:,.0f}", f"{full:,.0f}", f"{full / small:.2f}", f"{RATIO_AIM}")
    return table


def print_tables(rounds: int, console: Console) -> None:
    full = Filling(FULL)
    full.fill()
    console.print(memory_table(full.footprints))
    compared = compare(filled(THOUSANDTH), full.exchange, rounds)
    console.print(speed_table(compared, rounds))
    console.print(f"peak of this process: {peak_resident_bytes() / 1e9:.1f} GB in RAM")
