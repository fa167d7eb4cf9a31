"""Connections that read the history's file, one for each who reads at a time."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lightning.storage.history.schema import open_for_reading

T = TypeVar("T")


class Readers:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._door = threading.Lock()
        self._idle: list[tuple[int, sqlite3.Connection]] = []
        self._file = 0
        """Counts the files that there were under the path."""
        self._open = True

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """One transaction. Raises sqlite3.Error."""
        file, connection = self._borrow()
        try:
            connection.execute("BEGIN")
            try:
                return query(connection)
            finally:
                connection.execute("ROLLBACK")
        finally:
            self._give_back(file, connection)

    def renew(self) -> None:
        """There is another file now."""
        with self._door:
            self._file += 1
            self._drop_idle()

    def close(self) -> None:
        with self._door:
            self._open = False
            self._drop_idle()

    def _borrow(self) -> tuple[int, sqlite3.Connection]:
        with self._door:
            if self._idle:
                return self._idle.pop()
            file = self._file
        return file, open_for_reading(self._path)

    def _give_back(self, file: int, connection: sqlite3.Connection) -> None:
        with self._door:
            if file == self._file and self._open:
                self._idle.append((file, connection))
                return
        connection.close()

    def _drop_idle(self) -> None:
        while self._idle:
            self._idle.pop()[1].close()
