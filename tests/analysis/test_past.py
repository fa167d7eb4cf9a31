"""The book at any past moment is the book that there was."""

import os
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache

import numpy as np
import pytest
from rich.console import Console

from benchmarks.flows import SHARED_VARIABLE
from benchmarks.past import messages_of, new_exchange, print_table, tape_commands
from lightning.analysis import BOOK_EVENT, Book, BookEventKind, BookFlow, NotGiven, Recorder, standing
from lightning.analysis.moments import EPOCH, When
from lightning.client.tape import Op, TapeLine
from lightning.codes import CommandKind, Side
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND, Command
from tests.analysis.plain_books import Columns, rebuilt
from tests.flows import make_commands, places_to_cut
from tests.oracle.rows import Rows
from tests.shapes import PLAIN, SHAPES, config

COMMANDS = 250
"""Of each shape."""
MOMENTS = 1_000
SHORT = 20_000
"""Messages, where there is no tape."""
PLACE = Command(kind=CommandKind.PLACE, symbol=1, account=1, price=100, qty=10)
BID, ASK = PLACE, PLACE._replace(account=2, side=Side.SELL)


def shown_in(book: Book) -> Columns:
    return Columns(*(book.orders[name].tolist() for name in Columns._fields))


def shown_by(exchange: Exchange, symbol: int) -> Columns:
    rows = exchange.book_orders(symbol)
    return Columns(*(rows[name].tolist() for name in ("side", "price", "order_id", "leaves_qty")))


def rows_of(*commands: Command) -> Rows:
    return np.array(list(commands), COMMAND)


