"""What tests of the journal share: a journal with memory of what was appended to it."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from lightning.config import default_config
from lightning.engine.changes import CreateCurrency
from lightning.engine.journal import AdminRecord, Batch, Record
from lightning.rows import COMMAND
from lightning.storage.directory import DataDirectory
from lightning.storage.files import Files
from lightning.storage.sqlite_journal import SqliteJournal

PATIENCE_S = 60
SMALL_FILE = 40_000
"""Bytes: a few dozen of `rows_of(200)` fill it."""


def rows_of(count: int, seed: int = 1) -> np.ndarray:
    """Rows that hardly pack."""
    random = np.random.default_rng(seed)
    rows = np.zeros(count, COMMAND)
    rows["client_order_id"] = random.integers(0, 2**62, count)
    rows["price"] = random.integers(0, 2**40, count)
    rows["time_ns"] = seed
    return rows


class Kept:
    """An open journal in a directory of its own, and what was appended since it was opened."""

    def __init__(self, path: Path, from_seq: int = 0, files: Files | None = None, **options: Any) -> None:
        self.path = path
        self.said: list[str] = []
        self.failures: list[BaseException] = []
        self.sent: list[Record] = []
        self._durable = threading.Condition()
        self._durable_seq = 0
        self.directory = DataDirectory(path, files)
        try:
            if not SqliteJournal.exists(self.directory):
                SqliteJournal.create(self.directory, default_config())
            self.journal = SqliteJournal.open(self.directory, from_seq, self.said.append, **options)
        except BaseException:
            self.directory.close()
            raise
        self.journal.on_durable = self._on_durable
        self.journal.on_failure = self._on_failure
        self.next_seq = self.journal.last_seq + 1
        self.epoch = self.journal.epoch

    def _on_durable(self, seq: int) -> None:
        with self._durable:
            self._durable_seq = seq
            self._durable.notify_all()

    def _on_failure(self, error: BaseException) -> None:
        with self._durable:
            self.failures.append(error)
            self._durable.notify_all()

    def append(self, count: int, state_hash: int | None = None) -> None:
        batch = Batch(self.next_seq, rows_of(count, self.next_seq), state_hash)
        self.journal.append(batch, self.epoch)
        self.sent.append(batch)
        self.next_seq += count

    def change(self, name: str) -> None:
        record = AdminRecord(self.next_seq, self.next_seq, CreateCurrency(name))
        self.journal.append(record, self.epoch)
        self.sent.append(record)
        self.next_seq += 1

    def wait(self) -> None:
        """Until all that was appended is durable, or nothing more will be."""
        with self._durable:
            done = self._durable.wait_for(
                lambda: bool(self.failures) or self._durable_seq >= self.next_seq - 1, PATIENCE_S
            )
        assert done

    def grow(self, batches: int, count: int = 200) -> None:
        """Batches of one transaction each."""
        for _ in range(batches):
            self.append(count)
            self.wait()

    def close(self) -> None:
        self.journal.close()
        self.directory.close()

    def copy_as_if_killed(self, to: Path) -> Path:
        """What the next process would find if this one were killed now.

        The logs are copied first: a checkpoint may be moving them into the databases.
        """
        for log_first in (True, False):
            for one in sorted(self.path.rglob("*")):
                target = to / one.relative_to(self.path)
                if one.is_file() and not one.name.endswith("-shm") and one.name.endswith("-wal") == log_first:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with suppress(FileNotFoundError):  # a log that is no longer needed
                        shutil.copy(one, target)
        return to


@contextmanager
def kept(path: Path, from_seq: int = 0, **options: Any) -> Iterator[Kept]:
    one = Kept(path, from_seq, **options)
    try:
        yield one
    finally:
        one.close()


def flat(records: Iterator[Record] | list[Record]) -> list[tuple[int, bytes]]:
    """Each command and change by itself, however they are cut into records."""
    result: list[tuple[int, bytes]] = []
    for record in records:
        if isinstance(record, Batch):
            result += [(record.first_seq + at, row.tobytes()) for at, row in enumerate(record.rows)]
        else:
            result.append((record.first_seq, repr(record).encode()))
    return result


def files_of(path: Path) -> list[str]:
    return sorted(one.name for one in (path / "journal").iterdir())


def databases_of(path: Path) -> list[str]:
    return [name for name in files_of(path) if name.endswith(".sqlite")]
