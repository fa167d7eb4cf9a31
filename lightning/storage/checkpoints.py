"""What keeps the journal tidy, off the way of commits: checkpoints, old files, the watermark's sync."""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from lightning.storage.journal_file import checkpoint, connect
from lightning.storage.watermark import Watermark

SYNC_SECONDS = 1.0
"""How far the watermark on the disk may be behind while commits come."""


class Checkpoints:
    """A thread that sleeps while nothing is due.

    on_error : is told, once and from this thread, what failed; nothing more is done then
    """

    def __init__(
        self, watermark: Watermark, vfs: str | None, on_error: Callable[[BaseException], None]
    ) -> None:
        self._watermark = watermark
        self._vfs = vfs
        self._on_error = on_error
        self._changed = threading.Condition()
        self._grown: Path | None = None
        self._retired: deque[tuple[Path, sqlite3.Connection]] = deque()
        self._unsynced = False
        self.moved = False
        """A checkpoint is done; who sees it sets it back."""
        self._asleep = False
        """Nothing is due until `committed`."""
        self._open = True
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def committed(self) -> None:
        """The watermark was written. Costs nothing while one is still to be synced."""
        self._unsynced = True
        if self._asleep:
            self._wake()

    def grown(self, path: Path) -> None:
        """The write-ahead log of a file deserves a checkpoint."""
        self._grown = path
        self._wake()

    def retire(self, path: Path, connection: sqlite3.Connection) -> None:
        """No more is written to a file: move everything into it and close it."""
        with self._changed:
            self._retired.append((path, connection))
            self._changed.notify()

    def is_busy_with(self, path: Path) -> bool:
        with self._changed:
            return any(one == path for one, _ in self._retired)

    def stop(self) -> None:
        """Ends the thread after what is due."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def _run(self) -> None:
        try:
            synced_s = 0.0
            while self._wait(synced_s):
                if self._retired:
                    self._retire_one()
                if (path := self._grown) is not None:
                    self._grown = None
                    with closing(connect(path, "rw", self._vfs)) as connection:
                        checkpoint(connection, "PASSIVE")
                    self.moved = True
                if time.monotonic() - synced_s >= SYNC_SECONDS:
                    self._unsynced = False
                    self._watermark.sync()
                    synced_s = time.monotonic()
        except BaseException as error:
            self._on_error(error)
        while self._retired:
            self._retired.popleft()[1].close()

    def _wait(self, synced_s: float) -> bool:
        """For something to do; False: it is time to end, and nothing is left but what `close` does."""
        with self._changed:
            while self._open and not self._retired and self._grown is None:
                self._asleep = not self._unsynced
                if self._unsynced:  # looked at again after _asleep was set: committed() sets it first
                    left_s = SYNC_SECONDS - (time.monotonic() - synced_s)
                    if left_s <= 0:
                        break
                    self._changed.wait(left_s)
                else:
                    self._changed.wait()
            self._asleep = False
            return self._open or bool(self._retired)

    def _retire_one(self) -> None:
        _, connection = self._retired[0]
        checkpoint(connection, "TRUNCATE")
        connection.close()
        with self._changed:
            self._retired.popleft()
