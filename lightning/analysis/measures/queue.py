"""Where an order stands in its queue, from the moment it enters until it is gone."""

from typing import NamedTuple

import numpy as np

from lightning.analysis.flow import BookEventKind
from lightning.analysis.measures.arrays import NIL, Ints, Rows
from lightning.analysis.measures.kernel import entry
from lightning.analysis.measures.levels import moves_of

ADDED = int(BookEventKind.ADDED)


class QueuePosition(NamedTuple):
    """After each of the rows that changed it or the order."""

    row: Ints
    """Index of the row."""
    time_ns: Ints
    lots_ahead: Ints
    """At its price, to be traded before it."""
    orders_ahead: Ints
    lots: Ints
    """Of the order, shown; 0: it is gone, and so is its position."""
    lots_behind: Ints
    orders_behind: Ints


@entry
def _follow(
    side: Ints,
    key: Ints,
    delta: Ints,
    kind: Ints,
    qty: Ints,
    order: Ints,
    target: int,
    lots_at: Ints,
    orders_at: Ints,
    entered: Ints,
    out: Ints,
) -> int:
    """lots_at, orders_at : (2, p) zeros; entered : (orders,) row at which each entered, NIL at first

    out : (rows, 6), the columns of QueuePosition but the time. Returns how many are written.
    """
    written = 0
    there = False
    one = level = since = ahead_lots = ahead_orders = own = np.int64(0)
    for i in range(len(side)):
        here, at, who = side[i], key[i], order[i]
        lots_at[here, at] += delta[i]
        if kind[i] == ADDED:
            entered[who] = i
            orders_at[here, at] += 1
        elif qty[i] == 0:
            orders_at[here, at] -= 1
        if who == target:
            if kind[i] == ADDED:
                one, level, since = here, at, np.int64(i)
                ahead_lots = lots_at[here, at] - delta[i]
                ahead_orders = orders_at[here, at] - 1
            there = qty[i] != 0
            own = qty[i]
        elif not there or here != one or at != level:
            continue
        elif entered[who] < since:
            ahead_lots += delta[i]
            if qty[i] == 0:
                ahead_orders -= 1
        out[written, 0] = i
        out[written, 1] = ahead_lots if there else 0
        out[written, 2] = ahead_orders if there else 0
        out[written, 3] = own
        out[written, 4] = lots_at[one, level] - ahead_lots - own if there else 0
        out[written, 5] = orders_at[one, level] - ahead_orders - 1 if there else 0
        written += 1
    return written


def queue_position(rows: Rows, order_id: int) -> QueuePosition:
    """Lots and orders ahead of an order, and behind it, while it rests.

    One that loses its place (amended, or the next slice of an iceberg) goes on at the back of its queue.
    Raises KeyError for an order that never rested.

    Definition: "A model for queue position valuation in a limit order book" (2016).
    """
    moves = moves_of(rows)
    ids, order = np.unique(rows["order_id"], return_inverse=True)
    target = int(np.searchsorted(ids, order_id))
    if target == len(ids) or ids[target] != order_id:
        raise KeyError(f"order {order_id} never rested in these rows")
    lots_at, orders_at = np.zeros((2, 2, len(moves.prices)), np.int64)
    out = np.empty((len(rows), 6), np.int64)
    count = _follow(
        moves.side,
        moves.key,
        moves.delta,
        rows["kind"].astype(np.int64),
        rows["qty"].astype(np.int64),
        order,
        target,
        lots_at,
        orders_at,
        np.full(len(ids), NIL),
        out,
    )
    row, ahead, orders_ahead, own, behind, orders_behind = np.ascontiguousarray(out[:count].T)
    return QueuePosition(row, rows["time_ns"][row], ahead, orders_ahead, own, behind, orders_behind)
