"""Which row is in force: at the end of a command, before one, at a time."""

from typing import TypeVar

import numpy as np

from lightning.analysis.measures.arrays import NIL, Ints, Rows

M = TypeVar("M", bound=tuple[np.ndarray, ...])


def ends(rows: Rows) -> Ints:
    """Indices of the last row of each command: after these the book is one that everybody saw."""
    seq = rows["seq"]
    return np.flatnonzero(np.append(seq[1:] != seq[:-1], True)[: len(seq)])


def before_command(rows: Rows, index: Ints) -> Ints:
    """The last row before the command that each row of `index` belongs to; NIL: it is the first command."""
    first = np.searchsorted(rows["seq"], rows["seq"][index], "left")
    return first.astype(np.int64) - 1


def as_of(time_ns: Ints, moments_ns: Ints) -> Ints:
    """The last index with a time at or before each moment; NIL: there is none. Times must not fall."""
    return np.searchsorted(time_ns, moments_ns, "right").astype(np.int64) - 1


def values_at(values: np.ndarray, index: Ints) -> np.ndarray:
    """float64: `values` at `index`; NaN where that is NIL."""
    if len(values) == 0:
        return np.full(index.shape, np.nan)
    return np.where(index == NIL, np.nan, values[index])


def take(measured: M, index: np.ndarray) -> M:
    """The same measure at some of its moments only: `take(touch(rows), ends(rows))`."""
    return type(measured)(*(column[index] for column in measured))
