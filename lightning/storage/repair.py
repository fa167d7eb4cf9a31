"""What opening a journal writes, once all of it has been verified."""

from contextlib import closing
from pathlib import Path

from lightning.engine.journal import JournalFailed
from lightning.storage.damage import Damaged
from lightning.storage.directory import DataDirectory
from lightning.storage.journal_file import (
    BUSY_SECONDS,
    NEW_SUFFIX,
    REMEDY,
    BadRecord,
    JournalFile,
    checkpoint,
    connect,
    guarded,
    log_of,
)
from lightning.storage.journal_reader import Tail


def make_durable(directory: DataDirectory, first_number: int, tail: Tail, vfs: str | None) -> None:
    """Everything that was read, whether it was synced before or not, and nothing else.

    Raises Damaged, JournalFailed, OSError, sqlite3.Error.
    """
    for number in range(first_number, tail.number + 1):
        path = directory.journal_file(number)
        log = log_of(path)
        torn = tail.torn is not None and number == tail.number
        if not torn and not (log.exists() and log.stat().st_size):
            continue
        if torn:
            _drop_torn(path, tail, vfs)
        with guarded(path), closing(connect(path, "rw", vfs)) as connection:
            if not checkpoint(connection, "TRUNCATE", BUSY_SECONDS):
                raise JournalFailed(f"{path}: another process reads it; wait until it is done")
    _remove_leftovers(directory)


def _drop_torn(path: Path, tail: Tail, vfs: str | None) -> None:
    with guarded(path), closing(JournalFile(path, tail.number, vfs, "rw")) as file:
        try:
            file.drop_behind(tail.last_seq, tail.chain)
        except BadRecord as bad:
            raise Damaged(path, bad.what, REMEDY, seq=bad.seq) from bad


def _remove_leftovers(directory: DataDirectory) -> None:
    """Of files that were being made or removed."""
    for one in sorted(directory.journal.iterdir()):
        base = one.with_name(one.name.removesuffix("-wal").removesuffix("-shm"))
        if NEW_SUFFIX in one.name or not base.exists():
            directory.files.unlink(one)
