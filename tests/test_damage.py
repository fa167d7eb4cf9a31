"""Files cut short or with one bit turned: recovered to the truth at a seq that holds everything acknowledged,
or refused by name. None is silent.

64 KiB of each: the journal of a run that was stopped, of one that was killed, its write-ahead log, the log
beyond the watermark, the watermark, and every file of a snapshot.
"""

import shutil
from pathlib import Path

import pytest

from lightning.storage.directory import DirectoryNames
from lightning.storage.journal_reader import JournalReader
from tests.faults.cases import sandbox
from tests.faults.damage import STEPS, Harm, Harmed, Subject, Surgeon, harms, make_subjects
from tests.faults.processes import run_parts, spread
from tests.faults.workload import workload

EVERY = 179
"""One bit and one cut in so many; all of them with LIGHTNING_FULL=1, or `python -m tests.faults flips`."""
FEW = 4_999
KIB = 64


def test_what_is_not_harmed_is_recovered_to_its_last_seq() -> None:
    with sandbox() as place:
        work = workload(STEPS)
        for subject in make_subjects(work, place):
            surgeon = Surgeon(work, place, full_every=1)
            assert surgeon.is_whole(subject), subject.name
            assert surgeon.recover_all(subject) == [], subject.name


def test_a_few_harms_are_recovered_or_refused_by_name() -> None:
    with sandbox() as place:
        work = workload(STEPS)
        surgeon = Surgeon(work, place, full_every=7)
        for subject in make_subjects(work, place):
            every = min(FEW, len(subject.content) // 4 | 1)
            harmed = {case: surgeon.operate(subject, *case) for case in harms(subject, KIB * 1024, every)}
            wrong = {(subject.name, *case): one.problems for case, one in harmed.items() if one.problems}
            assert wrong == {}
            assert subject.file.read_bytes() == subject.content


def test_the_journal_without_its_end_is_refused() -> None:
    with sandbox() as place:
        subject = named(make_subjects(workload(STEPS), place), "log")
        harmed = Surgeon(workload(STEPS), place, 1).operate(subject, Harm.CUT, len(subject.content) - 4_000)
        assert harmed.refused and harmed.problems == []


def test_a_torn_tail_beyond_the_watermark_is_dropped() -> None:
    with sandbox() as place:
        subject = named(make_subjects(workload(STEPS), place), "log beyond the watermark")
        harmed = Surgeon(workload(STEPS), place, 1).operate(subject, Harm.CUT, len(subject.content) - 4_000)
        assert not harmed.refused and harmed.problems == []


def test_a_record_beyond_the_watermark_that_is_not_what_was_written_is_dropped_with_all_behind_it() -> None:
    with sandbox() as place:
        subject = named(make_subjects(workload(STEPS), place), "journal beyond the watermark")
        records = [row.stored for _, row in JournalReader(DirectoryNames(subject.data)).rows_from(0)]
        record = records[-2]
        assert record.first_seq > subject.acknowledged
        at = subject.content.rindex(record.body[:16])
        surgeon = Surgeon(workload(STEPS), place, 1)
        assert surgeon.operate(subject, Harm.FLIP, 8 * at) == Harmed(False, [])
        assert surgeon.recovered_seq == record.first_seq - 1


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    subjects = make_subjects(workload(STEPS), tmp_path)
    for name in ("closed journal", "log"):
        subject = named(subjects, name)
        kept = shutil.move(subject.file, tmp_path / "kept")
        harmed = Surgeon(workload(STEPS), tmp_path, 1).look(subject)
        shutil.move(kept, subject.file)
        assert harmed.refused and harmed.problems == [], name


def named(subjects: list[Subject], name: str) -> Subject:
    return next(subject for subject in subjects if subject.name == name)


@pytest.mark.timeout(20_000)
def test_a_turned_bit_or_a_cut_is_recovered_or_refused_by_name() -> None:
    assert run_parts("flips", "--kib", str(KIB), "--every", spread(EVERY)) == []
