"""What differs between two sights of the best levels of books."""

import numpy as np

from lightning.codes import Side
from lightning.kernels.kernel import entry, kernel


@kernel
def _is_better(side, price, other):
    return price > other if side == Side.BUY else price < other


@kernel
def _put(out, at, price, qty, count):
    out[at, 0] = price
    out[at, 1] = qty
    out[at, 2] = count
    return at + 1


@kernel
def _compare_side(side, before, b, b_end, after, a, a_end, out, at):
    """Both best level first. Returns the row of `out` behind the changes."""
    while b < b_end or a < a_end:
        if a == a_end or (b < b_end and _is_better(side, before[b, 0], after[a, 0])):
            at = _put(out, at, before[b, 0], 0, 0)
            b += 1
        elif b == b_end or _is_better(side, after[a, 0], before[b, 0]):
            at = _put(out, at, after[a, 0], after[a, 1], after[a, 2])
            a += 1
        else:
            if before[b, 1] != after[a, 1] or before[b, 2] != after[a, 2]:
                at = _put(out, at, after[a, 0], after[a, 1], after[a, 2])
            a += 1
            b += 1
    return at


@entry
def compare_depths(before, before_counts, after, after_counts, out, out_counts):
    """The levels that are new or changed, and those that are gone, which have quantity 0.

    before, after : (rows, 3) int64 and their counts (n, 2) int64, as `read_depths` writes them
    out : (rows, 3) int64, room for all rows of both; out_counts : (n, 2) int64
    """
    b = np.int64(0)
    a = np.int64(0)
    at = np.int64(0)
    for i in range(after_counts.shape[0]):
        for side in range(2):
            first = at
            b_end = b + before_counts[i, side]
            a_end = a + after_counts[i, side]
            at = _compare_side(side, before, b, b_end, after, a, a_end, out, at)
            out_counts[i, side] = at - first
            b = b_end
            a = a_end
    return at
