"""The journal on SQLite: what was appended is there again, in order, whatever came between."""

import os
import sqlite3
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from lightning.config import default_config
from lightning.engine.journal import Batch, Fenced, Journal, JournalFailed, Record
from lightning.storage import sqlite_journal
from lightning.storage.directory import DataDirectory, DirectoryInUse, DirectoryNames
from lightning.storage.files import Data, Files
from lightning.storage.journal_file import connect
from lightning.storage.journal_reader import JournalReader
from lightning.storage.watermark import SLOT_BYTES, read_mark
from tests.journals import PATIENCE_S, SMALL_FILE, Kept, databases_of, files_of, flat, kept, rows_of


def test_it_is_a_journal(tmp_path: Path) -> None:
    with kept(tmp_path) as one:
        journal: Journal = one.journal
        assert list(journal.read_from(1)) == []
        assert one.journal.founding == default_config()
        assert (one.journal.first_seq, one.journal.last_seq, one.journal.epoch) == (1, 0, 0)


def test_what_was_appended_is_there_after_reopening(tmp_path: Path) -> None:
    sent: list[Record] = []
    for turn in range(4):
        with kept(tmp_path) as one:
            assert flat(one.journal.read_from(1)) == flat(sent)
            for count in (1, 1, 300, 17_000, 2):
                one.append(count)
            one.change(f"COIN{turn}")
            one.append(1)
            one.wait()
            sent += one.sent
            assert flat(one.journal.read_from(1)) == flat(sent)
            assert one.journal.last_seq == one.next_seq - 1
        assert one.said == [] and one.failures == []


def test_a_file_that_another_process_has_written_is_not_written_on(tmp_path: Path) -> None:
    """Damage where nobody reads, as in a free page, could spoil what comes next to it."""
    names = DirectoryNames(tmp_path)
    for turn in range(1, 4):
        with kept(tmp_path) as one:
            before = [names.journal_file(number).read_bytes() for number in range(1, turn)]
            one.append(3)
            one.wait()
            one.append(3)
            one.wait()
        assert [names.journal_file(number).read_bytes() for number in range(1, turn)] == before
        assert names.journal_file(turn).exists() and not names.journal_file(turn + 1).exists()
    with kept(tmp_path) as one:
        pass
    assert not names.journal_file(4).exists(), "an opening alone begins none"


def test_reading_begins_exactly_where_it_is_told_to(tmp_path: Path) -> None:
    with kept(tmp_path) as one:
        for _ in range(5):
            one.append(3)
            one.change("DOGE")
        one.wait()
        everything = flat(one.sent)
        for seq in range(1, one.next_seq + 1):
            assert flat(one.journal.read_from(seq)) == everything[seq - 1 :]


def test_small_records_are_read_as_large_batches(tmp_path: Path) -> None:
    with kept(tmp_path) as one:
        one.grow(50, 7)
        assert [len(record.rows) for record in one.journal.read_from(1)] == [350]  # type: ignore[union-attr]
        sizes = [len(record.rows) for record in one.journal.read_from(1, batch_rows=20)]  # type: ignore[union-attr]
        assert sizes == [21] * 16 + [14]


def test_a_state_hash_begins_its_batch(tmp_path: Path) -> None:
    with kept(tmp_path) as one:
        one.append(2)
        one.append(3, state_hash=2**64 - 1)
        one.append(4)
        one.append(5, state_hash=0)
        one.wait()
        read = [(record.first_seq, record.state_hash) for record in one.journal.read_from(1)]  # type: ignore[union-attr]
        assert read == [(1, None), (3, 2**64 - 1), (10, 0)]
        (middle, _) = one.journal.read_from(4)
        assert isinstance(middle, Batch)
        assert (middle.first_seq, middle.state_hash) == (4, None)


