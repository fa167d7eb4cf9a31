"""The journal on SQLite: group commit on a thread of its own, in files of limited size."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from queue import SimpleQueue
from typing import NamedTuple

from lightning.config import Config
from lightning.engine.journal import Batch, Fenced, JournalFailed, Record
from lightning.storage.checkpoints import Checkpoints
from lightning.storage.damage import Damaged
from lightning.storage.directory import DataDirectory
from lightning.storage.journal_file import (
    BUSY_SECONDS,
    INSERT,
    PAGE_BYTES,
    REMEDY,
    Head,
    chain_of,
    checkpoint,
    connect,
    create_file,
    describe,
    failing,
    remove_file,
)
from lightning.storage.journal_reader import BATCH_ROWS, JournalReader, Tail, file_numbers
from lightning.storage.records import Packer, RecordKind, Stored, decode_config, encode_config
from lightning.storage.repair import make_durable
from lightning.storage.transaction import Taken, stored_records
from lightning.storage.watermark import Mark, Watermark, read_mark

FILE_BYTES_MAX = 256 * 2**20
WAITING_ROWS_MAX = 524_288
"""Commands appended and not durable yet; above it append waits."""
COMMIT_ROWS_MAX = 65_536
"""A transaction ends with the record that brings it to so many commands."""
CHECKPOINT_BYTES = 8 * 2**20
"""Written to the log between two checkpoints, about."""
REST_BYTES_MAX = 2**18
"""What the journal's thread moves itself behind a checkpoint, so that the log begins anew."""
RECORD_BYTES = 64
"""Of a record besides its body, about."""


class _End(NamedTuple):
    """What the next record goes on from."""

    seq: int
    chain: int


