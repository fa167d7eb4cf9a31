"""Trades into candles; and the last 24 hours, told without looking at each minute.

Sums over the last 24 hours are differences of sums since the first trade. Their high and low are found in two
queues of minutes that no later minute has outdone. A ring of minutes has all the minutes of a day.
"""

import numpy as np

from lightning.codes import EventFlag, EventKind
from lightning.kernels.candles_layout import (
    DAY_NS,
    FIRST,
    INTERVALS,
    KEPT,
    LENGTH_NS,
    MINUTE_NS,
    MINUTES_ROOM,
    ROOM,
    Interval,
)
from lightning.kernels.kernel import entry, kernel

LOW_BITS = 62
LOW_MASK = 2**62 - 1
MINUTE = int(Interval.MINUTE)
HIGHS, LOWS = 0, 1


@entry
def add_trades(st, commands, events):
    """Count the trades among what came of the commands.

    commands : (n,) COMMAND; events : EVENT rows, `command` counts from the first of the commands
    """
    for i in range(events.shape[0]):
        event = events[i]
        if event.kind == EventKind.TRADE and event.flags & EventFlag.REPLAYED == 0:
            slot = np.int64(st.directory[event.symbol])
            _add_trade(st, slot, commands[event.command].time_ns, event.price, event.qty)


@kernel
def _add_trade(st, slot, time, price, qty):
    """A time before the last one's is taken for that."""
    last = st.last[slot]
    last.price = price
    last.qty = qty
    turnover = price * qty
    for interval in range(INTERVALS):
        candle = st.present[slot, interval]
        if candle.count == 0 or time >= candle.open_time + LENGTH_NS[interval]:
            _open_candle(st, slot, interval, time - time % LENGTH_NS[interval])
            candle.open = price
            candle.high = price
            candle.low = price
        else:
            candle.high = max(candle.high, price)
            candle.low = min(candle.low, price)
        candle.close = price
        candle.count += 1
        _add(candle, qty, np.int64(0), turnover, np.int64(0))


@kernel
def _add(row, volume, volume_high, turnover, turnover_high):
    """Add sums to the sums of a row; `volume` and `turnover` may use all of 63 bits."""
    low = row.volume + (volume & LOW_MASK)
    row.volume_high += volume_high + (volume >> LOW_BITS) + (low >> LOW_BITS)
    row.volume = low & LOW_MASK
    low = row.turnover + (turnover & LOW_MASK)
    row.turnover_high += turnover_high + (turnover >> LOW_BITS) + (low >> LOW_BITS)
    row.turnover = low & LOW_MASK


@kernel
def _place_of(interval, number):
    return FIRST[interval] + number % ROOM[interval]


@kernel
def _open_candle(st, slot, interval, open_time):
    """The present candle ends, if there is one; the next has no prices yet."""
    candle = st.present[slot, interval]
    if candle.count > 0:
        if interval == MINUTE:
            _end_minute(st, slot, candle, open_time)
        number = st.ended[slot, interval]
        _copy_candle(st.candles[slot, _place_of(interval, number)], candle)
        st.ended[slot, interval] = number + 1
    candle.open_time = open_time
    candle.volume = 0
    candle.volume_high = 0
    candle.turnover = 0
    candle.turnover_high = 0
    candle.count = 0


@kernel
def _end_minute(st, slot, minute, time):
    """What was traded before it is known for good, and it may be the best of its time; it is `time` now."""
    number = st.ended[slot, MINUTE]
    past = st.past[slot]
    before = st.before[slot, number % MINUTES_ROOM]
    before.volume = past.volume
    before.volume_high = past.volume_high
    before.turnover = past.turnover
    before.turnover_high = past.turnover_high
    before.count = past.count
    _add(past, minute.volume, np.int64(minute.volume_high), minute.turnover, np.int64(minute.turnover_high))
    past.count += minute.count
    _enqueue(st, slot, HIGHS, number, minute.high, time - DAY_NS)
    _enqueue(st, slot, LOWS, number, -minute.low, time - DAY_NS)


@kernel
def _rank(st, slot, side, number):
    """Of two minutes the one of higher rank has the better high (low)."""
    minute = st.candles[slot, _place_of(MINUTE, number)]
    return minute.high if side == HIGHS else -minute.low


@kernel
def _enqueue(st, slot, side, number, rank, gone):
    """Append a minute; those that opened at or before `gone`, and those that it outdoes, leave."""
    queue = st.queues[slot, side]
    while queue.first < queue.end:
        oldest = st.queued[slot, side, queue.first % MINUTES_ROOM]
        if st.candles[slot, _place_of(MINUTE, oldest)].open_time > gone:
            break
        queue.first += 1
    while queue.first < queue.end:
        if _rank(st, slot, side, st.queued[slot, side, (queue.end - 1) % MINUTES_ROOM]) > rank:
            break
        queue.end -= 1
    st.queued[slot, side, queue.end % MINUTES_ROOM] = number
    queue.end += 1


