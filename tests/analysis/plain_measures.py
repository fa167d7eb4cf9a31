"""The measures once more, in plain Python, from their definitions: dicts, lists, loops, not their code."""

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from itertools import pairwise
from math import log, nan
from typing import NamedTuple

import numpy as np

from lightning.analysis.flow import BookEventKind
from lightning.codes import Side

BUY, SELL = 0, 1
Level = tuple[int, int]
"""Price, lots."""
Orders = dict[int, dict[int, int]]
"""Lots by price and order id."""


class Row(NamedTuple):
    seq: int
    time_ns: int
    order_id: int
    price: int
    qty: int
    delta: int
    trade_id: int
    taker_order_id: int
    kind: int
    side: int


class Best(NamedTuple):
    bid: float
    bid_lots: int
    ask: float
    ask_lots: int

    @property
    def mid(self) -> float:
        return (self.bid + self.ask) / 2


@dataclass
class PlainBook:
    """Levels as dicts of orders, which keep the order in which these came."""

    sides: tuple[Orders, Orders] = field(default_factory=lambda: ({}, {}))
    prices: tuple[list[int], list[int]] = field(default_factory=lambda: ([], []))
    """Of each side, best first once negated for bids."""

    def apply(self, row: Row) -> None:
        side, keys = self.sides[row.side], self.prices[row.side]
        key = -row.price if row.side == BUY else row.price
        if row.price not in side:
            side[row.price] = {}
            insort(keys, key)
        level = side[row.price]
        if row.kind == BookEventKind.ADDED:
            assert row.order_id not in level and row.delta == row.qty
        else:
            assert level[row.order_id] + row.delta == row.qty
        level[row.order_id] = row.qty
        if row.qty == 0:
            del level[row.order_id]
        if not level:
            del side[row.price]
            del keys[bisect_left(keys, key)]

    def levels(self, side: int, count: int) -> list[Level]:
        prices = [abs(key) for key in self.prices[side][:count]]
        return [(price, sum(self.sides[side][price].values())) for price in prices]

    def best(self) -> Best:
        bids, asks = self.levels(BUY, 1), self.levels(SELL, 1)
        return Best(*(bids[0] if bids else (nan, 0)), *(asks[0] if asks else (nan, 0)))


def within(levels: list[Level], side: int, reference: float, distance: float) -> float:
    """Lots at most so far behind `reference`."""
    if reference != reference:
        return nan
    if side == BUY:
        return sum(lots for price, lots in levels if price >= reference - distance)
    return sum(lots for price, lots in levels if price <= reference + distance)


@dataclass
class Stay:
    row: int
    order_id: int
    time_ns: int
    ahead: list[int]
    """Lots of each order ahead."""
    own_best: float
    opposite_best: float
    first_fill: int = -1
    end_row: int = -1
    filled: int = 0
    end: int = 0


class Watched(NamedTuple):
    row: int
    ahead: list[int]
    lots: int
    behind: list[int]


@dataclass
class Told:
    """All that one walk through the rows tells."""

    rows: list[Row]
    best: list[Best] = field(default_factory=list)
    """After each row."""
    before: list[Best] = field(default_factory=list)
    """Before the command of each row."""
    stays: list[Stay] = field(default_factory=list)
    watched: dict[int, list[Watched]] = field(default_factory=dict)
    ladders: dict[int, tuple[list[Level], list[Level]]] = field(default_factory=dict)
    depths: dict[int, dict[str, list[tuple[float, float]]]] = field(default_factory=dict)


def rows_of(rows: np.ndarray) -> list[Row]:
    return [Row(*values) for values in zip(*(rows[name].tolist() for name in Row._fields), strict=True)]


def walk(rows: np.ndarray, watch: list[int], looks: list[int], levels: int, distances: list[float]) -> Told:
    """watch : order ids whose queues are looked at; looks : rows after which the whole book is"""
    told = Told(rows_of(rows), watched={order_id: [] for order_id in watch})
    book, current, look = PlainBook(), dict[int, Stay](), set(looks)
    command_start = Best(nan, 0, nan, 0)
    places: dict[tuple[int, int], set[int]] = {}
    for number, row in enumerate(told.rows):
        previous = told.best[-1] if told.best else Best(nan, 0, nan, 0)
        if number == 0 or told.rows[number - 1].seq != row.seq:
            command_start = previous
        told.before.append(command_start)
        _stay(told, book, current, number, row, previous)
        book.apply(row)
        told.best.append(book.best())
        if row.order_id in told.watched:
            places.setdefault((row.side, row.price), set()).add(row.order_id)
        for order_id in places.get((row.side, row.price), ()):
            _watch(told.watched[order_id], book.sides[row.side].get(row.price, {}), number, row, order_id)
        if number in look:
            told.ladders[number] = book.levels(BUY, levels), book.levels(SELL, levels)
            told.depths[number] = _depths(book, told.best[-1], distances)
    return told


