"""The keeper takes snapshots while the exchange runs, and drops what they make superfluous."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

from lightning.config import StorageConfig
from lightning.engine.capture import Capture, RingLapped
from lightning.engine.durable_gate import Outcome
from lightning.engine.exchange import Exchange
from lightning.engine.sequencer import Sequencer
from lightning.storage.directory import DataDirectory
from lightning.storage.snapshots import write_snapshot

REST_PER_WORK = 10
"""Automatic snapshots take at most one part in so many of the time."""


class Snapshot(NamedTuple):
    """What a snapshot was and cost."""

    seq: int
    state_hash: int
    pause_ms: float
    """How long the engine stood still."""
    seconds: float
    """Until it was on disk."""


class SnapshotFailed(Exception):
    """No snapshot was taken; the message says why."""


class Keeper:
    """A thread that sleeps until a snapshot is due or asked for.

    retain(seq) : called after a snapshot at `seq` is on disk
    say : is told what went wrong; the exchange goes on, since the journal has everything
    """

    def __init__(
        self,
        exchange: Exchange,
        sequencer: Sequencer,
        directory: DataDirectory,
        config: StorageConfig,
        snapshot_seq: int,
        retain: Callable[[int], None],
        say: Callable[[str], None],
    ) -> None:
        self.last: Snapshot | None = None
        self._exchange = exchange
        self._sequencer = sequencer
        self._directory = directory
        self._config = config
        self._retain = retain
        self._say = say
        self._changed = threading.Condition()
        self._seq = exchange.seq
        self.snapshot_seq = snapshot_seq
        """Of the newest snapshot."""
        self._taken_s = time.monotonic()
        self._rest_s = 0.0
        self._asked: list[Future[Snapshot]] = []
        self._asleep = False
        """Waits for the first change after a snapshot."""
        self._open = True
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No more snapshots; one that is being written is finished."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()

    def note(self, seq: int) -> None:
        """All up to `seq` is durable. Called for every record: returns at once."""
        self._seq = seq
        if self._asleep or seq - self.snapshot_seq >= self._config.snapshot_commands:
            with self._changed:
                self._changed.notify()

    def request(self) -> "Future[Snapshot]":
        """Take one now; the result comes when it is on disk."""
        done: Future[Snapshot] = Future()
        with self._changed:
            if not self._open:
                done.set_exception(SnapshotFailed("no snapshot was taken: the exchange is stopping"))
                return done
            self._asked.append(done)
            self._changed.notify()
        return done

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._open and not self._asked and not self._is_due():
                    self._asleep = self._seq == self.snapshot_seq
                    self._changed.wait(self._wait_s())
                self._asleep = False
                asked, self._asked = self._asked, []
                if not self._open:
                    break
            self._serve(asked)
        for done in asked:
            done.set_exception(SnapshotFailed("no snapshot was taken: the exchange is stopping"))

    def _is_due(self) -> bool:
        waited_s = time.monotonic() - self._taken_s
        if self._seq == self.snapshot_seq or waited_s < self._rest_s:
            return False
        enough = self._seq - self.snapshot_seq >= self._config.snapshot_commands
        return enough or waited_s >= self._config.snapshot_seconds

    def _wait_s(self) -> float | None:
        """Until the next one may be due by time; None: something has to change first."""
        if self._seq == self.snapshot_seq:
            return None
        waited_s = time.monotonic() - self._taken_s
        enough = self._seq - self.snapshot_seq >= self._config.snapshot_commands
        due_s = self._rest_s if enough else max(self._rest_s, self._config.snapshot_seconds)
        return max(0.001, due_s - waited_s)

    def _serve(self, asked: "list[Future[Snapshot]]") -> None:
        began_s = time.monotonic()
        try:
            self.last = snapshot = self._take()
        except Exception as error:  # of whatever kind: the journal has everything, the exchange goes on
            failed = SnapshotFailed(f"no snapshot was taken: {error}")
            self._say(str(failed))
            for done in asked:
                done.set_exception(failed)
        else:
            self.snapshot_seq = snapshot.seq
            for done in asked:
                done.set_result(snapshot)
        self._taken_s = time.monotonic()
        self._rest_s = REST_PER_WORK * (self._taken_s - began_s)

    def _take(self) -> Snapshot:
        began_s = time.monotonic()
        try:
            capture, pause_ms = self._capture(rings_in_pause=False)
        except RingLapped:  # commands came faster than their answers could be copied
            capture, pause_ms = self._capture(rings_in_pause=True)
        snapshot = write_captured(self._directory, capture)
        self._retain(snapshot.seq)
        return snapshot._replace(pause_ms=pause_ms, seconds=time.monotonic() - began_s)

    def _capture(self, rings_in_pause: bool) -> tuple[Capture, float]:
        """A copy of the state between two batches, given when it is durable."""
        capture = Capture.prepare(self._exchange, rings_in_pause=rings_in_pause)
        taken: Future[Outcome] = Future()
        self._sequencer.query(lambda exchange: self._timed_take(capture), taken.set_result)
        outcome = taken.result()
        if outcome.error is not None:
            raise outcome.error
        capture.finish()
        return capture, outcome.value

    def _timed_take(self, capture: Capture) -> float:
        """On the engine's thread."""
        began_ns = time.perf_counter_ns()
        capture.take(self._exchange, self._sequencer.time_ns)
        return (time.perf_counter_ns() - began_ns) / 1e6


def write_captured(directory: DataDirectory, capture: Capture) -> Snapshot:
    """The captured state on disk."""
    image = capture.image()
    write_snapshot(directory, image)
    return Snapshot(image.seq, image.state_hash, 0.0, 0.0)
