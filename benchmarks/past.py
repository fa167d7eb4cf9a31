"""A book at any moment of the past: how long one takes, out of everything that happened to it.

Without `LIGHTNING_SHARED`, which has half an hour of Bitstamp, a synthetic flow of as many messages.
"""

import os
import statistics
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.flows import SEED, SHARED_VARIABLE, batches
from lightning.analysis.past import BookFlow
from lightning.analysis.recorder import Recorder
from lightning.client.load.flow import CALM_WIDTH, synthetic_flow
from lightning.client.tape import TAPE_CONFIG, Op, TapeLine, read_tape
from lightning.codes import CommandFlag, CommandKind, Side
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND, Command

TAPE = "data/bitstamp_20260502.tape.csv.gz"
MESSAGES = 212_968
MOMENTS = 1_000
BATCH = 4_096
BUYER, SELLER = 1, 2
IDS_PER_MS = 4_096
"""Bitstamp's order ids are a clock."""
BEGIN_NS = 1_777_680_000_000_000_000


def tape_commands(lines: Sequence[TapeLine]) -> np.ndarray:
    """COMMAND rows for an exchange without a ledger, at the times that the venue took them.

    Orders that were in its book already come first, all at once; a cancel has the time of the line before it.
    """
    return np.array(list(_commands(lines)), COMMAND)


def _commands(lines: Sequence[TapeLine]) -> Iterator[Command]:
    begin = latest = next((line.order_id for line in lines if line.op in (Op.PLACE, Op.REFUSED)), 0)
    for line in lines:
        if line.op in (Op.PLACE, Op.REFUSED):
            latest = max(latest, line.order_id)
        command = Command(
            kind=CommandKind.CANCEL,
            account=BUYER if line.buy else SELLER,
            symbol=1,
            client_order_id=line.order_id,
            time_ns=BEGIN_NS + (latest - begin) * 1_000_000 // IDS_PER_MS,
        )
        if line.op != Op.CANCEL:
            command = command._replace(
                kind=CommandKind.PLACE,
                side=Side.BUY if line.buy else Side.SELL,
                flags=CommandFlag.POST_ONLY if line.op == Op.REFUSED else 0,
                price=max(line.price, 1),
                qty=line.qty,
            )
        yield command


def messages_of(count: int | None = None) -> tuple[str, np.ndarray]:
    """What is played, and its COMMAND rows; count : only the first so many."""
    shared = os.environ.get(SHARED_VARIABLE)
    if shared:
        return "Bitstamp", tape_commands(read_tape(Path(shared, TAPE), count))
    return "synthetic calm", synthetic_flow(CALM_WIDTH, count or MESSAGES, SEED)


def new_exchange() -> Exchange:
    return Exchange(tomllib.loads(TAPE_CONFIG), ledger=False)


def play(rows: np.ndarray) -> BookFlow:
    exchange = new_exchange()
    with Recorder(exchange) as recorder:
        for batch in batches(rows, BATCH):
            exchange.submit(batch)
    return recorder.flow(1)


class Sought(NamedTuple):
    first_ms: float
    """With everything that is prepared once."""
    each_ms: list[float]
    orders: float
    """In a book, on average."""


def seek(flow: BookFlow, moments: int = MOMENTS, seed: int = SEED) -> Sought:
    """Books, order by order and by levels, at random moments."""
    random = np.random.default_rng(seed)
    each_ms: list[float] = []
    orders = 0
    for seq in random.integers(flow.start_seq, flow.end_seq, 1 + moments, endpoint=True).tolist():
        begin = time.perf_counter()
        book = flow.book_at(seq=seq)
        assert len(book.bids) + len(book.asks) <= len(book.orders)
        each_ms.append((time.perf_counter() - begin) * 1000)
        orders += len(book.orders)
    return Sought(each_ms[0], each_ms[1:], orders / len(each_ms))


def print_table(rounds: int, console: Console, messages: int | None = None) -> None:
    name, rows = messages_of(messages)
    seek(play(rows[:1]), moments=2)  # loads the machine code
    table = Table(
        title=f"{name}, {len(rows):,} messages: book_at(seq) at random moments", title_justify="left"
    )
    for column in ("rows", "orders in a book", "played, s", "first, ms", "median, ms", "p99, ms", "max, ms"):
        table.add_column(column, justify="right")
    for _ in range(rounds):
        begin = time.perf_counter()
        flow = play(rows)
        seconds = time.perf_counter() - begin
        sought = seek(flow)
        p99 = statistics.quantiles(sought.each_ms, n=100)[-1]
        table.add_row(
            f"{len(flow):,}",
            f"{sought.orders:,.0f}",
            f"{seconds:.2f}",
            f"{sought.first_ms:.1f}",
            *(f"{one:.2f}" for one in (statistics.median(sought.each_ms), p99, max(sought.each_ms))),
        )
    console.print(table)
