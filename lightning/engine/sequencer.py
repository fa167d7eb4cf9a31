"""The sequencer: one total order for everything, on one thread; answers wait for durable.

What is waiting when the engine is free becomes one batch: one journal record, one run of the
kernels. The thread sleeps while nothing is waiting.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import numpy as np

from lightning.engine.admin import apply_change
from lightning.engine.changes import Change, ChangeRefused
from lightning.engine.exchange import Exchange
from lightning.engine.journal import AdminRecord, Batch, Journal
from lightning.rows import COMMAND

BATCH_ROWS_MAX = 16_384
"""Commands in one batch, unless a single submission has more."""


class Outcome(NamedTuple):
    """What came of a submission: EVENT rows, a query's result, or what an admin change made."""

    value: Any
    seq: int
    """Of the last command applied before the value was read."""
    time_ns: int
    error: BaseException | None = None


class Stopped(Exception):
    """The sequencer no longer takes anything."""


Deliver = Callable[[Outcome], None]


class _Rows(NamedTuple):
    rows: np.ndarray
    deliver: Deliver


class _Query(NamedTuple):
    read: Callable[[Exchange], Any]
    deliver: Deliver


class _Change(NamedTuple):
    change: Change
    deliver: Deliver


_Item = _Rows | _Query | _Change | None


class DurableGate:
    """Holds answers back until everything they show is durable."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # taken once a batch, not once an order
        self._durable = 0
        self._waiting: deque[tuple[Deliver, Outcome]] = deque()

    def publish(self, answers: list[tuple[Deliver, Outcome]]) -> None:
        with self._lock:
            self._waiting.extend(answers)
            self._release()

    def advance(self, seq: int) -> None:
        """Everything up to `seq` is durable."""
        with self._lock:
            self._durable = max(self._durable, seq)
            self._release()

    def _release(self) -> None:
        while self._waiting and self._waiting[0][1].seq <= self._durable:
            deliver, outcome = self._waiting.popleft()
            deliver(outcome)


class Sequencer:
    """Owns an exchange on a thread of its own.

    deliver is called from the engine's or the journal's thread, in order, and must return at once.
    """

    def __init__(
        self,
        exchange: Exchange,
        journal: Journal,
        clock: Callable[[], int] = time.time_ns,
        on_failure: Callable[[BaseException], None] = lambda error: None,
    ) -> None:
        self._exchange = exchange
        self._journal = journal
        self._clock = clock
        self._on_failure = on_failure
        self._time_ns = 0
        self._inbox: SimpleQueue[_Item] = SimpleQueue()
        self._gate = DurableGate()
        self._gate.advance(exchange.seq)
        journal.on_durable = self._gate.advance
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._open = True
        self._failure: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Apply and answer everything that was accepted, then end the thread."""
        if self._open:
            self._open = False
            self._inbox.put(None)
        self._thread.join()

    def submit(self, rows: np.ndarray, deliver: Deliver) -> None:
        """Sequence COMMAND rows; the outcome is their EVENT rows, `command` counted from this submission."""
        self._put(_Rows(rows, deliver))

    def query(self, read: Callable[[Exchange], Any], deliver: Deliver) -> None:
        """Call `read` between batches, after everything submitted before."""
        self._put(_Query(read, deliver))

    def change(self, change: Change, deliver: Deliver) -> None:
        """Sequence an admin change; a refusal is the outcome's error, a ChangeRefused."""
        self._put(_Change(change, deliver))

    def _put(self, item: _Item) -> None:
        if not self._open:
            raise Stopped("the exchange is stopping")
        self._inbox.put(item)

    def _run(self) -> None:
        stopping = False
        while not stopping:
            items = self._waiting_items()
            if items[-1] is None:
                stopping = True
                items.pop()
            try:
                self._process(items)
            except BaseException as error:  # the state can no longer be trusted: fail everything, say so
                self._fail(error, items)
                return

    def _waiting_items(self) -> list[Any]:
        """At least one item; all that are there, up to a batch."""
        items = [self._inbox.get()]
        rows = 0
        while items[-1] is not None and rows < BATCH_ROWS_MAX:
            if isinstance(items[-1], _Rows):
                rows += len(items[-1].rows)
            try:
                items.append(self._inbox.get_nowait())
            except Empty:
                break
        return items

    def _process(self, items: list[_Item]) -> None:
        """Commands up to the next change as one batch, then queries."""
        batch: list[_Rows] = []
        queries: list[_Query] = []
        for item in items:
            if isinstance(item, _Rows):
                batch.append(item)
            elif isinstance(item, _Query):
                queries.append(item)
            elif isinstance(item, _Change):
                self._apply(batch)
                self._change(item)
                batch = []
        self._apply(batch)
        self._answer(queries)

    def _now(self) -> int:
        """The clock, never backwards."""
        self._time_ns = max(self._time_ns, self._clock())
        return self._time_ns

    def _apply(self, batch: list[_Rows]) -> None:
        if not batch:
            return
        rows = np.concatenate([item.rows for item in batch], dtype=COMMAND)
        rows["time_ns"] = now = self._now()
        self._journal.append(Batch(self._exchange.seq + 1, rows))
        events = self._exchange.submit(rows)
        seq = self._exchange.seq
        ends = np.cumsum([len(item.rows) for item in batch])
        cuts = np.searchsorted(events["command"], ends).tolist()
        answers: list[tuple[Deliver, Outcome]] = []
        first = 0
        for item, end, cut in zip(batch, ends.tolist(), cuts, strict=True):
            mine = events[first:cut]
            mine["command"] -= end - len(item.rows)
            answers.append((item.deliver, Outcome(mine, seq, now)))
            first = cut
        self._gate.publish(answers)

    def _change(self, item: _Change) -> None:
        now = self._now()
        self._journal.append(AdminRecord(self._exchange.seq + 1, now, item.change))
        try:
            outcome = Outcome(apply_change(self._exchange, item.change), self._exchange.seq, now)
        except ChangeRefused as refusal:
            outcome = Outcome(None, self._exchange.seq, now, refusal)
        self._gate.publish([(item.deliver, outcome)])

    def _answer(self, queries: list[_Query]) -> None:
        if not queries:
            return
        seq, now = self._exchange.seq, self._now()
        answers: list[tuple[Deliver, Outcome]] = []
        for item in queries:
            try:
                outcome = Outcome(item.read(self._exchange), seq, now)
            except Exception as error:  # the reader's mistake, e.g. an unknown symbol: told to the reader
                outcome = Outcome(None, seq, now, error)
            answers.append((item.deliver, outcome))
        self._gate.publish(answers)

    def _fail(self, error: BaseException, items: list[_Item]) -> None:
        self._open = False
        self._failure = error
        stopped = Stopped("the exchange has stopped after an internal failure")
        while True:
            for item in items:
                if item is not None:
                    item.deliver(Outcome(None, 0, self._time_ns, stopped))
            try:
                items = [self._inbox.get_nowait()]
            except Empty:
                break
        self._on_failure(error)
