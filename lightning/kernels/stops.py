"""Stops that wait for their price (RULES 8-10): entering, leaving, and which one triggers next.

Stops with a fixed price stand in ladders of their own, one a side, by stop price and then by age. Trailing
stops stand in groups (`trailing.py`).
"""

import numpy as np

from lightning.codes import OrderType, Side, SymbolStatus
from lightning.kernels.intrinsics import INT64_MAX
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.ladder import level_next
from lightning.kernels.layout import NIL
from lightning.kernels.order import may_rest
from lightning.kernels.queue import dequeue_stop, enqueue_stop, slices_of
from lightning.kernels.trailing import (
    gather_group,
    join_trail,
    leave_trail,
    root_of,
    root_stop,
    stop_behind,
)

STATIC = 1
TRAILING = 2


@kernel
def stop_of(books, shard, slot):
    """The stop price of an order, as it is now."""
    detail = books.details[shard, slot]
    if detail.pending != TRAILING:
        return detail.stop_price
    watermark = books.details[shard, root_of(books, shard, slot)].watermark
    return stop_behind(books.orders[shard, slot].side, watermark, detail.trail_amount)


@kernel
def best_pending(books, shard, book_slot, side):
    """Slot of the stop of one side that triggers first, or NIL."""
    ladder = books.stop_ladders[shard, 2 * book_slot + side]
    root = np.int64(books.trails[shard, 2 * book_slot + side].best)
    if ladder.best == NIL:
        return root
    level = books.levels[shard, ladder.best]
    first = np.int64(level.head)
    if root == NIL:
        return first
    stop = root_stop(books, shard, root)
    if stop != level.price:
        return root if (stop < level.price) == (side == Side.BUY) else first
    return root if books.orders[shard, root].order_id < books.orders[shard, first].order_id else first


@kernel
def _write_trigger(books, shard, book_slot, side):
    """Note the price at which the first stop of one side triggers."""
    book = books.books[shard, book_slot]
    first = best_pending(books, shard, book_slot, side)
    if side == Side.BUY:
        book.buy_trigger = stop_of(books, shard, first) if first != NIL else np.int64(INT64_MAX)
    else:
        book.sell_trigger = stop_of(books, shard, first) if first != NIL else np.int64(0)


@entry
def write_triggers(books, shard, book_slot):
    """After trailing stops have followed the price."""
    _write_trigger(books, shard, book_slot, np.int64(Side.BUY))
    _write_trigger(books, shard, book_slot, np.int64(Side.SELL))


@kernel
def _count_pending(books, shard, slot, sign):
    order = books.orders[shard, slot]
    book = books.books[shard, order.book]
    book.pending += sign
    if order.type == OrderType.TRAILING_STOP:
        book.trailing += sign
    if may_rest(order):
        books.head[shard].stops_to_rest += sign


@entry
def pend(books, shard, slot, watermark):
    """Let a stop wait. watermark : what a trailing stop follows so far, as near as any of its side"""
    order = books.orders[shard, slot]
    detail = books.details[shard, slot]
    if order.type == OrderType.TRAILING_STOP:
        detail.pending = TRAILING
        join_trail(books, shard, slot, watermark)
    else:
        detail.pending = STATIC
        enqueue_stop(books, shard, slot)
    _count_pending(books, shard, slot, 1)
    _write_trigger(books, shard, np.int64(order.book), np.int64(order.side))


@entry
def unpend(books, shard, slot):
    """A stop waits no longer; `stop_price` keeps the last of a trailing one."""
    order = books.orders[shard, slot]
    detail = books.details[shard, slot]
    if detail.pending == TRAILING:
        detail.stop_price = stop_of(books, shard, slot)
        leave_trail(books, shard, slot)
    else:
        dequeue_stop(books, shard, slot)
    detail.pending = 0
    _count_pending(books, shard, slot, -1)
    _write_trigger(books, shard, np.int64(order.book), np.int64(order.side))


@kernel
def resize_pending(books, shard, slot, qty):
    """Give a stop that waits another open quantity."""
    order = books.orders[shard, slot]
    detail = books.details[shard, slot]
    if detail.pending == STATIC:
        ladder = books.stop_ladders[shard, 2 * np.int64(order.book) + np.int64(order.side)]
        slices = slices_of(detail.display_qty, qty) - slices_of(detail.display_qty, order.leaves)
        ladder.slices += slices
        ladder.qty += qty - order.leaves
        books.levels[shard, order.level].qty += qty - order.leaves
    order.leaves = qty


@kernel
def triggers(book):
    """Is there a stop that the last price sets off?"""
    if book.last_price == 0 or book.status != SymbolStatus.TRADING:
        return False
    return book.last_price >= book.buy_trigger or book.last_price <= book.sell_trigger


@entry
def gather_pending(books, shard, ladder_slot, slots):
    """Slots of all that wait on one side of a book, in no order, into `slots`, int64. Returns how many.

    ladder_slot : 2 * book + side
    """
    mirrored = 1 - (ladder_slot & 1)
    count = np.int64(0)
    place = np.int64(books.stop_ladders[shard, ladder_slot].best)
    while place != NIL:
        slot = np.int64(books.levels[shard, place].head)
        while slot != NIL:
            slots[count] = slot
            count += 1
            slot = np.int64(books.orders[shard, slot].next)
        place = level_next(books, shard, mirrored, place)
    root = np.int64(books.trails[shard, ladder_slot].top)
    while root != NIL:
        count = gather_group(books, shard, root, slots, count)
        root = np.int64(books.details[shard, root].group_next)
    return count
