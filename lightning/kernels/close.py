"""How orders end with something open: taken out of the book, or never resting."""

from lightning.codes import EventKind, RejectReason, Side
from lightning.kernels.events import emit_money, emit_order, mark
from lightning.kernels.kernel import kernel
from lightning.kernels.order import is_by_amount, mark_canceled
from lightning.kernels.queue import dequeue, order_free, unregister
from lightning.kernels.settle import hold_of, release_order


@kernel
def remember(st, shard, slot, time):
    """Keep a copy of an order that ends, for queries; matching alone keeps none."""
    if st.globals[0].ledger != 0:
        books = st.books
        head = books.head[shard]
        order = books.orders[shard, slot]
        order.update_time = time
        books.closed[shard, head.closed_used & (books.closed.shape[1] - 1)] = order
        head.closed_used += 1


@kernel
def retire(st, shard, slot, time):
    """Forget an order that has left its level."""
    remember(st, shard, slot, time)
    unregister(st.books, st.globals[0].secret, shard, slot)
    order_free(st.books, shard, slot)


@kernel
def close_maker(st, out, index, seq, time, shard, book, slot, reason):
    """Take a resting order out of the book: its row, its hold, its place."""
    books = st.books
    order = books.orders[shard, slot]
    mark_canceled(order)
    taken = order.leaves
    released = release_order(st, out, shard, book, order, taken, 1)
    dequeue(books, shard, slot)
    order.leaves = 0
    event = emit_order(out, index, seq, EventKind.CANCELED, book, order, taken)
    emit_money(event, st.globals[0].ledger, book, order.side, released)
    mark(event, reason, reason == RejectReason.SELF_TRADE_PREVENTION)
    retire(st, shard, slot, time)


@kernel
def end_order(st, out, index, seq, book, order, end, unspent):
    """Say why an order that does not rest ended with something open.

    unspent : what a market buy did not spend of its hold
    """
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
    event = emit_order(out, index, seq, EventKind.CANCELED, book, order, taken)
    emit_money(event, st.globals[0].ledger, book, order.side, released)
    mark(event, end, False)
