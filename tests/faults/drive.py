"""Drives a workload through a venue, and remembers what was answered."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from lightning.config import Config, StorageConfig
from lightning.engine.changes import Change, ChangeRefused
from lightning.engine.durable_gate import Outcome
from lightning.engine.journal import JournalFailed
from lightning.engine.sequencer import Stopped
from lightning.storage.keeper import SnapshotFailed
from lightning.storage.venue import DurableVenue, open_venue
from tests.faults.files import FaultyFiles
from tests.faults.plan import Watch
from tests.faults.vfs import FAULTY, FaultyVfs
from tests.faults.workload import TIME_NS, Scene, Tick, Workload

PATIENCE_S = 30
IN_FLIGHT_MAX = 3
SNAPSHOT_STEPS = (18, 40)
"""A snapshot is asked for and waited for before these."""
RESTART_STEP = 29
"""The venue is stopped and opened again before this."""
JOURNAL_FILE_BYTES = 6_000
"""Small enough that the journal rolls several times, and that old files are dropped."""

T = TypeVar("T")


class Hung(Exception):
    """Something did not end in time."""


@dataclass
class Story:
    """What a run was answered."""

    acknowledged: int = 0
    """The last seq that an answer has shown."""
    refused: str = ""
    """Why a start did not succeed."""
    failures: list[BaseException] = field(default_factory=list)
    """What on_failure was told."""
    said: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    time_ns: int = TIME_NS
    """What the venue's clock shows."""
    tell: int = -1
    """A file descriptor that every acknowledged seq is written to, for when this process is killed."""

    def note(self, outcome: Outcome) -> None:
        if not isinstance(outcome.error, Stopped):
            self.acknowledged = max(self.acknowledged, outcome.seq)
            if self.tell >= 0:
                os.write(self.tell, b"%d\n" % outcome.seq)


def within(work: Callable[[], T], what: str) -> T:
    """The result of `work`, on a thread of its own; raises Hung when it does not end."""
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=run, name=what, daemon=True).start()
    try:
        return result.result(timeout=PATIENCE_S)
    except Late:
        raise Hung(f"{what} did not end in {PATIENCE_S} s") from None


def open_at(
    path: Path,
    config: Config,
    story: Story,
    watch: Watch | None,
    journal_file_bytes: int = JOURNAL_FILE_BYTES,
) -> DurableVenue:
    """A venue whose clock is the story's; with a watch, all its storage calls go through it."""
    FaultyVfs.watch = watch
    return open_venue(
        path,
        replace(config, storage=StorageConfig(journal_file_bytes=journal_file_bytes, snapshots_kept=1)),
        shards=2,
        workers=1,
        on_failure=story.failures.append,
        say=story.said.append,
        files=None if watch is None else FaultyFiles(watch),
        vfs=None if watch is None else FAULTY,
        clock=lambda: story.time_ns,
    )


def drive(work: Workload, path: Path, watch: Watch | None, tell: int = -1) -> Story:
    """The whole workload, restart included, or as much of it as the plan of `watch` allows."""
    story = Story(tell=tell)
    try:
        for first, end in ((0, RESTART_STEP), (RESTART_STEP, len(work.scenes))):
            scenes = work.scenes[first:end]
            snapshots = [step - first for step in SNAPSHOT_STEPS]
            if not live_once(work, path, watch, story, scenes, snapshots) or story.failures:
                break
    except Hung as error:
        story.problems.append(str(error))
    finally:
        FaultyVfs.watch = None
    return story


def live_once(
    work: Workload, path: Path, watch: Watch | None, story: Story, scenes: list[Scene], snapshots: list[int]
) -> bool:
    """Start, play, stop. A start may be refused for what the disk did (False); a stop never fails."""
    try:
        venue = within(lambda: open_at(path, work.config, story, watch), "the start")
    except (JournalFailed, OSError) as error:
        story.refused = f"{type(error).__name__}: {error}"
        return False
    except Exception as error:
        story.problems.append(f"the start raised {error!r}")
        return False
    try:
        play(scenes, venue, story, snapshots)
    finally:
        try:
            within(venue.stop, "the stop")
        except Hung:
            raise
        except Exception as error:
            story.problems.append(f"the stop raised {error!r}")
    return True


def play(scenes: list[Scene], venue: DurableVenue, story: Story, snapshots: Sequence[int] = ()) -> None:
    """Submit the steps, a few at a time in flight, until the venue takes no more; judge the answers."""
    free = threading.Semaphore(IN_FLIGHT_MAX)
    waiting: list[tuple[Scene, Future[Outcome]]] = []
    for number, scene in enumerate(scenes):
        if number in snapshots:
            take_snapshot(venue, story)
        if isinstance(scene.step, Tick):
            check_answers(waiting, story)
            waiting.clear()
            story.time_ns = scene.step.time_ns
            continue
        if not free.acquire(timeout=PATIENCE_S):
            break  # told below
        answered: Future[Outcome] = Future()

        def deliver(outcome: Outcome, answered: "Future[Outcome]" = answered) -> None:
            story.note(outcome)
            answered.set_result(outcome)
            free.release()

        try:
            submit(venue, scene.step, deliver)
        except Stopped:
            break
        waiting.append((scene, answered))
    check_answers(waiting, story)


def submit(venue: DurableVenue, step: np.ndarray | Change, deliver: Callable[[Outcome], None]) -> None:
    if isinstance(step, np.ndarray):
        venue.sequencer.submit(step.copy(), deliver)
    else:
        venue.sequencer.change(step, deliver)


def check_answers(waiting: list[tuple[Scene, Future[Outcome]]], story: Story) -> None:
    for scene, answered in waiting:
        check_answer(scene, answered, story)


def check_answer(scene: Scene, answered: "Future[Outcome]", story: Story) -> None:
    """There is one; it is that of an uninterrupted exchange, or Stopped."""
    try:
        outcome = answered.result(timeout=PATIENCE_S)
    except Late:
        raise Hung("an accepted step was never answered") from None
    if isinstance(outcome.error, Stopped):
        return
    if scene.answer is None:
        if outcome.error is not None and not isinstance(outcome.error, ChangeRefused):
            story.problems.append(f"a change was answered {outcome.error!r}")
    elif outcome.error is not None:
        story.problems.append(f"commands were answered {outcome.error!r}")
    elif outcome.value.tobytes() != scene.answer.tobytes():
        story.problems.append(f"seq {outcome.seq} was answered otherwise than by an uninterrupted exchange")


def take_snapshot(venue: DurableVenue, story: Story) -> None:
    try:
        venue.create_snapshot().result(timeout=PATIENCE_S)
    except SnapshotFailed as error:
        story.said.append(str(error))
    except Late:
        raise Hung("a snapshot did not end") from None
