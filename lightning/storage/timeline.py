"""Which seq a journal had reached at a time. A few of its records are looked at, however long it is.

The journal's own key, `first_seq`, is the index: times ascend with it. The directory may be in use.
"""

from bisect import bisect_right
from contextlib import closing

import numpy as np

from lightning.engine.journal import AdminRecord
from lightning.storage.damage import Damaged
from lightning.storage.directory import DirectoryNames
from lightning.storage.journal_file import REMEDY, SqliteError, connect, describe
from lightning.storage.journal_reader import JournalReader, file_numbers
from lightning.storage.records import RecordError, decode_record

_ENDS = "SELECT min(first_seq), max(first_seq) FROM records"
_HOLDER = "SELECT first_seq, time_ns FROM records WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1"


def seq_at(names: DirectoryNames, time_ns: int) -> int:
    """Of the last command up to a time; where the journal begins later, the seq before its first.

    Raises Damaged where what is looked at is not whole.
    """
    numbers = file_numbers(names)
    for number in reversed(numbers):
        first_seq = _record_at(names, number, time_ns)
        if first_seq is not None:
            return _last_within(names, first_seq, time_ns)
    return JournalReader(names).head(numbers[0]).first_seq - 1


def _record_at(names: DirectoryNames, number: int, time_ns: int) -> int | None:
    """first_seq of the last record of a file that begins at or before a time; None: all begin later."""
    path = names.journal_file(number)
    try:
        with closing(connect(path, "ro", None)) as connection:

            def began_ns(seq: int) -> int:
                return int(connection.execute(_HOLDER, (seq,)).fetchone()[1])

            first, last = connection.execute(_ENDS).fetchone()
            if first is None or began_ns(first) > time_ns:
                return None
            seqs = range(first, last + 1)
            seq = seqs[bisect_right(seqs, time_ns, key=began_ns) - 1]
            return int(connection.execute(_HOLDER, (seq,)).fetchone()[0])
    except SqliteError as error:
        raise Damaged(path, f"SQLite cannot read it: {describe(error)}", REMEDY) from error


def _last_within(names: DirectoryNames, first_seq: int, time_ns: int) -> int:
    """Of a record's commands, the last one up to a time."""
    path, row = next(JournalReader(names).rows_from(first_seq))
    try:
        record = decode_record(row.stored)
    except RecordError as error:
        raise Damaged(path, str(error), REMEDY, seq=first_seq) from error
    if isinstance(record, AdminRecord):
        return record.last_seq
    return first_seq + int(np.searchsorted(record.rows["time_ns"], time_ns, "right")) - 1
