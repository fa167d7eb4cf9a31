"""Every stay of an order in a queue: where it entered, what was ahead of it, how it ended."""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from lightning.analysis.flow import BookEventKind
from lightning.analysis.measures.arrays import NIL, Bools, Floats, Ints, Rows
from lightning.analysis.measures.kernel import entry
from lightning.analysis.measures.levels import Levels, empty_levels, keys_to_ticks, move, moves_of
from lightning.analysis.measures.moments import values_at
from lightning.codes import Side

ADDED, TRADED = int(BookEventKind.ADDED), int(BookEventKind.TRADED)


class End(IntEnum):
    RESTING = 0
    """It was still there after the last row: what it would have come to is not known (censored)."""
    FILLED = 1
    """All that was left of it was traded; of an iceberg, of its slice."""
    REMOVED = 2
    """Canceled, expired, amended to another place."""


FILLED, REMOVED = int(End.FILLED), int(End.REMOVED)


class Placements(NamedTuple):
    """One for each ADDED row, in their order.

    An order has another with every amend that costs it its place, an iceberg with every slice.
    """

    order_id: Ints
    side: Ints
    """Side."""
    price_ticks: Ints
    qty_lots: Ints
    """Shown when it entered."""
    row: Ints
    """Index of the ADDED row."""
    first_fill_row: Ints
    """Of the first TRADED row; NIL: none."""
    end_row: Ints
    """Of the row after which it was gone; NIL: RESTING."""
    time_ns: Ints
    """When it entered."""
    first_fill_ns: Floats
    """Ns from entering to its first fill; NaN: none."""
    stay_ns: Floats
    """Ns from entering to its end, of a RESTING one to the last row."""
    ahead_lots: Ints
    """Ahead of it at its price when it entered."""
    ahead_orders: Ints
    behind_touch_ticks: Floats
    """Ticks from the best price of its own side before it; below 0: it is better. NaN: its side was empty."""
    from_opposite_ticks: Floats
    """Ticks to the other side's best price. NaN: that side was empty."""
    filled_lots: Ints
    end: Ints
    """End."""
    opening: Bools
    """It is of the book that the rows begin with: how it entered is not known."""


class _Found(NamedTuple):
    """What the kernel writes, by placement."""

    first_fill_row: Ints
    end_row: Ints
    ahead_lots: Ints
    ahead_orders: Ints
    own_best: Ints
    opposite_best: Ints
    filled_lots: Ints
    end: Ints


@entry
def _follow(
    levels: Levels,
    orders_at: Ints,
    current: Ints,
    side: Ints,
    key: Ints,
    delta: Ints,
    kind: Ints,
    gone: Bools,
    order: Ints,
    found: _Found,
) -> None:
    """orders_at : (2, p) zeros; current : placement of each order, NIL at first; order : whose each row is"""
    count = 0
    for i in range(len(side)):
        one, level = side[i], key[i]
        if kind[i] == ADDED:
            current[order[i]] = count
            found.ahead_lots[count] = levels.qty[one, level]
            found.ahead_orders[count] = orders_at[one, level]
            found.own_best[count] = levels.best[one]
            found.opposite_best[count] = levels.best[1 - one]
            orders_at[one, level] += 1
            count += 1
        else:
            placement = current[order[i]]
            if kind[i] == TRADED:
                found.filled_lots[placement] -= delta[i]
                if found.first_fill_row[placement] == NIL:
                    found.first_fill_row[placement] = i
            if gone[i]:
                found.end_row[placement] = i
                found.end[placement] = FILLED if kind[i] == TRADED else REMOVED
                orders_at[one, level] -= 1
        move(levels, one, level, delta[i])


def placements(rows: Rows, opening: int = 0) -> Placements:
    """Every stay of an order in the queue at a price.

    opening : so many rows at the beginning are the book as it was found, not orders that came then
    Definition: the queue of a price-time book, "Limit order books" (2013); distances as in "A stochastic
    model for order book dynamics" (2010, from the opposite best price) and "Statistical properties of stock
    order books" (2002, from the own best price).
    """
    moves = moves_of(rows)
    levels = empty_levels(moves)
    at = np.flatnonzero(rows["kind"] == ADDED)
    found = _Found(*(np.full(len(at), fill) for fill in (NIL, NIL, 0, 0, NIL, NIL, 0, 0)))
    ids, order = np.unique(rows["order_id"], return_inverse=True)
    _follow(
        levels,
        np.zeros_like(levels.qty),
        np.full(len(ids), NIL),
        moves.side,
        moves.key,
        moves.delta,
        rows["kind"].astype(np.int64),
        rows["qty"] == 0,
        order,
        found,
    )
    side, price, time_ns = moves.side[at], rows["price"][at], rows["time_ns"][at]
    last = rows["time_ns"][-1] if len(rows) else 0
    ended = np.where(found.end_row == NIL, last, rows["time_ns"][found.end_row] if len(at) else last)
    sign = np.where(side == Side.BUY, 1, -1)
    own = keys_to_ticks(moves.prices, side, found.own_best)
    opposite = keys_to_ticks(moves.prices, 1 - side, found.opposite_best)
    return Placements(
        order_id=rows["order_id"][at],
        side=side,
        price_ticks=price,
        qty_lots=rows["qty"][at],
        row=at,
        first_fill_row=found.first_fill_row,
        end_row=found.end_row,
        time_ns=time_ns,
        first_fill_ns=values_at(rows["time_ns"], found.first_fill_row) - time_ns,
        stay_ns=(ended - time_ns).astype(np.float64),
        ahead_lots=found.ahead_lots,
        ahead_orders=found.ahead_orders,
        behind_touch_ticks=sign * (own - price),
        from_opposite_ticks=sign * (opposite - price),
        filled_lots=found.filled_lots,
        end=found.end,
        opening=at < opening,
    )
