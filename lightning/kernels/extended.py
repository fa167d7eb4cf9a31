"""PLACE of everything that is not plain: stops, icebergs, GTD, and orders that take another along."""

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
from lightning.kernels.admit import (
    check_columns,
    fees_allowed,
    rate_of,
    stage_hold,
    trading_account,
)
from lightning.kernels.close import close_one, link
from lightning.kernels.enter import trigger
from lightning.kernels.events import emit_money, emit_order, emit_rejected
from lightning.kernels.intrinsics import product
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import shard_of
from lightning.kernels.money import buy_hold, notional_of
from lightning.kernels.order import EXTENDED, has_owner, is_extended, is_stop, share_of
from lightning.kernels.place import refused_by_rules, release_staged, write_order
from lightning.kernels.registry import (
    order_by_client_id,
    order_by_id,
    order_free,
    order_new,
    register,
    trader_find,
    trader_new,
)
from lightning.kernels.stops import pend, triggers
from lightning.kernels.timers import timer_add
from lightning.rows import PRICE_TICKS_MAX

SLICES_MAX = 10_000
"""Most slices an iceberg may have: it bounds what one order that meets it has to do."""
KNOWN_FLAGS = CommandFlag.POST_ONLY | CommandFlag.OWN_FEES | CommandFlag.ONE_CANCELS_OTHER


@kernel
def _check_codes(c):
    """Are the codes in range, and is nothing given that has no meaning for this order?"""
    if c.type > OrderType.TRAILING_STOP or c.tif > TimeInForce.GTD:
        return False
    if (np.int64(c.flags) & ~KNOWN_FLAGS) != 0 or not check_columns(c):
        return False
    limit = c.type == OrderType.LIMIT or c.type == OrderType.STOP_LIMIT
    rests = limit and (c.tif == TimeInForce.GTC or c.tif == TimeInForce.GTD)
    if not rests and (c.flags & CommandFlag.POST_ONLY or c.display_qty != 0):
        return False
    if c.type == OrderType.MARKET and (c.tif == TimeInForce.GTD or c.flags & CommandFlag.ONE_CANCELS_OTHER):
        return False
    if c.type == OrderType.LIMIT and not rests and c.flags & CommandFlag.ONE_CANCELS_OTHER:
        return False
    if c.stop_price != 0 and c.type != OrderType.STOP and c.type != OrderType.STOP_LIMIT:
        return False
    if c.trail_amount != 0 and c.type != OrderType.TRAILING_STOP:
        return False
    return c.expire_time_ns == 0 or c.tif == TimeInForce.GTD


@kernel
def _first_stop(c, book):
    """The stop price that the order begins with; 0: not allowed; -1: it has none."""
    if c.type < OrderType.STOP:
        return np.int64(-1)
    if c.type != OrderType.TRAILING_STOP:
        return c.stop_price if 1 <= c.stop_price <= PRICE_TICKS_MAX else np.int64(0)
    if c.trail_amount < 1 or c.trail_amount > PRICE_TICKS_MAX or book.last_price == 0:
        return np.int64(0)
    stop = book.last_price + (c.trail_amount if c.side == Side.BUY else -c.trail_amount)
    return stop if 1 <= stop <= PRICE_TICKS_MAX else np.int64(0)


@kernel
def protection_of(book, stop):
    """The worst price a stop that buys at the market may pay (RULES 10)."""
    return min(stop + share_of(stop, np.int64(book.market_protection_ppm)), np.int64(PRICE_TICKS_MAX))


@kernel
def slices_allowed(display_qty, qty):
    """Would `qty` lots make few enough slices?"""
    if display_qty <= 0:
        return display_qty == 0
    most = product(display_qty, np.int64(SLICES_MAX))
    return most < 0 or qty <= most


