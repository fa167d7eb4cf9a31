"""The parallel stages of a segment of PLACE and CANCEL (without a ledger also AMEND) commands.

A worker runs a stage on its own shards and touches only their rows. The outcome equals `run.run`,
because whatever earlier commands of the segment still have to settle only adds to what an account
may use: what the hold stage accepts, the serial order accepts too. Only a refusal can come too
early; it cuts the segment before itself, unless it stands at the head, where nothing is pending.
"""

import numpy as np

from lightning.codes import CommandKind, OrderType, RejectReason, Side
from lightning.kernels.admit import is_plain, stage_place
from lightning.kernels.amend import amend
from lightning.kernels.cancel import cancel
from lightning.kernels.enter import finish
from lightning.kernels.events import emit_rejected
from lightning.kernels.index import index_remove
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import account_find, apply_posting, shard_of
from lightning.kernels.once import (
    content_of,
    copy_answer,
    id_of,
    once_answer,
    once_find,
    once_remember,
    own_rows_end,
    space_of,
)
from lightning.kernels.place import book_place
from lightning.kernels.run import consequences_max, locate, rows_max
from lightning.kernels.stops import triggers

REPLAY = -1
"""`staged.reason` of a command that is answered as it was before."""
POSTINGS_PER_ROW = 2
"""Most postings per event row of a command, beside `POSTINGS_BESIDES_FILLS`."""
POSTINGS_BESIDES_FILLS = 4


@entry
def plan(st, commands, staged, start, end, counts):
    """Route rows [start, end): shards, books, id numbers.

    Plain orders and cancels go through the stages; what they set off happens in their book.

    counts : (2, shards) int64, filled: commands per account shard, per symbol shard
    Returns the first row that has to run alone: another kind, one before which something is
    due, or a fee account's.
    """
    accounts = st.accounts.head.shape[0]
    ledger = st.globals[0].ledger != 0
    number = st.globals[0].ids
    for i in range(start, end):
        c = commands[i]
        if c.time_ns >= st.globals[0].next_timer:
            return i
        order = (c.kind == CommandKind.PLACE and is_plain(c)) or c.kind == CommandKind.CANCEL
        if not order and (ledger or c.kind != CommandKind.AMEND):
            return i
        if ledger and _is_fee_account(st, c.account):
            return i
        if _has_id(st, c):
            number += 1
        row = staged[i - start]
        shard, slot = locate(st, np.int64(c.symbol))
        row.id_number = number
        row.account_shard = shard_of(c.account, accounts)
        row.symbol_shard = shard
        row.book_slot = slot
        row.entry = NIL
        counts[0, row.account_shard] += 1
        counts[1, shard] += 1
    return end


@kernel
def _is_fee_account(st, account):
    for i in range(st.fee_accounts.shape[0]):
        if st.fee_accounts[i] == account:
            return True
    return False


@kernel
def _has_id(st, c):
    return st.globals[0].ledger != 0 and id_of(c) != 0


@kernel
def _pending(st, c, row, segment):
    """May an earlier command of the segment still credit the account? Marks it as touched."""
    owner = account_find(st.accounts, st.globals[0].secret, np.int64(row.account_shard), c.account)
    if owner == NIL:
        return False
    account = st.accounts.accounts[row.account_shard, owner]
    pending = account.segment == segment or account.open_orders > 0
    account.segment = segment
    return pending


@kernel
def _known_id(st, c, words, i, row, first_seq):
    """Look an id up. Returns (cut here?, known?); a known one has its answer noted in `row`."""
    at = np.int64(row.account_shard)
    slot = once_find(st, at, c.account, space_of(c), id_of(c), row.id_number)
    if slot == NIL:
        return False, False
    known = st.accounts.once[at, slot]
    if known.seq >= first_seq:
        return True, True
    row.reason = REPLAY if known.content == content_of(words, i) else RejectReason.DUPLICATE_ID
    row.answer = known.answer
    row.base_slot = known.answer_rows
    return False, True


@kernel
def _hold_one(st, commands, words, staged, i, start, segment, first_seq, evict_before):
    """Check one command and take its hold. Returns True if the segment must be cut before it."""
    c = commands[i]
    row = staged[i - start]
    row.reason = RejectReason.NONE
    at = np.int64(row.account_shard)
    if _has_id(st, c):
        cut, known = _known_id(st, c, words, i, row, first_seq)
        if cut or known:
            return cut
    pending = _pending(st, c, row, segment) and i > start
    all_money = (
        c.kind == CommandKind.PLACE and c.type == OrderType.MARKET and c.side == Side.BUY and c.qty > 0
    )
    if pending and all_money:
        return True
    if c.kind == CommandKind.PLACE:
        slot = np.int64(row.book_slot)
        book = st.books.books[row.symbol_shard, max(slot, np.int64(0))]
        row.reason = stage_place(st, c, at, book, slot, row)
        if pending and row.reason == RejectReason.INSUFFICIENT_FUNDS:
            return True
    elif row.book_slot == NIL:
        row.reason = RejectReason.UNKNOWN_SYMBOL
    if _has_id(st, c):
        content = content_of(words, i)
        seq = first_seq + i - start
        row.entry = once_remember(
            st, at, c.account, space_of(c), id_of(c), content, seq, row.id_number, evict_before
        )
    return False


