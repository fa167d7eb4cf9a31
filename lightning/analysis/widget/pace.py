"""Something that is told as often as it likes and passed on at a pace; the last always is."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


class Pace(Generic[T]):
    """Calls `pass_on` with the newest value, at most every `every_s`; from a timer's thread if it must wait.

    Values may be put from any thread.
    """

    def __init__(self, pass_on: Callable[[T], None], every_s: float) -> None:
        self._pass_on = pass_on
        self._every_s = every_s
        self._lock = threading.RLock()  # whoever is told may put another
        self._waiting: list[T] = []
        """The newest value, if it was not yet passed on."""
        self._next_s = 0.0
        self._timer: threading.Timer | None = None

    def put(self, value: T) -> None:
        with self._lock:
            self._waiting = [value]
            if self._timer is not None:
                return
            wait_s = self._next_s - monotonic()
            if wait_s > 0:
                self._timer = threading.Timer(wait_s, self._on_timer)
                self._timer.daemon = True
                self._timer.start()
                return
        self._flush()

    def _flush(self) -> None:
        """Pass on what waits, now."""
        with self._lock:
            if not self._waiting:
                return
            value = self._waiting.pop()
            self._next_s = monotonic() + self._every_s
            self._pass_on(value)

    def _on_timer(self) -> None:
        with self._lock:
            self._timer = None
        self._flush()
