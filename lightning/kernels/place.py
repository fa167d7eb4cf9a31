"""PLACE of a plain order: the checks in their order, the hold, and its way into its book.

Plain is LIMIT or MARKET with GTC, IOC or FOK and nothing else; `extended.py` has the rest.
"""

import numpy as np

from lightning.codes import (
    CommandFlag,
    EventKind,
    OrderType,
    RejectReason,
    SelfTradePrevention,
    Side,
    SymbolStatus,
    TimeInForce,
)
from lightning.kernels.admit import stage_place
from lightning.kernels.close import end_order, remember
from lightning.kernels.events import emit_money, emit_order, emit_rejected
from lightning.kernels.fill_or_kill import can_fill
from lightning.kernels.kernel import kernel
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import post
from lightning.kernels.match import take
from lightning.kernels.order import (
    BY_AMOUNT,
    NO_BUDGET,
    STP_SHIFT,
    UNLIMITED,
    band_of,
    has_owner,
    is_stop,
    limit_of,
    may_rest,
    would_trade,
)
from lightning.kernels.queue import enqueue
from lightning.kernels.registry import (
    order_by_client_id,
    order_free,
    order_new,
    register,
    trader_find,
    trader_new,
)
from lightning.kernels.settle import hold_of, settle_taker


@kernel
def release_staged(st, out, c, staged):
    """Give a refused order's whole hold back."""
    if st.globals[0].ledger != 0:
        slot = staged.quote_slot if c.side == Side.BUY else staged.base_slot
        post(st.accounts, out, c.account, slot, staged.hold, -staged.hold, 1)


@kernel
def room_for_order(st):
    """Does one more open order fit under the configured ceiling?"""
    row = st.globals[0]
    if row.orders_room <= 0:
        live = np.int64(0)
        for shard in range(st.books.head.shape[0]):
            live += st.books.head[shard].orders_live
        row.orders_room = row.orders_max - live + 1  # this order is counted as live already
    row.orders_room -= 1
    return row.orders_room >= 0


@kernel
def write_order(c, order, book_slot, staged, order_id, stp):
    order.order_id = order_id
    order.client_order_id = c.client_order_id
    order.account = c.account
    order.leaves = UNLIMITED if c.amount > 0 else c.qty
    order.level = NIL
    order.book = book_slot
    order.price = c.price
    order.maker_fee_ppm = staged.maker_fee_ppm
    order.taker_fee_ppm = staged.taker_fee_ppm
    order.qty = c.qty
    order.filled = 0
    order.filled_quote = 0
    order.fee = 0
    order.create_time = c.time_ns
    order.update_time = c.time_ns
    order.trader = NIL
    order.side = c.side
    order.type = c.type
    order.tif = c.tif
    by_amount = BY_AMOUNT if c.amount > 0 else 0
    order.flags = (np.int64(c.flags) & CommandFlag.POST_ONLY) | by_amount | stp << STP_SHIFT


@kernel
def _refused_by_book(st, shard, order):
    """The last checks of a PLACE, those that need the book. Returns a RejectReason."""
    books = st.books
    if order.client_order_id != 0:
        secret = st.globals[0].secret
        book = np.int64(order.book)
        twin = order_by_client_id(books, secret, shard, book, order.account, order.client_order_id)
        if twin != NIL:
            return np.int64(RejectReason.DUPLICATE_ID)
    return refused_by_rules(st, shard, order)


@kernel
def refused_by_rules(st, shard, order):
    """Post-only, price band, open orders (RULES 6, 18). Returns a RejectReason."""
    books = st.books
    book = books.books[shard, order.book]
    adds_only = np.int64(order.flags) & CommandFlag.POST_ONLY != 0 and order.type == OrderType.LIMIT
    if adds_only and book.status != SymbolStatus.AUCTION and would_trade(books, shard, order):
        return np.int64(RejectReason.WOULD_CROSS)
    if book.price_band_ppm != 0 and order.type == OrderType.LIMIT:
        low, high = band_of(book)
        if order.price < low or order.price > high:
            return np.int64(RejectReason.PRICE_BAND)
    if book.orders_max != 0 and _has_enough_orders(st, shard, order, book.orders_max):
        return np.int64(RejectReason.LIMIT_EXCEEDED)
    if not room_for_order(st):
        return np.int64(RejectReason.CAPACITY)
    return np.int64(RejectReason.NONE)


