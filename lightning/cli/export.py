"""`lightning export`: the history as Parquet files."""

from pathlib import Path
from typing import Annotated

import typer

from lightning.cli.progress import steps_progress
from lightning.cli.terminal import USAGE_ERROR, console, fail


def export(
    data: Annotated[
        Path, typer.Argument(metavar="DIR", help="Data directory; a server may be running on it.")
    ],
    out: Annotated[
        Path | None,
        typer.Argument(metavar="OUT", help="Directory for the Parquet files; default DIR/parquet."),
    ] = None,
    trades: Annotated[bool, typer.Option("--trades", help="Every trade: OUT/trades.parquet.")] = False,
    orders: Annotated[bool, typer.Option("--orders", help="Every order: OUT/orders.parquet.")] = False,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="What changed every balance: OUT/ledger.parquet.")
    ] = False,
) -> None:
    """Write the history to Parquet files; without options: all of it."""
    from lightning.storage.directory import DirectoryNames
    from lightning.storage.export import EXPORTS, CannotExport
    from lightning.storage.export import export as write

    out = data / "parquet" if out is None else out
    given = dict(zip(EXPORTS, (trades, orders, ledger), strict=True))
    wanted = [name for name in EXPORTS if given[name]] or list(EXPORTS)
    try:
        with steps_progress(console) as show:
            seq, files = write(DirectoryNames(data).history, out, wanted, show)
    except CannotExport as error:
        fail(error, USAGE_ERROR)
    except OSError as error:
        fail(f"{out}: cannot be written: {error.strerror}", USAGE_ERROR)
    for path, rows in files:
        console.print(f"{path}: {rows:,} rows", soft_wrap=True)
    console.print(f"as of seq {seq:,}")
