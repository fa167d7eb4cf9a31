"""The venue's controls: a symbol's status, an account's status, the time when all its orders are canceled."""

from lightning.codes import AccountStatus, EventKind, RejectReason, SymbolStatus
from lightning.kernels.auction import uncross
from lightning.kernels.events import emit_rejected, next_event
from lightning.kernels.kernel import entry
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import account_find, shard_of
from lightning.kernels.timers import timer_add


@entry
def set_symbol_status(st, out, c, index, seq, shard, book_slot):
    """Open, close, halt a symbol, or let orders collect for an auction (RULES 19)."""
    if c.type > SymbolStatus.AUCTION:
        emit_rejected(out, c, index, seq, RejectReason.INVALID_COMMAND)
        return
    if book_slot == NIL:
        emit_rejected(out, c, index, seq, RejectReason.UNKNOWN_SYMBOL)
        return
    book = st.books.books[shard, book_slot]
    opens = c.type == SymbolStatus.TRADING and book.status != SymbolStatus.TRADING
    book.status = c.type
    event = next_event(out, index, seq, EventKind.SYMBOL_STATUS_CHANGED)
    event.symbol = book.symbol
    event.qty = c.type
    if opens:
        uncross(st, out, index, seq, c.time_ns, shard, book_slot)


@entry
def set_account_status(st, out, c, index, seq):
    """Halt an account, or let it trade again."""
    owner = account_find(
        st.accounts, st.globals[0].secret, shard_of(c.account, st.accounts.head.shape[0]), c.account
    )
    if c.type > AccountStatus.HALTED:
        emit_rejected(out, c, index, seq, RejectReason.INVALID_COMMAND)
        return
    if owner == NIL:
        emit_rejected(out, c, index, seq, RejectReason.UNKNOWN_ACCOUNT)
        return
    st.accounts.accounts[shard_of(c.account, st.accounts.head.shape[0]), owner].status = c.type
    event = next_event(out, index, seq, EventKind.ACCOUNT_STATUS_CHANGED)
    event.account = c.account
    event.qty = c.type


@entry
def set_cancel_all_after(st, out, c, index, seq):
    """Have all orders of an account canceled at a time, unless it is set anew before; 0: never."""
    shard = shard_of(c.account, st.accounts.head.shape[0])
    owner = account_find(st.accounts, st.globals[0].secret, shard, c.account)
    if owner == NIL:
        emit_rejected(out, c, index, seq, RejectReason.UNKNOWN_ACCOUNT)
        return
    if c.expire_time_ns != 0 and c.expire_time_ns <= c.time_ns:
        emit_rejected(out, c, index, seq, RejectReason.INVALID_EXPIRE_TIME)
        return
    account = st.accounts.accounts[shard, owner]
    if c.expire_time_ns != 0 and c.expire_time_ns != account.cancel_all_after:
        timer_add(st, c.expire_time_ns, 0, c.account)
    account.cancel_all_after = c.expire_time_ns
    event = next_event(out, index, seq, EventKind.CANCEL_ALL_AFTER_SET)
    event.account = c.account
    event.create_time_ns = c.expire_time_ns
