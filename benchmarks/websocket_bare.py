"""A bare uvicorn, to compare with: it pushes the same message to everyone without end, or echoes."""

import argparse
import asyncio
import socket

import uvicorn
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.unary import announce
from benchmarks.websocket_client import filled_message

SENT_AT_ONCE = 64


class Pusher:
    """To every connection, as fast as it takes them."""

    def __init__(self, size: int) -> None:
        self._text = filled_message(size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while True:  # a send waits only while the connection takes no more, and raises when it is closed
            for _ in range(SENT_AT_ONCE):
                await send({"type": "websocket.send", "text": self._text})
            await asyncio.sleep(0)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (said := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": said["text"]})


async def serve(app: ASGIApp) -> None:
    """The port is printed; until SIGTERM."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    announce(f"127.0.0.1:{listening.getsockname()[1]}")
    await uvicorn.Server(config).serve(sockets=[listening])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--push", type=int, metavar="BYTES")
    size = parser.parse_args().push
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(echo if size is None else Pusher(size)))


if __name__ == "__main__":
    main()
