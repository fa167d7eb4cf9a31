"""Those who wait until the history has reached a seq."""

import heapq
from collections.abc import Callable
from itertools import count

WAITING_MAX = 10_000


class HistoryUnavailable(Exception):
    """The history cannot answer; the message says why. Nothing else of the exchange depends on it."""


Reached = Callable[[HistoryUnavailable | None], None]
"""Called once, from any thread: with None, or with why it never will be reached."""


class Waiting:
    """Not safe for threads by itself."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Reached]] = []
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, seq: int, reached: Reached) -> None:
        """Raises HistoryUnavailable when too many wait."""
        if len(self._heap) >= WAITING_MAX:
            raise HistoryUnavailable("the history is behind, and too many wait for it")
        heapq.heappush(self._heap, (seq, next(self._numbers), reached))

    def take(self, seq: int) -> list[Reached]:
        """Those who wait for nothing beyond `seq`."""
        taken = []
        while self._heap and self._heap[0][0] <= seq:
            taken.append(heapq.heappop(self._heap)[2])
        return taken

    def take_all(self) -> list[Reached]:
        return self.take(2**63)
