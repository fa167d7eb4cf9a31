"""A client process of `./run bench websocket`: many connections, read as cheaply as Python can.

Frames are cut out of what arrives and counted; those of one connection are kept, and read in the end.
"""

import argparse
import asyncio
import sys
import time
from base64 import b64encode
from collections.abc import Sequence
from struct import pack
from typing import cast

import msgspec
import uvloop

from benchmarks.process import raise_descriptor_limit
from benchmarks.unary import announce
from benchmarks.websocket_check import check

TEXT, PING = 0x81, 0x89
"""First byte of a frame: a text in one piece, a ping."""
PONG = 0x8A
NO_MASK = bytes(4)
"""Leaves the payload as it is."""
MESSAGE = ord("c")
"""What a message of a channel has behind `{"`; answers and all else begin with "op"."""
SAMPLED_EVERY = 97
"""Of the messages: their delay is looked at."""
TIME = b'"time_ns":'
KEY = b64encode(bytes(16)).decode()
HEAD_MAX = 65_536


class Heard(msgspec.Struct):
    """What came since it was told last."""

    seconds: float
    cpu_s: float
    messages: int
    payload_bytes: int
    delays_ns: list[int]
    """Of a sample: from the time that a message names to its arrival."""
    broken: list[str]
    """Connections and subscriptions that were ended."""


class Tally:
    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.messages = 0
        self.payload_bytes = 0
        self.delays_ns: list[int] = []
        self.broken: list[str] = []
        self._since_s, self._cpu_s = time.perf_counter(), time.process_time()

    def take(self) -> Heard:
        """And begin anew."""
        seconds, cpu_s = time.perf_counter() - self._since_s, time.process_time() - self._cpu_s
        heard = Heard(seconds, cpu_s, self.messages, self.payload_bytes, self.delays_ns, self.broken)
        self._begin()
        return heard


