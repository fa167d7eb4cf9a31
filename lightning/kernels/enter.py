"""An order that is registered already comes into its book: it trades, then rests or ends."""

import numpy as np

from lightning.codes import (
    CommandFlag,
    EventKind,
    OrderType,
    RejectReason,
    Side,
    SymbolStatus,
    TimeInForce,
)
from lightning.kernels.close import close_extended, close_sibling, end_extended, end_order, retire
from lightning.kernels.events import emit_order, mark_consequences
from lightning.kernels.fill_or_kill import can_fill
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.match import take
from lightning.kernels.order import (
    NO_BUDGET,
    band_of,
    is_extended,
    limit_of,
    may_rest,
    stp_of,
    would_trade,
)
from lightning.kernels.queue import enqueue, hide
from lightning.kernels.settle import hold_of, settle_taker
from lightning.kernels.stops import best_pending, triggers, unpend


@kernel
def _trader_slots(books, shard, order):
    """Its account's (base, quote) balances, and whether that has orders on the other side."""
    if order.trader == NIL:
        return np.int64(NIL), np.int64(NIL), False
    trader = books.traders[shard, order.trader]
    own = (trader.sells if order.side == Side.BUY else trader.buys) > 0
    return np.int64(trader.base_slot), np.int64(trader.quote_slot), own


@kernel
def come_in(st, out, index, seq, time, shard, slot):
    """Trade what crosses; what is left rests at the back of its price or ends."""
    books = st.books
    order = books.orders[shard, slot]
    book = books.books[shard, order.book]
    base_slot, quote_slot, own = _trader_slots(books, shard, order)
    held = np.int64(0)
    if st.globals[0].ledger != 0:
        held = hold_of(book, order, order.leaves)
    end = np.int64(RejectReason.NO_LIQUIDITY)
    filled = np.int64(0)
    quote = np.int64(0)
    fee = np.int64(0)
    if book.status != SymbolStatus.AUCTION:
        stp = stp_of(order)
        limit = limit_of(book, order)
        budget = np.int64(NO_BUDGET)
        if order.tif != TimeInForce.FOK or can_fill(st, shard, order, stp, own, budget, limit):
            end, filled, quote, fee = take(
                st, out, index, seq, time, shard, np.int64(slot), stp, own, budget, held, limit
            )
    rests = end == RejectReason.NO_LIQUIDITY and may_rest(order)
    released = held
    if rests and st.globals[0].ledger != 0:
        released -= hold_of(book, order, order.leaves)
    slots = (base_slot, quote_slot)
    settle_taker(st, out, book, order, slots, released, filled, quote, fee, 0 if rests else 1)
    if filled > 0 and is_extended(order):
        close_sibling(st, out, index, seq, time, shard, np.int64(slot))
    if rests:
        if is_extended(order):
            hide(books, shard, slot)
        enqueue(books, shard, slot)
        return
    end_order(st, out, index, seq, shard, book, slot, end, np.int64(0))
    if is_extended(order):
        end_extended(st, out, index, seq, time, shard, np.int64(slot))
    else:
        retire(st, shard, slot, time)


@entry
def enter(st, out, index, seq, time, shard, slot):
    """`come_in`, as a call."""
    come_in(st, out, index, seq, time, shard, np.int64(slot))


@entry
def trigger(st, out, index, seq, time, shard, slot):
    """A stop has its price: it is a market or limit order from now on (RULES 9).

    Returns its slot, for `enter`; NIL: it may not enter and has ended.
    """
    books = st.books
    order = books.orders[shard, slot]
    book = books.books[shard, order.book]
    unpend(books, shard, slot)
    order.update_time = time
    emit_order(out, index, seq, EventKind.TRIGGERED, books, shard, book, slot, order.leaves)
    if order.type != OrderType.STOP_LIMIT:
        return np.int64(slot)
    low, high = band_of(book)
    reason = np.int64(RejectReason.NONE)
    if order.price < low or order.price > high:
        reason = np.int64(RejectReason.PRICE_BAND)
    elif np.int64(order.flags) & CommandFlag.POST_ONLY and would_trade(books, shard, order):
        reason = np.int64(RejectReason.WOULD_CROSS)
    if reason == RejectReason.NONE:
        return np.int64(slot)
    close_extended(st, out, index, seq, time, shard, np.int64(slot), reason, np.int64(EventKind.CANCELED))
    return np.int64(NIL)


@entry
def finish(st, out, index, seq, time, shard, book_slot, slot):
    """Let the order of a command enter, if there is one; then set stops off, best first, until none is left.

    slot : of the order, or NIL. The rows of the stops are consequences (RULES 8).
    """
    book = st.books.books[shard, book_slot]
    first = out.cursor[0]
    consequence = slot == NIL
    while slot != NIL or triggers(book):
        if slot != NIL:
            enter(st, out, index, seq, time, shard, np.int64(slot))
        if not consequence:
            first = out.cursor[0]
            consequence = True
        slot = np.int64(NIL)
        if triggers(book):
            side = np.int64(Side.BUY if book.last_price >= book.buy_trigger else Side.SELL)
            slot = trigger(st, out, index, seq, time, shard, best_pending(st.books, shard, book_slot, side))
    mark_consequences(out, first)
