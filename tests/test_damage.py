"""Files cut short or with one bit turned: recovered to the truth at a seq that holds everything acknowledged,
or refused by name. None is silent.

64 KiB and more of journals and as much of snapshots, manifests included: journals that were closed, journals
with an unfinished log, both also with records beyond the watermark; and a watermark.
"""

import os
import shutil
from collections import Counter
from itertools import cycle
from pathlib import Path

import pytest

from lightning.storage.damage import Damaged
from lightning.storage.directory import DataDirectory, DirectoryNames
from lightning.storage.journal_file import PAGE_BYTES, guarded
from lightning.storage.journal_reader import JournalReader, file_numbers
from lightning.storage.sqlite_journal import SqliteJournal
from lightning.storage.watermark import read_mark
from tests.faults.cases import sandbox
from tests.faults.damage import Harm, Surgeon, files_left_open, harms
from tests.faults.processes import run_parts
from tests.faults.subjects import STEPS, Family, Seen, Subject, make_subjects, set_back
from tests.faults.workload import Workload, workload
from tests.journals import kept

FEW = 4_999
HEAD_OF_PAGE_BYTES = 20
SEED_THAT_ASKS_FOR_MEMORY = 12
"""With SQLite 3.40."""
ENOUGH = 64 * 1024
BEYOND = "closed journal beyond the watermark"
LOG_BEYOND = "log beyond the watermark"


@pytest.fixture
def work() -> Workload:
    return workload(STEPS)


def named(subjects: list[Subject], kind: str) -> Subject:
    return next(subject for subject in subjects if subject.kind == kind)


def test_what_is_not_harmed_is_recovered_to_its_last_seq(work: Workload) -> None:
    with sandbox() as place:
        for subject in make_subjects(work, place):
            surgeon = Surgeon(work, place, full_every=1)
            assert surgeon.look(subject, Harm.FLIP).outcome == Seen.WHOLE.value, subject.name
            assert surgeon.recover_all(subject, refused=False) == [], subject.name


def test_there_are_64_kib_of_journals_and_of_snapshots() -> None:
    with sandbox() as place:
        subjects = make_subjects(workload(STEPS), place)
    sizes = Counter[Family]()
    for one in subjects:
        sizes[one.family] += len(one.content)
    assert sizes[Family.CLOSED] + sizes[Family.LOG] >= ENOUGH <= sizes[Family.SNAPSHOT]
    assert min(sizes[Family.CLOSED], sizes[Family.LOG]) >= ENOUGH // 2


def test_a_few_harms_are_recovered_or_refused_by_name(work: Workload) -> None:
    with sandbox() as place:
        surgeon = Surgeon(work, place, full_every=7)
        for subject in make_subjects(work, place):
            every = min(FEW, len(subject.content) // 4 | 1)
            harmed = {case: surgeon.operate(subject, *case) for case in harms(subject, every)}
            wrong = {(subject.name, *case): one.problems for case, one in harmed.items() if one.problems}
            assert wrong == {}
            assert subject.file.read_bytes() == subject.content
            assert files_left_open(subject.data) == []


def test_no_length_at_the_head_of_a_page_has_a_start_raise_anything_else() -> None:
    work = workload(STEPS, SEED_THAT_ASKS_FOR_MEMORY)
    with sandbox() as place:
        surgeon = Surgeon(work, place, full_every=10**9)
        for subject in make_subjects(work, place):
            if subject.family is not Family.CLOSED:
                continue
            for page in range(0, len(subject.content), PAGE_BYTES):
                for at in range(8 * page, 8 * (page + HEAD_OF_PAGE_BYTES)):
                    assert surgeon.operate(subject, Harm.FLIP, at).problems == [], (subject.name, at)


def test_where_sqlite_asks_for_too_much_memory_the_file_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(Damaged, match=r"00000001\.sqlite.*more memory"),
        guarded(tmp_path / "00000001.sqlite"),
    ):
        raise MemoryError


