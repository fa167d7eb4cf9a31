"""Everything that HTTP answers, as one ASGI application."""

import importlib.util
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from grpc import StatusCode
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from lightning.config import ServerConfig
from lightning.server.interceptors import Guard
from lightning.server.web.access import HttpAccess
from lightning.server.web.errors import HttpRefused
from lightning.server.web.rest import rest_routes

STATIC = Path(__file__).parent / "static"
PAGE_HEADERS = {
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    # styles of its own are set by the chart library
    "content-security-policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
TRY_AGAIN_LATER = 1013
_HTTP_STATUSES = {404: StatusCode.NOT_FOUND, 405: StatusCode.UNIMPLEMENTED}

Stream = Callable[[WebSocket], Awaitable[None]]


class WebApp:
    """REST from the start on (it answers that it is not ready); the stream once `stream` is set."""

    def __init__(self, guard: Guard, config: ServerConfig) -> None:
        self.stream: Stream | None = None
        chart = chart_library()
        routes = [
            *rest_routes(guard, config),
            WebSocketRoute("/v1/stream", self._stream),
            Route("/", _file(STATIC / "index.html")),
            Route("/static/lightweight-charts.js", _file(chart)),
            Mount("/static", _Assets(directory=STATIC)),
        ]
        host = config.http_host or config.host
        access = Middleware(HttpAccess, allow_remote=config.allow_remote, host=host)
        self.asgi = Starlette(
            routes=routes, middleware=[access], exception_handlers={HTTPException: _in_json}
        )

    async def _stream(self, socket: WebSocket) -> None:
        if self.stream is None:
            await socket.close(TRY_AGAIN_LATER, "The exchange is recovering its state")
        else:
            await self.stream(socket)


class _Assets(StaticFiles):
    def file_response(self, *arguments: Any, **options: Any) -> Response:
        response = super().file_response(*arguments, **options)
        response.headers.update(PAGE_HEADERS)
        return response


def chart_library() -> Path:
    """TradingView's Lightweight Charts, a file of the package litecharts; no code of the package is run."""
    found = importlib.util.find_spec("litecharts")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "js" / "lightweight-charts.js"


def _file(path: Path) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return FileResponse(path, headers=PAGE_HEADERS)

    return endpoint


async def _in_json(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = _HTTP_STATUSES.get(error.status_code, StatusCode.UNKNOWN)
    message = f"{request.method} {request.url.path}: {error.detail}"
    return HttpRefused(status, message, http_code=error.status_code).response()
