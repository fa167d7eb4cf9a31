"""Candles and tickers the plain way: every trade is kept, and looked at anew for each question."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lightning.codes import EventFlag, EventKind
from lightning.engine.statistics import Candle
from lightning.kernels.candles_layout import Interval
from lightning.rows import Event
from tests.oracle.rows import Rows

SECOND = 10**9
MINUTE = 60 * SECOND
DAY = 1440 * MINUTE
LENGTHS = {
    Interval.SECOND: SECOND,
    Interval.MINUTE: MINUTE,
    Interval.MINUTES_5: 5 * MINUTE,
    Interval.MINUTES_15: 15 * MINUTE,
    Interval.HOUR: 60 * MINUTE,
    Interval.HOURS_4: 240 * MINUTE,
    Interval.DAY: DAY,
}


class Print(NamedTuple):
    """A trade, as far as statistics go."""

    time: int
    price: int
    qty: int


class Day(NamedTuple):
    """What a ticker tells of trades; 0: none."""

    price: int = 0
    qty: int = 0
    open: int = 0
    high: int = 0
    low: int = 0
    volume: int = 0
    turnover: int = 0
    trades: int = 0


class PlainStatistics:
    def __init__(self) -> None:
        self.prints: dict[int, list[Print]] = defaultdict(list)
        """By symbol."""

    def add(self, commands: Rows, events: Rows) -> None:
        times = commands["time_ns"].tolist()
        for row in events.tolist():
            event = Event._make(row)
            if event.kind == EventKind.TRADE and not event.flags & EventFlag.REPLAYED:
                self.prints[event.symbol].append(Print(times[event.command], event.price, event.qty))

    def candles(self, symbol: int, interval: Interval) -> list[Candle]:
        """All that ever were."""
        groups: dict[int, list[Print]] = defaultdict(list)
        for one in self.prints[symbol]:
            groups[one.time // LENGTHS[interval] * LENGTHS[interval]].append(one)
        return [candle(time, group) for time, group in sorted(groups.items())]

    def day(self, symbol: int, now: int) -> Day:
        """The minute of `now` and the 1,439 before it."""
        prints = self.prints[symbol]
        if not prints:
            return Day()
        window = [one for one in prints if one.time // MINUTE > now // MINUTE - 1440]
        last = Day(prints[-1].price, prints[-1].qty)
        if not window:
            return last
        _, *prices, volume, turnover, count = candle(0, window)
        return last._replace(
            **dict(zip(("open", "high", "low"), prices, strict=False)),
            volume=volume,
            turnover=turnover,
            trades=count,
        )


def candle(time: int, prints: list[Print]) -> Candle:
    prices = [one.price for one in prints]
    turnover = sum(one.price * one.qty for one in prints)
    volume = sum(one.qty for one in prints)
    return Candle(time, prices[0], max(prices), min(prices), prices[-1], volume, turnover, len(prints))


def in_range(candles: Iterable[Candle], start: int, end: int) -> Iterator[Candle]:
    return (one for one in candles if start <= one.open_time_ns < end)
