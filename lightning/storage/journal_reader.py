"""Reading a journal across its files, verified record by record; also while it is being written."""

import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, NoReturn

from lightning.engine.journal import Batch, JournalFailed, Record
from lightning.storage.damage import Damaged
from lightning.storage.directory import DirectoryNames
from lightning.storage.journal_file import (
    REMEDY,
    BadRecord,
    Head,
    JournalFile,
    Row,
    SqliteError,
    describe,
    is_damage,
    log_of,
)
from lightning.storage.prefetch import prefetch
from lightning.storage.records import RecordError, RecordKind, Stored, decode_record, unpack_all, unsigned
from lightning.storage.wal import end_of_chain, find_bytes
from lightning.storage.watermark import Mark

BATCH_ROWS = 16_384
BATCHES_AHEAD = 8
NOTHING_READ = -1
"""Instead of a seq."""
_NEEDLE_BYTES = 64
_FILE_NAME = re.compile(r"[0-9]{8}\.sqlite")


class Tail(NamedTuple):
    """Where a journal ends."""

    number: int
    """Of the last file."""
    last_seq: int
    chain: int
    epoch: int
    """Of the last record read."""
    torn: "Damaged | None"
    """What follows and was never acknowledged."""


def file_numbers(names: DirectoryNames) -> list[int]:
    """Ascending. Raises Damaged when one is missing between others."""
    try:
        found = os.listdir(names.journal)
    except FileNotFoundError:
        return []
    numbers = sorted(int(name[:8]) for name in found if _FILE_NAME.fullmatch(name))
    for before, after in pairwise(numbers):
        if after != before + 1:
            raise Damaged(names.journal_file(before + 1), "this file of the journal is missing", REMEDY)
    return numbers


