"""Compiling the kernels, or loading them from the cache, and showing it if that takes long."""

from collections.abc import Callable
from functools import partial

from rich.console import Console

from lightning.cli.progress import steps_progress


def warm_kernels(console: Console) -> None:
    with steps_progress(console) as show:
        show("loading numba", 0, 0)
        from lightning.engine.warm import compilations
        from lightning.server.warm import kernels

        steps = kernels()
        for index, (name, step) in enumerate(steps):
            doing = f"compiling the kernels (first start only): {name}"
            with compilations(partial(_show_function, show, doing, index, len(steps))):
                step()


def _show_function(
    show: Callable[[str, int, int], None], doing: str, index: int, steps: int, function: str, count: int
) -> None:
    """One more function is being compiled within a step; nothing is when all are in the cache."""
    show(f"{doing}, function {count}: {function}", index, steps)
