"""Once-only ids that nobody else uses."""

import os
import secrets
import threading

_FIRST_BITS = 62


class Ids:
    """Ids that count up from a random one of 62 bits: two clients of an account meet with a chance of about
    (ids of both) / 2**62. Neighbouring ids are what the exchange finds quickest.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin()

    def take(self, count: int = 1) -> int:
        """The first of `count` ids, one after the other."""
        with self._lock:
            if os.getpid() != self._pid:  # a fork must not go on where its parent does
                self._begin()
            first = self._next
            self._next += count
        return first

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._next = 1 + secrets.randbits(_FIRST_BITS)