class CheckedFiles(Files):
    """Whenever the watermark is written, the journal must already hold what it says."""

    def __init__(self, path: Path) -> None:
        self.names = DirectoryNames(path)
        self.checked = 0

    def end(self) -> int:
        return JournalReader(self.names).tail_from(1, None).last_seq

    def write(self, file: int, data: Data, offset: int) -> int:
        if self.names.journal_file(1).exists() and memoryview(data).nbytes == SLOT_BYTES:
            assert struct.unpack_from("<q", data, 24)[0] <= self.end()
            self.checked += 1
        return super().write(file, data, offset)


def test_it_is_in_the_file_before_the_watermark_and_in_the_watermark_before_it_is_durable(
    tmp_path: Path,
) -> None:
    files = CheckedFiles(tmp_path)
    with kept(tmp_path, files=files) as one:

        def check(seq: int) -> None:
            mark = read_mark(one.directory.watermark)
            assert mark is not None and mark.seq == seq == files.end()
            one._on_durable(seq)

        one.journal.on_durable = check
        one.grow(20)
        assert one.failures == []
    assert files.checked >= 20


def test_what_does_not_come_next_is_refused(tmp_path: Path) -> None:
    with kept(tmp_path) as one:
        for first_seq, count in ((2, 1), (0, 1), (1, 0)):
            with pytest.raises(ValueError, match="must come next"):
                one.journal.append(Batch(first_seq, rows_of(count)), 0)
        one.append(1)
        with pytest.raises(ValueError, match="seq 2 must come next"):
            one.journal.append(Batch(1, rows_of(1)), 0)


def test_it_goes_on_in_a_new_file_and_reads_across(tmp_path: Path) -> None:
    with kept(tmp_path, file_bytes_max=SMALL_FILE) as one:
        one.grow(60)
        assert flat(one.journal.read_from(1)) == flat(one.sent)
    files = databases_of(tmp_path)
    assert files == [f"{number:08}.sqlite" for number in range(1, len(files) + 1)]
    assert len(files) >= 4
    for from_seq in (0, 1, 5_000, one.next_seq):
        with kept(tmp_path, from_seq) as again:
            assert again.journal.last_seq == one.next_seq - 1
            assert flat(again.journal.read_from(5_001)) == flat(one.sent)[5_000:]
            assert again.journal.founding == default_config()


def test_retention_drops_whole_files_that_end_before_the_seq(tmp_path: Path) -> None:
    with kept(tmp_path, file_bytes_max=SMALL_FILE) as one:
        one.grow(60)
    with kept(tmp_path, one.next_seq) as one_more:
        journal, before = one_more.journal, databases_of(tmp_path)
        journal.drop_before(1)
        assert journal.first_seq == 1
        second = JournalReader(one_more.directory).head(2).first_seq
        journal.drop_before(second - 1)
        assert journal.first_seq == 1
        journal.drop_before(second)
        assert journal.first_seq == second
        journal.drop_before(6_000)
        first_seq = journal.first_seq
        assert 1 < first_seq <= 6_000
        assert flat(journal.read_from(first_seq)) == flat(one.sent)[first_seq - 1 :]
        with pytest.raises(
            LookupError, match=f"seq {first_seq - 1} is no longer kept; the oldest is {first_seq}"
        ):
            list(journal.read_from(first_seq - 1))
        journal.drop_before(10**9)
        assert databases_of(tmp_path) == before[-1:]
        one_more.grow(1)
    with kept(tmp_path, one.next_seq) as last:
        assert last.journal.last_seq == one_more.next_seq - 1
        assert last.journal.founding == default_config()


def test_a_new_last_file_without_records_is_the_journals_end(tmp_path: Path) -> None:
    with kept(tmp_path, file_bytes_max=1) as one:
        one.append(10)
        one.wait()
        one.journal._roll()
        one.wait()
    for from_seq in (0, 11):
        with kept(tmp_path, from_seq) as again:
            assert again.journal.last_seq == 10
            assert flat(again.journal.read_from(1)) == flat(one.sent)
            assert again.said == []


