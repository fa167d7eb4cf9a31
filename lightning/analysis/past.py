"""`BookFlow`: everything that happened to one symbol's visible book, and the book at any moment of it."""

from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from lightning.analysis import frames
from lightning.analysis.book import BOOK_ORDER, Book
from lightning.analysis.flow import BOOK_EVENT
from lightning.analysis.moments import When, to_moment
from lightning.analysis.standing import Standing
from lightning.instruments import Symbol


class BookFlow:
    """The rows alone make the book: it is empty before the first.

    rows : BOOK_EVENT, ascending by seq; taken over, and read only from now on
    opening : how many rows, the first ones, only say what stands at the start; all have `start_seq`
    start_seq, start_time_ns : the flow has everything behind this
    end_seq, end_time_ns : ... and up to this; by default those of the last row
    """

    def __init__(
        self,
        symbol: Symbol,
        rows: np.ndarray,
        *,
        opening: int = 0,
        start_seq: int = 0,
        start_time_ns: int = 0,
        end_seq: int | None = None,
        end_time_ns: int | None = None,
    ) -> None:
        if rows.dtype != BOOK_EVENT or rows.ndim != 1:
            raise TypeError("rows must be a one-dimensional array of dtype BOOK_EVENT")
        self.symbol = symbol
        self.rows = rows
        self.rows.flags.writeable = False
        self.opening = opening
        self.start_seq = start_seq
        self.start_time_ns = start_time_ns
        self.end_seq = (
            max(start_seq, int(rows["seq"][-1]) if len(rows) else 0) if end_seq is None else end_seq
        )
        last_ns = max(start_time_ns, int(rows["time_ns"][-1]) if len(rows) else 0)
        self.end_time_ns = last_ns if end_time_ns is None else end_time_ns

    def __len__(self) -> int:
        return len(self.rows)

    def book_at(
        self, when: When | None = None, *, seq: int | None = None, time_ns: int | None = None
    ) -> Book:
        """The book right after the command `seq`, or after all commands of a time and before it.

        when : either of them (`seq`: an int, a time: datetime or numpy.datetime64); nothing: at the end
        Raises LookupError for a moment before the flow's first, or a seq behind its last.
        """
        if sum(one is not None for one in (when, seq, time_ns)) > 1:
            raise TypeError("give one of: when, seq, time_ns")
        if when is not None:
            seq, time_ns = to_moment(when)
        if time_ns is not None:
            return self._book(self._stop_of_time(time_ns))
        at = self.end_seq if seq is None else seq
        return self._book(self._stop_of_seq(at), at)

    def _stop_of_seq(self, seq: int) -> int:
        if not self.start_seq <= seq <= self.end_seq:
            raise LookupError(f"seq {seq} is not in this flow, which has {self.start_seq} to {self.end_seq}")
        return int(np.searchsorted(self._seqs, seq, side="right"))

    def _stop_of_time(self, time_ns: int) -> int:
        if time_ns < self.start_time_ns:
            begin = frames.time_of(self.start_time_ns)
            raise LookupError(f"{frames.time_of(time_ns)} is before this flow, which begins at {begin}")
        return max(self.opening, int(np.searchsorted(self._times, time_ns, side="right")))

    def _book(self, stop: int, seq: int | None = None) -> Book:
        found = self.rows[self._standing.at(stop)]
        orders = np.zeros(len(found), BOOK_ORDER)
        for name in ("order_id", "account", "price", "qty", "side"):
            orders[name] = found[name]
        at, time_ns = self.start_seq, self.start_time_ns
        if stop > 0:
            at, time_ns = int(self._seqs[stop - 1]), int(self._times[stop - 1])
        return Book(self.symbol, orders, at if seq is None else seq, time_ns, self.book_at)

    @cached_property
    def _standing(self) -> Standing:
        return Standing(self.rows)

    @cached_property
    def _seqs(self) -> npt.NDArray[np.int64]:
        return np.ascontiguousarray(self.rows["seq"])

    @cached_property
    def _times(self) -> npt.NDArray[np.int64]:
        """A clock that was set back does not undo what was done."""
        return np.maximum.accumulate(self.rows["time_ns"])

    def frame(self) -> pl.DataFrame:
        """seq, time, kind, side, order_id, account, price, quantity, delta, trade_id, taker_order_id,
        taker_account."""
        return frames.flow_frame(self.symbol, self.rows)

    def __repr__(self) -> str:
        return (
            f"BookFlow({self.symbol.name}, seq {self.start_seq} to {self.end_seq}, {len(self.rows):,} rows)"
        )
