"""One file of the journal: an SQLite database with a head and the records.

Every record carries a checksum over all its columns and the checksum before it, so that no column can
change and no record can be missing, added or moved without notice. The head carries the checksum that
the first record goes on from.
"""

import os
import re
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from lightning.engine.journal import JournalFailed
from lightning.storage.damage import Damaged, FormatTooNew, FormatTooOld
from lightning.storage.files import Files
from lightning.storage.records import RecordError, Stored

FORMAT = 1
PAGE_BYTES = 4096
BUSY_SECONDS = 5.0
"""How long to wait for another process that reads, e.g. `lightning dump`."""
NEW_SUFFIX = ".new"
REMEDY = (
    "nothing was changed: restore this file, its -wal beside it included, from a copy, or the whole data"
    " directory from a backup; `lightning verify` shows what is whole, `lightning dump` what can be read"
)

_SCHEMA = {
    "head": "CREATE TABLE head (format INTEGER, number INTEGER, first_seq INTEGER, chain INTEGER,"
    " founding BLOB, crc INTEGER)",
    "records": "CREATE TABLE records (first_seq INTEGER PRIMARY KEY, count INTEGER, kind INTEGER,"
    " time_ns INTEGER, state_hash INTEGER, body BLOB, epoch INTEGER, crc INTEGER)",
}
_COLUMNS = "first_seq, count, kind, time_ns, state_hash, body, epoch, crc"
INSERT = f"INSERT INTO records ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_FROM = f"SELECT {_COLUMNS} FROM records WHERE first_seq >= ? ORDER BY first_seq"
_BEFORE = f"SELECT {_COLUMNS} FROM records WHERE first_seq < ? ORDER BY first_seq DESC LIMIT 1"
_HEADER = b"SQLite format 3\0" + PAGE_BYTES.to_bytes(2, "big") + bytes([2, 2, 0, 64, 32, 32])
"""How every file begins: page size, write-ahead log for writing and reading, constants of SQLite."""
_RECORD = struct.Struct("<4q?2q")
_HEAD = struct.Struct("<4q")

_NOT_DAMAGE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_DELETE,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMMAP,
    sqlite3.SQLITE_IOERR_LOCK,
}
"""Errors that say nothing about what is stored."""


SqliteError = (sqlite3.Error, UnicodeError, MemoryError)
"""What reading raises: UnicodeError where a message of SQLite quotes damaged bytes, MemoryError where a
damaged length has it ask for more than there is."""


class Head(NamedTuple):
    number: int
    first_seq: int
    """Of its first record, now or to come."""
    chain: int
    """What the checksum of the first record goes on from."""
    founding: bytes


class BadRecord(Exception):
    """A record that is not what was written, or not there."""

    def __init__(self, seq: int, what: str, body: object = None) -> None:
        super().__init__(what)
        self.seq = seq
        self.what = what
        self.body = body if isinstance(body, bytes) else b""


class Row(NamedTuple):
    """A record that belongs where it stands."""

    stored: Stored
    epoch: int
    chain: int


def is_damage(error: BaseException) -> bool:
    """Or could the disk just not do what it was asked?"""
    code = getattr(error, "sqlite_errorcode", 0)
    return code not in _NOT_DAMAGE and code & 0xFF not in _NOT_DAMAGE


