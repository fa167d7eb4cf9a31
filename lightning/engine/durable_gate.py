"""What came of a submission, and the gate that holds it back until it is durable."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple


class Outcome(NamedTuple):
    """What came of a submission: EVENT rows, a query's result, or what an admin change made."""

    value: Any
    seq: int
    """Of the last command applied before the value was read."""
    time_ns: int
    error: BaseException | None = None


Deliver = Callable[[Outcome], None]


class DurableGate:
    """Holds answers back until everything they show is durable."""

    def __init__(self) -> None:
        self._changed = threading.Condition()  # entered once a batch, not once an order
        self._durable = 0
        self._waiting: deque[tuple[Deliver, Outcome]] = deque()
        self._failed: Outcome | None = None

    def publish(self, answers: list[tuple[Deliver, Outcome]]) -> None:
        with self._changed:
            self._waiting.extend(answers)
            self._release()

    def advance(self, seq: int) -> None:
        """Everything up to `seq` is durable."""
        with self._changed:
            self._durable = max(self._durable, seq)
            self._release()

    def fail(self, outcome: Outcome) -> None:
        """Give `outcome` to everyone who still waits, and to all who come later."""
        with self._changed:
            self._failed = self._failed or outcome
            self._release()

    @property
    def durable(self) -> int:
        """Everything up to this seq is."""
        return self._durable

    @property
    def held(self) -> int:
        """Answers held back at present."""
        return len(self._waiting)

    def wait_until_empty(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting)

    def _release(self) -> None:
        while self._waiting and (self._failed or self._waiting[0][1].seq <= self._durable):
            deliver, outcome = self._waiting.popleft()
            deliver(self._failed or outcome)
        self._changed.notify_all()
