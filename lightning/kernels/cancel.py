"""CANCEL and CANCEL_ALL."""

import numpy as np

from lightning.codes import CommandFlag, EventKind, RejectReason, Side, SymbolStatus
from lightning.kernels.close import close_maker
from lightning.kernels.events import emit_rejected, next_event
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import account_find, shard_of
from lightning.kernels.queue import order_by_client_id, order_by_id, trader_find


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
def _cancel_in_book(st, out, c, index, seq, shard, book_slot):
    """Cancel the account's orders in one book, oldest first. Returns how many."""
    books = st.books
    book = books.books[shard, book_slot]
    trader = trader_find(books, st.globals[0].secret, shard, book_slot, c.account)
    if trader == NIL:
        return 0
    both = CommandFlag.BUY_SIDE | CommandFlag.SELL_SIDE
    sides = np.int64(c.flags) & both
    count = 0
    slot = np.int64(books.traders[shard, trader].head)
    while slot != NIL:
        order = books.orders[shard, slot]
        following = np.int64(order.trader_next)
        wanted = CommandFlag.BUY_SIDE if order.side == Side.BUY else CommandFlag.SELL_SIDE
        if sides == 0 or sides & wanted != 0:
            close_maker(st, out, index, seq, c.time_ns, shard, book, slot, RejectReason.NONE)
            count += 1
        slot = following
    return count


@entry
def cancel_all(st, out, c, index, seq, unknown_symbol):
    """Cancel every order of an account, in one book or in all, on one side or both."""
    if not account_known(st, c.account):
        emit_rejected(out, c, index, seq, RejectReason.UNKNOWN_ACCOUNT)
        return
    if unknown_symbol:
        emit_rejected(out, c, index, seq, RejectReason.UNKNOWN_SYMBOL)
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
            if not halted:
                count += _cancel_in_book(st, out, c, index, seq, shard, book_slot)
    event = next_event(out, index, seq, EventKind.CANCEL_ALL_DONE)
    event.account = c.account
    event.symbol = c.symbol
    event.qty = count
