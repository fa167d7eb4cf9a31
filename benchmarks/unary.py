"""Unary calls: each beside the same call to a server of the same kind that does nothing, in one run.

    python -m benchmarks.unary [--seconds 2] [--rounds 3] [--directory .]

Server (grpc.aio with uvloop) and client have a process each. On a shared machine only what was measured
within a run can be compared. Of the orders every second one fills; they are durable in a directory below
--directory, but for `in memory`. The books that are read have five levels a side.
"""

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, product
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import numpy as np
import uvloop
from google.protobuf.message import Message
from rich.console import Console
from rich.table import Table

from lightning.codes import CommandKind, Side
from lightning.config import Config, load_config
from lightning.pb.schema import lightning_pb2 as pb
from lightning.pb.schema.lightning_pb2_grpc import LightningServicer, add_LightningServicer_to_server
from lightning.rows import COMMAND, Command
from lightning.server import warm
from lightning.server.app import serve
from lightning.storage.venue import MemoryVenue, Venue, open_venue

IN_FLIGHT = (1, 64)
LEVELS = 5
READ = 2
"""The symbol whose book is read; orders are placed in the first."""


class Call(NamedTuple):
    name: str
    method: str
    requests: list[Message]
    durable: bool


ORDERS: list[Message] = [
    pb.PlaceOrderRequest(accountId=1, symbolId=1, side=pb.BID, price="50000.0", quantity="0.001"),
    pb.PlaceOrderRequest(accountId=2, symbolId=1, side=pb.ASK, price="50000.0", quantity="0.001"),
]
CALLS = [
    Call("placeOrder", "placeOrder", ORDERS, durable=True),
    Call("placeOrder, in memory", "placeOrder", ORDERS, durable=False),
    Call("getAccount", "getAccount", [pb.GetAccountRequest(accountId=1)], durable=True),
    Call(
        "getOrderBook", "getOrderBook", [pb.GetOrderBookRequest(symbolId=READ, levels=LEVELS)], durable=True
    ),
]
REPLIES: dict[str, Any] = {
    "placeOrder": pb.PlaceOrderResponse,
    "getAccount": pb.GetAccountResponse,
    "getOrderBook": pb.GetOrderBookResponse,
}
FUNDS = [
    Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=10**17)
    for account in (1, 2)
    for currency in (1, 2, 3)
]
BOOK = [
    Command(
        kind=CommandKind.PLACE,
        symbol=READ,
        account=1,
        side=side,
        price=300_000 + away * (2 * side - 1),
        qty=10,
    )
    for side in (Side.BUY, Side.SELL)
    for away in range(1, LEVELS + 1)
]


def open_engine(config: Config, directory: str) -> Venue:
    """With compiled kernels, two accounts that can pay and a book to read; '' keeps it in memory."""
    for _, step in warm.kernels():
        step()
    if directory:
        venue: Venue = open_venue(Path(directory), config, shards=10, workers=1)
    else:
        venue = MemoryVenue(config, shards=10, workers=1)
    done = threading.Event()
    venue.sequencer.submit(np.array([*FUNDS, *BOOK], COMMAND), lambda outcome: done.set())
    done.wait()
    return venue


def announce(address: str) -> None:
    print(address, flush=True)


# servers, each in its own process


class NoOp(LightningServicer):
    async def placeOrder(self, request: pb.PlaceOrderRequest, context: object) -> pb.PlaceOrderResponse:
        return pb.PlaceOrderResponse(message="Success", id=1)

    async def getAccount(self, request: pb.GetAccountRequest, context: object) -> pb.GetAccountResponse:
        return pb.GetAccountResponse(message="Success")

    async def getOrderBook(self, request: pb.GetOrderBookRequest, context: object) -> pb.GetOrderBookResponse:
        return pb.GetOrderBookResponse(message="Success")


