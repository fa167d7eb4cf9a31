"""A book of price levels for kernels: how much stands at each price, and which prices are best.

A side's keys number the prices of the flow from its best end: bids from the highest price down, asks from the
lowest up. So the best level of either side is its lowest key in use.
"""

from typing import NamedTuple

import numpy as np

from lightning.analysis.flow import BOOK_EVENT, BookEventKind
from lightning.analysis.measures.arrays import NIL, Floats, Ints, Rows
from lightning.analysis.measures.kernel import kernel
from lightning.analysis.measures.moments import values_at
from lightning.codes import Side
from lightning.kernels.intrinsics import lowest_bit

WORD_BITS = 64


class Moves(NamedTuple):
    """BOOK_EVENT rows as what they do to price levels."""

    prices: Ints
    """(p,) every price of the rows once, ascending, ticks."""
    side: Ints
    """(n,) Side."""
    key: Ints
    """(n,) of the row's price on its side."""
    delta: Ints
    """(n,) lots."""


class Levels(NamedTuple):
    qty: Ints
    """(2, p) lots by side and key."""
    used: Ints
    """(2, words) a bit for every key that has lots."""
    best: Ints
    """(2,) lowest key in use; NIL: the side is empty."""


def check(rows: Rows) -> None:
    """Raises TypeError for another dtype, ValueError where an order is told of that was never ADDED."""
    if not isinstance(rows, np.ndarray) or rows.dtype != BOOK_EVENT or rows.ndim != 1:
        raise TypeError("rows must be a one-dimensional array of dtype BOOK_EVENT")
    _, first = np.unique(rows["order_id"], return_index=True)
    strange = first[rows["kind"][first] != BookEventKind.ADDED]
    if len(strange):
        row = int(strange.min())
        raise ValueError(
            f"row {row} is about order {rows['order_id'][row]}, which no row before it adds: "
            "put the book that the rows begin with in front of them, as ADDED rows"
        )


def moves_of(rows: Rows) -> Moves:
    """Raises what `check` raises."""
    check(rows)
    prices, rank = np.unique(rows["price"], return_inverse=True)
    side = rows["side"].astype(np.int64)
    key = np.where(side == Side.BUY, len(prices) - 1 - rank, rank)
    return Moves(prices, side, key.astype(np.int64), rows["delta"].astype(np.int64))


def empty_levels(moves: Moves) -> Levels:
    count = len(moves.prices)
    return Levels(
        np.zeros((2, count), np.int64),
        np.zeros((2, -(-count // WORD_BITS)), np.int64),
        np.full(2, NIL, np.int64),
    )


def keys_to_ticks(prices: Ints, side: Side | Ints, keys: Ints) -> Floats:
    """Ticks of keys, each of its side; NaN for NIL."""
    rank = np.where(side == Side.BUY, len(prices) - 1 - keys, keys)
    return values_at(prices, np.where(keys == NIL, NIL, rank))


@kernel
def next_level(levels: Levels, side: int, key: int) -> int:
    """The best key in use from `key` on, or NIL. At most p / 64 steps."""
    words = levels.used.shape[1]
    word = key >> 6
    if word >= words:
        return NIL
    bits = levels.used[side, word] & (np.int64(-1) << (key & 63))
    while bits == 0:
        word += 1
        if word == words:
            return NIL
        bits = levels.used[side, word]
    return word * 64 + lowest_bit(bits)  # type: ignore[no-any-return]


@kernel
def move(levels: Levels, side: int, key: int, delta: int) -> None:
    """`delta` lots more at a level, which appears or is gone with them."""
    qty = levels.qty[side, key] + delta
    levels.qty[side, key] = qty
    bit = np.int64(1) << (key & 63)
    best = levels.best[side]
    if qty != 0:
        levels.used[side, key >> 6] |= bit
        if best == NIL or key < best:
            levels.best[side] = key
    else:
        levels.used[side, key >> 6] &= ~bit
        if key == best:
            levels.best[side] = next_level(levels, side, key + 1)