@kernel
def _has_enough_orders(st, shard, order, orders_max):
    """Does the account have all the open orders in this book that it may have?"""
    if not (may_rest(order) or is_stop(order)) or not has_owner(st.globals[0].ledger, order.account):
        return False
    books = st.books
    trader = trader_find(books, st.globals[0].secret, shard, np.int64(order.book), order.account)
    if trader == NIL:
        return False
    row = books.traders[shard, trader]
    return np.int64(row.buys) + np.int64(row.sells) >= orders_max


@kernel
def book_place(st, out, c, index, seq, shard, book_slot, staged):
    """Bring a checked and held order into its book: trade, then rest or end."""
    books = st.books
    book = books.books[shard, book_slot]
    slot = order_new(books, shard)
    order = books.orders[shard, slot]
    stp = np.int64(c.stp if c.stp != SelfTradePrevention.DEFAULT else book.stp)
    write_order(c, order, book_slot, staged, seq, stp)
    reason = _refused_by_book(st, shard, order)
    if reason != RejectReason.NONE:
        order_free(books, shard, slot)
        release_staged(st, out, c, staged)
        emit_rejected(out, c, index, seq, reason)
        return
    secret = st.globals[0].secret
    ledger = st.globals[0].ledger
    trader = np.int64(NIL)
    own = False
    if has_owner(ledger, c.account):
        trader = trader_find(books, secret, shard, book_slot, c.account)
    if trader != NIL:
        row = books.traders[shard, trader]
        own = (row.sells if c.side == Side.BUY else row.buys) > 0
    budgeted = c.type == OrderType.MARKET and c.side == Side.BUY and ledger != 0
    budget = np.int64(NO_BUDGET)
    if budgeted:
        budget = np.int64(staged.hold)
    elif c.amount > 0:
        budget = np.int64(c.amount)
    if c.amount > 0:
        order.leaves = 0
    event = emit_order(out, index, seq, EventKind.ACCEPTED, books, shard, book, slot, order.qty)
    emit_money(event, ledger, book, order.side, staged.hold)
    if c.amount > 0:
        order.leaves = UNLIMITED
    held = np.int64(staged.hold)
    end = np.int64(RejectReason.NO_LIQUIDITY)
    filled = np.int64(0)
    quote = np.int64(0)
    fee = np.int64(0)
    limit = limit_of(book, order)
    if book.status != SymbolStatus.AUCTION and (
        c.tif != TimeInForce.FOK or can_fill(st, shard, order, stp, own, budget, limit)
    ):
        end, filled, quote, fee = take(
            st, out, index, seq, c.time_ns, shard, slot, stp, own, budget, held, limit
        )
    rests = end == RejectReason.NO_LIQUIDITY and c.type == OrderType.LIMIT and c.tif == TimeInForce.GTC
    released = held
    if rests and ledger != 0:
        released -= hold_of(book, order, order.leaves)
    slots = (np.int64(staged.base_slot), np.int64(staged.quote_slot))
    settle_taker(st, out, book, order, slots, released, filled, quote, fee, 0 if rests else 1)
    if rests:
        _rest(st, shard, slot, trader, slots)
    else:
        end_order(st, out, index, seq, shard, book, slot, end, released - quote - fee)
        remember(st, shard, slot, c.time_ns)
        order_free(books, shard, slot)


@kernel
def place(st, out, c, index, seq, home, shard, book_slot, staged):
    """Apply a plain PLACE."""
    book = st.books.books[shard, max(book_slot, np.int64(0))]
    reason = stage_place(st, c, home, book, book_slot, staged)
    if reason != RejectReason.NONE:
        emit_rejected(out, c, index, seq, reason)
    else:
        book_place(st, out, c, index, seq, shard, book_slot, staged)


@kernel
def _rest(st, shard, slot, trader, slots):
    """Put what is open of an order into the book."""
    books = st.books
    secret = st.globals[0].secret
    order = books.orders[shard, slot]
    order.trader = NIL
    if has_owner(st.globals[0].ledger, order.account):
        # the walk may have freed the trader row, with the account's last resting order
        if trader == NIL or books.traders[shard, trader].book != order.book:
            trader = trader_find(books, secret, shard, np.int64(order.book), order.account)
        if trader == NIL:
            book = np.int64(order.book)
            trader = trader_new(books, secret, shard, book, order.account, slots[0], slots[1])
        order.trader = trader
    enqueue(books, shard, slot)
    register(books, secret, shard, slot)
