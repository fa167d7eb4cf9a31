"""Orders in a book: rows, the FIFO of a level, and the lists of an account's open orders."""

import numpy as np

from lightning.kernels.kernel import kernel
from lightning.kernels.ladder import level_at, level_close
from lightning.kernels.layout import NIL
from lightning.kernels.order import is_extended


@kernel
def _join_level(books, shard, slot, ladder, side, price):
    """Put the order last in the queue of `price`, which is made if need be."""
    order = books.orders[shard, slot]
    place = level_at(books, shard, ladder, side, price)
    level = books.levels[shard, place]
    order.level = place
    _append(books, shard, slot, level)
    level.count += 1
    level.qty += order.leaves
    ladder.orders += 1
    ladder.qty += order.leaves


@kernel
def _append(books, shard, slot, level):
    order = books.orders[shard, slot]
    order.next = NIL
    order.prev = level.tail
    if level.tail == NIL:
        level.head = slot
    else:
        books.orders[shard, level.tail].next = slot
    level.tail = slot


@kernel
def _cut_out(books, shard, slot, level):
    order = books.orders[shard, slot]
    if order.prev == NIL:
        level.head = order.next
    else:
        books.orders[shard, order.prev].next = order.next
    if order.next == NIL:
        level.tail = order.prev
    else:
        books.orders[shard, order.next].prev = order.prev


@kernel
def _leave_level(books, shard, slot, ladder, side):
    """Take the order, with what is open of it, out of its level; an empty level is closed."""
    order = books.orders[shard, slot]
    place = np.int64(order.level)
    level = books.levels[shard, place]
    _cut_out(books, shard, slot, level)
    level.count -= 1
    level.qty -= order.leaves
    ladder.orders -= 1
    ladder.qty -= order.leaves
    order.level = NIL
    if level.count == 0:
        level_close(books, shard, ladder, side, place)


@kernel
def ladder_of(books, shard, order):
    """The ladder of the order's own side."""
    return books.ladders[shard, 2 * np.int64(order.book) + np.int64(order.side)]


@kernel
def enqueue(books, shard, slot):
    """Put the order last in the queue of its price."""
    order = books.orders[shard, slot]
    ladder = ladder_of(books, shard, order)
    _join_level(books, shard, slot, ladder, np.int64(order.side), order.price)
    if is_extended(order):
        _count_detail(books, shard, slot, 1)


@kernel
def dequeue(books, shard, slot):
    """Take the order, with what is open of it, out of its level; an empty level is closed."""
    order = books.orders[shard, slot]
    ladder = ladder_of(books, shard, order)
    if is_extended(order):
        _count_detail(books, shard, slot, -1)
    _leave_level(books, shard, slot, ladder, np.int64(order.side))


@kernel
def enqueue_stop(books, shard, slot):
    """Put a stop last in the queue of its stop price; the side is mirrored: buys trigger lowest first."""
    order = books.orders[shard, slot]
    ladder = books.stop_ladders[shard, 2 * np.int64(order.book) + np.int64(order.side)]
    detail = books.details[shard, slot]
    ladder.slices += slices_of(detail.display_qty, order.leaves)
    _join_level(books, shard, slot, ladder, 1 - np.int64(order.side), detail.stop_price)


@kernel
def dequeue_stop(books, shard, slot):
    """Undo `enqueue_stop`."""
    order = books.orders[shard, slot]
    ladder = books.stop_ladders[shard, 2 * np.int64(order.book) + np.int64(order.side)]
    ladder.slices -= slices_of(books.details[shard, slot].display_qty, order.leaves)
    _leave_level(books, shard, slot, ladder, 1 - np.int64(order.side))


@kernel
def slices_of(display_qty, qty):
    """How many slices `qty` lots make."""
    if display_qty <= 0:
        return np.int64(0)
    return qty // display_qty + (1 if qty % display_qty != 0 else 0)


@kernel
def _count_detail(books, shard, slot, sign):
    """The part of a resting order's detail that its level and ladder add up."""
    order = books.orders[shard, slot]
    detail = books.details[shard, slot]
    ladder = ladder_of(books, shard, order)
    if detail.display_qty > 0:
        books.hidden[shard, order.level] += sign * detail.hidden
        ladder.icebergs += sign
        ladder.slices += sign * slices_of(detail.display_qty, detail.hidden)
    if detail.sibling != NIL:
        ladder.linked += sign


@kernel
def shown_of(books, shard, slot):
    """Lots of a resting order that may trade before it loses its place."""
    order = books.orders[shard, slot]
    if is_extended(order):
        return order.leaves - books.details[shard, slot].hidden
    return order.leaves


@kernel
def hide(books, shard, slot):
    """Before an iceberg rests: all but its first slice is hidden."""
    detail = books.details[shard, slot]
    leaves = books.orders[shard, slot].leaves
    detail.hidden = leaves - min(detail.display_qty, leaves) if detail.display_qty > 0 else 0


@kernel
def _set_hidden(books, shard, slot, hidden):
    """Change what a resting order hides."""
    order = books.orders[shard, slot]
    detail = books.details[shard, slot]
    before = slices_of(detail.display_qty, detail.hidden)
    ladder_of(books, shard, order).slices += slices_of(detail.display_qty, hidden) - before
    books.hidden[shard, order.level] += hidden - detail.hidden
    detail.hidden = hidden


@kernel
def refill(books, shard, slot):
    """When an iceberg's slice is gone, the next one goes to the back of the level (RULES 11)."""
    order = books.orders[shard, slot]
    detail = books.details[shard, slot]
    if detail.hidden == 0 or order.leaves != detail.hidden:
        return
    _set_hidden(books, shard, slot, detail.hidden - min(detail.display_qty, detail.hidden))
    level = books.levels[shard, order.level]
    _cut_out(books, shard, slot, level)
    _append(books, shard, slot, level)


@kernel
def take_from(books, shard, slot, qty):
    """Take `qty` of what an order shows off it; something stays open."""
    order = books.orders[shard, slot]
    order.leaves -= qty
    books.levels[shard, order.level].qty -= qty
    ladder_of(books, shard, order).qty -= qty
    if is_extended(order):
        refill(books, shard, slot)


@kernel
def shrink(books, shard, slot, qty):
    """Take `qty` off an order in its place, hidden lots first; something stays open."""
    order = books.orders[shard, slot]
    order.leaves -= qty
    books.levels[shard, order.level].qty -= qty
    ladder_of(books, shard, order).qty -= qty
    if is_extended(order):
        hidden = books.details[shard, slot].hidden
        _set_hidden(books, shard, slot, hidden - min(hidden, qty))
