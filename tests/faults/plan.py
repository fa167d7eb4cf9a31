"""What goes wrong in a run, and at which of its storage calls."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import NamedTuple

from tests.faults.power import Disk


class Trouble(Enum):
    FULL = "full"
    """No space left (ENOSPC)."""
    BROKEN = "broken"
    """EIO."""
    SHORT = "short"
    """A write writes half of its bytes, then there is no space left; other calls fail like FULL."""
    KILL_BEFORE = "kill-before"
    KILL_AFTER = "kill-after"
    """The process is gone (SIGKILL) before the call, or after it."""


class Call(NamedTuple):
    what: str
    path: str


class Plan(NamedTuple):
    """Trouble at the `at`-th storage call, counted from 1; 0 = none."""

    at: int = 0
    trouble: Trouble = Trouble.BROKEN
    for_good: bool = True
    """At every later call too."""
    only: str = ""
    """Count calls of this kind alone, e.g. `sync`."""
    where: str = ""
    """Count calls on paths that contain this alone."""

    def counts(self, call: Call) -> bool:
        return self.only in ("", call.what) and self.where in call.path


class Watch:
    """Counts every storage call of a run, and makes it fail where the plan says so.

    Calls go one at a time, so that the model of the disk sees them in the order in which the disk does.
    """

    def __init__(self, plan: Plan, disk: Disk) -> None:
        self.plan = plan
        self.disk = disk
        self.calls: list[Call] = []
        self.struck: list[Call] = []
        """The calls that failed."""
        self.mistakes: list[str] = []
        """What the fault layer itself did wrong; nothing that a run shows is worth anything then."""
        self._number = 0
        self._lock = threading.RLock()  # the garbage collector may close a connection inside a call

    @contextmanager
    def call(self, what: str, path: str) -> Iterator[Trouble | None]:
        """Within, the caller does the real call and tells the disk, or does what the trouble says."""
        with self._lock:
            call, plan = Call(what, path), self.plan
            self.calls.append(call)
            self._number += plan.counts(call)
            is_it = plan.counts(call) and self._number == plan.at
            if is_it and plan.trouble is Trouble.KILL_BEFORE:
                os.kill(os.getpid(), signal.SIGKILL)
            gone_on = plan.for_good and 0 < plan.at <= self._number
            if (is_it or gone_on) and plan.trouble not in (Trouble.KILL_BEFORE, Trouble.KILL_AFTER):
                self.struck.append(call)
                yield plan.trouble
            else:
                yield None
            if is_it and plan.trouble is Trouble.KILL_AFTER:
                os.kill(os.getpid(), signal.SIGKILL)
