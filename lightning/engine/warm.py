"""Compiling the kernels before they are needed, step by step, so that a first start can show progress."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event


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
        ("books order by order", rehearsal.book_orders),
        ("snapshots", rehearsal.images),
        ("the journal's packing", rehearsal.packing),
    ]


class _Compilations(event.Listener):
    def __init__(self, show: Callable[[str, int], None]) -> None:
        self._show = show
        self._count = 0

    def on_start(self, event: Any) -> None:
        self._count += 1
        self._show(event.data["dispatcher"].py_func.__name__, self._count)

    def on_end(self, event: Any) -> None:
        pass


@contextmanager
def compilations(show: Callable[[str, int], None]) -> Iterator[None]:
    """Within, `show` is told the name of every function that is compiled, and how many it has been."""
    with event.install_listener("numba:compile", _Compilations(show)):
        yield
