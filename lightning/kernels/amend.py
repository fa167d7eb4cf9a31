"""AMEND: another price or open quantity (RULES 3). Check everything first, then change."""

import numpy as np

from lightning.codes import CommandFlag, EventKind, OrderType, RejectReason, Side, SymbolStatus
from lightning.kernels.admit import trading_account
from lightning.kernels.cancel import find_order
from lightning.kernels.enter import come_in
from lightning.kernels.events import emit_order, emit_rejected
from lightning.kernels.extended import slices_allowed
from lightning.kernels.intrinsics import product, total
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import hold, shard_of
from lightning.kernels.money import buy_hold, held_rate
from lightning.kernels.order import band_of, is_extended, would_trade
from lightning.kernels.queue import dequeue, shrink
from lightning.kernels.settle import hold_of
from lightning.kernels.stops import resize_pending
from lightning.rows import PRICE_TICKS_MAX


@kernel
def _new_hold(book, order, price, qty):
    """What the order would hold as amended; -1: beyond int64, in either currency."""
    base = product(qty, book.lot_value)
    quote = buy_hold(book, price, qty, held_rate(order.maker_fee_ppm, order.taker_fee_ppm))
    if base < 0 or quote < 0:
        return np.int64(-1)
    return base if order.side == Side.SELL else quote


@kernel
def _check_terms(c, books, shard, book, slot):
    """Are the new price and open quantity allowed? Returns a RejectReason."""
    order = books.orders[shard, slot]
    if c.price < 0 or c.price > PRICE_TICKS_MAX:
        return np.int64(RejectReason.INVALID_PRICE)
    if c.qty != 0 and (c.qty < book.qty_min or c.qty > book.qty_max):
        return np.int64(RejectReason.INVALID_QUANTITY)
    if c.price == 0 and c.qty == 0:
        return np.int64(RejectReason.INVALID_QUANTITY)
    if book.status != SymbolStatus.TRADING and book.status != SymbolStatus.AUCTION:
        return np.int64(RejectReason.HALTED)
    price, qty = _terms(c, order)
    if is_extended(order):
        if c.price != 0 and (order.type == OrderType.STOP or order.type == OrderType.TRAILING_STOP):
            return np.int64(RejectReason.INVALID_PRICE)
        if not slices_allowed(books.details[shard, slot].display_qty, c.qty):
            return np.int64(RejectReason.INVALID_DISPLAY_QUANTITY)
    if _new_hold(book, order, price, qty) < 0 or total(order.qty - order.leaves, qty) < 0:
        return np.int64(RejectReason.OVERFLOW)
    return np.int64(RejectReason.NONE)


@kernel
def _hold_slot(st, shard, order):
    """(account shard, slot) of the balance that the order holds from."""
    trader = st.books.traders[shard, order.trader]
    slot = np.int64(trader.quote_slot) if order.side == Side.BUY else np.int64(trader.base_slot)
    return shard_of(order.account, st.accounts.head.shape[0]), slot


@kernel
def _move_hold(st, shard, book, order, price, qty, pending):
    """Change the hold to what the amended order needs, if the account has it and the book allows it."""
    reason = np.int64(RejectReason.NONE)
    if not pending:
        reason = _refused_by_book(st, shard, book, order, price)
    if st.globals[0].ledger == 0:
        return reason
    more = _new_hold(book, order, price, qty) - hold_of(book, order, order.leaves)
    at, slot = _hold_slot(st, shard, order)
    balance = st.accounts.balances[at, slot]
    if balance.available < more:
        return np.int64(RejectReason.INSUFFICIENT_FUNDS)
    if reason == RejectReason.NONE:
        hold(balance, more)
    return reason


@kernel
def _refused_by_book(st, shard, book, order, price):
    """Post-only and price band, for the new price. Returns a RejectReason."""
    if book.status != SymbolStatus.AUCTION and _would_cross(st, shard, order, price):
        return np.int64(RejectReason.WOULD_CROSS)
    low, high = band_of(book)
    if price != order.price and (price < low or price > high):
        return np.int64(RejectReason.PRICE_BAND)
    return np.int64(RejectReason.NONE)


@kernel
def _would_cross(st, shard, order, price):
    """Would the post-only order trade at the new price?"""
    if np.int64(order.flags) & CommandFlag.POST_ONLY == 0:
        return False
    old = order.price
    order.price = price
    crossing = would_trade(st.books, shard, order)
    order.price = old
    return crossing


@kernel
def _terms(c, order):
    """(price, open quantity) that the order is to have; 0 keeps what is."""
    return (c.price if c.price != 0 else order.price), (c.qty if c.qty != 0 else order.leaves)


@entry
def amend(st, out, c, index, seq, shard, book_slot):
    """Amend one open order; refused, it stays as it was."""
    books = st.books
    book = books.books[shard, book_slot]
    slot = np.int64(NIL)
    _, reason = trading_account(st, shard_of(c.account, st.accounts.head.shape[0]), c.account)
    if reason == RejectReason.NONE and book.status == SymbolStatus.HALTED:
        reason = np.int64(RejectReason.HALTED)
    if reason == RejectReason.NONE:
        slot, reason = find_order(st, c, shard, book_slot)
    if reason != RejectReason.NONE:
        emit_rejected(out, c, index, seq, reason)
        return
    order = books.orders[shard, slot]
    price, qty = _terms(c, order)
    pending = is_extended(order) and books.details[shard, slot].pending != 0
    reason = _check_terms(c, books, shard, book, slot)
    if reason == RejectReason.NONE:
        reason = _move_hold(st, shard, book, order, price, qty, pending)
    if reason != RejectReason.NONE:
        emit_rejected(out, c, index, seq, reason)
        return
    keeps_place = not pending and price == order.price and qty <= order.leaves
    order.qty += qty - order.leaves
    order.update_time = c.time_ns
    if pending:
        resize_pending(books, shard, slot, qty)
        order.price = price
    elif keeps_place:
        shrink(books, shard, slot, order.leaves - qty)
    else:
        dequeue(books, shard, slot)
        order.price = price
        order.leaves = qty
    emit_order(out, index, seq, EventKind.AMENDED, books, shard, book, slot, qty)
    if not pending and not keeps_place:
        come_in(st, out, index, seq, c.time_ns, shard, np.int64(slot))
