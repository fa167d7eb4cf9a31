"""Unary calls/s: placeOrder against a server of the same kind that does nothing, in one run.

    python -m benchmarks.unary [--seconds 2] [--rounds 3] [--kinds aio,aio-uvloop,sync-4,sync-16]

Kinds of server: grpc.aio with asyncio's loop, with uvloop, and the sync server with 4 or 16 threads. The
server and its client each have a process. On a shared machine only the ratio within a run means something.
`aio` and `aio-uvloop` run the product's own server; the sync kinds its engine behind a servicer of their own.
"""

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, product
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import numpy as np
import uvloop
from rich.console import Console
from rich.table import Table

from lightning.codes import CommandKind
from lightning.config import Config, load_config
from lightning.engine import warm
from lightning.engine.exchange import Exchange
from lightning.engine.sequencer import Outcome, Sequencer
from lightning.pb.schema import lightning_pb2 as pb
from lightning.pb.schema.lightning_pb2_grpc import LightningServicer, add_LightningServicer_to_server
from lightning.rows import COMMAND, Command, Event
from lightning.server.app import serve
from lightning.server.convert import schema as convert
from lightning.server.gateway import Reply, read_catalog
from lightning.storage.venue import MemoryVenue

KINDS = ("aio", "aio-uvloop", "sync-4", "sync-16")
IN_FLIGHT = (1, 64)
PLACE_ORDER = "/schema.Lightning/placeOrder"
ORDERS = [
    pb.PlaceOrderRequest(accountId=1, symbolId=1, side=pb.BID, price="50000.0", quantity="0.001"),
    pb.PlaceOrderRequest(accountId=2, symbolId=1, side=pb.ASK, price="50000.0", quantity="0.001"),
]
REQUESTS = [order.SerializeToString() for order in ORDERS]
FUNDS = [
    Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=10**17)
    for account in (1, 2)
    for currency in (1, 2)
]


def start_engine(config: Config) -> MemoryVenue:
    """With compiled kernels, and two accounts that can pay; kept in memory only."""
    for _, step in warm.kernels():
        step()
    venue = MemoryVenue(config, shards=10, workers=1)
    paid = threading.Event()
    venue.sequencer.submit(np.array(FUNDS, COMMAND), lambda outcome: paid.set())
    paid.wait()
    return venue


def announce(address: str) -> None:
    print(address, flush=True)


# servers, each in its own process


class NoOp(LightningServicer):
    def placeOrder(self, request: pb.PlaceOrderRequest, context: object) -> pb.PlaceOrderResponse:
        return pb.PlaceOrderResponse(message="Success", id=1)


class NoOpAio(LightningServicer):
    async def placeOrder(self, request: pb.PlaceOrderRequest, context: object) -> pb.PlaceOrderResponse:
        return pb.PlaceOrderResponse(message="Success", id=1)


class PlaceSync(LightningServicer):
    """What a gateway of a sync server comes to: every call hands over for itself and is woken for itself."""

    def __init__(self, exchange: Exchange, sequencer: Sequencer) -> None:
        self._catalog, self._sequencer = read_catalog(exchange), sequencer

    def placeOrder(self, request: pb.PlaceOrderRequest, context: object) -> pb.PlaceOrderResponse:
        done, outcomes = threading.Semaphore(0), list[Outcome]()

        def deliver(outcome: Outcome) -> None:
            outcomes.append(outcome)
            done.release()

        self._sequencer.submit(np.array([convert.place(request, self._catalog)], COMMAND), deliver)
        done.acquire()
        events = [Event._make(row) for row in outcomes[0].value.tolist()]
        reply = Reply(events, events[0].seq, outcomes[0].time_ns)
        return pb.PlaceOrderResponse(message="Success", id=convert.outcome(reply).order_id)


def serve_sync(servicer: LightningServicer, threads: int) -> None:
    server = grpc.server(ThreadPoolExecutor(threads))
    add_LightningServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    announce(f"127.0.0.1:{port}")
    signal.sigwait({signal.SIGTERM})
    server.stop(None).wait()


