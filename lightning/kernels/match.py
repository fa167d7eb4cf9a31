"""Matching one incoming order against the other side of its book: price, then time (RULES 1, 2)."""

import numpy as np

from lightning.codes import EventKind, RejectReason, SelfTradePrevention, Side
from lightning.kernels.close import after_fill, close_maker, retire
from lightning.kernels.events import emit_money, emit_order, emit_trade, mark
from lightning.kernels.intrinsics import add_saturated
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.money import affordable, cost_of, notional_of
from lightning.kernels.order import NO_BUDGET, crosses, is_by_amount, is_extended, mark_canceled, worst_price
from lightning.kernels.queue import dequeue, ladder_of, shown_of, take_from
from lightning.kernels.settle import fees_of, hold_of, release_order, settle_fees, settle_maker
from lightning.kernels.stops import write_triggers
from lightning.kernels.trailing import follow


@entry
def _reduce_maker(st, out, index, seq, time, shard, book, slot, qty):
    """Decrement a resting order by `qty`: what it was ordered for is restated."""
    maker = st.books.orders[shard, slot]
    maker.qty -= qty
    if maker.leaves == qty:
        close_maker(st, out, index, seq, time, shard, book, slot, RejectReason.SELF_TRADE_PREVENTION)
        return
    released = release_order(st, out, shard, book, maker, qty, 0)
    take_from(st.books, shard, slot, qty)
    maker.update_time = time
    event = emit_order(out, index, seq, EventKind.REDUCED, st.books, shard, book, slot, qty)
    emit_money(event, st.globals[0].ledger, book, maker.side, released)
    mark(event, RejectReason.SELF_TRADE_PREVENTION, True)


@kernel
def _reduce_taker(st, out, index, seq, shard, book, slot, qty, unspent):
    """Decrement the incoming order by `qty`; its money is settled with its fills.

    unspent : what a market buy would give back if it ended now
    """
    taker = st.books.orders[shard, slot]
    released = np.int64(0)
    if st.globals[0].ledger != 0:
        if taker.price != 0 or taker.side == Side.SELL:
            released = hold_of(book, taker, taker.leaves) - hold_of(book, taker, taker.leaves - qty)
        elif taker.leaves == qty:
            released = unspent
    taker.leaves -= qty
    taker.qty -= qty
    if taker.leaves == 0:
        mark_canceled(taker)
    kind = EventKind.CANCELED if taker.leaves == 0 else EventKind.REDUCED
    event = emit_order(out, index, seq, kind, st.books, shard, book, slot, qty)
    emit_money(event, st.globals[0].ledger, book, taker.side, released)
    mark(event, RejectReason.SELF_TRADE_PREVENTION, False)


@kernel
def _fill(st, out, index, seq, time, shard, book, level, taker, slot, qty):
    """Trade `qty` with the order in `slot` at its price. Returns (notional, taker's fee, both fees)."""
    books = st.books
    maker = books.orders[shard, slot]
    notional = notional_of(book, level.price, qty)
    maker_fee, taker_fee = fees_of(notional, maker, taker)
    if st.globals[0].ledger != 0:
        settle_maker(st, out, shard, book, maker, qty, notional, maker_fee)
    count_fill(maker, qty, notional, maker_fee)
    count_fill(taker, qty, notional, taker_fee)
    ladder_of(books, shard, maker).qty -= qty
    level.qty -= qty
    print_trade(books, shard, book, taker, maker, level.price, qty, seq, time)
    left = np.int64(0) if is_by_amount(taker) else taker.leaves
    emit_trade(out, index, seq, book, taker, maker, level.price, qty, taker_fee, maker_fee, left)
    if is_extended(maker):
        after_fill(st, out, index, seq, time, shard, np.int64(slot))
    elif maker.leaves == 0:
        dequeue(books, shard, slot)
        retire(st, shard, slot, time)
    else:
        maker.update_time = time
    return notional, taker_fee, maker_fee + taker_fee


@kernel
def count_fill(order, qty, notional, fee):
    order.leaves -= qty
    order.filled += qty
    order.filled_quote = add_saturated(order.filled_quote, notional)
    order.fee = add_saturated(order.fee, fee)


