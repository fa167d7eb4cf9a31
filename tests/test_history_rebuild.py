"""The history is rebuilt: missing, damaged, behind or overrun, it ends as one that was never interrupted."""

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from lightning.config import load_config
from lightning.engine.capture import image_of_exchange
from lightning.engine.durable_gate import Outcome
from lightning.engine.journal import Batch, Record
from lightning.engine.replay import Applied
from lightning.engine.sequencer import Sequencer
from lightning.storage.history import History, HistoryUnavailable, queries, retention
from lightning.storage.history.entries import EntryKind
from lightning.storage.history.paging import Asked
from lightning.storage.history.schema import ORDERS, TRADES
from lightning.storage.memory import MemoryJournal
from tests.desk import rows_of
from tests.pasts import DAY_NS, PATIENCE_S, Kept, Venue, dump, feed, open_history, played
from tests.test_history import FUNDS, assert_audit, entries_of, orders_of

COUNT = 2_500


@pytest.fixture(scope="module", params=["symbols", "controls"])
def venue(request: pytest.FixtureRequest) -> Venue:
    return played(request.param, seed=9, count=COUNT)


@pytest.fixture(scope="module")
def whole(venue: Venue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history that was never interrupted."""
    path = tmp_path_factory.mktemp("whole") / "history.sqlite"
    history = open_history(path, venue)
    feed(history, venue)
    history.close()
    return path


def _tell(answered: threading.Event, outcome: Outcome) -> None:
    answered.set()


def assert_same(path: Path, whole: Path) -> None:
    assert dump(path) == dump(whole)


def caught_up(path: Path, venue: Venue) -> list[str]:
    """Open, wait until it is complete, close; what was said."""
    said: list[str] = []
    history = open_history(path, venue, said.append)
    assert history.wait_for(venue.exchange.seq, PATIENCE_S)
    history.close()
    return said


def test_a_missing_history_is_made_from_the_journal(tmp_path: Path, venue: Venue, whole: Path) -> None:
    assert caught_up(tmp_path / "history.sqlite", venue) == []
    assert_same(tmp_path / "history.sqlite", whole)


def test_one_that_is_behind_goes_on_where_it_was(tmp_path: Path, venue: Venue, whole: Path) -> None:
    path = tmp_path / "history.sqlite"
    history = open_history(path, venue)
    for applied in venue.applied[: len(venue.applied) // 2]:
        history.feed(applied)
    seq = venue.applied[len(venue.applied) // 2 - 1].record.last_seq
    assert history.wait_for(seq, PATIENCE_S)
    history.close()
    said: list[str] = []
    history = open_history(path, venue, said.append)
    assert history.applied_seq == seq
    for applied in venue.applied[len(venue.applied) // 2 + 3 :]:  # a gap of three records
        history.feed(applied)
    assert history.wait_for(venue.exchange.seq, PATIENCE_S) and said == []
    history.close()
    assert_same(path, whole)


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def overwrite_middle(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        for offset in range(8192, size, 8192):
            file.seek(offset)
            file.write(b"\xa5" * 4096)


def make_other_format(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def lose_a_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE head")


def make_of_another_journal(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE head SET value = value + 1 WHERE name = 'applied_time_ns'")


def write_something_else(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


def make_ahead_of_the_journal(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE head SET value = value + 10 WHERE name = 'applied_seq'")


@pytest.mark.parametrize(
    "spoil",
    [
        truncate,
        overwrite_middle,
        make_other_format,
        lose_a_table,
        make_of_another_journal,
        make_ahead_of_the_journal,
        write_something_else,
    ],
)
def test_a_spoiled_file_is_made_anew_aloud(
    tmp_path: Path, venue: Venue, whole: Path, spoil: Callable[[Path], object]
) -> None:
    path = tmp_path / "history.sqlite"
    shutil.copy(whole, path)
    spoil(path)
    said: list[str] = []
    history = open_history(path, venue, said.append)
    try:
        for account in venue.accounts():  # damage that only a reader meets
            history.wait_for(venue.exchange.seq, PATIENCE_S)
            entries_of(history, account)
            orders_of(history, account)
    except HistoryUnavailable:
        pass
    history.reach(venue.exchange.seq)
    for _ in range(20 * PATIENCE_S):
        if said:
            break
        threading.Event().wait(0.05)
    assert history.wait_for(venue.exchange.seq, PATIENCE_S)
    history.close()
    assert len(said) >= 1 and "made anew" in said[0] and str(path) in said[0]
    assert_same(path, whole)


def test_a_damaged_history_is_not_taken_for_complete(tmp_path: Path, venue: Venue, whole: Path) -> None:
    path = tmp_path / "history.sqlite"
    shutil.copy(whole, path)
    applied_seqs: list[int] = []
    told = threading.Event()

    def say(text: str) -> None:
        applied_seqs.append(history.applied_seq)
        told.set()

    history = open_history(path, venue, say)
    assert history.applied_seq == venue.exchange.seq
    overwrite_middle(path)
    with pytest.raises(HistoryUnavailable):
        [entries_of(history, account) for account in venue.accounts()]
    assert told.wait(PATIENCE_S)
    history.close()
    assert applied_seqs == [0]


def test_overrun_it_drops_what_it_was_fed_and_follows(tmp_path: Path, venue: Venue, whole: Path) -> None:
    path = tmp_path / "history.sqlite"
    history = open_history(path, venue, queue_bytes_max=1)
    reads = venue.kept.reads
    feed(history, venue)
    history.close()
    assert venue.kept.reads > reads, "it never had to follow"
    assert_same(path, whole)


class Merged(Kept):
    """A journal that has joined its batches, up to admin changes."""

    def read_from(self, seq: int) -> Iterator[Record]:
        rows = b"".join(one.rows.tobytes() for one in self.records if isinstance(one, Batch))
        first = self.records[0]
        assert isinstance(first, Batch) and len(rows) == 128 * self.records[-1].last_seq
        whole = Batch(1, np.frombuffer(rows, first.rows.dtype))
        return iter([whole] if seq <= whole.last_seq else [])


def test_it_follows_from_the_middle_of_a_record_and_from_an_image(
    tmp_path: Path, venue: Venue, whole: Path
) -> None:
    path = tmp_path / "history.sqlite"
    copy = Venue(venue.config, kept=Merged())
    for applied in venue.applied:
        assert isinstance(applied.record, Batch)
        copy.submit(applied.record.rows)
        if len(copy.applied) == 10:
            copy.kept.images.append(image_of_exchange(copy.exchange))
    history = open_history(path, copy)
    for applied in copy.applied[:25]:
        history.feed(applied)
    assert history.wait_for(copy.applied[24].record.last_seq, PATIENCE_S)
    history.feed(copy.applied[30])
    assert history.wait_for(copy.exchange.seq, PATIENCE_S)
    history.close()
    assert_same(path, whole)


def test_where_the_journal_is_gone_it_begins_at_the_oldest_image_and_says_so(tmp_path: Path) -> None:
    given = played("fees", seed=2, count=1_000)
    venue = Venue(given.config)
    for number, applied in enumerate(given.applied):
        assert isinstance(applied.record, Batch)
        venue.submit(applied.record.rows)
        if number in (3, 9, 12):
            venue.kept.images.append(image_of_exchange(venue.exchange))
    middle = venue.kept.images[1].seq
    venue.kept.first_seq = middle + 1
    said: list[str] = []
    history = open_history(tmp_path / "history.sqlite", venue, said.append)
    assert history.wait_for(venue.exchange.seq, PATIENCE_S)
    assert history.first_seq == middle + 1
    assert len(said) == 1 and f"seq {middle + 1}" in said[0]
    balances = {(row[0], row[1]): row[2] + row[3] for row in venue.exchange.balances().tolist()}
    for account in venue.accounts():
        entries = entries_of(history, account)
        for currency in (1, 2, 3):
            total = sum(entry.amount for entry in entries if entry.currency == currency)
            assert total == balances.get((account, currency), 0)
        carried = [entry for entry in entries if entry.kind == EntryKind.CARRIED_FORWARD]
        assert carried == entries[: len(carried)] and all(entry.seq == middle for entry in carried)
    open_orders = {
        row[0] for symbol in venue.exchange.symbols for row in venue.exchange.orders(symbol).tolist()
    }
    found = {order.order_id for account in venue.accounts() for order in orders_of(history, account)}
    assert open_orders <= found
    history.close()


def test_behind_a_sequencer_whoever_has_an_answer_finds_what_it_told(tmp_path: Path) -> None:
    venue = Venue(load_config())
    history = History(tmp_path / "history.sqlite", venue.config, queue_bytes_max=1)
    sequencer = Sequencer(venue.exchange, MemoryJournal(), listener=history.feed)
    sequencer.start()
    for number in range(1, 200):
        answered = threading.Event()
        sequencer.submit(rows_of(FUNDS[0]), partial(_tell, answered))
        assert answered.wait(PATIENCE_S) and history.wait_for(number, PATIENCE_S)
        assert len(entries_of(history, 1, Asked(size=1000))) == number
    sequencer.stop()
    history.close()
    assert history.applied_seq == 199


@pytest.mark.parametrize("step_rows", [1, 3, 2000])
def test_retention_drops_what_is_old_and_sums_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step_rows: int
) -> None:
    monkeypatch.setattr(retention, "STEP_ROWS", step_rows)
    monkeypatch.setattr(retention, "SWEEP_S", 0.0)
    venue = played("fees", seed=6, count=1_200)
    path = tmp_path / "history.sqlite"
    history = open_history(path, venue)
    feed(history, venue)
    before = {account: entries_of(history, account) for account in venue.accounts()}
    old = orders_of(history, 1)
    history.close()
    cut = venue.applied[len(venue.applied) // 2].record
    assert isinstance(cut, Batch)
    cut_ns = int(cut.rows["time_ns"][0])
    monkeypatch.setattr("lightning.storage.history.history.time.time_ns", lambda: cut_ns + DAY_NS)
    monkeypatch.setattr("lightning.storage.history.history.SWEEP_S", 0.001)
    history = open_history(path, venue, retention_days=1)
    wait_until_swept(history, cut_ns)
    for account, entries in before.items():
        left = entries_of(history, account)
        for currency in (1, 2, 3):
            assert sum(one.amount for one in left if one.currency == currency) == sum(
                one.amount for one in entries if one.currency == currency
            )
        young = [one for one in entries if one.time_ns >= cut_ns]
        assert [one for one in left if one.kind != EntryKind.CARRIED_FORWARD] == young
    open_or_young = [one for one in old if one.status in (1, 2) or one.update_time_ns >= cut_ns]
    assert orders_of(history, 1) == open_or_young and len(open_or_young) < len(old)
    history.close()


def wait_until_swept(history: History, cut_ns: int) -> None:
    sql = f"SELECT (SELECT count(*) FROM {TRADES} WHERE time_ns < {cut_ns}) + (SELECT count(*) FROM {ORDERS}"
    sql += f" WHERE update_time_ns < {cut_ns} AND status NOT IN (1, 2))"
    for _ in range(1_000):
        if history.read(lambda db: db.execute(sql).fetchone()[0]) == 0:
            return
        threading.Event().wait(0.02)
    raise AssertionError("never swept")


def test_a_full_disk_ends_the_history_aloud_and_nothing_else(tmp_path: Path, venue: Venue) -> None:
    path = tmp_path / "history.sqlite"
    said: list[str] = []
    history = History(path, venue.config, say=said.append)
    history.feed(venue.applied[0])
    assert history.wait_for(venue.applied[0].record.last_seq, PATIENCE_S)
    assert history._writer is not None
    history._writer.connection.execute("PRAGMA max_page_count = 1")
    outcomes: list[HistoryUnavailable | None] = []
    history.when(venue.exchange.seq, outcomes.append)
    for applied in venue.applied[1:]:
        history.feed(applied)
    with pytest.raises(HistoryUnavailable, match="full"):
        history.wait_for(venue.exchange.seq, PATIENCE_S)
    assert len(outcomes) == 1 and isinstance(outcomes[0], HistoryUnavailable)
    with pytest.raises(HistoryUnavailable, match="full"):
        history.read(lambda db: queries.order(db, 1, 1))
    assert len(said) == 1 and "full" in said[0]
    history.feed(venue.applied[-1])
    history.close()


def test_what_is_durable_is_told(tmp_path: Path, venue: Venue) -> None:
    history = open_history(tmp_path / "history.sqlite", venue)
    assert history.make_durable() == 0
    feed(history, venue)
    assert history.make_durable() == venue.exchange.seq == history.applied_seq
    history.close()


def test_waiting_ends_with_the_time_and_with_the_history(tmp_path: Path, venue: Venue) -> None:
    history = History(tmp_path / "history.sqlite", venue.config)
    assert not history.wait_for(5, timeout_s=0.01)
    outcomes: list[HistoryUnavailable | None] = []
    history.when(5, outcomes.append)
    history.close()
    assert len(outcomes) == 1 and outcomes[0] is not None
    assert_is_closed(history, venue.applied[0])


def assert_is_closed(history: History, applied: Applied) -> None:
    history.feed(applied)
    assert history.applied_seq == 0


def test_the_audit_holds_after_a_rebuild(tmp_path: Path, venue: Venue) -> None:
    history = open_history(tmp_path / "history.sqlite", venue)
    history.reach(venue.exchange.seq)
    assert history.wait_for(venue.exchange.seq, PATIENCE_S)
    assert_audit(history, venue)
    history.close()
