"""`History`: past orders, trades and ledger entries, in a SQLite file of their own.

It is fed what is durable and writes it on a thread of its own. Nothing waits for it: when it cannot keep up,
it drops what it was fed, leaves the machine to the exchange while that goes on, unless somebody asks for the
past, and follows the journal afterwards, until it has caught up.
"""

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from lightning.config import Config
from lightning.engine.exchange import Exchange
from lightning.engine.journal import Batch
from lightning.engine.replay import Applied
from lightning.storage.files import Files
from lightning.storage.history.follower import ImageBefore, Kept, ReadFrom
from lightning.storage.history.readers import Readers
from lightning.storage.history.retention import SWEEP_S, sweep
from lightning.storage.history.schema import OtherFormat, is_damage
from lightning.storage.history.waiting import HistoryUnavailable, Reached, Waiting
from lightning.storage.history.writer import Writer

T = TypeVar("T")

QUEUE_BYTES_MAX = 64 * 2**20
"""Of events that wait to be written."""
WRITE_BYTES_MAX = 8 * 2**20
"""Of events in one transaction."""
GATHER_S = 0.05
"""How long records are gathered while nobody waits: a transaction for each would slow down every order."""
CALM_S = 0.5
"""After nothing was dropped for so long, what was dropped is read from the journal."""
DAMAGES_MAX = 2
"""A file that is damaged again and again is not rebuilt for ever."""


