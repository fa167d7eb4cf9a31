"""What happens by time alone: orders expire (RULES 7), and accounts that were not heard of lose theirs."""

import numpy as np

from lightning.codes import EventKind, RejectReason
from lightning.kernels.cancel import close_alone
from lightning.kernels.close import close_extended
from lightning.kernels.events import mark_consequences
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import account_find, shard_of
from lightning.kernels.order import is_extended
from lightning.kernels.registry import order_by_id, trader_find
from lightning.kernels.timers import timer_drop

ROWS_PER_ORDER = 2
"""An order that expires, and its sibling."""


@kernel
def _expire(st, out, index, seq, time, symbol, order_id, expire_time):
    """An order's time has come, if it is still open."""
    shard = np.int64(st.directory[symbol, 0])
    if shard == NIL:
        return
    slot = order_by_id(st.books, st.globals[0].secret, shard, order_id)
    if slot == NIL or not is_extended(st.books.orders[shard, slot]):
        return
    if st.books.details[shard, slot].expire_time == expire_time:
        reason = np.int64(RejectReason.NONE)
        close_extended(st, out, index, seq, time, shard, slot, reason, np.int64(EventKind.EXPIRED))


@kernel
def _cancel_everywhere(st, out, index, seq, time, account):
    """Cancel all orders of an account, by symbol, oldest first."""
    for i in range(st.symbols.shape[0]):
        shard = np.int64(st.directory[st.symbols[i], 0])
        book_slot = np.int64(st.directory[st.symbols[i], 1])
        trader = trader_find(st.books, st.globals[0].secret, shard, book_slot, account)
        if trader != NIL:
            book = st.books.books[shard, book_slot]
            slot = np.int64(st.books.traders[shard, trader].head)
            while slot != NIL:
                following = np.int64(st.books.orders[shard, slot].trader_next)
                reason = RejectReason.CANCEL_ALL_AFTER
                close_alone(st, out, index, seq, time, shard, book, slot, reason)
                slot = following


@kernel
def _rows_of(st, symbol, number):
    """Most event rows that a timer can cause."""
    if symbol != 0:
        return np.int64(ROWS_PER_ORDER)
    shard = shard_of(number, st.accounts.head.shape[0])
    owner = account_find(st.accounts, st.globals[0].secret, shard, number)
    return np.int64(st.accounts.accounts[shard, owner].open_orders)


@entry
def run_timers(st, out, index, seq, time):
    """Let happen what is due at `time`, in order. False: `out` is full, cursor[2] tells the rows needed."""
    first = out.cursor[0]
    done = True
    while st.globals[0].next_timer <= time:
        due = st.timers[0]
        expire_time = due.expire_time
        symbol = np.int64(due.symbol)
        number = due.id
        rows = _rows_of(st, symbol, number)
        if out.cursor[0] + rows > out.events.shape[0]:
            out.cursor[2] = rows
            out.cursor[3] = 0
            done = False
            break
        timer_drop(st)
        if symbol != 0:
            _expire(st, out, index, seq, time, symbol, number, expire_time)
            continue
        shard = shard_of(number, st.accounts.head.shape[0])
        owner = account_find(st.accounts, st.globals[0].secret, shard, number)
        account = st.accounts.accounts[shard, owner]
        if account.cancel_all_after == expire_time:
            account.cancel_all_after = 0
            _cancel_everywhere(st, out, index, seq, time, number)
    mark_consequences(out, first)
    return done
