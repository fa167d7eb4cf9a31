"""The HTTP port: uvicorn in the event loop that serves gRPC."""

import socket

import uvicorn
from starlette.types import ASGIApp

from lightning.config import ServerConfig
from lightning.server.web.frames import FramesProtocol

CONNECTIONS_WAITING_MAX = 2048
CLOSE_S_MAX = 1
"""How long a stop waits for connections; every request is answered before."""


class HttpDoor:
    """Belongs to the event loop that it is started in."""

    def __init__(self, app: ASGIApp, config: ServerConfig) -> None:
        self.port = 0
        self._host = (config.http_host or config.host).strip("[]")
        self._asked_port = config.http_port
        self._socket: socket.socket | None = None
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http="h11",
                ws=FramesProtocol,
                ws_max_size=config.message_bytes_max,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,  # the peer is who is connected, whatever a header says
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=CLOSE_S_MAX,
            )
        )

    async def start(self) -> None:
        """Raises OSError: the port is in use, or the address not of this host."""
        self._socket = _listening_socket(self._host, self._asked_port)
        self.port = self._socket.getsockname()[1]
        # what uvicorn's own `serve` does, less its signal handlers and a clock that ticks ten times a second
        self._server.config.load()
        self._server.lifespan = self._server.config.lifespan_class(self._server.config)
        await self._server.startup(sockets=[self._socket])
        await self._server.on_tick(0)

    async def stop(self) -> None:
        if self._server.started and self._socket is not None:
            await self._server.shutdown(sockets=[self._socket])


def _listening_socket(host: str, port: int) -> socket.socket:
    """A port of one server only, as gRPC's."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setblocking(False)
        listening.bind(address)
        listening.listen(CONNECTIONS_WAITING_MAX)
    except OSError:
        listening.close()
        raise
    return listening
