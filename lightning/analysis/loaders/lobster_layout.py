"""The tables with which LOBSTER messages become commands."""

from enum import IntEnum
from typing import NamedTuple

import numpy as np


class LobsterType(IntEnum):
    """Column 2 of a message file."""

    SUBMISSION = 1
    PARTIAL_CANCEL = 2
    DELETION = 3
    EXECUTION = 4
    HIDDEN_EXECUTION = 5
    CROSS_TRADE = 6
    HALT = 7


class Problem(IntEnum):
    """What a message contradicts."""

    DUPLICATE_ORDER = 1
    WOULD_TRADE = 2
    UNKNOWN_ORDER = 3
    OTHER_LEVEL = 4
    SIZE_TOO_LARGE = 5
    SIZE_LEFT = 6
    NOT_BEST = 7
    NOT_FIRST = 8
    LEVEL_DIFFERS = 9
    LEVEL_TOO_SMALL = 10


MESSAGE = np.dtype(
    [
        ("id", "<i8"),  # number of its order id among all ids; NIL: names no order
        ("size", "<i8"),  # shares
        ("price", "<i8"),  # as in the file
        ("level", "<i8"),  # 2 * (number of its price among all prices) + side
        ("reveal", "<i8"),  # the reveal with which the level's present came into sight; NIL: none
        ("type", "u1"),  # LobsterType
        ("side", "u1"),  # Side of the resting order
        ("pad", "u1", (6,)),
    ]
)
REVEAL = np.dtype(  # a level comes into sight that orders are in: at the beginning, or as others are used up
    [
        ("row", "<i8"),  # of the order book file, behind whose message; NIL: before the first message
        ("level", "<i8"),
        ("qty", "<i8"),
        ("named", "<i8"),  # first of its rows in NAMED
        ("named_count", "<i8"),
    ]
)
NAMED = np.dtype(  # an order that was in a level when it came into sight, as later messages tell
    [
        ("reveal", "<i8"),
        ("id", "<i8"),
        ("qty", "<i8"),  # at least
        ("deleted", "<i8"),  # 1: exactly
    ]
)
LEVEL = np.dtype(
    [
        ("qty", "<i8"),
        ("reveal", "<i8"),  # the last one; NIL: none
        ("seen", "<i8"),  # row at which it last came into sight
        ("head", "<i4"),  # first order
        ("tail", "<i4"),
    ]
)
ORDER = np.dtype(
    [
        ("client_order_id", "<i8"),
        ("leaves", "<i8"),
        ("level", "<i8"),
        ("id", "<i8"),  # NIL: an order of whom only the quantity is known
        ("prev", "<i4"),
        ("next", "<i4"),
    ]
)
STEP = np.dtype(  # one command, and what must come of it
    [
        ("line", "<i8"),  # 0: the opening book
        ("price", "<i8"),  # as in the file
        ("qty", "<i8"),
        ("client_order_id", "<i8"),
        ("maker_client_order_id", "<i8"),  # of an execution: who must be filled
        ("left", "<i8"),  # of a cancel
        ("kind", "u1"),  # CommandKind
        ("side", "u1"),
        ("tif", "u1"),
        ("expect", "u1"),
        ("pad", "u1", (4,)),
    ]
)
FOUND = np.dtype([("line", "<i8"), ("problem", "<i8"), ("id", "<i8"), ("expected", "<i8"), ("got", "<i8")])
CURSOR = np.dtype(
    [
        ("steps", "<i8"),
        ("orders", "<i8"),
        ("found", "<i8"),
        ("client_order_id", "<i8"),  # the last that was made up
        ("row", "<i8"),  # whose message is at work; NIL: the opening book
        ("told", "<i8"),  # 1: a problem of this message is told already
    ]
)


class Replica(NamedTuple):
    """The book that the exchange is to have, order by order."""

    levels: np.ndarray  # (2 * prices,) LEVEL
    orders: np.ndarray  # LEVEL's orders, each row used once
    slots: np.ndarray  # int64 by number of the id: its order; NIL: not in the book
    ids: np.ndarray  # int64: order ids of the file
    used: np.ndarray  # uint8 by number of the id: 1: was a client order id already
    prices: np.ndarray  # int64 ascending, as in the file
    steps: np.ndarray  # STEP, written
    found: np.ndarray  # FOUND, written
    cursor: np.ndarray  # (1,) CURSOR
