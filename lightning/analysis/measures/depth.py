"""How much stands within a distance of the touch, the mid or the other side, after every event."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.analysis.measures.arrays import Floats, Ints, Rows
from lightning.analysis.measures.kernel import entry, kernel
from lightning.analysis.measures.levels import Moves, moves_of
from lightning.analysis.measures.touch import Touch, touch
from lightning.codes import Side


class Depth(NamedTuple):
    """Cumulated lots at n moments within k distances; exact to 2**53 lots."""

    seq: Ints
    time_ns: Ints
    bid_lots: Floats
    """(n, k) NaN: there is nothing to measure the distance from."""
    ask_lots: Floats


@kernel
def _add(tree: Ints, side: int, key: int, delta: int) -> None:
    """A Fenwick tree: node i holds the lots of the i & -i keys that end before key i."""
    node = key + 1
    while node < tree.shape[1]:
        tree[side, node] += delta
        node += node & -node


@kernel
def _before(tree: Ints, side: int, key: int) -> np.int64:
    """Lots at all keys below `key`."""
    lots = np.int64(0)
    while key > 0:
        lots += tree[side, key]
        key -= key & -key
    return lots


@entry
def _follow(tree: Ints, side: Ints, key: Ints, delta: Ints, bounds: Ints, lots: Ints) -> None:
    """bounds : (2, n, k), the first key that is too far after each row; lots : (2, n, k), those before it"""
    for i in range(len(side)):
        _add(tree, side[i], key[i], delta[i])
        for one in range(2):
            for j in range(bounds.shape[2]):
                lots[one, i, j] = _before(tree, one, bounds[one, i, j])


def _bounds(moves: Moves, side: Side, worst_ticks: Floats) -> Ints:
    """How many of a side's keys are no worse than a price; 0 where that is NaN."""
    if side == Side.BUY:
        count = len(moves.prices) - np.searchsorted(moves.prices, worst_ticks, "left")
    else:
        count = np.searchsorted(moves.prices, worst_ticks, "right")
    return np.where(np.isnan(worst_ticks), 0, count).astype(np.int64)


def _depth(rows: Rows, best: Touch, bid_from: Floats, ask_from: Floats, distances: npt.ArrayLike) -> Depth:
    """bid_from, ask_from : (n,) ticks from which a side's distances are measured"""
    within = np.atleast_1d(np.asarray(distances, np.float64))
    if (within < 0).any() or np.isnan(within).any():
        raise ValueError(f"distances must be ticks, 0 or more, not {within.tolist()}")
    moves = moves_of(rows)
    worst_bid, worst_ask = bid_from[:, None] - within, ask_from[:, None] + within
    bounds = np.stack([_bounds(moves, Side.BUY, worst_bid), _bounds(moves, Side.SELL, worst_ask)])
    lots = np.empty(bounds.shape, np.int64)
    tree = np.zeros((2, len(moves.prices) + 1), np.int64)
    _follow(tree, moves.side, moves.key, moves.delta, bounds, lots)
    return Depth(
        best.seq,
        best.time_ns,
        np.where(np.isnan(worst_bid), np.nan, lots[Side.BUY]),
        np.where(np.isnan(worst_ask), np.nan, lots[Side.SELL]),
    )


def depth_from_touch(rows: Rows, distances: npt.ArrayLike) -> Depth:
    """Lots within so many ticks of the side's own best price, after every row; NaN while the side is empty.

    distances : k ticks, 0 or more; 0 is the best level alone
    Definition: "Limit order books" (2013): depth at relative prices, cumulated.
    """
    best = touch(rows)
    return _depth(rows, best, best.bid_ticks, best.ask_ticks, distances)


def depth_from_mid(rows: Rows, distances: npt.ArrayLike) -> Depth:
    """Lots within so many ticks (halves too) of the mid, after every row; NaN while a side is empty.

    Definition: "The impact of dark trading and visible fragmentation on market quality" (2015), there in
    basis points.
    """
    best = touch(rows)
    mid = (best.bid_ticks + best.ask_ticks) / 2
    return _depth(rows, best, mid, mid, distances)


def depth_from_opposite(rows: Rows, distances: npt.ArrayLike) -> Depth:
    """Lots within so many ticks of the other side's best price, after every row; NaN while that is empty.

    Definition: "A stochastic model for order book dynamics" (2010), where distances count from the opposite
    quote.
    """
    best = touch(rows)
    return _depth(rows, best, best.ask_ticks, best.bid_ticks, distances)