class JournalReader:
    """Makes connections of its own; any number may read at the same time."""

    def __init__(self, names: DirectoryNames, vfs: str | None = None) -> None:
        self._names = names
        self._vfs = vfs

    def head(self, number: int) -> Head:
        """Raises Damaged, FileNotFoundError."""
        file = JournalFile(self._names.journal_file(number), number, self._vfs)
        file.close()
        return file.head

    def rows_from(self, seq: int) -> Iterator[tuple[Path, Row]]:
        """From the record that holds `seq` to the end, with the file that each is in.

        Raises LookupError when `seq` is no longer kept, Damaged.
        """
        file, at, chain = self._holder_of(seq), seq, None
        while True:
            following = self._names.journal_file(file.head.number + 1)
            ended = not following.exists()
            try:
                if chain is not None:
                    self._check_joint(file, at, chain)
                chain = file.head.chain
                for row in self._rows_of(file, at):
                    chain = row.chain
                    yield file.path, row
                    at = row.stored.first_seq + row.stored.seqs
                at = max(at, file.head.first_seq)
            finally:
                file.close()
            if ended:  # as it was before the last record of this file was read
                return
            try:
                file = JournalFile(following, file.head.number + 1, self._vfs)
            except FileNotFoundError:
                raise LookupError(f"seq {at} is no longer kept") from None

    def number_of(self, seq: int) -> int:
        """Of the file that holds `seq`, or will. Raises LookupError, Damaged."""
        file = self._holder_of(seq)
        file.close()
        return file.head.number

    def _holder_of(self, seq: int) -> JournalFile:
        first = 0
        for number in reversed(file_numbers(self._names)):
            try:
                file = JournalFile(self._names.journal_file(number), number, self._vfs)
            except FileNotFoundError:  # dropped meanwhile
                break
            first = file.head.first_seq
            if first <= max(seq, 1):
                return file
            file.close()
        raise LookupError(f"seq {seq} is no longer kept; the oldest is {first}")

    def _check_joint(self, file: JournalFile, at: int, chain: int) -> None:
        if (file.head.first_seq, file.head.chain) != (at, chain):
            raise Damaged(
                file.path,
                f"it does not go on from the file before it, which ends with seq {at - 1}",
                REMEDY,
                seq=at,
            )

    def _rows_of(self, file: JournalFile, at: int) -> Iterator[Row]:
        """Raises Damaged instead of what JournalFile raises."""
        try:
            for row in file.rows_from(at):
                yield row
                at = row.stored.first_seq + row.stored.seqs
        except BadRecord as bad:
            path, offset = self._place_of(file, bad.body)
            raise Damaged(path, bad.what, REMEDY, offset, bad.seq) from bad
        except SqliteError as error:
            if not is_damage(error):
                raise JournalFailed(f"{file.path}: {describe(error)}") from error
            what = f"SQLite cannot read it: {describe(error)}"
            raise Damaged(file.path, what, REMEDY, file.damaged_page(), at) from error

    def _place_of(self, file: JournalFile, body: bytes) -> tuple[Path, int | None]:
        """Of a record: where its body begins, or the page that SQLite finds wrong."""
        for path in (log_of(file.path), file.path):
            offset = find_bytes(path, body[:_NEEDLE_BYTES])
            if offset is not None:
                return path, offset
        return file.path, file.damaged_page()

    def tail_from(self, seq: int, mark: Mark | None) -> Tail:
        """Verify everything from the record that holds `seq` to the end.

        mark : what is wrong behind it, in the last file, is a torn tail; None: anything may be acknowledged
        Raises Damaged, LookupError.
        """
        last = file_numbers(self._names)[-1:]
        if not last:
            raise Damaged(self._names.journal, "there is no file of the journal", REMEDY, seq=seq)
        last_path = self._names.journal_file(last[0])
        at, chain, epoch, torn = NOTHING_READ, 0, 0, None
        try:
            for path, row in self.rows_from(seq):
                first = row.stored.first_seq
                at, chain, epoch = first + row.stored.seqs - 1, row.chain, row.epoch
                if mark is not None and first <= mark.seq <= at and (at, chain) != (mark.seq, mark.chain):
                    raise Damaged(path, "this record is not the one that was acknowledged", REMEDY, seq=first)
        except Damaged as damage:
            acknowledged = mark is None or damage.seq is None or damage.seq <= mark.seq
            if acknowledged or damage.file not in (last_path, log_of(last_path)):
                raise
            torn = damage
        if at == NOTHING_READ:
            head = self.head(last[0])
            at, chain = head.first_seq - 1, head.chain
        if mark is not None and at < mark.seq:
            self._refuse_short(last_path, at, f"all up to seq {mark.seq} was acknowledged")
        if at < seq - 1:
            self._refuse_short(last_path, at, f"the state it is to go on from is of seq {seq - 1}")
        return Tail(last[0], at, chain, epoch, torn)

    def _refuse_short(self, path: Path, last_seq: int, but: str) -> NoReturn:
        """Names the write-ahead log where SQLite stopped using it, if that is before its end."""
        what = f"the journal ends with seq {last_seq}, but {but}"
        log = log_of(path)
        offset = end_of_chain(log)
        if offset is not None and offset < log.stat().st_size:
            raise Damaged(log, f"what follows cannot be read; {what}", REMEDY, offset, last_seq + 1)
        raise Damaged(path, what, REMEDY, None, last_seq + 1)

    def records_from(self, seq: int, batch_rows: int = BATCH_ROWS) -> Iterator[Record]:
        """Records from exactly `seq` on, read ahead; small ones are joined up to about `batch_rows` commands.

        A state hash stays at the beginning of its batch. Raises LookupError, Damaged, JournalFailed.
        """
        return prefetch(self._joined(seq, batch_rows), BATCHES_AHEAD)

    def _joined(self, seq: int, batch_rows: int) -> Iterator[Record]:
        waiting: list[Stored] = []
        count = 0
        path = self._names.journal
        for path, row in self.rows_from(seq):
            stored = row.stored
            if stored.first_seq + stored.seqs <= seq:
                continue
            commands = stored.kind == RecordKind.COMMANDS
            if waiting and (not commands or stored.state_hash is not None or count >= batch_rows):
                yield self._join(path, waiting, seq)
                waiting, count = [], 0
            if commands:
                waiting.append(stored)
                count += stored.seqs
            else:
                yield self._decoded(path, stored)
        if waiting:
            yield self._join(path, waiting, seq)

    def _join(self, path: Path, parts: list[Stored], seq: int) -> Batch:
        first_seq = parts[0].first_seq
        try:
            rows = unpack_all([part.body for part in parts], [part.seqs for part in parts])
        except RecordError as error:
            raise Damaged(path, str(error), REMEDY, seq=first_seq) from error
        if first_seq < seq:
            return Batch(seq, rows[seq - first_seq :])
        return Batch(first_seq, rows, unsigned(parts[0].state_hash))

    def _decoded(self, path: Path, stored: Stored) -> Record:
        try:
            return decode_record(stored)
        except RecordError as error:
            raise Damaged(path, str(error), REMEDY, seq=stored.first_seq) from error
