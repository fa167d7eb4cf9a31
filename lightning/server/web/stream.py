"""The WebSocket: subscriptions and their updates as JSON. docs/http.md has it message by message."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any, NamedTuple

from google.protobuf.message import Message
from grpc import StatusCode
from starlette.websockets import WebSocket, WebSocketDisconnect

from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1 import trading_pb2
from lightning.server.errors import REFUSALS, TooSlow, Unavailable, rich_status, status_code
from lightning.server.streams import Streams, Updates
from lightning.server.updates import Update
from lightning.server.web.errors import HttpRefused, bad_field, of_status
from lightning.server.web.frames import FRAMES, text_frame
from lightning.server.web.requests import of_values

log = logging.getLogger(__name__)

HEARTBEAT_S = 5.0
WRITE_S_MAX = 4.0
"""How long a message may wait for a client that does not read."""
WRITTEN_TOGETHER_MAX = 65_536
"""Bytes of one connection that wait to be written; nothing more is read of its subscriptions then."""
SUBSCRIPTIONS_MAX = 200
"""Of one connection."""
READ_TOO_SLOWLY = 1008
STOPPING = 1001


class Channel(NamedTuple):
    request: type[Message]
    stream: Callable[[Any], Updates]
    named_by: tuple[str, ...]
    """What of the request its messages repeat."""


def channels_of(streams: Streams) -> dict[str, Channel]:
    book, orders = pb.SubscribeOrderBookRequest, pb.SubscribeBookOrdersRequest
    trades, tickers, candles = (
        pb.SubscribeTradesRequest,
        pb.SubscribeTickersRequest,
        pb.SubscribeCandlesRequest,
    )
    account = trading_pb2.SubscribeAccountRequest
    return {
        "book": Channel(book, streams.order_book, ("symbol_id",)),
        "book_orders": Channel(orders, streams.book_orders, ("symbol_id",)),
        "trades": Channel(trades, streams.trades, ("symbol_id",)),
        "tickers": Channel(tickers, streams.tickers, ()),
        "candles": Channel(candles, streams.candles, ("symbol_id", "interval")),
        "account": Channel(account, streams.account, ("account_id",)),
    }


class WebStream:
    """What answers `/v1/stream`."""

    def __init__(self, streams: Streams) -> None:
        self._channels = channels_of(streams)

    async def __call__(self, socket: WebSocket) -> None:
        await socket.accept()
        await _Connection(socket, self._channels).run()


class _Connection:
    def __init__(self, socket: WebSocket, channels: Mapping[str, Channel]) -> None:
        self._socket = socket
        self._channels = channels
        self._subscriptions: dict[str, asyncio.Task[None]] = {}
        self._waiting: list[bytes] = []
        """Frames."""
        self._waiting_bytes = 0
        self._to_write, self._written = asyncio.Event(), asyncio.Event()
        self._is_over = False
        self._sent_s = 0.0

    async def run(self) -> None:
        own = [asyncio.create_task(self._beat()), asyncio.create_task(self._write())]
        try:
            while (said := await self._socket.receive())["type"] != "websocket.disconnect":
                await self._obey(said.get("text") or said.get("bytes") or "")
        finally:
            tasks = [*own, *self._subscriptions.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S - min(time.monotonic() - self._sent_s, HEARTBEAT_S - 0.1))
            if time.monotonic() - self._sent_s >= HEARTBEAT_S:
                await self._tell({"op": "heartbeat", "time_ms": time.time_ns() // 1_000_000})

    async def _obey(self, text: str | bytes) -> None:
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            said = None
        answer_to = said.get("id") if isinstance(said, dict) else None
        try:
            if not isinstance(said, dict):
                raise HttpRefused(StatusCode.INVALID_ARGUMENT, "A message must be a JSON object")
            if not isinstance(answer_to, int | str | None):
                answer_to = None
                raise bad_field("id", "must be a number or a string")
            match said.get("op"):
                case "subscribe":
                    self._subscribe(said, answer_to)
                case "unsubscribe":
                    await self._unsubscribe(said, answer_to)
                case "ping":
                    await self._tell({"op": "pong", "id": answer_to})
                case _:
                    raise bad_field("op", "must be subscribe, unsubscribe or ping")
        except HttpRefused as refused:
            await self._tell({"op": "error", "id": answer_to, **_words(refused)})

    def _subscribe(self, said: dict[str, Any], answer_to: object) -> None:
        channel, asked = self._asked(said)
        descriptor: Any = channel.request.DESCRIPTOR
        request = of_values(asked, descriptor)
        name = _name(said["channel"], channel, asked)
        if name in self._subscriptions:
            raise HttpRefused(StatusCode.ALREADY_EXISTS, f"{name}: subscribed already")
        if len(self._subscriptions) >= SUBSCRIPTIONS_MAX:
            message = f"A connection has {SUBSCRIPTIONS_MAX} subscriptions at most"
            raise HttpRefused(StatusCode.RESOURCE_EXHAUSTED, message)
        work = self._follow(name, channel.stream(request), answer_to)
        self._subscriptions[name] = asyncio.create_task(work)

    async def _unsubscribe(self, said: dict[str, Any], answer_to: object) -> None:
        channel, asked = self._asked(said)
        name = _name(said["channel"], channel, asked)
        task = self._subscriptions.pop(name, None)
        if task is None:
            raise HttpRefused(StatusCode.NOT_FOUND, f"{name}: not subscribed")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await self._tell({"op": "unsubscribed", "id": answer_to, **_parsed(name)})

    def _asked(self, said: dict[str, Any]) -> tuple[Channel, dict[str, Any]]:
        name = said.get("channel")
        channel = self._channels.get(name) if isinstance(name, str) else None
        if channel is None:
            raise bad_field("channel", f"must be one of {', '.join(self._channels)}")
        return channel, {key: value for key, value in said.items() if key not in ("op", "id", "channel")}

    async def _follow(self, name: str, updates: Updates, answer_to: object) -> None:
        """Until it ends; `name` is the beginning of every message."""
        is_open = False
        try:
            async with aclosing(updates):
                async for update in updates:
                    if update is None:
                        is_open = True
                        await self._tell({"op": "subscribed", "id": answer_to, **_parsed(name)})
                    else:
                        await self._send(_frame(name, update))
        except Exception as error:
            refused = _refused(error)
            self._subscriptions.pop(name, None)
            if is_open:
                await self._tell({"op": "ended", **_parsed(name), **_words(refused)})
            else:
                await self._tell({"op": "error", "id": answer_to, **_words(refused)})

    async def _tell(self, message: dict[str, Any]) -> None:
        await self._send(text_frame(json.dumps(message, separators=(",", ":"))))

    async def _send(self, frame: bytes) -> None:
        """What all subscriptions have to say in one turn of the event loop is written together."""
        if self._is_over:
            return
        self._waiting.append(frame)
        self._waiting_bytes += len(frame)
        self._to_write.set()
        while self._waiting_bytes > WRITTEN_TOGETHER_MAX and not self._is_over:
            self._written.clear()
            await self._written.wait()

    async def _write(self) -> None:
        """Who reads nothing for too long is cut off."""
        try:
            while await self._to_write.wait():
                frames = b"".join(self._waiting)
                self._waiting, self._waiting_bytes = [], 0
                self._to_write.clear()
                self._written.set()
                self._sent_s = time.monotonic()
                async with asyncio.timeout(WRITE_S_MAX):
                    await self._socket.send({"type": "websocket.send", FRAMES: frames})
        except TimeoutError:
            await self._socket.close(READ_TOO_SLOWLY, f"Nothing was read for {WRITE_S_MAX:g} s")
        except (WebSocketDisconnect, RuntimeError):  # it is closed: `run` hears of it
            pass
        finally:
            self._is_over = True
            self._written.set()


def _frame(name: str, update: Update) -> bytes:
    """Made once for all who are sent it."""
    frame = update.frames.get(name)
    if frame is None:
        frame = update.frames[name] = text_frame(f'{name[:-1]},"message":{update.json}}}')
    return frame


def _name(channel_name: str, channel: Channel, asked: Mapping[str, Any]) -> str:
    """A subscription as its messages name it: the text of a JSON object."""
    named = {"channel": channel_name, **{key: asked[key] for key in channel.named_by if key in asked}}
    return json.dumps(named, separators=(",", ":"))


def _parsed(name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(name)
    return parsed


def _refused(error: Exception) -> HttpRefused:
    match error:
        case HttpRefused():
            return error
        case Unavailable():
            return HttpRefused(StatusCode.UNAVAILABLE, str(error))
        case TooSlow():
            return HttpRefused(StatusCode.RESOURCE_EXHAUSTED, str(error))
    if isinstance(error, REFUSALS):
        return of_status(status_code(error), str(error), rich_status(error).SerializeToString())
    log.error("A subscription failed", exc_info=error)
    return HttpRefused(StatusCode.INTERNAL, "Internal error: subscribe again")


def _words(refused: HttpRefused) -> dict[str, Any]:
    words: dict[str, Any] = {"status": refused.status.name, "message": refused.message}
    if refused.reason:
        words["reason"] = refused.reason
    if refused.violations:
        words["field_violations"] = [
            {"field": one.field, "description": one.description} for one in refused.violations
        ]
    return words
