"""A venue in a data directory: what it has answered is there at the next start, whatever ended it."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightning.codes import AccountStatus, CommandKind, EventFlag, EventKind, RejectReason, SymbolStatus
from lightning.config import Config, ConfigError, load_config
from lightning.decimals import Step
from lightning.engine import warm
from lightning.engine.changes import Change, CreateCurrency, CreateSymbol, Terms, UpdateSymbol
from lightning.engine.durable_gate import Outcome
from lightning.engine.exchange import Exchange
from lightning.engine.journal import Batch
from lightning.engine.replay import apply_record
from lightning.rows import COMMAND, Command
from lightning.storage.damage import Damaged
from lightning.storage.directory import DirectoryInUse, DirectoryNames
from lightning.storage.snapshots import list_snapshots
from lightning.storage.venue import DurableVenue, MemoryVenue, NotKept, Venue, open_venue
from tests.flows import make_commands, parts_of
from tests.oracle.rows import Rows
from tests.shapes import SHAPES

PATIENCE_S = 20
SHAPE = SHAPES["symbols"]
DEPOSIT = Command(kind=CommandKind.DEPOSIT, account=1, currency=2, amount=10**12, request_id=1)

NOON = 10**18
OpenAt = Callable[..., DurableVenue]


def with_storage(config: Config, **storage: int) -> Config:
    """Snapshots only when asked for, and at the end, unless `storage` says otherwise."""
    values = {"snapshot_seconds": 86_400, **storage}
    return replace(config, storage=load_config({"storage": values}).storage)


QUIET = with_storage(load_config())
FLOW = with_storage(load_config(SHAPE.config))


def submit(venue: Venue, *commands: Command) -> Rows:
    return submit_rows(venue, np.array(list(commands), COMMAND))


def submit_rows(venue: Venue, rows: Rows) -> Rows:
    answer: Future[Outcome] = Future()
    venue.sequencer.submit(rows, answer.set_result)
    outcome = answer.result(PATIENCE_S)
    if outcome.error is not None:
        raise outcome.error
    events: Rows = outcome.value
    return events


def change(venue: Venue, wanted: Change) -> None:
    answer: Future[Outcome] = Future()
    venue.sequencer.change(wanted, answer.set_result)
    assert answer.result(PATIENCE_S).error is None


def hashes(venue: Venue) -> tuple[int, int, int]:
    answer: Future[Outcome] = Future()
    venue.sequencer.query(
        lambda exchange: (exchange.seq, exchange.state_hash(), exchange.window_hash()), answer.set_result
    )
    value: tuple[int, int, int] = answer.result(PATIENCE_S).value
    return value


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def open_at() -> Iterator[OpenAt]:
    with ExitStack() as venues:

        def open_one(
            path: Path,
            config: Config = QUIET,
            shards: int = 3,
            workers: int = 1,
            clock: Callable[[], int] = time.time_ns,
        ) -> DurableVenue:
            venue = open_venue(path, config, shards, workers, clock=clock)
            venues.callback(venue.stop)
            return venue

        yield open_one


def killed(venue: Venue, data: Path) -> Path:
    """What is on disk while the venue runs: all that a killed process leaves."""
    left = data.with_name(f"{data.name}-killed")
    shutil.rmtree(left, ignore_errors=True)
    shutil.copytree(data, left)
    return left


def test_a_restart_needs_nothing_but_the_directory(data: Path, open_at: OpenAt) -> None:
    venue = open_at(data)
    first = submit(venue, DEPOSIT)
    before = hashes(venue)
    venue.stop()
    again = open_at(data)
    assert hashes(again) == before
    replayed = submit(again, DEPOSIT)
    assert replayed["flags"][0] & EventFlag.REPLAYED
    assert replayed["available"][0] == first["available"][0]


def test_what_was_answered_is_there_after_a_kill(data: Path, open_at: OpenAt) -> None:
    venue = open_at(data, FLOW)
    for part in parts_of(make_commands(SHAPE, seed=3, count=3_000), 30):
        submit_rows(venue, part)
    assert hashes(open_at(killed(venue, data), FLOW)) == hashes(venue)


@pytest.mark.parametrize(("shards", "workers"), [(1, 1), (8, 2)])
def test_the_same_state_at_other_shard_and_worker_counts(
    data: Path, open_at: OpenAt, shards: int, workers: int
) -> None:
    venue = open_at(data, FLOW, 3, clock=lambda: NOON)
    commands = make_commands(SHAPE, seed=4, count=4_000)
    submit_rows(venue, commands[:2_000])
    venue.create_snapshot().result(PATIENCE_S)
    submit_rows(venue, commands[2_000:3_000])
    other = open_at(killed(venue, data), FLOW, shards, workers, clock=lambda: NOON)
    assert other.recovered.snapshot_seq == 2_000 and other.recovered.replayed == 1_000
    assert hashes(other) == hashes(venue)
    assert submit_rows(other, commands[3_000:]).tolist() == submit_rows(venue, commands[3_000:]).tolist()
    assert hashes(other) == hashes(venue)


def test_admin_changes_are_replayed_at_their_place(data: Path, open_at: OpenAt) -> None:
    venue = open_at(data)
    submit(venue, DEPOSIT)
    change(venue, CreateCurrency("DOGE"))
    change(venue, CreateSymbol("DOGE-USDT", 4, 2))
    submit(venue, DEPOSIT._replace(currency=4, request_id=2))
    again = open_at(killed(venue, data))
    assert hashes(again) == hashes(venue)
    assert again.exchange.symbols == venue.exchange.symbols
    assert again.exchange.currencies == venue.exchange.currencies


def test_terms_and_statuses_are_there_after_a_kill_and_after_a_stop(data: Path, open_at: OpenAt) -> None:
    """From the journal, and from the snapshot; what is live stays, whatever the spec says it began with."""
    venue = open_at(data)
    submit(venue, DEPOSIT)
    terms = Terms(Step(1, 1), Step(1, 3), taker_fee_ppm=5, quantity_min="0.01", price_band_ppm=10_000)
    change(venue, CreateSymbol("A-B", 1, 2, SymbolStatus.AUCTION, terms))
    halted = Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=1, type=SymbolStatus.HALTED)
    submit(venue, halted, halted._replace(symbol=4, type=SymbolStatus.TRADING))
    change(venue, UpdateSymbol(1, "renamed", terms=Terms(maker_fee_ppm=3, orders_max=9)))
    submit(venue, Command(kind=CommandKind.SET_ACCOUNT_STATUS, account=1, type=AccountStatus.HALTED))
    killed_one = open_at(killed(venue, data))
    venue.stop()
    stopped_one = open_at(data)
    assert (killed_one.recovered.replayed, stopped_one.recovered.replayed) == (6, 0)
    for again in (killed_one, stopped_one):
        assert hashes(again)[1:] == (venue.exchange.state_hash(), venue.exchange.window_hash())
        assert again.exchange.symbols == venue.exchange.symbols
        assert again.exchange.symbol_statuses() == {
            **dict.fromkeys((2, 3, 4), SymbolStatus.TRADING),
            1: SymbolStatus.HALTED,
        }
        order = Command(kind=CommandKind.PLACE, account=1, symbol=4, price=1, qty=10)
        assert submit(again, order)["reason"].tolist() == [RejectReason.ACCOUNT_HALTED]


def test_a_second_process_is_refused(data: Path, open_at: OpenAt) -> None:
    open_at(data)
    with pytest.raises(DirectoryInUse, match="is in use by process"):
        open_venue(data, QUIET, 1, 1)


def test_a_contradicting_configuration_is_refused_and_leaves_the_directory_free(
    data: Path, open_at: OpenAt
) -> None:
    open_at(data, FLOW).stop()
    other = load_config({"currency": [{"id": 1, "name": "BTC", "scale": 3}]})
    with pytest.raises(ConfigError, match="currency 1"):
        open_venue(data, other, 1, 1)
    open_at(data, FLOW)


def test_limits_given_at_a_later_start_are_journaled(data: Path, open_at: OpenAt) -> None:
    venue = open_at(data)
    submit(venue, DEPOSIT)
    venue.stop()
    tighter = load_config({"limits": {"accounts_max": 2}})  # the fee account and account 1
    venue = open_at(data, tighter)
    refused = submit(venue, DEPOSIT._replace(account=2))
    assert refused["reason"].tolist() == [RejectReason.CAPACITY]
    again = open_at(killed(venue, data))
    assert hashes(again) == hashes(venue)
    assert again.exchange.config.limits.accounts_max == 2


def test_a_snapshot_is_taken_after_so_many_commands(data: Path, open_at: OpenAt) -> None:
    venue = open_at(data, with_storage(FLOW, snapshot_commands=500))
    submit_rows(venue, make_commands(SHAPE, seed=5, count=600))
    wait_until(lambda: bool(list_snapshots(DirectoryNames(data))))


def test_a_snapshot_is_taken_after_so_much_time_if_anything_changed(data: Path, open_at: OpenAt) -> None:
    venue = open_at(data, with_storage(FLOW, snapshot_seconds=1))
    time.sleep(1.5)
    assert list_snapshots(DirectoryNames(data)) == []
    submit(venue, DEPOSIT)
    wait_until(lambda: bool(list_snapshots(DirectoryNames(data))))


def test_a_stop_takes_one_so_that_the_next_start_replays_nothing(data: Path, open_at: OpenAt) -> None:
    venue = open_at(data)
    submit(venue, DEPOSIT)
    venue.stop()
    again = open_at(data)
    assert again.recovered.snapshot_seq == 1 and again.recovered.replayed == 0


def test_snapshots_and_journal_files_that_are_not_needed_go(data: Path, open_at: OpenAt) -> None:
    venue = open_at(data, with_storage(FLOW, journal_file_bytes=65_536, snapshots_kept=2))
    for part in parts_of(make_commands(SHAPE, seed=6, count=20_000), 10):
        submit_rows(venue, part)
        assert venue.history.wait_for(venue.exchange.seq, PATIENCE_S)  # or what it may need is kept too
        venue.create_snapshot().result(PATIENCE_S)
    names = DirectoryNames(data)
    assert len(list_snapshots(names)) == 2
    assert not names.journal_file(1).exists()
    assert hashes(open_at(killed(venue, data), FLOW)) == hashes(venue)


def test_a_damaged_newest_snapshot_is_passed_over_aloud(data: Path, open_at: OpenAt) -> None:
    venue = open_at(data, FLOW)
    commands = make_commands(SHAPE, seed=7, count=3_000)
    for part in parts_of(commands, 3):
        submit_rows(venue, part)
        venue.create_snapshot().result(PATIENCE_S)
    left = killed(venue, data)
    newest = list_snapshots(DirectoryNames(left))[-1][1]
    file = max(newest.iterdir(), key=lambda one: one.stat().st_size)
    file.write_bytes(file.read_bytes()[:-1] + b"\xff")
    said: list[str] = []
    again = open_venue(left, FLOW, 3, 1, say=said.append)
    try:
        assert again.recovered.snapshot_seq == 2_000
        assert len(said) == 1 and str(newest) in said[0]
        assert hashes(again) == hashes(venue)
    finally:
        again.stop()


def test_with_every_snapshot_damaged_the_whole_journal_is_replayed(data: Path, open_at: OpenAt) -> None:
    venue = open_at(data, FLOW)
    submit_rows(venue, make_commands(SHAPE, seed=8, count=1_000))
    venue.create_snapshot().result(PATIENCE_S)
    left = killed(venue, data)
    for _, path in list_snapshots(DirectoryNames(left)):
        Path(path, "manifest.json").write_text("{}")
    again = open_at(left, FLOW)
    assert again.recovered.snapshot_seq == 0
    assert hashes(again) == hashes(venue)


def test_damage_in_the_acknowledged_journal_refuses_the_start(data: Path, open_at: OpenAt) -> None:
    venue = open_at(data, FLOW)
    submit_rows(venue, make_commands(SHAPE, seed=9, count=1_000))
    left = killed(venue, data)
    names = DirectoryNames(left)
    for file in names.journal.iterdir():
        if file.name.endswith("-wal"):
            file.unlink()
    for _ in range(2):  # the second try finds the same
        with pytest.raises(Damaged) as raised:
            open_venue(left, FLOW, 3, 1)
        assert raised.value.seq is not None and str(names.journal) in str(raised.value.file)


def test_an_opening_that_is_given_up_leaves_the_directory_as_it_was(data: Path, open_at: OpenAt) -> None:
    venue = open_at(data, FLOW)
    submit_rows(venue, make_commands(SHAPE, seed=10, count=1_000))
    left = killed(venue, data)

    def give_up(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_venue(left, FLOW, 3, 1, progress=give_up)
    assert hashes(open_at(left, FLOW)) == hashes(venue)


def test_time_never_runs_back_over_a_restart(data: Path, open_at: OpenAt) -> None:
    venue = open_at(data, clock=lambda: NOON)
    submit(venue, DEPOSIT)
    again = open_at(killed(venue, data), clock=lambda: NOON - 10**9)
    submit(again, DEPOSIT._replace(request_id=2))
    (batch,) = again.journal.read_from(1)
    assert isinstance(batch, Batch) and batch.rows["time_ns"].tolist() == [NOON, NOON]


def test_no_thread_is_left_behind(data: Path) -> None:
    before = set(threading.enumerate())
    venue = open_venue(data, QUIET, 3, 1)
    submit(venue, DEPOSIT)
    venue.stop()
    assert set(threading.enumerate()) <= before


def test_a_memory_venue_has_a_history_and_no_snapshots() -> None:
    venue = MemoryVenue(QUIET, 2, 1, lambda error: None)
    try:
        assert submit(venue, DEPOSIT)["kind"].tolist() == [EventKind.DEPOSITED]
        assert venue.storage_status() is None
        with pytest.raises(NotKept):
            venue.create_snapshot()
    finally:
        venue.stop()


def test_the_recovered_exchange_equals_an_uninterrupted_one(data: Path, open_at: OpenAt) -> None:
    commands = make_commands(SHAPE, seed=11, count=6_000)
    path, venue = data, open_at(data, FLOW)
    for part in parts_of(commands, 6):
        submit_rows(venue, part)
        path = killed(venue, path)
        venue = open_at(path, FLOW)
    uninterrupted = Exchange(SHAPE.config, shards=1)
    for record in venue.journal.read_from(1):
        apply_record(uninterrupted, record)
    assert hashes(venue) == (
        uninterrupted.seq,
        uninterrupted.state_hash(),
        uninterrupted.window_hash(),
    )
    assert venue.exchange.check() == []


def test_nothing_is_compiled_once_the_kernels_are_warm(
    data: Path, open_at: OpenAt, warm_kernels: None
) -> None:
    compiled: list[str] = []
    with warm.compilations(lambda name, count: compiled.append(name)):
        venue = open_at(data, FLOW)
        submit_rows(venue, make_commands(SHAPE, seed=12, count=500))
        venue.create_snapshot().result(PATIENCE_S)
        submit_rows(venue, make_commands(SHAPE, seed=13, count=500))
        open_at(killed(venue, data), FLOW, 5)
    assert compiled == []