@entry
def hold_stage(st, commands, words, staged, start, end, segment, worker, workers):
    """Check and hold the commands of this worker's account shards, in order.

    Returns the row before which the segment must be cut; `end`: nowhere.
    """
    first_seq = st.globals[0].seq + 1
    evict_before = st.globals[0].ids - st.globals[0].once_window
    for i in range(start, end):
        mine = staged[i - start].account_shard % workers == worker
        if mine and _hold_one(st, commands, words, staged, i, start, segment, first_seq, evict_before):
            return i
    return end


@entry
def undo_stage(st, commands, staged, start, cut, end, worker, workers):
    """Take back what the hold stage did for this worker's rows [cut, end), last first."""
    for i in range(end - 1, cut - 1, -1):
        row = staged[i - start]
        if row.account_shard % workers == worker:
            _undo_one(st, commands[i], row)


@kernel
def _undo_one(st, c, row):
    at = np.int64(row.account_shard)
    if row.reason == RejectReason.NONE and c.kind == CommandKind.PLACE:
        slot = np.int64(row.quote_slot) if c.side == Side.BUY else np.int64(row.base_slot)
        apply_posting(st.accounts, at, slot, row.hold, -row.hold, 1)
    if row.entry != NIL:
        head = st.accounts.head[at]
        head.once_end -= 1
        index_remove(st.accounts.once_index, at, st.accounts.once[at, row.entry].hash, np.int64(row.entry))
        row.entry = NIL


@entry
def match_stage(st, out, commands, staged, start, first, end, worker, workers):
    """Match the held commands of this worker's symbol shards, in order, writing events and postings.

    Returns the row to go on with; below `end` when `out` is full: cursor[2] tells the event rows needed.
    """
    first_seq = st.globals[0].seq + 1
    for i in range(first, end):
        row = staged[i - start]
        if row.symbol_shard % workers != worker or row.reason != RejectReason.NONE:
            continue
        c = commands[i]
        shard = np.int64(row.symbol_shard)
        slot = np.int64(row.book_slot)
        rows = rows_max(st, c, shard, slot) + consequences_max(st.books, shard, slot)
        out.cursor[2] = rows
        if out.cursor[0] + rows > out.events.shape[0]:
            return i
        if out.cursor[1] + POSTINGS_PER_ROW * rows + POSTINGS_BESIDES_FILLS > out.postings.shape[0]:
            return i
        seq = first_seq + i - start
        if c.kind == CommandKind.PLACE:
            book_place(st, out, c, i, seq, shard, slot, row)
        elif c.kind == CommandKind.CANCEL:
            cancel(st, out, c, i, seq, shard, slot)
        else:
            amend(st, out, c, i, seq, shard, slot)
        if triggers(st.books.books[shard, slot]):
            finish(st, out, i, seq, c.time_ns, shard, slot, np.int64(NIL))
    return end


@entry
def settle_stage(st, postings, cursors, worker, workers):
    """Apply every posting for this worker's account shards.

    postings : (workers, n) POSTING; cursors : (workers, 3) int64, rows used in column 1
    """
    shards = st.accounts.head.shape[0]
    for source in range(postings.shape[0]):
        for i in range(cursors[source, 1]):
            row = postings[source, i]
            shard = shard_of(row.account, shards)
            if shard % workers == worker:
                slot = np.int64(row.slot)
                apply_posting(st.accounts, shard, slot, row.available, row.held, np.int64(row.closed))


@entry
def merge_stage(st, out, events, cursors, commands, staged, start, end):
    """Bring all workers' events into the order of their commands, with what the hold stage refused.

    events : (workers, n) EVENT; `out` has room for all. Then keeps the answers of new ids and moves seq on.
    """
    workers = events.shape[0]
    first_seq = st.globals[0].seq + 1
    read = np.int64(0)
    for worker in range(workers):
        cursors[worker, 2] = 0
    for i in range(start, end):
        row = staged[i - start]
        before = out.cursor[0]
        if row.reason == REPLAY:
            copy_answer(st, out, i, np.int64(row.account_shard), row.answer, np.int64(row.base_slot))
        elif row.reason != RejectReason.NONE:
            emit_rejected(out, commands[i], i, first_seq + i - start, row.reason)
        else:
            worker = np.int64(row.symbol_shard) % workers
            read = cursors[worker, 2]
            while read < cursors[worker, 0] and events[worker, read].command == i:
                out.events[out.cursor[0]] = events[worker, read]
                out.cursor[0] += 1
                read += 1
            cursors[worker, 2] = read
        if row.entry != NIL:
            at = np.int64(row.account_shard)
            once_answer(st, at, np.int64(row.entry), out.events, before, own_rows_end(out, before))
    st.globals[0].seq += end - start
    st.globals[0].ids = staged[end - 1 - start].id_number
    st.globals[0].orders_room = 0
