"""One exchange, opened from everything that it can be opened from: all tell the same."""

import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lightning import analysis
from lightning.analysis import Market, NotGiven, Recorder, in_process
from lightning.analysis.directory import DirectoryMarket, SnapshotMarket
from lightning.analysis.in_process import ExchangeMarket
from lightning.analysis.moments import EPOCH
from lightning.analysis.parquet import ParquetMarket
from lightning.analysis.remote import ServerMarket
from lightning.analysis.remote_recorder import ToldBook
from lightning.client import Client, LightningError
from lightning.client.model.market import BookOrderAction, BookOrderChange, BookOrdersUpdate
from lightning.codes import CommandKind, Side
from lightning.config import load_config
from lightning.engine.changes import CreateCurrency
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND, Command
from lightning.storage.directory import DirectoryNames
from lightning.storage.export import export
from lightning.storage.snapshots import list_snapshots
from lightning.storage.venue import DurableVenue, MemoryVenue, open_venue
from tests.conftest import LOOPBACK, run_server
from tests.flows import make_commands, parts_of
from tests.shapes import SHAPES, Shape
from tests.test_venue import PATIENCE_S, change, submit_rows, wait_until, with_storage

SHAPE: Shape = SHAPES["auction"]
CONFIG = with_storage(load_config({**SHAPE.config, "server": LOOPBACK}))
COUNT = 1_200
PARTS = 40
SECOND = 10**9
NOON = 1_750_000_000 * SECOND
SNAPSHOT_PART = 24


