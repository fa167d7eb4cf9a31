"""`ReplayWidget`: a book at any moment of the past, by a slider."""

from typing import Protocol

import anywidget
import numpy as np
import numpy.typing as npt
import traitlets

from lightning.analysis.pictures.units import Clock, clock_of
from lightning.analysis.widget.told import EMPTY, AnyBook, module_of, told_book, told_symbol
from lightning.instruments import Symbol

POSITIONS = 10_001
"""Of a slider by time; one by seq has a position for every command that changed the book."""
LEVELS = 100
HEIGHT_PX = 440


class Past(Protocol):
    """What has a book for every moment. A `BookFlow` is one."""

    @property
    def symbol(self) -> Symbol: ...

    @property
    def rows(self) -> np.ndarray:
        """(n,) BOOK_EVENT."""

    @property
    def opening(self) -> int:
        """How many rows, the first ones, only say what stood when it begins."""

    def book_at(self, *, seq: int | None = None, time_ns: int | None = None) -> AnyBook: ...


class ReplayWidget(anywidget.AnyWidget):
    """The book of a flow at the moment that a slider is at.

    The slider is an ordinary range input: arrow keys, Page Up and Page Down, Home and End move it.
    by : "seq": every command that changed the book is a position; "time": positions are equally far apart;
        None: by time, unless everything happened at one
    levels : of each side, at most; height : of the drawing, pixels
    """

    _esm = module_of("replay.js")
    symbol = traitlets.Dict().tag(sync=True)
    book = traitlets.Dict(dict(EMPTY)).tag(sync=True)
    height = traitlets.Int(HEIGHT_PX).tag(sync=True)
    picked = traitlets.Unicode("").tag(sync=True)
    """The price of the level that was clicked last, as decimal text."""
    positions = traitlets.Int(1).tag(sync=True)
    position = traitlets.Int(0).tag(sync=True)
    """What is asked for: 0 to `positions` - 1."""
    answered = traitlets.Int(-1).tag(sync=True)
    """What `book` is of."""
    ends = traitlets.List(traitlets.Unicode(), ["", ""]).tag(sync=True)

    def __init__(
        self,
        past: Past,
        by: Clock | None = None,
        levels: int = LEVELS,
        height: int = HEIGHT_PX,
    ) -> None:
        self._past = past
        self._by = by or clock_of(past.rows["time_ns"][past.opening :])
        self._levels = levels
        self.moments = _moments(past, self._by)
        """(positions,) seqs or ns."""
        super().__init__(
            symbol=told_symbol(past.symbol),
            height=height,
            positions=len(self.moments),
            ends=[self._words(int(self.moments[end])) for end in (0, -1)],
        )
        self._answer()

    @traitlets.validate("position")
    def _within(self, proposal: traitlets.Bunch) -> int:
        return int(np.clip(proposal["value"], 0, len(self.moments) - 1))

    @traitlets.observe("position")
    def _on_position(self, _: traitlets.Bunch) -> None:
        self._answer()

    def _answer(self) -> None:
        """The book at the position; where that fails, the slider can be moved on all the same."""
        position = self.position
        moment = int(self.moments[position])
        with self.hold_sync():
            try:
                if self._by == "seq":
                    book = self._past.book_at(seq=moment)
                else:
                    book = self._past.book_at(time_ns=moment)
                self.book = dict(told_book(book, self._past.symbol, self._levels, self._words(moment)))
            finally:
                self.answered = position

    def _words(self, moment: int) -> str:
        if self._by == "seq":
            return f"seq {moment:,}"
        return f"{np.datetime64(moment, 'ns').astype('datetime64[ms]')}".replace("T", " ")


def _moments(past: Past, by: Clock) -> npt.NDArray[np.int64]:
    rows = past.rows[past.opening :] if past.opening < len(past.rows) else past.rows
    if not len(rows):
        raise ValueError("nothing ever happened to this book: there is nothing to replay")
    if by == "seq":
        return np.unique(rows["seq"])
    first, last = rows["time_ns"][0], rows["time_ns"].max()
    since = np.rint(np.linspace(0, last - first, POSITIONS)).astype(np.int64)
    return np.asarray(since + first, np.int64)