class SqliteJournal:
    """Written by one thread, which takes everything that waits into one transaction.

    `create` and `open` make one; both raise JournalFailed where the disk does not do what it is asked.
    """

    def __init__(
        self,
        directory: DataDirectory,
        head: Head,
        tail: Tail,
        epoch: int,
        file_bytes_max: int,
        waiting_rows_max: int,
        vfs: str | None,
    ) -> None:
        """Of a journal that `open` has verified, with the head of its last file."""
        self.on_durable: Callable[[int], None] = lambda seq: None
        self.on_failure: Callable[[BaseException], None] = lambda error: None
        self.path = directory.journal
        self.founding = decode_config(head.founding)
        self._directory = directory
        self._vfs = vfs
        self._file_bytes_max = file_bytes_max
        self._waiting_rows_max = waiting_rows_max
        self._head = head
        self._reader = JournalReader(directory, vfs)
        self._end = _End(tail.last_seq, tail.chain)
        self._next_seq = tail.last_seq + 1
        self._epoch = epoch
        self._failure: JournalFailed | None = None
        self._closed = False
        self._queue: SimpleQueue[Taken | None] = SimpleQueue()
        self._room = threading.Condition()  # entered only when append has to wait
        self._full = False
        self._rows_in = 0
        self._rows_out = 0
        self._packer = Packer()
        path = directory.journal_file(head.number)
        # a file that another process has written is not written on: damage where nobody reads, as in a free
        # page, could spoil what comes next to it
        self._file_bytes = path.stat().st_size if head.first_seq > tail.last_seq else file_bytes_max
        self._unmoved_bytes = 0
        self._watermark = Watermark(directory.files, directory.watermark, Mark(*self._end, epoch))
        self._connection = connect(path, "rw", vfs)
        self._checkpoints = Checkpoints(self._watermark, vfs, self._fail)
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @staticmethod
    def exists(directory: DataDirectory) -> bool:
        """Is there a journal, or was there ever one?"""
        return directory.watermark.exists() or any(directory.journal.glob("*.sqlite"))

    @staticmethod
    def create(directory: DataDirectory, config: Config, vfs: str | None = None) -> None:
        """A journal that begins with `config`; durable on return. Raises JournalFailed."""
        founding = encode_config(config)
        first = chain_of(Stored(0, 1, RecordKind.FOUNDING, 0, None, founding), 0, 0)
        with failing(directory.journal):
            create_file(directory.files, directory.journal_file(1), Head(1, 1, first, founding), vfs)
            Watermark(directory.files, directory.watermark, Mark(0, first, 0)).close(exact=False)

    @classmethod
    def open(
        cls,
        directory: DataDirectory,
        from_seq: int,
        say: Callable[[str], None],
        file_bytes_max: int = FILE_BYTES_MAX,
        waiting_rows_max: int = WAITING_ROWS_MAX,
        vfs: str | None = None,
    ) -> "SqliteJournal":
        """Verify everything from `from_seq` on, read-only, before anything is written.

        say : is told what was not as it should be and could be mended
        Raises Damaged, JournalFailed.
        """
        with failing(directory.journal):
            mark = read_mark(directory.watermark)
            reader = JournalReader(directory, vfs)
            try:
                tail = reader.tail_from(from_seq, mark)
                first_number = reader.number_of(from_seq)
            except LookupError as error:
                raise Damaged(directory.journal, str(error.args[0]), REMEDY, seq=from_seq) from error
            head = reader.head(tail.number)
            if mark is None:
                say(f"{directory.watermark} is missing: the journal's end, seq {tail.last_seq}, is believed")
            if tail.torn is not None:
                say(f"What follows seq {tail.last_seq} was never acknowledged and is dropped: {tail.torn}")
            make_durable(directory, first_number, tail, vfs)
            epoch = max(tail.epoch, 0 if mark is None else mark.epoch)
            return cls(directory, head, tail, epoch, file_bytes_max, waiting_rows_max, vfs)

    @property
    def first_seq(self) -> int:
        """The oldest that is kept. Raises Damaged."""
        return self._reader.head(file_numbers(self._directory)[0]).first_seq

    @property
    def last_seq(self) -> int:
        """The last that is durable."""
        return self._end.seq

    @property
    def epoch(self) -> int:
        """The highest so far."""
        return self._epoch

    def append(self, record: Record, epoch: int) -> None:
        rows = len(record.rows) if isinstance(record, Batch) else 1
        if epoch < self._epoch:
            raise Fenced(f"epoch {epoch} is behind epoch {self._epoch}")
        if record.first_seq != self._next_seq or rows == 0:
            raise ValueError(f"seq {self._next_seq} must come next, not {rows} from seq {record.first_seq}")
        if self._rows_in - self._rows_out > self._waiting_rows_max:
            self._wait_for_room()
        if self._failure is not None or self._closed:
            raise JournalFailed("the journal is closed" if self._failure is None else str(self._failure))
        self._rows_in += rows
        self._next_seq += rows
        self._queue.put(Taken(record, epoch))

    def _wait_for_room(self) -> None:
        with self._room:
            self._full = True  # before looking: the journal's thread looks at it after it made room
            self._room.wait_for(
                lambda: self._failure is not None or self._rows_in - self._rows_out <= self._waiting_rows_max
            )
            self._full = False

    def read_from(self, seq: int, batch_rows: int = BATCH_ROWS) -> Iterator[Record]:
        """As the protocol says, from exactly `seq` on; records are joined up to about `batch_rows` commands.

        A state hash stays at the beginning of its batch. Raises Damaged too.
        """
        return self._reader.records_from(max(seq, 1), batch_rows)

    def fence(self, epoch: int) -> None:
        if epoch < self._epoch:
            raise Fenced(f"epoch {epoch} is behind epoch {self._epoch}")
        try:
            self._watermark.fence(epoch)
        except OSError as error:
            self._fail(error)
            raise JournalFailed(str(self._failure)) from error
        self._epoch = epoch

    def drop_before(self, seq: int) -> None:
        """Remove the files that hold nothing from `seq` on. Raises OSError, Damaged."""
        removed = False
        for number, following in pairwise(file_numbers(self._directory)):
            path = self._directory.journal_file(number)
            if self._reader.head(following).first_seq > seq or self._checkpoints.is_busy_with(path):
                break
            remove_file(self._directory.files, path)
            removed = True
        if removed:
            self._directory.files.sync_directory(self._directory.journal)

    def close(self) -> None:
        """Commit what waits, and leave the files as they are to be found: no log beside, exact watermark."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._checkpoints.stop()
        try:
            if self._failure is None:
                checkpoint(self._connection, "TRUNCATE")
        except sqlite3.Error as error:
            self._fail(error)
        self._connection.close()
        try:
            self._watermark.close(exact=self._failure is None)
        except OSError as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Nothing is committed from now on."""
        with self._room:
            if self._failure is not None:
                return
            failure = JournalFailed(f"{self.path}: nothing more becomes durable: {describe(error)}")
            failure.__cause__ = error
            self._failure = failure
            self._room.notify_all()
        self.on_failure(failure)

    def _run(self) -> None:
        try:
            while taken := self._take():
                self._commit(taken)
        except BaseException as error:  # of whatever kind: what waits is not durable, and will not be
            self._fail(error)

    def _take(self) -> list[Taken]:
        """Everything that waits, up to a transaction; nothing at the end."""
        taken: list[Taken] = []
        rows = 0
        while rows < COMMIT_ROWS_MAX and (not taken or not self._queue.empty()):
            one = self._queue.get()
            if one is None:
                if taken:
                    self._queue.put(None)  # for the next call
                break
            taken.append(one)
            rows += one.record.last_seq - one.record.first_seq + 1
        return taken

    def _commit(self, taken: list[Taken]) -> None:
        if self._file_bytes >= self._file_bytes_max:
            self._roll()
        if self._checkpoints.moved:
            self._begin_log_anew()
        seq, chain = self._end
        rows = []
        size = 0
        for stored, epoch in stored_records(taken, self._packer):
            chain = chain_of(stored, epoch, chain)
            rows.append((*stored, epoch, chain))
            seq += stored.seqs
            size += len(stored.body) + RECORD_BYTES
        if self._failure is not None:
            return
        if len(rows) == 1:
            self._connection.execute(INSERT, rows[0])  # a transaction by itself
        else:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(INSERT, rows)
            self._connection.execute("COMMIT")
        self._watermark.write(seq, chain)
        rows_out = seq - self._end.seq
        self._end = _End(seq, chain)
        self.on_durable(seq)
        self._checkpoints.committed()
        self._make_room(rows_out)
        self._note_size(size)

    def _make_room(self, rows: int) -> None:
        self._rows_out += rows
        if self._full:
            with self._room:
                self._room.notify()

    def _note_size(self, size: int) -> None:
        self._file_bytes += size
        self._unmoved_bytes += size + PAGE_BYTES
        if self._unmoved_bytes >= CHECKPOINT_BYTES:
            self._unmoved_bytes = 0
            self._checkpoints.grown(self._directory.journal_file(self._head.number))

    def _begin_log_anew(self) -> None:
        """Move the little that came during the checkpoint: then SQLite writes over what it moved.

        A commit of one order takes 130 us to 159 us over blocks that are there, 203 us to 277 us behind them.
        """
        self._checkpoints.moved = False
        if self._unmoved_bytes <= REST_BYTES_MAX:
            checkpoint(self._connection, "PASSIVE", BUSY_SECONDS)

    def _roll(self) -> None:
        """Go on in a new file. All in the old one is durable, in its log at least."""
        old = self._directory.journal_file(self._head.number)
        head = Head(self._head.number + 1, self._end.seq + 1, self._end.chain, self._head.founding)
        path = self._directory.journal_file(head.number)
        create_file(self._directory.files, path, head, self._vfs)
        connection = connect(path, "rw", self._vfs)
        self._checkpoints.retire(old, self._connection)
        self._connection, self._head = connection, head
        self._file_bytes = self._unmoved_bytes = 0
