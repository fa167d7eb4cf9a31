"""The commands of `lightning`.

What takes numba, numpy or gRPC is imported where it is used: help and the first progress come at once.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from lightning import __version__
from lightning.cli.progress import lines_progress, steps_progress
from lightning.config import SHARDS_MAX

if TYPE_CHECKING:
    from lightning.client.replay import ReplayResult
    from lightning.config import Config

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False, markup=False)

USAGE_ERROR = 2
"""Exit code: what was asked cannot be done as asked."""
FAILED = 1
"""Exit code: it was tried and failed, or the replayed tape came out otherwise."""


def main() -> None:
    app(prog_name="lightning")


def _fail(message: object, exit_code: int) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(exit_code)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lightning {__version__}")
        raise typer.Exit


@app.callback()
def lightning(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Lightning: an exchange core. Balances, order matching and market data behind gRPC."""


@app.command()
def serve(
    config: Annotated[Path | None, typer.Option(help="TOML file; without one, the built-in default.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Directory for the journal. Not used yet: state is in memory only.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: all, 0.0.0.0).")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Default 50051; 0 takes any free one.")
    ] = None,
    shards: Annotated[
        int, typer.Option(min=1, max=SHARDS_MAX, help="Of accounts and of symbols, each.")
    ] = 10,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=SHARDS_MAX, help="Threads that run the shards (default: cores - 1)."),
    ] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Serve other machines too, without credentials.")
    ] = False,
) -> None:
    """Run the exchange until it is told to stop (SIGTERM or Ctrl-C)."""
    console.print(f"Lightning {__version__}")
    settings = _load_config(config, host, port, allow_remote)
    if data is not None:
        typer.echo(f"warning: --data {data} is not used: this version has no durable journal yet", err=True)
    console.print("State is kept in memory only: it is gone when the server stops.")
    _warm_kernels()

    from lightning.server.app import CannotListen, run

    try:
        exit_code = run(settings, shards, workers or _default_workers(), _announce(settings))
    except CannotListen as error:
        _fail(error, FAILED)
    raise typer.Exit(exit_code)


def _load_config(path: Path | None, host: str | None, port: int | None, allow_remote: bool) -> "Config":
    from lightning.config import ConfigError, load_config

    try:
        config = load_config(path)
    except ConfigError as error:
        _fail(error, USAGE_ERROR)
    server = replace(
        config.server,
        host=config.server.host if host is None else host,
        port=config.server.port if port is None else port,
        allow_remote=allow_remote or config.server.allow_remote,
    )
    return replace(config, server=server)


def _default_workers() -> int:
    return min(max(1, (os.cpu_count() or 1) - 1), SHARDS_MAX)


def _announce(config: "Config") -> Callable[[str], None]:
    from lightning.client.own_server import LISTENING

    def on_started(address: str) -> None:
        if not config.server.allow_remote:
            console.print("Clients on this machine only: --allow-remote serves all.")
        console.print(f"{LISTENING}{address}", soft_wrap=True)

    return on_started


def _warm_kernels() -> None:
    """Compile or load every kernel, and show it if that takes long."""
    with steps_progress(console) as show:
        show("loading numba", 0, 0)
        from lightning.engine import warm

        steps = warm.kernels()
        for index, (name, step) in enumerate(steps):
            doing = f"compiling the kernels (first start only): {name}"
            with warm.compilations(partial(_show_function, show, doing, index, len(steps))):
                step()


def _show_function(
    show: Callable[[str, int, int], None], doing: str, index: int, steps: int, function: str, count: int
) -> None:
    """One more function is being compiled within a step; nothing is when all are in the cache."""
    show(f"{doing}, function {count}: {function}", index, steps)


@app.command()
def warm() -> None:
    """Compile the kernels into the cache, so that the next start is quick."""
    _warm_kernels()
    console.print("The kernels are in the cache.")


@app.command("replay")
def replay_command(
    tape: Annotated[Path, typer.Argument(help="Order tape (.csv.gz).")],
    target: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Server; without it, one of its own is started.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many lines from the start.")] = None,
    account: Annotated[
        int, typer.Option(min=1, max=2**62, help="Id of the account that buys; the next one sells.")
    ] = 1,
) -> None:
    """Replay a real venue's orders through gRPC and compare every answer with the venue's own.

    The exit code is 1 if anything that the tape is sure of came out otherwise.
    """
    from lightning.client.own_server import OwnServerError
    from lightning.client.replay import ReplayError, replay
    from lightning.client.tape import TapeError, read_tape

    try:
        with console.status("reading the tape"):
            lines = read_tape(tape, limit)
        with _server(target) as address, lines_progress(console, len(lines)) as on_progress:
            result = replay(address, lines, account, on_progress)
    except (TapeError, ReplayError, OwnServerError) as error:
        _fail(error, USAGE_ERROR)
    _print_result(tape, result)
    if not result.exact:
        raise typer.Exit(FAILED)


@contextmanager
def _server(target: str | None) -> Iterator[str]:
    if target is not None:
        yield target
        return
    from lightning.client.own_server import own_server
    from lightning.client.tape import TAPE_CONFIG

    with own_server(TAPE_CONFIG, on_line=lambda line: console.print(f"server: {line}")) as address:
        yield address


def _print_result(tape: Path, result: "ReplayResult") -> None:
    from rich.table import Table

    comparison = result.comparison
    table = Table("", title=tape.name, title_justify="left")
    for heading in ("on the tape", "compared", "exact", "not exact"):
        table.add_column(heading, justify="right")
    for kind, tally in comparison.tallies.items():
        counts = tally.count, tally.compared, tally.exact, tally.compared - tally.exact
        table.add_row(kind.value, *(f"{count:,}" for count in counts))
    console.print(table)
    if comparison.differences:
        differences = Table(
            "line", "op", "order", "expected", "got", title="first differences", title_justify="left"
        )
        for number, line, expected, got in comparison.differences:
            differences.add_row(f"{number:,}", line.op, str(line.order_id), expected, got)
        console.print(differences)
    rate = result.line_count / result.seconds if result.seconds else 0
    console.print(f"{result.line_count:,} lines in {result.seconds:,.1f} s: {rate:,.0f}/s")
    not_conserved = ", ".join(result.not_conserved)
    console.print(f"totals: NOT conserved in {not_conserved}" if not_conserved else "totals: conserved")
    console.print("exact" if result.exact else "NOT exact", style="green" if result.exact else "red")


@app.command("convert-capture")
def convert_capture(
    capture_dir: Annotated[Path, typer.Argument(help="Directory with orders.csv.gz and trades.csv.")],
    out: Annotated[Path, typer.Argument(metavar="OUT.csv.gz", help="The tape to write.")],
) -> None:
    """Make an order tape of a raw capture, such as the one that the PyPI package ob-analytics carries."""
    from lightning.client.capture import CaptureError, convert, read_capture
    from lightning.client.tape import Op, write_tape

    try:
        with console.status("converting"):
            lines = list(convert(read_capture(capture_dir)))
        write_tape(out, lines)
    except CaptureError as error:
        _fail(error, USAGE_ERROR)
    except OSError as error:
        _fail(f"{out}: cannot be written: {error.strerror}", USAGE_ERROR)
    names = {Op.OPENING: "opening orders", Op.PLACE: "orders", Op.REFUSED: "refusals", Op.CANCEL: "cancels"}
    counts = ", ".join(f"{sum(line.op == op for line in lines):,} {name}" for op, name in names.items())
    console.print(f"{out}: {counts}", soft_wrap=True)