async def serve_noop() -> None:
    server = grpc.aio.server()
    add_LightningServicer_to_server(NoOp(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    announce(f"127.0.0.1:{port}")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await server.stop(None)


def run_server(work: str, directory: str) -> None:
    config = load_config({"server": {"host": "127.0.0.1", "port": 0, "http": False}})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if work == "noop":
            runner.run(serve_noop())
        else:
            runner.run(
                serve(
                    lambda on_failure, check: open_engine(config, directory),
                    config.server,
                    lambda listening: announce(listening.grpc),
                )
            )


# the client, in its own process


class Measured(NamedTuple):
    calls_per_s: float
    p50_us: float
    p99_us: float
    server_us: float
    """CPU time of the server's process, a call."""


async def call_for(
    address: str, call: Call, in_flight: int, seconds: float
) -> tuple[float, list[float], int]:
    """(calls/s, the time of each in seconds, calls in all) over `seconds`, after half a second to warm up."""
    async with grpc.aio.insecure_channel(address) as channel:
        method: Any = channel.unary_unary(f"/schema.Lightning/{call.method}")
        reply_of = REPLIES[call.method].FromString
        taken: list[float] = []
        stop = False

        async def caller(requests: "cycle[bytes]") -> None:
            while not stop:
                begin = time.perf_counter()
                reply = reply_of(await method(next(requests)))
                taken.append(time.perf_counter() - begin)
                assert reply.code == 0, reply

        requests = cycle([request.SerializeToString() for request in call.requests])
        callers = [asyncio.create_task(caller(requests)) for _ in range(in_flight)]
        await asyncio.sleep(0.5)
        first, begin = len(taken), time.perf_counter()
        await asyncio.sleep(seconds)
        last = len(taken)
        rate = (last - first) / (time.perf_counter() - begin)
        stop = True
        await asyncio.gather(*callers)
        return rate, taken[first:last], len(taken)


def run_client(address: str, index: int, in_flight: int, seconds: float) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rate, taken, calls = runner.run(call_for(address, CALLS[index], in_flight, seconds))
        p50, p99 = np.percentile(taken, [50, 99]) * 1e6
        announce(f"{rate} {p50} {p99} {calls}")


# the measurement


def cpu_seconds(pid: int) -> float:
    """Of a running process (Linux)."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def measure(work: str, index: int, in_flight: int, seconds: float, directory: Path) -> Measured:
    with tempfile.TemporaryDirectory(dir=directory, prefix="lightning-bench-") as scratch:
        data = scratch if CALLS[index].durable else ""
        server = subprocess.Popen(
            [sys.executable, __file__, "--serve", work, data], stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            command = [
                sys.executable,
                __file__,
                "--client",
                address,
                str(index),
                str(in_flight),
                str(seconds),
            ]
            before = cpu_seconds(server.pid)
            told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
            rate, p50, p99, calls = map(float, told)
            return Measured(rate, p50, p99, (cpu_seconds(server.pid) - before) / calls * 1e6)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()


class Comparison(NamedTuple):
    call: str
    in_flight: int
    noop: Measured
    ours: Measured
    ratio: float
    """Calls/s by those of the no-op server, each round's own."""
    added_us: float
    """p50 less that of the no-op server, each round's own."""


def compare(
    indexes: Sequence[int], in_flights: Sequence[int], seconds: float, rounds: int, directory: Path
) -> Iterator[Comparison]:
    """Medians of `rounds` rounds; a round is `seconds` of the no-op server, then as long of the exchange."""
    for index, in_flight in product(indexes, in_flights):
        pairs = [
            (
                measure("noop", index, in_flight, seconds, directory),
                measure("exchange", index, in_flight, seconds, directory),
            )
            for _ in range(rounds)
        ]
        noop, ours = (median_of(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(one.calls_per_s / nothing.calls_per_s for nothing, one in pairs)
        added = statistics.median(one.p50_us - nothing.p50_us for nothing, one in pairs)
        yield Comparison(CALLS[index].name, in_flight, noop, ours, ratio, added)


def median_of(rounds: Iterable[Measured]) -> Measured:
    """Of each figure by itself."""
    return Measured(*(statistics.median(column) for column in zip(*rounds, strict=True)))


def print_comparisons(comparisons: Iterable[Comparison], seconds: float, rounds: int) -> None:
    table = Table(title=f"Unary calls, median of {rounds} x {seconds} s", title_justify="left")
    table.add_column("call")
    for name in (
        "in flight",
        "no-op calls/s",
        "calls/s",
        "ratio",
        "p50 / p99 us",
        "added p50",
        "CPU us, no-op",
    ):
        table.add_column(name, justify="right")
    for call, in_flight, noop, ours, ratio, added in comparisons:
        rates = f"{noop.calls_per_s:,.0f}", f"{ours.calls_per_s:,.0f}", f"{ratio:.2f}"
        times = f"{ours.p50_us:,.0f} / {ours.p99_us:,.0f}", f"{added:,.0f}"
        table.add_row(call, str(in_flight), *rates, *times, f"{ours.server_us:,.0f}, {noop.server_us:,.0f}")
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--directory", type=Path, default=Path())
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--client", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        run_server(*given.serve)
    elif given.client:
        address, index, in_flight, seconds = given.client
        run_client(address, int(index), int(in_flight), float(seconds))
    else:
        comparisons = compare(range(len(CALLS)), IN_FLIGHT, given.seconds, given.rounds, given.directory)
        print_comparisons(comparisons, given.seconds, given.rounds)


if __name__ == "__main__":
    main()
