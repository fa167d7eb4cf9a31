"""One symbol's book as everybody may see it, order by order, followed through EVENT rows alone.

An order that comes in is held back while its own rows go by: what they leave of it rests behind all others.
The rows do not tell how much an iceberg shows; its command does.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from lightning.codes import EventFlag, EventKind, OrderTerms
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
        ("action", "u1"),  # BookOrderAction
        ("side", "u1"),  # Side
        ("pad", "<i2", (3,)),
    ]
)
assert BOOK_CHANGE.itemsize == 32
CHANGES_PER_EVENT = 5
"""Most rows that one event makes: an order that was held back, and two icebergs that trade a slice."""
ORDERS_PER_EVENT = 2
"""Most orders that one event adds: the one that was held back, and an iceberg that waits."""

FOLLOWED_ORDER = np.dtype(
    [
        ("order_id", "<i8"),  # 0: a free row
        ("price", "<i8"),  # ticks
        ("leaves", "<i8"),  # lots open
        ("shown", "<i8"),  # lots of them that everybody may see
        ("display_qty", "<i8"),  # lots shown at most; 0: all
        ("place", "<i8"),  # the larger, the farther behind at its price; 0: a stop that waits
        ("next", "<i4"),  # next free row
        ("side", "u1"),
        ("pad", "u1", (11,)),
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
        ("incoming", "<i8"),  # order_id of the order whose own rows go by; 0: none
        ("seq", "<i8"),  # of these rows
        ("price", "<i8"),  # of the incoming order, as is what follows
        ("leaves", "<i8"),
        ("display_qty", "<i8"),
        ("side", "<i8"),
    ]
)
assert FOLLOWED_HEAD.itemsize == 112


class FollowedBook(NamedTuple):
    """The visible orders of one symbol, and the icebergs that may become visible."""

    head: np.ndarray  # (1,) FOLLOWED_HEAD
    orders: np.ndarray  # (n,) FOLLOWED_ORDER
    index: np.ndarray  # (1, 2 * n) INDEX by order_id


@kernel
def _find(book, order_id):
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
def _insert(book, order_id, side, price, leaves, display_qty):
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
    order.display_qty = display_qty
    order.place = 0
    order.side = side
    index_insert(book.index, 0, hash_id(head.secret, 0, order_id), slot)
    return slot


@kernel
def _forget(book, slot):
    head = book.head[0]
    order = book.orders[slot]
    index_remove(book.index, 0, hash_id(head.secret, 0, order.order_id), slot)
    order.order_id = 0
    order.next = head.orders_free
    head.orders_free = slot
    head.orders_live -= 1


@kernel
def _write(book, changes, action, order, qty):
    head = book.head[0]
    row = changes[head.changes]
    head.changes += 1
    row.order_id = order.order_id
    row.price = order.price
    row.qty = qty
    row.action = action
    row.side = order.side


@kernel
def _add(book, changes, slot):
    """Put an order behind all others at its price, with as much as it may show."""
    head = book.head[0]
    order = book.orders[slot]
    head.places += 1
    order.place = head.places
    order.shown = min(order.display_qty, order.leaves) if order.display_qty > 0 else order.leaves
    _write(book, changes, BookOrderAction.ADDED, order, order.shown)


@kernel
def _remove(book, changes, slot):
    """The order is gone; of a stop that waited nobody saw anything."""
    if book.orders[slot].place != 0:
        _write(book, changes, BookOrderAction.REMOVED, book.orders[slot], 0)
    _forget(book, slot)


@kernel
def _take(book, changes, order_id, qty, leaves):
    """`qty` of what an order shows is gone, `leaves` are open; an iceberg's next slice goes to the back."""
    slot = _find(book, order_id)
    if slot == NIL:
        book.head[0].lost = order_id
        return
    order = book.orders[slot]
    order.leaves = leaves
    order.shown -= qty
    if leaves == 0:
        _remove(book, changes, slot)
    elif order.shown == 0:
        _write(book, changes, BookOrderAction.REMOVED, order, 0)
        _add(book, changes, slot)
    else:
        _write(book, changes, BookOrderAction.CHANGED, order, order.shown)


@kernel
def _come_in(head, event, display_qty):
    """Hold an order back until its own rows have gone by."""
    head.incoming = event.order_id
    head.seq = event.seq
    head.price = event.price
    head.leaves = event.leaves_qty
    head.display_qty = display_qty
    head.side = event.side


@kernel
def _settle_down(book, changes):
    """What is left of the incoming order rests: one that may not has a row that says how it ended."""
    head = book.head[0]
    if head.incoming != 0 and head.leaves != 0:
        _add(
            book, changes, _insert(book, head.incoming, head.side, head.price, head.leaves, head.display_qty)
        )
    head.incoming = 0


@kernel
def _is_of_incoming(head, event):
    """Is the row about what the incoming order did or met?"""
    if event.seq != head.seq:
        return False
    return event.order_id == head.incoming or np.int64(event.flags) & EventFlag.MAKER != 0


@kernel
def _is_iceberg(event):
    return np.int64(event.order_terms) & OrderTerms.ICEBERG != 0


@kernel
def _is_pending(event):
    return np.int64(event.order_terms) & OrderTerms.PENDING != 0


