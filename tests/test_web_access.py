"""Who is served over HTTP, what a page of another site can do, and the port itself."""

import asyncio
import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from lightning.config import ServerConfig, load_config
from lightning.server.app import CannotListen, Server
from lightning.server.interceptors import PROTECTED_MODE
from lightning.server.web.access import HttpAccess, peer_of
from lightning.server.web.app import STATIC, chart_library
from tests.conftest import StartServer
from tests.test_cli import serving
from tests.test_server_lifecycle import own_address
from tests.web import HTTP, Door, Web, start_web

ORDER = {
    "account_id": "1",
    "symbol_id": 1,
    "side": "SIDE_BUY",
    "type": "ORDER_TYPE_LIMIT",
    "price": "1.0",
    "quantity": "1",
}


@pytest.fixture
def web(start_server: StartServer) -> Web:
    found = start_web(start_server)
    found.server.deposit(1, 2, "100")
    return found


def open_orders(web: Web) -> int:
    return len(web.get("/v1/accounts/1/orders?open_only=true")["orders"])


@pytest.mark.parametrize(
    "host", ["localhost:{port}", "127.0.0.1:{port}", "127.9.9.9", "[::1]:{port}", "LOCALHOST"]
)
def test_loopback_names_are_served(web: Web, host: str) -> None:
    assert web.ask("GET", "/v1/status", headers={"Host": host.format(port=web.port)}).code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "localhost.evil.example", "10.0.0.7", "", "[", "127.0.0.1@evil"],
)
def test_a_name_that_points_here_is_refused(web: Web, host: str) -> None:
    for verb, path in (("GET", "/"), ("GET", "/v1/status"), ("POST", "/v1/orders")):
        answer = web.ask(verb, path, headers={"Host": host.format(port=web.port)})
        assert (answer.code, answer.json["status"]) == (403, "PERMISSION_DENIED")
        assert "--allow-remote" in answer.json["message"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "http://127.0.0.1",
        "http://localhost:{port}",
        "http://[",
        "file://",
    ],
)
def test_a_page_of_another_site_can_not_trade(web: Web, origin: str) -> None:
    headers = {"Origin": origin.format(port=web.port)}
    for verb, path in (("POST", "/v1/orders"), ("DELETE", "/v1/accounts/1/orders/2?symbol_id=1")):
        answer = web.ask(verb, path, ORDER if verb == "POST" else None, headers)
        assert (answer.code, answer.json["status"]) == (403, "PERMISSION_DENIED")
    assert open_orders(web) == 0


def test_the_own_page_can(web: Web) -> None:
    headers = {"Origin": f"http://127.0.0.1:{web.port}"}
    assert web.ask("POST", "/v1/orders", ORDER, headers).code == 200
    assert open_orders(web) == 1


def test_no_other_site_may_read(web: Web) -> None:
    answer = web.ask("GET", "/v1/symbols", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    preflight = web.ask("OPTIONS", "/v1/orders", headers={"Origin": "https://evil.example"})
    assert preflight.code == 405


@pytest.mark.parametrize("allow_remote", [False, True])
def test_a_peer_from_elsewhere_is_refused(start_server: StartServer, allow_remote: bool) -> None:
    address = own_address()
    if address is None:  # this host has only its loopback: the peers below stand for it
        return
    web = start_web(start_server, {"host": address, "allow_remote": allow_remote})
    for path in ("/", "/v1/status"):
        answer = web.ask("GET", path)
        if allow_remote:
            assert answer.code == 200
        else:
            assert (answer.code, answer.json["message"]) == (403, PROTECTED_MODE)


async def accepting(scope: Scope, receive: Receive, send: Send) -> None:
    await WebSocket(scope, receive, send).accept()


async def connect(app: ASGIApp, headers: Mapping[str, str], peer: str = "127.0.0.1") -> list[str]:
    """What a WebSocket that is opened is told; a Host is among the headers."""
    told: list[str] = []
    scope = {
        "type": "websocket",
        "path": "/v1/stream",
        "query_string": b"",
        "client": (peer, 5000),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "subprotocols": [],
        "extensions": {},
    }

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        told.append(message["type"])

    await app(scope, receive, send)
    return told


LOCAL = {"Host": "localhost:8080"}


@pytest.mark.parametrize(
    ("headers", "peer", "allow_remote"),
    [
        ({**LOCAL, "Origin": "https://evil.example"}, "127.0.0.1", False),
        ({**LOCAL, "Origin": "https://evil.example"}, "127.0.0.1", True),
        ({**LOCAL, "Origin": "http://localhost:3000"}, "127.0.0.1", False),
        ({**LOCAL, "Origin": "null"}, "127.0.0.1", False),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, "127.0.0.1", False),
        (LOCAL, "10.0.0.7", False),
        (LOCAL, "2001:db8::1", False),
    ],
)
async def test_a_websocket_of_another_site_is_not_accepted(
    headers: dict[str, str], peer: str, allow_remote: bool
) -> None:
    app = HttpAccess(accepting, allow_remote, "0.0.0.0")
    assert await connect(app, headers, peer) == ["websocket.close"]


