"""The WebSocket benchmark: every message that is counted is one that was sent. How fast is not looked at."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import websocket
from benchmarks.__main__ import main
from benchmarks.websocket_check import check
from benchmarks.websocket_client import (
    SAMPLED_EVERY,
    Connection,
    Tally,
    connect,
    filled_message,
    subscriptions,
)
from lightning.pb.v1.market_data_pb2 import ListTradesRequest
from lightning.server.web.frames import text_frame
from tests.conftest import Client, StartServer
from tests.web import Web, start_web

HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
SIZES = (24, 125, 126, 300, 65_535, 65_536)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in (("CONNECTIONS", 3), ("SYMBOLS", 2), ("SECONDS", 0.5), ("WARM_UP_S", 0.1)):
        monkeypatch.setattr(websocket, name, number)
    monkeypatch.setattr(websocket, "BATCHES_PER_S", (20, 40))
    monkeypatch.setattr(websocket, "ORDERS", 200)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.usefixtures("small")
def test_the_command_prints_lightning_beside_a_bare_uvicorn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["websocket", "--directory", str(tmp_path), "--rounds", "1"])
    printed = capsys.readouterr().out
    for words in ("40 books a second change", "80 books a second change", "times the messages of"):
        assert words in printed
    for words in (
        "bare uvicorn, pushing",
        "bare uvicorn, echoing",
        "aim: 50,000 messages/s over 3 connections",
    ):
        assert words in printed
    assert "checksums too: holds" in printed
    assert "ended:" not in printed
    assert list(tmp_path.iterdir()) == []


class Wire(asyncio.Transport):
    """Remembers what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 7, 1_000, 10**6])
async def test_frames_are_counted_however_they_arrive(size: int) -> None:
    messages = [filled_message(length) for length in SIZES]
    others = text_frame('{"op":"heartbeat","time_ms":1}') + b"\x89\x02hi"
    stream = HEAD + others.join(map(text_frame, messages))
    tally, kept, wire = Tally(), list[bytes](), Wire()
    connection = Connection("localhost:1", tally, kept=kept)
    connection.connection_made(wire)
    for piece in pieces(stream, size):
        connection.data_received(piece)
    heard = tally.take()
    assert heard.messages == len(messages) and heard.payload_bytes == sum(SIZES)
    assert [text.decode() for text in kept] == messages
    assert wire.written[1:] == [b"\x8a\x82\0\0\0\0hi"] * (len(messages) - 1)
    assert not heard.broken and tally.take().messages == 0


async def test_delays_are_looked_at_now_and_then() -> None:
    tally, message = Tally(), '{"channel":"book","symbol_id":1,"message":{"seq": "4", "time_ns": "1000"}}'
    connection = Connection("localhost:1", tally)
    connection.connection_made(Wire())
    connection.data_received(HEAD + text_frame(message) * SAMPLED_EVERY * 3)
    delays_ns = tally.take().delays_ns
    assert len(delays_ns) == 3 and min(delays_ns) > 10**18


async def test_a_subscription_that_ends_is_told() -> None:
    tally = Tally()
    connection = Connection("localhost:1", tally)
    connection.connection_made(Wire())
    connection.data_received(HEAD + text_frame('{"op":"ended","status":"RESOURCE_EXHAUSTED"}'))
    (reason,) = tally.take().broken
    assert "RESOURCE_EXHAUSTED" in reason


async def trade_and_follow(web: Web, tally: Tally, kept: list[list[bytes]]) -> None:
    """Until everyone has heard of the last trade."""
    connections = [Connection(f"{web.host}:{web.port}", tally, subscriptions(1), texts) for texts in kept]
    await connect(f"{web.host}:{web.port}", connections)
    async with websocket.Trading.on(web.server.address) as trading, trading.at(40):
        await asyncio.sleep(0.5)
    client = Client(web.server.address)
    (last,) = client.market_data.ListTrades(ListTradesRequest(symbol_id=1, limit=1)).trades
    client.channel.close()
    async with asyncio.timeout(20):
        while not all(f'"trade_id": "{last.trade_id}"'.encode() in b"".join(texts) for texts in kept):
            await asyncio.sleep(0.05)


def test_every_message_counted_is_one_that_was_sent(start_server: StartServer) -> None:
    tally, kept = Tally(), [list[bytes](), list[bytes]()]
    asyncio.run(trade_and_follow(start_web(start_server), tally, kept))
    heard = tally.take()
    assert heard.messages == sum(map(len, kept)) and not heard.broken
    assert heard.payload_bytes == sum(len(text) for texts in kept for text in texts)
    for texts in kept:
        checked = check(texts)
        assert (checked.messages, checked.wrong) == (len(texts), [])
        assert checked.snapshots >= 1


def test_a_message_that_is_missing_is_found() -> None:
    def trades(*ids: int) -> bytes:
        listed = ",".join(f'{{"trade_id": "{one}"}}' for one in ids)
        return f'{{"channel":"trades","symbol_id":1,"message":{{"trades": [{listed}]}}}}'.encode()

    def book(seq: int, previous: int, checksum: int = 0) -> bytes:
        fields = f'"seq": "{seq}", "previous_seq": "{previous}", "snapshot": {str(not previous).lower()}'
        return f'{{"channel":"book","symbol_id":1,"message":{{{fields}, "checksum": {checksum}}}}}'.encode()

    assert check([trades(4, 5), trades(6)]).wrong == []
    assert check([trades(4, 5), trades(7)]).wrong == [trades(7).decode()]
    assert check([book(3, 0), book(7, 3)]).wrong == []
    assert check([book(3, 0), book(9, 7)]).wrong == [book(9, 7).decode()]
    assert check([book(3, 0, checksum=1)]).wrong == [book(3, 0, checksum=1).decode()]
