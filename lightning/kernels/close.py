"""How orders end with something open: taken out of the book, or never resting."""

import numpy as np

from lightning.codes import EventKind, OrderTerms, RejectReason, Side
from lightning.kernels.events import emit_money, emit_order, mark
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.order import WAS_EXPIRED, is_by_amount, is_extended, mark_canceled, terms_of
from lightning.kernels.queue import dequeue, ladder_of, refill
from lightning.kernels.registry import order_free, unregister
from lightning.kernels.settle import hold_of, release_order
from lightning.kernels.stops import unpend


@kernel
def remember(st, shard, slot, time):
    """Keep a copy of an order that ends, for queries; matching alone keeps none."""
    if st.globals[0].ledger != 0:
        books = st.books
        head = books.head[shard]
        order = books.orders[shard, slot]
        order.update_time = time
        place = head.closed_used & (books.closed.shape[1] - 1)
        books.closed[shard, place] = order
        if is_extended(order):
            books.closed_details[shard, place] = books.details[shard, slot]
        head.closed_used += 1


@kernel
def retire(st, shard, slot, time):
    """Forget an order that has left its level."""
    remember(st, shard, slot, time)
    unregister(st.books, st.globals[0].secret, shard, slot)
    order_free(st.books, shard, slot)


@kernel
def _rests(books, shard, slot):
    return books.orders[shard, slot].level != NIL and books.details[shard, slot].pending == 0


@kernel
def link(books, shard, one, other):
    """Let two orders take each other along."""
    books.details[shard, one].sibling = other
    books.details[shard, one].sibling_id = books.orders[shard, other].order_id
    books.details[shard, other].sibling = one
    books.details[shard, other].sibling_id = books.orders[shard, one].order_id
    for slot in (np.int64(one), np.int64(other)):
        if _rests(books, shard, slot):
            ladder_of(books, shard, books.orders[shard, slot]).linked += 1


@entry
def unlink(books, shard, slot):
    """Part an order from its sibling. Returns the sibling's slot, NIL: it has none."""
    sibling = np.int64(books.details[shard, slot].sibling)
    if sibling == NIL:
        return sibling
    for one in (np.int64(slot), sibling):
        if _rests(books, shard, one):
            ladder_of(books, shard, books.orders[shard, one]).linked -= 1
        books.details[shard, one].sibling = NIL
        books.details[shard, one].sibling_id = 0
    return sibling


@entry
def close_one(st, out, index, seq, time, shard, slot, reason, kind, linked):
    """End an extended order that has no sibling any more, wherever it is.

    kind : EventKind CANCELED or EXPIRED; linked : OrderTerms.LINKED if it had one until now, else 0
    """
    books = st.books
    order = books.orders[shard, slot]
    detail = books.details[shard, slot]
    book = books.books[shard, order.book]
    if kind == EventKind.EXPIRED:
        order.flags = np.int64(order.flags) | WAS_EXPIRED
    else:
        mark_canceled(order)
    terms = terms_of(order, detail) | linked
    taken = order.leaves
    released = release_order(st, out, shard, book, order, taken, 1)
    if detail.pending != 0:
        unpend(books, shard, slot)
    elif order.level != NIL:
        dequeue(books, shard, slot)
    order.leaves = 0
    detail.hidden = 0
    event = emit_order(out, index, seq, kind, books, shard, book, slot, taken)
    event.order_terms = terms
    emit_money(event, st.globals[0].ledger, book, order.side, released)
    mark(event, reason, reason == RejectReason.SELF_TRADE_PREVENTION or reason == RejectReason.LINKED)
    retire(st, shard, slot, time)


@kernel
def _close_linked(st, out, index, seq, time, shard, sibling):
    """Cancel the order that another one took along."""
    reason = np.int64(RejectReason.LINKED)
    alone = np.int64(0)
    close_one(st, out, index, seq, time, shard, sibling, reason, np.int64(EventKind.CANCELED), alone)


@entry
def close_sibling(st, out, index, seq, time, shard, slot):
    """If the order has a sibling, part them and cancel that."""
    sibling = unlink(st.books, shard, slot)
    if sibling != NIL:
        _close_linked(st, out, index, seq, time, shard, sibling)


@entry
def close_extended(st, out, index, seq, time, shard, slot, reason, kind):
    """End an extended order, and its sibling after it."""
    sibling = unlink(st.books, shard, slot)
    linked = np.int64(0 if sibling == NIL else OrderTerms.LINKED)
    close_one(st, out, index, seq, time, shard, slot, reason, kind, linked)
    if sibling != NIL:
        _close_linked(st, out, index, seq, time, shard, sibling)


@entry
def end_extended(st, out, index, seq, time, shard, slot):
    """Forget an extended order that is in no level any more; its sibling goes."""
    sibling = unlink(st.books, shard, slot)
    retire(st, shard, slot, time)
    if sibling != NIL:
        _close_linked(st, out, index, seq, time, shard, sibling)


@entry
def after_fill(st, out, index, seq, time, shard, slot):
    """An extended order was hit: it ends, or shows its next slice; its sibling goes."""
    books = st.books
    order = books.orders[shard, slot]
    sibling = unlink(books, shard, slot)
    if order.leaves == 0:
        dequeue(books, shard, slot)
        retire(st, shard, slot, time)
    else:
        order.update_time = time
        refill(books, shard, slot)
    if sibling != NIL:
        _close_linked(st, out, index, seq, time, shard, sibling)


@kernel
def close_maker(st, out, index, seq, time, shard, book, slot, reason):
    """Take an open order out of the book: its row, its hold, its place."""
    books = st.books
    order = books.orders[shard, slot]
    if is_extended(order):
        close_extended(
            st, out, index, seq, time, shard, np.int64(slot), np.int64(reason), np.int64(EventKind.CANCELED)
        )
        return
    mark_canceled(order)
    taken = order.leaves
    released = release_order(st, out, shard, book, order, taken, 1)
    dequeue(books, shard, slot)
    order.leaves = 0
    event = emit_order(out, index, seq, EventKind.CANCELED, books, shard, book, slot, taken)
    emit_money(event, st.globals[0].ledger, book, order.side, released)
    mark(event, reason, reason == RejectReason.SELF_TRADE_PREVENTION)
    retire(st, shard, slot, time)


@kernel
def end_order(st, out, index, seq, shard, book, slot, end, unspent):
    """Say why an order that does not rest ended with something open.

    unspent : what a market buy did not spend of its hold
    """
    order = st.books.orders[shard, slot]
    if is_by_amount(order):
        order.leaves = 0
        order.qty = order.filled
        if end == RejectReason.INSUFFICIENT_FUNDS and order.filled > 0:
            return
    elif order.leaves == 0:
        return
    mark_canceled(order)
    taken = order.leaves
    released = unspent
    if st.globals[0].ledger != 0 and (order.price != 0 or order.side == Side.SELL):
        released = hold_of(book, order, order.leaves)
    order.leaves = 0
    event = emit_order(out, index, seq, EventKind.CANCELED, st.books, shard, book, slot, taken)
    emit_money(event, st.globals[0].ledger, book, order.side, released)
    mark(event, end, False)
