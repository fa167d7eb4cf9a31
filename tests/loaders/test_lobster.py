"""LOBSTER files become orders, and the exchange has the file's book behind every message."""

import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from lightning.analysis.loaders import LOBSTER_CONFIG, LoadError, OrderStream, play, read_lobster
from lightning.codes import CommandKind, EventKind, Side, TimeInForce
from lightning.config import Config, load_config
from lightning.engine.exchange import Exchange
from tests.loaders.lobster_venue import NO_ASK, NO_BID, Venue, trading_venue

NS = 10**9
MIDNIGHT_NS = 1_340_251_200 * NS  # 2012-06-21 04:00 UTC, midnight in New York

# Two levels; before the first message:
#   bids                        asks
#   99.90  100 (20), 30 (?)     100.10  70 (21), 50 (22)
#   99.80  200 (?)              100.20  40 (?)
MESSAGES = """\
34200.000000001,1,1001,60,999000,1
34200.1,4,21,70,1001000,-1
34200.100000000,4,22,30,1001000,-1
34201.5,2,1001,20,999000,1
34201.500000001,5,0,25,1000500,1
34202,3,22,20,1001000,-1
34202.25,6,-1,500,1000000,-1
34202.5,7,0,0,-1,-1
34203.5,7,0,0,0,-1
34204.5,7,0,0,1,-1
34205,4,20,100,999000,1
"""
BOOK = """\
1001000,120,999000,190,1002000,40,998000,200
1001000,50,999000,190,1002000,40,998000,200
1001000,20,999000,190,1002000,40,998000,200
1001000,20,999000,170,1002000,40,998000,200
1001000,20,999000,170,1002000,40,998000,200
1002000,40,999000,170,1004000,80,998000,200
1002000,40,999000,170,1004000,80,998000,200
1002000,40,999000,170,1004000,80,998000,200
1002000,40,999000,170,1004000,80,998000,200
1002000,40,999000,170,1004000,80,998000,200
1002000,40,999000,70,1004000,80,998000,200
"""


@pytest.fixture
def config() -> Config:
    return load_config(tomllib.loads(LOBSTER_CONFIG))


def files(directory: Path, messages: str = MESSAGES, book: str = BOOK) -> tuple[Path, Path]:
    message_file = directory / "SHARE_2012-06-21_34200000_57600000_message_2.csv"
    orderbook_file = directory / "SHARE_2012-06-21_34200000_57600000_orderbook_2.csv"
    message_file.write_text(messages)
    orderbook_file.write_text(book)
    return message_file, orderbook_file


def read(directory: Path, config: Config, messages: str = MESSAGES, book: str = BOOK) -> OrderStream:
    return read_lobster(*files(directory, messages, book), config.symbols[0])


def depth_row(exchange: Exchange, levels: int) -> list[tuple[int, int]]:
    """As a row of the order book file: (price, size), asks and bids in turn."""
    depth = exchange.depth(1, levels)
    row = []
    for level in range(levels):
        for side, empty in ((depth.asks, NO_ASK), (depth.bids, NO_BID)):
            shown = level < len(side)
            row.append((int(side[level, 0]) * 100, int(side[level, 1])) if shown else (empty, 0))
    return row


