"""Where the orders of one followed book are kept, and how they are found; the rows of what changes in it."""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from lightning.kernels.index import hash_id, index_insert, index_remove
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL


class BookOrderAction(IntEnum):
    ADDED = 1
    """Behind all others at its price."""
    CHANGED = 2
    """Another quantity, in its place."""
    REMOVED = 3


BOOK_CHANGE = np.dtype(
    [
        ("order_id", "<i8"),
        ("price", "<i8"),  # ticks
        ("qty", "<i8"),  # lots shown; REMOVED: 0
        ("delta", "<i8"),  # lots shown now less those shown before
        ("event", "<i4"),  # index of the EVENT row that caused it (came in: its own last one); NIL: none
        ("action", "u1"),  # BookOrderAction
        ("side", "u1"),  # Side
        ("pad", "u1", (2,)),
    ]
)
assert BOOK_CHANGE.itemsize == 40
FOLLOWED_ORDER = np.dtype(
    [
        ("order_id", "<i8"),  # 0: a free row
        ("price", "<i8"),  # ticks
        ("leaves", "<i8"),  # lots open
        ("shown", "<i8"),  # lots of them that everybody may see
        ("display_qty", "<i8"),  # lots shown at most; 0: all
        ("place", "<i8"),  # the larger, the farther behind at its price; 0: a stop that waits
        ("told", "<i8"),  # lots shown, as the last row written says
        ("next", "<i4"),  # next free row
        ("side", "u1"),
        ("pad", "u1", (3,)),
    ]
)
assert FOLLOWED_ORDER.itemsize == 64

FOLLOWED_HEAD = np.dtype(
    [
        ("symbol", "<i8"),
        ("secret", "<i8"),  # of the index
        ("orders_used", "<i8"),
        ("orders_free", "<i8"),
        ("orders_live", "<i8"),
        ("places", "<i8"),  # given so far
        ("changes", "<i8"),  # rows written
        ("lost", "<i8"),  # order_id of one that is not there and should be; 0: none
        ("event", "<i8"),  # index of the EVENT row that is looked at
        ("incoming", "<i8"),  # order_id of the order whose own rows go by; 0: none
        ("seq", "<i8"),  # of these rows
        ("price", "<i8"),  # of the incoming order, as is what follows
        ("leaves", "<i8"),
        ("display_qty", "<i8"),
        ("side", "<i8"),
        ("own_event", "<i8"),  # index of the last of its own rows
    ]
)
assert FOLLOWED_HEAD.itemsize == 128


class FollowedBook(NamedTuple):
    """The visible orders of one symbol, and the icebergs that may become visible."""

    head: np.ndarray  # (1,) FOLLOWED_HEAD
    orders: np.ndarray  # (n,) FOLLOWED_ORDER
    index: np.ndarray  # (1, 2 * n) INDEX by order_id


@kernel
def followed_find(book, order_id):
    """Row of the order, or NIL."""
    hashed = hash_id(book.head[0].secret, 0, order_id)
    mask = book.index.shape[1] - 1
    i = hashed & mask
    while book.index[0, i].slot != 0:
        if book.index[0, i].hash == hashed:
            slot = np.int64(book.index[0, i].slot) - 1
            if book.orders[slot].order_id == order_id:
                return slot
        i = (i + 1) & mask
    return np.int64(NIL)


@kernel
def followed_insert(book, order_id, side, price, leaves, display_qty):
    """A row for an order that has no place yet; there must be room. Returns it."""
    head = book.head[0]
    slot = head.orders_free
    if slot == NIL:
        slot = head.orders_used
        head.orders_used = slot + 1
    else:
        head.orders_free = book.orders[slot].next
    head.orders_live += 1
    order = book.orders[slot]
    order.order_id = order_id
    order.price = price
    order.leaves = leaves
    order.shown = 0
    order.told = 0
    order.display_qty = display_qty
    order.place = 0
    order.side = side
    index_insert(book.index, 0, hash_id(head.secret, 0, order_id), slot)
    return slot


@kernel
def followed_forget(book, slot):
    head = book.head[0]
    order = book.orders[slot]
    index_remove(book.index, 0, hash_id(head.secret, 0, order.order_id), slot)
    order.order_id = 0
    order.next = head.orders_free
    head.orders_free = slot
    head.orders_live -= 1


@entry
def index_orders(book):
    """Make every order of a book findable whose index is empty and which has no free row among those used."""
    head = book.head[0]
    for slot in range(head.orders_used):
        index_insert(book.index, 0, hash_id(head.secret, 0, book.orders[slot].order_id), slot)