def describe(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "more memory is asked for than there is"
    name = getattr(error, "sqlite_errorname", "")
    return f"{error} ({name})" if name else str(error)


def chain_of(stored: Stored, epoch: int, chain: int) -> int:
    """The checksum of a record behind one with the checksum `chain`. Raises struct.error, TypeError."""
    first_seq, count, kind, time_ns, state_hash, body = stored
    columns = _RECORD.pack(
        first_seq,
        count,
        kind,
        time_ns,
        state_hash is not None,
        0 if state_hash is None else state_hash,
        epoch,
    )
    return zlib.crc32(body, zlib.crc32(columns, chain))


def _head_crc(format: int, head: Head) -> int:
    return zlib.crc32(head.founding, zlib.crc32(_HEAD.pack(format, *head[:3])))


def log_of(path: Path) -> Path:
    """The write-ahead log beside a file."""
    return path.with_name(path.name + "-wal")


def connect(path: Path, mode: str, vfs: str | None) -> sqlite3.Connection:
    """mode : ro, rw or rwc. A commit waits for the disk; checkpoints are made by calling `checkpoint`."""
    uri = f"file:{quote(os.path.abspath(path))}?mode={mode}" + (f"&vfs={quote(vfs)}" if vfs else "")
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS
    )
    if mode == "ro":
        return connection
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
    except BaseException:
        connection.close()
        raise
    return connection


