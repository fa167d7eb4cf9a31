"""Storage calls that fail: nothing acknowledged is lost, no state is wrong, the next start is good.

A run of 340 commands with snapshots, rolls, retention and a restart makes about 480 storage calls, of SQLite
and of storage itself. Each case makes one of them fail, and judges what is left as it is, after a power cut,
and after one that kept some of what was not synced.
"""

import numpy as np
import pytest

from lightning.codes import EventKind, RejectReason
from tests.faults.cases import suffer
from tests.faults.plan import Plan, Trouble
from tests.faults.processes import run_parts, spread
from tests.faults.vfs import FaultyVfs, Unreachable
from tests.faults.workload import Tick, workload

FAILS_EVERY = 7
"""Of six ways at each call; in turn, so nearly every call is met."""
KILLS_EVERY = 15
LOG = ".sqlite-wal"
"""What commits are written to."""


@pytest.fixture(autouse=True)
def _reachable() -> None:
    try:
        FaultyVfs.install()
    except Unreachable as error:
        pytest.skip(f"SQLite's own calls cannot be made to fail here: {error}")


def test_the_run_has_something_of_everything() -> None:
    work = workload()
    answers = np.concatenate([scene.answer for scene in work.scenes if scene.answer is not None])
    assert {
        EventKind.TRIGGERED,
        EventKind.UNCROSSED,
        EventKind.TRANSFERRED,
        EventKind.SYMBOL_STATUS_CHANGED,
        EventKind.ACCOUNT_STATUS_CHANGED,
        EventKind.CANCEL_ALL_AFTER_SET,
    } <= set(answers["kind"].tolist())
    assert {RejectReason.LINKED, RejectReason.AUCTION} <= set(answers["reason"].tolist())
    assert sum(isinstance(scene.step, Tick) for scene in work.scenes) == 5


def test_a_run_without_a_fault_is_good() -> None:
    verdict = suffer(Plan())
    assert verdict.problems == []
    assert verdict.calls > 400


@pytest.mark.parametrize("at", [1, 5, 9])
@pytest.mark.parametrize("what", ["write", "sync"])
def test_a_journal_that_fails_once_stops_the_venue(what: str, at: int) -> None:
    verdict = suffer(Plan(at, Trouble.BROKEN, for_good=False, only=what, where=LOG))
    assert verdict.problems == []
    assert [call.what for call in verdict.struck] == [what]


@pytest.mark.parametrize("at", [1, 5, 9])
def test_a_disk_that_is_full_for_good_takes_nothing_back(at: int) -> None:
    verdict = suffer(Plan(at, Trouble.FULL, only="sync", where=LOG))
    assert verdict.problems == []
    assert verdict.struck


def test_a_power_cut_between_two_commits_takes_nothing_back() -> None:
    verdict = suffer(Plan(20, Trouble.BROKEN, only="write", where=LOG))
    assert verdict.problems == []
    assert verdict.struck


@pytest.mark.parametrize("what", ["write", "sync"])
@pytest.mark.parametrize("at", [3, 8, 15])
def test_a_journal_file_that_cannot_be_made_stops_the_venue(at: int, what: str) -> None:
    assert suffer(Plan(at, Trouble.BROKEN, for_good=False, only=what, where=".sqlite.new")).problems == []


@pytest.mark.timeout(3_600)
def test_every_call_that_fails_loses_nothing_and_stops_cleanly() -> None:
    assert run_parts("fails", "--every", spread(FAILS_EVERY)) == []


@pytest.mark.timeout(3_600)
def test_a_kill_before_or_after_any_call_loses_nothing() -> None:
    assert run_parts("kills", "--every", spread(KILLS_EVERY)) == []
