"""What durability costs, and how fast a data directory comes back.

    ./run bench durability [--directory .] [--size 1000000]

All on the disk of --directory. Each figure is described by the docstring of the function of its name.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import grpc
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.flows import Flow, batches, deposits, with_accounts
from benchmarks.orderflow import Rows
from lightning.client.own_server import LISTENING
from lightning.codes import CommandKind, Side
from lightning.config import Config, StorageConfig, default_config
from lightning.engine.durable_gate import Outcome
from lightning.engine.exchange import Exchange
from lightning.engine.journal import Journal
from lightning.engine.sequencer import Sequencer
from lightning.pb.schema import lightning_pb2 as pb
from lightning.pb.schema.lightning_pb2_grpc import LightningStub
from lightning.rows import COMMAND
from lightning.storage.directory import DataDirectory
from lightning.storage.memory import MemoryJournal
from lightning.storage.recovery import recover
from lightning.storage.sqlite_journal import SqliteJournal
from lightning.storage.venue import open_venue

BATCHES = (100, 1_000, 4_096, 16_384)
ROWS_IN_FLIGHT = 65_536
"""Commands handed to the sequencer and not answered yet."""
RATIO_AIM = 0.8
SINGLE_ROWS = 2_000
SINGLE_CALLS = 1_000
RECOVERY_FLOOR, RECOVERY_AIM = 1_000_000, 3_000_000
RESTART_AIM_S = 5.0
SIZE = 1_000_000
"""Accounts, and resting orders, of the large exchange."""
LARGE_BATCH = 16_384
LARGE_FUNDS = 10**12
"""Of each account and currency; what all have together fits 63 bits."""


class Throughput(NamedTuple):
    batch: int
    off_per_s: Sequence[float]
    on_per_s: Sequence[float]


class Spread(NamedTuple):
    work: str
    p50_us: float
    p99_us: float


class Large(NamedTuple):
    """Of an exchange with many accounts and resting orders."""

    size: int
    pause_ms: float
    snapshot_s: float
    snapshot_bytes: int
    restart_s: float


class Submitter:
    """Hands commands to a sequencer, so many ahead of their answers."""

    def __init__(self, sequencer: Sequencer) -> None:
        self._sequencer = sequencer
        self._changed = threading.Condition()
        self._waiting = 0
        self._error: BaseException | None = None

    def submit(self, rows: Rows) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting < ROWS_IN_FLIGHT)
            self._waiting += len(rows)
        count = len(rows)
        self._sequencer.submit(rows, lambda outcome: self._answered(outcome, count))

    def wait(self) -> None:
        """Until everything is answered. Raises what the sequencer failed with."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting == 0)
            if self._error is not None:
                raise self._error

    def _answered(self, outcome: Outcome, count: int) -> None:
        with self._changed:
            self._error = outcome.error or self._error
            self._waiting -= count
            self._changed.notify()


@contextmanager
def scratch(directory: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=directory, prefix="lightning-bench-") as name:
        yield Path(name)


@contextmanager
def journal_in(path: Path) -> Iterator[SqliteJournal]:
    with DataDirectory(path) as data:
        if not SqliteJournal.exists(data):
            SqliteJournal.create(data, default_config())
        journal = SqliteJournal.open(data, 0, lambda text: None)
        try:
            yield journal
        finally:
            journal.close()


@contextmanager
def running(journal: Journal, exchange: Exchange | None = None) -> Iterator[Sequencer]:
    """A sequencer whose accounts have money; of a new exchange, if none is given."""
    sequencer = Sequencer(Exchange() if exchange is None else exchange, journal, epoch=1)
    sequencer.start()
    submitter = Submitter(sequencer)
    submitter.submit(deposits())
    submitter.wait()
    try:
        yield sequencer
    finally:
        sequencer.stop()


def submit_seconds(journal: Journal, rows: Rows, batch: int) -> float:
    with running(journal) as sequencer:
        submitter = Submitter(sequencer)
        begin = time.perf_counter()
        for part in batches(rows, batch):
            submitter.submit(part)
        submitter.wait()
        return time.perf_counter() - begin


