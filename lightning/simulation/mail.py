"""The way from the exchange to agents: events as old as an agent's latency, and the books of past steps."""

import numpy as np
import numpy.typing as npt

from lightning.engine.tables import as_rows, table, words_of
from lightning.engine.views import Depth
from lightning.rows import EVENT
from lightning.simulation.kernels.mail import own_events

ROWS_MIN = 4096


class Log:
    """Events in the order they happened, from the oldest that somebody has not read."""

    def __init__(self) -> None:
        self._rows = table((ROWS_MIN,), EVENT)
        self._words = words_of(self._rows)
        self._times = np.empty(ROWS_MIN, np.int64)
        self._first = 0
        """Number of the first row, counted over all events."""
        self._used = 0

    @property
    def end(self) -> int:
        """Number behind the last event."""
        return self._first + self._used

    def add(self, events: npt.NDArray[np.void], times: npt.NDArray[np.int64], read_by_all: int) -> None:
        """read_by_all : number before which nobody needs an event"""
        if self._used + len(events) > len(self._rows):
            self._make_room(len(events), read_by_all)
        end = self._used + len(events)
        self._words[self._used : end] = words_of(events)
        self._times[self._used : end] = times
        self._used = end

    def _make_room(self, count: int, read_by_all: int) -> None:
        gone = read_by_all - self._first
        left = self._used - gone
        rows = max(len(self._rows), 2 * (left + count))
        words, times = self._words[gone : self._used].copy(), self._times[gone : self._used].copy()
        if rows > len(self._rows):
            self._rows = table((rows,), EVENT)
            self._words = words_of(self._rows)
            self._times = np.empty(rows, np.int64)
        self._words[:left], self._times[:left] = words, times
        self._first, self._used = read_by_all, left


class Inbox:
    """What one account has been told so far."""

    def __init__(self, log: Log, account: int) -> None:
        self._log = log
        self._account = account
        self.read = log.end
        """Number of the next event that it has not looked at."""
        self._rows = table((ROWS_MIN,), EVENT)
        self._words = words_of(self._rows)
        self._times = np.empty(ROWS_MIN, np.int64)

    def open(self, until_ns: int) -> tuple[npt.NDArray[np.void], npt.NDArray[np.int64]]:
        """Its next events, those before `until_ns`, with their times; they are overwritten by the next."""
        log, count = self._log, 0
        while True:
            reached, more = own_events(
                log._rows,
                log._words,
                log._times,
                self.read - log._first,
                log._used,
                until_ns,
                self._account,
                self._words[count:],
                self._times[count:],
            )
            self.read = log._first + int(reached)
            count += int(more)
            if count < len(self._rows):
                return self._rows[:count], self._times[:count]
            self._widen()

    def _widen(self) -> None:
        rows = table((2 * len(self._rows),), EVENT)
        times = np.empty(len(rows), np.int64)
        words_of(rows)[: len(self._rows)] = self._words
        times[: len(self._rows)] = self._times
        self._rows, self._words, self._times = as_rows(rows), words_of(rows), times


class Books:
    """The best levels of the book behind each of the last steps."""

    def __init__(self, kept: int, levels: int) -> None:
        self._sides = np.zeros((kept, 2, levels, 3), np.int64)
        self._times = np.full(kept, -1, np.int64)
        self._count = 0

    def add(self, time_ns: int, depth: Depth) -> None:
        place = self._count % len(self._times)
        self._count += 1
        self._times[place] = time_ns
        for side, levels in zip(self._sides[place], depth, strict=True):
            side[: len(levels)] = levels
            side[len(levels) :] = 0

    def at(self, steps_ago: int) -> tuple[int, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """(time, bids, asks) behind the last step, or some steps before it, but not before the first."""
        place = max(self._count - 1 - steps_ago, 0) % len(self._times)
        bids, asks = self._sides[place]
        return int(self._times[place]), bids, asks
