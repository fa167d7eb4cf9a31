"""Lightning beside other engines that pip installs: the same orders, the same trades, in one run.

.venv/bin/pip install --editable '.[peers]'
./run bench peers [--messages 200000] [--rounds 3]
"""

import os
import statistics
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.books import deep_book
from benchmarks.flows import SEED, SHARED_VARIABLE, flow
from benchmarks.peers.ours import trades_of
from benchmarks.peers.run import Contender, Failed, Played, Workload, digest_of, measure
from benchmarks.peers.steps import plain
from lightning.client.load.flow import CALM_WIDTH, synthetic_flow
from lightning.codes import EventKind
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND

MESSAGES = 200_000
DEEP_ORDERS, DEEP_TICKS = 100_000, 1_000_000
BATCH = 4_096
HERE = "benchmarks.peers"
OURS = (
    Contender("Lightning, matching alone", "", batch=BATCH),
    Contender("Lightning with ledger", "", batch=BATCH, ledger=True),
    Contender("Lightning, matching alone", f"{HERE}.ours:OneByOne"),
    Contender("Lightning with ledger", f"{HERE}.ours:OneByOneWithLedger"),
)


def _peer(distribution: str, module: str, adapter: str) -> Contender:
    return Contender(distribution, f"{HERE}.{module}:{adapter}", distribution)


PEERS = (
    _peer("liquibook", "liquibook", "Liquibook"),
    _peer("pylobo", "pylobo", "Pylobo"),
    _peer("orderly-chaos", "orderly_chaos", "OrderlyChaos"),
    _peer("cython-orderbook", "cython_orderbook", "CythonOrderbook"),
    _peer("pyorderbook", "pyorderbook", "Pyorderbook"),
    _peer("lightmatchingengine", "lightmatchingengine", "Lightmatchingengine"),
)
CONTENDERS = (*OURS, *PEERS)
WORDS = (
    "orders/s: orders placed or canceled. Every engine gets the same limit orders and cancels (an order "
    "that is immediate-or-cancel is one that is canceled at once, a modified one a cancel and a new "
    "order) and hands its trades to Python. The other engines are made to be called from Python once per "
    "order, and what their adapters do in that call counts. Lightning is made for batches, an array of "
    "rows a call: the first two lines of each table. The next two are Lightning with one call per order "
    "as well, a row written for each. A ledger (1,000 accounts, balances, holds, once-only ids) is "
    "Lightning's alone. `same`: the SHA-256 of price, quantity, maker and taker of all trades is that of "
    "Lightning; without that there is no figure."
)


class Line(NamedTuple):
    contender: Contender
    version: str
    outcome: Played | Failed
    same: bool
    """The trades are those of Lightning."""


class Judge:
    """Knows the trades of any beginning of a workload."""

    def __init__(self, work: Workload) -> None:
        exchange = Exchange(ledger=False)
        exchange.submit(work.resting)
        events = exchange.submit(work.rows)
        self._trades = events[events["kind"] == EventKind.TRADE]

    def digest(self, steps: int) -> tuple[int, str]:
        return digest_of(trades_of(self._trades[self._trades["command"] < steps]))


def workloads(messages: int) -> Iterator[Workload]:
    """A shallow and a deep book made here, then the published flow, if LIGHTNING_SHARED names its folder."""
    nothing = np.empty(0, COMMAND)
    yield Workload("shallow book", nothing, plain(synthetic_flow(CALM_WIDTH, messages, SEED), nothing))
    orders = min(DEEP_ORDERS, messages)
    deep = deep_book(orders, DEEP_TICKS, messages)
    name = f"deep book, {orders:,} resting orders over {DEEP_TICKS:,} ticks"
    yield Workload(name, deep.resting, plain(deep.flow, deep.resting))
    if os.environ.get(SHARED_VARIABLE):
        published = flow(0, messages)
        yield Workload(f"order flow {published.name}", nothing, plain(published.rows, nothing))


def version_of(contender: Contender) -> str | None:
    """None: not installed."""
    if not contender.distribution:
        return ""
    try:
        return version(contender.distribution)
    except PackageNotFoundError:
        return None


def compare(contenders: Sequence[Contender], work: Workload, rounds: int) -> Iterator[Line]:
    """A line for each that is installed."""
    judge = Judge(work)
    for contender in contenders:
        found = version_of(contender)
        if found is not None:
            outcome = measure(contender, work, rounds)
            same = isinstance(outcome, Played) and outcome[2:] == judge.digest(outcome.steps)
            yield Line(contender, found, outcome, same)


def table_of(work: Workload, lines: Sequence[Line]) -> Table:
    title = f"{work.name}: {len(work.rows):,} orders and cancels"
    table = Table("engine", title=title, title_justify="left")
    for name in ("orders a call", "orders/s", "median of", "trades", "SHA-256"):
        table.add_column(name, justify="right", no_wrap=True)
    for contender, found, outcome, same in lines:
        head = f"{contender.name} {found}".rstrip(), f"{contender.batch or 1:,}"
        if isinstance(outcome, Failed):
            table.add_row(*head, "none", "", "", outcome.why)
            continue
        rate = f"{outcome.steps / statistics.median(outcome.seconds):,.0f}" if same else "none"
        of = f"{len(outcome.seconds)} x {outcome.steps:,}"
        verdict = "same" if same else "OTHER"
        table.add_row(*head, rate, of, f"{outcome.trades:,}", f"{outcome.digest[:8]} {verdict}")
    return table


def print_tables(messages: int, rounds: int, console: Console) -> bool:
    """Have all that were measured the same trades?"""
    good = True
    for work in workloads(messages):
        lines = list(compare(CONTENDERS, work, rounds))
        good = good and all(line.same for line in lines)
        console.print(table_of(work, lines))
    console.print(WORDS)
    missing = [contender.name for contender in CONTENDERS if version_of(contender) is None]
    if missing:
        console.print(f"not installed, left out: {', '.join(missing)} (the extra `peers` has all of them)")
    return good
