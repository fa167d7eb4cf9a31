"""Market data to many WebSocket connections, beside a bare uvicorn on the same cores.

    ./run bench websocket

A durable server of its own; this process changes its books at a fixed rate; a client process with all
connections follows them. Then the same client hears what a bare uvicorn pushes as fast as it can, in messages
of the same size, and what one echoes.
"""

import asyncio
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple, Self

import grpc
import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.durability import scratch
from benchmarks.unary import cpu_seconds
from benchmarks.websocket_check import Checked
from benchmarks.websocket_client import Heard, Settings
from lightning.client.load.config import config_text
from lightning.client.load.flow import CENTER, LOTS_MAX, Rows, spread
from lightning.client.load.latency import Latencies
from lightning.client.load.market import Market, make_market, own_accounts
from lightning.client.load.pace import OpenLoop
from lightning.client.load.rows import RowBlocks
from lightning.client.load.tally import Tally
from lightning.client.load.work import SessionWork, keep_sending
from lightning.client.own_server import Serving, own_server_with_page
from lightning.codes import CommandKind, Side
from lightning.rows import COMMAND

CONNECTIONS = 100
SYMBOLS = 5
"""Everyone follows the book, of 20 levels, and the trades of each."""
BATCHES_PER_S = (60, 120, 240)
"""Of commands that change all books; one rate after the other."""
BATCH = 20
ORDERS = 50_000
"""That are made beforehand; sent round and round, under new ids each time."""
LEFT_RESTING = 30
"""Orders of a symbol, before the oldest is canceled."""
CROSSING = 0.05
"""Share of the orders."""
WIDTH = 15
"""How far from the touch orders are placed, in ticks."""
ACCOUNTS = 100
IN_FLIGHT_MAX = 64
SEED = 29
SECONDS = 4.0
"""Of each round."""
WARM_UP_S = 1.0
AIM = 50_000
"""Messages a second."""
ECHOES_IN_FLIGHT = 4
"""On each connection."""
PATIENCE_S = 60.0


class Round(NamedTuple):
    """Of one server and its connections."""

    heard: Heard
    per_s: float
    server_cores: float
    client_cores: float


class Measured(NamedTuple):
    name: str
    rounds: list[Round]
    checked: Checked
    told_per_s: float = 0.0
    """Batches that were due."""

    @property
    def per_s(self) -> float:
        return statistics.median(one.per_s for one in self.rounds)

    @property
    def bytes_each(self) -> float:
        return sum(one.heard.payload_bytes for one in self.rounds) / max(self.messages, 1)

    @property
    def messages(self) -> int:
        return sum(one.heard.messages for one in self.rounds)

    @property
    def broken(self) -> list[str]:
        return [reason for one in self.rounds for reason in one.heard.broken]


# processes


