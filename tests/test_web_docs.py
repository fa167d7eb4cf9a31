"""`docs/http.md` says what is so, and the page names the file that it loads by its hash."""

import base64
import hashlib
import json
import re
import shlex
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import ClientConnection, connect

from lightning.server.streams import Streams
from lightning.server.web import stream
from lightning.server.web.app import STATIC, chart_library
from lightning.server.web.rest import RESOURCES
from tests.conftest import StartServer
from tests.web import Web, start_web

DOCS = (Path(__file__).resolve().parent.parent / "docs" / "http.md").read_text(encoding="utf-8")
PATIENCE_S = 20


@pytest.fixture
def web(start_server: StartServer) -> Web:
    found = start_web(start_server)
    found.server.deposit(1, 2, "100000")
    return found


def shell_commands() -> list[list[str]]:
    (block,) = re.findall(r"^```sh\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for line in block.splitlines()]


def test_every_path_is_listed_with_what_it_answers() -> None:
    listed = re.findall(r"^\| `(\w+) (/v1/\S+)` \| `(\w+)` \| `(\w+)\.(\w+)` \|$", DOCS, re.MULTILINE)
    assert listed == [
        (
            one.verb,
            one.path,
            one.method.output_type.name,
            one.method.containing_service.name,
            one.method.name,
        )
        for one in RESOURCES
    ]


def test_every_channel_is_listed_with_its_fields() -> None:
    listed = re.findall(r"^\| `(\w+)` \| (`.*?`.*?) \| `(\w+)` \|", DOCS, re.MULTILINE)
    channels = stream.channels_of(cast(Streams, _AnyStream()))
    assert {name: sorted(re.findall(r"`(\w+)`", fields)) for name, fields, _ in listed} == {
        name: sorted(field.name for field in channel.request.DESCRIPTOR.fields)
        for name, channel in channels.items()
    }


class _AnyStream:
    def __getattr__(self, name: str) -> Any:
        return None


def test_the_limits_are_those_of_the_code() -> None:
    assert f"up to {stream.SUBSCRIPTIONS_MAX}" in DOCS
    assert f"for {stream.HEARTBEAT_S:g} seconds" in DOCS
    assert f"for {stream.WRITE_S_MAX:g} seconds is disconnected" in DOCS


def test_the_calls_of_the_page_are_answered(web: Web) -> None:
    for words in shell_commands():
        assert words[0] == "curl"
        target = urlsplit("//" + words[-1])
        assert target.netloc == "localhost:8080"
        verb = "DELETE" if "-X" in words else "POST" if "-d" in words else "GET"
        body = words[words.index("-d") + 1].encode() if "-d" in words else None
        path = target.path + (f"?{target.query}" if target.query else "")
        answer = web.ask(verb, path, body)
        assert answer.code == 200, answer.text


def test_the_refusal_shown_is_the_one_that_comes(web: Web) -> None:
    shown = re.findall(r"^```json\n(\{\n.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)
    answer = web.ask("GET", "/v1/symbols/1/book?levels=many")
    assert answer.json == json.loads(shown[0])


def hear(socket: ClientConnection) -> Any:
    return json.loads(socket.recv(PATIENCE_S))


def test_the_session_shown_is_walked_through_by_another_client(web: Web) -> None:
    (block,) = re.findall(r'^```json\n(\{"op": "subscribe".*?)^```$', DOCS, re.MULTILINE | re.DOTALL)
    asked, answered = block.splitlines()
    with connect(f"ws://{web.host}:{web.port}/v1/stream", compression=None) as socket:
        socket.send(asked)
        assert hear(socket) == json.loads(answered)
        first = hear(socket)
        assert (first["channel"], first["symbol_id"], first["message"]["snapshot"]) == ("book", 1, True)
        for sent, expected in re.findall(
            r'^\| `(\{"op": "(?:unsubscribe|ping).*?\})` \| `(.*?)` \|$', DOCS, re.MULTILINE
        ):
            socket.send(sent)
            assert hear(socket) == json.loads(expected)
        socket.send('{"op": "subscribe", "id": 4, "channel": "book", "symbol_id": 77}')
        refused = hear(socket)
        (shown,) = re.findall(r'`(\{"op": "error".*?\})`', DOCS)
        assert {name: refused[name] for name in json.loads(shown)} == json.loads(shown)


def test_the_trade_shown_has_the_form_of_one_that_comes(web: Web) -> None:
    (shown,) = re.findall(r'^(\{"channel": "trades".*)$', DOCS, re.MULTILINE)
    web.server.deposit(2, 1, "1")
    order = {"symbol_id": 1, "type": "ORDER_TYPE_LIMIT", "price": "50000", "quantity": "0.04"}
    with connect(f"ws://{web.host}:{web.port}/v1/stream", compression=None) as socket:
        socket.send('{"op": "subscribe", "channel": "trades", "symbol_id": 1}')
        assert hear(socket)["op"] == "subscribed"
        for account, side in (("1", "SIDE_BUY"), ("2", "SIDE_SELL")):
            web.ask("POST", "/v1/orders", {**order, "account_id": account, "side": side})
        told = hear(socket)
    assert forms(told) == forms(json.loads(shown))


def forms(value: Any) -> Any:
    """Names and types without the values."""
    if isinstance(value, dict):
        return {name: forms(one) for name, one in value.items()}
    return [forms(one) for one in value] if isinstance(value, list) else type(value)


def test_the_page_names_the_chart_library_by_its_hash() -> None:
    digest = hashlib.sha384(chart_library().read_bytes()).digest()
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert f'integrity="sha384-{base64.b64encode(digest).decode()}"' in page


def test_the_page_loads_nothing_from_elsewhere() -> None:
    for path in STATIC.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://(?!\$)|//\w+\.\w+/|@import", text), path.name


def test_files_of_the_page_are_small_and_all_are_used() -> None:
    sources = {path.name: path.read_text(encoding="utf-8") for path in STATIC.iterdir()}
    everything = "\n".join(sources.values())
    for name, text in sources.items():
        assert len(text.splitlines()) <= 450, name
        assert name == "index.html" or f"/{name}" in everything, name