@kernel
def _accept(book, event, commands, first_seq):
    display_qty = np.int64(0)
    if _is_iceberg(event):
        display_qty = commands[event.order_id - first_seq].display_qty  # an order's id is its command's seq
    if not _is_pending(event):
        _come_in(book.head[0], event, display_qty)
    elif display_qty != 0:
        _insert(book, event.order_id, event.side, event.price, event.leaves_qty, display_qty)


@kernel
def _trigger(book, event):
    display_qty = np.int64(0)
    if _is_iceberg(event):
        slot = _find(book, event.order_id)
        if slot == NIL:
            book.head[0].lost = event.order_id
            return
        display_qty = book.orders[slot].display_qty
        _forget(book, slot)
    _come_in(book.head[0], event, display_qty)


@kernel
def _amend(book, changes, event):
    """A smaller quantity is taken from what is hidden first, and keeps the place; else it comes in anew."""
    if _is_pending(event):
        return
    slot = _find(book, event.order_id)
    if slot == NIL:
        book.head[0].lost = event.order_id
        return
    order = book.orders[slot]
    if event.price != order.price or event.leaves_qty > order.leaves:
        display_qty = order.display_qty
        _remove(book, changes, slot)
        _come_in(book.head[0], event, display_qty)
        return
    order.leaves = event.leaves_qty
    if order.shown > order.leaves:
        order.shown = order.leaves
        _write(book, changes, BookOrderAction.CHANGED, order, order.shown)


@kernel
def _end(book, changes, event):
    if event.order_id == book.head[0].incoming:
        book.head[0].incoming = 0
        return
    slot = _find(book, event.order_id)
    if slot != NIL:
        _remove(book, changes, slot)


@kernel
def _trade(book, changes, event):
    """In an uncross both orders rest."""
    _take(book, changes, event.maker_order_id, event.qty, event.maker_leaves_qty)
    if event.order_id == book.head[0].incoming:
        book.head[0].leaves = event.leaves_qty
    else:
        _take(book, changes, event.order_id, event.qty, event.leaves_qty)


@kernel
def _reduce(book, changes, event):
    if np.int64(event.flags) & EventFlag.MAKER:
        _take(book, changes, event.order_id, event.qty, event.leaves_qty)
    else:
        book.head[0].leaves = event.leaves_qty


@kernel
def _follow_event(book, changes, event, commands, first_seq):
    if not _is_of_incoming(book.head[0], event):
        _settle_down(book, changes)
    kind = event.kind
    if kind == EventKind.TRADE:
        _trade(book, changes, event)
    elif kind == EventKind.ACCEPTED:
        _accept(book, event, commands, first_seq)
    elif kind == EventKind.CANCELED or kind == EventKind.EXPIRED:
        _end(book, changes, event)
    elif kind == EventKind.AMENDED:
        _amend(book, changes, event)
    elif kind == EventKind.REDUCED:
        _reduce(book, changes, event)
    elif kind == EventKind.TRIGGERED:
        _trigger(book, event)


@kernel
def _is_about_an_order(event):
    """May the row have changed a book?"""
    if np.int64(event.flags) & EventFlag.REPLAYED:
        return False
    return EventKind.ACCEPTED <= event.kind <= EventKind.REDUCED and event.kind != EventKind.REJECTED


@kernel
def _has_room(book, changes):
    head = book.head[0]
    return (
        head.orders_live + ORDERS_PER_EVENT <= book.orders.shape[0]
        and head.changes + CHANGES_PER_EVENT <= changes.shape[0]
    )


@entry
def follow(book, changes, events, commands, first_seq, start):
    """Bring the book on by the events of a batch from `start` on, those of its symbol.

    events : (n,) EVENT; commands : (m,) COMMAND, the batch, whose first has `first_seq`
    Returns the event before which there was no room, n behind the last one; n + 1: all is done.
    """
    count = events.shape[0]
    for i in range(start, count):
        event = events[i]
        if event.symbol == book.head[0].symbol and _is_about_an_order(event):
            if not _has_room(book, changes):
                return i
            _follow_event(book, changes, event, commands, first_seq)
    if not _has_room(book, changes):
        return count
    _settle_down(book, changes)
    return count + 1


@entry
def index_orders(book):
    """Make every order of a book findable whose index is empty and which has no free row among those used."""
    head = book.head[0]
    for slot in range(head.orders_used):
        index_insert(book.index, 0, hash_id(head.secret, 0, book.orders[slot].order_id), slot)


@entry
def gather_touched(events, seen, symbols):
    """Symbols whose book or status these events may have changed into `symbols`, each once. Returns how many.

    seen : zeroed int32, a power of two and more than there are events; symbols : (len(events),) int32
    """
    mask = seen.shape[0] - 1
    count = 0
    last = 0
    for i in range(events.shape[0]):
        event = events[i]
        symbol = event.symbol
        if symbol == last or not (_is_about_an_order(event) or event.kind == EventKind.SYMBOL_STATUS_CHANGED):
            continue
        last = symbol
        place = symbol & mask
        while seen[place] != 0 and seen[place] != symbol:
            place = (place + 1) & mask
        if seen[place] == 0:
            seen[place] = symbol
            symbols[count] = symbol
            count += 1
    return count
