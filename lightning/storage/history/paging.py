"""Pages over several sources at once, by key."""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

Position = tuple[int, int, int]
"""Orders everything in the history: seq, trade_id (0: none), and the leg of it."""

FIRST: Position = (-1, -1, -1)
INT64_MAX = 2**63 - 1
LEG_MAX = 2**62
"""Behind every leg."""
LAST: Position = (INT64_MAX, INT64_MAX, LEG_MAX)
SCANS_MAX = 16
"""Rounds of reading for one page. One that finds little among much is short, and the next goes on."""
ROUND_ROWS_MAX = 1000


class Placed(Protocol):
    @property
    def position(self) -> Position: ...


Item = TypeVar("Item", bound=Placed)


class Asked(NamedTuple):
    """Which page."""

    after: Position | None = None
    """Where the page before ended."""
    size: int = 100
    newest_first: bool = False

    @property
    def start(self) -> Position:
        return self.after or (LAST if self.newest_first else FIRST)


class Page(NamedTuple, Generic[Item]):
    items: list[Item]
    next: Position | None
    """None: that was the last page."""


class Round(NamedTuple, Generic[Item]):
    """What one source has from a position on."""

    items: list[Item]
    end: Position | None
    """The last position it looked at; None: there is nothing after."""


Source = Callable[[Position, int, bool], Round[Item]]
"""(position, rows to read, newest first) -> what lies beyond the position."""


def read_page(
    sources: Sequence[Source[Item]],
    asked: Asked,
    wanted: Callable[[Item], bool] = lambda item: True,
    until: Position | None = None,
) -> Page[Item]:
    """The next items of all sources that are wanted, and none beyond `until`."""
    position, found = asked.start, list[Item]()
    for _ in range(SCANS_MAX):
        size = min(max(asked.size + 1 - len(found), 16), ROUND_ROWS_MAX)
        rounds = [source(position, size, asked.newest_first) for source in sources]
        ends = [one.end for one in rounds if one.end is not None]
        end = (max(ends) if asked.newest_first else min(ends)) if ends else None
        bounds = (end, until)
        items = [
            item
            for one in rounds
            for item in one.items
            if all(not is_beyond(item.position, bound, asked.newest_first) for bound in bounds if bound)
        ]
        items.sort(key=lambda item: item.position, reverse=asked.newest_first)
        found += filter(wanted, items)
        if len(found) > asked.size:
            return Page(found[: asked.size], found[asked.size - 1].position)
        if end is None or (until is not None and is_beyond(end, until, asked.newest_first)):
            return Page(found, None)
        position = end
    return Page(found, position)


def is_beyond(position: Position, start: Position, newest_first: bool) -> bool:
    return position < start if newest_first else position > start
