"""What is on disk, cut short or with one bit turned: recovered to the truth, or refused by name.

A harmed file is read as a start reads it, and what is read compared with what was written: where that is the
same, so is the exchange that comes of it, and nothing need be executed. The first cases of every class of
outcome, and one in so many of all, are recovered completely, to the state hash.

What takes long is that SQLite opens the file: `index_held` keeps what it would make of the log, where that is
not what is harmed.
"""

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from lightning.storage.damage import Damaged
from lightning.storage.directory import DataDirectory
from lightning.storage.journal_file import connect
from lightning.storage.recovery import newest_image, recover
from lightning.storage.sqlite_journal import SqliteJournal
from tests.faults.subjects import Seen, Subject
from tests.faults.workload import Workload

FULL_OF_A_CLASS = 1
"""So many cases of every class of outcome are recovered completely."""
SHORTER_EVERY = 199
"""And one in so many of those where a start drops records: then it writes to the harmed file."""


class Harm(Enum):
    FLIP = "flip"
    """Bit `at` of the file is turned."""
    CUT = "cut"
    """The file ends before byte `at`."""


class Harmed(NamedTuple):
    """What came of it."""

    outcome: str
    """REFUSED and why, or what `Seen` says."""
    problems: list[str]

    @property
    def refused(self) -> bool:
        return self.outcome.startswith(REFUSED)


REFUSED = "refused"
DATABASE = ".sqlite"


@dataclass
class Surgeon:
    """Harms subjects, one at a time, and looks what comes of it."""

    work: Workload
    place: Path
    full_every: int
    """One in so many is recovered completely, whatever the first look says."""
    cases: int = 0
    refused: int = 0
    full: int = 0
    """Recovered completely."""
    classes: Counter[tuple[str, Harm, str]] = field(default_factory=Counter)
    """Cases by kind of file, harm and outcome."""
    recovered_seq: int = -1
    """By the last complete recovery."""

    def operate(self, subject: Subject, harm: Harm, at: int) -> Harmed:
        file = os.open(subject.file, os.O_RDWR)
        try:
            if harm is Harm.FLIP:
                byte = subject.content[at // 8]
                os.pwrite(file, bytes([byte ^ 1 << at % 8]), at // 8)
                harmed = self.look(subject, harm)
                os.pwrite(file, bytes([byte]), at // 8)
            else:
                os.ftruncate(file, at)
                harmed = self.look(subject, harm)
                os.pwrite(file, subject.content[at:], at)
        finally:
            os.close(file)
        return harmed

    def look(self, subject: Subject, harm: Harm) -> Harmed:
        problems = []
        try:
            outcome = subject.see().value
            if outcome == Seen.OTHER.value:
                problems.append("what is read is not what was written, and not refused")
        except Damaged as damage:
            outcome = f"{REFUSED}: {class_of(damage)}"
            if not says_where(damage):
                problems.append(f"it is not said what is damaged: {damage}")
        except Exception as error:
            return Harmed("raised", [f"raised {type(error).__name__}: {error}"])
        self.cases += 1
        self.refused += outcome.startswith(REFUSED)
        class_ = (subject.kind, harm, outcome)
        self.classes[class_] += 1
        if (
            self.classes[class_] <= FULL_OF_A_CLASS
            or self.cases % self.full_every == 0
            or (outcome == Seen.SHORTER.value and self.classes[class_] % SHORTER_EVERY == 0)
        ):
            problems += self.recover_all(subject, outcome.startswith(REFUSED))
        return Harmed(outcome, problems)

    def recover_all(self, subject: Subject, refused: bool) -> list[str]:
        """As a start does, on a copy: what is wrong with the exchange that comes out.

        refused : a look at the file alone has refused it
        """
        self.full += 1
        copy, said = self.place / "copy", list[str]()
        shutil.copytree(subject.data, copy)
        try:
            with DataDirectory(copy) as directory:
                image = newest_image(directory, None, said.append)
                from_seq = 0 if image is None else image.catalog.seq + 1
                journal = SqliteJournal.open(directory, from_seq, said.append)
                try:
                    exchange = recover(journal, image, shards=2, workers=1).exchange
                finally:
                    journal.close()
            self.recovered_seq = seq = exchange.seq
            if refused and not any(subject.file.name in one for one in said):
                return ["a file that cannot be read was passed over in silence"]
            if not subject.acknowledged <= seq < len(self.work.state_hashes):
                return [f"recovered to seq {seq}, but all up to seq {subject.acknowledged} was acknowledged"]
            if exchange.state_hash() != self.work.state_hashes[seq]:
                return [f"the state at seq {seq} is not the true one"]
            if exchange.window_hash() != self.work.window_hashes[seq]:
                return [f"the once-only window at seq {seq} is not the true one"]
            return exchange.check()
        except Damaged as damage:
            return [] if says_where(damage) else [f"it is not said what is damaged: {damage}"]
        except Exception as error:
            return [f"the start raised {type(error).__name__}: {error}"]
        finally:
            shutil.rmtree(copy)


@contextmanager
def index_held(subject: Subject) -> Iterator[None]:
    """Within, the index of a database's log is kept, which SQLite makes of the log for its first reader.

    Every case reads the pages of the database anew.
    """
    if subject.file.suffix != DATABASE:
        yield
        return
    with closing(connect(subject.file, "ro", None)) as reader:
        reader.execute("SELECT number FROM head").fetchone()
        yield


def files_left_open(place: Path) -> list[str]:
    """By this process."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():  # not Linux
        return []
    paths = []
    for descriptor in os.listdir(descriptors):
        with suppress(FileNotFoundError):  # the one of this listing
            paths.append(os.readlink(descriptors / descriptor))
    return sorted(path for path in paths if path.startswith(f"{place}/"))


def says_where(damage: Damaged) -> bool:
    return str(damage.file) in str(damage) and bool(damage.remedy) and damage.file.name != ""


def class_of(damage: Damaged) -> str:
    """The cause without what differs from case to case."""
    return re.sub(r"[0-9]+|'.*|\".*|near .*", "#", damage.what)[:80]


def harms(subject: Subject, every: int) -> Iterator[tuple[Harm, int]]:
    """Every bit and every cut; with an odd `every`, one in so many, bits in turn."""
    size = len(subject.content)
    yield from ((Harm.FLIP, at) for at in range(0, 8 * size, every))
    yield from ((Harm.CUT, at) for at in range(0, size, every))
