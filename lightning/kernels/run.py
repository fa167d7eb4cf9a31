"""The serial kernel: commands one at a time, in order. It is the definition of the exchange."""

import numpy as np

from lightning.codes import CommandKind, RejectReason, SelfTradePrevention
from lightning.kernels.admit import is_plain
from lightning.kernels.ahead import look_ahead
from lightning.kernels.amend import amend
from lightning.kernels.auction import uncross_rows
from lightning.kernels.cancel import cancel, cancel_all, find_order
from lightning.kernels.chain import chain_rows, is_linked, run_chain
from lightning.kernels.controls import set_account_status, set_cancel_all_after, set_symbol_status
from lightning.kernels.due import run_timers
from lightning.kernels.enter import finish
from lightning.kernels.events import emit_rejected
from lightning.kernels.extended import place_extended
from lightning.kernels.funds import deposit, transfer, withdraw
from lightning.kernels.kernel import entry, kernel, lookup
from lightning.kernels.layout import NIL, NODES_PER_LEVEL_MAX
from lightning.kernels.ledger import shard_of
from lightning.kernels.once import (
    content_of,
    id_of,
    once_answer,
    once_find,
    once_remember,
    once_replay,
    own_rows_end,
    space_of,
)
from lightning.kernels.order import stp_of
from lightning.kernels.place import place
from lightning.kernels.registry import trader_find
from lightning.kernels.stops import triggers
from lightning.kernels.timers import room_for_timer

ROWS_BESIDES_FILLS = 4
"""Most event rows of one PLACE or AMEND that are not about a resting order it met."""
ROWS_PER_MET = 3
"""Most event rows about one resting order that it met, or one slice of it."""
ROWS_PER_STOP = 8
"""Most event rows of one stop that are not about a resting order it met."""


@kernel
def locate(st, symbol):
    """(shard, book slot) of a symbol; slot NIL if there is none."""
    if symbol <= 0 or symbol >= st.directory.shape[0]:
        return np.int64(0), np.int64(NIL)
    return np.int64(st.directory[symbol, 0]), np.int64(st.directory[symbol, 1])


@kernel
def consequences_max(books, shard, book_slot):
    """A bound on the event rows of the stops that a trade in the book can set off.

    Every step of theirs ends a resting order, a slice of one, or a stop; stops may come to rest.
    """
    book = books.books[shard, book_slot]
    if book.pending == 0:
        return np.int64(0)
    pending = np.int64(book.pending)
    return ROWS_PER_MET * (_resting(books, shard, book_slot) + pending) + ROWS_PER_STOP * pending


@kernel
def _resting(books, shard, book_slot):
    """Resting orders of a book, each slice that an iceberg has or will have counted."""
    bids = books.ladders[shard, 2 * book_slot]
    asks = books.ladders[shard, 2 * book_slot + 1]
    slices = bids.slices + asks.slices + books.stop_ladders[shard, 2 * book_slot].slices
    return bids.orders + asks.orders + slices + books.stop_ladders[shard, 2 * book_slot + 1].slices


@kernel
def rows_max(st, c, shard, book_slot):
    """A bound on the event rows of the command itself, without its consequences."""
    if c.kind == CommandKind.CANCEL_ALL:
        rows = np.int64(ROWS_BESIDES_FILLS)
        for i in range(st.books.head.shape[0]):
            rows += st.books.head[i].orders_live
        return rows
    if book_slot != NIL and c.kind == CommandKind.SET_SYMBOL_STATUS:
        return uncross_rows(st.books, shard, book_slot) + ROWS_BESIDES_FILLS
    met = np.int64(0)
    if book_slot != NIL and c.kind == CommandKind.PLACE:
        met = _met_max(st, shard, book_slot, c.account, np.int64(c.side), c.qty, np.int64(c.stp))
    elif book_slot != NIL and c.kind == CommandKind.AMEND:
        slot, _ = find_order(st, c, shard, book_slot)
        if slot != NIL:
            order = st.books.orders[shard, slot]
            qty = c.qty if c.qty > 0 else order.leaves
            met = _met_max(st, shard, book_slot, c.account, np.int64(order.side), qty, stp_of(order))
    return ROWS_PER_MET * met + ROWS_BESIDES_FILLS