class Connection(asyncio.Protocol):
    """One WebSocket, from its handshake on.

    said : texts that are sent when it is open, each with an `id` that an answer repeats
    kept : gets every message
    echoed : a frame that is sent for every message that comes
    """

    def __init__(
        self,
        address: str,
        tally: Tally,
        said: Sequence[str] = (),
        kept: list[bytes] | None = None,
        echoed: bytes = b"",
    ) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Everything that was said is answered; or ConnectionError."""
        self._address = address
        self._said = said
        self._unanswered = len(said)
        self._tally = tally
        self._kept = kept
        self._echoed = echoed
        self._rest = b""
        self._read = self._read_head

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        head = (
            f"GET /v1/stream HTTP/1.1\r\nHost: {self._address}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self.send(head.encode())

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        self._rest = data[self._read(data) :]

    def connection_lost(self, error: Exception | None) -> None:
        self._break(f"the connection ended: {error or 'closed by the server'}")

    def send(self, frames: bytes) -> None:
        self._transport.write(frames)

    def _read_head(self, data: bytes) -> int:
        """How much of it is read."""
        end = data.find(b"\r\n\r\n") + 4
        if end < 4 and len(data) < HEAD_MAX:
            return 0
        if not data.startswith(b"HTTP/1.1 101 "):
            self._break(f"no WebSocket: {data[:200].decode(errors='replace')}")
            self._transport.abort()
            return len(data)
        self._read = self._read_frames
        for text in self._said:
            self.send(text_frame(text))
        if not self._said:
            self.opened.set_result(None)
        return end + self._read_frames(data[end:])

    def _read_frames(self, data: bytes) -> int:
        """How much of it is read: whole frames."""
        tally, messages = self._tally, 0
        at, size = 0, len(data)
        while size - at >= 2:
            begin, length = at + 2, data[at + 1]
            if length >= 126:
                begin += 2 if length == 126 else 8
                length = int.from_bytes(data[at + 2 : begin])
            end = begin + length
            if begin > size or end > size:
                break
            if data[at] == TEXT and data[begin + 2] == MESSAGE:
                messages += 1
                tally.payload_bytes += length
                if (tally.messages + messages) % SAMPLED_EVERY == 0:
                    self._look_at_delay(data, begin, end)
                if self._kept is not None:
                    self._kept.append(data[begin:end])
            else:
                self._obey(data[at], data[begin:end])
            at = end
        tally.messages += messages
        if self._echoed and messages:
            self.send(self._echoed * messages)
        return at

    def _look_at_delay(self, data: bytes, begin: int, end: int) -> None:
        found = data.find(TIME, begin, end)
        if found >= 0:
            told = data[found + len(TIME) : end].lstrip(b' "').partition(b'"')[0]
            self._tally.delays_ns.append(time.time_ns() - int(told))

    def _obey(self, kind: int, payload: bytes) -> None:
        said = msgspec.json.decode(payload, type=Said) if kind == TEXT else None
        if kind == PING:
            self.send(bytes((PONG, 0x80 | len(payload))) + NO_MASK + payload)
        elif said is not None and said.op == "subscribed":
            self._unanswered -= 1
            if not self._unanswered:
                self.opened.set_result(None)
        elif said is None or said.op != "heartbeat":
            self._break(payload.decode(errors="replace"))

    def _break(self, reason: str) -> None:
        if self.opened.done():
            self._tally.broken.append(reason)
        else:
            self.opened.set_exception(ConnectionError(reason))


class Said(msgspec.Struct):
    op: str


def text_frame(text: str) -> bytes:
    """Of a client; text : below 65,536 bytes"""
    payload = text.encode()
    size = len(payload)
    head = pack("!BB", TEXT, 0x80 | size) if size < 126 else pack("!BBH", TEXT, 0xFE, size)
    return head + NO_MASK + payload


def filled_message(size: int) -> str:
    """One of so many bytes that says nothing."""
    return '{"channel":"'.ljust(size - 2, "x") + '"}'


def subscriptions(symbols: int) -> list[str]:
    """To the books and the trades of the symbols 1, 2, ..."""
    asked = [(channel, symbol) for symbol in range(1, symbols + 1) for channel in ("book", "trades")]
    return [
        f'{{"op": "subscribe", "id": {number}, "channel": "{channel}", "symbol_id": {symbol}}}'
        for number, (channel, symbol) in enumerate(asked, 1)
    ]


async def connect(address: str, connections: Sequence[Connection]) -> None:
    """Until all are open. Raises ConnectionError."""
    host, _, port = address.rpartition(":")
    loop = asyncio.get_running_loop()
    for connection in connections:
        await loop.create_connection(lambda made=connection: made, host, int(port))  # type: ignore[misc]
    await asyncio.gather(*(connection.opened for connection in connections))


class Settings(msgspec.Struct, frozen=True):
    """Of a client process. With symbols it follows a market, else what is pushed or echoed."""

    address: str
    connections: int
    symbols: int = 0
    echoed_bytes: int = 0
    in_flight: int = 0
    """Messages under way, on each connection, that are echoed."""


async def hold(settings: Settings) -> None:
    """Print a line once all are open, `Heard` for each line of the standard input, `Checked` at its end."""
    tally = Tally()
    kept: list[bytes] | None = [] if settings.symbols else None
    frame = text_frame(filled_message(settings.echoed_bytes)) if settings.in_flight else b""
    said = subscriptions(settings.symbols)
    connections = [
        Connection(settings.address, tally, said, kept if number == 0 else None, frame)
        for number in range(settings.connections)
    ]
    await connect(settings.address, connections)
    for connection in connections:
        connection.send(frame * settings.in_flight)
    announce("open")
    while await asyncio.to_thread(sys.stdin.readline):
        announce(msgspec.json.encode(tally.take()).decode())
    announce(msgspec.json.encode(check(kept or ())).decode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("settings", help="JSON")
    settings = msgspec.json.decode(parser.parse_args().settings, type=Settings)
    raise_descriptor_limit()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(hold(settings))


if __name__ == "__main__":
    main()