@kernel
def print_trade(books, shard, book, taker, maker, price, qty, seq, time):
    """Last price, what follows it, trade count, and the trade itself into the ring of recent ones."""
    book.trades += 1
    if book.trailing != 0 and book.last_price != price:
        follow(books, shard, np.int64(maker.book), price)
        write_triggers(books, shard, np.int64(maker.book))
    book.last_price = price
    head = books.head[shard]
    place = head.trades_used
    head.trades_used = place + 1
    row = books.trades[shard, place & (books.trades.shape[1] - 1)]
    row.trade_id = book.trades
    row.price = price
    row.qty = qty
    row.maker_order_id = maker.order_id
    row.taker_order_id = taker.order_id
    row.seq = seq
    row.time = time
    row.before = min(place + 1 - book.last_trade, np.int64(0x7FFFFFFF)) if book.last_trade != 0 else 0
    row.taker_side = taker.side
    book.last_trade = place + 1


@kernel
def _why_not(books, shard, taker, best):
    """The reason why the walk ends at the level `best`: nobody there, or beyond the band."""
    if best != NIL and crosses(taker.side, books.levels[shard, best].price, worst_price(taker)):
        return np.int64(RejectReason.PRICE_BAND)
    return np.int64(RejectReason.NO_LIQUIDITY)


@kernel
def take(st, out, index, seq, time, shard, taker_slot, stp, own, budget, held, limit):
    """Walk the other side until the order's quantity, limit, money or self-trade mode ends it.

    limit : worst price, as `limit_of` says; own : does the account have orders on the other side?
    budget : money it may spend, NO_BUDGET = no bound; held : what it holds as it comes in
    Returns (why it ended: NONE = nothing left open; lots filled, notional and fee of this walk).
    """
    books = st.books
    taker = books.orders[shard, taker_slot]
    book = books.books[shard, taker.book]
    ladder = books.ladders[shard, 2 * np.int64(taker.book) + 1 - np.int64(taker.side)]
    filled = np.int64(0)
    quote = np.int64(0)
    fee = np.int64(0)
    fees = np.int64(0)
    end = np.int64(RejectReason.NONE)
    while taker.leaves != 0:
        if budget == 0 and is_by_amount(taker):
            end = np.int64(RejectReason.INSUFFICIENT_FUNDS)
            break
        best = ladder.best
        if best == NIL or not crosses(taker.side, books.levels[shard, best].price, limit):
            end = _why_not(books, shard, taker, best)
            break
        level = books.levels[shard, best]
        slot = np.int64(level.head)
        maker = books.orders[shard, slot]
        mine = own and maker.account == taker.account and stp != SelfTradePrevention.NONE
        if mine and stp != SelfTradePrevention.DECREMENT:
            if stp != SelfTradePrevention.CANCEL_TAKER:
                reason = RejectReason.SELF_TRADE_PREVENTION
                close_maker(st, out, index, seq, time, shard, book, slot, reason)
            if stp != SelfTradePrevention.CANCEL_MAKER:
                end = np.int64(RejectReason.SELF_TRADE_PREVENTION)
                break
            continue
        wanted = min(taker.leaves, shown_of(books, shard, slot))
        qty = wanted
        if budget != NO_BUDGET:
            qty = affordable(book, level.price, wanted, taker.taker_fee_ppm, budget)
            if qty == 0:
                end = np.int64(RejectReason.INSUFFICIENT_FUNDS)
                break
        if mine:
            if budget != NO_BUDGET:
                budget -= cost_of(book, level.price, qty, taker.taker_fee_ppm)
            _reduce_maker(st, out, index, seq, time, shard, book, slot, qty)
            if not is_by_amount(taker):
                _reduce_taker(st, out, index, seq, shard, book, taker_slot, qty, held - quote - fee)
        else:
            paid, charged, both = _fill(st, out, index, seq, time, shard, book, level, taker, slot, qty)
            filled += qty
            quote = add_saturated(quote, paid)
            fee += charged
            fees += both
            if budget != NO_BUDGET:
                budget -= paid + charged
        if qty < wanted:
            end = np.int64(RejectReason.INSUFFICIENT_FUNDS)
            break
    settle_fees(st, out, book, fees)
    return end, filled, quote, fee