def throughput(flow: Flow, batch: int, rounds: int, directory: Path) -> Throughput:
    """Commands/s through the sequencer from the first batch handed in to the last answer, which is durable.

    One symbol, 1,000 accounts, one worker; `batch` commands a submission, of which the sequencer makes
    batches of up to 16,384; off: the journal in memory. Off and on take turns.
    """
    rows = with_accounts(flow.rows)
    off, on = [], []
    for _ in range(rounds):
        off.append(len(rows) / submit_seconds(MemoryJournal(), rows, batch))
        with scratch(directory) as path, journal_in(path) as journal:
            on.append(len(rows) / submit_seconds(journal, rows, batch))
    return Throughput(batch, off, on)


def spread(work: str, taken_ns: Sequence[int]) -> Spread:
    p50, p99 = np.quantile(np.asarray(taken_ns), [0.5, 0.99]) / 1000
    return Spread(work, float(p50), float(p99))


def timed(count: int, act: Callable[[int], object]) -> list[int]:
    taken = []
    for index in range(count):
        begin = time.perf_counter_ns()
        act(index)
        taken.append(time.perf_counter_ns() - begin)
    return taken


def fdatasync(directory: Path) -> Spread:
    """1 KB written behind the last and fdatasync, as often as there are orders below."""
    with scratch(directory) as path:
        file = os.open(path / "bare", os.O_RDWR | os.O_CREAT)
        try:

            def act(index: int) -> None:
                os.pwrite(file, bytes(1024), 1024 * index)
                os.fdatasync(file)

            return spread("bare: write 1 KB, fdatasync", timed(SINGLE_ROWS, act))
        finally:
            os.close(file)


def single(name: str, journal: Journal, rows: Rows) -> Spread:
    """One command at a time, from the call to its durable answer, in process."""
    with running(journal) as sequencer:
        answered = threading.Semaphore(0)
        parts = list(batches(rows[:SINGLE_ROWS], 1))

        def act(index: int) -> None:
            sequencer.submit(parts[index], lambda outcome: answered.release())
            answered.acquire()

        return spread(f"one order in process, {name}", timed(len(parts), act))


class ServerProcess(NamedTuple):
    address: str
    pid: int


