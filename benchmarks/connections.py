"""Many open connections to one server: memory each, and what an order takes meanwhile.

    ./run bench connections

A real server, durable, in a process of its own; the connections, each a gRPC channel that reads an order
book now and then, in two more; the orders, one at a time, from this one.
"""

import argparse
import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import numpy as np
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.durability import ServerProcess, place_orders, scratch, server_process, spread
from benchmarks.process import descriptors, raise_descriptor_limit, resident_bytes
from benchmarks.unary import announce, cpu_seconds
from lightning.pb.v1.market_data_pb2 import GetOrderBookRequest

CONNECTIONS = 10_000
CLIENTS = 2
"""Processes that hold the connections."""
HEARTBEAT_S = 30.0
"""From one order book to the next, on each connection."""
ORDERS = 2_000
"""That are timed, without connections and with them."""
CONNECTING_MAX = 100
"""At a time, in each client."""
ANSWER_S_MAX = 20.0
"""A heartbeat without an answer for so long has failed."""
GET_ORDER_BOOK = "/lightning.v1.MarketData/GetOrderBook"
BOOK_OF_SYMBOL_1 = GetOrderBookRequest(symbol_id=1, levels=5).SerializeToString()
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]
"""Else the channels of a process share one."""


class Seen(NamedTuple):
    """Of the server."""

    connections: int
    resident: int
    descriptors: int
    cpu: float
    """Cores in use while orders were placed."""
    p50_us: float
    p99_us: float
    """Of an order."""


class Held(NamedTuple):
    """What a client process tells in the end."""

    connect_s: float
    heartbeats: int
    failed: int
    p50_ms: float
    p99_ms: float


# a client, in its own process


class Holder:
    def __init__(self, address: str, connections: int, heartbeat_s: float) -> None:
        self._heartbeat_s = heartbeat_s
        self._channels = [grpc.aio.insecure_channel(address, OWN_CONNECTION) for _ in range(connections)]
        self._connecting = asyncio.Semaphore(CONNECTING_MAX)
        self._taken_ms: list[float] = []
        self._failed = 0

    async def connect(self) -> float:
        """Seconds until every connection has had its first answer."""
        begin = time.perf_counter()
        await asyncio.gather(*(self._connect(channel) for channel in self._channels))
        return time.perf_counter() - begin

    async def hold(self, end: "asyncio.Future[None]") -> None:
        beating = [asyncio.create_task(self._keep(channel)) for channel in self._channels]
        await end
        for task in beating:
            task.cancel()
        await asyncio.gather(*beating, return_exceptions=True)
        await asyncio.gather(*(channel.close() for channel in self._channels))

    def told(self, connect_s: float) -> Held:
        p50, p99 = np.quantile(self._taken_ms or [0.0], [0.5, 0.99]).tolist()
        return Held(connect_s, len(self._taken_ms), self._failed, p50, p99)

    async def _connect(self, channel: grpc.aio.Channel) -> None:
        async with self._connecting:
            await self._book_of(channel)

    async def _keep(self, channel: grpc.aio.Channel) -> None:
        await asyncio.sleep(random.uniform(0, self._heartbeat_s))
        while True:
            begin = time.perf_counter()
            try:
                await self._book_of(channel)
                self._taken_ms.append((time.perf_counter() - begin) * 1e3)
            except grpc.aio.AioRpcError:
                self._failed += 1
            await asyncio.sleep(self._heartbeat_s)

    @staticmethod
    async def _book_of(channel: grpc.aio.Channel) -> None:
        method: Any = channel.unary_unary(GET_ORDER_BOOK)
        await method(BOOK_OF_SYMBOL_1, timeout=ANSWER_S_MAX, wait_for_ready=True)


async def hold(address: str, connections: int, heartbeat_s: float) -> None:
    """Print a line once all are open, and `Held` when the standard input ends."""
    holder = Holder(address, connections, heartbeat_s)
    connect_s = await holder.connect()
    announce("open")
    await holder.hold(asyncio.ensure_future(asyncio.to_thread(_wait_for_end)))
    announce(" ".join(map(str, holder.told(connect_s))))