def _depths(book: PlainBook, best: Best, distances: list[float]) -> dict[str, list[tuple[float, float]]]:
    bids, asks = book.levels(BUY, 10**9), book.levels(SELL, 10**9)
    origins = {"touch": (best.bid, best.ask), "mid": (best.mid, best.mid), "opposite": (best.ask, best.bid)}
    return {
        name: [(within(bids, BUY, bid, d), within(asks, SELL, ask, d)) for d in distances]
        for name, (bid, ask) in origins.items()
    }


def _stay(
    told: Told, book: PlainBook, current: dict[int, Stay], number: int, row: Row, previous: Best
) -> None:
    if row.kind == BookEventKind.ADDED:
        ahead = list(book.sides[row.side].get(row.price, {}).values())
        own, other = (previous.bid, previous.ask) if row.side == Side.BUY else (previous.ask, previous.bid)
        current[row.order_id] = Stay(number, row.order_id, row.time_ns, ahead, own, other)
        told.stays.append(current[row.order_id])
        return
    stay = current[row.order_id]
    if row.kind == BookEventKind.TRADED:
        stay.filled -= row.delta
        stay.first_fill = number if stay.first_fill < 0 else stay.first_fill
    if row.qty == 0:
        stay.end_row = number
        stay.end = 1 if row.kind == BookEventKind.TRADED else 2


def _watch(seen: list[Watched], level: dict[int, int], number: int, row: Row, order_id: int) -> None:
    """The queue as it is now, if it is not as it was seen last."""
    ids = list(level)
    if order_id in level:
        place = ids.index(order_id)
        lots = list(level.values())
        now = Watched(number, lots[:place], lots[place], lots[place + 1 :])
    elif row.order_id == order_id:
        now = Watched(number, [], 0, [])
    else:
        return
    seen.append(now)


class Taken(NamedTuple):
    """One order that came in and traded."""

    first: int
    """Its first TRADED row."""
    last: int
    sign: int
    fills: list[tuple[int, int]]
    """(price, lots)."""

    @property
    def vwap(self) -> float:
        return sum(price * lots for price, lots in self.fills) / sum(lots for _, lots in self.fills)


def taken(rows: list[Row]) -> list[Taken]:
    found: dict[tuple[int, int], Taken] = {}
    for number, row in enumerate(rows):
        if row.kind == BookEventKind.TRADED:
            key = row.seq, row.taker_order_id
            sign = 1 if row.side == SELL else -1
            before = found.get(key, Taken(number, number, sign, []))
            found[key] = before._replace(last=number, fills=before.fills + [(row.price, -row.delta)])
    return list(found.values())


def tick_signs(prices: list[int]) -> list[int]:
    signs: list[int] = []
    for i, price in enumerate(prices):
        other = next((prices[j] for j in range(i - 1, -1, -1) if prices[j] != price), None)
        signs.append(0 if other is None else 1 if price > other else -1)
    return signs


def mid_at(told: Told, moment_ns: int) -> float:
    """After the last row at or before a moment; nan behind the last of all."""
    if moment_ns > told.rows[-1].time_ns:
        return nan
    index = bisect_right(told.rows, moment_ns, key=lambda row: row.time_ns)
    return told.best[index - 1].mid if index else nan


def command_ends(rows: list[Row]) -> list[int]:
    return [i for i, row in enumerate(rows) if i + 1 == len(rows) or rows[i + 1].seq != row.seq]


def flow_between(old: Best, new: Best) -> float:
    """The order flow imbalance of one event."""
    flow = 0.0
    if not new.bid < old.bid and new.bid_lots:
        flow += new.bid_lots
    if not new.bid > old.bid and old.bid_lots:
        flow -= old.bid_lots
    if not new.ask > old.ask and new.ask_lots:
        flow -= new.ask_lots
    if not new.ask < old.ask and old.ask_lots:
        flow += old.ask_lots
    return flow


def variance(prices: list[float], first: int, every: int) -> float:
    some = prices[first::every]
    return sum((log(b) - log(a)) ** 2 for a, b in pairwise(some))


def weighted_by_time(told: Told, values: list[float], start_ns: int, end_ns: int) -> float:
    weight = area = 0.0
    for i, value in enumerate(values):
        since = max(told.rows[i].time_ns, start_ns)
        until = told.rows[i + 1].time_ns if i + 1 < len(values) else end_ns
        held = min(until, end_ns) - since
        if value == value and held > 0:
            weight += held
            area += value * held
    return area / weight if weight else nan
