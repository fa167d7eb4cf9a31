"""What happened, or held, between the edges of time intervals: counts, sums, time-weighted averages."""

import numpy as np

from lightning.analysis.measures.arrays import NIL, Floats, Ints, Rows
from lightning.analysis.measures.moments import as_of, values_at


def time_edges(rows: Rows, step_ns: int, opening: int = 0) -> Ints:
    """Times from the first row on, `step_ns` apart, the last of them at the last row or behind it.

    opening : so many rows at the beginning are the book as it was found, and do not count
    """
    if step_ns <= 0:
        raise ValueError(f"step_ns must be above 0, not {step_ns}")
    times = rows["time_ns"][opening:]
    if len(times) == 0:
        return np.zeros(0, np.int64)
    first, last = int(times[0]), int(times[-1])
    return first + step_ns * np.arange(-(-(last - first) // step_ns) + 1)


def count_by(time_ns: Ints, edges_ns: Ints) -> Ints:
    """(k,) how many times lie in each interval: after its first edge, at its last edge or before."""
    return np.diff(np.searchsorted(time_ns, edges_ns, "right")).astype(np.int64)


def sum_by(time_ns: Ints, values: np.ndarray, edges_ns: Ints) -> Floats:
    """(k,) sums of `values` in each interval, its last edge included and its first not; NaN counts as 0."""
    summed = np.append(0.0, np.cumsum(np.nan_to_num(np.asarray(values, np.float64))))
    return np.diff(summed[np.searchsorted(time_ns, edges_ns, "right")])


def last_by(time_ns: Ints, values: np.ndarray, moments_ns: Ints) -> Floats:
    """The value in force at each moment: the last one at it or before; NaN before the first.

    Definition: previous-tick sampling, "An Introduction to High-Frequency Finance" (2001).
    """
    return values_at(np.asarray(values, np.float64), as_of(time_ns, moments_ns))


def time_weighted_by(time_ns: Ints, values: np.ndarray, edges_ns: Ints) -> Floats:
    """(k,) averages of a value that holds until the next, weighted by how long, in each interval.

    While it is NaN, or before the first, time does not count; NaN where none counts.
    Definition: the time-weighted quoted spread of "Empirical Market Microstructure" (2007), for any value.
    """
    if len(edges_ns) < 2:
        return np.zeros(0)
    if len(time_ns) == 0:
        return np.full(len(edges_ns) - 1, np.nan)
    value = np.asarray(values, np.float64)
    held = np.where(np.isnan(value), 0.0, 1.0)
    worth = np.nan_to_num(value)
    index = as_of(time_ns, edges_ns)
    weight = np.diff(_integral(time_ns, held, edges_ns, index))
    area = np.diff(_integral(time_ns, worth, edges_ns, index))
    return area / np.where(weight == 0, np.nan, weight)


def _integral(time_ns: Ints, values: Floats, edges_ns: Ints, index: Ints) -> Floats:
    """Of a step function from its first time to each edge, whose last step at or before is `index`."""
    steps = np.append(0.0, np.cumsum(values[:-1] * np.diff(time_ns)))
    area = steps[index] + values[index] * (edges_ns - time_ns[index])
    return np.where(index == NIL, 0.0, area)


def time_weighted(time_ns: Ints, values: np.ndarray, start_ns: int, end_ns: int) -> float:
    """The average of `time_weighted_by` over one interval."""
    return float(time_weighted_by(time_ns, values, np.array([start_ns, end_ns]))[0])
