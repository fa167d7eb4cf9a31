"""The exchange in process: messages/s of matching alone, commands/s with the ledger, latency of one row."""

import gc
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.books import deep_book, fill
from benchmarks.flows import Flow, batches, deposits, with_accounts
from benchmarks.orderflow import Rows
from lightning.engine.exchange import Exchange

BATCH = 4096
WHOLE = 10**9
"""As batch size: everything in one `submit`."""
MATCHING_FLOOR, MATCHING_AIM = 8_000_000, 15_000_000
DEEP_AIM = 8_000_000
LEDGER_FLOOR, LEDGER_AIM = 2_000_000, 3_000_000
LATENCY_ROWS = 20_000


class Rate(NamedTuple):
    """Messages/s of some rounds of one workload."""

    flow: str
    work: str
    per_s: Sequence[float]
    floor: int | None = None
    """On the median."""
    aim: int | None = None


class Latency(NamedTuple):
    flow: str
    work: str
    p50_us: float
    p99_us: float


def rates_of(rounds: int, messages: int, run: Callable[[], float]) -> list[float]:
    """Messages/s of each round; `run` returns the seconds it measured."""
    rates = []
    for _ in range(rounds):
        gc.collect()
        rates.append(messages / run())
    return rates


def submit_seconds(exchange: Exchange, rows: Rows, batch: int) -> float:
    """Seconds to submit all rows; the events of a batch are dropped when the next ones come."""
    begin = time.perf_counter()
    for part in batches(rows, batch):
        exchange.submit(part)
    return time.perf_counter() - begin


def exchange_with_accounts(workers: int) -> Exchange:
    exchange = Exchange(workers=workers)
    exchange.submit(deposits())
    return exchange


def matching(flow: Flow, batch: int, rounds: int) -> Rate:
    """The flow's messages into a fresh `Exchange(ledger=False)`: one symbol, one worker, `batch` rows a
    submit.

    The clock runs over `submit` only: not over making the rows, the exchange or, in the first round, the
    kernels.
    """
    rates = rates_of(rounds, len(flow.rows), lambda: submit_seconds(Exchange(ledger=False), flow.rows, batch))
    return Rate(flow.name, f"matching, {batch_name(batch)}", rates, MATCHING_FLOOR, MATCHING_AIM)


def matching_deep(batch: int, rounds: int) -> Rate:
    """200,000 messages, half of them cancels, to a book of 100,000 orders over 1,000,000 ticks
    (`benchmarks.books.deep_book`), which is there before the clock starts.
    """
    book = deep_book()

    def run() -> float:
        exchange = Exchange(ledger=False)
        fill(exchange, book.resting)
        return submit_seconds(exchange, book.flow, batch)

    rates = rates_of(rounds, len(book.flow), run)
    return Rate("deep", f"matching, {batch_name(batch)}", rates, aim=DEEP_AIM)


def with_ledger(flow: Flow, batch: int, workers: int, rounds: int) -> Rate:
    """The flow's messages into a fresh `Exchange` with money: one symbol, 1,000 accounts, `batch` rows a
    submit.

    An order's account is a hash of its id; every account was given plenty of both currencies before the
    clock starts. Every order has a once-only client order id. No fees; an order that would meet one of
    its own account is canceled (the default). Floor and aim are for one worker.
    """
    rows = with_accounts(flow.rows)
    rates = rates_of(rounds, len(rows), lambda: submit_seconds(exchange_with_accounts(workers), rows, batch))
    work = f"ledger, {batch_name(batch)}, {workers} worker{'s' if workers > 1 else ''}"
    if workers > 1:
        return Rate(flow.name, work, rates)
    return Rate(flow.name, work, rates, LEDGER_FLOOR, LEDGER_AIM)


def latency(flow: Flow, ledger: bool, rows: int = LATENCY_ROWS) -> Latency:
    """One row a `submit`, back to back, one worker: the flow's messages after its first as many.

    Accounts as in `with_ledger`. Microseconds from the call to its answer, in process: no journal, no gRPC.
    """
    rows = min(rows, len(flow.rows) // 2)
    exchange = exchange_with_accounts(workers=1) if ledger else Exchange(ledger=False)
    messages = with_accounts(flow.rows) if ledger else flow.rows
    exchange.submit(messages[:rows])
    taken = []
    for one in batches(messages[rows : 2 * rows], 1):
        begin = time.perf_counter_ns()
        exchange.submit(one)
        taken.append(time.perf_counter_ns() - begin)
    p50, p99 = np.quantile(taken, [0.5, 0.99]) / 1000
    work = f"submit of one row, {'with' if ledger else 'without'} ledger"
    return Latency(flow.name, work, float(p50), float(p99))


def batch_name(batch: int) -> str:
    return "whole" if batch == WHOLE else f"batches of {batch:,}"
