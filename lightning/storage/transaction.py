"""From the records that wait to the rows of one transaction."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.engine.chains import goes_on
from lightning.engine.journal import Batch, Record
from lightning.engine.tables import words_of
from lightning.rows import COMMAND
from lightning.storage.records import Packer, RecordKind, Stored, encode_change, signed

TIME_WORD = COMMAND.fields["time_ns"][1] // 8  # type: ignore[index]  # it has fields
RECORD_ROWS_MAX = 16_384
"""Commands of a stored record: small batches are joined up to it, larger ones cut behind it.

A cut waits for the end of a chain: replayed in two parts it would be another command.
"""


class Taken(NamedTuple):
    record: Record
    epoch: int


def stored_records(taken: list[Taken], packer: Packer) -> Iterator[tuple[Stored, int]]:
    """With the epoch of each. A batch with a state hash begins a stored record."""
    joined: list[Batch] = []
    rows, epoch_joined = 0, 0
    for record, epoch in taken:
        if joined and not (
            isinstance(record, Batch)
            and record.state_hash is None
            and epoch == epoch_joined
            and rows + len(record.rows) <= RECORD_ROWS_MAX
        ):
            yield from ((stored, epoch_joined) for stored in _packed(joined, packer))
            joined, rows = [], 0
        if isinstance(record, Batch):
            joined.append(record)
            rows += len(record.rows)
            epoch_joined = epoch
        else:
            change = encode_change(record.change)
            yield Stored(record.first_seq, 1, RecordKind.CHANGE, record.time_ns, None, change), epoch
    if joined:
        yield from ((stored, epoch_joined) for stored in _packed(joined, packer))


def _packed(joined: list[Batch], packer: Packer) -> Iterator[Stored]:
    first_seq, _, state_hash = joined[0]
    words = _words(joined)
    start = 0
    while start < len(words):
        end = _end_of_part(words, start)
        part = words[start:end]
        time_ns = int(part[0, TIME_WORD])
        kept = signed(state_hash) if start == 0 else None
        yield Stored(first_seq + start, len(part), RecordKind.COMMANDS, time_ns, kept, packer.pack(part))
        start = end


def _end_of_part(words: npt.NDArray[np.int64], start: int) -> int:
    if start + RECORD_ROWS_MAX >= len(words):
        return len(words)
    last = start + RECORD_ROWS_MAX - 1
    rows = np.ascontiguousarray(words[last:]).reshape(-1).view(COMMAND)
    return last + 1 + int(np.argmin(goes_on(rows)))


def _words(joined: list[Batch]) -> npt.NDArray[np.int64]:
    """All rows as words: NumPy joins integers twenty times as fast as rows."""
    if len(joined) == 1:
        return words_of(np.ascontiguousarray(joined[0].rows))
    return np.concatenate([words_of(np.ascontiguousarray(batch.rows)) for batch in joined])
