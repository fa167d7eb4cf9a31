"""Many events as few columns: what fell into each, and the rows that draw the same line."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.analysis.pictures.units import Floats, Integers, Span


class Columns(NamedTuple):
    """Equal parts of an axis."""

    first: int
    width: float
    columns: int

    def edges(self) -> Integers:
        """(columns + 1,)"""
        steps: Integers = np.rint(np.arange(self.columns + 1) * self.width).astype(np.int64)
        return self.first + steps

    def places(self, numbers: Integers) -> Floats:
        """(n,) in which column each is, and how far in it: 3.25 is a quarter into column 3."""
        places: Floats = (numbers - self.first) / self.width
        return places

    def within(self, numbers: Integers) -> npt.NDArray[np.bool_]:
        """(n,) is each in any column?"""
        places = self.places(numbers)
        return (places >= 0) & (places <= self.columns)

    def of(self, numbers: Integers) -> Integers:
        """(n,) in which column each is; what is beyond either end belongs to the column there."""
        return np.clip(self.places(numbers), 0, self.columns - 1).astype(np.int64)


def columns_of(span: Span, columns: int) -> Columns:
    """Raises ValueError for a span that ends before it begins."""
    first, last = span
    if last < first:
        raise ValueError(f"span must be first and last, not {first}, {last}")
    return Columns(first, max(last - first, 1) / columns, columns)


def sums(cells: Integers, values: npt.ArrayLike, count: int) -> Floats:
    """(count,) the sum of the values of each cell. Exact for integers, below 2**53."""
    return np.asarray(np.bincount(cells, np.asarray(values, np.float64), count), np.float64)


def mean_resting(
    deltas: Integers, levels: Integers, places: Floats, levels_count: int, columns: int
) -> Floats:
    """(levels_count, columns) lots that stood at each level, on average over the time of each column.

    deltas : (n,) lots that came (negative: went) at `levels` (n,), from 0 on
    places : (n,) when, as `Columns.places` has it; below 0: it stands there from the start
    """
    when = np.clip(places, 0, columns)
    column = when.astype(np.int64)
    cells = levels * (columns + 1) + column  # one column more, for what comes at the very end
    shape = levels_count, columns + 1
    came = sums(cells, deltas, shape[0] * shape[1]).reshape(shape)
    missed = sums(cells, deltas * (when - column), shape[0] * shape[1]).reshape(shape)
    standing: Floats = (np.cumsum(came, axis=1) - missed)[:, :columns]
    return standing


def last_rows(places: Floats, columns: int) -> Integers:
    """(columns,) the last row before the end of each column, of rows in their order; -1: none."""
    ends = np.arange(1.0, columns + 1)
    ends[-1] = np.nextafter(columns, np.inf)  # what comes at the very end belongs to the last one
    return np.searchsorted(places, ends) - 1


def thinned(column: Integers, values: Floats) -> Integers:
    """Rows that draw the same line: of each column the first, the last, a lowest and a highest; ascending.

    "M4: A Visualization-Oriented Time Series Data Aggregation", 2014. NaN is neither lowest nor highest.
    """
    if not len(values):
        return np.empty(0, np.int64)
    starts = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
    group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(values)))
    taken = [starts, np.append(starts[1:], len(values)) - 1]
    for extreme in (np.fmin, np.fmax):
        found = np.flatnonzero(values == extreme.reduceat(values, starts)[group])
        taken.append(found[np.unique(group[found], return_index=True)[1]])
    return np.unique(np.concatenate(taken))
