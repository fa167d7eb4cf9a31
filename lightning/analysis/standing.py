"""Which rows of a flow say what stands in its book at some row: a kernel, and what it needs to know of them.

A book is a list of row numbers: of every order that stands, the last row about it. The rows have all else.
"""

import numpy as np
import numpy.typing as npt

from lightning.analysis.flow import BookEventKind
from lightning.codes import Side
from lightning.engine.tables import as_rows
from lightning.kernels.kernel import entry
from lightning.rows import PRICE_TICKS_MAX

Ints = npt.NDArray[np.int64]
ROWS_BETWEEN = 1024
"""From one checkpoint to the next at least; more where more orders stand, so that all of them together are no
longer than the flow."""
NONE = -1
_ADDED = int(BookEventKind.ADDED)


def _gather_standing(rows, following, before, start, stop, out):  # type: ignore[no-untyped-def]  # compiled
    """What stands at row `stop`, from what stood at `start`: first what still does, then what was added.

    Each in the order it had before, or came in. out : room for all of it. Returns how many.
    """
    count = 0
    for i in range(before.shape[0] + stop - start):
        if i < before.shape[0]:
            at = before[i]
        else:
            at = start + i - before.shape[0]
            if rows[at].kind != _ADDED:
                continue
        while following[at] != NONE and following[at] < stop:
            at = following[at]
        if rows[at].qty != 0:
            out[count] = at
            count += 1
    return count


_gather = entry(_gather_standing)


class Standing:
    """Finds what stands at any row, by the nearest checkpoint before it. Memory: 24 bytes a row at most.

    rows : BOOK_EVENT; those about one order are in order, and the first of them adds it
    """

    def __init__(self, rows: np.ndarray) -> None:
        self._rows = as_rows(rows)
        self._following = _following(rows)
        is_bid = rows["side"] == Side.BUY
        self._keys = np.where(is_bid, -rows["price"], rows["price"] + 2 * PRICE_TICKS_MAX)
        """Ascending in priority order, bids first."""
        self._stops = [0]
        self._checkpoints: list[Ints] = [np.empty(0, np.int64)]
        while self._stops[-1] + max(ROWS_BETWEEN, len(self._checkpoints[-1])) < len(rows):
            stop = self._stops[-1] + max(ROWS_BETWEEN, len(self._checkpoints[-1]))
            self._checkpoints.append(self.at(stop))
            self._stops.append(stop)

    def at(self, stop: int) -> Ints:
        """Numbers of the last rows about what stands before row `stop`, in priority order, bids first."""
        nearest = int(np.searchsorted(self._stops, stop, side="right")) - 1
        start, before = self._stops[nearest], self._checkpoints[nearest]
        out = np.empty(len(before) + stop - start, np.int64)
        found = out[: int(_gather(self._rows, self._following, before, start, stop, out))]
        return found[np.argsort(self._keys[found], kind="stable")]  # nearly sorted: what was added comes last


def _following(rows: np.ndarray) -> Ints:
    """The next row about the same order, NONE behind the one with which it is gone."""
    ids = np.ascontiguousarray(rows["order_id"])
    order = np.argsort(ids, kind="stable")
    before, after = order[:-1], order[1:]
    goes_on = (ids[before] == ids[after]) & (rows["qty"][before] != 0)
    following = np.full(len(rows), NONE, np.int64)
    following[before[goes_on]] = after[goes_on]
    return following
