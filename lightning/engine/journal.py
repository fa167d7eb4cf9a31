"""The journal as the engine sees it: what is appended becomes durable, in order."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from lightning.engine.changes import Change


class Batch(NamedTuple):
    """Commands `first_seq` and on, with their times."""

    first_seq: int
    rows: np.ndarray
    state_hash: int | None = None
    """Of the state before these commands, where it was taken."""

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


class JournalFailed(Exception):
    """The journal cannot make anything durable any more; the message says what and why."""


class Fenced(Exception):
    """Another writer, with a higher epoch, has taken over."""


class Journal(Protocol):
    """Appends do not wait for the disk.

    on_durable(seq) is called, from any thread, when all up to `seq` is durable; on_failure(error), once and
    from any thread, when nothing more ever will be.
    """

    on_durable: Callable[[int], None]
    on_failure: Callable[[BaseException], None]

    def append(self, record: Record, epoch: int) -> None:
        """Take over a record; its rows are not changed any more.

        May block while too much waits to become durable. Raises Fenced for an epoch below the last, and
        JournalFailed.
        """

    def read_from(self, seq: int) -> Iterator[Record]:
        """Every durable record that holds commands from `seq` on, in order.

        The first one may begin before `seq`. Raises LookupError when `seq` is no longer kept.
        """

    def fence(self, epoch: int) -> None:
        """Refuse appends of any lower epoch from now on. Raises Fenced for an epoch below the last."""
