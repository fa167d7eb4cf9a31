"""Running batches: the serial kernel, or with several workers the parallel stages."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from lightning.engine.tables import (
    EVENT_ROWS,
    Table,
    as_rows,
    grow_accounts,
    grow_books,
    have_room,
    make_room,
    new_out,
    table,
    words_of,
)
from lightning.kernels import layout, scratch
from lightning.kernels.layout import State
from lightning.kernels.run import run
from lightning.kernels.scratch import Out
from lightning.kernels.stages import (
    POSTINGS_BESIDES_FILLS,
    POSTINGS_PER_ROW,
    hold_stage,
    match_stage,
    merge_stage,
    plan,
    settle_stage,
    undo_stage,
)
from lightning.rows import EVENT

SEGMENT_ROWS_MAX = 4096
"""Most commands that go through the stages together."""
SEGMENT_ROWS_MIN = 64
"""Fewer are quicker on one thread than handed to several."""
SERIAL_ROWS_AFTER_CUT = 256
"""Commands that run serially after a cut, so that a flow full of refusals is not cut to pieces."""


class Serial:
    """One worker: the serial kernel does everything."""

    def __init__(self) -> None:
        self.out = new_out(EVENT_ROWS, 0)
        self._staged = table((1,), scratch.STAGED)
        self._words = words_of(self.out.events)

    def step(
        self, state: State, rows: np.ndarray, words: np.ndarray, start: int, end: int
    ) -> tuple[State, int]:
        """Apply rows from `start`, as many as fit into `out`; returns the state and the row to go on with."""
        reached = int(run(state, self.out, self._staged, rows, words, start, end))
        if reached < end and int(self.out.cursor[0]) == 0:
            needed, kept, balances = self.out.cursor[2:].tolist()
            self.out.cursor[4] = 0
            state = make_room(state, kept, balances)
            if needed > len(self.out.events):
                self._replace_out(2 * needed)
        return state, reached

    def taken(self) -> np.ndarray:
        """The event rows written since, as (n, 16) int64; the buffer is free again."""
        count = int(self.out.cursor[0])
        self.out.cursor[0] = 0
        return self._words[:count]

    def _replace_out(self, rows: int) -> None:
        self.out = new_out(rows, 0)
        self._words = words_of(self.out.events)


class Parallel(Serial):
    """Several workers: segments of orders and cancels go through the stages, the rest is serial.

    The outcome is that of `Serial`, command by command.
    """

    def __init__(self, workers: int) -> None:
        super().__init__()
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers - 1, thread_name_prefix="worker")
        self._segment_staged = table((SEGMENT_ROWS_MAX,), scratch.STAGED)
        self._events = table((workers, EVENT_ROWS), EVENT)
        self._postings = table((workers, 2 * EVENT_ROWS), scratch.POSTING)
        self._cursors = np.zeros((workers, 4), np.int64)
        self._segment = 0
        self._serial_until = 0

    def step(
        self, state: State, rows: np.ndarray, words: np.ndarray, start: int, end: int
    ) -> tuple[State, int]:
        if start == 0:
            self._serial_until = 0
        if start < self._serial_until:
            return super().step(state, rows, words, start, min(end, self._serial_until))
        limit = min(end, start + SEGMENT_ROWS_MAX)
        counts = np.zeros((2, len(state.books.head)), np.int64)
        planned = int(plan(state, rows, self._segment_staged, start, limit, counts))
        if planned - start < SEGMENT_ROWS_MIN or not self._orders_fit(state, planned - start):
            self._serial_until = min(end, max(planned + 1, start + SEGMENT_ROWS_MIN))
            return super().step(state, rows, words, start, self._serial_until)
        state = _room_for_segment(state, counts)
        cut = self._hold(state, rows, words, start, planned)
        if cut < planned:
            self._serial_until = min(end, cut + SERIAL_ROWS_AFTER_CUT)
        self._match(state, rows, start, cut)
        self._all(lambda w: settle_stage(state, self._postings, self._cursors, w, self._workers))
        return self._merge(state, rows, start, cut), cut

    @staticmethod
    def _orders_fit(state: State, count: int) -> bool:
        """Is the ceiling of open orders so far off that no worker needs to look?"""
        live = int(state.books.head["orders_live"].sum())
        return live + count <= int(state.globals[0]["orders_max"])

    def _all(self, stage: Callable[[int], int | None]) -> list[int | None]:
        """Run a stage on every worker; the calling thread is worker 0."""
        others = [self._pool.submit(stage, worker) for worker in range(1, self._workers)]
        return [stage(0), *(other.result() for other in others)]

    def _hold(self, state: State, rows: np.ndarray, words: np.ndarray, start: int, end: int) -> int:
        """Take all holds up to the first command that must wait; returns that one's row."""
        self._segment += 1
        staged, segment, workers = self._segment_staged, self._segment, self._workers
        reached = [
            int(row)
            for row in self._all(
                lambda w: hold_stage(state, rows, words, staged, start, end, segment, w, workers)
            )
            if row is not None
        ]
        cut = min(reached)
        if cut < end:
            self._all(lambda w: undo_stage(state, rows, staged, start, cut, reached[w], w, workers))
        return cut

    def _match(self, state: State, rows: np.ndarray, start: int, end: int) -> None:
        self._cursors[:] = 0
        positions = [start] * self._workers
        while min(positions) < end:
            reached = self._all(partial(self._match_one, state, rows, start, positions, end))
            positions = [int(row) for row in reached if row is not None]
            if min(positions) < end:
                self._widen()

    def _match_one(
        self, state: State, rows: np.ndarray, start: int, positions: list[int], end: int, worker: int
    ) -> int:
        own = state._replace(globals=as_rows(state.globals.copy()))
        own.globals[0]["orders_room"] = SEGMENT_ROWS_MAX + 1  # `_orders_fit` has looked
        out = Out(self._events[worker], self._postings[worker], self._cursors[worker])
        staged, first = self._segment_staged, positions[worker]
        return int(match_stage(own, out, rows, staged, start, first, end, worker, self._workers))

    def _widen(self) -> None:
        """More room for what the workers write; what they wrote stays."""
        events, postings, needed = self._cursors[:, :3].max(axis=0).tolist()
        self._events = _wider(self._events, events, needed)
        postings_needed = POSTINGS_PER_ROW * needed + POSTINGS_BESIDES_FILLS
        self._postings = _wider(self._postings, postings, postings_needed)

    def _merge(self, state: State, rows: np.ndarray, start: int, end: int) -> State:
        replayed = self._segment_staged[: end - start]
        kept = int(replayed["base_slot"][replayed["reason"] < 0].sum())
        needed = int(self._cursors[:, 0].sum()) + kept + (end - start)
        if needed > len(self.out.events):
            self._replace_out(2 * needed)
        state = state._replace(accounts=grow_accounts(state.accounts, needed))
        merge_stage(state, self.out, self._events, self._cursors, rows, self._segment_staged, start, end)
        return state


def _wider(rows: Table, used: int, needed: int) -> Table:
    """The first `used` rows of each line, with room for `needed` more."""
    wider = table((rows.shape[0], 2 * (used + needed)), rows.dtype)
    size = used * rows.dtype.itemsize
    target = wider.view(np.ndarray).view(np.uint8).reshape(rows.shape[0], -1)
    target[:, :size] = rows.view(np.ndarray).view(np.uint8).reshape(rows.shape[0], -1)[:, :size]
    return wider


def _room_for_segment(state: State, counts: np.ndarray) -> State:
    """Grow what is too full for `counts` commands per account shard and symbol shard."""
    books, accounts = state.books, state.accounts
    while not have_room(books, counts[1]):
        books = grow_books(books, int(counts[1].max()))
    while not _accounts_have_room(accounts, counts[0]):
        accounts = grow_accounts(accounts, 0, int(counts[0].max()))
    return state._replace(books=books, accounts=accounts)


def _accounts_have_room(accounts: layout.Accounts, counts: np.ndarray) -> bool:
    head = accounts.head
    return bool(
        (head["balances_used"] + 2 * counts <= accounts.balances.shape[1]).all()
        and (head["once_end"] - head["once_first"] + counts <= accounts.once.shape[1]).all()
    )
