"""K1 for what is stored: named one-line defects, each of which must turn a named test red."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
RUNS_AT_ONCE = 2
FAULTS = "tests/test_faults.py::test_{}"
DAMAGE = "tests/test_damage.py::test_{}"
WITHOUT_A_FAULT = FAULTS.format("a_run_without_a_fault_is_good")
"""It ends with a power cut."""
FEW_HARMS = DAMAGE.format("a_few_harms_are_recovered_or_refused_by_name")
FAILED_SYNC = FAULTS.format("a_journal_that_fails_once_stops_the_venue[sync-5]")
IN_ORDER = (
    "tests/test_journal.py::test_it_is_in_the_file_before_the_watermark"
    "_and_in_the_watermark_before_it_is_durable"
)
TORN_RECORD = DAMAGE.format(
    "a_record_beyond_the_watermark_that_is_not_what_was_written_is_dropped_with_all_behind_it"
)


class Defect(NamedTuple):
    name: str
    module: str
    """In lightning."""
    good: str
    bad: str
    test: str
    """The one that must fail."""


DEFECTS = [
    Defect(
        "acknowledged before the commit",
        "storage.sqlite_journal",
        "self._queue.put(Taken(record, epoch))",
        "self._queue.put(Taken(record, epoch)); self.on_durable(record.last_seq)",
        IN_ORDER,
    ),
    Defect(
        "commits that are not synced",
        "storage.journal_file",
        '"PRAGMA synchronous = FULL"',
        '"PRAGMA synchronous = NORMAL"',
        FAULTS.format("a_power_cut_between_two_commits_takes_nothing_back"),
    ),
    Defect(
        "watermark before the commit",
        "storage.sqlite_journal",
        "        if len(rows) == 1:\n",
        "        self._watermark.write(seq, chain)\n        if len(rows) == 1:\n",
        FAILED_SYNC,
    ),
    Defect(
        "a failed commit forgotten",
        "storage.sqlite_journal",
        "        self.on_failure(failure)\n",
        "        self.on_durable(self._next_seq - 1)\n",
        FAILED_SYNC,
    ),
    Defect(
        "checksum of a record skipped",
        "storage.journal_file",
        "if crc != chain or count < 1:",
        "if count < 1:",
        TORN_RECORD,
    ),
    Defect(
        "the journal's end dropped silently",
        "storage.journal_reader",
        "if mark is not None and at < mark.seq:",
        "if False:",
        DAMAGE.format("the_journal_without_its_end_is_refused"),
    ),
    Defect(
        "a torn tail refused",
        "storage.journal_reader",
        "acknowledged = mark is None or damage.seq is None or damage.seq <= mark.seq",
        "acknowledged = True",
        TORN_RECORD,
    ),
    Defect(
        "files not synced",
        "storage.files",
        "            self.sync(file)\n",
        "            pass\n",
        WITHOUT_A_FAULT,
    ),
    Defect(
        "names not synced",
        "storage.files",
        "        self.sync_directory(new.parent)\n",
        "        pass\n",
        WITHOUT_A_FAULT,
    ),
    Defect(
        "digest of a snapshot skipped",
        "storage.snapshots",
        "if hashlib.new(DIGEST, contents).hexdigest() != expected.digest:",
        "if False:",
        FEW_HARMS,
    ),
    Defect(
        "once-only window not restored",
        "engine.image",
        "as_rows(image.once), as_rows(image.answers))",
        "as_rows(image.once[:0]), as_rows(image.answers))",
        WITHOUT_A_FAULT,
    ),
    Defect(
        "state hash of the journal not compared",
        "engine.replay",
        "if carried is not None and carried != exchange.state_hash():",
        "if False:",
        "tests/test_replay_records.py::test_another_state_than_the_journal_says_is_refused_by_seq_and_hashes",
    ),
]


def run_test(defect: Defect | None, tests: list[str]) -> "subprocess.CompletedProcess[str]":
    what = ("", "", "") if defect is None else (f"lightning.{defect.module}", defect.good, defect.bad)
    options = ["-x", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.sabotaged", *what, *options, *tests],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


Runs = dict[str, "Future[subprocess.CompletedProcess[str]]"]


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    """One per defect, by its name; '' is all their tests without one."""
    with ThreadPoolExecutor(RUNS_AT_ONCE) as pool:
        started = {"": pool.submit(run_test, None, sorted({defect.test for defect in DEFECTS}))}
        for defect in DEFECTS:
            started[defect.name] = pool.submit(run_test, defect, [defect.test])
        yield started


def test_without_a_defect_all_is_green(runs: Runs) -> None:
    run = runs[""].result()
    assert run.returncode == pytest.ExitCode.OK, run.stdout + run.stderr


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_turns_its_test_red(runs: Runs, defect: Defect) -> None:
    run = runs[defect.name].result()
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    for mistake in ("NameError", "SyntaxError", "ImportError", "errors in", "has not exactly one"):
        assert mistake not in run.stdout  # red because of what it does, not because it does not run
