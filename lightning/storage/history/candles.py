"""Candles of what the engine no longer has in memory, from the trades of the history."""

import sqlite3
from typing import NamedTuple

from lightning.engine.statistics import Candle
from lightning.storage.history.schema import TRADES, Row, fetch

TRADES_AT_ONCE = 20_000
TRADES_MAX = 400_000
"""After so many a call ends with the candles that it has; one whole candle at least."""
HALF_BITS = 31
HALF_MASK = 2**HALF_BITS - 1
_SUMS = ("volume_high", "volume_low", "turnover_high", "turnover_low")


class Asked(NamedTuple):
    """Candles that open at or after `start_ns` and before `end_ns`, which are all over by now."""

    symbol: int
    length_ns: int
    """Of the interval."""
    start_ns: int
    end_ns: int
    limit: int
    newest: bool
    """If there are more than the limit: the last of them, else the first."""

    def opening_from(self, time_ns: int) -> int:
        """When the first candle opens that does at or after a time."""
        return -(-time_ns // self.length_ns) * self.length_ns


class Found(NamedTuple):
    candles: list[Candle]
    """Oldest first."""
    is_all: bool
    """Of what was asked for, up to the limit: else there are too many trades in it to look at them all."""


def past_candles(connection: sqlite3.Connection, asked: Asked) -> Found:
    """Whole ones only: the oldest is left out where trades before the first one that is here are gone."""
    trades = _Trades(connection, asked)
    first = trades.first_at(max(asked.opening_from(asked.start_ns), trades.whole_from()))
    end = trades.first_at(asked.opening_from(asked.end_ns))
    found, looked_at = list[Candle](), 0
    while first < end and len(found) < asked.limit and looked_at < TRADES_MAX:
        if asked.newest:
            cut = trades.cut_before(first, end)
            found = trades.candles(cut, end) + found
            looked_at, end = looked_at + end - cut, cut
        else:
            cut = trades.cut_after(first, end)
            found += trades.candles(first, cut)
            looked_at, first = looked_at + cut - first, cut
    is_all = first >= end or len(found) >= asked.limit
    return Found(found[-asked.limit :] if asked.newest else found[: asked.limit], is_all)


class _Trades:
    """A symbol's trades. Their ids count up with their times."""

    def __init__(self, connection: sqlite3.Connection, asked: Asked) -> None:
        self._connection = connection
        self._symbol = asked.symbol
        self._length_ns = asked.length_ns
        self._oldest = self._id("ORDER BY trade_id LIMIT 1")
        newest = self._id("ORDER BY trade_id DESC LIMIT 1")
        self._end = newest + 1 if newest else 0

    def _id(self, order: str) -> int:
        """0: there are none."""
        rows = self._fetch(("trade_id",), f"FROM {TRADES} WHERE symbol = ? {order}", self._symbol)
        return rows[0][0] if rows else 0

    def _fetch(self, columns: tuple[str, ...], rest: str, *given: int) -> list[Row]:
        return fetch(self._connection, columns, rest, given)

    def _time_of(self, trade_id: int) -> int:
        """Of the first trade at or behind it, which is there."""
        rest = f"FROM {TRADES} WHERE symbol = ? AND trade_id >= ? ORDER BY trade_id LIMIT 1"
        return self._fetch(("time_ns",), rest, self._symbol, trade_id)[0][0]

    def _opening(self, trade_id: int) -> int:
        time_ns = self._time_of(trade_id)
        return time_ns - time_ns % self._length_ns

    def whole_from(self) -> int:
        """Candles that open before it may lack trades, or all are gone."""
        return 0 if self._oldest <= 1 else self._opening(self._oldest) + self._length_ns

    def first_at(self, time_ns: int) -> int:
        """The first trade id at or after a time; behind the last one: there is none."""
        low, end = self._oldest, self._end
        while low < end:
            middle = (low + end) // 2
            if self._time_of(middle) < time_ns:
                low = middle + 1
            else:
                end = middle
        return low

    def cut_after(self, first: int, end: int) -> int:
        """Where a candle begins, not too far behind `first`; one candle at least lies between."""
        if end - first <= TRADES_AT_ONCE:
            return end
        cut = self.first_at(self._opening(first + TRADES_AT_ONCE))
        return cut if cut > first else min(end, self.first_at(self._opening(first) + self._length_ns))

    def cut_before(self, first: int, end: int) -> int:
        """Where a candle begins, not too far before `end`; one candle at least lies between."""
        if end - first <= TRADES_AT_ONCE:
            return first
        cut = self.first_at(self._opening(end - TRADES_AT_ONCE) + self._length_ns)
        return cut if cut < end else max(first, self.first_at(self._opening(end - 1)))

    def candles(self, first: int, end: int) -> list[Candle]:
        """Of the trades [first, end). A sum is taken in halves, which fit 63 bits."""
        columns = ("opening", "open", "high", "low", "close", *_SUMS, "trades")
        grouped = f"""
            SELECT time_ns / ? * ? AS opening, min(trade_id) AS first, max(trade_id) AS last,
                max(price) AS high, min(price) AS low,
                sum(qty >> {HALF_BITS}) AS volume_high, sum(qty & {HALF_MASK}) AS volume_low,
                sum(price * qty >> {HALF_BITS}) AS turnover_high,
                sum(price * qty & {HALF_MASK}) AS turnover_low, count(*) AS trades
            FROM {TRADES} WHERE symbol = ? AND trade_id >= ? AND trade_id < ? GROUP BY opening"""
        rest = f"""FROM (
            SELECT groups.*, opened.price AS open, closed.price AS close FROM ({grouped}) AS groups
            JOIN {TRADES} AS opened ON opened.symbol = ? AND opened.trade_id = first
            JOIN {TRADES} AS closed ON closed.symbol = ? AND closed.trade_id = last
        ) ORDER BY opening"""
        lengths, symbol = (self._length_ns, self._length_ns), self._symbol
        rows = self._fetch(columns, rest, *lengths, symbol, first, end, symbol, symbol)
        return [_candle(row) for row in rows]


def _candle(row: Row) -> Candle:
    *prices, volume_high, volume_low, turnover_high, turnover_low, trades = row
    opening, first, high, low, last = prices
    volume = (volume_high << HALF_BITS) + volume_low
    turnover = (turnover_high << HALF_BITS) + turnover_low
    return Candle(opening, first, high, low, last, volume, turnover, trades)
