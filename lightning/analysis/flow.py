"""BOOK_EVENT: everything that happened to one symbol's visible book, in order; what every measure reads.

Prices are ticks, quantities lots, times ns. What an order did while it came in is in the rows of those it
traded with; what is left of it is ADDED behind them.
"""

from enum import IntEnum

import numpy as np


class BookEventKind(IntEnum):
    ADDED = 1
    """An order, or the next slice of an iceberg, behind all others at its price."""
    CHANGED = 2
    """Another quantity, in its place, without a trade."""
    REMOVED = 3
    """Without a trade: canceled, expired, amended to another place, or a slice that is used up."""
    TRADED = 4
    """Part or all of a resting order, with the order that came in."""


BOOK_EVENT = np.dtype(
    [
        ("seq", "<i8"),  # of the command
        ("time_ns", "<i8"),  # since 1970
        ("order_id", "<i8"),  # of the resting order
        ("account", "<i8"),  # whose it is; 0: not known
        ("price", "<i8"),  # ticks
        ("qty", "<i8"),  # lots shown afterwards; 0: it is gone
        ("delta", "<i8"),  # lots: shown afterwards less shown before
        ("trade_id", "<i8"),  # of TRADED; else 0
        ("taker_order_id", "<i8"),  # of TRADED; else 0
        ("taker_account", "<i8"),  # of TRADED; 0: not known
        ("kind", "u1"),  # BookEventKind
        ("side", "u1"),  # Side of the resting order
        ("pad", "u1", (6,)),
    ]
)
assert BOOK_EVENT.itemsize == 88
