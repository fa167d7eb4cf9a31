"""`lightning demo`: a server with a market that lives, and its page."""

import os
import signal
import sys
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lightning.cli.terminal import FAILED, USAGE_ERROR, console, fail

if TYPE_CHECKING:
    from rich.status import Status

    from lightning.client.demo.play import Played
    from lightning.client.demo.stage import Stage

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SHOWN_EVERY_S = 0.5


def demo(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Of gRPC; 0 takes any free one.")] = 50_051,
    http_port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Of the page, REST and WebSocket; 0 takes any free one.")
    ] = 8_080,
    seed: Annotated[int, typer.Option(help="The same one makes the same market.")] = 1,
    speed: Annotated[float, typer.Option(min=0.01, max=100, help="How many times as fast.")] = 1.0,
    tape: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Not simulated traders but a real venue's orders: a tape, or a directory with one or with a "
            "capture.",
        ),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, max=10**9, help="Stop by itself after so long.")
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the page's address.")] = False,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the exchange here; without it, in memory only.")
    ] = None,
) -> None:
    """Run an exchange with a market that lives, and open its page. Ctrl-C ends it.

    Simulated traders quote, buy and sell; a seed decides all they do. Accounts 1 and 2 have money, for you.
    """
    if tape is not None and data is not None:
        fail("--data is of simulated traders: not together with --tape", USAGE_ERROR)
    try:
        with _interrupted_by_signals():
            _run(tape, data, (port, http_port), seed, speed, seconds, not no_browser)
    except KeyboardInterrupt:
        console.print("stopped")


def _run(
    tape: Path | None,
    data: Path | None,
    ports: tuple[int, int],
    seed: int,
    speed: float,
    seconds: float | None,
    browser: bool,
) -> None:
    from lightning.client.demo.market import DemoError
    from lightning.client.demo.play import Played
    from lightning.client.demo.stage import open_stage
    from lightning.client.own_server import OwnServerError
    from lightning.client.tape import TapeError

    played = Played()
    try:
        with (
            console.status("starting") as status,
            open_stage(tape, data, ports, seed, _teller(status)) as stage,
        ):
            _tell(stage, tape, seed)
            if browser and _has_display():
                webbrowser.open(stage.page)
            stage.play(speed, seconds, played, _shower(status, played))
    except (TapeError, DemoError, OwnServerError) as error:
        fail(error, USAGE_ERROR if isinstance(error, TapeError) else FAILED)
    finally:
        if played.commands:
            console.print(
                f"{played.commands:,} commands and {played.trades:,} trades in {played.seconds:,.1f} s"
            )


def _tell(stage: "Stage", tape: Path | None, seed: int) -> None:
    what = f"seed {seed}" if tape is None else f"from {tape}"
    for line in (
        f"A market in {', '.join(stage.names)}, {what}",
        f"page:  {stage.page}",
        f"gRPC:  {stage.address}; in a terminal: lightning top {stage.address}",
        f"yours: accounts 1 and 2, each with {stage.funds}",
        "Ctrl-C stops it.",
    ):
        console.print(line, soft_wrap=True)


def _teller(status: "Status") -> Callable[[str], None]:
    """Shows what the server says until it answers."""

    def tell(line: str) -> None:
        if console.is_terminal:
            status.update(line)
        else:
            console.print(f"server: {line}", soft_wrap=True)

    return tell


def _shower(status: "Status", played: "Played") -> Callable[[], None]:
    shown_s = 0.0

    def show() -> None:
        nonlocal shown_s
        now = time.monotonic()
        if now - shown_s >= SHOWN_EVERY_S:
            shown_s = now
            rate = played.commands / max(played.seconds, SHOWN_EVERY_S)
            status.update(f"{played.commands:,} commands, {rate:,.0f}/s; {played.trades:,} trades")

    return show


def _has_display() -> bool:
    """Without one, a browser would be one of text, in this terminal."""
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Any of them is a KeyboardInterrupt, once: what is then being closed is not interrupted again."""

    def interrupt(number: int, frame: object) -> None:
        for one in STOP_SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = [signal.signal(number, interrupt) for number in STOP_SIGNALS]
    try:
        yield
    finally:
        for number, handler in zip(STOP_SIGNALS, before, strict=True):
            signal.signal(number, handler)
