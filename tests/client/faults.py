"""What stands between a client and its server, and fails by plan."""

import asyncio
import random
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from enum import Enum
from typing import Any

import grpc
from grpc import StatusCode

from tests.kills.proxy import LossyProxy

PATIENCE_S = 60.0


class Fault(Enum):
    BEFORE = "the request is lost"
    AFTER = "it is done, and the reply is lost"
    SILENT = "it is done, and nothing comes until the client's deadline"


class PlannedProxy(LossyProxy):
    """Fails the next calls by plan, one after the other; forwards all others."""

    def __init__(self) -> None:
        super().__init__(random.Random(0), 0.0, lambda: None)
        self.plan: deque[Fault] = deque()
        self.calls: Counter[str] = Counter()
        """That came, by method."""

    @classmethod
    @asynccontextmanager
    async def to(cls, address: str) -> AsyncIterator["PlannedProxy"]:
        proxy = cls()
        await proxy.start()
        await proxy.connect(address)
        try:
            yield proxy
        finally:
            await proxy.close()

    def _forward_to(self, path: str) -> Callable[[bytes, Any], Awaitable[bytes]]:
        forward = super()._forward_to(path)

        async def fail_or_forward(request: bytes, context: Any) -> bytes:
            self.calls[path.rpartition("/")[2]] += 1
            if not self.plan:
                return await forward(request, context)
            fault = self.plan.popleft()
            if fault != Fault.BEFORE:
                assert self._upstream is not None
                method: Any = self._upstream.unary_unary(path)
                with suppress(grpc.aio.AioRpcError):  # a refusal is lost, too
                    await method(request, timeout=PATIENCE_S)
            if fault == Fault.SILENT:
                await asyncio.sleep(context.time_remaining() + 1)
            await context.abort(StatusCode.UNAVAILABLE, "lost by plan")
            raise AssertionError("abort raises")

        return fail_or_forward


class Relay:
    """Passes bytes on, at one address, to wherever the server is by now."""

    def __init__(self) -> None:
        self.target = ""
        self.address = ""
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @classmethod
    @asynccontextmanager
    async def to(cls, target: str) -> AsyncIterator["Relay"]:
        relay = cls()
        relay.target = target
        relay._server = await asyncio.start_server(relay._serve, "127.0.0.1", 0)
        relay.address = f"127.0.0.1:{relay._server.sockets[0].getsockname()[1]}"
        try:
            yield relay
        finally:
            relay._server.close()
            relay.cut()
            await asyncio.gather(*relay._serving)

    def cut(self) -> None:
        """Every connection, in the midst of whatever it carries."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        self._writers.add(writer)
        try:
            host, _, port = self.target.rpartition(":")
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
            self._writers.add(far_writer)
            await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
            self._writers.discard(far_writer)
        except OSError:
            pass  # the server is not there
        finally:
            writer.transport.abort()
            self._writers.discard(writer)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # one of the two ends is gone
    finally:
        writer.transport.abort()
