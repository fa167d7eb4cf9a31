"""A gRPC proxy that loses replies. It knows no message: bytes in, bytes out."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from grpc import StatusCode

from tests.kills.calls import NOT_A_VERDICT

SILENT_SHARE = 0.05
"""Of the lost replies: nothing comes at all, until the client's deadline. The others are UNAVAILABLE."""


class LossyProxy(grpc.GenericRpcHandler):
    """Forwards each request once, and loses `loss` of the replies that come back.

    on_answer : is called when the server has answered, before the client knows
    """

    def __init__(self, rng: random.Random, loss: float, on_answer: Callable[[], None]) -> None:
        self.address = ""
        self.answered = 0
        self.lost = 0
        self._rng = rng
        self._loss = loss
        self._on_answer = on_answer
        self._upstream: grpc.aio.Channel | None = None
        self._server = grpc.aio.server(handlers=[self])

    async def start(self) -> None:
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        await self._server.start()

    async def connect(self, address: str) -> None:
        """To the server that requests go to from now on."""
        before, self._upstream = self._upstream, grpc.aio.insecure_channel(address)
        if before is not None:
            await before.close()

    async def close(self) -> None:
        await self._server.stop(None)
        if self._upstream is not None:
            await self._upstream.close()

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """What gRPC asks for at each call."""
        return grpc.unary_unary_rpc_method_handler(self._forward_to(details.method))

    def _forward_to(self, path: str) -> Callable[[bytes, Any], Awaitable[bytes]]:
        async def forward(request: bytes, context: Any) -> bytes:
            assert self._upstream is not None
            method: Any = self._upstream.unary_unary(path)
            refusal: grpc.aio.AioRpcError | None = None
            reply = b""
            try:
                reply = await method(request, timeout=context.time_remaining())
            except grpc.aio.AioRpcError as error:
                refusal = error
            if refusal is None or refusal.code() not in NOT_A_VERDICT:
                await self._perhaps_lose(context)
            if refusal is not None:
                trailing = tuple(refusal.trailing_metadata() or ())
                await context.abort(refusal.code(), refusal.details() or "", trailing)
            return reply

        return forward

    async def _perhaps_lose(self, context: Any) -> None:
        self.answered += 1
        self._on_answer()
        if self._rng.random() < self._loss:
            self.lost += 1
            if self._rng.random() < SILENT_SHARE:
                await asyncio.sleep(context.time_remaining() or 0)
            await context.abort(StatusCode.UNAVAILABLE, "the reply was lost")
