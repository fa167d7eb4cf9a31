"""More PlaceOrder calls than a server can answer, each at its time, and how soon it is over afterwards."""

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from itertools import cycle
from typing import Any, NamedTuple

import grpc
import uvloop
from grpc import StatusCode

from lightning.client.load import requests
from lightning.client.load.latency import Latencies
from lightning.client.load.market import make_market
from lightning.client.load.pace import OpenLoop
from lightning.client.load.requests import LEVELS
from lightning.client.load.run import CHANNEL_OPTIONS
from lightning.client.load.tally import Tally

METHOD = "/lightning.v1.Trading/PlaceOrder"
CALL_S_MAX = 30.0
ACCOUNTS = 1_000
PROBES = 300
"""Calls one at a time, before."""
QUICK = 20
"""As quick as before: the median of so many calls one after the other is below the 90th percentile before."""
RECOVERY_S_MAX = 60.0
TICK_S = 0.002


class Overloaded(NamedTuple):
    seconds: float
    due: int
    sent: int
    in_time: int
    """Answered OK while it lasted."""
    ok: int
    refused: int
    """RESOURCE_EXHAUSTED"""
    others: dict[str, int]
    """Any other status: how often."""
    latency_us: dict[str, float]
    """Of what was answered OK, from when it was sent."""
    p50_before_us: float
    drained_s: float
    """From the last call that was sent until all were answered."""
    recovery_s: float | None
    """From then until calls were as quick as before; None: they never were."""
    p50_after_us: float
    """Of the last QUICK calls."""
    probes: int
    """Calls one at a time, before and afterwards. `others` counts theirs, too."""
    probes_ok: int
    probes_refused: int
    setup_commands: int


class Caller:
    """Sends orders, on the channels in turn, and counts what becomes of them."""

    def __init__(self, channels: Sequence[grpc.aio.Channel], orders: Iterator[bytes]) -> None:
        methods: list[Any] = [channel.unary_unary(METHOD) for channel in channels]
        self._methods = cycle(methods)
        self._orders = orders
        self.tally = Tally()
        self.latencies = Latencies()

    async def call(self) -> float | None:
        """Microseconds; None if it was not answered OK."""
        begin = time.perf_counter_ns()
        self.tally.sent += 1
        try:
            answer: bytes = await next(self._methods)(next(self._orders), timeout=CALL_S_MAX)
        except grpc.aio.AioRpcError as error:
            if error.code() == StatusCode.RESOURCE_EXHAUSTED:
                self.tally.shed += 1
            else:
                self.tally.failed += 1
                self.tally.add_error(error.code().name)
            return None
        taken = time.perf_counter_ns() - begin
        self.latencies.record(taken, 1)
        self.tally.add_report(answer)
        return taken / 1_000


async def recovery(probe: Caller, quick_us: float) -> tuple[float | None, float]:
    """Call until the median of QUICK calls is at most `quick_us`.

    Returns when (time.perf_counter) the first of these began, None if that never was, and the last median.
    """
    begin = time.perf_counter()
    recent: list[tuple[float, float]] = []
    median = float("inf")
    while (now := time.perf_counter()) < begin + RECOVERY_S_MAX:
        taken = await probe.call()
        recent = [*recent, (now, float("inf") if taken is None else taken)][-QUICK:]
        median = statistics.median(taken for _, taken in recent)
        if len(recent) == QUICK and median <= quick_us:
            return recent[0][0], median
        await asyncio.sleep(TICK_S)
    return None, median


async def run(address: str, per_s: float, seconds: float, connections: int, in_flight: int) -> Overloaded:
    async with AsyncExitStack() as stack:
        opened = [grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) for _ in range(connections + 1)]
        own, *channels = [await stack.enter_async_context(channel) for channel in opened]
        market = await make_market(own, ACCOUNTS, LEVELS)
        load = Caller(channels, requests.orders(market, market.ids_of(0)))
        probe = Caller([own], requests.orders(market, market.ids_of(1)))
        before = sorted([await probe.call() or float("inf") for _ in range(PROBES)])
        pace = OpenLoop(per_s)

        async def sender() -> None:
            while await pace.turn() is not None:
                await load.call()

        sending = asyncio.gather(*(sender() for _ in range(in_flight)))
        await asyncio.sleep(seconds)
        in_time = load.tally.answered
        pace.stop()
        end = time.perf_counter()
        probing = asyncio.create_task(recovery(probe, before[PROBES * 9 // 10]))
        await sending
        drained = time.perf_counter()
        recovered, p50_after_us = await probing
        return Overloaded(
            seconds=seconds,
            due=load.tally.sent + pace.missed,
            sent=load.tally.sent,
            in_time=in_time,
            ok=load.tally.answered,
            refused=load.tally.shed,
            others=dict(load.tally.errors + probe.tally.errors),
            latency_us=load.latencies.microseconds(),
            p50_before_us=statistics.median(before),
            drained_s=drained - end,
            recovery_s=None if recovered is None else max(recovered - drained, 0.0),
            p50_after_us=p50_after_us,
            probes=probe.tally.sent,
            probes_ok=probe.tally.answered,
            probes_refused=probe.tally.shed,
            setup_commands=market.commands,
        )


def overload_calls(
    address: str, per_s: float, seconds: float, connections: int, in_flight: int
) -> Overloaded:
    """
    per_s : calls that are due; what finds no room among `in_flight` calls is sent late or never
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(address, per_s, seconds, connections, in_flight))