def test_a_fence_outlives_the_process(tmp_path: Path) -> None:
    with kept(tmp_path) as one:
        one.journal.fence(3)
        one.journal.fence(3)
        one.journal.append(Batch(1, rows_of(1)), 3)
    with kept(tmp_path) as one:
        assert one.journal.epoch == 3
        with pytest.raises(Fenced, match="epoch 2 is behind epoch 3"):
            one.journal.fence(2)
        with pytest.raises(Fenced, match="epoch 2 is behind epoch 3"):
            one.journal.append(Batch(2, rows_of(1)), 2)
        one.journal.fence(7)
        killed = one.copy_as_if_killed(tmp_path / "killed")
    with kept(killed) as one:
        assert one.journal.epoch == 7


def test_close_commits_what_waits_and_leaves_an_exact_watermark(tmp_path: Path) -> None:
    one = Kept(tmp_path)
    for _ in range(2_000):
        one.append(10)
    one.close()
    mark = read_mark(tmp_path / "durable")
    assert mark is not None and mark.seq == 20_000
    assert files_of(tmp_path) == ["00000001.sqlite"]
    with kept(tmp_path) as again:
        assert flat(again.journal.read_from(1)) == flat(one.sent)
    with pytest.raises(JournalFailed, match="closed"):
        one.append(1)
    one.close()


def test_a_killed_process_leaves_all_that_was_durable(tmp_path: Path) -> None:
    with kept(tmp_path / "one", file_bytes_max=SMALL_FILE) as one:
        one.journal.fence(5)
        one.epoch = 5
        for turn in range(12):
            one.grow(3)
            killed = one.copy_as_if_killed(tmp_path / f"killed{turn}")
            with kept(killed) as again:
                assert flat(again.journal.read_from(1)) == flat(one.sent)
                assert again.said == [] and again.journal.epoch == 5
                again.append(1)
                again.wait()


def test_leftovers_of_files_half_made_or_half_removed_are_cleared(tmp_path: Path) -> None:
    with kept(tmp_path) as one:
        one.append(1)
    for name in (
        "00000002.sqlite.new",
        "00000002.sqlite.new-wal",
        "00000000.sqlite-wal",
        "00000000.sqlite-shm",
    ):
        (tmp_path / "journal" / name).write_bytes(b"x")
    with kept(tmp_path) as again:
        assert flat(again.journal.read_from(1)) == flat(one.sent)
        assert [name for name in files_of(tmp_path) if not name.startswith("00000001")] == []


def test_append_waits_while_too_much_is_not_durable(tmp_path: Path) -> None:
    with kept(tmp_path, waiting_rows_max=10) as one:
        entered, go_on = threading.Event(), threading.Event()

        def hold(seq: int) -> None:
            entered.set()
            assert go_on.wait(PATIENCE_S)
            one._on_durable(seq)

        one.journal.on_durable = hold
        one.append(11)
        assert entered.wait(PATIENCE_S)
        blocked = threading.Thread(target=one.append, args=(1,))
        blocked.start()
        blocked.join(0.2)
        was_blocked = blocked.is_alive()
        go_on.set()
        assert was_blocked
        blocked.join(PATIENCE_S)
        assert not blocked.is_alive()
        one.wait()
        assert one.journal.last_seq == 12


def connect_to_a_small_disk(path: Path, mode: str, vfs: str | None) -> sqlite3.Connection:
    connection = connect(path, mode, vfs)
    connection.execute("PRAGMA max_page_count = 40")
    return connection


def test_a_full_disk_stops_it_for_good_and_the_next_start_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("lightning.storage.sqlite_journal.connect", connect_to_a_small_disk)
        one = Kept(tmp_path)
        while not one.failures:
            durable = one.journal.last_seq
            one.grow(1)
    assert len(one.failures) == 1 and isinstance(one.failures[0], JournalFailed)
    assert "disk is full" in str(one.failures[0])
    for _ in range(3):
        with pytest.raises(JournalFailed, match="disk is full"):
            one.journal.append(Batch(one.next_seq, rows_of(1)), 0)
    one.close()
    assert len(one.failures) == 1
    with kept(tmp_path) as again:
        assert again.journal.last_seq == durable == one.journal.last_seq
        assert flat(again.journal.read_from(1)) == flat(one.sent)[:durable]
        again.grow(3)
        assert again.failures == []


