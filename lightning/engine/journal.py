"""The journal as the engine sees it: what is appended becomes durable, in order."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from lightning.engine.changes import Change


class Batch(NamedTuple):
    """Commands `first_seq` and on, with their times."""

    first_seq: int
    rows: np.ndarray

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self.rows) - 1


class AdminRecord(NamedTuple):
    """One admin change."""

    first_seq: int
    time_ns: int
    change: Change

    @property
    def last_seq(self) -> int:
        return self.first_seq


Record = Batch | AdminRecord


class Journal(Protocol):
    """Appends do not wait. `on_durable(seq)` is called, from any thread, when all up to `seq` is durable."""

    on_durable: Callable[[int], None]

    def append(self, record: Record) -> None:
        """Take over a record; its rows are not changed any more."""

    def read_from(self, seq: int) -> Iterator[Record]:
        """Every durable record that holds commands from `seq` on, in order."""

    def fence(self, epoch: int) -> None:
        """Refuse appends of any writer with a lower epoch from now on."""
