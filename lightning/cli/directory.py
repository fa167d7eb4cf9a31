"""Looking into a data directory: `lightning verify`, `dump`, `replay-journal`. None changes it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lightning.cli.kernels import warm_kernels
from lightning.cli.progress import count_progress
from lightning.cli.terminal import FAILED, USAGE_ERROR, console, fail

Directory = Annotated[
    Path, typer.Argument(metavar="DIR", help="Data directory; a server may be running on it.")
]


def verify(data: Directory) -> None:
    """Read everything in a data directory, replay it, compare, and report.

    The exit code is 0 if all is whole, 1 if anything is not.
    """
    from rich.table import Table

    _require_directory(data)
    warm_kernels(console)
    from lightning.storage.verify import verify as check

    with count_progress(console, "commands replayed") as show:
        report = check(data, show)
    table = Table("", "", "", show_header=False, box=None, padding=(0, 2, 0, 0))
    for what, good, detail in report.findings:
        table.add_row(what, "good" if good else "NOT GOOD", detail, style="" if good else "red")
    console.print(table)
    console.print("whole" if report.good else "NOT whole", style="green" if report.good else "red")
    if not report.good:
        raise typer.Exit(FAILED)


def dump(
    data: Directory,
    from_seq: Annotated[
        int | None, typer.Option("--from", metavar="SEQ", min=1, help="First seq (default: the oldest kept).")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many lines.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Print the journal's commands and admin changes, one a line."""
    from itertools import islice

    import msgspec

    from lightning.storage.damage import Damaged
    from lightning.storage.directory import DirectoryNames
    from lightning.storage.dump import dump as lines
    from lightning.storage.rewind import Rewind

    _require_directory(data)
    try:
        rewind = Rewind(DirectoryNames(data))
        first = rewind.first_seq if from_seq is None else from_seq
        for line in islice(lines(rewind.journal.records_from(first), first), limit):
            if as_json:
                sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
            else:
                sys.stdout.write(" ".join(f"{name}={value}" for name, value in line.items()) + "\n")
    except LookupError as error:
        fail(error.args[0], USAGE_ERROR)
    except Damaged as error:
        fail(error, FAILED)


def replay_journal(
    data: Directory,
    until: Annotated[
        int | None, typer.Option(metavar="SEQ", min=0, help="The last seq; without it, the journal's end.")
    ] = None,
) -> None:
    """Replay the journal up to a seq and print the state hash there."""
    _require_directory(data)
    warm_kernels(console)
    from lightning.storage.damage import Damaged
    from lightning.storage.directory import DirectoryNames
    from lightning.storage.rewind import exchange_at

    try:
        with count_progress(console, "commands replayed") as show:
            exchange = exchange_at(DirectoryNames(data), until, show)
    except LookupError as error:
        fail(error.args[0], USAGE_ERROR)
    except Damaged as error:
        fail(error, FAILED)
    console.print(f"seq {exchange.seq} state hash {exchange.state_hash():016x}")


def _require_directory(data: Path) -> None:
    if not data.is_dir():
        fail(f"{data}: there is no such directory", USAGE_ERROR)
