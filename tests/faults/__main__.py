"""The fault runs by hand. `--every 1` is all of it; `--part 2/2` is the second half, for a second process.

fails : every storage call fails in every way (`--every N`: one case in so many)
kills : the process is killed before and after every storage call
one full-once@17 : one case, by the name that the others print
flips : every bit of the files of small runs turned, every file cut at every byte (`--kib N` of each kind;
        `--run N` goes on with the N-th run)
"""

import argparse
import faulthandler
import gc
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.faults.cases import KILLS, name_of, plan_of, sandbox, suffer
from tests.faults.damage import Harm, Surgeon, files_left_open, harms, index_held
from tests.faults.plan import Plan, Trouble
from tests.faults.subjects import STEPS, Family, Subject, make_subjects
from tests.faults.workload import workload

MODES = [(trouble, for_good) for trouble in Trouble if trouble not in KILLS for for_good in (False, True)]
KIB = 48
FULL_EVERY = 4_001
"""One harm in so many is recovered completely."""
HUNG_SECONDS = 300
"""For a thousand harms: then the process says where it is. It goes on: it may have been stopped meanwhile."""


def plans(calls: int, every: int, kills: bool) -> Iterator[Plan]:
    """In every mode at every call; with `every`, one in so many, modes and calls taking turns."""
    modes = [(trouble, True) for trouble in KILLS] if kills else MODES
    number = 0
    for at in range(1, calls + 1):
        for turn in range(len(modes)):
            trouble, for_good = modes[(turn + at) % len(modes)]
            if number % every == 0:
                yield Plan(at, trouble, for_good)
            number += 1


def run_plans(kills: bool, every: int, part: int, parts: int) -> int:
    calls = suffer(Plan()).calls  # this also loads the kernels
    began_s = time.monotonic()
    counts: Counter[str] = Counter(bad=0)
    for number, plan in enumerate(plans(calls, every, kills)):
        if number % parts != part - 1:
            continue
        verdict = suffer(plan)
        counts["cases"] += 1
        counts["failed calls"] += len(verdict.struck)
        counts["bad"] += bool(verdict.problems)
        for problem in verdict.problems:
            print(f"{name_of(plan)}: {problem}", flush=True)
    return told(counts, f"of {calls} calls", began_s)


def run_harms(kib: int, every: int, first_run: int, part: int, parts: int) -> int:
    """The files of one small run after the other, each with a flow of its own, until there are enough."""
    began_s = time.monotonic()
    counts: Counter[str] = Counter(bad=0)
    done: Counter[Family] = Counter()
    seed = first_run
    while not done or any(done[family] < kib * 1024 for family in Family if family is not Family.WATERMARK):
        work = workload(STEPS, seed)
        with sandbox() as place:
            surgeon = Surgeon(work, place, FULL_EVERY)
            subjects = [one for one in make_subjects(work, place) if done[one.family] < kib * 1024]
            gc.freeze()  # they stay: not to be looked through again and again
            for subject in subjects:
                done[subject.family] += len(subject.content)
                cases = list(harms(subject, every))[part - 1 :: parts]
                with index_held(subject):
                    counts["bad"] += harm_all(surgeon, subject, cases, f"run {seed}")
                counts["bad"] += left_open(subject, f"run {seed}")
            gc.unfreeze()
        counts["cases"] += surgeon.cases
        counts["refused"] += surgeon.refused
        counts["recovered completely"] += surgeon.full
        told(counts, f"runs {first_run} to {seed}, {sum(done.values()) // 1024} KiB", began_s)
        seed += 1
    kinds = ", ".join(f"{size // 1024} KiB of {family.value}" for family, size in done.items())
    return told(counts, kinds, began_s)


def harm_all(surgeon: Surgeon, subject: Subject, cases: list[tuple[Harm, int]], run: str) -> int:
    """The number of cases with problems, which are printed."""
    bad = 0
    for number, (harm, at) in enumerate(cases):
        if number % 1_000 == 0:
            faulthandler.dump_traceback_later(HUNG_SECONDS)
        problems = surgeon.operate(subject, harm, at).problems
        bad += bool(problems)
        for problem in problems:
            print(f"{run}, {subject.name}, {harm.value} at {at}: {problem}", flush=True)
    faulthandler.cancel_dump_traceback_later()
    return bad


def left_open(subject: Subject, run: str) -> int:
    paths = files_left_open(subject.data)
    for path in paths:
        print(f"{run}, {subject.name}: {path} was left open", flush=True)
    return len(paths)


def told(counts: Counter[str], what: str, began_s: float) -> int:
    numbers = ", ".join(f"{number} {name}" for name, number in counts.items())
    print(f"{what}: {numbers}, {time.monotonic() - began_s:.0f} s", flush=True)
    return 1 if counts["bad"] or not counts["cases"] else 0


def run_one(name: str) -> int:
    verdict = suffer(plan_of(name))
    failed = [f"{call.what} {call.path}" for call in verdict.struck[:3]]
    print(f"{name}: {verdict.calls} calls, failed: {failed}")
    print("\n".join(verdict.problems) or "good")
    return 1 if verdict.problems else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("fails", "kills", "flips"):
        command = commands.add_parser(name)
        command.add_argument("--every", type=int, default=1)
        command.add_argument("--part", default="1/1")
        if name == "flips":
            command.add_argument("--kib", type=int, default=KIB)
            command.add_argument("--run", type=int, default=1)
    commands.add_parser("one").add_argument("name")
    arguments = parser.parse_args()
    if arguments.command == "one":
        return run_one(arguments.name)
    part, parts = (int(number) for number in arguments.part.split("/"))
    if arguments.command == "flips":
        return run_harms(arguments.kib, arguments.every, arguments.run, part, parts)
    return run_plans(arguments.command == "kills", arguments.every, part, parts)


sys.exit(main())
