"""The sequencer: one total order for everything, on one thread; answers wait for durable.

What is waiting when the engine is free becomes one batch: one journal record, one run of the
kernels. The thread sleeps while nothing is waiting and nothing is due. While it sleeps, a caller may
read for itself: two hand-overs between threads take longer than most queries.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import numpy as np

from lightning.codes import CommandFlag, CommandKind
from lightning.engine.changes import Change
from lightning.engine.durable_gate import Deliver, DurableGate, Outcome
from lightning.engine.exchange import Exchange
from lightning.engine.journal import AdminRecord, Batch, Journal
from lightning.engine.replay import Applied, apply
from lightning.engine.tables import words_of
from lightning.rows import COMMAND, Command

BATCH_ROWS_MAX = 16_384
"""A batch ends with the submission that brings it to so many commands."""
HASH_ROWS = 131_072
"""Commands between two state hashes in the journal."""
HASH_SIZE_MAX = 20_000
"""Accounts and open orders that hash in about a millisecond; larger states are hashed in snapshots only."""
TIMER_WAIT_S_MIN = 0.001
TIMER_WAIT_S_MAX = 10.0
"""While a timer waits, the clock is looked at anew after so long at most: it may have been set."""


class Stopped(Exception):
    """The sequencer no longer takes anything."""


Listener = Callable[[Applied], None]
Observer = Callable[[Applied], object]


class _Rows(NamedTuple):
    rows: np.ndarray
    deliver: Deliver


class _Query(NamedTuple):
    read: Callable[[Exchange], Any]
    deliver: Deliver


class _Change(NamedTuple):
    change: Change
    deliver: Deliver


_TIMER = np.array([Command(kind=CommandKind.TIMER)], COMMAND)

_Item = _Rows | _Query | _Change
_Group = list[_Rows] | list[_Query] | list[_Change]
"""Items that are done together and answered at once; never empty."""


class Sequencer:
    """Owns an exchange on a thread of its own.

    deliver is called once, from the engine's or the journal's thread, in order; it must return at
    once and not raise.

    epoch : of this writer, as the journal was fenced with
    time_ns : of the last command of a recovered exchange; the clock never runs behind it
    listener : told of every durable record, in order, before its answers; under the terms of deliver
    on_failure : is told why, once, from the thread that noticed, when the state can no longer be trusted or
    the journal has failed; from then on everything is answered with Stopped, also what was done but is not
    known to be durable
    """

    def __init__(
        self,
        exchange: Exchange,
        journal: Journal,
        clock: Callable[[], int] = time.time_ns,
        on_failure: Callable[[BaseException], None] = lambda error: None,
        listener: Listener | None = None,
        epoch: int = 0,
        time_ns: int = 0,
    ) -> None:
        self._exchange = exchange
        self._journal = journal
        self._clock = clock
        self._on_failure = on_failure
        self._listener = listener
        self._observer: tuple[Observer, Deliver] | None = None
        self._epoch = epoch
        self.time_ns = time_ns
        """Of the last command or query; the engine's thread writes it."""
        self._rows_to_hash = HASH_ROWS
        self._timer_done: int | None = None
        """The newest due time that a TIMER was issued for."""
        self.failure: BaseException | None = None
        """Why everything is answered with Stopped."""
        self._door = threading.Lock()  # so that nothing comes in behind the last item
        self._open = True
        self._handed = 0
        """Items put into the inbox and not done yet."""
        self._engine = threading.Lock()  # held by whoever works on the exchange; entered once a batch
        self._inbox: SimpleQueue[_Item | None] = SimpleQueue()
        self._gate = DurableGate()
        self._gate.advance(exchange.seq)
        journal.on_durable = self._gate.advance
        journal.on_failure = self._fail
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._groups: deque[_Group] = deque()
        """Taken from the inbox and not answered yet."""

    @property
    def waiting(self) -> tuple[int, int]:
        """Items that are not done yet, and answers that are held back until they are durable."""
        return self._handed, self._gate.held

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Apply and answer everything that was accepted, and end the thread; waits for the journal."""
        with self._door:
            if self._open:
                self._open = False
                self._inbox.put(None)
        self._thread.join()
        self._gate.wait_until_empty()

    def submit(self, rows: np.ndarray, deliver: Deliver) -> None:
        """Sequence COMMAND rows; the outcome is their EVENT rows, `command` counted from this submission.

        The rows must not be changed until then. Raises TypeError for another dtype, ValueError for rows that
        end within a chain (what others submit would go on with it), Stopped after the end.
        """
        if rows.dtype != COMMAND or rows.ndim != 1:
            raise TypeError("rows must be a one-dimensional array of dtype lightning.COMMAND")
        if len(rows) and rows["kind"][-1] == CommandKind.TRANSFER and rows["flags"][-1] & CommandFlag.LINKED:
            raise ValueError("the last row of a chain of transfers must not be LINKED")
        self._put(_Rows(rows, deliver))

    def query(self, read: Callable[[Exchange], Any], deliver: Deliver) -> None:
        """Call `read` between batches, after everything submitted before."""
        self._put(_Query(read, deliver))

    def query_now(self, read: Callable[[Exchange], Any]) -> Outcome | None:
        """`query` on the caller's thread, while nothing is going on; None: something is, nothing was read."""
        if not self._engine.acquire(blocking=False):
            return None
        try:
            seq = self._exchange.seq
            if self._handed or not self._open or seq != self._gate.durable or self._is_due():
                return None
            now = self._now()  # before it is read: what is read may be as of `time_ns`
            return Outcome(read(self._exchange), seq, now)
        finally:
            self._engine.release()

    def observe(self, observer: Observer, deliver: Deliver) -> None:
        """Call `observer` after every record, on the engine's thread; what it returns follows the answers.

        None goes nowhere. What it raises becomes the error of the outcome: it is not the exchange's.
        """
        self._observer = observer, deliver

    def change(self, change: Change, deliver: Deliver) -> None:
        """Sequence an admin change; a refusal is the outcome's error, a ChangeRefused."""
        self._put(_Change(change, deliver))

    def _put(self, item: _Item) -> None:
        with self._door:
            if not self._open:
                raise Stopped("the exchange is stopping")
            self._handed += 1
            self._inbox.put(item)

    def _run(self) -> None:
        stopping = False
        while not stopping:
            items = self._waiting_items()
            stopping = items[-1:] == [None]
            if stopping:
                items.pop()
            self._groups.extend(_group(items))
            try:
                with self._engine:
                    if not items and not stopping:
                        self._gate.publish(self._let_time_pass())
                    self._do_groups()
            except BaseException as error:  # the state can no longer be trusted: say so, fail everything
                self._fail(error)
                self._refuse_waiting()
                return
            with self._door:
                self._handed -= len(items)

    def _do_groups(self) -> None:
        while self._groups:
            answers = self._answer(self._groups[0])
            self._groups.popleft()
            self._gate.publish(answers)

    def _waiting_items(self) -> list[Any]:
        """All that are there, up to a batch; none: it is time for a timer. None is the last one ever."""
        try:
            items = [self._inbox.get(timeout=self._timer_wait_s())]
        except Empty:
            return []
        rows = 0
        while items[-1] is not None:
            if isinstance(items[-1], _Rows):
                rows += len(items[-1].rows)
            if rows >= BATCH_ROWS_MAX or self._inbox.empty():
                break
            items.append(self._inbox.get())
        return items

    def _timer_wait_s(self) -> float | None:
        """How long nothing happens by itself; None: for ever."""
        due = self._exchange.next_timer()
        if due is None or due == self._timer_done:
            return None
        left_s = (due - self._clock()) / 1_000_000_000  # by the clock alone: `time_ns` may be ahead of it
        return min(max(left_s, TIMER_WAIT_S_MIN), TIMER_WAIT_S_MAX)

    def _is_due(self) -> bool:
        """Has a timer's time come, and there was no TIMER for it yet?"""
        due = self._exchange.next_timer()
        return due is not None and due != self._timer_done and due <= self._now()

    def _let_time_pass(self) -> list[tuple[Deliver, Outcome]]:
        """What is due happens in a batch of its own; its answers."""
        return self._apply([]) if self._is_due() else []

    def _answer(self, group: _Group) -> list[tuple[Deliver, Outcome]]:
        kind = type(group[0])
        work: Any = self._apply if kind is _Rows else self._change if kind is _Change else self._read
        answers: list[tuple[Deliver, Outcome]] = work(group)
        return answers

    def _now(self) -> int:
        """The clock, never backwards."""
        self.time_ns = max(self.time_ns, self._clock())
        return self.time_ns

    def _apply(self, batch: list[_Rows]) -> list[tuple[Deliver, Outcome]]:
        """One record, one run of the kernels; what is due comes first, so that it is in nobody's answer."""
        timers = [_TIMER] if self._is_due() else []
        if timers:
            self._timer_done = self._exchange.next_timer()
        rows = _joined([*timers, *(item.rows for item in batch)])
        rows["time_ns"] = now = self._now()
        record = Batch(self._exchange.seq + 1, rows, self._state_hash(len(rows)))
        if len(rows):
            self._journal.append(record, self._epoch)
        applied = apply(self._exchange, record)
        answers = self._told(applied) if len(rows) else []
        seen = self._seen(applied) if len(rows) else []
        seq = record.last_seq if len(rows) else self._exchange.seq
        parts = _parts(applied.events, [len(item.rows) for item in batch], len(timers))
        answers += [
            (item.deliver, Outcome(events, seq, now)) for item, events in zip(batch, parts, strict=True)
        ]
        return answers + seen

    def _change(self, changes: list[_Change]) -> list[tuple[Deliver, Outcome]]:
        """A record of its own for each."""
        answers: list[tuple[Deliver, Outcome]] = []
        for item in changes:
            answers += self._let_time_pass()
            now = self._now()
            record = AdminRecord(self._exchange.seq + 1, now, item.change)
            self._journal.append(record, self._epoch)
            applied = apply(self._exchange, record)
            answers += self._told(applied)
            made = None if applied.refusal else applied.instrument
            answers.append((item.deliver, Outcome(made, self._exchange.seq, now, applied.refusal)))
            answers += self._seen(applied)
        return answers

    def _told(self, applied: Applied) -> list[tuple[Deliver, Outcome]]:
        """The listener's place before the answers to a record."""
        if self._listener is None:
            return []
        return [(self._tell, Outcome(applied, applied.record.last_seq, self.time_ns))]

    def _tell(self, outcome: Outcome) -> None:
        if self._listener is not None and outcome.error is None:
            self._listener(outcome.value)

    def _seen(self, applied: Applied) -> list[tuple[Deliver, Outcome]]:
        """The observer's place behind the answers to a record."""
        if self._observer is None:
            return []
        observer, deliver = self._observer
        try:
            seen = observer(applied)
        except Exception as error:
            return [(deliver, Outcome(None, self._exchange.seq, self.time_ns, error))]
        return [] if seen is None else [(deliver, Outcome(seen, self._exchange.seq, self.time_ns))]

    def _state_hash(self, rows: int) -> int | None:
        """Every HASH_ROWS commands, while the state is small enough to be hashed in passing."""
        self._rows_to_hash -= rows
        if self._rows_to_hash > 0 or self._exchange.size() > HASH_SIZE_MAX:
            return None
        self._rows_to_hash = HASH_ROWS
        return self._exchange.state_hash()

    def _read(self, queries: list[_Query]) -> list[tuple[Deliver, Outcome]]:
        answers = self._let_time_pass()
        seq, now = self._exchange.seq, self._now()
        for item in queries:
            try:
                outcome = Outcome(item.read(self._exchange), seq, now)
            except Exception as error:  # the reader's mistake, e.g. an unknown symbol: told to the reader
                outcome = Outcome(None, seq, now, error)
            answers.append((item.deliver, outcome))
        return answers

    def _fail(self, error: BaseException) -> None:
        """From any thread: answer everything with Stopped from now on, and end."""
        with self._door:
            if self.failure is not None:
                return
            self.failure = error
            if self._open:
                self._open = False
                self._inbox.put(None)
        self._gate.fail(self._stopped())
        self._on_failure(error)

    def _stopped(self) -> Outcome:
        return Outcome(None, 0, self.time_ns, Stopped("the exchange has stopped after an internal failure"))

    def _refuse_waiting(self) -> None:
        """Answer what was taken from the inbox, and what is left in it."""
        for group in self._groups:
            for item in group:
                item.deliver(self._stopped())
        while not self._inbox.empty():
            last = self._inbox.get()
            if last is not None:
                last.deliver(self._stopped())


