"""What more workers give: the share of each stage, measured, and what Amdahl's law allows with it.

    ./run bench workers

PLACE and CANCEL go through the stages of `engine.pipeline.Parallel`: hold, match and settle run on all
workers, planning a segment and the merge on one; one symbol is matched by one worker. What cannot go through
them (with a ledger amends, too) and what a cut leaves runs in the serial kernel. The flow is the calm one of
1,000 accounts, its orders spread over 100 symbols or in one, with its amends or without, with plenty of money
or with so little that many orders are refused. 64 shards, so that 16 workers have as much to do each.
"""

import statistics
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.core import BATCH, submit_seconds
from benchmarks.flows import ACCOUNTS, FUNDS, SEED, deposits, with_accounts
from benchmarks.orderflow import Rows
from lightning.client.load.config import SYMBOLS, config_text
from lightning.client.load.flow import CALM_WIDTH, spread, synthetic_flow
from lightning.codes import CommandKind
from lightning.engine.exchange import Exchange
from lightning.engine.pipeline import Parallel
from lightning.kernels.layout import State

MESSAGES = 400_000
SHARDS = 64
STAGES = ("plan", "hold", "match", "settle", "merge", "serial")
SHORT_OF_MONEY = 4_000_000
"""Each account's deposit: it pays for one of the largest orders."""
CORES = (2, 8, 16)


class Work(NamedTuple):
    name: str
    rows: Rows
    funds: int = FUNDS

    @property
    def on_all_workers(self) -> tuple[str, ...]:
        """Stages that more workers make quicker."""
        several = np.ptp(self.rows["symbol"]) > 0
        return ("hold", "match", "settle") if several else ("hold", "settle")


class Shares(NamedTuple):
    """Nanoseconds a command of each stage, and what the commands took in all."""

    workers: int
    stage_ns: dict[str, float]
    staged: float
    """Share of the commands that went through the stages."""
    segment_rows: float
    cuts: int

    @property
    def total_ns(self) -> float:
        return sum(self.stage_ns.values())

    def parallel(self, stages: tuple[str, ...]) -> float:
        return sum(self.stage_ns[name] for name in stages) / self.total_ns


class Timed(Parallel):
    """The stages on so many workers (here 1, too), timed one by one."""

    def __init__(self, workers: int) -> None:
        super().__init__(max(workers, 2))
        self._workers = workers
        self._events, self._postings = self._events[:workers], self._postings[:workers]
        self._cursors = self._cursors[:workers]
        self.spent = dict.fromkeys(STAGES, 0.0)
        self.rows_staged = self.segments = self.cuts = 0
        self._running = ""

    def close(self) -> None:
        self._pool.shutdown()

    def step(
        self, state: State, rows: np.ndarray, words: np.ndarray, start: int, end: int
    ) -> tuple[State, int]:
        before, segments = sum(self.spent.values()), self.segments
        begin = time.perf_counter()
        state, reached = super().step(state, rows, words, start, end)
        taken = time.perf_counter() - begin
        staged = self.segments > segments
        rest = "plan" if staged else "serial"
        self.spent[rest] += taken - (sum(self.spent.values()) - before)
        self.rows_staged += (reached - start) if staged else 0
        return state, reached

    def _hold(self, state: State, rows: np.ndarray, words: np.ndarray, start: int, end: int) -> int:
        with self._stage("hold"):
            cut = super()._hold(state, rows, words, start, end)
        self.cuts += cut < end
        return cut

    def _match(self, state: State, rows: np.ndarray, start: int, end: int) -> None:
        with self._stage("match"):
            super()._match(state, rows, start, end)

    def _all(self, stage: Callable[[int], int | None]) -> list[int | None]:
        if self._running:
            return super()._all(stage)
        with self._stage("settle"):
            return super()._all(stage)

    def _merge(self, state: State, rows: np.ndarray, start: int, end: int) -> State:
        self.segments += 1
        with self._stage("merge"):
            return super()._merge(state, rows, start, end)

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        self._running = name
        begin = time.perf_counter()
        yield
        self.spent[name] += time.perf_counter() - begin
        self._running = ""


