"""The data directory: where everything is, and that one process has it."""

import fcntl
import os
from pathlib import Path

from lightning.storage.files import Files


class DirectoryInUse(Exception):
    """Another process has the data directory open."""


class DirectoryNames:
    """Names only: nothing is opened, made or locked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = path / "lock"
        self.watermark = path / "durable"
        self.journal = path / "journal"
        self.snapshots = path / "snapshots"
        self.history = path / "history.sqlite"

    def journal_file(self, number: int) -> Path:
        return self.journal / f"{number:08}.sqlite"

    def snapshot(self, seq: int) -> Path:
        return self.snapshots / f"{seq:020}"


class DataDirectory(DirectoryNames):
    """Makes the directories that are missing and holds the lock until `close`, or the process's end.

    Raises DirectoryInUse.
    """

    def __init__(self, path: Path, files: Files | None = None) -> None:
        super().__init__(path)
        self.files = Files() if files is None else files
        self.files.make_directories(path)
        self._locked = self._take_lock()
        try:
            for one in (self.journal, self.snapshots):
                self.files.make_directories(one)
        except BaseException:
            self.close()
            raise

    def _take_lock(self) -> int:
        file = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(file, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(file)
            raise DirectoryInUse(
                f"{self.path} is in use by process {owner}. Stop that process, or give this one a data"
                " directory of its own."
            ) from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode("ascii"), 0)  # for people; the lock is what counts
        return file

    def close(self) -> None:
        if self._locked >= 0:
            os.close(self._locked)
            self._locked = -1

    def __enter__(self) -> "DataDirectory":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
