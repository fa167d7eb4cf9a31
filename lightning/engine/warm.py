"""Compiling the kernels before they are needed, step by step, so that a first start can show progress."""

from collections.abc import Callable
from pathlib import Path

from lightning.kernels.kernel import cache_directory

_DONE = "complete"


def is_warm() -> bool:
    """Has every kernel of exactly these sources been compiled on this machine before?"""
    return (Path(cache_directory()) / _DONE).exists()


def kernels() -> list[tuple[str, Callable[[], None]]]:
    """Named steps; each compiles one group of kernels, or loads it from the cache."""
    from lightning.engine import rehearsal

    return [
        ("tables", rehearsal.tables),
        ("orders, matching and the ledger", rehearsal.commands),
        ("parallel stages", rehearsal.stages),
        ("queries", rehearsal.queries),
        ("checks and hashes", rehearsal.checks),
        ("growing", rehearsal.growth),
        ("done", mark_warm),
    ]


def mark_warm() -> None:
    directory = Path(cache_directory())
    directory.mkdir(parents=True, exist_ok=True)
    (directory / _DONE).touch()