def _parts(events: np.ndarray, counts: list[int], before: int) -> list[np.ndarray]:
    """The events of each of several submissions, `command` counted from its own.

    counts : how many commands each has; before : how many come before all of them, which are nobody's
    """
    if len(counts) == 1 and before == 0:
        return [events]
    ends = (before + np.cumsum(counts, dtype=np.int64)).tolist()
    first, *cuts = np.searchsorted(events["command"], [before, *ends]).tolist()
    parts = []
    for count, end, cut in zip(counts, ends, cuts, strict=True):
        mine = events[first:cut]
        mine["command"] -= end - count
        parts.append(mine)
        first = cut
    return parts


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """A copy of all rows. 1,000 arrays of one row each take 1.0 ms to join as words, 3.8 ms as rows."""
    if len(parts) == 1:
        return parts[0].copy()
    words = np.concatenate([words_of(np.ascontiguousarray(part)) for part in parts])
    return words.reshape(-1).view(COMMAND)


def _group(items: list[_Item]) -> list[_Group]:
    """Commands up to the next change together, then the queries."""
    groups: list[Any] = []
    queries: list[_Query] = []
    for item in items:
        if isinstance(item, _Query):
            queries.append(item)
        elif groups and type(item) is type(groups[-1][0]):
            groups[-1].append(item)
        else:
            groups.append([item])
    return [*groups, queries] if queries else groups
