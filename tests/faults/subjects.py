"""The files of a small run, of every kind, each with the way that a start reads it."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import cycle
from pathlib import Path

import numpy as np

from lightning.config import StorageConfig
from lightning.engine.image import TABLES
from lightning.rows import EVENT
from lightning.storage.directory import DirectoryNames
from lightning.storage.files import Files
from lightning.storage.journal_file import Row, log_of
from lightning.storage.journal_reader import JournalReader, file_numbers
from lightning.storage.snapshots import MANIFEST, list_snapshots, read_manifest, read_table
from lightning.storage.venue import DurableVenue, open_venue
from lightning.storage.watermark import Mark, Watermark, read_mark
from tests.faults.drive import PATIENCE_S, Story, play, within
from tests.faults.workload import Scene, Workload

STEPS = 120
"""Of the workload. They leave 48 KiB and more of closed journal files, as much of journal files with a log,
and 64 KiB of snapshots."""
JOURNAL_FILE_BYTES = 16_500
COMMIT_STEPS = (1, 4, 10)
"""Steps that go into one record, in turn; records of ten have pages of their own."""
SNAPSHOT_RECORDS = (0, 3, 5, 7, 8)
RESTART_RECORD = 14
LOG_BYTES = 12_000
"""Where a write-ahead log has come to so much, what a kill would leave is copied: before the restart, and
after it, when there are records in the file, too."""


class Seen(Enum):
    """What a start reads of a harmed file, if it does not refuse it."""

    WHOLE = "everything as it was written"
    SHORTER = "all that was acknowledged as it was written, and not everything behind"
    OTHER = "something else"


class Family(Enum):
    CLOSED = "journals that were closed"
    LOG = "journals with an unfinished log"
    WATERMARK = "watermarks"
    SNAPSHOT = "snapshots"


@dataclass(frozen=True)
class Subject:
    """One file of a data directory, which is harmed and put right again."""

    family: Family
    kind: str
    name: str
    data: Path
    file: Path
    acknowledged: int
    see: Callable[[], Seen]
    """Reads it as a start does. Raises Damaged."""
    content: bytes


class Witness(JournalReader):
    """Reads the last file of a journal, and remembers what it read."""

    def __init__(self, names: DirectoryNames) -> None:
        super().__init__(names)
        self._mark = read_mark(names.watermark)
        self._from_seq = self.head(file_numbers(names)[-1]).first_seq
        self._rows: list[Row] = []
        self._tail = self.tail_from(self._from_seq, self._mark)
        self._true_rows = self._rows

    def rows_from(self, seq: int) -> Iterator[tuple[Path, Row]]:
        self._rows = []
        for path, row in super().rows_from(seq):
            self._rows.append(row)
            yield path, row

    def see(self) -> Seen:
        tail, rows, true_rows = self.tail_from(self._from_seq, self._mark), self._rows, self._true_rows
        if tail == self._tail and rows == true_rows:
            return Seen.WHOLE
        ends_with = (end_of(rows[-1]), rows[-1].chain) if rows else (self._from_seq - 1, tail.chain)
        if rows != true_rows[: len(rows)] or (tail.last_seq, tail.chain) != ends_with:
            return Seen.OTHER
        return Seen.SHORTER if self._mark is not None and tail.last_seq >= self._mark.seq else Seen.OTHER


def end_of(row: Row) -> int:
    return row.stored.first_seq + row.stored.seqs - 1


def make_subjects(work: Workload, place: Path) -> list[Subject]:
    """Journals that were closed or killed, with exact and with older watermarks, and snapshots."""
    live = place / "live"
    whole, other = live_and_be_copied(work, live, place)
    stopped = [
        copy_until(live, number, place / f"closed-{number}") for number in file_numbers(DirectoryNames(live))
    ]
    largest = max(stopped[:-1], key=lambda data: len(rows_of_last_file(data)))
    stopped.remove(largest)
    beyond = set_back(largest)
    subjects = [journal_subject(Family.CLOSED, "closed journal", data) for data in stopped]
    subjects.append(journal_subject(Family.CLOSED, "closed journal beyond the watermark", beyond))
    subjects.append(journal_subject(Family.LOG, "journal with a log", whole))
    subjects.append(log_subject("log", whole))
    behind = set_back(other)
    subjects.append(journal_subject(Family.LOG, "journal with a log beyond the watermark", behind))
    subjects.append(log_subject("log beyond the watermark", behind))
    subjects.append(watermark_subject(whole))
    for number, (seq, _) in enumerate(list_snapshots(DirectoryNames(live))[: len(SNAPSHOT_RECORDS)]):
        subjects += snapshot_subjects(copy_snapshots(live, seq, place / f"snapshot-{number}"))
    return subjects


def live_and_be_copied(work: Workload, live: Path, place: Path) -> list[Path]:
    """A whole run with a restart; returns copies of what a kill would have left."""
    names, story, copies = DirectoryNames(live), Story(), list[Path]()
    scenes = list(join_scenes(work.scenes))
    for first, end in ((0, RESTART_RECORD), (RESTART_RECORD, len(scenes))):
        venue = within(lambda: open_keeping(live, work, story), "the start")
        copy = place / f"killed-{first}"
        for number, scene in enumerate(scenes[first:end], first):
            if number in SNAPSHOT_RECORDS:
                venue.create_snapshot().result(timeout=PATIENCE_S)
            play([scene], venue, story)  # a commit of its own
            log = log_of(names.journal_file(file_numbers(names)[-1]))
            if not copy.exists() and log.stat().st_size > LOG_BYTES:
                copies.append(copy_killed(live, copy))
        within(venue.stop, "the stop")
    assert not story.problems, story.problems
    return copies


def join_scenes(scenes: list[Scene]) -> Iterator[Scene]:
    """Several steps as one, as long as they are commands."""
    waiting: list[Scene] = []
    size = cycle(COMMIT_STEPS)
    most = next(size)
    for scene in scenes:
        if waiting and (scene.answer is None or len(waiting) == most):
            yield joined(waiting)
            waiting, most = [], next(size)
        if scene.answer is None:
            yield scene
        else:
            waiting.append(scene)
    if waiting:
        yield joined(waiting)


def joined(scenes: list[Scene]) -> Scene:
    steps, answers, before = [], [], 0
    for step, answer in scenes:
        assert isinstance(step, np.ndarray) and answer is not None
        shifted = answer.copy()
        shifted["command"] += before
        steps.append(step)
        answers.append(shifted)
        before += len(step)
    return Scene(np.concatenate(steps), np.concatenate(answers, dtype=EVENT))


def open_keeping(path: Path, work: Workload, story: Story) -> DurableVenue:
    """A venue that drops nothing."""
    storage = StorageConfig(journal_file_bytes=JOURNAL_FILE_BYTES, snapshots_kept=2**20)
    return open_venue(
        path,
        replace(work.config, storage=storage),
        shards=2,
        workers=1,
        on_failure=story.failures.append,
        say=story.said.append,
        files=None,
        vfs=None,
        clock=lambda: story.time_ns,
    )


def copy_killed(live: Path, copy: Path) -> Path:
    """Once the files before the last are closed; without snapshots."""
    names = DirectoryNames(live)
    deadline_s = time.monotonic() + PATIENCE_S
    while any(log_of(names.journal_file(number)).exists() for number in file_numbers(names)[:-1]):
        assert time.monotonic() < deadline_s, "a file of the journal was never closed"
        time.sleep(0.001)
    shutil.copytree(live, copy, ignore=shutil.ignore_patterns("*-shm", "history*", "snapshots"))
    return copy


def copy_until(live: Path, number: int, copy: Path) -> Path:
    """A stopped run that has come as far as the end of one of its journal files; without snapshots."""
    shutil.copytree(live, copy, ignore=shutil.ignore_patterns("history*", "snapshots"))
    names = DirectoryNames(copy)
    for later in file_numbers(names)[number:]:
        names.journal_file(later).unlink()
    write_mark(names, list(JournalReader(names).rows_from(0))[-1][1])
    return copy


def set_back(data: Path) -> Path:
    """The watermark is that of the middle of the last journal file."""
    rows = rows_of_last_file(data)
    write_mark(DirectoryNames(data), rows[len(rows) // 2])
    return data


def rows_of_last_file(data: Path) -> list[Row]:
    names = DirectoryNames(data)
    reader = JournalReader(names)
    return [row for _, row in reader.rows_from(reader.head(file_numbers(names)[-1]).first_seq)]


def write_mark(names: DirectoryNames, row: Row) -> None:
    Watermark(Files(), names.watermark, Mark(end_of(row), row.chain, row.epoch)).close(exact=True)


def copy_snapshots(live: Path, seq: int, copy: Path) -> Path:
    """With the snapshot at `seq` as the newest."""
    shutil.copytree(live, copy, ignore=shutil.ignore_patterns("history*"))
    for later, path in list_snapshots(DirectoryNames(copy)):
        if later > seq:
            shutil.rmtree(path)
    return copy


def subject_of(family: Family, kind: str, data: Path, file: Path, see: Callable[[], Seen]) -> Subject:
    mark = read_mark(DirectoryNames(data).watermark)
    assert mark is not None
    name = f"{data.name}/{file.relative_to(data)}"
    return Subject(family, kind, name, data, file, mark.seq, see, file.read_bytes())


def journal_subject(family: Family, kind: str, data: Path) -> Subject:
    """The last file of a journal."""
    names = DirectoryNames(data)
    return subject_of(family, kind, data, names.journal_file(file_numbers(names)[-1]), Witness(names).see)


def log_subject(kind: str, data: Path) -> Subject:
    names = DirectoryNames(data)
    path = log_of(names.journal_file(file_numbers(names)[-1]))
    return subject_of(Family.LOG, kind, data, path, Witness(names).see)


def watermark_subject(data: Path) -> Subject:
    path = DirectoryNames(data).watermark
    true_mark = read_mark(path)
    assert true_mark is not None
    true_ends = {(end_of(row), row.chain) for _, row in JournalReader(DirectoryNames(data)).rows_from(0)}

    def see() -> Seen:
        mark = read_mark(path)
        if mark == true_mark:
            return Seen.WHOLE
        # the journal is whole: an older watermark only claims less of it
        older = mark is not None and (mark.seq, mark.chain) in true_ends and mark.epoch <= true_mark.epoch
        return Seen.SHORTER if older else Seen.OTHER

    return subject_of(Family.WATERMARK, "watermark", data, path, see)


def snapshot_subjects(data: Path) -> Iterator[Subject]:
    path = list_snapshots(DirectoryNames(data))[-1][1]
    manifest = read_manifest(path)
    for table in TABLES:
        true_rows = read_table(path, table, manifest)

        def see_table(table: str = table, true_rows: bytes = true_rows.tobytes()) -> Seen:
            return Seen.WHOLE if read_table(path, table, manifest).tobytes() == true_rows else Seen.OTHER

        yield subject_of(Family.SNAPSHOT, "snapshot table", data, path / f"{table}.npy", see_table)

    def see_manifest() -> Seen:
        return Seen.WHOLE if read_manifest(path) == manifest else Seen.OTHER

    yield subject_of(Family.SNAPSHOT, "snapshot manifest", data, path / MANIFEST, see_manifest)
