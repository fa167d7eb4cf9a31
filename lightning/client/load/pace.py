"""When the next one is sent: as soon as there is room (closed loop), or when it is due (open loop)."""

import asyncio
import threading
import time
from collections import deque
from typing import Protocol

TICK_S = 0.0002
"""The open loop looks at its clock no more often."""


class Pace(Protocol):
    async def turn(self) -> int | None:
        """Wait for the next turn; since when it was due (time.perf_counter_ns), None if there are no more."""

    def stop(self) -> None:
        """No more turns."""

    @property
    def missed(self) -> int:
        """Turns that were due and not taken when it stopped."""


class ClosedLoop:
    """Whoever asks may send at once."""

    missed = 0

    def __init__(self) -> None:
        self._stopped = False

    async def turn(self) -> int | None:
        return None if self._stopped else time.perf_counter_ns()

    def stop(self) -> None:
        self._stopped = True


class OpenLoop:
    """Turns at fixed times, whatever becomes of those before: one that cannot be taken in time is taken late.

    Timers of an event loop are good to a millisecond, so a thread keeps the time.
    """

    def __init__(self, per_s: float) -> None:
        self.missed = 0
        self._interval_ns = 1e9 / per_s
        self._start_ns = time.perf_counter_ns()
        self._due = 0
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._stopped = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._keep_time, name="pace", daemon=True)
        self._thread.start()

    async def turn(self) -> int | None:
        while self._taken == self._due and not self._stopped.is_set():
            waiting: asyncio.Future[None] = self._loop.create_future()
            self._waiting.append(waiting)
            await waiting
        if self._stopped.is_set():
            return None
        self._taken += 1
        return self._start_ns + int((self._taken - 1) * self._interval_ns)

    def stop(self) -> None:
        if self._stopped.is_set():
            return
        self._look_at_clock()
        self.missed = self._due - self._taken
        self._stopped.set()
        self._wake(len(self._waiting))
        self._thread.join()

    def _keep_time(self) -> None:
        while True:
            next_ns = self._start_ns + self._due * self._interval_ns
            if self._stopped.wait(max((next_ns - time.perf_counter_ns()) / 1e9, TICK_S)):
                return
            self._loop.call_soon_threadsafe(self._look_at_clock)

    def _look_at_clock(self) -> None:
        if self._stopped.is_set():
            return
        passed_ns = time.perf_counter_ns() - self._start_ns
        self._due = int(passed_ns / self._interval_ns) + 1
        self._wake(self._due - self._taken)

    def _wake(self, count: int) -> None:
        for _ in range(min(count, len(self._waiting))):
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
