"""What a load is made of: one kind of request, sent again and again by so many at a time."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import grpc
from grpc import StatusCode

from lightning.client.load.latency import Latencies
from lightning.client.load.pace import Pace
from lightning.client.load.rows import RowBlocks
from lightning.client.load.session import Session, SessionEnded
from lightning.client.load.tally import Tally

LATE_NS = 1_000_000
"""What is sent this much later than it was due is late."""
CALL_TIMEOUT_S = 30.0
FAILED_MAX = 1_000
"""Calls that fail, until nothing more is tried."""


class WorkOver(Exception):
    """There is no use in going on; the tally's errors say why."""


class Work(Protocol):
    size: int
    """How many commands, or books, or calls, one turn sends."""
    tally: Tally

    async def send(self) -> int:
        """Send the next; how many were answered, once they were. Raises WorkOver."""

    async def close(self) -> None:
        """Send nothing more."""


class SessionWork:
    def __init__(self, channel: grpc.aio.Channel, tally: Tally, blocks: RowBlocks) -> None:
        self.size = blocks.size
        self.tally = tally
        self._blocks = blocks
        self._session = Session(channel, tally)

    async def send(self) -> int:
        try:
            return await self._session.send(self._blocks.take())
        except SessionEnded:
            raise WorkOver from None

    async def close(self) -> None:
        await self._session.close()


class CallWork:
    """Unary calls, on the channels in turn.

    requests : serialised, without end
    read : counts an answer's bytes
    """

    def __init__(
        self,
        channels: Sequence[grpc.aio.Channel],
        method: str,
        requests: Iterator[bytes],
        tally: Tally,
        read: Callable[[bytes], None],
        size: int = 1,
    ) -> None:
        self.size = size
        self.tally = tally
        self._requests = requests
        self._read = read
        self._methods: list[Any] = [channel.unary_unary(method) for channel in channels]
        self._calls = 0

    async def send(self) -> int:
        if self.tally.failed >= FAILED_MAX * self.size:
            raise WorkOver
        method = self._methods[self._calls % len(self._methods)]
        self._calls += 1
        self.tally.sent += self.size
        try:
            answer: bytes = await method(next(self._requests), timeout=CALL_TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            if error.code() == StatusCode.RESOURCE_EXHAUSTED:
                self.tally.shed += self.size
            else:
                self.tally.failed += self.size
                self.tally.add_error(f"{error.code().name}: {error.details()}")
            return 0
        self._read(answer)
        return self.size

    async def close(self) -> None:
        """The channels are others' too."""


async def keep_sending(work: Work, pace: Pace, senders: int, latencies: Latencies) -> None:
    """Until the pace stops, and all that was sent is answered."""

    async def sender() -> None:
        while (due := await pace.turn()) is not None:
            if time.perf_counter_ns() - due > LATE_NS:
                work.tally.late += work.size
            try:
                answered = await work.send()
            except WorkOver:
                return
            if answered:
                latencies.record(time.perf_counter_ns() - due, answered)

    await asyncio.gather(*(sender() for _ in range(senders)))