@kernel
def _met_max(st, shard, book_slot, account, side, qty, stp):
    """A bound on the resting orders an incoming one can meet: one a lot, and own ones that it removes."""
    ladder = st.books.ladders[shard, 2 * book_slot + (1 - (side & 1))]
    met = ladder.orders + ladder.slices
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


@lookup
def room_in_books(books, shard):
    """For one more command and what it may set off: each stop that may rest may open a level of its own."""
    head = books.head[shard]
    levels = 1 + head.stops_to_rest
    return (
        head.orders_live < books.orders.shape[1]
        and head.levels_live + levels <= books.levels.shape[1]
        and head.nodes_live + NODES_PER_LEVEL_MAX * levels <= books.nodes.shape[1]
        and head.traders_live < books.traders.shape[1]
    )


@lookup
def room_in_accounts(accounts, shard, rows):
    head = accounts.head[shard]
    return (
        head.accounts_used < accounts.accounts.shape[1]
        and head.balances_used + 2 <= accounts.balances.shape[1]
        and head.once_end - head.once_first < accounts.once.shape[1]
        and head.answers_end - head.answers_first + rows <= accounts.answers.shape[1]
    )


@kernel
def room_for(st, out, c, home, shard, book_slot):
    """Is there room in every table for whatever the command may do?

    cursor[2] tells the event rows it may need, cursor[3] those that are kept as its answer.
    """
    own = rows_max(st, c, shard, book_slot)
    kept = own if id_of(c) != 0 else np.int64(0)
    rows = own
    if book_slot != NIL:
        rows += consequences_max(st.books, shard, book_slot)
    fits = out.cursor[0] + rows <= out.events.shape[0] and room_in_books(st.books, shard)
    fits = fits and room_for_timer(st)
    if fits and st.globals[0].ledger != 0:
        fits = room_in_accounts(st.accounts, home, kept)
        if fits and c.kind == CommandKind.TRANSFER:
            receiver = shard_of(c.counter_account, st.accounts.head.shape[0])
            fits = room_in_accounts(st.accounts, receiver, np.int64(0))
    out.cursor[2] = rows
    out.cursor[3] = kept
    return fits


@kernel
def room_for_chain(st, out, c, rows):
    """As `room_for`, for the chain of `rows` TRANSFERs that begins with `c`; cursor[4] tells the balances."""
    accounts = st.accounts
    shards = accounts.head.shape[0]
    kept = rows if id_of(c) != 0 else np.int64(0)
    fits = out.cursor[0] + rows <= out.events.shape[0]
    for shard in range(shards):
        if accounts.head[shard].balances_used + rows > accounts.balances.shape[1]:
            fits = False
    out.cursor[2] = rows
    out.cursor[3] = kept
    out.cursor[4] = rows
    return fits and room_in_accounts(accounts, shard_of(c.account, shards), kept)


@entry
def apply_other(st, out, c, index, seq, shard, book_slot, staged):
    """Apply a command that is neither a plain PLACE nor a CANCEL or AMEND in a known symbol.

    Returns the slot of an order that is to enter the book, or NIL.
    """
    slot = np.int64(NIL)
    kind = c.kind
    if kind == CommandKind.PLACE:
        slot = place_extended(st, out, c, index, seq, shard, book_slot, staged)
    elif kind == CommandKind.CANCEL or kind == CommandKind.AMEND:
        emit_rejected(out, c, index, seq, RejectReason.UNKNOWN_SYMBOL)
    elif kind == CommandKind.CANCEL_ALL:
        cancel_all(st, out, c, index, seq, c.symbol != 0 and book_slot == NIL)
    elif kind == CommandKind.SET_SYMBOL_STATUS:
        set_symbol_status(st, out, c, index, seq, shard, book_slot)
    elif kind != CommandKind.TIMER and st.globals[0].ledger == 0:
        emit_rejected(out, c, index, seq, RejectReason.INVALID_COMMAND)
    elif kind == CommandKind.SET_ACCOUNT_STATUS:
        set_account_status(st, out, c, index, seq)
    elif kind == CommandKind.CANCEL_ALL_AFTER:
        set_cancel_all_after(st, out, c, index, seq)
    elif kind == CommandKind.DEPOSIT:
        deposit(st, out, c, index, seq)
    elif kind == CommandKind.WITHDRAW:
        withdraw(st, out, c, index, seq)
    elif kind == CommandKind.TRANSFER:
        transfer(st, out, c, index, seq)
    elif kind != CommandKind.TIMER:
        emit_rejected(out, c, index, seq, RejectReason.INVALID_COMMAND)
    return slot