@pytest.mark.parametrize(
    ("headers", "peer", "allow_remote"),
    [
        (LOCAL, "127.0.0.1", False),
        ({**LOCAL, "Origin": "http://localhost:8080"}, "127.0.0.1", False),
        ({"Host": "[::1]:8080", "Origin": "http://[::1]:8080"}, "::1", False),
        ({"Host": "venue.example", "Origin": "https://venue.example"}, "127.0.0.1", False),
        ({"Host": "a.b", "Origin": "http://a.b"}, "10.0.0.7", True),
    ],
)
async def test_one_of_the_own_page_or_of_a_program_is(
    headers: dict[str, str], peer: str, allow_remote: bool
) -> None:
    app = HttpAccess(accepting, allow_remote, "venue.example")
    assert await connect(app, headers, peer) == ["websocket.accept"]


def test_peers_are_named_as_grpc_names_them() -> None:
    assert peer_of({"client": ("127.0.0.1", 5)}) == "ipv4:127.0.0.1:5"
    assert peer_of({"client": ("::1", 5)}) == "ipv6:[::1]:5"
    assert peer_of({"client": None}) == ""


def test_forwarding_headers_make_nobody_local(start_server: StartServer) -> None:
    address = own_address()
    if address is None:
        return
    web = start_web(start_server, {"host": address})
    assert web.ask("GET", "/v1/status", headers={"X-Forwarded-For": "127.0.0.1"}).code == 403


async def test_until_the_exchange_is_recovered_nothing_is_answered() -> None:
    server = Server(ServerConfig(host="127.0.0.1", port=0, http_port=0))
    await server.start()
    try:
        http = server.listening.http
        assert http is not None and server.web is not None
        host, _, port = http.rpartition(":")
        web = Door(host, int(port))
        answer = await asyncio.to_thread(web.ask, "GET", "/v1/symbols")
        assert (answer.code, answer.json["status"]) == (503, "UNAVAILABLE")
        assert "recovering" in answer.json["message"]
        assert await connect(server.web.asgi, LOCAL) == ["websocket.close"]
        assert (await asyncio.to_thread(web.ask, "GET", "/")).code == 200
    finally:
        await server.stop()


async def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = Server(ServerConfig(host="127.0.0.1", port=0, http_port=port))
        with pytest.raises(CannotListen, match=rf"127\.0\.0\.1:{port} for HTTP"):
            await server.start()
        await server.stop()


def test_serve_says_where_its_page_is() -> None:
    with serving("--http-port", "0") as (_, address, printed):
        (page,) = [line.removeprefix("page on ").strip() for line in printed if line.startswith("page on ")]
        with urllib.request.urlopen(page + "v1/status", timeout=30) as answer:
            assert json.load(answer)["state"] == "SERVER_STATE_SERVING"
        assert page.rpartition(":")[2].strip("/") != address.rpartition(":")[2]


def test_without_http_only_grpc_listens() -> None:
    with serving("--no-http") as (_, _, printed):
        assert not [line for line in printed if line.startswith("page on ")]


def test_the_page_may_be_framed_by_nobody_and_runs_only_its_own_scripts(web: Web) -> None:
    for path in ("/", "/static/app.js", "/static/lightweight-charts.js"):
        answer = web.ask("GET", path)
        assert answer.code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/"]
)
def test_only_static_files_are_files(web: Web, path: str) -> None:
    assert web.ask("GET", path).code == 404


def test_the_config_has_both_ports() -> None:
    server = load_config({"server": {**HTTP, "http_host": "::1"}}).server
    assert (server.http, server.http_host, server.http_port) == (True, "::1", 0)


def test_a_program_of_the_package_ships_the_page() -> None:
    code = "import lightning.server.web.app as web; print(web.STATIC.joinpath('index.html').is_file())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "True\n"
    assert chart_library().is_file() and STATIC.is_dir()
