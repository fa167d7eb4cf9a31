"""Linked TRANSFERs: a chain of them is done together or not at all."""

import numpy as np

from lightning.codes import CommandFlag, CommandKind, RejectReason
from lightning.kernels.events import emit_rejected
from lightning.kernels.funds import credit_receiver, move_funds, move_funds_back
from lightning.kernels.intrinsics import mix
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
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

CHAIN_ROWS_MAX = 1_000


@kernel
def is_linked(c):
    """Is the row a TRANSFER that wants to be done with the next one?"""
    return c.kind == CommandKind.TRANSFER and np.int64(c.flags) & CommandFlag.LINKED != 0


@kernel
def chain_rows(commands, i):
    """How many rows the chain that begins at row `i` has; 1: none does, or it is cut short.

    The rows of a chain that is cut short stand alone, and so do those after its first.
    """
    if not is_linked(commands[i]) or (i > 0 and is_linked(commands[i - 1])):
        return np.int64(1)
    rows = np.int64(1)
    while is_linked(commands[i + rows - 1]):
        if rows == CHAIN_ROWS_MAX or i + rows == commands.shape[0]:
            return np.int64(1)
        if commands[i + rows].kind != CommandKind.TRANSFER:
            return np.int64(1)
        rows += 1
    return rows


@kernel
def _reject(out, commands, start, rows, first_seq, at, reason):
    """Refuse row `at` of a chain with `reason`, the others because of it."""
    for i in range(start, start + rows):
        why = reason if i == at else np.int64(RejectReason.LINKED)
        emit_rejected(out, commands[i], i, first_seq + i - start, why)


@kernel
def _transfer_all(st, out, commands, start, rows, first_seq):
    """Do the rows in order; the first that is refused takes back those before it."""
    for i in range(start + 1, start + rows):
        if commands[i].request_id != 0:
            for k in range(start, start + rows):
                emit_rejected(out, commands[k], k, first_seq + k - start, RejectReason.INVALID_COMMAND)
            return
    first = out.cursor[0]
    for i in range(start, start + rows):
        reason = move_funds(st, out, commands[i], i, first_seq + i - start)
        if reason != RejectReason.NONE:
            for k in range(start, i):
                move_funds_back(st, commands[k])
            out.cursor[0] = first
            _reject(out, commands, start, rows, first_seq, i, reason)
            return
    for i in range(start, start + rows):
        credit_receiver(st, commands[i])


@kernel
def _content(words, start, rows):
    content = content_of(words, start)
    for i in range(start + 1, start + rows):
        content = mix(content, content_of(words, i))
    return content


@kernel
def _transfer_all_once(st, out, commands, words, start, rows, first_seq):
    """Do a chain whose first row has an id, or answer it as it was answered before."""
    c = commands[start]
    st.globals[0].ids += 1
    number = st.globals[0].ids
    at = shard_of(c.account, st.accounts.head.shape[0])
    content = _content(words, start, rows)
    first = out.cursor[0]
    known = once_find(st, at, c.account, space_of(c), id_of(c), number)
    if known == NIL:
        evict_before = number - st.globals[0].once_window
        known = once_remember(
            st, at, c.account, space_of(c), id_of(c), content, first_seq, number, evict_before
        )
        _transfer_all(st, out, commands, start, rows, first_seq)
        once_answer(st, at, known, out.events, first, out.cursor[0])
        return
    same = st.accounts.once[at, known].answer_rows == rows
    if same and once_replay(st, out, start, at, known, content):
        for i in range(rows):
            out.events[first + i].command = start + i
        return
    _reject(out, commands, start, rows, first_seq, start, np.int64(RejectReason.DUPLICATE_ID))


@entry
def run_chain(st, out, commands, words, start, rows):
    """Apply the chain in rows [start, start + rows) of `commands`; there must be room. Each takes a seq."""
    first_seq = st.globals[0].seq + 1
    st.globals[0].seq += rows
    if id_of(commands[start]) != 0:
        _transfer_all_once(st, out, commands, words, start, rows, first_seq)
    else:
        _transfer_all(st, out, commands, start, rows, first_seq)