@kernel
def _check_spec(c, book, stop):
    """Status, prices, times, quantities, fees and sizes against the symbol. Returns a RejectReason."""
    if book.status != SymbolStatus.TRADING:
        if book.status != SymbolStatus.AUCTION:
            return np.int64(RejectReason.HALTED)
        rests = c.tif == TimeInForce.GTC or c.tif == TimeInForce.GTD
        if c.type == OrderType.MARKET or (c.type == OrderType.LIMIT and not rests):
            return np.int64(RejectReason.AUCTION)
    priced = c.type == OrderType.LIMIT or c.type == OrderType.STOP_LIMIT
    if (priced and (c.price < 1 or c.price > PRICE_TICKS_MAX)) or (not priced and c.price != 0):
        return np.int64(RejectReason.INVALID_PRICE)
    if stop == 0:
        return np.int64(RejectReason.INVALID_STOP_PRICE)
    if c.tif == TimeInForce.GTD and c.expire_time_ns <= c.time_ns:
        return np.int64(RejectReason.INVALID_EXPIRE_TIME)
    if c.amount != 0 or c.qty < book.qty_min or c.qty > book.qty_max:
        return np.int64(RejectReason.INVALID_QUANTITY)
    if not slices_allowed(c.display_qty, c.qty):
        return np.int64(RejectReason.INVALID_DISPLAY_QUANTITY)
    if not fees_allowed(c, book):
        return np.int64(RejectReason.INVALID_FEE)
    return _check_size(c, book, c.price if priced else stop)


@kernel
def _check_size(c, book, price):
    """Overflow and least notional. price : the limit, or the stop price"""
    worst = price
    if c.side == Side.BUY and c.type != OrderType.LIMIT and c.type != OrderType.STOP_LIMIT:
        worst = protection_of(book, price)
    notional = notional_of(book, worst, c.qty)
    if product(c.qty, book.lot_value) < 0 or notional < 0:
        return np.int64(RejectReason.OVERFLOW)
    if buy_hold(book, worst, c.qty, rate_of(c, book)) < 0:
        return np.int64(RejectReason.OVERFLOW)
    if notional_of(book, price, c.qty) < book.notional_min:
        return np.int64(RejectReason.LIMIT_EXCEEDED)
    return np.int64(RejectReason.NONE)


@kernel
def _held_price(c, book, stop):
    """What `order.price` is: the limit, a buying stop's protection price, else 0."""
    if c.type == OrderType.LIMIT or c.type == OrderType.STOP_LIMIT:
        return c.price
    return protection_of(book, stop) if c.side == Side.BUY else np.int64(0)


@kernel
def first_leg(st, c, seq, shard, book_slot):
    """The order of the command before, if it may be linked with this one; else NIL."""
    slot = order_by_id(st.books, st.globals[0].secret, shard, seq - 1)
    if slot == NIL:
        return slot
    order = st.books.orders[shard, slot]
    if order.account != c.account or order.book != book_slot or order.filled != 0:
        return np.int64(NIL)
    if is_extended(order) and st.books.details[shard, slot].sibling != NIL:
        return np.int64(NIL)
    return slot


@kernel
def _clear_detail(books, shard, slot):
    """An EXTENDED order without anything special yet."""
    order = books.orders[shard, slot]
    order.flags = np.int64(order.flags) | EXTENDED
    head = books.head[shard]
    head.details_used = max(head.details_used, np.int64(slot) + 1)
    detail = books.details[shard, slot]
    detail.stop_price = 0
    detail.trail_amount = 0
    detail.display_qty = 0
    detail.hidden = 0
    detail.expire_time = 0
    detail.sibling_id = 0
    detail.watermark = 0
    detail.counted = 0
    detail.sibling = NIL
    detail.pending = 0


@kernel
def _refused(st, c, seq, shard, book_slot, slot):
    """The checks that need the book. Returns (the first leg's slot or NIL, RejectReason)."""
    books = st.books
    order = books.orders[shard, slot]
    other = np.int64(NIL)
    if order.client_order_id != 0:
        secret = st.globals[0].secret
        if order_by_client_id(books, secret, shard, book_slot, order.account, order.client_order_id) != NIL:
            return other, np.int64(RejectReason.DUPLICATE_ID)
    if c.flags & CommandFlag.ONE_CANCELS_OTHER:
        other = first_leg(st, c, seq, shard, book_slot)
        if other == NIL or books.orders[shard, other].side != order.side:
            return np.int64(NIL), np.int64(RejectReason.LINKED)
    return other, refused_by_rules(st, shard, order)


