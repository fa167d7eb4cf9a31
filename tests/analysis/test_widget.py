"""The kernel's half of the widgets, without a browser."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest
import traitlets

from lightning import COMMAND, Command, Exchange
from lightning.analysis.past import BookFlow
from lightning.analysis.pictures.units import Levels
from lightning.analysis.widget import BookWidget, ReplayWidget
from lightning.analysis.widget.pace import Pace
from lightning.codes import CommandKind, Side, SymbolStatus
from lightning.engine.exchange import Exchange as EngineExchange
from tests.analysis.toy_book import BTC, START_NS, ToyBook

BOOK = Levels(BTC, np.array([[5_000_000, 2_000_000, 3]]), np.array([[5_000_100, 1, 1], [5_000_200, 1, 1]]))


@pytest.fixture
def widget() -> Iterator[BookWidget]:
    found = BookWidget(BTC, levels=1)
    yield found
    found.close()


def until(widget: BookWidget, moment: str) -> None:
    """Waits for a book that a thread shows."""
    shown = threading.Event()

    def look(_: object = None) -> None:
        if widget.book["moment"] == moment:
            shown.set()

    widget.observe(look, "book")
    look()
    assert shown.wait(30)


def test_a_book_is_told_as_decimal_text(widget: BookWidget) -> None:
    widget.show(BOOK, "now", SymbolStatus.HALTED)
    assert widget.symbol == {"name": "BTC-USDT", "tick": "0.01", "lot": "0.000001"}
    assert widget.book == {
        "bids": [["50000.0", "2.0", "3"]],
        "asks": [["50001.0", "0.000001", "1"]],
        "status": "SYMBOL_STATUS_HALTED",
        "moment": "now",
    }


def test_a_clients_book_is_told_as_it_is(widget: BookWidget) -> None:
    widget.show(SimpleNamespace(bids=[(Decimal("1E+2"), Decimal("0.50"), 2)], asks=(), seq=12))
    assert widget.book["bids"] == [["100", "0.50", "2"]]
    assert widget.book["moment"] == "seq 12"


def test_of_books_that_come_too_fast_the_last_is_told(widget: BookWidget) -> None:
    told = []
    widget.observe(lambda change: told.append(change["new"]["moment"]), "book")
    for turn in range(1_000):
        widget.show(BOOK, f"turn {turn}")
    until(widget, "turn 999")
    assert told[0] == "turn 0"
    assert len(told) < 1_000


def test_a_pace_passes_on_the_first_at_once_and_the_last_later() -> None:
    passed, done = list[int](), threading.Event()

    def pass_on(value: int) -> None:
        passed.append(value)
        if value == 99:
            done.set()

    pace = Pace[int](pass_on, every_s=0.2)
    for value in range(100):
        pace.put(value)
        if value == 0:
            assert passed == [0]
    assert done.wait(30)
    assert passed[0] == 0 and passed == sorted(set(passed))


def test_an_iterable_is_read_by_a_thread(widget: BookWidget) -> None:
    read = threading.Event()

    def books() -> Iterator[SimpleNamespace]:
        for seq in range(5):
            yield SimpleNamespace(bids=[], asks=[], seq=seq)
        read.set()

    widget.follow(books())
    until(widget, "seq 4")
    assert read.wait(30)


def test_what_was_followed_before_is_no_longer_shown(widget: BookWidget) -> None:
    go_on, given = threading.Event(), threading.Event()

    def books() -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(bids=[], asks=[], seq=1)
        assert go_on.wait(30)
        yield SimpleNamespace(bids=[], asks=[], seq=2)
        given.set()
        yield SimpleNamespace(bids=[], asks=[], seq=3)

    widget.follow(books())
    until(widget, "seq 1")
    widget.stop()
    go_on.set()
    widget.show(BOOK, "by hand")
    until(widget, "by hand")
    assert not given.is_set()  # it was left at the book that came after the end


async def test_an_async_iterable_is_read_in_the_loop(widget: BookWidget) -> None:
    async def books() -> AsyncIterator[SimpleNamespace]:
        for seq in range(3):
            yield SimpleNamespace(bids=[], asks=[], seq=seq)
            await asyncio.sleep(0)

    widget.follow(books())
    await asyncio.to_thread(until, widget, "seq 2")


async def test_an_exchange_is_looked_at_as_it_goes_on(warm_kernels: None, widget: BookWidget) -> None:
    exchange = Exchange(ledger=False)
    assert isinstance(exchange, EngineExchange)
    order = Command(kind=CommandKind.PLACE, account=1, symbol=1, side=Side.BUY, price=5_000_000, qty=250_000)
    widget.follow(exchange)
    await asyncio.to_thread(until, widget, "seq 0")
    exchange.submit(np.array([order, order], COMMAND))
    await asyncio.to_thread(until, widget, "seq 2")
    assert widget.book["bids"] == [["50000.0", "0.5", "2"]]
    exchange.submit(np.array([order], COMMAND))
    widget.look()
    await asyncio.to_thread(until, widget, "seq 3")
    widget.show(BOOK, "by hand")
    widget.look()  # nothing has happened since
    await asyncio.to_thread(until, widget, "by hand")
    await asyncio.sleep(0.3)
    assert widget.book["moment"] == "by hand"


def test_an_exchange_cannot_be_followed_without_a_loop(warm_kernels: None, widget: BookWidget) -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        widget.follow(Exchange(ledger=False))


def ten_bids() -> BookFlow:
    book = ToyBook()
    for price in range(10):
        book.add(Side.BUY, 100 + price, 1_000_000)
    return book.flow(opening=2)


def test_a_replay_answers_with_the_book_of_its_position() -> None:
    replay = ReplayWidget(ten_bids(), by="seq", levels=1)
    assert (replay.positions, replay.answered, replay.ends) == (8, 0, ["seq 3", "seq 10"])
    assert replay.book["bids"] == [["1.02", "1.0", "1"]]
    replay.position = 7
    assert (replay.answered, replay.book["moment"]) == (7, "seq 10")
    assert replay.book["bids"] == [["1.09", "1.0", "1"]]
    replay.position = 1_000
    assert replay.position == 7


def test_a_replay_by_time_has_positions_equally_far_apart() -> None:
    replay = ReplayWidget(ten_bids(), levels=1)
    assert replay.moments[[0, -1]].tolist() == [START_NS + n * 1_000_000_000 for n in (3, 10)]
    assert set(np.diff(replay.moments).tolist()) <= {700_000, 700_001, 699_999}
    replay.position = 5_000
    assert replay.book["moment"] == "2023-11-14 22:13:26.500"
    assert replay.book["bids"] == [["1.05", "1.0", "1"]]


def test_a_replay_of_one_time_is_by_seq() -> None:
    rows = ten_bids().rows.copy()
    rows["time_ns"] = START_NS
    assert ReplayWidget(BookFlow(BTC, rows, opening=2)).ends == ["seq 3", "seq 10"]


def test_a_replay_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to replay"):
        ReplayWidget(BookFlow(BTC, ten_bids().rows[:0]))


def test_a_replay_that_fails_once_can_be_moved_on() -> None:
    class Broken(SimpleNamespace):
        def book_at(self, *, seq: int | None = None, time_ns: int | None = None) -> Levels:
            if seq == 5:
                raise LookupError("no such moment")
            return BOOK

    replay = ReplayWidget(Broken(symbol=BTC, rows=ten_bids().rows, opening=0), by="seq", levels=1)
    with pytest.raises(LookupError):
        replay.position = 4
    assert replay.answered == 4
    replay.position = 5
    assert (replay.answered, replay.book["moment"]) == (5, "seq 6")


def test_what_a_widget_tells_is_a_trait() -> None:
    assert {"symbol", "book", "height", "picked"} <= set(BookWidget(BTC).traits(sync=True))
    assert isinstance(BookWidget.book, traitlets.Dict)
