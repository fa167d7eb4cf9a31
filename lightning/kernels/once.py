"""The once-only window: every (account, id) is applied once, refusals included (RULES 20).

A ring of the remembered ids per account shard, found through an index, and a ring of the EVENT rows
they were answered with. Commands that carry an id are counted; an id is forgotten by that count
alone, so that what is remembered does not depend on shards or batches.
"""

import numpy as np

from lightning.codes import CommandFlag, CommandKind, EventFlag
from lightning.kernels.index import hash_id, index_insert, index_remove
from lightning.kernels.intrinsics import mix, stir
from lightning.kernels.kernel import kernel
from lightning.kernels.layout import NIL

ORDERS = 0
REQUESTS = 1
TIME_WORD = 13
"""Which int64 word of a COMMAND row is its time, the only column that is not content."""


@kernel
def id_of(c):
    """The command's once-only id, 0 = none."""
    if c.kind == CommandKind.PLACE:
        return c.client_order_id
    return c.request_id


@kernel
def space_of(c):
    """The id space of the command: client order ids, or request ids."""
    if c.kind == CommandKind.PLACE or c.flags & CommandFlag.SHARED_ID:
        return np.int64(ORDERS)
    return np.int64(REQUESTS)


@kernel
def content_of(words, row):
    """Hash of everything in a COMMAND row but its time; `words` is the rows as (n, 16) int64."""
    even = words[row, 0]  # two chains, which the processor works on side by side
    odd = words[row, 1]
    for word in range(2, 16, 2):
        even = stir(even, words[row, word])
        if word + 1 != TIME_WORD:
            odd = stir(odd, words[row, word + 1])
    return mix(even, odd)


@kernel
def once_find(st, shard, account, space, number_of_id, number):
    """Place in the ring of a remembered id, or NIL. `number` counts this command."""
    accounts = st.accounts
    index = accounts.once_index
    hashed = hash_id(st.globals[0].secret, mix(account, space), number_of_id)
    mask = index.shape[1] - 1
    oldest = number - st.globals[0].once_window
    i = hashed & mask
    while index[shard, i].slot != 0:
        if index[shard, i].hash == hashed:
            slot = np.int64(index[shard, i].slot) - 1
            row = accounts.once[shard, slot]
            if (
                row.id == number_of_id
                and row.account == account
                and row.space == space
                and row.number >= oldest
            ):
                return slot
        i = (i + 1) & mask
    return np.int64(NIL)


@kernel
def _forget(st, shard, oldest):
    """Drop up to two ids that have left the window."""
    accounts = st.accounts
    head = accounts.head[shard]
    mask = accounts.once.shape[1] - 1
    for _ in range(2):
        if head.once_first == head.once_end:
            return
        slot = head.once_first & mask
        row = accounts.once[shard, slot]
        if row.number >= oldest:
            return
        index_remove(accounts.once_index, shard, row.hash, slot)
        head.once_first += 1
        head.answers_first = row.answer + row.answer_rows


@kernel
def once_remember(st, shard, account, space, number_of_id, content, seq, number, evict_before):
    """Enter an id; its answer follows. There must be room. Returns its place in the ring.

    evict_before : ids counted before this number may go
    """
    _forget(st, shard, evict_before)
    accounts = st.accounts
    head = accounts.head[shard]
    slot = head.once_end & (accounts.once.shape[1] - 1)
    head.once_end += 1
    row = accounts.once[shard, slot]
    row.account = account
    row.id = number_of_id
    row.content = content
    row.seq = seq
    row.number = number
    row.answer = head.answers_end
    row.answer_rows = 0
    row.space = space
    row.hash = hash_id(st.globals[0].secret, mix(account, space), number_of_id)
    index_insert(accounts.once_index, shard, row.hash, slot)
    return slot


@kernel
def once_answer(st, shard, slot, events, first, end):
    """Keep rows [first, end) of `events` as the answer to a remembered id."""
    accounts = st.accounts
    head = accounts.head[shard]
    mask = accounts.answers.shape[1] - 1
    row = accounts.once[shard, slot]
    row.answer = head.answers_end
    row.answer_rows = end - first
    for i in range(first, end):
        accounts.answers[shard, head.answers_end & mask] = events[i]
        head.answers_end += 1


@kernel
def own_rows_end(out, first):
    """Where the rows of a command itself end, that begin at `first`: its consequences come last."""
    end = out.cursor[0]
    while end > first and out.events[end - 1].flags & EventFlag.CONSEQUENCE:
        end -= 1
    return end


@kernel
def once_replay(st, out, index, shard, slot, content):
    """Give the first answer to a known id again. False, nothing written: its content was another."""
    row = st.accounts.once[shard, slot]
    if row.content != content:
        return False
    copy_answer(st, out, index, shard, row.answer, np.int64(row.answer_rows))
    return True


@kernel
def copy_answer(st, out, index, shard, first, rows):
    """Write kept answer rows again, as the answer to command `index`."""
    answers = st.accounts.answers
    mask = answers.shape[1] - 1
    for i in range(rows):
        n = out.cursor[0]
        out.cursor[0] = n + 1
        out.events[n] = answers[shard, (first + i) & mask]
        out.events[n].command = index
        out.events[n].flags |= EventFlag.REPLAYED
