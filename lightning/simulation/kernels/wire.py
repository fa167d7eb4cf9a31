"""Commands on their way to the exchange: a heap by the time they arrive, then in the order they were sent."""

from typing import NamedTuple

import numpy as np

from lightning.codes import CommandKind
from lightning.kernels.kernel import entry, kernel
from lightning.rows import COMMAND
from lightning.simulation.kernels.words import clear_row, copy_row

WORDS = COMMAND.itemsize // 8
TIME_WORD = COMMAND.fields["time_ns"][1] // 8
SIZE, SENT = 0, 1
"""Of `counts`: rows on their way, rows ever sent."""
IN_THE_PAST, NOT_ALLOWED = 1, 2
"""Why a row was not taken."""


class Wire(NamedTuple):
    arrivals: np.ndarray  # int64, in heap order, as are the next two
    numbers: np.ndarray  # int64: the how manyth that was sent
    slots: np.ndarray  # int64: its row
    rows: np.ndarray  # (n, WORDS) int64: COMMAND
    free: np.ndarray  # int64: from counts[SIZE] on, rows that are free
    counts: np.ndarray  # (2,) int64


@kernel
def _is_before(wire, i, j):
    if wire.arrivals[i] != wire.arrivals[j]:
        return wire.arrivals[i] < wire.arrivals[j]
    return wire.numbers[i] < wire.numbers[j]


@kernel
def _swap(wire, i, j):
    wire.arrivals[i], wire.arrivals[j] = wire.arrivals[j], wire.arrivals[i]
    wire.numbers[i], wire.numbers[j] = wire.numbers[j], wire.numbers[i]
    wire.slots[i], wire.slots[j] = wire.slots[j], wire.slots[i]


@kernel
def _push(wire, arrival, words, row):
    at = wire.counts[SIZE]
    slot = wire.free[at]
    copy_row(wire.rows, slot, words, row)
    wire.rows[slot, TIME_WORD] = arrival
    wire.arrivals[at], wire.numbers[at], wire.slots[at] = arrival, wire.counts[SENT], slot
    wire.counts[SIZE] += 1
    wire.counts[SENT] += 1
    while at > 0 and _is_before(wire, at, (at - 1) >> 1):
        _swap(wire, at, (at - 1) >> 1)
        at = (at - 1) >> 1


@kernel
def _pop(wire):
    """The row that arrives first."""
    slot = wire.slots[0]
    last = wire.counts[SIZE] - 1
    _swap(wire, 0, last)
    wire.counts[SIZE] = last
    wire.free[last] = slot
    at = 0
    while 2 * at + 1 < last:
        child = 2 * at + 1
        if child + 1 < last and _is_before(wire, child + 1, child):
            child += 1
        if not _is_before(wire, child, at):
            break
        _swap(wire, at, child)
        at = child
    return slot


@kernel
def _may_send(kind):
    orders = kind >= CommandKind.PLACE and kind <= CommandKind.CANCEL_ALL
    return orders or kind == CommandKind.CANCEL_ALL_AFTER


@entry
def send(wire, block, words, count, account, symbol, now_ns, latency_ns):
    """Put the first `count` rows of a block on their way, and clear them; there must be room.

    block : COMMAND, `time_ns` is when a row is sent, 0: now; words : the same rows as (n, WORDS) int64
    Returns (count, 0), or the first row that is not taken, and why.
    """
    for i in range(count):
        row = block[i]
        if not _may_send(row.kind):
            return i, NOT_ALLOWED
        sent = row.time_ns if row.time_ns != 0 else now_ns
        if sent < now_ns:
            return i, IN_THE_PAST
        row.account = account
        row.symbol = symbol
        _push(wire, sent + latency_ns, words, i)
        clear_row(words, i)
    return count, 0


@entry
def arrive(wire, until_ns, batch):
    """Rows that arrive before `until_ns`, in their order, into `batch`, (m, WORDS) int64, as far as it goes.

    Returns how many.
    """
    count = 0
    while count < batch.shape[0] and wire.counts[SIZE] > 0 and wire.arrivals[0] < until_ns:
        copy_row(batch, count, wire.rows, _pop(wire))
        count += 1
    return count
