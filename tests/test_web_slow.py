"""A WebSocket client that reads nothing is cut off, and costs nobody else anything."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

from lightning.config import ServerConfig
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.server.streams import Streams, Updates
from lightning.server.updates import Update
from lightning.server.web import stream
from lightning.server.web.door import HttpDoor

SUBSCRIBE = {"op": "subscribe", "id": 1, "channel": "trades", "symbol_id": 1}
PATIENCE_S = 20


class EndlessTrades:
    """Of a market that never rests."""

    def __init__(self) -> None:
        self._told = Update(pb.SubscribeTradesResponse(trades=[pb.Trade(price="1" * 20_000)]))

    def __getattr__(self, name: str) -> object:
        return None

    async def trades(self, request: pb.SubscribeTradesRequest) -> Updates:
        yield None
        while True:
            await asyncio.sleep(0)
            yield self._told


class Served:
    """An ASGI application that is only the stream."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        """A connection, and all that belonged to it."""
        self._stream = stream.WebStream(cast(Streams, EndlessTrades()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._stream(WebSocket(scope, receive, send))
        finally:
            self.ended.set()


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Served, HttpDoor]]:
    app = Served()
    door = HttpDoor(app, ServerConfig(host="127.0.0.1", http_port=0))
    await door.start()
    try:
        yield app, door
    finally:
        await door.stop()


def small_socket(port: int) -> socket.socket:
    """One that soon has no room for more."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", port))
    made.setblocking(False)
    return made


@pytest.mark.parametrize("asks_meanwhile", [False, True])
async def test_a_client_that_reads_nothing_is_disconnected_while_another_is_served(
    monkeypatch: pytest.MonkeyPatch, asks_meanwhile: bool
) -> None:
    monkeypatch.setattr(stream, "WRITE_S_MAX", 0.3)
    async with served() as (app, door), asyncio.timeout(PATIENCE_S):
        url = f"ws://127.0.0.1:{door.port}/"
        async with connect(url, sock=small_socket(door.port), max_queue=1) as hung, connect(url) as other:
            for client in (hung, other):
                await client.send(json.dumps(SUBSCRIBE))
            if asks_meanwhile:
                await hung.send('{"op": "ping"}')
            heard = 0
            while not app.ended.is_set():
                said: Any = json.loads(await other.recv())
                heard += "message" in said
            assert heard > 100
            assert "message" in json.loads(await other.recv())
            hung.transport.abort()