@kernel
def _write(st, c, seq, shard, book_slot, slot, stop, staged):
    """Fill the rows of a new order."""
    books = st.books
    book = books.books[shard, book_slot]
    order = books.orders[shard, slot]
    stp = np.int64(c.stp if c.stp != SelfTradePrevention.DEFAULT else book.stp)
    write_order(c, order, book_slot, staged, seq, stp)
    order.price = _held_price(c, book, stop)
    _clear_detail(books, shard, slot)
    detail = books.details[shard, slot]
    detail.stop_price = max(stop, np.int64(0))
    detail.trail_amount = c.trail_amount
    detail.display_qty = c.display_qty
    detail.expire_time = c.expire_time_ns


@kernel
def _register(st, shard, slot, staged):
    """Make the order findable, and its account's row in the book."""
    books = st.books
    secret = st.globals[0].secret
    order = books.orders[shard, slot]
    book_slot = np.int64(order.book)
    if has_owner(st.globals[0].ledger, order.account):
        trader = trader_find(books, secret, shard, book_slot, order.account)
        if trader == NIL:
            base, quote = np.int64(staged.base_slot), np.int64(staged.quote_slot)
            trader = trader_new(books, secret, shard, book_slot, order.account, base, quote)
        order.trader = trader
    register(books, secret, shard, slot)


@kernel
def _admit(st, out, c, index, seq, shard, book_slot, stop, staged):
    """Let a checked and held order in. Returns (RejectReason, its slot if it is to enter the book, or NIL).

    Refused: nothing changed.
    """
    books = st.books
    book = books.books[shard, book_slot]
    slot = np.int64(order_new(books, shard))
    _write(st, c, seq, shard, book_slot, slot, stop, staged)
    other, reason = _refused(st, c, seq, shard, book_slot, slot)
    if reason != RejectReason.NONE:
        order_free(books, shard, slot)
        release_staged(st, out, c, staged)
        return reason, np.int64(NIL)
    order = books.orders[shard, slot]
    _register(st, shard, slot, staged)
    if other != NIL:
        if not is_extended(books.orders[shard, other]):
            _clear_detail(books, shard, other)
        link(books, shard, slot, other)
    if c.tif == TimeInForce.GTD:
        timer_add(st, c.expire_time_ns, np.int64(c.symbol), seq)
    if is_stop(order):
        pend(books, shard, slot, book.last_price)
    event = emit_order(out, index, seq, EventKind.ACCEPTED, books, shard, book, slot, order.qty)
    emit_money(event, st.globals[0].ledger, book, order.side, staged.hold)
    if is_stop(order):
        slot = trigger(st, out, index, seq, c.time_ns, shard, slot) if triggers(book) else np.int64(NIL)
    return reason, slot


@entry
def place_extended(st, out, c, index, seq, shard, book_slot, staged):
    """Apply a PLACE that is not plain. Returns the slot of an order that is to enter the book, or NIL."""
    slot = np.int64(NIL)
    reason = np.int64(RejectReason.NONE)
    owner = np.int64(NIL)
    home = shard_of(c.account, st.accounts.head.shape[0])
    if not _check_codes(c):
        reason = np.int64(RejectReason.INVALID_COMMAND)
    elif book_slot == NIL:
        reason = np.int64(RejectReason.UNKNOWN_SYMBOL)
    else:
        owner, reason = trading_account(st, home, c.account)
    if reason == RejectReason.NONE:
        book = st.books.books[shard, book_slot]
        stop = _first_stop(c, book)
        reason = _check_spec(c, book, stop)
        if reason == RejectReason.NONE:
            reason = stage_hold(st, c, home, book, owner, _held_price(c, book, stop), staged)
        if reason == RejectReason.NONE:
            reason, slot = _admit(st, out, c, index, seq, shard, book_slot, stop, staged)
    if reason == RejectReason.NONE:
        return slot
    emit_rejected(out, c, index, seq, reason)
    if c.flags & CommandFlag.ONE_CANCELS_OTHER and book_slot != NIL:
        other = first_leg(st, c, seq, shard, book_slot)
        if other != NIL:
            linked = np.int64(RejectReason.LINKED)
            if not is_extended(st.books.orders[shard, other]):
                _clear_detail(st.books, shard, other)
            kind = np.int64(EventKind.CANCELED)
            close_one(st, out, index, seq, c.time_ns, shard, other, linked, kind, np.int64(0))
    return np.int64(NIL)
