"""How far it is: a live display on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

PLAIN_INTERVAL_S = 5.0
"""From one plain line about a long run to the next."""


@contextmanager
def steps_progress(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Yields show(what is being done, steps done, steps in all)."""
    if not console.is_terminal:
        printed_step, printed_at = (-1, -1), 0.0

        def print_step(name: str, done: int, total: int) -> None:
            nonlocal printed_step, printed_at
            now = time.monotonic()
            if (done, total) != printed_step or now - printed_at >= PLAIN_INTERVAL_S:
                printed_step, printed_at = (done, total), now
                console.print(f"{name} {done}/{total}" if total else name)

        yield print_step
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)

        def update(name: str, done: int, total: int) -> None:
            progress.update(task, description=name, completed=done, total=total or None)

        yield update


@contextmanager
def count_progress(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """Yields show(done, total); `what` is counted. Nothing is shown of what is over at once."""
    if not console.is_terminal:
        yield _plain_counts(console, what)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(what, total=None, visible=False)

        def update(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total, visible=total > 0)

        yield update


def _plain_counts(console: Console, what: str) -> Callable[[int, int], None]:
    start = printed = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal printed
        now = time.monotonic()
        if done == 0 or now - printed < PLAIN_INTERVAL_S:
            return
        printed = now
        rate = done / (now - start)
        left = (total - done) / rate
        console.print(f"{done:,} of {total:,} {what}, {rate:,.0f}/s, {left:,.0f} s left")

    return show


class _RateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "")
