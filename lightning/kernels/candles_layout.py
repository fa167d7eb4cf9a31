"""The tables of the statistics: candles of every interval, and what the last 24 hours are told from.

A symbol has a slot. What a trade changes, the present candles, stands together. Candles that have ended are
numbered from 0 and stand in one row of `candles`, a ring for each interval behind the other; a ring keeps the
last KEPT of them, and has SPARE more places, so that what a capture still has to copy is not overwritten at
once. Memory that was never touched is never taken.

Prices are ticks, quantities lots, times ns. A turnover is a sum of price * quantity in ticks * lots: times
the symbol's tick value it is money. Sums are high * 2**62 + low.
"""

from enum import IntEnum
from itertools import accumulate
from typing import NamedTuple

import numpy as np

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS


class Interval(IntEnum):
    """What a candle is about; the places of the tuples below."""

    SECOND = 0
    MINUTE = 1
    MINUTES_5 = 2
    MINUTES_15 = 3
    HOUR = 4
    HOURS_4 = 5
    DAY = 6


INTERVALS = len(Interval)
LENGTH_NS = (SECOND_NS, MINUTE_NS, 5 * MINUTE_NS, 15 * MINUTE_NS, HOUR_NS, 4 * HOUR_NS, DAY_NS)
KEPT = (512, 1440, 512, 512, 512, 512, 512)
"""Candles of each interval beside the present one. The last 24 hours are told from those of a minute."""
SPARE = 64
ROOM = tuple(kept + SPARE for kept in KEPT)
FIRST = tuple(accumulate(ROOM, initial=0))
"""Where each ring begins, and the end of the last."""
MINUTES_ROOM = ROOM[Interval.MINUTE]

CANDLE = np.dtype(
    [
        ("open_time", "<i8"),  # a multiple of the interval
        ("open", "<i8"),
        ("high", "<i8"),
        ("low", "<i8"),
        ("close", "<i8"),
        ("volume", "<i8"),
        ("turnover", "<i8"),
        ("count", "<i8"),  # trades
        ("volume_high", "<i4"),
        ("turnover_high", "<i4"),
    ]
)
assert CANDLE.itemsize == 72

SYMBOL_CANDLE = np.dtype([("symbol", "<i4"), ("interval", "<i4"), *CANDLE.descr])  # as images have it
assert SYMBOL_CANDLE.itemsize == 80

LAST = np.dtype(
    [
        ("symbol", "<i8"),
        ("price", "<i8"),  # 0: none
        ("qty", "<i8"),
        ("since", "<i8"),  # candles that open before it lack what was traded earlier
    ]
)
assert LAST.itemsize == 32

SUMS = np.dtype(
    [
        ("volume", "<i8"),
        ("turnover", "<i8"),
        ("count", "<i8"),
        ("volume_high", "<i4"),
        ("turnover_high", "<i4"),
    ]
)
assert SUMS.itemsize == 32

QUEUE = np.dtype([("first", "<i8"), ("end", "<i8")])  # places, which are only counted up
assert QUEUE.itemsize == 16

DAY = np.dtype(  # what is told of a symbol; sums as CANDLE has them, but `low` parts are not normalised
    [
        ("price", "<i8"),  # of the last trade, whenever that was
        ("qty", "<i8"),
        *[(name, "<i8") for name in ("open", "high", "low")],  # 0: none
        *[(name, "<i8") for name in ("volume", "turnover", "count", "volume_high", "turnover_high")],
    ]
)
assert DAY.itemsize == 80


class Statistics(NamedTuple):
    """Of all symbols, whatever the shards: a function of the trades and of their times alone."""

    directory: np.ndarray  # (symbol ids,) int32: slot; NIL: no such symbol
    last: np.ndarray  # (slots,) LAST
    present: np.ndarray  # (slots, INTERVALS) CANDLE; one without trades: there is none
    ended: np.ndarray  # (slots, INTERVALS) int64: how many have
    candles: np.ndarray  # (slots, FIRST[-1]) CANDLE, those that have ended
    past: np.ndarray  # (slots,) SUMS of all minutes that have ended
    before: np.ndarray  # (slots, MINUTES_ROOM) SUMS of all before the minute in the same place of its ring
    queues: np.ndarray  # (slots, 2) QUEUE: highs, lows
    queued: np.ndarray
    """(slots, 2, MINUTES_ROOM) int64: numbers of minutes that have ended. Of two in a queue the older one has
    the better high (low): the first of those that are new enough has the best of all these."""
