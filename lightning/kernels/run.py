"""The serial kernel: commands one at a time, in order. It is the definition of the exchange."""

import numpy as np

from lightning.codes import CommandKind, RejectReason, SelfTradePrevention
from lightning.kernels.amend import amend
from lightning.kernels.cancel import cancel, cancel_all, find_order
from lightning.kernels.events import emit_rejected
from lightning.kernels.funds import deposit, transfer, withdraw
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL, NODES_PER_LEVEL_MAX
from lightning.kernels.ledger import shard_of
from lightning.kernels.once import (
    content_of,
    id_of,
    once_answer,
    once_find,
    once_remember,
    once_replay,
    space_of,
)
from lightning.kernels.order import stp_of
from lightning.kernels.place import book_place, stage_place
from lightning.kernels.queue import trader_find

ROWS_BESIDES_FILLS = 4
"""Most event rows of one PLACE or AMEND that are not about a resting order it met."""


@kernel
def locate(st, symbol):
    """(shard, book slot) of a symbol; slot NIL if there is none."""
    if symbol <= 0 or symbol >= st.directory.shape[0]:
        return np.int64(0), np.int64(NIL)
    return np.int64(st.directory[symbol, 0]), np.int64(st.directory[symbol, 1])


@kernel
def rows_max(st, c, shard, book_slot):
    """A bound on the event rows that the command can cause."""
    if c.kind == CommandKind.CANCEL_ALL:
        rows = np.int64(ROWS_BESIDES_FILLS)
        for i in range(st.books.head.shape[0]):
            rows += st.books.head[i].orders_live
        return rows
    met = np.int64(0)
    if book_slot != NIL and c.kind == CommandKind.PLACE:
        met = _met_max(st, shard, book_slot, c.account, np.int64(c.side), c.qty, np.int64(c.stp))
    elif book_slot != NIL and c.kind == CommandKind.AMEND:
        slot, _ = find_order(st, c, shard, book_slot)
        if slot != NIL:
            order = st.books.orders[shard, slot]
            qty = c.qty if c.qty > 0 else order.leaves
            met = _met_max(st, shard, book_slot, c.account, np.int64(order.side), qty, stp_of(order))
    return 2 * met + ROWS_BESIDES_FILLS


@kernel
def _met_max(st, shard, book_slot, account, side, qty, stp):
    """A bound on the resting orders an incoming one can meet: one a lot, and own ones that it removes."""
    met = st.books.ladders[shard, 2 * book_slot + (1 - (side & 1))].orders
    if qty <= 0 or qty >= met:
        return met
    mode = stp if stp != SelfTradePrevention.DEFAULT else np.int64(st.books.books[shard, book_slot].stp)
    if mode != SelfTradePrevention.CANCEL_MAKER:
        return qty
    trader = trader_find(st.books, st.globals[0].secret, shard, book_slot, account)
    if trader == NIL:
        return qty
    row = st.books.traders[shard, trader]
    return min(met, qty + (row.sells if side == 0 else row.buys))


@kernel
def room_in_books(books, shard):
    head = books.head[shard]
    return (
        head.orders_live < books.orders.shape[1]
        and head.levels_live < books.levels.shape[1]
        and head.nodes_live + NODES_PER_LEVEL_MAX <= books.nodes.shape[1]
        and head.traders_live < books.traders.shape[1]
    )


@kernel
def room_in_accounts(accounts, shard, rows):
    head = accounts.head[shard]
    return (
        head.accounts_used < accounts.accounts.shape[1]
        and head.balances_used + 2 <= accounts.balances.shape[1]
        and head.once_end - head.once_first < accounts.once.shape[1]
        and head.answers_end - head.answers_first + rows <= accounts.answers.shape[1]
    )


@kernel
def room_for(st, out, c, shard, book_slot):
    """Is there room in every table for whatever the command may do? cursor[2] tells the rows it may need."""
    rows = rows_max(st, c, shard, book_slot)
    fits = out.cursor[0] + rows <= out.events.shape[0] and room_in_books(st.books, shard)
    if fits and st.globals[0].ledger != 0:
        shards = st.accounts.head.shape[0]
        kept = rows if id_of(c) != 0 else np.int64(0)
        fits = room_in_accounts(st.accounts, shard_of(c.account, shards), kept)
        if fits and c.kind == CommandKind.TRANSFER:
            fits = room_in_accounts(st.accounts, shard_of(c.counter_account, shards), np.int64(0))
    out.cursor[2] = rows
    return fits


@kernel
def execute(st, out, c, index, seq, shard, book_slot, staged):
    """Apply one command that has not been applied before."""
    kind = c.kind
    if kind == CommandKind.PLACE:
        reason = stage_place(st, c, st.books.books[shard, max(book_slot, np.int64(0))], book_slot, staged)
        if reason != RejectReason.NONE:
            emit_rejected(out, c, index, seq, reason)
        else:
            book_place(st, out, c, index, seq, shard, book_slot, staged)
    elif kind == CommandKind.CANCEL or kind == CommandKind.AMEND:
        if book_slot == NIL:
            emit_rejected(out, c, index, seq, RejectReason.UNKNOWN_SYMBOL)
        elif kind == CommandKind.CANCEL:
            cancel(st, out, c, index, seq, shard, book_slot)
        else:
            amend(st, out, c, index, seq, shard, book_slot)
    elif kind == CommandKind.CANCEL_ALL:
        cancel_all(st, out, c, index, seq, c.symbol != 0 and book_slot == NIL)
    elif st.globals[0].ledger == 0:
        emit_rejected(out, c, index, seq, RejectReason.INVALID_COMMAND)
    elif kind == CommandKind.DEPOSIT:
        deposit(st, out, c, index, seq)
    elif kind == CommandKind.WITHDRAW:
        withdraw(st, out, c, index, seq)
    elif kind == CommandKind.TRANSFER:
        transfer(st, out, c, index, seq)
    else:
        emit_rejected(out, c, index, seq, RejectReason.INVALID_COMMAND)


@kernel
def execute_once(st, out, c, words, index, seq, shard, book_slot, staged):
    """Apply a command that carries an id, or answer it as it was answered before."""
    st.globals[0].ids += 1
    number = st.globals[0].ids
    at = shard_of(c.account, st.accounts.head.shape[0])
    space = space_of(c)
    content = content_of(words, index)
    known = once_find(st, at, c.account, space, id_of(c), number)
    if known != NIL:
        if not once_replay(st, out, index, at, known, content):
            emit_rejected(out, c, index, seq, RejectReason.DUPLICATE_ID)
        return
    evict_before = number - st.globals[0].once_window
    entry = once_remember(st, at, c.account, space, id_of(c), content, seq, number, evict_before)
    first = out.cursor[0]
    execute(st, out, c, index, seq, shard, book_slot, staged)
    once_answer(st, at, entry, out.events, first, out.cursor[0])


@entry
def run(st, out, staged, commands, words, start, end):
    """Apply rows [start, end) of `commands` until `out` or a table is full.

    words : the same rows as (n, 16) int64; staged : (n >= 1,) STAGED scratch
    Returns the row to go on with.
    """
    ledger = st.globals[0].ledger != 0
    for i in range(start, end):
        c = commands[i]
        shard, book_slot = locate(st, np.int64(c.symbol))
        if not room_for(st, out, c, shard, book_slot):
            return i
        seq = st.globals[0].seq + 1
        st.globals[0].seq = seq
        if ledger and id_of(c) != 0:
            execute_once(st, out, c, words, i, seq, shard, book_slot, staged[0])
        else:
            execute(st, out, c, i, seq, shard, book_slot, staged[0])
    return end
