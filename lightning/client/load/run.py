"""Runs a load against a server and measures what comes back."""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import grpc
import uvloop

from lightning.client.load.market import Market, MarketError, make_market
from lightning.client.load.pace import ClosedLoop, OpenLoop, Pace
from lightning.client.load.phases import Phase, Phases, Stream
from lightning.client.load.process import cpu_seconds, memory_peak_bytes
from lightning.client.load.requests import LEVELS
from lightning.client.load.result import PhaseResult, Settings, StreamResult
from lightning.client.load.work import keep_sending

LOOK_S = 0.25
"""From one look at how far it is to the next."""
DRAIN_S_MAX = 60.0
"""How long is waited for answers when the time is over."""
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.use_local_subchannel_pool", 1),  # a connection of each channel's own
]


class Load(NamedTuple):
    phases: list[PhaseResult]
    setup_commands: int
    interrupted: bool


OnProgress = Callable[[str, float, float], None]
"""Is told what is being done and how far, the seconds that passed, and the seconds of all phases."""


def run_load(address: str, settings: Settings, server_pid: int | None, on_progress: OnProgress) -> Load:
    """Until the time is over, or SIGINT, SIGTERM or SIGHUP comes. Raises MarketError."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(_Runner(address, settings, server_pid, on_progress).run())
        except grpc.aio.AioRpcError as error:
            raise MarketError(f"{address} answered {error.code().name}: {error.details()}") from error


class _Runner:
    def __init__(
        self, address: str, settings: Settings, server_pid: int | None, on_progress: OnProgress
    ) -> None:
        self._address = address
        self._settings = settings
        self._server_pid = server_pid
        self._on_progress = on_progress
        self._stopped = asyncio.Event()

    async def run(self) -> Load:
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._stopped.set)
        try:
            async with AsyncExitStack() as stack:
                channels = [
                    await stack.enter_async_context(
                        grpc.aio.insecure_channel(self._address, options=CHANNEL_OPTIONS)
                    )
                    for _ in range(self._settings.connections)
                ]
                self._on_progress("paying money in", 0, self._settings.seconds)
                market = await make_market(channels[0], self._settings.accounts, LEVELS)
                return await self._run_phases(market, channels)
        finally:
            for number in STOP_SIGNALS:
                loop.remove_signal_handler(number)

    async def _run_phases(self, market: Market, channels: list[grpc.aio.Channel]) -> Load:
        phases = Phases(self._settings, market, channels)
        results: list[PhaseResult] = []
        for name in phases.names():
            if not self._stopped.is_set():
                results.append(await self._run_phase(phases.make(name)))
        return Load(results, market.commands, self._stopped.is_set())

    async def _run_phase(self, phase: Phase) -> PhaseResult:
        own_cpu, server_cpu = time.process_time(), self._server_cpu()
        begin = time.perf_counter()
        running = [_RunningStream(stream) for stream in phase.streams]
        everything = asyncio.gather(*(one.sending for one in running))
        await self._watch(phase.name, running, everything, begin)
        for one in running:
            one.pace.stop()
        await asyncio.wait([everything], timeout=DRAIN_S_MAX)
        seconds = time.perf_counter() - begin
        if everything.done():
            everything.result()  # raises what should not have happened
        for one in running:
            await one.close()
        pid = self._server_pid
        return PhaseResult(
            name=phase.name,
            seconds=seconds,
            client_cpu_seconds=time.process_time() - own_cpu,
            server_cpu_seconds=None if server_cpu is None else (self._server_cpu() or 0) - server_cpu,
            server_memory_peak_bytes=None if pid is None else memory_peak_bytes(pid),
            streams=[one.result(seconds) for one in running],
        )

    async def _watch(
        self,
        name: str,
        running: "list[_RunningStream]",
        everything: "asyncio.Future[list[list[None]]]",
        begin: float,
    ) -> None:
        """Return when the time is over, or nothing more can be sent, or it was stopped."""
        stopped = asyncio.get_running_loop().create_task(self._stopped.wait())
        answered, seen = 0, begin
        waited: list[asyncio.Future[Any]] = [stopped, everything]
        while not any(one.done() for one in waited):
            left = begin + self._settings.seconds - time.perf_counter()
            if left <= 0:
                break
            await asyncio.wait(waited, timeout=min(LOOK_S, left), return_when=asyncio.FIRST_COMPLETED)
            now, count = time.perf_counter(), running[0].stream.tally.answered
            rate = (count - answered) / (now - seen)
            answered, seen = count, now
            self._on_progress(
                f"{name}: {rate:,.0f} {running[0].stream.unit}/s", now - begin, self._settings.seconds
            )
        stopped.cancel()

    def _server_cpu(self) -> float | None:
        return None if self._server_pid is None else cpu_seconds(self._server_pid)


class _RunningStream:
    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._begin = time.perf_counter()
        per_s = stream.turns_per_s
        self.pace: Pace = ClosedLoop() if per_s is None else OpenLoop(per_s)
        keepers = (keep_sending(work, self.pace, stream.in_flight, stream.latencies) for work in stream.works)
        self.sending = asyncio.gather(*keepers)

    async def close(self) -> None:
        self.sending.cancel()
        for work in self.stream.works:
            await work.close()

    def result(self, seconds: float) -> StreamResult:
        stream, tally, size = self.stream, self.stream.tally, self.stream.works[0].size
        return StreamResult(
            name=stream.name,
            unit=stream.unit,
            turn_size=size,
            in_flight=stream.in_flight,
            rate=None if stream.turns_per_s is None else stream.turns_per_s * size,
            seconds=seconds,
            sent=tally.sent,
            answered=tally.answered,
            per_s=tally.answered / seconds,
            shed=tally.shed,
            failed=tally.failed,
            unanswered=tally.unanswered,
            late=tally.late,
            never_sent=self.pace.missed * size,
            replayed=tally.replayed,
            trades=tally.trades,
            verdicts=tally.verdicts,
            refused=tally.refused,
            errors=dict(tally.errors),
            latency_us=stream.latencies.microseconds(),
        )