def test_a_failure_wakes_who_waits_for_room(tmp_path: Path) -> None:
    with kept(tmp_path, waiting_rows_max=10) as one:
        entered, go_on = threading.Event(), threading.Event()

        def break_down(seq: int) -> None:
            entered.set()
            assert go_on.wait(PATIENCE_S)
            raise RuntimeError("broken on purpose")

        errors: list[BaseException] = []

        def append() -> None:
            try:
                one.append(1)
            except JournalFailed as error:
                errors.append(error)

        one.journal.on_durable = break_down
        one.append(11)
        assert entered.wait(PATIENCE_S)
        blocked = threading.Thread(target=append)
        blocked.start()
        blocked.join(0.2)
        go_on.set()
        blocked.join(PATIENCE_S)
        assert not blocked.is_alive()
        one.wait()
        assert "broken on purpose" in str(one.failures[0]) and len(errors) == 1
        with pytest.raises(JournalFailed):
            one.append(1)


def test_a_second_process_is_refused_by_name(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from lightning.storage.directory import *\n"
        "try: DataDirectory(Path(sys.argv[1]))\n"
        "except DirectoryInUse as error: print(error)\n"
        "else: print('opened')\n"
    )

    def other() -> str:
        run = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
        )
        return run.stdout

    with kept(tmp_path):
        assert f"in use by process {os.getpid()}" in other()
        with pytest.raises(DirectoryInUse):
            DataDirectory(tmp_path)
    assert other() == "opened\n"


def test_a_reader_follows_while_it_is_written_and_rolled(tmp_path: Path) -> None:
    with kept(tmp_path, file_bytes_max=SMALL_FILE) as one:
        writer = threading.Thread(target=one.grow, args=(120, 50))
        writer.start()
        read, seq = [], 1
        while writer.is_alive() or seq < one.next_seq:
            for record in one.journal.read_from(seq):
                read += flat([record])
                seq = record.last_seq + 1
        writer.join()
        assert read == flat(one.sent)
    assert len(databases_of(tmp_path)) >= 2


def test_a_reader_that_stops_early_leaves_no_thread(tmp_path: Path) -> None:
    with kept(tmp_path) as one:
        one.grow(40, 300)
        before = set(threading.enumerate())
        for _ in range(5):
            reader = one.journal.read_from(1, batch_rows=10)
            assert next(reader).first_seq == 1
            reader.close()  # type: ignore[attr-defined]
        assert set(threading.enumerate()) <= before


def test_an_idle_journal_does_nothing(tmp_path: Path) -> None:
    with kept(tmp_path) as one:
        one.grow(1)
        names = {thread.name for thread in threading.enumerate()}
        assert {"journal", "checkpoints"} <= names
    assert not {"journal", "checkpoints"} & {thread.name for thread in threading.enumerate()}


def test_rows_are_not_copied_before_append_returns(tmp_path: Path) -> None:
    with kept(tmp_path) as one:
        rows = rows_of(3)
        one.journal.append(Batch(1, rows), 0)
        one.next_seq = 4
        one.wait()
        (batch,) = one.journal.read_from(1)
        assert isinstance(batch, Batch) and np.array_equal(batch.rows, rows)


def test_the_log_of_single_orders_is_written_over_and_not_grown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_journal, "CHECKPOINT_BYTES", 50_000)
    monkeypatch.setattr(sqlite_journal, "REST_BYTES_MAX", 50_000)
    with kept(tmp_path) as one:
        for _ in range(200):
            one.grow(1, 1)
        (log,) = one.directory.journal.glob("*-wal")
        assert log.stat().st_size < 200 * 4096 / 2
        assert flat(list(one.journal.read_from(1))) == flat(one.sent)
