"""`lightning top`: the market and the server, in a terminal."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from lightning.cli.terminal import FAILED, USAGE_ERROR, console, fail

if TYPE_CHECKING:
    from lightning.client.top.view import View
    from lightning.client.top.watch import Watch

FRAME_S = 0.25
ONCE_S_MAX = 10.0
QUIT_KEYS, NEXT_KEYS = "qQ\x03", "\t "


def top(
    address: Annotated[str, typer.Argument(metavar="HOST:PORT", help="A server's.")] = "localhost:50051",
    symbol: Annotated[
        str | None, typer.Option(help="Whose book and trades are shown; without it the first one's.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Print one picture and end.")] = False,
) -> None:
    """Watch a server: symbols, a book, trades, rates and latency. q or Ctrl-C ends it."""
    if not once and not (console.is_terminal and sys.stdin.isatty()):
        fail("this is no terminal: --once prints one picture", USAGE_ERROR)
    host, _, port = address.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        fail(f"the address must be HOST:PORT, not {address}", USAGE_ERROR)

    from lightning.client.top.view import View
    from lightning.client.top.watch import UnknownSymbol, Watch

    view = View(address)
    watch = Watch(view, symbol)
    try:
        asyncio.run(_once(view, watch) if once else _live(view, watch))
    except UnknownSymbol as error:
        fail(error, USAGE_ERROR)
    except TimeoutError:
        fail(f"no answer from {address} within {ONCE_S_MAX:g} s: {view.connection}", FAILED)
    except KeyboardInterrupt:
        return


async def _once(view: "View", watch: "Watch") -> None:
    from lightning.cli.top_frame import frame

    watching = asyncio.create_task(watch.run())
    try:
        async with asyncio.timeout(ONCE_S_MAX):
            while not view.is_whole() and not watching.done():
                await asyncio.sleep(0.05)
        if watching.done():
            watching.result()  # raises why it ended
        console.print(frame(view, console.height))
    finally:
        await _end(watching)


async def _live(view: "View", watch: "Watch") -> None:
    from rich.live import Live

    from lightning.cli.top_frame import frame

    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    watching = asyncio.create_task(watch.run())
    try:
        with _keys(view, watch, stopped), Live(console=console, screen=True, auto_refresh=False) as live:
            while not stopped.is_set() and not watching.done():
                live.update(frame(view, console.height), refresh=True)
                await asyncio.wait([watching], timeout=FRAME_S)
        if watching.done():
            watching.result()  # raises why it ended
    finally:
        await _end(watching)


async def _end(watching: "asyncio.Task[None]") -> None:
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


@contextmanager
def _keys(view: "View", watch: "Watch", stopped: asyncio.Event) -> Iterator[None]:
    """Keys come one at a time and are not shown; the terminal is as it was afterwards."""
    import os
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)

    def read() -> None:
        for key in os.read(descriptor, 64).decode(errors="replace"):
            if key in QUIT_KEYS:
                stopped.set()
            elif (symbol := symbol_of_key(view, key)) is not None:
                watch.choose(symbol)

    tty.setcbreak(descriptor)
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, read)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def symbol_of_key(view: "View", key: str) -> int | None:
    """Its id; None if the key chooses none."""
    ids = list(view.symbols)
    if not ids:
        return None
    if key in NEXT_KEYS:
        return ids[(ids.index(view.chosen) + 1) % len(ids)] if view.chosen in ids else ids[0]
    if key.isascii() and key.isdigit() and 1 <= int(key) <= len(ids):
        return ids[int(key) - 1]
    return None
