"""Damage to the journal: found, named with file, offset and seq, never skipped; a torn tail is not damage."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lightning.config import default_config
from lightning.engine.journal import JournalFailed
from lightning.storage.damage import Damaged, FormatTooNew, FormatTooOld
from lightning.storage.directory import DataDirectory, DirectoryNames
from lightning.storage.files import Files
from lightning.storage.journal_reader import JournalReader, Tail
from lightning.storage.records import Packer
from lightning.storage.sqlite_journal import SqliteJournal
from lightning.storage.transaction import Taken, stored_records
from lightning.storage.watermark import SLOT_OFFSETS, Mark, read_mark
from tests.journals import SMALL_FILE, Kept, databases_of, flat, kept

FLIPS = 400
"""Of each file; `python -m tests.faults flips` does all."""


@pytest.fixture
def closed(tmp_path: Path) -> Kept:
    """Ten records of 200 commands and a change, closed."""
    with kept(tmp_path / "data") as one:
        one.grow(10)
        one.change("DOGE")
    return one


def body_of(one: Kept, index: int) -> bytes:
    """As it is stored."""
    ((stored, _),) = stored_records([Taken(one.sent[index], 0)], Packer())
    return stored.body


def flip(path: Path, offset: int, bit: int = 1) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ bit]))


def database(one: Kept, number: int = 1) -> Path:
    return one.path / "journal" / f"{number:08}.sqlite"


def change_table(path: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql, values)


def contents_of(path: Path) -> dict[Path, bytes]:
    """But for what SQLite makes in order to read."""
    files = [one for one in path.rglob("*") if one.is_file() and not one.name.endswith("-shm")]
    return {one: one.read_bytes() for one in files if one.stat().st_size and one.name != "lock"}


def refused(path: Path, from_seq: int = 0) -> Damaged:
    """The damage that opening tells of; nothing is changed by it."""
    before = contents_of(path)
    with pytest.raises(Damaged) as caught:
        Kept(path, from_seq)
    assert contents_of(path) == before
    damage = caught.value
    assert str(damage.file) in str(damage) and damage.remedy[1:] in str(damage)
    return damage


def test_a_flipped_bit_in_a_record_is_named_with_its_place(closed: Kept) -> None:
    offset = database(closed).read_bytes().find(body_of(closed, 4)[:64])
    flip(database(closed), offset + 70)
    damage = refused(closed.path)
    assert (damage.file, damage.offset, damage.seq) == (database(closed), offset, 801)
    assert "checksum" in damage.what


@pytest.mark.parametrize("column", ["seqs", "kind", "time_ns", "state_hash", "epoch", "crc"])
def test_no_column_can_change_without_notice(closed: Kept, column: str) -> None:
    name = "count" if column == "seqs" else column
    change_table(
        database(closed), f"UPDATE records SET {name} = coalesce({name}, 0) + 1 WHERE first_seq = 801"
    )
    assert refused(closed.path).seq == 801


@pytest.mark.parametrize("value", ["'text'", "1.5", "NULL", "x'00'"])
def test_no_column_can_become_something_else(closed: Kept, value: str) -> None:
    change_table(database(closed), f"UPDATE records SET time_ns = {value} WHERE first_seq = 801")
    assert refused(closed.path).seq == 801
    change_table(database(closed), "UPDATE records SET body = 17 WHERE first_seq = 801")
    assert refused(closed.path).seq == 801


def test_a_missing_record_is_noticed(closed: Kept) -> None:
    change_table(database(closed), "DELETE FROM records WHERE first_seq = 801")
    damage = refused(closed.path)
    assert damage.seq == 801 and "missing" in damage.what


def test_a_missing_end_is_noticed(closed: Kept) -> None:
    change_table(database(closed), "DELETE FROM records WHERE first_seq = 2001")
    damage = refused(closed.path)
    assert damage.seq == 2001 and "up to seq 2001 was acknowledged" in damage.what


def test_damage_before_what_a_start_needs_is_left_alone(tmp_path: Path) -> None:
    with kept(tmp_path, file_bytes_max=SMALL_FILE) as one:
        one.grow(60)
    content = database(one).read_bytes()
    flip(database(one), content.find(body_of(one, 3)[:64]) + 70)
    assert refused(tmp_path).seq == 601
    with kept(tmp_path, 10_001) as again:
        assert flat(again.journal.read_from(10_001)) == flat(one.sent)[10_000:]
        with pytest.raises(Damaged):
            list(again.journal.read_from(1))


def test_a_missing_or_foreign_file_in_the_middle_is_damage(tmp_path: Path) -> None:
    with kept(tmp_path / "one", file_bytes_max=SMALL_FILE) as one:
        one.grow(60)
    with kept(tmp_path / "two", file_bytes_max=SMALL_FILE) as two:
        two.grow(60, 201)
    assert len(databases_of(one.path)) >= 4
    second = database(one, 2).read_bytes()
    database(one, 2).unlink()
    damage = refused(one.path)
    assert damage.file == database(one, 2) and "missing" in damage.what
    shutil.copy(database(two, 2), database(one, 2))
    damage = refused(one.path)
    assert damage.file == database(one, 2) and "does not go on" in damage.what
    shutil.copy(database(one, 3), database(one, 2))
    damage = refused(one.path)
    assert damage.file == database(one, 2) and "it is file 3" in damage.what
    database(one, 2).write_bytes(second)
    with kept(one.path) as again:
        assert flat(again.journal.read_from(1)) == flat(one.sent)


def test_a_missing_first_or_last_file_is_damage_where_it_is_needed(tmp_path: Path) -> None:
    with kept(tmp_path, file_bytes_max=SMALL_FILE) as one:
        one.grow(60)
    first, last = database(one, 1), database(one, len(databases_of(tmp_path)))
    saved = last.read_bytes()
    last.unlink()
    assert "was acknowledged" in refused(tmp_path).what
    last.write_bytes(saved)
    first.unlink()
    assert "no longer kept" in refused(tmp_path).what
    with kept(tmp_path, one.next_seq) as again:
        assert again.journal.last_seq == one.next_seq - 1


def test_a_journal_without_files_is_not_founded_again(closed: Kept) -> None:
    database(closed).unlink()
    with DataDirectory(closed.path) as directory:
        assert SqliteJournal.exists(directory)
    assert "no file of the journal" in refused(closed.path).what


def test_a_snapshot_ahead_of_the_journal_is_damage(closed: Kept) -> None:
    assert "ends with seq 2001" in refused(closed.path, 2_003).what
    with kept(closed.path, 2_002) as again:
        assert again.journal.last_seq == 2_001


def test_a_torn_tail_behind_the_watermark_is_dropped_aloud(tmp_path: Path) -> None:
    with kept(tmp_path / "data") as one:
        one.grow(5)
        behind = (one.path / "durable").read_bytes()
        one.grow(2)
    (one.path / "durable").write_bytes(behind)
    flip(database(one), database(one).read_bytes().find(body_of(one, 6)[:64]) + 70)
    with kept(one.path) as again:
        assert again.journal.last_seq == 1_200
        assert len(again.said) == 1 and "seq 1200 was never acknowledged" in again.said[0]
        again.grow(2)
    with kept(one.path) as last:
        assert last.said == []
        assert flat(last.journal.read_from(1)) == flat(one.sent[:6] + again.sent)


def test_damage_at_the_watermark_is_no_torn_tail(tmp_path: Path) -> None:
    with kept(tmp_path / "data") as one:
        one.grow(5)
        behind = (one.path / "durable").read_bytes()
        one.grow(2)
    (one.path / "durable").write_bytes(behind)
    flip(database(one), database(one).read_bytes().find(body_of(one, 4)[:64]) + 70)
    assert refused(one.path).seq == 801


def test_damage_to_an_unfinished_log_is_named_with_its_place(tmp_path: Path) -> None:
    with kept(tmp_path / "one") as one:
        one.grow(10)
        killed = one.copy_as_if_killed(tmp_path / "killed")
    log = killed / "journal" / "00000001.sqlite-wal"
    content = log.read_bytes()
    frame = 24 + 4096
    flip(log, 32 + 20 * frame + 1_000)
    damage = refused(killed)
    assert (damage.file, damage.offset) == (log, 32 + 20 * frame)
    assert damage.seq is not None and 1 < damage.seq <= 2_000 and damage.seq % 200 == 1
    log.write_bytes(content[: 32 + 20 * frame + 7])
    assert refused(killed).seq == damage.seq
    log.unlink()
    assert refused(killed).seq == 1


def test_without_a_watermark_the_end_is_believed_aloud(closed: Kept) -> None:
    (closed.path / "durable").unlink()
    with kept(closed.path) as again:
        assert again.journal.last_seq == 2_001
        assert len(again.said) == 1 and "is missing" in again.said[0]
    with kept(closed.path) as again:
        assert again.said == []
    (closed.path / "durable").unlink()
    flip(database(closed), database(closed).read_bytes().find(body_of(closed, 9)[:64]) + 70)
    assert refused(closed.path).seq == 1_801


def test_one_slot_of_the_watermark_is_enough_and_none_is_damage(closed: Kept) -> None:
    watermark = closed.path / "durable"
    whole = watermark.read_bytes()
    for offset in SLOT_OFFSETS:
        watermark.write_bytes(whole)
        flip(watermark, offset + 20)
        mark = read_mark(watermark)
        assert mark is not None and mark.seq == 2_001
    flip(watermark, SLOT_OFFSETS[0] + 20)
    assert refused(closed.path).file == watermark
    for size in (0, 1, 63):
        watermark.write_bytes(whole[:size])
        assert refused(closed.path).file == watermark


def test_the_watermark_of_another_journal_does_not_fit(closed: Kept, tmp_path: Path) -> None:
    with kept(tmp_path / "other") as other:
        for _ in range(10):
            other.append(200, state_hash=1)
        other.change("DOGE")
    shutil.copy(other.path / "durable", closed.path / "durable")
    assert "not the one that was acknowledged" in refused(closed.path).what


def test_another_format_is_refused_by_name(closed: Kept, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database(closed))) as connection:
        connection.execute("PRAGMA user_version = 9")
    assert "its header has format 9, its head 1" in refused(closed.path).what
    change_table(database(closed), "ALTER TABLE head ADD COLUMN more")
    damage = refused(closed.path)
    assert isinstance(damage, FormatTooNew)
    assert "format 9; this program reads up to format 1" in damage.what
    too_old = FormatTooOld(Path("x"), 0, 1)
    assert "format 0; this program reads from format 1 on" in str(too_old)


def test_another_format_of_the_watermark_is_refused_by_name(
    closed: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("lightning.storage.watermark.FORMAT", 2)
        with kept(closed.path):
            pass
    assert isinstance(refused(closed.path), FormatTooNew)


def test_what_is_no_database_is_damage(closed: Kept) -> None:
    content = database(closed).read_bytes()
    for wrong in (b"", b"SQLite format 3", b"x" * 4096, bytes(8192), content[:100], content[:5000]):
        database(closed).write_bytes(wrong)
        assert refused(closed.path).file == database(closed)


def tail_of(path: Path) -> Tail | None:
    """None: refused by name."""
    try:
        names = DirectoryNames(path)
        return JournalReader(names).tail_from(1, read_mark(names.watermark))
    except Damaged:
        return None


@pytest.mark.parametrize("which", ["closed", "killed"])
def test_no_flipped_bit_is_silent(tmp_path: Path, which: str) -> None:
    with kept(tmp_path / "closed") as one:
        for count in (1, 1, 2, 40, 1):
            one.append(count)
            one.wait()
        one.change("DOGE")
        one.wait()
        one.copy_as_if_killed(tmp_path / "killed")
    path = tmp_path / which
    whole = tail_of(path)
    assert whole is not None and whole.last_seq == 46
    refusals = 0
    for file in sorted(one for one in path.rglob("*") if one.is_file() and one.stat().st_size):
        if file.name == "lock" or file.name.endswith("-shm"):
            continue
        bits = 8 * file.stat().st_size
        for at in range(0, bits, max(1, bits // FLIPS)):
            flip(file, at // 8, 1 << (at % 8))
            tail = tail_of(path)
            flip(file, at // 8, 1 << (at % 8))
            refusals += tail is None
            assert tail in (None, whole), f"{file.name}, bit {at}"
    assert refusals > 10
    assert tail_of(path) == whole


def test_a_file_cut_anywhere_is_refused_or_whole(tmp_path: Path) -> None:
    with kept(tmp_path / "one") as one:
        one.grow(3, 40)
        killed = one.copy_as_if_killed(tmp_path / "killed")
    for path in (one.path, killed):
        whole = tail_of(path)
        for file in sorted((path / "journal").glob("*[el]")):
            content = file.read_bytes()
            for size in range(0, len(content), max(1, len(content) // 300)):
                file.write_bytes(content[:size])
                assert tail_of(path) in (None, whole), f"{file.name}, {size} bytes"
            file.write_bytes(content)
        assert tail_of(path) == whole is not None


class BrokenFiles(Files):
    """Fails once it is told to."""

    broken = False

    def write(self, file: int, data: bytes | bytearray | memoryview, offset: int) -> int:
        if self.broken:
            raise OSError(28, "No space left on device")
        return super().write(file, data, offset)


def test_a_watermark_that_cannot_be_written_stops_the_journal(tmp_path: Path) -> None:
    files = BrokenFiles()
    with kept(tmp_path, files=files) as one:
        one.grow(3)
        files.broken = True
        one.append(1)
        one.wait()
        assert len(one.failures) == 1 and "No space left" in str(one.failures[0])
        with pytest.raises(JournalFailed, match="No space left"):
            one.append(1)
        with pytest.raises(JournalFailed):
            one.journal.fence(9)
    files.broken = False
    with kept(tmp_path, files=files) as again:
        assert again.journal.last_seq in (600, 601)
        assert flat(again.journal.read_from(1)) == flat(one.sent)[: again.journal.last_seq]
        again.grow(1)


def test_an_interrupted_beginning_is_begun_again(tmp_path: Path) -> None:
    files = BrokenFiles()
    files.broken = True
    with DataDirectory(tmp_path, files) as directory:
        with pytest.raises(JournalFailed):
            SqliteJournal.create(directory, default_config())
        files.broken = False
    with kept(tmp_path) as one:
        assert one.said in ([], [f"{tmp_path / 'durable'} is missing: the journal's end, seq 0, is believed"])
        one.grow(1)


def test_a_mark_survives_a_torn_write_of_the_next(tmp_path: Path) -> None:
    with kept(tmp_path) as one:
        one.grow(3)
        marks = []
        content = (tmp_path / "durable").read_bytes()
        for offset in SLOT_OFFSETS:
            torn = tmp_path / "torn"
            torn.write_bytes(content[:offset] + bytes(32) + content[offset + 32 :])
            marks.append(read_mark(torn))
        assert sorted(mark.seq for mark in marks if mark is not None) == [400, 600]
        assert isinstance(marks[0], Mark)