def create_file(files: Files, path: Path, head: Head, vfs: str | None) -> None:
    """Durable on return, and complete from the moment it has its name. Raises OSError, sqlite3.Error."""
    beside = path.with_name(path.name + NEW_SUFFIX)
    remove_file(files, beside)
    with closing(connect(beside, "rwc", vfs)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":  # SQLite raises nothing when the disk fails here
            raise sqlite3.OperationalError(f"the write-ahead log could not be begun: journal mode is {mode}")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        for table in _SCHEMA.values():
            connection.execute(table)
        connection.execute(
            "INSERT INTO head VALUES (?, ?, ?, ?, ?, ?)", (FORMAT, *head, _head_crc(FORMAT, head))
        )
        connection.execute("COMMIT")
        checkpoint(connection, "TRUNCATE")
    files.move(beside, path)


def remove_file(files: Files, path: Path) -> None:
    """With what SQLite keeps beside it; not synced. What is left of an interrupted removal is nothing."""
    for suffix in ("", "-wal", "-shm"):
        one = path.with_name(path.name + suffix)
        if one.exists():
            files.unlink(one)


def checkpoint(connection: sqlite3.Connection, mode: str, wait_s: float = 0) -> bool:
    """Move what is in the write-ahead log to the file; is all of it there, durably?

    wait_s : for others who read; what they still need stays in the log
    """
    connection.execute(f"PRAGMA busy_timeout = {int(wait_s * 1000)}")
    _, frames, moved = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    return bool(frames == moved)


def _check_header(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        found = file.read(len(_HEADER))
    if found != _HEADER:
        same = next((at for at, byte in enumerate(found) if byte != _HEADER[at]), len(found))
        raise Damaged(path, "it does not begin like a file of the journal", REMEDY, offset=same)


class JournalFile:
    """An open file.

    Methods raise BadRecord for what is wrong with one record, SqliteError for what SQLite finds wrong.
    """

    def __init__(self, path: Path, number: int, vfs: str | None, mode: str = "ro") -> None:
        """mode : ro or rw. Raises FileNotFoundError, Damaged, JournalFailed."""
        self.path = path
        _check_header(path)
        try:
            with failing(path):
                self._connection = connect(path, mode, vfs)
                try:
                    self.head = self._read_head(number)
                except BaseException:
                    self._connection.close()
                    raise
        except JournalFailed:
            if not path.exists():  # dropped meanwhile
                raise FileNotFoundError(path) from None
            raise

    def close(self) -> None:
        self._connection.close()

    def _read_head(self, number: int) -> Head:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        rows: list[tuple[object, ...]] = []
        whole = False
        try:
            rows = self._connection.execute("SELECT * FROM head").fetchall()
            format, *columns, crc = rows[0]
            head = Head._make(columns)
            whole = len(rows) == 1 and crc == _head_crc(format, head)  # type: ignore[arg-type]  # checked by pack
        except (struct.error, TypeError, IndexError, ValueError):
            whole = False
        except sqlite3.OperationalError:
            if version <= FORMAT:
                raise
        if whole and format != version:
            raise Damaged(self.path, f"its header has format {version}, its head {format}", REMEDY, offset=60)
        if version > FORMAT:
            raise FormatTooNew(self.path, version, FORMAT)
        if not whole:
            raise Damaged(self.path, "its head is not what was written", REMEDY)
        if version < FORMAT:
            raise FormatTooOld(self.path, version, FORMAT)
        self._check_schema()
        if head.number != number:
            raise Damaged(self.path, f"it is file {head.number} of a journal, not file {number}", REMEDY)
        return head

    def _check_schema(self) -> None:
        schema = dict(self._connection.execute("SELECT name, sql FROM sqlite_master").fetchall())
        mode = self._connection.execute("PRAGMA journal_mode").fetchone()[0]
        if schema != _SCHEMA or mode != "wal":
            raise Damaged(self.path, "its tables are not those of a journal", REMEDY)

    def rows_from(self, seq: int) -> Iterator[Row]:
        """The record that holds `seq` and all behind it, each verified, as they are at the first step."""
        at, chain = self.head.first_seq, self.head.chain
        holder = self._connection.execute(_BEFORE, (seq + 1,)).fetchone() if seq > at else None
        if holder is not None and holder[0] != at:
            before = self._connection.execute(_BEFORE, (holder[0],)).fetchone()
            if before is None or before[0] + before[1] != holder[0]:
                raise BadRecord(at if before is None else before[0], "the record before it is not there")
            at, chain = holder[0], before[-1]
        cursor = self._connection.execute(_FROM, (at,))
        with closing(cursor):
            for first_seq, count, kind, time_ns, state_hash, body, epoch, crc in cursor:
                stored = Stored(first_seq, count, kind, time_ns, state_hash, body)
                if first_seq != at:
                    raise BadRecord(at, f"a record is missing: the next one begins with seq {first_seq}")
                try:
                    chain = chain_of(stored, epoch, chain)
                except (struct.error, TypeError):
                    raise BadRecord(
                        at, "a record has columns of other types than were written", body
                    ) from None
                if crc != chain or count < 1:
                    raise BadRecord(at, "the checksum of a record does not fit its content", body)
                at += count
                yield Row(stored, epoch, chain)

    def drop_behind(self, seq: int, chain: int) -> None:
        """Remove the records behind `seq`, whose own has the checksum `chain`.

        Raises BadRecord with nothing changed when a damaged page would have others go with them.
        """
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("DELETE FROM records WHERE first_seq > ?", (seq,))
        end = self.head.first_seq - 1, self.head.chain
        for row in self.rows_from(self.head.first_seq):
            end = row.stored.first_seq + row.stored.seqs - 1, row.chain
        if end != (seq, chain):
            self._connection.execute("ROLLBACK")
            raise BadRecord(end[0] + 1, f"what follows seq {seq} cannot be removed without harm to the rest")
        self._connection.execute("COMMIT")

    def damaged_page(self) -> int | None:
        """Offset of the first page that SQLite complains about."""
        try:
            found = str(self._connection.execute("PRAGMA integrity_check(1)").fetchone())
        except SqliteError as error:
            found = str(error)
        page = re.search(r"\bpage (\d+)", found, re.IGNORECASE)
        return (int(page[1]) - 1) * PAGE_BYTES if page else None


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """Turns an error of SQLite that speaks of damage into Damaged."""
    try:
        yield
    except SqliteError as error:
        if is_damage(error):
            raise Damaged(path, f"SQLite cannot read it: {describe(error)}", REMEDY) from error
        raise


@contextmanager
def failing(path: Path) -> Iterator[None]:
    """What the disk refuses is JournalFailed; what cannot be read is Damaged."""
    try:
        with guarded(path):
            yield
    except RecordError as error:
        raise Damaged(path, str(error), "start the version of Lightning that wrote it") from error
    except (OSError, sqlite3.Error) as error:
        raise JournalFailed(f"{path}: {describe(error)}") from error