@contextmanager
def server_process(*arguments: str) -> Iterator[ServerProcess]:
    """`lightning serve` on a free port of this machine, once it answers."""
    command = [sys.executable, "-m", "lightning", "serve", "--no-http", *arguments]
    command += ["--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith(LISTENING):
                    yield ServerProcess(line.removeprefix(LISTENING).strip(), process.pid)
                    return
            raise RuntimeError("the server did not start")
        finally:
            process.terminate()


def place_orders(address: str, calls: int) -> list[int]:
    """Nanoseconds of each of so many calls of placeOrder, one at a time: two accounts trade at one price."""
    with grpc.insecure_channel(address) as channel:
        stub = LightningStub(channel)
        for account, currency in ((1, 1), (1, 2), (2, 1), (2, 2)):
            stub.increase(pb.IncreaseRequest(accountId=account, currencyId=currency, amount="1000000"))
        orders = [
            pb.PlaceOrderRequest(accountId=1 + side, symbolId=1, side=side, price="50000.0", quantity="0.001")
            for side in (pb.BID, pb.ASK)
        ]
        for index in range(100):
            stub.placeOrder(orders[index % 2])
        return timed(calls, lambda index: stub.placeOrder(orders[index % 2]))


def single_unary(name: str, *arguments: str) -> Spread:
    """placeOrder through gRPC, one call at a time, of a server process."""
    with server_process(*arguments) as server:
        return spread(f"one placeOrder through gRPC, {name}", place_orders(server.address, SINGLE_CALLS))


def singles(flow: Flow, directory: Path) -> Iterator[Spread]:
    rows = with_accounts(flow.rows)
    yield fdatasync(directory)
    yield single("journal in memory", MemoryJournal(), rows)
    with scratch(directory) as path, journal_in(path) as journal:
        yield single("journal on disk", journal, rows)
    yield single_unary("in memory", "--in-memory")
    with scratch(directory) as path:
        yield single_unary("durable", "--data", str(path))


def recovery(flow: Flow, rounds: int, directory: Path) -> list[float]:
    """Commands/s from opening a directory with a journal and no snapshot to the exchange it gives."""
    rows = with_accounts(flow.rows)
    with scratch(directory) as path:
        with journal_in(path) as journal:
            submit_seconds(journal, rows, LARGE_BATCH)
        rates = []
        for _ in range(rounds):
            begin = time.perf_counter()
            with journal_in(path) as journal:
                recovered = recover(journal, None, shards=10, workers=1)
                rates.append(recovered.replayed / (time.perf_counter() - begin))
        return rates


def large_rows(size: int) -> Iterator[Rows]:
    """`size` accounts with money in two currencies, and as many orders that rest, on three symbols."""
    for start in range(0, size, LARGE_BATCH):
        accounts = np.arange(start + 1, min(start + LARGE_BATCH, size) + 1)
        for currency in (1, 2, 3):
            rows = np.zeros(len(accounts), COMMAND)
            rows["kind"] = CommandKind.DEPOSIT
            rows["account"], rows["currency"], rows["amount"] = accounts, currency, LARGE_FUNDS
            if currency != 3 or start == 0:
                yield rows
    random = np.random.default_rng(7)
    for start in range(0, size, LARGE_BATCH):
        accounts = np.arange(start + 1, min(start + LARGE_BATCH, size) + 1)
        rows = np.zeros(len(accounts), COMMAND)
        rows["kind"] = CommandKind.PLACE
        rows["account"], rows["client_order_id"] = accounts, accounts
        rows["symbol"] = 1
        side = rows["side"] = random.integers(0, 2, len(rows))
        away = random.integers(1, 20_000, len(rows))
        rows["price"] = np.where(side == Side.BUY, 5_000_000 - away, 5_000_000 + away)
        rows["qty"] = random.integers(1, 1_000, len(rows))
        yield rows


def large(size: int, directory: Path) -> Large:
    """The pause of a snapshot, the snapshot, and the wall time of a restart until the server answers.

    The restart is `lightning serve` of a warm cache after a graceful stop.
    """
    config = default_config()
    quiet = Config(
        config.currencies,
        config.symbols,
        storage=StorageConfig(snapshot_commands=2**40, snapshot_seconds=86_400),
    )
    with scratch(directory) as path:
        venue = open_venue(path, quiet, shards=10, workers=1)
        submitter = Submitter(venue.sequencer)
        for rows in large_rows(size):
            submitter.submit(rows)
        submitter.wait()
        opened = venue.exchange.size()  # and the fee account
        assert opened == 2 * size + 1, f"{opened - 1:,} accounts and orders instead of {2 * size:,}"
        snapshots = [venue.create_snapshot().result() for _ in range(3)]
        venue.stop()
        newest = max((path / "snapshots").iterdir())
        size_bytes = sum(file.stat().st_size for file in newest.iterdir())
        begin = time.perf_counter()
        with server_process("--data", str(path)):
            restart_s = time.perf_counter() - begin
        return Large(
            size,
            statistics.median(one.pause_ms for one in snapshots),
            statistics.median(one.seconds for one in snapshots),
            size_bytes,
            restart_s,
        )


def print_tables(flow: Flow, rounds: int, console: Console, directory: Path, size: int) -> None:
    rates = Table(
        "commands a submission", title=f"Commands/s through the sequencer, medians of {rounds}, {flow.name}"
    )
    for heading in ("journal off", "journal on", "on / off", "aim"):
        rates.add_column(heading, justify="right")
    for batch in BATCHES:
        measured = throughput(flow, batch, rounds, directory)
        off, on = statistics.median(measured.off_per_s), statistics.median(measured.on_per_s)
        aim = f"{RATIO_AIM}" if batch >= 1_000 else ""
        rates.add_row(f"{batch:,}", f"{off:,.0f}", f"{on:,.0f}", f"{on / off:.2f}", aim)
    console.print(rates)

    waits = Table("", title="Microseconds")
    for heading in ("p50", "p99"):
        waits.add_column(heading, justify="right")
    for work, p50, p99 in singles(flow, directory):
        waits.add_row(work, f"{p50:,.0f}", f"{p99:,.0f}")
    console.print(waits)

    replayed = recovery(flow, rounds, directory)
    console.print(
        f"recovery: {statistics.median(replayed):,.0f} commands/s, median of {rounds} "
        f"({min(replayed):,.0f} to {max(replayed):,.0f}; floor {RECOVERY_FLOOR:,}, aim {RECOVERY_AIM:,})"
    )
    found = large(size, directory)
    console.print(
        f"{found.size:,} accounts and {found.size:,} resting orders: snapshot pause {found.pause_ms:.1f} ms, "
        f"on disk in {found.snapshot_s:.1f} s, {found.snapshot_bytes / 1e6:,.0f} MB; "
        f"restart to the first answer {found.restart_s:.1f} s (aim {RESTART_AIM_S})"
    )