def check_every_row(stream: OrderStream, book: npt.NDArray[np.int64], config: Config) -> None:
    """Play the commands of one line after the other; behind each, the exchange has the file's row."""
    exchange = Exchange(config, ledger=False)
    ends = np.searchsorted(stream.lines, np.arange(len(book) + 1), side="right")
    first = 0
    for line, end in enumerate(ends.tolist()):
        exchange.submit(stream.commands[first:end])
        first = end
        if line:
            shown = [tuple(pair) for pair in book[line - 1].reshape(-1, 2).tolist()]
            assert depth_row(exchange, book.shape[1] // 4) == shown, f"line {line}"


def book_of(text: str) -> npt.NDArray[np.int64]:
    return np.array([[int(cell) for cell in line.split(",")] for line in text.splitlines()])


def words(stream: OrderStream) -> list[tuple[int, ...]]:
    """(line, kind, side, IOC, client order id, ticks, lots)"""
    columns = ("kind", "side", "tif", "client_order_id", "price", "qty")
    rows = (stream.commands[name].tolist() for name in columns)
    return list(zip(stream.lines.tolist(), *rows, strict=True))


PLACE, AMEND, CANCEL = CommandKind.PLACE, CommandKind.AMEND, CommandKind.CANCEL
BUY, SELL, GTC, IOC = Side.BUY, Side.SELL, TimeInForce.GTC, TimeInForce.IOC


def test_every_event_type_becomes_what_it_means(tmp_path: Path, config: Config) -> None:
    stream = read(tmp_path, config)
    assert sorted(words(stream)[:6]) == [
        # the ids 1002 and on are made up: nobody is named
        (0, PLACE, BUY, GTC, 20, 9_990, 100),
        (0, PLACE, BUY, GTC, 1002, 9_990, 30),
        (0, PLACE, BUY, GTC, 1004, 9_980, 200),
        (0, PLACE, SELL, GTC, 21, 10_010, 70),
        (0, PLACE, SELL, GTC, 22, 10_010, 50),
        (0, PLACE, SELL, GTC, 1003, 10_020, 40),
    ]
    assert words(stream)[6:] == [
        (1, PLACE, BUY, GTC, 1001, 9_990, 60),
        (2, PLACE, BUY, IOC, 1005, 10_010, 70),
        (3, PLACE, BUY, IOC, 1006, 10_010, 30),
        (4, AMEND, BUY, GTC, 1001, 9_990, 40),
        (6, CANCEL, BUY, GTC, 22, 0, 0),
        (6, PLACE, SELL, GTC, 1007, 10_040, 80),  # a level comes into sight
        (11, PLACE, SELL, IOC, 1008, 9_990, 100),
    ]
    assert len(stream.mismatches) == 0
    check_every_row(stream, book_of(BOOK), config)


def test_executions_fill_the_orders_that_they_name(tmp_path: Path, config: Config) -> None:
    played = play(read(tmp_path, config), Exchange(config))
    trades = played.events[played.events["kind"] == EventKind.TRADE]
    assert trades["maker_client_order_id"].tolist() == [21, 22, 20]
    assert trades["qty"].tolist() == [70, 30, 100]
    assert (played.fills, played.fills_exact, played.exact) == (3, 3, True)


def test_times_are_those_of_new_york_and_drive_the_clock(tmp_path: Path, config: Config) -> None:
    stream = read(tmp_path, config)
    submission = stream.commands[stream.lines == 1][0]
    assert submission["time_ns"] == MIDNIGHT_NS + 34_200 * NS + 1
    exchange = Exchange(config)
    play(stream, exchange)
    assert exchange.trades(1)["time_ns"][0] == MIDNIGHT_NS + 34_200 * NS + NS // 10


def test_a_winter_day_and_a_given_date(tmp_path: Path, config: Config) -> None:
    message_file, orderbook_file = files(tmp_path)
    renamed = message_file.rename(tmp_path / "messages.csv")
    with pytest.raises(LoadError, match="the name has no date"):
        read_lobster(renamed, orderbook_file, config.symbols[0])
    stream = read_lobster(renamed, orderbook_file, config.symbols[0], date=date(2013, 1, 2))
    assert stream.commands["time_ns"][0] == 1_357_102_800 * NS + 34_200 * NS + 1  # 05:00 UTC


def test_what_no_visible_order_did_is_annotated(tmp_path: Path, config: Config) -> None:
    frame = read(tmp_path, config).annotations
    rows = frame.select("line", "type", "size", pl.col("price").cast(pl.String), "halt").rows()
    assert rows == [
        (5, "HIDDEN_EXECUTION", 25, "100.0500", None),
        (7, "CROSS_TRADE", 500, "100.0000", None),
        (8, "HALT", 0, "0.0000", "halted"),
        (9, "HALT", 0, "0.0000", "quoting"),
        (10, "HALT", 0, "0.0000", "trading"),
    ]
    assert frame["time"].dtype == pl.Datetime("ns", "UTC")


@pytest.mark.parametrize(("seed", "levels"), [(1, 1), (2, 3), (3, 10)])
def test_the_exchange_has_the_book_of_the_file_behind_every_message(
    tmp_path: Path, config: Config, seed: int, levels: int
) -> None:
    venue = trading_venue(seed, levels, messages=700)
    stream = read_lobster(*venue.files(tmp_path), config.symbols[0])
    assert stream.mismatches.rows() == []
    check_every_row(stream, book_of("\n".join(venue.rows)), config)
    played = play(stream, Exchange(config))
    assert played.mismatches.rows() == []
    executions = sum(line.split(",")[1] == "4" for line in venue.messages)
    assert played.fills == played.fills_exact == executions > 100


def test_orders_of_a_level_that_comes_into_sight_keep_their_ids_and_their_order(
    tmp_path: Path, config: Config
) -> None:
    venue = Venue(levels=1)
    for size in (10, 20, 30):
        venue.submit(-1, 1_000_200, size)
    venue.messages.clear()
    venue.rows.clear()
    venue.submit(1, 1_000_000, 5)
    above = venue.submit(-1, 1_000_100, 10)  # the level above goes out of sight
    hidden = venue.submit(-1, 1_000_200, 40)
    venue.cancel(venue.orders[0], 10)  # likewise
    venue.cancel(above, 10)  # and back
    venue.execute(-1, 65)
    venue.cancel(hidden, 25)
    stream = read_lobster(*venue.files(tmp_path), config.symbols[0])
    played = play(stream, Exchange(config))
    trades = played.events[played.events["kind"] == EventKind.TRADE]
    placed = stream.commands[stream.commands["kind"] == PLACE]
    makers = dict(zip(placed["client_order_id"], placed["qty"], strict=True))
    assert trades["qty"].tolist() == [20, 30, 15]
    assert [makers[maker] for maker in trades["maker_client_order_id"]] == [20, 30, 40]
    assert played.exact
    check_every_row(stream, book_of("\n".join(venue.rows)), config)


# what is replaced in MESSAGES or BOOK, by what, and the error
SPOILED = [
    ("34200.1,4", "34200.1,8", "message_2.csv: line 2: type must be 1 to 7, not '8'"),
    ("34200.1,4", "34200.1,x", "message_2.csv: line 2: type must be a whole number, not 'x'"),
    ("34200.1,4", "34200.1234567891,4", "message_2.csv: line 2: time must be seconds with at most 9 dec"),
    ("34200.1,4", "34199.1,4", "message_2.csv: line 2: time must not be before the line above"),
    ("34200.1,4", "86400,4", "message_2.csv: line 2: time must be within a day"),
    ("21,70,", "21,0,", "message_2.csv: line 2: size must be above 0, not '0'"),
    ("4,21,", "4,0,", "message_2.csv: line 2: order_id must be above 0 where an order is named, not '0'"),
    ("34202.5,7,0,0,-1", "34202.5,7,0,0,-2", "message_2.csv: line 8: price of a halt must be -1, 0 or 1"),
    ("2,1001,20,999000,1", "2,1001,20,999000,0", "message_2.csv: line 4: direction must be 1"),
    ("2,1001,20,999000,1", "2,1001,20,999000", "message_2.csv: line 4: has 5 columns, not 6"),
    ("2,1001,20,999000,1", "2,1001,20,999000,1,7", "message_2.csv: line 4: has 7 columns, not 6"),
    ("4,20,100,999000,1\n", "4,20,100,999000,1\n34206,3,1001,40,999000,1\n", "has 11 lines, .* has 12"),
    ("1001000,20,9", "1001000,x,9", "orderbook_2.csv: line 3: column 2 must be a whole number, not 'x'"),
    ("1001000,20,9", "1001000,-20,9", "orderbook_2.csv: line 3: column 2 .* must be 0 or more"),
    ("1001000,20,9", "1003000,20,9", "orderbook_2.csv: line 3: column 5 .* must be behind that of"),
    (",998000,200", ",998000", "orderbook_2.csv: line 1: the line must have 4 columns for each level"),
    (MESSAGES, "", "message_2.csv: is empty"),
    (BOOK, "", "orderbook_2.csv: is empty"),
    ("1001,60,999000", "1001,60,999050", "line 1: price must be a multiple of SHARE-USD's tick, 0.01, not"),
]


@pytest.mark.parametrize(("text", "other", "error"), SPOILED, ids=[case[2] for case in SPOILED])
def test_a_spoiled_file_is_told_with_line_and_column(
    tmp_path: Path, config: Config, text: str, other: str, error: str
) -> None:
    assert (text in MESSAGES) != (text in BOOK)
    with pytest.raises(LoadError, match=error):
        read(tmp_path, config, MESSAGES.replace(text, other), BOOK.replace(text, other))


LAST = "1002000,40,999000,70,1004000,80,998000,200"
"""The last row of BOOK; at 99.90 order 1001 has 40."""

# messages that follow, each with its row, and (line, cause, expected, got) of the mismatch
CONTRADICTIONS = [
    (["3,1001,39,999000,1"], [LAST.replace("70", "30")], (12, "order 1001 is deleted with", "40", "39")),
    (["2,1001,50,999000,1"], [LAST.replace("70", "30")], (12, "order 1001 has less than the", "40", "50")),
    (["4,1001,40,998000,1"], [LAST], (12, "order 1001 is in the book at another", "999000", "998000")),
    (["1,1001,10,999000,1"], [LAST], (12, "order 1001 is submitted while it is in", "0", "40")),
    (["1,1009,10,1002000,1"], [LAST], (12, "order 1009 is submitted at a price that", "1002000", "1002000")),
    (
        ["1,1009,10,999500,1", "3,1010,5,999500,1"],
        2 * ["1002000,40,999500,10,1004000,80,999000,70"],
        (13, "order 1010 is not in the book", "5", "0"),
    ),
    (
        ["1,1009,10,999000,1", "4,1009,10,999000,1"],
        [LAST.replace("70", "80"), LAST],
        (13, "order 1009 is executed, and another is before it", "0", "0"),
    ),
    (
        ["1,1009,10,998000,1", "4,1009,10,998000,1"],
        [LAST.replace(",200", ",210"), LAST],
        (13, "order 1009 is executed, and there is a better price", "999000", "998000"),
    ),
    (["1,1009,10,999000,1"], [LAST.replace("70", "85")], (12, "the order book file has a l", "85", "80")),
    (["7,0,0,-1,-1"], [LAST.replace(",80,", ",90,")], (12, "the order book file has a l", "90", "80")),
    (["7,0,0,-1,-1"], [LAST.replace("1002000,40", "1003000,40")], (12, "the order book f", "0", "40")),
    (
        ["2,31,50,998000,1"],
        [f"1002000,40,999000,70,1004000,80,{NO_BID},0"],
        (12, "the order book file has a level of another size", "0", "150"),
    ),
    (["3,30,500,998000,1"], [LAST], (0, "order 30 is named later, and its level has less", "500", "200")),
]


@pytest.mark.parametrize(("messages", "rows", "found"), CONTRADICTIONS, ids=[c[2][1] for c in CONTRADICTIONS])
def test_a_contradiction_is_told_and_the_book_is_the_files_again(
    tmp_path: Path, config: Config, messages: list[str], rows: list[str], found: tuple[int, str, str, str]
) -> None:
    added = "".join(f"342{number}.5,{message}\n" for number, message in enumerate(messages, 10))
    stream = read(tmp_path, config, MESSAGES + added, BOOK + "\n".join(rows) + "\n")
    line, cause, expected, got = stream.mismatches.rows()[0]
    assert (line, expected, got) == (found[0], found[2], found[3]) and cause.startswith(found[1])
    exchange = Exchange(config, ledger=False)
    assert play(stream, exchange).mismatches.rows() == stream.mismatches.rows()
    assert depth_row(exchange, 2) == [tuple(pair) for pair in book_of(rows[-1]).reshape(-1, 2).tolist()]


def test_a_fill_of_another_order_is_told(tmp_path: Path, config: Config) -> None:
    stream = read(tmp_path, config)
    taken = stream.commands["client_order_id"] == 21
    stream.commands["qty"][taken & (stream.lines == 0)] = 60
    played = play(stream, Exchange(config))
    assert (played.fills, played.fills_exact) == (3, 2)
    assert played.mismatches.rows()[0] == (
        2,
        "the fills are others",
        "21:70@10010",
        "21:60@10010;22:10@10010",
    )
