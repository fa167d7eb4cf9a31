"""The best levels of a book after every event."""

from typing import NamedTuple

import numpy as np

from lightning.analysis.measures.arrays import NIL, Floats, Ints, Rows
from lightning.analysis.measures.kernel import entry
from lightning.analysis.measures.levels import (
    Levels,
    empty_levels,
    keys_to_ticks,
    move,
    moves_of,
    next_level,
)
from lightning.codes import Side


class Ladder(NamedTuple):
    """The m best levels of either side, best first, at k moments."""

    seq: Ints
    """(k,) of the last command in it."""
    time_ns: Ints
    """(k,) of it."""
    bid_ticks: Floats
    """(k, m) NaN: there are fewer levels."""
    bid_lots: Ints
    """(k, m) 0: there are fewer levels."""
    ask_ticks: Floats
    ask_lots: Ints


@entry
def _follow(
    levels: Levels, side: Ints, key: Ints, delta: Ints, at: Ints, best_keys: Ints, best_lots: Ints
) -> None:
    """best_keys, best_lots : (2, len(at), m), of the book after the rows `at`, which ascend"""
    written = 0
    for i in range(len(side)):
        if written == len(at):
            return
        move(levels, side[i], key[i], delta[i])
        while written < len(at) and at[written] == i:
            for one in range(2):
                level = levels.best[one]
                for j in range(best_keys.shape[2]):
                    best_keys[one, written, j] = level
                    best_lots[one, written, j] = 0
                    if level != NIL:
                        best_lots[one, written, j] = levels.qty[one, level]
                        level = next_level(levels, one, level + 1)
            written += 1


def ladder(rows: Rows, levels: int, at: Ints | None = None) -> Ladder:
    """The best `levels` of either side after every row, or after the rows `at` (ascending indices).

    Definition: "Limit order books" (2013). After a row within a command the book may be one that
    nobody saw, as with an amended order gone and not yet back: `ends` gives the rows after which commands
    are done. An auction's book may be crossed.

    Raises ValueError for indices that do not ascend or are none of the rows'.
    """
    moves = moves_of(rows)
    at = np.arange(len(rows)) if at is None else np.asarray(at, np.int64)
    if len(at) and (at[0] < 0 or at[-1] >= len(rows) or (np.diff(at) < 0).any()):
        raise ValueError(f"at must be ascending indices of the {len(rows)} rows")
    keys, lots = np.empty((2, 2, len(at), levels), np.int64)
    _follow(empty_levels(moves), moves.side, moves.key, moves.delta, at, keys, lots)
    bid, ask = (keys_to_ticks(moves.prices, side, keys[side]) for side in (Side.BUY, Side.SELL))
    return Ladder(rows["seq"][at], rows["time_ns"][at], bid, lots[Side.BUY], ask, lots[Side.SELL])