async def serve_noop_aio() -> None:
    server = grpc.aio.server()
    add_LightningServicer_to_server(NoOpAio(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    announce(f"127.0.0.1:{port}")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await server.stop(None)


def run_server(kind: str, work: str) -> None:
    config = load_config({"server": {"host": "127.0.0.1", "port": 0}})
    if kind.startswith("sync"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        threads = int(kind.removeprefix("sync-"))
        if work == "noop":
            serve_sync(NoOp(), threads)
            return
        venue = start_engine(config)
        serve_sync(PlaceSync(venue.exchange, venue.sequencer), threads)
        venue.stop()
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if kind == "aio-uvloop" else None) as runner:
        if work == "noop":
            runner.run(serve_noop_aio())
        else:
            runner.run(serve(lambda on_failure, check: start_engine(config), config.server, announce))


# the client, in its own process


class Measured(NamedTuple):
    calls_per_s: float
    calls: int
    """In all, warm-up included."""
    server_us_per_call: float = 0.0
    """CPU time of the server's process."""


async def call_for(address: str, in_flight: int, seconds: float) -> Measured:
    """Calls/s over `seconds`, after half a second to warm up."""
    async with grpc.aio.insecure_channel(address) as channel:
        method: Any = channel.unary_unary(PLACE_ORDER)
        calls, stop = 0, False

        async def caller(requests: "cycle[bytes]") -> None:
            nonlocal calls
            while not stop:
                reply = pb.PlaceOrderResponse.FromString(await method(next(requests)))
                assert reply.code == 0, reply
                calls += 1

        requests = cycle(REQUESTS)
        callers = [asyncio.create_task(caller(requests)) for _ in range(in_flight)]
        await asyncio.sleep(0.5)
        first, begin = calls, time.perf_counter()
        await asyncio.sleep(seconds)
        rate = (calls - first) / (time.perf_counter() - begin)
        stop = True
        await asyncio.gather(*callers)
        return Measured(rate, calls)


def run_client(address: str, in_flight: int, seconds: float) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        measured = runner.run(call_for(address, in_flight, seconds))
        announce(f"{measured.calls_per_s} {measured.calls}")


# the measurement


def cpu_seconds(pid: int) -> float:
    """Of a running process (Linux)."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def measure(kind: str, work: str, in_flight: int, seconds: float) -> Measured:
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve", kind, work], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        command = [sys.executable, __file__, "--client", address, str(in_flight), str(seconds)]
        before = cpu_seconds(server.pid)
        rate, calls = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        used = cpu_seconds(server.pid) - before
        return Measured(float(rate), int(calls), used / int(calls) * 1e6)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


class Comparison(NamedTuple):
    kind: str
    in_flight: int
    noop: Measured
    place: Measured
    ratio: float
    """placeOrder calls/s by no-op calls/s, each round's own."""


def compare(
    kinds: Sequence[str], in_flights: Sequence[int], seconds: float, rounds: int
) -> Iterator[Comparison]:
    """Medians of `rounds` rounds; a round is `seconds` of the no-op server, then as long of the exchange.

    Two accounts with plenty of money trade 0.001 BTC at one price in turn: every second order fills.
    """
    for kind, in_flight in product(kinds, in_flights):
        pairs = [
            (measure(kind, "noop", in_flight, seconds), measure(kind, "place", in_flight, seconds))
            for _ in range(rounds)
        ]
        noop, place = (median_of(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(placed.calls_per_s / nothing.calls_per_s for nothing, placed in pairs)
        yield Comparison(kind, in_flight, noop, place, ratio)


def median_of(rounds: Iterable[Measured]) -> Measured:
    """Of each figure by itself."""
    rates, calls, us = zip(*rounds, strict=True)
    return Measured(statistics.median(rates), statistics.median_low(calls), statistics.median(us))


def print_comparisons(comparisons: Iterable[Comparison], seconds: float, rounds: int) -> None:
    table = Table(title=f"Unary calls, median of {rounds} x {seconds} s", title_justify="left")
    for name in ("server", "in flight", "no-op calls/s", "placeOrder calls/s", "ratio"):
        table.add_column(name, justify="left" if name == "server" else "right")
    table.add_column("no-op CPU us", justify="right")
    table.add_column("placeOrder CPU us", justify="right")
    for kind, in_flight, noop, place, ratio in comparisons:
        rates = f"{noop.calls_per_s:,.0f}", f"{place.calls_per_s:,.0f}", f"{ratio:.2f}"
        cpu = f"{noop.server_us_per_call:,.0f}", f"{place.server_us_per_call:,.0f}"
        table.add_row(kind, str(in_flight), *rates, *cpu)
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--client", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        run_server(*arguments.serve)
    elif arguments.client:
        address, in_flight, seconds = arguments.client
        run_client(address, int(in_flight), float(seconds))
    else:
        kinds = arguments.kinds.split(",")
        comparisons = compare(kinds, IN_FLIGHT, arguments.seconds, arguments.rounds)
        print_comparisons(comparisons, arguments.seconds, arguments.rounds)


if __name__ == "__main__":
    main()