class Clock:
    """A second for each batch."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> int:
        return self.now


class Written:
    """A directory that a venue was stopped on, and what its books were after each batch."""

    def __init__(self, path: Path) -> None:
        self.path, clock = path, Clock()
        venue = open_venue(path, CONFIG, 3, 1, clock=clock)
        self.times: dict[int, int] = {}
        self.hashes: dict[int, int] = {}
        for number, part in enumerate(parts_of(make_commands(SHAPE, seed=4, count=COUNT), PARTS)):
            clock.now += SECOND
            submit_rows(venue, part)
            if number == SNAPSHOT_PART:
                self.snapshot_seq = venue.create_snapshot().result(PATIENCE_S).seq
            self.times[venue.exchange.seq] = clock.now
            self.hashes[venue.exchange.seq] = venue.exchange.state_hash()
        self.exchange = venue.exchange
        venue.stop()
        export(DirectoryNames(path).history, path / "parquet")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, warm_kernels: None) -> Written:
    return Written(tmp_path_factory.mktemp("written") / "data")


@pytest.fixture(scope="module")
def markets(written: Written) -> Iterator[dict[str, Market]]:
    """The server has the directory while it is opened."""
    snapshot = list_snapshots(DirectoryNames(written.path))[-1][1]
    with run_server(CONFIG, open_venue(written.path, CONFIG, 2, 1)) as server:
        found = {
            "process": analysis.open(written.exchange),
            "directory": analysis.open(written.path),
            "snapshot": analysis.open(snapshot),
            "parquet": analysis.open(str(written.path / "parquet")),
            "server": analysis.open(server.address),
        }
        yield found
        for market in found.values():
            market.close()


def of(markets: dict[str, Market], *names: str) -> list[Market]:
    return [markets[name] for name in names]


def assert_equal(frames: list[pl.DataFrame]) -> None:
    for frame in frames[1:]:
        assert frame.schema == frames[0].schema
        assert frame.equals(frames[0])


def test_each_target_opens_what_it_is(markets: dict[str, Market], written: Written) -> None:
    kinds = [ExchangeMarket, DirectoryMarket, SnapshotMarket, ParquetMarket, ServerMarket]
    assert [type(market) for market in markets.values()] == kinds
    assert type(
        analysis.open(written.path / "snapshots" / f"{written.exchange.seq:020}" / "manifest.json")
    ) is (SnapshotMarket)
    seqs = {market.seq for market in of(markets, "process", "directory", "snapshot", "server")}
    assert seqs == {written.exchange.seq}


def test_all_tell_the_same_symbols(markets: dict[str, Market]) -> None:
    told = of(markets, "process", "directory", "snapshot", "server")
    assert_equal([market.symbols.frame() for market in told])
    for market in told:
        assert market.symbols.named("A-B-1") is market.symbols.named(1) is not None
        with pytest.raises(KeyError, match="there is no symbol 'C-A'; there are: 1 A-B-1"):
            market.symbols.named("C-A")


def test_all_tell_the_same_book(markets: dict[str, Market]) -> None:
    books = [market.book("A-B-1") for market in of(markets, "process", "directory", "snapshot", "server")]
    assert len(books[0].frame()) > 10
    assert_equal([book.frame() for book in books])
    assert_equal([book.queues() for book in books])
    assert {book.seq for book in books} == {markets["process"].seq}
    accounts = [book.orders["account"] for book in books]
    assert accounts[0].all() and (accounts[0] == accounts[1]).all() and not accounts[3].any()
    assert len(markets["server"].book(1, levels=2).bids) == 2


def test_all_tell_the_same_orders(markets: dict[str, Market]) -> None:
    told = of(markets, "process", "directory", "snapshot")
    frames = [market.orders().frame() for market in told]
    assert len(frames[0]) > 20
    assert_equal(frames)
    exported = markets["parquet"].orders().frame()
    known = exported.columns[: exported.columns.index("stop_price")]
    assert_equal([exported.select(known), frames[0].select(known)])
    assert exported.schema == frames[0].schema
    account = int(frames[0]["account"][0])
    told = of(markets, "process", "directory", "snapshot", "server")
    assert_equal([market.orders(account=account).frame() for market in told])
    assert_equal([market.orders("A-B-1", account).frame() for market in told])
    assert_equal([market.orders(1).frame() for market in told[:3]])


def test_all_tell_the_same_balances(markets: dict[str, Market]) -> None:
    told = of(markets, "process", "directory", "snapshot")
    frames = [market.balances().frame() for market in told]
    assert len(frames[0]) > 10
    assert_equal(frames)
    columns = ["account", "currency_id", "currency", "total"]
    exported = markets["parquet"].balances().frame()
    assert_equal([exported.select(columns), frames[0].select(columns)])
    assert exported.schema == frames[0].schema and exported["held"].null_count() == len(exported)
    account = int(frames[0]["account"][-1])
    told = of(markets, "process", "directory", "snapshot", "server")
    assert_equal([market.balances(account).frame() for market in told])


def test_all_tell_the_same_trades(markets: dict[str, Market]) -> None:
    told = list(markets.values())
    frames = [market.trades("A-B-1").frame() for market in told]
    assert len(frames[0]) > 10
    assert_equal(frames)
    assert_equal([market.trades(1, last=7).frame() for market in told])
    assert_equal([market.trades(1, last=0).frame() for market in told])


def test_what_a_source_does_not_have_says_who_has(markets: dict[str, Market]) -> None:
    parquet, server, snapshot = of(markets, "parquet", "server", "snapshot")
    with pytest.raises(
        NotGiven, match=r"a Parquet export does not give books; open a server, a data directory"
    ):
        parquet.book(1)
    with pytest.raises(NotGiven, match="a Parquet export does not give symbols"):
        parquet.symbols  # noqa: B018
    with pytest.raises(NotGiven, match="has decimals, no ticks and lots"):
        parquet.trades(1).array  # noqa: B018
    for ask in (server.orders, server.balances):
        with pytest.raises(NotGiven, match=r"give account=\.\.\., or open its data directory"):
            ask()
    for market in (server, snapshot):
        with pytest.raises(NotGiven, match=r"does not give what happened to a book; call record\(\)"):
            market.flow(1)
        with pytest.raises(NotGiven, match="does not give what happened"):
            market.book(1, at=3)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="this is no data directory"):
        analysis.open(tmp_path)
    with pytest.raises(NotGiven, match="lightning export --orders"):
        ParquetMarket(tmp_path).orders()
    with pytest.raises(LightningError):
        ServerMarket("127.0.0.1:1", Client("127.0.0.1:1", timeout=0.2))


def test_a_directory_is_opened_at_any_moment(written: Written) -> None:
    market = DirectoryMarket(written.path)
    assert market.time_ns == written.times[market.seq]
    for seq in list(written.hashes)[::7]:
        for when in (
            seq,
            np.datetime64(written.times[seq], "ns"),
            EPOCH + (written.times[seq] // SECOND) * S,
        ):
            past = market.at(when)
            assert (past.seq, past.time_ns) == (seq, written.times[seq])
            assert past.exchange.state_hash() == written.hashes[seq]
    assert market.at(written.snapshot_seq + 1).seq == written.snapshot_seq + 1
    assert market.at(EPOCH).seq == 0 and market.at(np.datetime64(2**62, "ns")).seq == COUNT
    with pytest.raises(
        LookupError, match=f"seq {COUNT + 1} is not in the journal, which ends at seq {COUNT}"
    ):
        market.at(COUNT + 1)
    with pytest.raises(LookupError, match="there is no seq -1"):
        market.at(-1)


def test_a_directorys_flow_is_all_that_happened(written: Written) -> None:
    exchange = Exchange(SHAPE.config)
    with Recorder(exchange) as recorder:
        for part in np.split(make_commands(SHAPE, seed=4, count=COUNT), list(written.times)[:-1]):
            part["time_ns"] = written.times[exchange.seq + len(part)]
            exchange.submit(part)
    market = DirectoryMarket(written.path)
    for symbol in exchange.symbols:
        found, expected = market.flow(symbol), recorder.flow(symbol)
        assert found.rows.tobytes() == expected.rows.tobytes() and len(found) > 100
        assert (found.start_seq, found.end_seq, found.end_time_ns) == (0, COUNT, market.time_ns)
        assert market.flow(symbol) is found


def test_a_part_of_a_journal_begins_at_the_snapshot_before_it(written: Written) -> None:
    market = DirectoryMarket(written.path)
    after = written.snapshot_seq + 5
    begin = written.snapshot_seq
    part = market.flow("A-B-1", start=after, end=after + 50)
    assert (part.start_seq, part.start_time_ns, part.end_seq) == (begin, written.times[begin], after + 50)
    assert part.opening == len(market.at(begin).book(1).orders) > 0
    whole = market.flow(1)
    for seq in (begin, after, after + 50):
        assert part.book_at(seq=seq).queues().equals(whole.book_at(seq=seq).queues())


def test_a_book_of_the_past_takes_the_part_that_it_is_in(written: Written) -> None:
    market = DirectoryMarket(written.path)
    book = market.book("A-B-1", at=written.snapshot_seq + 5)
    assert book.queues().equals(market.at(written.snapshot_seq + 5).book(1).queues())
    [part] = market._flows[1]
    assert (part.start_seq, part.end_seq) == (written.snapshot_seq, COUNT)
    early = book.at(7)
    assert early.queues().equals(market.at(7).book(1).queues())
    assert [(one.start_seq, one.end_seq) for one in market._flows[1]] == [
        (written.snapshot_seq, COUNT),
        (0, written.snapshot_seq),
    ]
    assert book.at(np.datetime64(2**62, "ns")).queues().equals(market.book(1).queues())
    assert len(market._flows[1]) == 2
    with pytest.raises(LookupError, match=f"seq {COUNT + 1} is not in this market"):
        book.at(COUNT + 1)


def test_a_directory_that_is_written_to(tmp_path: Path, warm_kernels: None) -> None:
    clock = Clock()
    venue = open_venue(tmp_path / "data", CONFIG, 3, 1, clock=clock)
    try:
        for number, part in enumerate(parts_of(make_commands(SHAPE, seed=5, count=400), 8)):
            clock.now += SECOND
            submit_rows(venue, part)
            if number == 3:
                change(venue, CreateCurrency("later"))
                venue.create_snapshot().result(PATIENCE_S)
            market = DirectoryMarket(tmp_path / "data")
            assert market.exchange.state_hash() == venue.exchange.state_hash()
            assert market.book(1, at=market.seq).queues().equals(market.book(1).queues())
        busy = threading.Thread(target=keep_busy, args=(venue,))
        busy.start()
        seqs = [DirectoryMarket(tmp_path / "data").seq for _ in range(5)]
        busy.join()
        assert seqs == sorted(seqs)
        assert market.refreshed().exchange.state_hash() == venue.exchange.state_hash()
    finally:
        venue.stop()


def keep_busy(venue: DurableVenue) -> None:
    for _ in range(100):
        submit_rows(venue, DEPOSIT)


S = timedelta(seconds=1)
DEPOSIT = np.array([Command(kind=CommandKind.DEPOSIT, account=1, currency=1, amount=1)], COMMAND)


def test_trades_that_the_exchange_forgot_are_in_the_history(
    written: Written, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(in_process, "TRADES_KEPT", 10)
    market, process = DirectoryMarket(written.path), ExchangeMarket(written.exchange)
    assert len(process.trades(1)) == 10
    monkeypatch.undo()
    expected = process.trades(1).frame()
    monkeypatch.setattr(in_process, "TRADES_KEPT", 10)
    assert market.trades(1).frame().equals(expected)
    assert market.trades(1, last=25).frame().equals(expected.tail(25))
    lost = Path(shutil.copytree(written.path, tmp_path / "data"))
    (lost / "history.sqlite").unlink()
    with pytest.raises(NotGiven, match="there is no history of older trades"):
        DirectoryMarket(lost).trades(1)


def test_views_of_the_tables_are_live_and_read_only() -> None:
    exchange = Exchange(SHAPE.config, ledger=False, shards=1)
    market = ExchangeMarket(exchange)
    tables = market.tables()
    exchange.submit(np.array([Command(kind=CommandKind.PLACE, symbol=1, account=1, price=9, qty=4)], COMMAND))
    assert tables.orders[0, 0]["leaves"] == 4
    assert np.shares_memory(tables.orders, exchange._state.books.orders)
    for table in tables:
        with pytest.raises(ValueError, match="read-only"):
            table[0, 0] = 0
    with pytest.raises(ValueError, match="read-only"):
        market.orders().array["qty"] = 1


def test_an_exchange_in_process_has_a_past_once_it_is_recorded() -> None:
    market = ExchangeMarket(Exchange(SHAPE.config))
    commands = make_commands(SHAPE, seed=6, count=200)
    market.exchange.submit(commands[:100])
    before = market.book(1)
    market.record()
    market.exchange.submit(commands[100:])
    assert market.book(1, at=100).queues().equals(before.queues())
    assert market.book(1).at(200).queues().equals(market.book(1).queues())
    market.close()
    with pytest.raises(NotGiven):
        market.flow(1)


COLUMNS = ["seq", "order_id", "price", "qty", "delta", "kind", "side", "trade_id", "taker_order_id"]


@pytest.mark.parametrize("name", ["iceberg", "auction"])
def test_a_server_is_recorded_since_it_was_asked_to(name: str) -> None:
    config = load_config({**SHAPES[name].config, "server": LOOPBACK})
    commands = make_commands(SHAPES[name], seed=7, count=300)
    venue = MemoryVenue(config, 2, 1)
    submit_rows(venue, commands[:100])
    with run_server(config, venue) as server, ServerMarket(server.address) as market:
        market.record("A-B-1")
        recorder = Recorder(venue.exchange)
        for row in commands[100:]:
            submit_rows(venue, np.array([row], COMMAND))
        expected = recorder.flow(1)
        wait_until(lambda: market.flow(1).end_seq == expected.rows["seq"][-1])
        found = market.flow(1)
        assert found.opening == expected.opening > 0
        assert (found.rows[COLUMNS] == expected.rows[COLUMNS]).all()
        assert set(found.rows["kind"].tolist()) >= {1, 3, 4}
        assert market.book(1, at=200).queues().equals(expected.book_at(200).queues())
        with pytest.raises(NotGiven):
            market.flow(2)


def test_what_a_server_left_out_is_a_gap() -> None:
    symbol = Exchange().symbols[1]
    told = ToldBook(symbol)
    for seq, snapshot, order_ids in (
        (5, True, [1, 2]),
        (6, False, [3]),
        (9, True, [2, 7]),
        (9, True, [2, 7]),
    ):
        changes = [
            BookOrderChange(BookOrderAction.ADDED, one, Side.BUY, Decimal("1.5"), Decimal(one))
            for one in order_ids
        ]
        told.take(BookOrdersUpdate(1, seq, 0 if snapshot else 5, snapshot, tuple(changes), seq * SECOND))
    flow = told.flow(3, [])
    assert told.gaps == [(6, 9)] and (flow.opening, flow.end_seq) == (2, 9)
    assert [flow.book_at(seq=seq).orders["order_id"].tolist() for seq in (5, 6, 9)] == [
        [1, 2],
        [1, 2, 3],
        [2, 7],
    ]
    assert flow.rows["delta"].tolist() == [lots * 10**6 for lots in (1, 2, 3, -1, -2, -3, 2, 7)]
