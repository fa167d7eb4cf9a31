"""lightning.v1.OrderEntry: streams of command batches."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from lightning.engine.durable_gate import Outcome
from lightning.pb.v1 import order_entry_pb2 as pb
from lightning.pb.v1.order_entry_pb2_grpc import OrderEntryServicer
from lightning.server.convert.batches import BadBatch, answers, read_batch, refused
from lightning.server.errors import Unavailable
from lightning.server.gateway import Gateway
from lightning.server.interceptors import Context

SESSION_ROWS_MAX = 131_072
"""Commands of one session that wait for their answers, or whose answers wait to be read."""
ROWS_MAX = 262_144
"""Commands of all sessions that are handed to the engine and not answered by it."""


class Room:
    """How many rows may still be handed on; first come, first served."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._left = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, rows: int) -> int:
        """Wait for room; what to give back. More than all there is waits for all."""
        rows = min(rows, self._size)
        if self._waiting or rows > self._left:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((rows, turn))
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.give(rows)
                self._let_in()
                raise
        else:
            self._left -= rows
        return rows

    def give(self, rows: int) -> None:
        self._left += rows
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting:
            rows, turn = self._waiting[0]
            if not turn.cancelled():
                if rows > self._left:
                    return
                self._left -= rows
                turn.set_result(None)
            self._waiting.popleft()


class OrderEntry(OrderEntryServicer):
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._room = Room(ROWS_MAX)
        self._sessions: set[_Session] = set()
        self._draining = False

    def drain(self) -> None:
        """The server is about to stop: read nothing more, answer what was read."""
        self._draining = True
        for session in self._sessions:
            session.end()

    async def Session(
        self, batches: AsyncIterator[pb.CommandBatch], context: Context
    ) -> AsyncGenerator[bytes, None]:
        session = _Session(self._gateway, self._room, batches)
        self._sessions.add(session)
        try:
            if self._draining:
                session.end()
            async with aclosing(session.answers()) as encoded:
                async for answer in encoded:
                    yield answer
        finally:
            session.end()
            self._sessions.discard(session)


class _Answer:
    """What will be told of one batch."""

    def __init__(self, batch: pb.CommandBatch, rows: int, done: "asyncio.Future[Outcome] | BadBatch") -> None:
        self.batch_id = batch.batch_id
        self.as_columns = batch.HasField("columns")
        self.rows = rows
        self.done = done


class _Session:
    """Reads batches and hands them on while the answers to earlier ones are awaited and written."""

    def __init__(self, gateway: Gateway, room: Room, batches: AsyncIterator[pb.CommandBatch]) -> None:
        self._gateway = gateway
        self._room = room
        self._own_room = Room(SESSION_ROWS_MAX)
        self._batches = batches
        self._answers: asyncio.Queue[_Answer | BaseException | None] = asyncio.Queue()
        self._reading = asyncio.get_running_loop().create_task(self._read())

    def end(self) -> None:
        """Read nothing more; what was read is done and answered."""
        self._reading.cancel()

    async def answers(self) -> AsyncGenerator[bytes, None]:
        """Of one batch after the other, each when it is durable; last it raises what ended the reading."""
        while (answer := await self._answers.get()) is not None:
            if isinstance(answer, BaseException):
                raise answer
            if isinstance(answer.done, BadBatch):
                yield refused(answer.batch_id, answer.done)
            else:
                outcome = await answer.done
                for encoded in answers(answer.batch_id, outcome.time_ns, outcome.value, answer.as_columns):
                    yield encoded
            self._own_room.give(answer.rows)

    async def _read(self) -> None:
        end: BaseException | None = None
        try:
            async for batch in self._batches:
                await self._take(batch)
        except asyncio.CancelledError:
            end = Unavailable("The server is stopping: batches that were not answered were not done")
        except Exception as error:
            end = error
        self._answers.put_nowait(end)

    async def _take(self, batch: pb.CommandBatch) -> None:
        try:
            rows = read_batch(batch)
        except BadBatch as error:
            taken = await self._own_room.take(1)
            self._answers.put_nowait(_Answer(batch, taken, error))
            return
        taken = await self._own_room.take(max(len(rows), 1))
        shared = await self._room.take(len(rows))
        done = self._gateway.submit_rows(rows)
        done.add_done_callback(lambda _: self._room.give(shared))
        self._answers.put_nowait(_Answer(batch, taken, done))