NEW = 0
ANSWERED = 1
NO_ROOM = 2


@kernel
def _look_up(st, out, c, words, index, seq, at):
    """Is the command's id new? Then it is remembered; else it is answered as it was answered before.

    Returns (NEW, ANSWERED, or NO_ROOM: nothing changed, for that answer has more rows than there is room for;
    its place in the ring).
    """
    st.globals[0].ids += 1
    number = st.globals[0].ids
    space = space_of(c)
    content = content_of(words, index)
    known = once_find(st, at, c.account, space, id_of(c), number)
    if known != NIL:
        rows = np.int64(st.accounts.once[at, known].answer_rows)
        if out.cursor[0] + rows > out.events.shape[0]:
            st.globals[0].ids -= 1
            out.cursor[2] = rows
            return NO_ROOM, known
        if not once_replay(st, out, index, at, known, content):
            emit_rejected(out, c, index, seq, RejectReason.DUPLICATE_ID)
        return ANSWERED, known
    evict_before = number - st.globals[0].once_window
    entry = once_remember(st, at, c.account, space, id_of(c), content, seq, number, evict_before)
    return NEW, np.int64(entry)


@entry
def run(st, out, staged, commands, words, start, end):
    """Apply rows [start, end) of `commands` until `out` or a table is full.

    words : the same rows as (n, 16) int64; staged : (n >= 1,) STAGED scratch
    Returns the row to go on with; beyond `end` after a chain of TRANSFERs, which is one step.
    """
    ledger = st.globals[0].ledger != 0
    i = np.int64(start)
    while i < end:
        look_ahead(st, commands, i, end, ledger)
        c = commands[i]
        seq = st.globals[0].seq + 1
        if c.time_ns >= st.globals[0].next_timer and not run_timers(st, out, i, seq, c.time_ns):
            return i
        if ledger and is_linked(c):
            rows = chain_rows(commands, i)
            if rows > 1:
                if not room_for_chain(st, out, c, rows):
                    return i
                run_chain(st, out, commands, words, i, rows)
                i += rows
                continue
        shard, book_slot = locate(st, np.int64(c.symbol))
        home = shard_of(c.account, st.accounts.head.shape[0])
        if not room_for(st, out, c, home, shard, book_slot):
            return i
        known = np.int64(NIL)
        if ledger and id_of(c) != 0:
            found, known = _look_up(st, out, c, words, i, seq, home)
            if found == NO_ROOM:
                return i
            if found == ANSWERED:
                st.globals[0].seq = seq
                i += 1
                continue
        st.globals[0].seq = seq
        first = out.cursor[0]
        slot = np.int64(NIL)
        if c.kind == CommandKind.PLACE and is_plain(c):
            place(st, out, c, i, seq, home, shard, book_slot, staged[0])
        elif c.kind == CommandKind.CANCEL and book_slot != NIL:
            cancel(st, out, c, i, seq, shard, book_slot)
        elif c.kind == CommandKind.AMEND and book_slot != NIL:
            amend(st, out, c, i, seq, shard, book_slot)
        else:
            slot = apply_other(st, out, c, i, seq, shard, book_slot, staged[0])
        if book_slot != NIL and (slot != NIL or triggers(st.books.books[shard, book_slot])):
            finish(st, out, i, seq, c.time_ns, shard, book_slot, slot)
        if known != NIL:
            once_answer(st, home, known, out.events, first, own_rows_end(out, first))
        i += 1
    return i