class History:
    """Begins behind what its file holds, and catches up by itself once it is told how far the exchange is.

    founding : the exchange at seq 0
    read_from, image_before : of the journal and the snapshots; without them what is fed is never dropped:
    `feed` blocks instead
    retention_days : older trades, closed orders and ledger entries are dropped; 0 = none are
    say : is told what is not as it should be
    """

    def __init__(
        self,
        path: Path,
        founding: Config,
        read_from: ReadFrom | None = None,
        image_before: ImageBefore = lambda seq: None,
        retention_days: int = 0,
        say: Callable[[str], None] = lambda text: None,
        files: Files | None = None,
        queue_bytes_max: int = QUEUE_BYTES_MAX,
    ) -> None:
        self._path = path
        self._founding = founding
        self._kept = Kept(founding, read_from, image_before) if read_from is not None else None
        self._retention_ns = retention_days * 86_400_000_000_000
        self._say = say
        self._files = files or Files()
        self._queue_bytes_max = queue_bytes_max
        self._changed = threading.Condition()
        self._queue: deque[Applied] = deque()
        self._queue_bytes = 0
        self._waiting = Waiting()
        self._fed_seq = 0
        self._overfed_s = -CALM_S
        """When it was last fed more than it could take."""
        self._applied_seq = 0
        self._first_seq = 0
        self._failure: HistoryUnavailable | None = None
        self._damages = 0
        self._open = True
        self._asleep = False
        """The thread has nothing to do."""
        self._damage: sqlite3.Error | None = None
        """Met by a reader."""
        self._swept_s = time.monotonic()
        self._sweep: Iterator[None] | None = None
        self._readers = Readers(path)
        self._writer: Writer | None = None
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()
        self._opened.wait()

    # how far it is

    @property
    def applied_seq(self) -> int:
        """Everything up to here is in the history."""
        return self._applied_seq

    @property
    def first_seq(self) -> int:
        """The first command whose trades and moves are there; the sums of those before are carried."""
        return self._first_seq

    @property
    def failure(self) -> HistoryUnavailable | None:
        """Why it ended, if it did."""
        return self._failure

    def feed(self, applied: Applied) -> None:
        """The next durable record and what came of it. Called in order, from one thread at a time."""
        size = _bytes_of(applied)
        with self._changed:
            if applied.record.last_seq <= self._fed_seq:
                return
            if self._kept is None:
                self._changed.wait_for(lambda: self._has_room(size) or not self._is_running())
            elif not self._has_room(size):
                self._drop_queue()
                self._overfed_s = time.monotonic()
            if not self._is_running():
                return
            self._queue.append(applied)
            self._queue_bytes += size
            self._fed_seq = applied.record.last_seq
            if self._asleep or self._is_urgent():
                self._changed.notify_all()

    def reach(self, seq: int) -> None:
        """The exchange is at `seq`, all of it durable: what was not fed is to be read from the journal."""
        with self._changed:
            if seq > self._fed_seq and self._kept is not None:
                self._drop_queue()
                self._fed_seq = seq
                self._changed.notify_all()

    def when(self, seq: int, reached: Reached) -> None:
        """Call `reached` when everything up to `seq` can be read. Raises HistoryUnavailable."""
        self.reach(seq)
        with self._changed:
            if self._failure is None and seq > self._applied_seq:
                self._waiting.add(seq, reached)
                self._changed.notify_all()
                return
        reached(self._failure)

    def wait_for(self, seq: int, timeout_s: float) -> bool:
        """Whether everything up to `seq` can be read within the time. Raises HistoryUnavailable."""
        done, outcomes = threading.Event(), list[HistoryUnavailable | None]()

        def reached(failure: HistoryUnavailable | None) -> None:
            outcomes.append(failure)
            done.set()

        self.when(seq, reached)
        if not done.wait(timeout_s):
            return False
        if outcomes[0] is not None:
            raise outcomes[0]
        return True

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """What `query` reads, all of it as of one seq. Raises HistoryUnavailable."""
        if self._failure is not None:
            raise self._failure
        try:
            return self._readers.read(query)
        except sqlite3.Error as error:
            if is_damage(error):
                with self._changed:
                    self._damage = error
                    self._changed.notify_all()
            raise HistoryUnavailable(f"the history could not be read: {error}") from error

    def make_durable(self) -> int:
        """Returns a seq up to which the history survives even a power failure. Raises OSError."""
        seq = self._applied_seq
        for path in (self._path, _beside(self._path, "-wal")):
            if path.exists():
                with closing(_Opened(self._files, path)) as file:
                    self._files.sync(file.number)
        return seq

    def close(self) -> None:
        """Write what was fed, and end."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
        self._thread.join()
        self._readers.close()

    # on its thread

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:
            self._fail(error)
        finally:
            self._opened.set()
            if self._writer is not None:
                self._writer.close()
            self._release(self._waiting.take_all(), HistoryUnavailable("the exchange is stopping"))

    def _work(self) -> None:
        self._open_file()
        self._opened.set()
        goes_on = True
        while goes_on:
            try:
                goes_on = self._step()
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
                self._rebuild(error)

    def _step(self) -> bool:
        """One transaction, or all that the journal has; False: that was the last."""
        with self._changed:
            self._asleep = True
            self._changed.wait_for(self._has_work, self._until_sweep_s())
            self._asleep = False
            if self._queue and self._sweep is None:
                self._changed.wait_for(self._is_urgent, GATHER_S)
            damage, self._damage = self._damage, None
            gap = self._is_behind() and not self._goes_on()
            if not self._open and (gap or not self._queue):
                return False
            taken = [] if gap else self._take()
        if damage is not None:
            raise damage
        if gap:
            self._follow()
        elif taken:
            self._write(taken)
        self._sweep_on()
        return True

    def _sweep_on(self) -> None:
        """A step of dropping what is too old, when it is time for it."""
        if self._sweep is None and self._until_sweep_s() == 0:
            self._sweep = sweep(self._writer_now, time.time_ns() - self._retention_ns)
        if self._sweep is not None and next(self._sweep, self) is self:
            self._sweep = None
            self._swept_s = time.monotonic()

    def _take(self) -> list[Applied]:
        """Part of the queue, as much as goes into one transaction."""
        taken, size = list[Applied](), 0
        while self._queue and size < WRITE_BYTES_MAX:
            taken.append(self._queue.popleft())
            size += _bytes_of(taken[-1])
        self._queue_bytes -= size
        self._changed.notify_all()
        return taken

    def _write(self, taken: list[Applied]) -> None:
        self._writer_now.write(taken)
        with self._changed:
            self._applied_seq = self._writer_now.applied_seq
            self._fed_seq = max(self._fed_seq, self._applied_seq)
            reached = self._waiting.take(self._applied_seq)
        self._release(reached, None)

    def _follow(self) -> None:
        """Do what was missed again, until what is fed goes on from there."""
        if self._kept is None:
            raise HistoryUnavailable("what was to be written is not kept anywhere")
        self._wait_for_calm()
        exchange = self._kept.exchange_before(self._applied_seq)
        if exchange is None:
            exchange = self._kept.oldest_exchange()
            self._say(
                f"history: what was before seq {exchange.seq + 1} is not kept any more; it begins there"
            )
            self._make_file(exchange)
        while not self._is_caught_up():
            before, taken, size = exchange.seq, list[Applied](), 0
            for applied in self._kept.records_after(exchange):
                if not self._open:
                    return
                if applied.record.last_seq > self._applied_seq:
                    taken.append(applied)
                    size += _bytes_of(applied)
                if size >= WRITE_BYTES_MAX:
                    self._wait_for_calm()
                    self._write(taken)
                    taken, size = [], 0
                    if self._is_caught_up():
                        return
            if taken:
                self._write(taken)
            if exchange.seq == before:
                raise HistoryUnavailable(f"the journal ends at seq {before}, before what was applied")

    def _wait_for_calm(self) -> None:
        """While it is fed more than it can take, and nobody waits for it."""
        with self._changed:
            while self._is_running() and not self._waiting and self._damage is None:
                left_s = self._overfed_s + CALM_S - time.monotonic()
                if left_s <= 0:
                    return
                self._changed.wait(left_s)

    def _is_caught_up(self) -> bool:
        with self._changed:
            while self._queue and self._queue[0].record.last_seq <= self._applied_seq:
                self._queue_bytes -= _bytes_of(self._queue.popleft())
            return not self._open or self._goes_on()

    # its file

    @property
    def _writer_now(self) -> Writer:
        assert self._writer is not None
        return self._writer

    def _open_file(self) -> None:
        """The file as it is, if it is any good."""
        if self._kept is not None and self._path.exists():
            try:
                writer = Writer.open(self._path)
                if self._kept.has(writer.applied_seq, writer.applied_time_ns):
                    self._set_writer(writer)
                    return
                writer.close()
                why = "is not of this journal"
            except OtherFormat as error:
                why = str(error)
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
                why = f"is damaged ({error})"
            self._say(f"history: {self._path} {why}; it is made anew from the journal")
        self._make_file(Exchange(self._founding, shards=1))

    def _make_file(self, exchange: Exchange) -> None:
        """A history that begins with `exchange`."""
        self._sweep = None
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for suffix in ("", "-wal", "-shm"):
            path = _beside(self._path, suffix)
            if path.exists():
                self._files.unlink(path)
        self._set_writer(Writer.create(self._path, exchange))

    def _rebuild(self, damage: sqlite3.Error) -> None:
        self._damages += 1
        if self._kept is None or self._damages > DAMAGES_MAX:
            raise damage
        with self._changed:
            self._applied_seq = 0
        self._make_file(Exchange(self._founding, shards=1))
        self._say(f"history: {self._path} is damaged ({damage}); it is made anew from the journal")

    def _set_writer(self, writer: Writer) -> None:
        with self._changed:
            self._writer = writer
            self._applied_seq, self._first_seq = writer.applied_seq, writer.first_seq
            self._fed_seq = max(self._fed_seq, self._applied_seq)
            self._readers.renew()

    def _fail(self, error: Exception) -> None:
        failure = HistoryUnavailable(f"the history has ended: {error}")
        failure.__cause__ = error
        with self._changed:
            self._failure = failure
            self._drop_queue()
            self._changed.notify_all()
            waiting = self._waiting.take_all()
        self._say(f"history: {error}; past orders, fills and ledger entries cannot be listed until a restart")
        self._release(waiting, failure)

    def _release(self, waiting: list[Reached], failure: HistoryUnavailable | None) -> None:
        for reached in waiting:
            reached(failure)

    # small questions, under the lock

    def _is_running(self) -> bool:
        return self._open and self._failure is None

    def _has_room(self, size: int) -> bool:
        return not self._queue or self._queue_bytes + size <= self._queue_bytes_max

    def _has_work(self) -> bool:
        return not self._open or self._is_behind() or self._damage is not None or self._sweep is not None

    def _is_urgent(self) -> bool:
        """Is there anyone to be kept waiting, or as much as is written at once?"""
        return bool(
            self._waiting
            or self._queue_bytes >= min(WRITE_BYTES_MAX, self._queue_bytes_max)
            or not self._open
            or self._damage is not None
        )

    def _is_behind(self) -> bool:
        return self._fed_seq > self._applied_seq

    def _goes_on(self) -> bool:
        """Does what was fed go on from what is written?"""
        if self._queue:
            return self._queue[0].record.first_seq <= self._applied_seq + 1
        return not self._is_behind()

    def _drop_queue(self) -> None:
        self._queue.clear()
        self._queue_bytes = 0

    def _until_sweep_s(self) -> float | None:
        if not self._retention_ns:
            return None
        return max(0.0, self._swept_s + SWEEP_S - time.monotonic())


class _Opened:
    def __init__(self, files: Files, path: Path) -> None:
        self.number = files.open(path)

    def close(self) -> None:
        os.close(self.number)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _bytes_of(applied: Applied) -> int:
    rows = applied.record.rows.nbytes if isinstance(applied.record, Batch) else 128
    return int(rows + applied.events.nbytes)
