"""What every command prints to, and how it ends when it fails."""

from typing import NoReturn

import typer
from rich.console import Console

console = Console(highlight=False, markup=False)

USAGE_ERROR = 2
"""Exit code: what was asked cannot be done as asked."""
FAILED = 1
"""Exit code: it was tried and failed, or what was checked is not as it should be."""


def fail(message: object, exit_code: int) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(exit_code)


def warn(message: object) -> None:
    typer.echo(f"warning: {message}", err=True)
