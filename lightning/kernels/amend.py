"""AMEND: another price or open quantity (RULES 3). Check everything first, then change."""

import numpy as np

from lightning.codes import CommandFlag, EventKind, RejectReason, Side, SymbolStatus
from lightning.kernels.cancel import account_known, find_order
from lightning.kernels.close import end_order, retire
from lightning.kernels.events import emit_order, emit_rejected
from lightning.kernels.intrinsics import product, total
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import hold, shard_of
from lightning.kernels.match import take
from lightning.kernels.money import buy_hold, held_rate
from lightning.kernels.order import NO_BUDGET, stp_of, would_trade
from lightning.kernels.queue import dequeue, enqueue, shrink
from lightning.kernels.settle import hold_of, settle_taker
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
def _check_terms(c, book, order):
    """Are the new price and open quantity allowed? Returns a RejectReason."""
    if c.price < 0 or c.price > PRICE_TICKS_MAX:
        return np.int64(RejectReason.INVALID_PRICE)
    if c.qty != 0 and (c.qty < book.qty_min or c.qty > book.qty_max):
        return np.int64(RejectReason.INVALID_QUANTITY)
    if c.price == 0 and c.qty == 0:
        return np.int64(RejectReason.INVALID_QUANTITY)
    if book.status != SymbolStatus.TRADING:
        return np.int64(RejectReason.HALTED)
    price, qty = _terms(c, order)
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
def _move_hold(st, shard, book, order, price, qty):
    """Change the hold to what the amended order needs, if the account has it and the book allows it."""
    crossing = _would_cross(st, shard, order, price)
    if st.globals[0].ledger == 0:
        return np.int64(RejectReason.WOULD_CROSS if crossing else RejectReason.NONE)
    more = _new_hold(book, order, price, qty) - hold_of(book, order, order.leaves)
    at, slot = _hold_slot(st, shard, order)
    balance = st.accounts.balances[at, slot]
    if balance.available < more:
        return np.int64(RejectReason.INSUFFICIENT_FUNDS)
    if crossing:
        return np.int64(RejectReason.WOULD_CROSS)
    hold(balance, more)
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
    book = st.books.books[shard, book_slot]
    reason = np.int64(RejectReason.NONE)
    slot = np.int64(NIL)
    if not account_known(st, c.account):
        reason = np.int64(RejectReason.UNKNOWN_ACCOUNT)
    elif book.status == SymbolStatus.HALTED:
        reason = np.int64(RejectReason.HALTED)
    else:
        slot, reason = find_order(st, c, shard, book_slot)
    if reason != RejectReason.NONE:
        emit_rejected(out, c, index, seq, reason)
        return
    order = st.books.orders[shard, slot]
    price, qty = _terms(c, order)
    reason = _check_terms(c, book, order)
    if reason == RejectReason.NONE:
        reason = _move_hold(st, shard, book, order, price, qty)
    if reason != RejectReason.NONE:
        emit_rejected(out, c, index, seq, reason)
        return
    keeps_place = price == order.price and qty <= order.leaves
    order.qty += qty - order.leaves
    order.update_time = c.time_ns
    if keeps_place:
        shrink(st.books, shard, slot, order.leaves - qty)
        emit_order(out, index, seq, EventKind.AMENDED, book, order, qty)
        return
    dequeue(st.books, shard, slot)
    order.price = price
    order.leaves = qty
    emit_order(out, index, seq, EventKind.AMENDED, book, order, qty)
    _enter_again(st, out, c, index, seq, shard, book, slot)


@kernel
def _enter_again(st, out, c, index, seq, shard, book, slot):
    """The amended order comes in as if new: it may trade, then rests at the back or ends."""
    books = st.books
    order = books.orders[shard, slot]
    own = False
    slots = (np.int64(NIL), np.int64(NIL))
    if order.trader != NIL:
        trader = books.traders[shard, order.trader]
        own = (trader.sells if order.side == Side.BUY else trader.buys) > 0
        slots = (np.int64(trader.base_slot), np.int64(trader.quote_slot))
    held = np.int64(0)
    if st.globals[0].ledger != 0:
        held = hold_of(book, order, order.leaves)
    stp = stp_of(order)
    end, filled, quote, fee = take(
        st, out, index, seq, c.time_ns, shard, slot, stp, own, np.int64(NO_BUDGET), held
    )
    rests = end == RejectReason.NO_LIQUIDITY
    if rests and st.globals[0].ledger != 0:
        held -= hold_of(book, order, order.leaves)
    settle_taker(st, out, book, order, slots, held, filled, quote, fee, 0 if rests else 1)
    if rests:
        enqueue(books, shard, slot)
        return
    end_order(st, out, index, seq, book, order, end, np.int64(0))
    retire(st, shard, slot, c.time_ns)
