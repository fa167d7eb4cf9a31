"""OrderEntry.Session: batches of COMMAND rows on one stream, each answered by EVENT rows."""

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import grpc
import numpy as np
from grpc import StatusCode
from grpc.aio import AioRpcError

from lightning.client.errors import CUT_OFF
from lightning.pb.v1 import order_entry_pb2 as pb
from lightning.rows import COMMAND

METHOD = "/lightning.v1.OrderEntry/Session"
CLOSE_S_MAX = 10.0
HIDDEN = "Internal error from Core"
"""What grpc.aio says in place of a status that it has lost."""
Rows = np.ndarray[tuple[int], np.dtype[np.void]]


class SessionEnded(Exception):
    """Nothing more can be sent, and batches that are not answered may have been done or not.

    status : what the server said; None: it ended the stream, or what it sent cannot be understood
    """

    def __init__(self, message: str, status: AioRpcError | None = None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_cut_off(self) -> bool:
        """May another session go on? A write into a stream that has just ended hides why it did
        (grpc/grpc#36066).
        """
        if self.status is None:
            return False
        hidden = self.status.code() == StatusCode.INTERNAL and self.status.details() == HIDDEN
        return hidden or self.status.code() in CUT_OFF


class BatchRefused(Exception):
    """The batch cannot be read; nothing of it was done."""


class _Waiting(NamedTuple):
    batch_id: int
    parts: list[bytes]
    answered: "asyncio.Future[list[bytes]]"


class Session:
    """One stream, which begins at once."""

    def __init__(self, channel: grpc.aio.Channel, metadata: Sequence[tuple[str, str]] = ()) -> None:
        self._batch_id = 0
        self._waiting: deque[_Waiting] = deque()
        self._writing = asyncio.Lock()
        self._end: SessionEnded | None = None
        method: Any = channel.stream_stream(METHOD, response_deserializer=pb.EventBatch.FromString)
        self._call = method(metadata=metadata)
        self._reading = asyncio.get_running_loop().create_task(self._read())

    @property
    def is_over(self) -> bool:
        """Nothing more can be sent."""
        return self._end is not None

    async def send(self, rows: Rows) -> list[bytes]:
        """What a batch did, as blocks of EVENT rows, once it is answered. The rows may change after the first
        await; batches are sent in the order of the calls. Raises SessionEnded, BatchRefused.
        """
        if self._end is not None:
            raise self._end
        self._batch_id += 1
        head = pb.CommandBatch(batch_id=self._batch_id).SerializeToString()
        message = b"".join((head, _rows_head(len(rows)), rows.data))
        answered: asyncio.Future[list[bytes]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(self._batch_id, [], answered))
        async with self._writing:
            try:
                await self._call.write(message)
            except (AioRpcError, asyncio.InvalidStateError):
                await self._reading  # which tells why
        return await answered

    async def close(self) -> None:
        """Send nothing more. Raises SessionEnded where the server did not end it well, or not soon."""
        try:
            async with asyncio.timeout(CLOSE_S_MAX):
                if not self._reading.done():
                    await self._call.done_writing()
                await self._reading
        except TimeoutError:
            raise SessionEnded(f"a session was not ended by the server within {CLOSE_S_MAX:g} s") from None
        finally:
            self.cancel()
        if self._end is not None and self._end.status is not None:
            raise self._end

    def cancel(self) -> None:
        """End it now, whatever is under way."""
        self._call.cancel()

    async def _read(self) -> None:
        end = SessionEnded("the session is over")
        try:
            async for reply in self._call:
                if not self._waiting or reply.batch_id != self._waiting[0].batch_id:
                    end = SessionEnded(f"batch {reply.batch_id} is answered out of turn")
                    break
                self._take(reply)
        except AioRpcError as status:
            end = SessionEnded(f"session: {status.code().name}: {status.details()}", status)
        finally:
            self._end = end
            while self._waiting:
                answered = self._waiting.popleft().answered
                if not answered.done():
                    answered.set_exception(end)
                    answered.exception()  # whoever waited may have gone

    def _take(self, reply: pb.EventBatch) -> None:
        batch = self._waiting[0]
        batch.parts.append(reply.rows)
        if reply.more:
            return
        self._waiting.popleft()
        if batch.answered.done():  # whoever waited has gone
            return
        if reply.HasField("error"):
            batch.answered.set_exception(BatchRefused(reply.error.message))
        else:
            batch.answered.set_result(batch.parts)


@cache
def _rows_head(count: int) -> bytes:
    """What stands before the rows in a CommandBatch of so many."""
    size = count * COMMAND.itemsize
    return pb.CommandBatch(rows=bytes(size)).SerializeToString()[:-size]
