"""CANCEL and CANCEL_ALL."""

import numpy as np

from lightning.codes import CommandFlag, EventKind, RejectReason, Side, SymbolStatus
from lightning.kernels.close import close_maker, unlink
from lightning.kernels.events import emit_rejected, next_event
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import account_find, shard_of
from lightning.kernels.order import is_extended
from lightning.kernels.registry import order_by_client_id, order_by_id, trader_find
from lightning.kernels.stops import best_pending


@kernel
def account_known(st, account):
    """Does the account exist? Without a ledger every account does."""
    if st.globals[0].ledger == 0:
        return True
    shard = shard_of(account, st.accounts.head.shape[0])
    return account_find(st.accounts, st.globals[0].secret, shard, account) != NIL


@kernel
def find_order(st, c, shard, book_slot):
    """The open order that a CANCEL or AMEND names. Returns (slot or NIL, RejectReason)."""
    secret = st.globals[0].secret
    slot = np.int64(NIL)
    if c.order_id != 0:
        slot = order_by_id(st.books, secret, shard, c.order_id)
        if slot != NIL and st.books.orders[shard, slot].book != book_slot:
            slot = np.int64(NIL)
        if slot != NIL and st.books.orders[shard, slot].account != c.account:
            return np.int64(NIL), np.int64(RejectReason.NOT_OWNER)
    elif c.client_order_id != 0:
        slot = order_by_client_id(st.books, secret, shard, book_slot, c.account, c.client_order_id)
    if slot == NIL:
        return slot, np.int64(RejectReason.UNKNOWN_ORDER)
    return slot, np.int64(RejectReason.NONE)


@kernel
def cancel(st, out, c, index, seq, shard, book_slot):
    """Take one open order out of its book."""
    if not account_known(st, c.account):
        emit_rejected(out, c, index, seq, RejectReason.UNKNOWN_ACCOUNT)
        return
    book = st.books.books[shard, book_slot]
    if book.status == SymbolStatus.HALTED:
        emit_rejected(out, c, index, seq, RejectReason.HALTED)
        return
    slot, reason = find_order(st, c, shard, book_slot)
    if reason != RejectReason.NONE:
        emit_rejected(out, c, index, seq, reason)
        return
    close_maker(st, out, index, seq, c.time_ns, shard, book, slot, RejectReason.NONE)


@kernel
def _is_wanted(c, side):
    """Does the CANCEL_ALL mean this side?"""
    sides = np.int64(c.flags) & (CommandFlag.BUY_SIDE | CommandFlag.SELL_SIDE)
    return sides == 0 or sides & (CommandFlag.BUY_SIDE if side == Side.BUY else CommandFlag.SELL_SIDE) != 0


@kernel
def close_alone(st, out, index, seq, time, shard, book, slot, reason):
    """Cancel an order for its own sake: a sibling stays, and is alone from now on."""
    if is_extended(st.books.orders[shard, slot]):
        unlink(st.books, shard, np.int64(slot))
    close_maker(st, out, index, seq, time, shard, book, slot, reason)


@kernel
def _cancel_in_book(st, out, c, index, seq, shard, book_slot):
    """Cancel the account's orders in one book, oldest first. Returns how many."""
    books = st.books
    book = books.books[shard, book_slot]
    trader = trader_find(books, st.globals[0].secret, shard, book_slot, c.account)
    if trader == NIL:
        return 0
    count = 0
    slot = np.int64(books.traders[shard, trader].head)
    while slot != NIL:
        order = books.orders[shard, slot]
        following = np.int64(order.trader_next)
        if _is_wanted(c, order.side):
            close_alone(st, out, index, seq, c.time_ns, shard, book, slot, RejectReason.NONE)
            count += 1
        slot = following
    return count


@kernel
def _cancel_side(st, out, index, seq, time, shard, book_slot, side):
    """Cancel everybody's resting orders of one side, in priority order. Returns how many."""
    books = st.books
    book = books.books[shard, book_slot]
    ladder = books.ladders[shard, 2 * book_slot + side]
    count = 0
    while ladder.best != NIL:
        slot = np.int64(books.levels[shard, ladder.best].head)
        close_alone(st, out, index, seq, time, shard, book, slot, RejectReason.NONE)
        count += 1
    return count


@kernel
def _cancel_stops(st, out, index, seq, time, shard, book_slot, side):
    """Cancel everybody's pending stops of one side, in the order in which they would trigger."""
    book = st.books.books[shard, book_slot]
    count = 0
    slot = best_pending(st.books, shard, book_slot, side)
    while slot != NIL:
        close_alone(st, out, index, seq, time, shard, book, slot, RejectReason.NONE)
        count += 1
        slot = best_pending(st.books, shard, book_slot, side)
    return count


@entry
def _cancel_book(st, out, c, index, seq, shard, book_slot):
    """Cancel everybody's orders in one book. Returns how many."""
    count = 0
    for side in (np.int64(Side.BUY), np.int64(Side.SELL)):
        if _is_wanted(c, side):
            count += _cancel_side(st, out, index, seq, c.time_ns, shard, book_slot, side)
    for side in (np.int64(Side.BUY), np.int64(Side.SELL)):
        if _is_wanted(c, side):
            count += _cancel_stops(st, out, index, seq, c.time_ns, shard, book_slot, side)
    return count


@entry
def cancel_all(st, out, c, index, seq, unknown_symbol):
    """Cancel every order of an account, or of all, in one book or in all, on one side or both."""
    everybody = np.int64(c.flags) & CommandFlag.EVERY_ACCOUNT != 0
    reason = np.int64(RejectReason.NONE)
    if everybody and c.account != 0:
        reason = np.int64(RejectReason.INVALID_COMMAND)
    elif not everybody and not account_known(st, c.account):
        reason = np.int64(RejectReason.UNKNOWN_ACCOUNT)
    elif unknown_symbol:
        reason = np.int64(RejectReason.UNKNOWN_SYMBOL)
    if reason != RejectReason.NONE:
        emit_rejected(out, c, index, seq, reason)
        return
    count = 0
    for i in range(st.symbols.shape[0]):
        if c.symbol == 0 or c.symbol == st.symbols[i]:
            shard = np.int64(st.directory[st.symbols[i], 0])
            book_slot = np.int64(st.directory[st.symbols[i], 1])
            halted = st.books.books[shard, book_slot].status == SymbolStatus.HALTED
            if halted and c.symbol != 0:
                emit_rejected(out, c, index, seq, RejectReason.HALTED)
                return
            if not halted and everybody:
                count += _cancel_book(st, out, c, index, seq, shard, book_slot)
            elif not halted:
                count += _cancel_in_book(st, out, c, index, seq, shard, book_slot)
    event = next_event(out, index, seq, EventKind.CANCEL_ALL_DONE)
    event.account = c.account
    event.symbol = c.symbol
    event.qty = count