class Client:
    """A client process, seen from here."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def started(cls, settings: Settings) -> AsyncIterator[Self]:
        """Once its connections are open."""
        words = [sys.executable, "-m", "benchmarks.websocket_client", msgspec.json.encode(settings).decode()]
        process = await asyncio.create_subprocess_exec(
            *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=2**24
        )
        try:
            client = cls(process)
            if await client._line() != b"open\n":
                raise RuntimeError("the client could not open its connections")
            yield client
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def heard(self) -> Heard:
        """Since the last time."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        return msgspec.json.decode(await self._line(), type=Heard)

    async def checked(self) -> Checked:
        """Of one connection, in the end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return msgspec.json.decode(await self._line(), type=Checked)

    async def _line(self) -> bytes:
        assert self._process.stdout is not None
        return await asyncio.wait_for(self._process.stdout.readline(), PATIENCE_S)


@contextmanager
def bare(*words: str) -> Iterator[Serving]:
    command = [sys.executable, "-m", "benchmarks.websocket_bare", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Serving(process.stdout.readline().strip(), process.pid, "")
        finally:
            process.kill()


# the market


def changing_flow(symbols: "np.ndarray[tuple[int], np.dtype[np.int32]]") -> Rows:
    """Orders near the touch, of one symbol after the other, each with the cancel of one that is older.

    To be sent round and round: the first cancels are of the last orders of the round before.
    """
    random = np.random.default_rng(SEED)
    number = np.repeat(np.arange(ORDERS), 2)
    rows = np.zeros(ORDERS * 2, COMMAND)
    rows["symbol"] = symbols[number % len(symbols)]
    rows["client_order_id"] = number + 1
    places, cancels = rows[::2], rows[1::2]
    places["kind"], cancels["kind"] = CommandKind.PLACE, CommandKind.CANCEL
    cancels["client_order_id"] -= LEFT_RESTING * len(symbols)
    rows["account"] = 1 + spread(rows["client_order_id"] % ORDERS, ACCOUNTS)
    places["side"] = random.integers(0, 2, ORDERS)
    away = random.integers(1, WIDTH, ORDERS) * np.where(random.random(ORDERS) < CROSSING, -1, 1)
    places["price"] = np.where(places["side"] == Side.BUY, CENTER - away, CENTER + away)
    places["qty"] = random.integers(1, LOTS_MAX + 1, ORDERS)
    return own_accounts(rows)


class Trading:
    """Sends orders to an address, at whatever rate it is told."""

    def __init__(self, channel: grpc.aio.Channel, market: Market) -> None:
        rows = changing_flow(market.symbol_ids())
        blocks = RowBlocks(rows, "client_order_id", ORDERS, BATCH, market.ids_of(0))
        self._work = SessionWork(channel, Tally(), blocks)

    @classmethod
    @asynccontextmanager
    async def on(cls, address: str) -> AsyncIterator[Self]:
        async with grpc.aio.insecure_channel(address) as channel:
            trading = cls(channel, await make_market(channel, ACCOUNTS, levels=20))
            try:
                yield trading
            finally:
                await trading._work.close()

    @asynccontextmanager
    async def at(self, batches_per_s: float) -> AsyncIterator[None]:
        pace = OpenLoop(batches_per_s)
        sending = asyncio.create_task(keep_sending(self._work, pace, IN_FLIGHT_MAX, Latencies()))
        try:
            yield
        finally:
            pace.stop()
            await sending
        tally = self._work.tally
        if tally.failed or tally.errors:
            raise RuntimeError(f"orders failed: {tally.errors}")


# the measurement


async def take_rounds(client: Client, pid: int, rounds: int) -> list[Round]:
    await asyncio.sleep(WARM_UP_S)
    await client.heard()
    taken = []
    for _ in range(rounds):
        cpu = cpu_seconds(pid)
        await asyncio.sleep(SECONDS)
        heard = await client.heard()
        used = cpu_seconds(pid) - cpu
        seconds = heard.seconds
        taken.append(Round(heard, heard.messages / seconds, used / seconds, heard.cpu_s / seconds))
    return taken


async def measure_market(serving: Serving, batches_per_s: Sequence[float], rounds: int) -> list[Measured]:
    address = serving.page.removeprefix("http://").rstrip("/")
    measured = []
    async with Trading.on(serving.address) as trading:
        for rate in batches_per_s:
            name = f"Lightning, {rate * SYMBOLS:,} books a second change"
            async with Client.started(Settings(address, CONNECTIONS, SYMBOLS)) as client:
                async with trading.at(rate):
                    taken = await take_rounds(client, serving.pid, rounds)
                measured.append(Measured(name, taken, await client.checked(), rate))
    return measured


async def measure_bare(name: str, serving: Serving, settings: Settings, rounds: int) -> Measured:
    async with Client.started(settings) as client:
        taken = await take_rounds(client, serving.pid, rounds)
        return Measured(name, taken, await client.checked())


def measure(directory: Path, rounds: int) -> list[Measured]:
    """The market at each rate, then what is pushed, then what is echoed."""
    with (
        scratch(directory) as path,
        own_server_with_page(path / "data", config_text(SYMBOLS), 0, 0) as serving,
    ):
        measured = asyncio.run(measure_market(serving, BATCHES_PER_S, rounds))
    size = round(max(measured, key=lambda one: one.per_s).bytes_each)
    with bare("--push", str(size)) as serving:
        pushed = Settings(serving.address, CONNECTIONS)
        measured.append(asyncio.run(measure_bare("bare uvicorn, pushing", serving, pushed, rounds)))
    with bare() as serving:
        echoed = Settings(serving.address, CONNECTIONS, echoed_bytes=size, in_flight=ECHOES_IN_FLIGHT)
        measured.append(asyncio.run(measure_bare("bare uvicorn, echoing", serving, echoed, rounds)))
    return measured


# what is printed


def table(measured: Sequence[Measured], rounds: int) -> Table:
    title = f"{CONNECTIONS} WebSocket connections, medians of {rounds} rounds of {SECONDS:g} s"
    made = Table("server", title=title, title_justify="left")
    for name in (
        "messages/s",
        "bytes each",
        "delay p50 ms",
        "p99 ms",
        "server cores",
        "per core",
        "client cores",
    ):
        made.add_column(name, justify="right")
    for one in measured:
        delays = np.array([delay for taken in one.rounds for delay in taken.heard.delays_ns]) / 1e6
        p50, p99 = np.quantile(delays, [0.5, 0.99]).tolist() if len(delays) else (None, None)
        made.add_row(
            one.name,
            f"{one.per_s:,.0f}",
            f"{one.bytes_each:,.0f}",
            *("" if delay is None else f"{delay:,.1f}" for delay in (p50, p99)),
            f"{statistics.median(taken.server_cores for taken in one.rounds):.2f}",
            f"{statistics.median(taken.per_s / taken.server_cores for taken in one.rounds):,.0f}",
            f"{statistics.median(taken.client_cores for taken in one.rounds):.2f}",
        )
    return made


def lines(measured: Sequence[Measured]) -> Iterator[str]:
    *markets, pushed, echoed = measured
    best = max(markets, key=lambda one: one.per_s)
    reached = "reached" if best.per_s >= AIM else "NOT reached"
    yield f"aim: {AIM:,} messages/s over {CONNECTIONS} connections: {reached} ({best.per_s:,.0f})"
    for one in (pushed, echoed):
        yield f"Lightning delivers {best.per_s / one.per_s:.2f} times the messages of a {one.name}"
    checked = sum(one.checked.messages for one in markets)
    wrong = [text for one in markets for text in one.checked.wrong]
    verdict = f"no: {wrong[0]}" if wrong else "holds"
    snapshots = sum(one.checked.snapshots for one in markets) - SYMBOLS * len(markets)
    yield f"a connection's {checked:,} messages follow one from the other, checksums too: {verdict}"
    yield f"books that it was told anew, because it or the server was behind: {snapshots:,}"
    for reason in (reason for one in measured for reason in one.broken):
        yield f"ended: {reason}"


def print_tables(console: Console, directory: Path, rounds: int) -> None:
    measured = measure(directory, rounds)
    console.print(table(measured, rounds))
    for line in lines(measured):
        console.print(line, soft_wrap=True, markup=False)