@cache
def recorded(name: str) -> tuple[dict[int, BookFlow], dict[tuple[int, int], Columns], Counter[str]]:
    """A flow of the shape, recorded from its middle on: flows, books by symbol and seq, kinds of rows met."""
    shape, seed = SHAPES[name], list(SHAPES).index(name)
    commands, cut = make_commands(shape, seed, COMMANDS), random.Random(seed)
    exchange = Exchange(shape.config, shape.ledger, shards=3)
    places = places_to_cut(commands)
    parts = np.split(commands, sorted(cut.sample(places, 3 * len(places) // 4)))
    begin = len(parts) // 8
    for part in parts[:begin]:
        exchange.submit(part)
    books: dict[tuple[int, int], Columns] = {}
    with Recorder(exchange) as recorder:
        for part in [part[:0] for part in parts[:1]] + parts[begin:]:
            exchange.submit(part)
            books |= {(symbol, exchange.seq): shown_by(exchange, symbol) for symbol in exchange.symbols}
    flows = {symbol: recorder.flow(symbol) for symbol in exchange.symbols}
    kinds = Counter(BookEventKind(one).name for flow in flows.values() for one in flow.rows["kind"].tolist())
    return flows, books, kinds


@pytest.mark.parametrize("name", SHAPES)
def test_every_kind_of_flow_gives_its_books_back(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "ROWS_BETWEEN", 8)
    flows, books, _ = recorded(name)
    moments = list(books)
    random.Random(1).shuffle(moments)
    for symbol, seq in moments:
        assert shown_in(flows[symbol].book_at(seq=seq)) == books[symbol, seq]


@pytest.mark.parametrize("name", SHAPES)
def test_the_rows_say_how_much_and_in_order(name: str) -> None:
    for flow in recorded(name)[0].values():
        rows = flow.rows
        assert (np.diff(rows["seq"]) >= 0).all() and (rows["seq"][: flow.opening] == flow.start_seq).all()
        shown: Counter[int] = Counter()
        for row in rows:
            assert row["delta"] == row["qty"] - shown[int(row["order_id"])] != 0
            shown[int(row["order_id"])] = int(row["qty"])
            assert (
                (row["kind"] == BookEventKind.TRADED)
                == (row["trade_id"] != 0)
                == (row["taker_order_id"] != 0)
            )


def test_the_flows_meet_every_kind_of_row() -> None:
    met = sum((recorded(name)[2] for name in SHAPES), Counter[str]())
    assert met.keys() == {kind.name for kind in BookEventKind}


def test_1000_random_moments_equal_a_plain_rebuild() -> None:
    _, commands = messages_of(None if SHARED_VARIABLE in os.environ else SHORT)
    exchange = new_exchange()
    with Recorder(exchange) as recorder:
        events = exchange.submit(commands)
    flow = recorder.flow(1)
    seqs = sorted(random.Random(7).sample(range(flow.end_seq + 1), MOMENTS))
    for seq, expected in zip(seqs, rebuilt(events, seqs), strict=True):
        assert shown_in(flow.book_at(seq=seq)) == expected


@pytest.fixture
def flow() -> BookFlow:
    """An ask of 10, which 4, then 6 are taken of, and a bid of what is left; a second between commands."""
    exchange = Exchange(config(PLAIN), ledger=False)
    with Recorder(exchange) as recorder:
        commands = rows_of(ASK, BID._replace(qty=4), BID._replace(qty=9))
        commands["time_ns"] = [SECOND, 2 * SECOND, 3 * SECOND]
        exchange.submit(commands)
    return recorder.flow(1)


SECOND = 10**9


def test_a_flow_tells_who_traded_with_whom(flow: BookFlow) -> None:
    frame = flow.frame()
    columns = ("seq", "kind", "order_id", "account", "delta", "trade_id", "taker_order_id", "taker_account")
    assert frame.select(columns).rows() == [
        (1, "ADDED", 1, 2, Decimal(10), None, None, None),
        (2, "TRADED", 1, 2, Decimal(-4), 1, 2, 1),
        (3, "TRADED", 1, 2, Decimal(-6), 2, 3, 1),
        (3, "ADDED", 3, 1, Decimal(3), None, None, None),
    ]
    assert frame["price"].to_list() == [Decimal("1.00")] * 4
    assert frame["time"].to_list() == [EPOCH + timedelta(seconds=one) for one in (1, 2, 3, 3)]


@pytest.mark.parametrize(
    ("time_ns", "asks", "bids"),
    [(0, 0, 0), (SECOND - 1, 0, 0), (SECOND, 10, 0), (2 * SECOND, 6, 0), (3 * SECOND, 0, 3), (10**18, 0, 3)],
)
def test_a_time_is_after_all_that_happened_at_it(flow: BookFlow, time_ns: int, asks: int, bids: int) -> None:
    whens: list[When] = [np.datetime64(time_ns, "ns")]
    if time_ns % 1000 == 0:
        whens += [EPOCH + timedelta(microseconds=time_ns // 1000)]
        whens += [whens[-1].replace(tzinfo=None)]  # type: ignore[union-attr]
    for book in (flow.book_at(time_ns=time_ns), *(flow.book_at(one) for one in whens)):
        assert [int(side[:, 1].sum()) for side in (book.asks, book.bids)] == [asks, bids]


def test_each_row_has_the_time_of_its_own_command() -> None:
    exchange = Exchange(config(PLAIN), ledger=False)
    commands = rows_of(PLACE._replace(qty=0), ASK, PLACE._replace(qty=0), BID)
    commands["time_ns"] = [10, 20, 30, 40]
    with Recorder(exchange) as recorder:
        exchange.submit(commands)
    assert recorder.flow(1).rows[["seq", "time_ns"]].tolist() == [(2, 20), (4, 40)]


def test_a_book_leads_to_its_other_moments(flow: BookFlow) -> None:
    book = flow.book_at()
    assert (book.seq, book.time, book.best_bid, book.best_ask) == (
        3,
        EPOCH + timedelta(seconds=3),
        Decimal("1.00"),
        None,
    )
    assert book.at(2).asks.tolist() == [[100, 6, 1]]
    assert book.at(EPOCH).seq == 0


def test_moments_that_the_flow_does_not_have() -> None:
    exchange = Exchange(config(PLAIN), ledger=False)
    exchange.submit(rows_of(ASK, ASK))
    with Recorder(exchange) as recorder:
        exchange.submit(rows_of(BID._replace(price=99)))
        early = recorder.flow(1)
        exchange.submit(rows_of(BID._replace(price=98)))
    exchange.submit(rows_of(BID._replace(price=97)))
    flow = recorder.flow(1)
    assert (early.opening, early.start_seq, early.end_seq, len(early)) == (2, 2, 3, 3)
    assert (flow.start_seq, flow.end_seq, len(flow)) == (2, 4, 4)
    assert len(flow.book_at(seq=2).orders) == 2
    for seq in (1, 5, -1):
        with pytest.raises(LookupError, match=f"seq {seq} is not in this flow, which has 2 to 4"):
            flow.book_at(seq=seq)
    with pytest.raises(LookupError, match="is before this flow"):
        BookFlow(flow.symbol, flow.rows, start_time_ns=SECOND).book_at(time_ns=0)
    with pytest.raises(TypeError, match="a moment is"):
        flow.book_at("now")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="give one of"):
        flow.book_at(seq=2, time_ns=3)


def test_a_symbol_of_later_is_followed_too() -> None:
    exchange = Exchange(config(PLAIN), ledger=False)
    with Recorder(exchange) as recorder:
        exchange.submit(rows_of(ASK))
        exchange.create_symbol(replace(exchange.symbols[1], id=2, name="later"))
        exchange.submit(rows_of(ASK._replace(symbol=2)))
    assert len(recorder.flow(2)) == 1 and recorder.flow(2).start_seq == 1
    with pytest.raises(KeyError):
        recorder.flow(3)


def test_a_book_has_queues_and_levels() -> None:
    exchange = Exchange(config(PLAIN), ledger=False)
    with Recorder(exchange) as recorder:
        bids = [BID._replace(price=price, qty=qty) for price, qty in ((99, 5), (100, 7), (99, 2))]
        exchange.submit(rows_of(*bids, ASK._replace(price=103, qty=1)))
    book = recorder.flow(1).book_at()
    assert book.bids.tolist() == [[100, 7, 1], [99, 7, 2]] and book.asks.tolist() == [[103, 1, 1]]
    assert (book.mid, book.spread) == (Decimal("1.015"), Decimal("0.03"))
    assert book.frame().rows() == [
        ("BUY", 1, Decimal("1.00"), Decimal(7), 1),
        ("BUY", 2, Decimal("0.99"), Decimal(7), 2),
        ("SELL", 1, Decimal("1.03"), Decimal(1), 1),
    ]
    assert book.queues().rows() == [
        ("BUY", Decimal("1.00"), 1, 2, Decimal(7), Decimal(0)),
        ("BUY", Decimal("0.99"), 1, 1, Decimal(5), Decimal(0)),
        ("BUY", Decimal("0.99"), 2, 3, Decimal(2), Decimal(5)),
        ("SELL", Decimal("1.03"), 1, 4, Decimal(1), Decimal(0)),
    ]
    assert book.queue(Side.BUY, 99)["order_id"].tolist() == [1, 3]
    assert book.queue(Side.SELL, 99)["order_id"].tolist() == []
    assert book.head(1).orders["order_id"].tolist() == [2, 4]
    with pytest.raises(ValueError, match="read-only"):
        book.orders["qty"][0] = 1
    empty = recorder.flow(1).book_at(seq=0)
    assert (empty.best_bid, empty.mid, empty.spread, len(empty.frame()), len(empty.queues())) == (
        *[None] * 3,
        0,
        0,
    )
    with pytest.raises(NotGiven, match="keeps no past"):
        Book(book.symbol, book.orders.copy(), 0).at(1)


def test_rows_are_of_the_right_kind() -> None:
    with pytest.raises(TypeError, match="BOOK_EVENT"):
        BookFlow(Exchange().symbols[1], np.zeros(3, COMMAND))
    nothing = BookFlow(Exchange().symbols[1], np.zeros(0, BOOK_EVENT))
    assert (nothing.end_seq, len(nothing.book_at().orders), len(nothing.frame())) == (0, 0, 0)


def test_the_benchmark_prints_its_table() -> None:
    console = Console(record=True, width=200)
    print_table(1, console, messages=3_000)
    lines = console.export_text().splitlines()
    assert "3,000 messages" in lines[0] and "median, ms" in lines[2]


def test_a_tape_has_the_venues_times() -> None:
    lines = [
        TapeLine(op, order_id, True, 10, 1, (), True)
        for op, order_id in (
            (Op.OPENING, 5),
            (Op.PLACE, 8_192),
            (Op.PLACE, 4_096_000 + 8_192),
            (Op.CANCEL, 5),
        )
    ]
    rows = tape_commands(lines)
    assert (rows["time_ns"] - rows["time_ns"][0]).tolist() == [0, 0, SECOND, SECOND]
    assert rows["kind"].tolist() == [*[CommandKind.PLACE] * 3, CommandKind.CANCEL]
