"""One fault in one run, from start to judgement.

A case is named by its plan, e.g. `full-once@17`: the 17th storage call of the run finds the disk full.
"""

import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.drive import Story, drive
from tests.faults.judge import judge
from tests.faults.plan import Call, Plan, Trouble, Watch
from tests.faults.power import Disk
from tests.faults.vfs import FaultyVfs
from tests.faults.workload import Workload, workload

MEMORY = Path("/dev/shm")
KILLS = (Trouble.KILL_BEFORE, Trouble.KILL_AFTER)
CHILD_SECONDS_MAX = 60


@dataclass
class Verdict:
    plan: Plan
    calls: int = 0
    struck: list[Call] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def name_of(plan: Plan) -> str:
    if plan.trouble in KILLS:
        return f"{plan.trouble.value}@{plan.at}"
    return f"{plan.trouble.value}-{'for-good' if plan.for_good else 'once'}@{plan.at}"


def plan_of(name: str) -> Plan:
    what, _, at = name.partition("@")
    trouble = what.removesuffix("-once").removesuffix("-for-good")
    return Plan(int(at), Trouble(trouble), for_good=not what.endswith("-once"))


@contextmanager
def sandbox() -> Iterator[Path]:
    """A directory for one case, in memory where there is a file system for that."""
    place = tempfile.mkdtemp(prefix="lightning-faults-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None)
    try:
        yield Path(place)
    finally:
        shutil.rmtree(place)


def suffer(plan: Plan) -> Verdict:
    """Run the workload under a plan and judge what is left: as it is, and after a power cut."""
    FaultyVfs.install()
    work = workload()
    verdict = Verdict(plan)
    with sandbox() as place:
        live = place / "live"
        live.mkdir()
        watch = Watch(plan, Disk(live))
        if plan.trouble in KILLS and plan.at:
            story = drive_and_die(work, live / "data", watch)
        else:
            story = drive(work, live / "data", watch)
            check_stop(watch, story)
            verdict.calls, verdict.struck = len(watch.calls), watch.struck
            story.problems += watch.mistakes
            watch.disk.cut(place / "cut")
            watch.disk.cut(place / "torn", random.Random(plan.at))
        verdict.problems += story.problems
        for what in ("live", "cut", "torn"):
            if (place / what).exists() and not any("did not end" in one for one in verdict.problems):
                found = judge(work, place / what / "data", story.acknowledged)
                verdict.problems += [f"{what}: {problem}" for problem in found]
    return verdict


def check_stop(watch: Watch, story: Story) -> None:
    """After a failed write or sync of the journal nothing may have gone on."""
    fatal = [
        call for call in watch.struck if call.what in ("write", "sync") and "/journal/" in call.path
    ]  # the watermark's too, once it is open
    if fatal and not story.failures and not story.refused:
        story.problems.append(f"{fatal[0].what} of {fatal[0].path} failed, and the venue went on")


def drive_and_die(work: Workload, path: Path, watch: Watch) -> Story:
    """In a child process, which kills itself as planned, or lives to the end."""
    story = Story()
    seen, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(seen)
            drive(work, path, watch, tell)
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(seen, "rb") as pipe:
        deadline_s = time.monotonic() + CHILD_SECONDS_MAX
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline_s:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                story.problems.append(f"the run did not end in {CHILD_SECONDS_MAX} s")
                break
            time.sleep(0.002)
        told = pipe.read()
    story.acknowledged = max((int(seq) for seq in told.split()), default=0)
    return story