def works(messages: int) -> list[Work]:
    flow = with_accounts(synthetic_flow(CALM_WIDTH, messages, SEED))
    without = flow[flow["kind"] != CommandKind.AMEND]
    return [
        Work("with amends, 100 symbols", over_symbols(flow, SYMBOLS)),
        Work("no amends, 100 symbols", over_symbols(without, SYMBOLS)),
        Work("no amends, 1 symbol", without),
        Work("no amends, 100 symbols, short of money", over_symbols(without, SYMBOLS), SHORT_OF_MONEY),
    ]


def over_symbols(rows: Rows, symbols: int) -> Rows:
    """An order, and what is done to it, in the symbol that its id says."""
    given = rows.copy()
    given["symbol"] = 1 + spread(rows["client_order_id"] * 7, symbols)
    return given


def exchange(funds: int) -> Exchange:
    opened = Exchange(tomllib.loads(config_text()), shards=SHARDS)
    opened.submit(deposits(ACCOUNTS, funds))
    return opened


def serial_ns(work: Work, rounds: int) -> float:
    """Nanoseconds a command with `workers=1`: the serial kernel alone."""
    seconds = statistics.median(submit_seconds(exchange(work.funds), work.rows, BATCH) for _ in range(rounds))
    return seconds * 1e9 / len(work.rows)


def shares(work: Work, workers: int, rounds: int) -> Shares:
    """Of the round that took as long as the middle one."""
    measured = sorted((_shares(work, workers) for _ in range(rounds)), key=lambda one: one.total_ns)
    return measured[len(measured) // 2]


def _shares(work: Work, workers: int) -> Shares:
    opened, timed = exchange(work.funds), Timed(workers)
    opened._pipeline = timed
    submit_seconds(opened, work.rows, BATCH)
    timed.close()
    count = len(work.rows)
    stage_ns = {name: seconds * 1e9 / count for name, seconds in timed.spent.items()}
    rows_a_segment = timed.rows_staged / max(timed.segments, 1)
    return Shares(workers, stage_ns, timed.rows_staged / count, rows_a_segment, timed.cuts)


def speedup(parallel: float, cores: int) -> float:
    """Amdahl's law."""
    return 1 / (1 - parallel + parallel / cores)


def shares_table(rounds: int, measured: list[tuple[Work, float, list[Shares]]]) -> Table:
    table = Table("flow", title=f"ns a command, the middle one of {rounds} rounds", title_justify="left")
    for name in ("workers", "in stages", "rows a segment", "cuts", *STAGES, "all", "workers=1"):
        table.add_column(name, justify="right")
    for work, serial, of_workers in measured:
        for one in of_workers:
            stages = (f"{one.stage_ns[name]:,.0f}" for name in STAGES)
            head = (
                work.name,
                str(one.workers),
                f"{one.staged:.0%}",
                f"{one.segment_rows:,.0f}",
                f"{one.cuts:,}",
            )
            table.add_row(*head, *stages, f"{one.total_ns:,.0f}", f"{serial:,.0f}")
    return table


def amdahl_lines(work: Work, serial: float, one: Shares) -> Iterator[str]:
    """
    one : measured with one worker
    """
    parts = " + ".join(f"{one.stage_ns[name]:,.0f}" for name in work.on_all_workers)
    p = one.parallel(work.on_all_workers)
    yield f"{work.name}: p = ({parts}) / {one.total_ns:,.0f} = {p:.2f} is done by all workers"
    for cores in CORES:
        times = speedup(p, cores)
        against = times * serial / one.total_ns
        yield (
            f"  {cores} cores: at most 1 / ({1 - p:.2f} + {p:.2f} / {cores}) = {times:.2f} times the stages "
            f"on one, {against:.2f} times workers=1"
        )


def print_tables(messages: int, rounds: int, console: Console) -> None:
    measured = [
        (work, serial_ns(work, rounds), [shares(work, workers, rounds) for workers in (1, 2)])
        for work in works(messages)
    ]
    console.print(shares_table(rounds, measured))
    for work, serial, of_workers in measured:
        for line in amdahl_lines(work, serial, of_workers[0]):
            console.print(line)
