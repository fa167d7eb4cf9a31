"""What is on disk, cut short or with one bit turned: recovered to the truth, or refused by name."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from lightning.storage.damage import Damaged
from lightning.storage.directory import DataDirectory, DirectoryNames
from lightning.storage.journal_reader import JournalReader, Tail
from lightning.storage.recovery import newest_image, recover
from lightning.storage.snapshots import list_snapshots, read_snapshot
from lightning.storage.sqlite_journal import SqliteJournal
from lightning.storage.watermark import read_mark
from tests.faults.drive import Story, open_at, play, within
from tests.faults.workload import Workload

STEPS = 330
"""Of the workload: they fill about 64 KiB of a journal."""
LOG_STEPS = 16
"""Of them, the last: they fill about 64 KiB of a write-ahead log."""
JOURNAL_FILE_BYTES = 2**30


class Harm(Enum):
    FLIP = "flip"
    """Bit `at` of the file is turned."""
    CUT = "cut"
    """The file ends before byte `at`."""


class Harmed(NamedTuple):
    """What came of it."""

    refused: bool
    problems: list[str]


@dataclass(frozen=True)
class Subject:
    """One file of a data directory, which is harmed and put right again."""

    name: str
    data: Path
    file: Path
    acknowledged: int
    tail: Tail
    """Of the journal while it is whole."""
    content: bytes


def make_subjects(work: Workload, place: Path) -> list[Subject]:
    """After a graceful stop, as a kill leaves it, and both with an older watermark."""
    closed, killed = place / "closed", place / "killed"
    seqs = make_directories(work, place / "live", closed, killed)
    older, behind = older_mark(closed, place / "older"), older_mark(killed, place / "behind")
    newest = list_snapshots(DirectoryNames(closed))[-1][1]
    files = sorted(newest.iterdir(), key=lambda file: file.stat().st_size)
    return [
        subject_of("closed journal", closed, journal_of(closed), seqs.closed),
        subject_of("watermark", closed, DirectoryNames(closed).watermark, seqs.closed),
        subject_of("journal with a log", killed, journal_of(killed), seqs.killed),
        subject_of("log", killed, log_of(killed), seqs.killed),
        subject_of("log beyond the watermark", behind, log_of(behind), seqs.killed_older),
        subject_of(
            "journal beyond the watermark", older, DirectoryNames(older).journal_file(1), seqs.closed_older
        ),
        *(subject_of(f"snapshot {file.name}", closed, file, seqs.closed) for file in files),
    ]


def journal_of(data: Path) -> Path:
    return DirectoryNames(data).journal_file(1)


def log_of(data: Path) -> Path:
    path = journal_of(data)
    return path.with_name(path.name + "-wal")


def subject_of(name: str, data: Path, file: Path, acknowledged: int) -> Subject:
    names = DirectoryNames(data)
    tail = JournalReader(names).tail_from(0, read_mark(names.watermark))
    return Subject(name, data, file, acknowledged, tail, file.read_bytes())


class Seqs(NamedTuple):
    """What was acknowledged last in a directory, and up to its older watermark."""

    closed: int
    closed_older: int
    killed: int
    killed_older: int


OLDER = "older-mark"
"""File in a directory: its watermark at an earlier time."""


def make_directories(work: Workload, live: Path, closed: Path, killed: Path) -> Seqs:
    story, left_out = Story(), shutil.ignore_patterns("*-shm", "history*")
    most = len(work.scenes) - LOG_STEPS
    venue = within(lambda: open_at(live, work.config, story, None, JOURNAL_FILE_BYTES), "the start")
    play(work.scenes[: most // 3], venue, story)
    venue.create_snapshot().result()
    play(work.scenes[most // 3 : most // 2], venue, story)
    closed_older = keep_mark(live, story)
    play(work.scenes[most // 2 : most], venue, story)
    within(venue.stop, "the stop")
    shutil.copytree(live, closed, ignore=left_out)
    closed_last = story.acknowledged
    venue = within(lambda: open_at(live, work.config, story, None, JOURNAL_FILE_BYTES), "the start")
    for scene in work.scenes[most : most + LOG_STEPS // 2]:
        play([scene], venue, story)  # a commit of its own
    killed_older = keep_mark(live, story)
    for scene in work.scenes[most + LOG_STEPS // 2 :]:
        play([scene], venue, story)
    shutil.copytree(live, killed, ignore=left_out)
    within(venue.stop, "the stop")
    assert not story.problems, story.problems
    return Seqs(closed_last, closed_older, story.acknowledged, killed_older)


def keep_mark(data: Path, story: Story) -> int:
    shutil.copy(DirectoryNames(data).watermark, data / OLDER)
    return story.acknowledged


def older_mark(data: Path, copy: Path) -> Path:
    """A copy of a directory, with its older watermark and without snapshots."""
    shutil.copytree(data, copy)
    shutil.copy(copy / OLDER, DirectoryNames(copy).watermark)
    shutil.rmtree(DirectoryNames(copy).snapshots)
    return copy


@dataclass
class Surgeon:
    """Harms subjects, one at a time, and looks what comes of it."""

    work: Workload
    place: Path
    full_every: int
    """One in so many is recovered completely, whatever the first look says."""
    count: int = 0
    recovered_seq: int = -1
    """By the last complete recovery."""

    def operate(self, subject: Subject, harm: Harm, at: int) -> Harmed:
        file = os.open(subject.file, os.O_RDWR)
        try:
            if harm is Harm.FLIP:
                byte = subject.content[at // 8]
                os.pwrite(file, bytes([byte ^ 1 << at % 8]), at // 8)
                harmed = self.look(subject)
                os.pwrite(file, bytes([byte]), at // 8)
            else:
                os.ftruncate(file, at)
                harmed = self.look(subject)
                os.pwrite(file, subject.content[at:], at)
        finally:
            os.close(file)
        return harmed

    def look(self, subject: Subject) -> Harmed:
        self.count += 1
        try:
            whole = self.is_whole(subject)
        except Damaged as damage:
            problems = [] if named(damage) else [f"it is not said what is damaged: {damage}"]
            if subject.name.startswith("snapshot") and self.count % self.full_every == 0:
                problems += self.recover_all(subject)
            return Harmed(True, problems)
        except Exception as error:
            return Harmed(False, [f"raised {type(error).__name__}: {error}"])
        if not whole or self.count % self.full_every == 0:
            return Harmed(False, self.recover_all(subject))
        return Harmed(False, [])

    def is_whole(self, subject: Subject) -> bool:
        """Is everything read, and as it was? Raises Damaged."""
        if subject.name.startswith("snapshot"):
            image = read_snapshot(subject.file.parent)
            return image.state_hash == self.work.state_hashes[image.catalog.seq]
        names = DirectoryNames(subject.data)
        return JournalReader(names).tail_from(0, read_mark(names.watermark)) == subject.tail

    def recover_all(self, subject: Subject) -> list[str]:
        """As a start does, on a copy: what is wrong with the exchange that comes out."""
        copy = self.place / "copy"
        shutil.copytree(subject.data, copy)
        try:
            with DataDirectory(copy) as directory:
                image = newest_image(directory, None, lambda text: None)
                from_seq = 0 if image is None else image.catalog.seq + 1
                journal = SqliteJournal.open(directory, from_seq, lambda text: None)
                try:
                    exchange = recover(journal, image, shards=2, workers=1).exchange
                finally:
                    journal.close()
            self.recovered_seq = seq = exchange.seq
            if not subject.acknowledged <= seq < len(self.work.state_hashes):
                return [f"recovered to seq {seq}, but all up to seq {subject.acknowledged} was acknowledged"]
            if exchange.state_hash() != self.work.state_hashes[seq]:
                return [f"the state at seq {seq} is not the true one"]
            if exchange.window_hash() != self.work.window_hashes[seq]:
                return [f"the once-only window at seq {seq} is not the true one"]
            return exchange.check()
        except Damaged as damage:
            return [] if named(damage) else [f"it is not said what is damaged: {damage}"]
        except Exception as error:
            return [f"the start raised {type(error).__name__}: {error}"]
        finally:
            shutil.rmtree(copy)


def named(damage: Damaged) -> bool:
    return str(damage.file) in str(damage) and bool(damage.remedy) and damage.file.name != ""


def harms(subject: Subject, bytes_max: int, every: int) -> Iterator[tuple[Harm, int]]:
    """Every bit and every cut of the last `bytes_max`; with an odd `every`, one in so many, bits in turn."""
    size = len(subject.content)
    first = max(0, size - bytes_max)
    yield from ((Harm.FLIP, at) for at in range(8 * first, 8 * size, every))
    yield from ((Harm.CUT, at) for at in range(first, size, every))
