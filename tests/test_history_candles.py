"""Candles from the history's trades: those of a plain computation, and those of memory."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from lightning.config import load_config
from lightning.engine.statistics import Candle, candle_of
from lightning.kernels.candles_layout import Interval
from lightning.storage.history import History, candles
from lightning.storage.history.candles import Asked, Found, past_candles
from lightning.storage.history.schema import open_for_writing
from tests.pasts import Venue, feed, open_history
from tests.plain_statistics import LENGTHS, PlainStatistics, in_range
from tests.shapes import SHAPES
from tests.test_statistics import batches, flow

NAME = "money"
SYMBOL = 1
END = 2**62


@pytest.fixture(scope="module")
def played() -> tuple[Venue, PlainStatistics]:
    venue, plain = Venue(load_config(SHAPES[NAME].config)), PlainStatistics()
    for rows in batches(flow(NAME), 1):
        applied = venue.submit(rows)
        plain.add(rows, applied.events)
        venue.exchange.statistics.add_trades(rows, applied.events)
    return venue, plain


@pytest.fixture(scope="module")
def path(played: tuple[Venue, PlainStatistics], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "history.sqlite"
    history = open_history(path, played[0])
    feed(history, played[0])
    history.close()
    return path


@pytest.fixture
def history(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_for_writing(path)) as connection:
        connection.execute("BEGIN")  # what a test takes away comes back
        yield connection


def asked(
    interval: Interval, start: int = 0, end: int = END, limit: int = 10**6, newest: bool = False
) -> Asked:
    return Asked(SYMBOL, LENGTHS[interval], start, end, limit, newest)


@pytest.mark.parametrize("interval", Interval)
def test_they_are_those_of_a_plain_computation(
    played: tuple[Venue, PlainStatistics], history: sqlite3.Connection, interval: Interval
) -> None:
    expected = played[1].candles(SYMBOL, interval)
    for newest in (False, True):
        assert past_candles(history, asked(interval, newest=newest)) == Found(expected, True)


@pytest.mark.parametrize("interval", Interval)
def test_they_are_those_of_memory_where_both_have_them(
    played: tuple[Venue, PlainStatistics], history: sqlite3.Connection, interval: Interval
) -> None:
    held = played[0].exchange.candles(SYMBOL, interval, limit=10**6)
    kept = [candle_of(row) for row in held.rows]
    assert kept
    assert past_candles(history, asked(interval, held.from_ns)).candles == kept


@pytest.mark.parametrize("at_once", [1, 3, 50, 10**6])
def test_they_are_chosen_by_time_and_limit_however_they_are_cut(
    played: tuple[Venue, PlainStatistics],
    history: sqlite3.Connection,
    at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(candles, "TRADES_AT_ONCE", at_once)
    chance = random.Random(at_once)
    for interval in (Interval.MINUTE, Interval.HOURS_4, Interval.DAY):
        everything = played[1].candles(SYMBOL, interval)
        times = [one.open_time_ns + off for one in everything for off in (-1, 0, 1)]
        for _ in range(25):
            start, end, limit = chance.choice(times), chance.choice(times), chance.choice((1, 2, 30, 1000))
            within = list(in_range(everything, start, end))
            first, last = within[:limit], within[-limit:]
            assert past_candles(history, asked(interval, start, end, limit)) == Found(first, True)
            assert past_candles(history, asked(interval, start, end, limit, True)) == Found(last, True)


@pytest.mark.parametrize("most", [1, 20, 60])
def test_a_call_that_would_look_at_too_many_trades_gives_a_part_and_says_so(
    played: tuple[Venue, PlainStatistics],
    history: sqlite3.Connection,
    most: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(candles, "TRADES_AT_ONCE", min(most, 7))
    monkeypatch.setattr(candles, "TRADES_MAX", most)
    expected = played[1].candles(SYMBOL, Interval.DAY)
    found: list[Candle] = []
    is_all, calls = False, 0
    while not is_all:
        start = found[-1].open_time_ns + 1 if found else 0
        part, is_all = past_candles(history, asked(Interval.DAY, start))
        assert part
        found, calls = found + part, calls + 1
    assert found == expected and calls > 1
    part, is_all = past_candles(history, asked(Interval.DAY, newest=True))
    assert part == expected[-len(part) :] and part and not is_all


def test_a_candle_of_which_trades_are_gone_is_left_out(
    played: tuple[Venue, PlainStatistics], history: sqlite3.Connection
) -> None:
    for interval in Interval:
        expected = played[1].candles(SYMBOL, interval)
        cut = next(place for place, one in enumerate(expected) if place and one.trade_count > 1)
        gone = sum(one.trade_count for one in expected[:cut]) + 1
        history.execute("DELETE FROM trades WHERE symbol = ? AND trade_id <= ?", (SYMBOL, gone))
        assert past_candles(history, asked(interval)).candles == expected[cut + 1 :]
        assert past_candles(history, asked(interval, newest=True, limit=2)).candles == expected[-2:]
        history.execute("ROLLBACK")
        history.execute("BEGIN")


def test_without_trades_there_are_none(history: sqlite3.Connection) -> None:
    history.execute("DELETE FROM trades")
    assert past_candles(history, asked(Interval.DAY)) == Found([], True)


def test_sums_are_exact_beyond_64_bits(history: sqlite3.Connection) -> None:
    history.execute("UPDATE trades SET price = 2, qty = ? WHERE symbol = ?", (2**61 + 2**31 - 3, SYMBOL))
    [count] = history.execute("SELECT count(*) FROM trades WHERE symbol = ?", (SYMBOL,)).fetchone()
    found = past_candles(history, asked(Interval.DAY)).candles
    assert sum(one.volume for one in found) == count * (2**61 + 2**31 - 3) > 2**64
    assert sum(one.turnover for one in found) == 2 * count * (2**61 + 2**31 - 3)


def test_they_are_read_while_the_history_runs(played: tuple[Venue, PlainStatistics], tmp_path: Path) -> None:
    history: History = open_history(tmp_path / "history.sqlite", played[0])
    feed(history, played[0])
    found = history.read(partial(past_candles, asked=asked(Interval.HOUR)))
    history.close()
    assert found == Found(played[1].candles(SYMBOL, Interval.HOUR), True)
