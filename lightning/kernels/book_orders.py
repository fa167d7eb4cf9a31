"""One symbol's book as everybody may see it, order by order, followed through EVENT rows alone.

An order that comes in is held back while its own rows go by: what they leave of it rests behind all others.
The rows do not tell how much an iceberg shows; its command does.
"""

import numpy as np

from lightning.codes import EventFlag, EventKind, OrderTerms
from lightning.kernels.followed import BookOrderAction, followed_find, followed_forget, followed_insert
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL

CHANGES_PER_EVENT = 5
"""Most rows that one event makes: an order that was held back, and two icebergs that trade a slice."""
ORDERS_PER_EVENT = 2
"""Most orders that one event adds: the one that was held back, and an iceberg that waits."""


@kernel
def _write(book, changes, action, order, qty, event):
    """What is shown of the order from now on; `event` is the row that says so."""
    head = book.head[0]
    row = changes[head.changes]
    head.changes += 1
    row.order_id = order.order_id
    row.price = order.price
    row.qty = qty
    row.delta = qty - order.told
    order.told = qty
    row.event = event
    row.action = action
    row.side = order.side


@kernel
def _add(book, changes, slot, event):
    """Put an order behind all others at its price, with as much as it may show."""
    head = book.head[0]
    order = book.orders[slot]
    head.places += 1
    order.place = head.places
    order.shown = min(order.display_qty, order.leaves) if order.display_qty > 0 else order.leaves
    _write(book, changes, BookOrderAction.ADDED, order, order.shown, event)


@kernel
def _remove(book, changes, slot):
    """The order is gone; of a stop that waited nobody saw anything."""
    if book.orders[slot].place != 0:
        _write(book, changes, BookOrderAction.REMOVED, book.orders[slot], 0, book.head[0].event)
    followed_forget(book, slot)


@kernel
def _take(book, changes, order_id, qty, leaves):
    """`qty` of what an order shows is gone, `leaves` are open; an iceberg's next slice goes to the back."""
    slot = followed_find(book, order_id)
    if slot == NIL:
        book.head[0].lost = order_id
        return
    order = book.orders[slot]
    order.leaves = leaves
    order.shown -= qty
    if leaves == 0:
        _remove(book, changes, slot)
    elif order.shown == 0:
        _write(book, changes, BookOrderAction.REMOVED, order, 0, book.head[0].event)
        _add(book, changes, slot, book.head[0].event)
    else:
        _write(book, changes, BookOrderAction.CHANGED, order, order.shown, book.head[0].event)


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
        slot = followed_insert(book, head.incoming, head.side, head.price, head.leaves, head.display_qty)
        _add(book, changes, slot, head.own_event)
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
        followed_insert(book, event.order_id, event.side, event.price, event.leaves_qty, display_qty)


@kernel
def _trigger(book, event):
    display_qty = np.int64(0)
    if _is_iceberg(event):
        slot = followed_find(book, event.order_id)
        if slot == NIL:
            book.head[0].lost = event.order_id
            return
        display_qty = book.orders[slot].display_qty
        followed_forget(book, slot)
    _come_in(book.head[0], event, display_qty)


@kernel
def _amend(book, changes, event):
    """A smaller quantity is taken from what is hidden first, and keeps the place; else it comes in anew."""
    if _is_pending(event):
        return
    slot = followed_find(book, event.order_id)
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
        _write(book, changes, BookOrderAction.CHANGED, order, order.shown, book.head[0].event)


@kernel
def _end(book, changes, event):
    if event.order_id == book.head[0].incoming:
        book.head[0].incoming = 0
        return
    slot = followed_find(book, event.order_id)
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
    if event.order_id == book.head[0].incoming:
        book.head[0].own_event = book.head[0].event


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
            book.head[0].event = i
            _follow_event(book, changes, event, commands, first_seq)
    if not _has_room(book, changes):
        return count
    _settle_down(book, changes)
    return count + 1


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
