"""OrderEntry.Session: blocks of rows, each answered."""

import asyncio
from collections import deque
from functools import cache
from typing import Any, NamedTuple

import grpc
from grpc import StatusCode

from lightning.client.load.flow import Rows
from lightning.client.load.tally import Tally
from lightning.pb.v1 import order_entry_pb2 as pb
from lightning.rows import COMMAND

METHOD = "/lightning.v1.OrderEntry/Session"
CLOSE_S_MAX = 10.0
NO_COMMAND = -1
UNANSWERED = -1


class SessionEnded(Exception):
    """Nothing more can be sent; the tally's errors say why."""


class _Waiting(NamedTuple):
    batch_id: int
    rows: int
    answered: "asyncio.Future[int]"


class Session:
    """One stream; what is sent and answered is counted in `tally`."""

    def __init__(self, channel: grpc.aio.Channel, tally: Tally) -> None:
        self._tally = tally
        self._batch_id = 0
        self._waiting: deque[_Waiting] = deque()
        self._writing = asyncio.Lock()
        self._ended = False
        method: Any = channel.stream_stream(METHOD, response_deserializer=pb.EventBatch.FromString)
        self._call = method()
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def send(self, rows: Rows) -> int:
        """How many of the rows were answered, once they were. The rows may change after the first await.

        Raises SessionEnded.
        """
        if self._ended:
            raise SessionEnded
        self._batch_id += 1
        head = pb.CommandBatch(batch_id=self._batch_id).SerializeToString()
        message = b"".join((head, _rows_head(len(rows)), rows.data))
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(self._batch_id, len(rows), answered))
        self._tally.sent += len(rows)
        async with self._writing:
            try:
                await self._call.write(message)
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
                await self._reading  # which tells why
        count = await answered
        if count == UNANSWERED:
            raise SessionEnded
        return count

    async def close(self) -> None:
        """Send nothing more; what is not answered soon stays unanswered."""
        try:
            async with asyncio.timeout(CLOSE_S_MAX):
                if not self._ended:
                    await self._call.done_writing()
                await self._reading
        except TimeoutError:
            self._tally.add_error(f"a session was not ended by the server within {CLOSE_S_MAX:g} s")
        finally:
            self._call.cancel()

    async def _read(self) -> None:
        last_command, answered = NO_COMMAND, 0
        try:
            async for reply in self._call:
                if not self._waiting or reply.batch_id != self._waiting[0].batch_id:
                    self._tally.add_error(f"batch {reply.batch_id} is answered out of turn")
                    break
                if reply.HasField("error"):
                    self._refuse(reply.error)
                    continue
                last_command, count = self._tally.add_events(reply.rows, last_command)
                answered += count
                if not reply.more:
                    self._waiting.popleft().answered.set_result(answered)
                    last_command, answered = NO_COMMAND, 0
        except grpc.aio.AioRpcError as error:
            self._tally.add_error(f"session: {error.code().name}: {error.details()}")
            if error.code() == StatusCode.RESOURCE_EXHAUSTED:
                self._tally.shed += sum(waiting.rows for waiting in self._waiting)
        finally:
            self._end()

    def _refuse(self, error: pb.BatchError) -> None:
        batch = self._waiting.popleft()
        self._tally.failed += batch.rows
        self._tally.add_error(f"batch refused: {error.message}")
        batch.answered.set_result(0)

    def _end(self) -> None:
        self._ended = True
        while self._waiting:
            self._waiting.popleft().answered.set_result(UNANSWERED)


@cache
def _rows_head(count: int) -> bytes:
    """What stands before the rows in a CommandBatch of so many."""
    size = count * COMMAND.itemsize
    return pb.CommandBatch(rows=bytes(size)).SerializeToString()[:-size]