def test_a_journal_that_cannot_be_opened_is_not_left_open(work: Workload) -> None:
    with sandbox() as place:
        subject = named(make_subjects(work, place), "closed journal")
        at = subject.content.index(b"CREATE TABLE")
        assert Surgeon(work, place, full_every=10**9).operate(subject, Harm.FLIP, 8 * at).refused
        assert files_left_open(subject.data) == []


def test_the_journal_without_its_end_is_refused(work: Workload) -> None:
    with sandbox() as place:
        subject = named(make_subjects(work, place), "log")
        harmed = Surgeon(work, place, 1).operate(subject, Harm.CUT, len(subject.content) - 4_000)
        assert harmed.refused and harmed.problems == []


def test_a_torn_tail_beyond_the_watermark_is_dropped(work: Workload) -> None:
    with sandbox() as place:
        subject = named(make_subjects(work, place), LOG_BEYOND)
        harmed = Surgeon(work, place, 1).operate(subject, Harm.CUT, len(subject.content) - 4_000)
        assert (harmed.outcome, harmed.problems) == (Seen.SHORTER.value, [])


def test_a_record_beyond_the_watermark_that_is_not_what_was_written_is_dropped_with_all_behind_it(
    work: Workload,
) -> None:
    with sandbox() as place:
        subject = named(make_subjects(work, place), BEYOND)
        records = [row.stored for _, row in JournalReader(DirectoryNames(subject.data)).rows_from(0)]
        record = records[-2]
        assert record.first_seq > subject.acknowledged
        surgeon = Surgeon(work, place, 1)
        harmed = surgeon.operate(subject, Harm.FLIP, 8 * subject.content.rindex(record.body[:16]))
        assert (harmed.outcome, harmed.problems) == (Seen.SHORTER.value, [])
        assert surgeon.recovered_seq == record.first_seq - 1


def test_a_cut_through_the_last_page_takes_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Deleting what is behind a page that ends early once took the pages before it along."""
    with kept(tmp_path / "data") as one:
        for _, size in zip(range(90), cycle((1, 3, 8, 1, 5, 12, 2, 1, 20, 4)), strict=False):
            one.grow(1, size)
    data = set_back(tmp_path / "data")
    content = DirectoryNames(data).journal_file(1).read_bytes()
    ends = Counter(
        end_after_a_cut(data, at, tmp_path / f"cut-{at}")
        for at in range(len(content) - 4096, len(content), 97)
    )
    assert ends[-1] > 5, "cuts are refused"
    assert ends.total() - ends[-1] > 5, "cuts are mended"


def end_after_a_cut(data: Path, at: int, copy: Path) -> int:
    """The last seq of what is opened; -1: it was refused, and nothing changed."""
    shutil.copytree(data, copy)
    with DataDirectory(copy) as directory:
        file, mark = directory.journal_file(1), read_mark(directory.watermark)
        assert mark is not None
        os.truncate(file, at)
        cut = file.read_bytes()
        try:
            SqliteJournal.open(directory, 0, lambda text: None).close()
        except Damaged:
            assert file.read_bytes() == cut
            return -1
        end = JournalReader(directory).tail_from(0, None).last_seq
    assert end >= mark.seq, f"cut at {at}: all up to seq {mark.seq} was acknowledged, and {end} is the last"
    return end


def test_a_missing_file_is_refused_by_name(work: Workload) -> None:
    with sandbox() as place:
        subjects = make_subjects(work, place)
        for kind in ("closed journal", "log"):
            subject = [one for one in subjects if one.kind == kind][-1]
            assert kind == "log" or file_numbers(DirectoryNames(subject.data))[-1] > 1
            moved = Path(shutil.move(subject.file, place / "moved"))
            harmed = Surgeon(work, place, 1).look(subject, Harm.CUT)
            shutil.move(moved, subject.file)
            assert harmed.refused and harmed.problems == [], kind


@pytest.mark.timeout(20_000)
def test_every_turned_bit_and_every_cut_is_recovered_or_refused_by_name() -> None:
    assert run_parts("flips") == []
