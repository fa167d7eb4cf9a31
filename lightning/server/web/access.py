"""Who is served over HTTP: the peers that gRPC serves, and of browsers only the page's own.

A page of another site, open in a browser of this machine, reaches the port as a peer of this machine. Its
requests carry its Origin; under a name of its own that points here (DNS rebinding) they carry that as Host.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from grpc import StatusCode
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from lightning.server.interceptors import Access
from lightning.server.web.errors import HttpRefused

READING = ("GET", "HEAD", "OPTIONS")
POLICY_VIOLATION = 1008
"""WebSocket close code; of a connection that is not accepted it becomes an HTTP 403."""

FOREIGN_HOST = (
    "This server does not answer to this Host: open it as localhost, by its loopback address or as "
    "server.http_host, or start it with --allow-remote"
)
FOREIGN_ORIGIN = "Requests of pages of other sites are refused: the Origin must be the server's own"


def peer_of(scope: Scope) -> str:
    """As gRPC names it."""
    client = scope.get("client")
    if client is None:
        return ""
    host, port = client
    return f"ipv6:[{host}]:{port}" if ":" in host else f"ipv4:{host}:{port}"


class HttpAccess:
    """ASGI middleware: refuses before anything of a request is read or routed."""

    def __init__(self, app: ASGIApp, allow_remote: bool, host: str) -> None:
        self._app = app
        self._peers = Access(allow_remote)
        self._allow_remote = allow_remote
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refusal(scope)
        if refused is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(POLICY_VIOLATION, refused.message)(scope, receive, send)
        else:
            await refused.response()(scope, receive, send)

    def _refusal(self, scope: Scope) -> HttpRefused | None:
        message = self._peers.refusal(peer_of(scope))
        if message is not None:
            return HttpRefused(StatusCode.UNAUTHENTICATED, message)
        headers = Headers(scope=scope)
        if not self._allow_remote and not self._is_own(headers.get("host", "")):
            return HttpRefused(StatusCode.PERMISSION_DENIED, FOREIGN_HOST)
        changes = scope["type"] == "websocket" or scope["method"] not in READING
        if changes and _is_foreign(headers):
            return HttpRefused(StatusCode.PERMISSION_DENIED, FOREIGN_ORIGIN)
        return None

    def _is_own(self, host: str) -> bool:
        name = _name(host)
        return name in ("localhost", self._host.strip("[]").lower()) or _is_loopback(name)


def _name(host: str) -> str:
    """Of a Host header, without its port and brackets."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_foreign(headers: Mapping[str, str]) -> bool:
    """Is it from a page of another site? What is no browser sends no Origin."""
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2].lower() != headers.get("host", "").lower()