@kernel
def _first_at(st, slot, interval, time):
    """The number of the first candle that opens at or after `time`, of those that have ended and are kept."""
    end = st.ended[slot, interval]
    low = max(np.int64(0), end - KEPT[interval])
    while low < end:
        middle = (low + end) >> 1
        if st.candles[slot, _place_of(interval, middle)].open_time < time:
            low = middle + 1
        else:
            end = middle
    return low


@kernel
def _number_at(st, slot, interval, time):
    """As `_first_at`; the present candle, if there is one, has the number after the last one."""
    number = _first_at(st, slot, interval, time)
    present = st.present[slot, interval]
    is_earlier = present.count > 0 and present.open_time < time
    return number + 1 if number == st.ended[slot, interval] and is_earlier else number


@entry
def find_candles(st, slot, interval, start, end):
    """Numbers [first, end) of the candles that open at or after `start` and before `end`."""
    return _number_at(st, slot, interval, start), _number_at(st, slot, interval, end)


@entry
def read_days(st, slots, now, days):
    """What is told of the symbols in `slots`, as of `now`, or of the last trade if that was later.

    slots : (n,) int64; days : (n,) DAY, zeroed
    """
    for i in range(slots.shape[0]):
        slot = slots[i]
        last, day, minute = st.last[slot], days[i], st.present[slot, MINUTE]
        day.price = last.price
        day.qty = last.qty
        time = max(now, minute.open_time)
        start = time - time % MINUTE_NS - DAY_NS + MINUTE_NS
        if minute.count > 0 and minute.open_time >= start:
            _read_day(st, slot, start, day)


@kernel
def _read_day(st, slot, start, day):
    """What was traded since `start`, which is not after the present minute."""
    minute, past = st.present[slot, MINUTE], st.past[slot]
    day.open = minute.open
    day.high = minute.high
    day.low = minute.low
    day.volume = minute.volume
    day.volume_high = minute.volume_high
    day.turnover = minute.turnover
    day.turnover_high = minute.turnover_high
    day.count = minute.count
    first = _first_at(st, slot, MINUTE, start)
    if first < st.ended[slot, MINUTE]:
        before = st.before[slot, first % MINUTES_ROOM]
        day.open = st.candles[slot, _place_of(MINUTE, first)].open
        day.high = max(day.high, _best(st, slot, HIGHS, first))
        day.low = min(day.low, -_best(st, slot, LOWS, first))
        day.volume += past.volume - before.volume
        day.volume_high += past.volume_high - before.volume_high
        day.turnover += past.turnover - before.turnover
        day.turnover_high += past.turnover_high - before.turnover_high
        day.count += past.count - before.count


@kernel
def _best(st, slot, side, first):
    """The highest rank of the minutes that have ended and have a number of `first` or more; there is one."""
    queue = st.queues[slot, side]
    low, end = queue.first, queue.end - 1
    while low < end:
        middle = (low + end) >> 1
        if st.queued[slot, side, middle % MINUTES_ROOM] < first:
            low = middle + 1
        else:
            end = middle
    return _rank(st, slot, side, st.queued[slot, side, low % MINUTES_ROOM])


@entry
def gather_candles(st, slots, symbols, ended, present, rows):
    """Candles for an image: of one symbol after the other, by interval and time.

    slots, symbols : (n,) int64
    ended, present : (n, INTERVALS) as they were; candles that had ended by then are read where they are
    rows : SYMBOL_CANDLE; it has room for all
    """
    n = 0
    for i in range(slots.shape[0]):
        for interval in range(INTERVALS):
            end = ended[i, interval]
            for number in range(max(np.int64(0), end - KEPT[interval]), end):
                _fill_row(rows[n], symbols[i], interval, st.candles[slots[i], _place_of(interval, number)])
                n += 1
            _fill_row(rows[n], symbols[i], interval, present[i, interval])
            n += 1


@kernel
def _fill_row(row, symbol, interval, candle):
    row.symbol = symbol
    row.interval = interval
    _copy_candle(row, candle)


@entry
def place_candles(st, rows):
    """Candles of an image, of symbols that have none.

    rows : (n,) SYMBOL_CANDLE, each symbol's by interval and time
    """
    for i in range(rows.shape[0]):
        row = rows[i]
        slot, interval = np.int64(st.directory[row.symbol]), np.int64(row.interval)
        _open_candle(st, slot, interval, row.open_time)
        _copy_candle(st.present[slot, interval], row)


@kernel
def _copy_candle(target, source):
    target.open_time = source.open_time
    target.open = source.open
    target.high = source.high
    target.low = source.low
    target.close = source.close
    target.volume = source.volume
    target.turnover = source.turnover
    target.count = source.count
    target.volume_high = source.volume_high
    target.turnover_high = source.turnover_high
