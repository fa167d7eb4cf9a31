"""The commands of `lightning`.

What takes numba, numpy or gRPC is imported where it is used: help and the first progress come at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lightning import __version__
from lightning.cli.bench import bench
from lightning.cli.demo import demo
from lightning.cli.directory import dump, replay_journal, verify
from lightning.cli.export import export
from lightning.cli.kernels import warm_kernels
from lightning.cli.progress import count_progress
from lightning.cli.serve import serve
from lightning.cli.terminal import FAILED, USAGE_ERROR, console, fail
from lightning.cli.top import top

if TYPE_CHECKING:
    from lightning.client.replay import ReplayResult

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def main() -> None:
    app(prog_name="lightning")


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


for _command in (serve, verify, dump, replay_journal, export, bench, demo, top):
    app.command()(_command)


@app.command()
def warm() -> None:
    """Compile the kernels into the cache, so that the next start is quick."""
    warm_kernels(console)
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
        with _server(target) as address, count_progress(console, "lines") as show:
            result = replay(address, lines, account, lambda done: show(done, len(lines)))
    except (TapeError, ReplayError, OwnServerError) as error:
        fail(error, USAGE_ERROR)
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
        fail(error, USAGE_ERROR)
    except OSError as error:
        fail(f"{out}: cannot be written: {error.strerror}", USAGE_ERROR)
    names = {Op.OPENING: "opening orders", Op.PLACE: "orders", Op.REFUSED: "refusals", Op.CANCEL: "cancels"}
    counts = ", ".join(f"{sum(line.op == op for line in lines):,} {name}" for op, name in names.items())
    console.print(f"{out}: {counts}", soft_wrap=True)