def _wait_for_end() -> None:
    sys.stdin.read()


def run_client(address: str, connections: int, heartbeat_s: float) -> None:
    raise_descriptor_limit()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(hold(address, connections, heartbeat_s))


# the measurement


class Client:
    """Such a process, seen from here."""

    def __init__(self, address: str, connections: int, heartbeat_s: float) -> None:
        words = ["--client", address, str(connections), str(heartbeat_s)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.connections", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def wait(self) -> None:
        if self._line() != "open":
            raise RuntimeError("the client could not open its connections")

    def end(self) -> Held:
        assert self._process.stdin is not None
        self._process.stdin.close()
        connect_s, heartbeats, failed, p50, p99 = self._line().split()
        self._process.wait()
        return Held(float(connect_s), int(heartbeats), int(failed), float(p50), float(p99))

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


class Cores:
    """How many a process uses, from here to `used`."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._begin, self._cpu = time.perf_counter(), cpu_seconds(pid)

    def used(self) -> float:
        return (cpu_seconds(self._pid) - self._cpu) / (time.perf_counter() - self._begin)


def look_at(server: ServerProcess, connections: int, orders: int) -> Seen:
    cores = Cores(server.pid)
    taken = spread("", place_orders(server.address, orders))
    used, opened = cores.used(), descriptors(server.pid)
    return Seen(connections, resident_bytes(server.pid), opened, used, taken.p50_us, taken.p99_us)


class Measured(NamedTuple):
    without: Seen
    all_open: Seen
    kept_cpu: float
    """Cores that the server uses for heartbeats and keepalive alone."""
    held: list[Held]


def measure(directory: Path, connections: int, heartbeat_s: float, orders: int) -> Measured:
    each = [len(part) for part in np.array_split(np.arange(connections), CLIENTS)]
    with ExitStack() as running:
        path = running.enter_context(scratch(directory))
        server = running.enter_context(server_process("--data", str(path)))
        without = look_at(server, 0, orders)
        clients = [running.enter_context(Client(server.address, count, heartbeat_s)) for count in each]
        for client in clients:
            client.wait()
        cores = Cores(server.pid)
        time.sleep(heartbeat_s)
        kept_cpu = cores.used()
        all_open = look_at(server, connections, orders)
        return Measured(without, all_open, kept_cpu, [client.end() for client in clients])


def seen_table(measured: Measured) -> Table:
    table = Table("connections", title="The server", title_justify="left")
    for name in ("in RAM, MB", "KB a connection", "descriptors", "cores in use", "order p50 us", "p99 us"):
        table.add_column(name, justify="right")
    for seen in measured.without, measured.all_open:
        more = seen.resident - measured.without.resident
        each = f"{more / seen.connections / 1e3:,.1f}" if seen.connections else ""
        figures = f"{seen.descriptors:,}", f"{seen.cpu:.2f}", f"{seen.p50_us:,.0f}", f"{seen.p99_us:,.0f}"
        table.add_row(f"{seen.connections:,}", f"{seen.resident / 1e6:,.0f}", each, *figures)
    return table


def held_lines(measured: Measured) -> Iterator[str]:
    yield f"heartbeats and keepalive alone take {measured.kept_cpu:.2f} cores of the server"
    for held in measured.held:
        yield (
            f"a client: all open after {held.connect_s:.1f} s; {held.heartbeats:,} heartbeats, "
            f"{held.failed:,} failed, p50 {held.p50_ms:.1f} ms, p99 {held.p99_ms:.1f} ms"
        )


def print_tables(console: Console, directory: Path) -> None:
    measured = measure(directory, CONNECTIONS, HEARTBEAT_S, ORDERS)
    console.print(seen_table(measured))
    for line in held_lines(measured):
        console.print(line)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--client", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        address, connections, heartbeat_s = arguments.client
        run_client(address, int(connections), float(heartbeat_s))
    else:
        print_tables(Console(), Path())


if __name__ == "__main__":
    main()
