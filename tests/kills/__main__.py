"""The same as the tests, by hand and with bigger numbers."""

import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from tests.kills.bank import bank
from tests.kills.broken import Broken
from tests.kills.lost_answers import lost_answers
from tests.kills.rounds import kill_rounds

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Seed = Annotated[int | None, typer.Option(help="Default: another one each time, printed.")]


def _in_new_folder(run: Callable[[Path, int], object], seed: int | None) -> None:
    """The folder is removed when all is well."""
    folder = Path(tempfile.mkdtemp(prefix="lightning-kills-"))
    try:
        run(folder, secrets.randbelow(10**9) if seed is None else seed)
    except Broken as error:
        typer.echo(f"BROKEN: {error}", err=True)
        raise typer.Exit(1) from None
    shutil.rmtree(folder)


@app.command()
def rounds(count: int = 20, seed: Seed = None) -> None:
    """kill -9 under a mixed load, COUNT times into one directory."""
    _in_new_folder(lambda folder, chosen: kill_rounds(folder, count, chosen), seed)


@app.command()
def proxy(requests: int = 2000, seed: Seed = None) -> None:
    """Three in ten replies are lost, the server is killed every few hundred answers, clients try again."""
    _in_new_folder(lambda folder, chosen: lost_answers(folder, requests, chosen), seed)


@app.command("bank")
def bank_command(seconds: float = 30, seed: Seed = None) -> None:
    """Trades and transfers under kills, while others add everything up all the time."""
    _in_new_folder(lambda folder, chosen: bank(folder, seconds, chosen), seed)


signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: no server is left behind
app(prog_name="python -m tests.kills")
