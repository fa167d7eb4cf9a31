"""The fault runs by hand. `--every 1` is all of it; `--part 2/2` is the second half, for a second process.

fails : every storage call fails in every way (`--every N`: one case in so many)
kills : the process is killed before and after every storage call
one full-once@17 : one case, by the name that the others print
flips : every bit of the files of small runs turned, every file cut at every byte
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.faults.cases import KILLS, name_of, plan_of, sandbox, suffer
from tests.faults.damage import STEPS, Surgeon, harms, make_subjects
from tests.faults.plan import Plan, Trouble
from tests.faults.workload import workload

MODES = [(trouble, for_good) for trouble in Trouble if trouble not in KILLS for for_good in (False, True)]
KIB_OF_A_RUN = 64


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


def run_harms(kib: int, every: int, part: int, parts: int) -> int:
    """64 KiB of each kind of file of one run after the other, each with a flow of its own."""
    counts: Counter[str] = Counter(bad=0)
    began_s = time.monotonic()
    for seed in range(1, max(1, kib // KIB_OF_A_RUN) + 1):
        work = workload(STEPS, seed)
        with sandbox() as place:
            surgeon = Surgeon(work, place, full_every=97)
            for subject in make_subjects(work, place):
                for number, (harm, at) in enumerate(harms(subject, KIB_OF_A_RUN * 1024, every)):
                    if number % parts != part - 1:
                        continue
                    harmed = surgeon.operate(subject, harm, at)
                    counts["cases"] += 1
                    counts["refused"] += harmed.refused
                    counts["bad"] += bool(harmed.problems)
                    for problem in harmed.problems:
                        print(f"seed {seed}, {subject.name}, {harm.value} at {at}: {problem}", flush=True)
    return told(counts, f"{max(kib, KIB_OF_A_RUN)} KiB of each kind of file", began_s)


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
            command.add_argument("--kib", type=int, default=KIB_OF_A_RUN)
    commands.add_parser("one").add_argument("name")
    arguments = parser.parse_args()
    if arguments.command == "one":
        return run_one(arguments.name)
    part, parts = (int(number) for number in arguments.part.split("/"))
    if arguments.command == "flips":
        return run_harms(arguments.kib, arguments.every, part, parts)
    return run_plans(arguments.command == "kills", arguments.every, part, parts)


sys.exit(main())
