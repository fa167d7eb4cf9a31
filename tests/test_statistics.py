"""Candles and the last 24 hours against a plain computation."""

import random
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lightning.codes import EventFlag, EventKind
from lightning.engine.admin import apply_change
from lightning.engine.capture import Capture, RingLapped, image_of_exchange
from lightning.engine.changes import DeleteSymbol
from lightning.engine.exchange import Exchange
from lightning.engine.image import restore
from lightning.engine.journal import Batch
from lightning.engine.replay import apply
from lightning.engine.statistics import Candle, Statistics, candle_of, wide
from lightning.kernels.candles_layout import KEPT, SPARE, Interval
from lightning.rows import COMMAND, EVENT
from tests.flows import make_commands
from tests.oracle.rows import Rows
from tests.plain_statistics import DAY, LENGTHS, MINUTE, SECOND, Day, PlainStatistics, Print, in_range
from tests.shapes import SHAPES
from tests.test_invariance import make_batches

SYMBOL = 1
START = 1_700_000_000 * SECOND
FLOWS = ("money", "symbols", "matching", "auction", "stops")


def rows_of(prints: Sequence[Print], symbol: int = SYMBOL) -> tuple[Rows, Rows]:
    commands, events = np.zeros(len(prints), COMMAND), np.zeros(len(prints), EVENT)
    commands["time_ns"] = [one.time for one in prints]
    events["kind"], events["symbol"] = EventKind.TRADE, symbol
    events["command"] = np.arange(len(prints))
    events["price"], events["qty"] = [one.price for one in prints], [one.qty for one in prints]
    return commands, events


class Both:
    """The statistics and the plain ones, told the same."""

    def __init__(self) -> None:
        self.real = Statistics()
        self.plain = PlainStatistics()
        self.real.add_symbol(SYMBOL)

    def trade(self, prints: Sequence[Print]) -> None:
        for told in (self.real.add_trades, self.plain.add):
            told(*rows_of(prints))

    def assert_equal(self, now: int) -> None:
        assert day_of(self.real, SYMBOL, now) == self.plain.day(SYMBOL, now), now
        for interval in Interval:
            assert_candles(self.real, SYMBOL, interval, self.plain.candles(SYMBOL, interval))


def day_of(statistics: Statistics, symbol: int, now: int) -> Day:
    row = statistics.days(np.array([symbol]), now)[0]
    price, qty, first, high, low, volume, turnover, trades, volume_high, turnover_high = row.item()
    sums = wide(volume_high, volume), wide(turnover_high, turnover)
    return Day(price, qty, first, high, low, *sums, trades)


def candles_of(
    statistics: Statistics,
    symbol: int,
    interval: Interval,
    start: int | None = None,
    end: int | None = None,
    limit: int = 10**6,
) -> list[Candle]:
    return [candle_of(row) for row in statistics.candles(symbol, interval, start, end, limit).rows]


def assert_candles(statistics: Statistics, symbol: int, interval: Interval, expected: list[Candle]) -> None:
    """The latest of them, in memory."""
    held = statistics.candles(symbol, interval, 0, None, 10**6)
    rows = [candle_of(row) for row in held.rows]
    assert rows == expected[-KEPT[interval] - 1 :], interval
    assert rows == list(in_range(expected, held.from_ns, 2**63)), interval


def walk(seed: int, count: int, steps: Sequence[int]) -> list[Print]:
    """Prices that wander, at times that lie so far apart."""
    chance = random.Random(seed)
    time, price, prints = START, 1_000, list[Print]()
    for _ in range(count):
        time += chance.choice(steps)
        price = max(1, price + chance.randint(-20, 20))
        prints.append(Print(time, price, chance.randint(1, 50)))
    return prints


def cut(
    prints: Sequence[Print], seed: int, sizes: Sequence[int] = (1, 3, 40, 1_000)
) -> Iterable[list[Print]]:
    chance, start = random.Random(seed), 0
    while start < len(prints):
        end = start + chance.choice(sizes)
        yield list(prints[start:end])
        start = end


@pytest.mark.parametrize(
    "steps",
    [
        (0, 1, SECOND // 3, SECOND),
        (1, SECOND, MINUTE - 1, MINUTE, MINUTE + 1),
        (MINUTE, 3 * MINUTE, 600 * MINUTE),
        (DAY - MINUTE, DAY - 1, DAY, DAY + 1, 9 * DAY, 100 * DAY),
    ],
    ids=["seconds", "minutes", "hours", "days"],
)
@pytest.mark.parametrize("seed", range(3))
def test_candles_and_days_are_those_of_a_plain_computation(seed: int, steps: Sequence[int]) -> None:
    both, chance = Both(), random.Random(seed)
    for batch in cut(walk(seed, 4_000, steps), seed):
        both.trade(batch)
        if chance.random() < 0.05:
            both.assert_equal(batch[-1].time + chance.choice((0, 1, MINUTE, 700 * MINUTE, DAY, 5 * DAY)))
    both.assert_equal(both.plain.prints[SYMBOL][-1].time)


@given(
    steps=some.lists(
        some.tuples(
            some.sampled_from(
                (0, 1, SECOND, MINUTE - 1, MINUTE, DAY - MINUTE, DAY - 1, DAY, DAY + MINUTE, 40 * DAY)
            ),
            some.integers(1, 6),
            some.integers(1, 3),
        ),
        max_size=30,
    ),
    offset=some.sampled_from((0, 1, MINUTE - 1)),
    later=some.sampled_from((0, 1, MINUTE, DAY - MINUTE, DAY - 1, DAY)),
)
@settings(deadline=None, max_examples=200)
def test_whatever_the_times(steps: list[tuple[int, int, int]], offset: int, later: int) -> None:
    both, time = Both(), START // DAY * DAY + offset
    for step, price, qty in steps:
        time += step
        both.trade([Print(time, price, qty)])
        both.assert_equal(time + later)


def test_a_trade_is_of_the_last_24_hours_for_1440_minutes() -> None:
    both, minute = Both(), START // MINUTE * MINUTE
    both.trade([Print(minute + MINUTE - 1, 5, 7)])
    for now, count in [
        (minute + MINUTE, 1),
        (minute + DAY - 1, 1),
        (minute + DAY, 0),
        (minute + 400 * DAY, 0),
        (minute + 5, 1),
    ]:
        assert day_of(both.real, SYMBOL, now).trades == count, now
        both.assert_equal(max(now, minute + MINUTE - 1))
    gone = day_of(both.real, SYMBOL, minute + DAY)
    assert gone == Day(price=5, qty=7)


def test_a_question_about_later_changes_no_answer_about_now() -> None:
    both, prints = Both(), walk(1, 3_000, (MINUTE, 2 * MINUTE))
    both.trade(prints)
    now = prints[-1].time
    before = day_of(both.real, SYMBOL, now)
    for later in (DAY - MINUTE, 3 * DAY, 0):
        day_of(both.real, SYMBOL, now + later)
    assert day_of(both.real, SYMBOL, now) == before
    both.assert_equal(now)


def test_the_high_and_low_of_a_day_leave_with_their_minute() -> None:
    both, minute = Both(), START // MINUTE * MINUTE
    for place, price in enumerate((100, 900, 1, 50, 60)):
        both.trade([Print(minute + place * MINUTE, price, 1)])
    seen = [day_of(both.real, SYMBOL, minute + DAY + place * MINUTE) for place in range(-1, 5)]
    assert [(one.open, one.high, one.low) for one in seen] == [
        (100, 900, 1),
        (900, 900, 1),
        (1, 60, 1),
        (50, 60, 50),
        (60, 60, 60),
        (0, 0, 0),
    ]


@pytest.mark.parametrize("step", [-1, 1])
def test_prices_that_go_one_way_for_days(step: int) -> None:
    """No minute outdoes the one before it: the queue of one side is as long as can be."""
    both = Both()
    for number in range(5_000):
        both.trade([Print(START + number * MINUTE, 10_000 + step * number, 1)])
        if number % 500 == 499:
            both.assert_equal(START + (number + number % 7 * 100) * MINUTE)


@pytest.mark.parametrize("interval", Interval)
def test_a_candle_ends_where_the_next_one_opens(interval: Interval) -> None:
    both, length = Both(), LENGTHS[interval]
    opening = START // DAY * DAY
    for time in (0, length - 1, length, 2 * length):
        both.trade([Print(opening + time, 1 + time % 9, 1)])
    found = candles_of(both.real, SYMBOL, interval)
    assert [(one.open_time_ns - opening, one.trade_count) for one in found] == [
        (0, 2),
        (length, 1),
        (2 * length, 1),
    ]
    both.assert_equal(opening + 2 * length)


def test_sums_are_exact_beyond_64_bits() -> None:
    both = Both()
    prints = [Print(START + place * SECOND, 2 ** (place % 2), 2**62 - 1 - place % 3) for place in range(200)]
    both.trade(prints)
    both.assert_equal(prints[-1].time)
    assert day_of(both.real, SYMBOL, prints[-1].time).volume > 2**68
    both.trade([Print(START + DAY + 100 * SECOND, 3, 5)])
    both.assert_equal(START + DAY + 100 * SECOND)


def test_candles_are_chosen_by_time_and_limit() -> None:
    both = Both()
    both.trade(walk(5, 900, (0, MINUTE, 3 * MINUTE)))
    everything, chance = both.plain.candles(SYMBOL, Interval.MINUTES_5), random.Random(6)
    kept = everything[-KEPT[Interval.MINUTES_5] - 1 :]
    times = [time + off for time in {one.open_time_ns for one in kept} for off in (-1, 0, 1)]
    for _ in range(300):
        start, end, limit = chance.choice(times), chance.choice(times), chance.choice((1, 2, 7, 100, 1000))
        found = list(in_range(kept, start, end))
        assert candles_of(both.real, SYMBOL, Interval.MINUTES_5, start, end, limit) == found[:limit]
        latest = list(in_range(kept, 0, end))[-limit:]
        assert candles_of(both.real, SYMBOL, Interval.MINUTES_5, None, end, limit) == latest
    assert candles_of(both.real, SYMBOL, Interval.MINUTES_5, limit=3) == kept[-3:]


def test_of_a_symbol_without_trades_there_is_nothing() -> None:
    both = Both()
    both.assert_equal(START)
    held = both.real.candles(SYMBOL, Interval.DAY, None, None, 10)
    assert (len(held.rows), held.from_ns) == (0, 0)


def test_a_time_that_runs_backwards_is_taken_for_the_last() -> None:
    both = Both()
    both.trade([Print(START + MINUTE, 5, 1), Print(START - DAY, 9, 1)])
    assert [one.high for one in candles_of(both.real, SYMBOL, Interval.SECOND)] == [9]
    assert day_of(both.real, SYMBOL, START + MINUTE).trades == 2


def test_slots_grow_and_what_is_there_stays() -> None:
    real, plains = Statistics(), PlainStatistics()
    for symbol in range(1, 40):
        real.add_symbol(symbol * 7)
        prints = walk(symbol, 300, (SECOND, MINUTE))
        for told in (real.add_trades, plains.add):
            told(*rows_of(prints, symbol * 7))
    for symbol in range(7, 40 * 7, 7):
        now = plains.prints[symbol][-1].time + 9 * MINUTE
        assert day_of(real, symbol, now) == plains.day(symbol, now)
        for interval in Interval:
            assert_candles(real, symbol, interval, plains.candles(symbol, interval))


# an exchange's


@cache
def flow(name: str) -> Rows:
    """A flow whose commands lie up to a day apart."""
    commands = make_commands(SHAPES[name], 1, 4_000)
    chance = random.Random(name)
    steps = [
        chance.choice((0, 0, 0, SECOND, 20 * SECOND, MINUTE, 60 * MINUTE, 700 * MINUTE)) for _ in commands
    ]
    commands["time_ns"] = START + np.cumsum(steps)
    commands.setflags(write=False)
    return commands


def batches(commands: Rows, seed: int) -> Iterable[Rows]:
    return (commands[start:end].copy() for start, end in make_batches(commands, seed))


def applied(name: str, commands: Iterable[Rows], shards: int = 10, workers: int = 1) -> Exchange:
    exchange = Exchange(SHAPES[name].config, SHAPES[name].ledger, shards, workers)
    for rows in commands:
        apply(exchange, Batch(exchange.seq + 1, rows))
    return exchange


def everything_of(exchange: Exchange, now: int) -> list[object]:
    tickers = exchange.tickers(now)
    told: list[object] = [tickers.symbols.tolist(), tickers.days.tolist(), tickers.best.tolist()]
    for symbol in exchange.symbols:
        for interval in Interval:
            held = exchange.candles(symbol, interval, 0, None, 10**6)
            told.append((symbol, interval, held.from_ns, held.rows.tolist()))
    return told


@pytest.mark.parametrize("name", FLOWS)
def test_what_an_exchange_does_is_counted(name: str) -> None:
    exchange, plain = Exchange(SHAPES[name].config, SHAPES[name].ledger), PlainStatistics()
    for rows in batches(flow(name), 1):
        plain.add(rows, apply(exchange, Batch(exchange.seq + 1, rows)).events)
    assert sum(map(len, plain.prints.values())) > 100
    now = int(flow(name)["time_ns"][-1])
    for symbol in exchange.symbols:
        assert day_of(exchange.statistics, symbol, now) == plain.day(symbol, now)
        for interval in Interval:
            assert_candles(exchange.statistics, symbol, interval, plain.candles(symbol, interval))
        prints = plain.prints[symbol]
        assert exchange.last_price(symbol) == (prints[-1].price if prints else 0)


def test_answers_that_are_given_again_are_not_counted_again() -> None:
    commands, events = rows_of([Print(START, 5, 1), Print(START, 6, 1)])
    events["flags"][1] = EventFlag.REPLAYED | EventFlag.CONSEQUENCE
    real = Statistics()
    real.add_symbol(SYMBOL)
    real.add_trades(commands, events)
    assert day_of(real, SYMBOL, START).trades == 1


@pytest.mark.parametrize("name", FLOWS)
def test_batches_shards_and_workers_make_no_difference(name: str) -> None:
    commands = flow(name)
    now = int(commands["time_ns"][-1])
    expected = everything_of(applied(name, [commands.copy()]), now)
    for seed, shards, workers in ((1, 1, 1), (2, 7, 2), (3, 16, 1)):
        exchange = applied(name, batches(commands, seed), shards, workers)
        assert everything_of(exchange, now) == expected


@pytest.mark.parametrize("name", FLOWS)
def test_what_is_restored_tells_the_same_now_and_later(name: str) -> None:
    commands = flow(name)
    half, now = len(commands) // 2, int(commands["time_ns"][-1])
    exchange = applied(name, [commands[:half].copy()])
    for shards in (1, 10):
        restored = restore(image_of_exchange(exchange), shards)
        for time in (int(commands["time_ns"][half - 1]), now, now + 700 * MINUTE):
            assert everything_of(restored, time) == everything_of(exchange, time)
        apply(restored, Batch(restored.seq + 1, commands[half:].copy()))
        assert everything_of(restored, now) == everything_of(applied(name, [commands.copy()]), now)


def full_exchange() -> tuple[Exchange, list[Print]]:
    """One whose rings are full and have turned."""
    exchange = Exchange()
    prints = walk(3, 3_000, (MINUTE, 5 * MINUTE, DAY // 3))
    exchange.statistics.add_trades(*rows_of(prints))
    return exchange, prints


def test_full_rings_are_restored() -> None:
    exchange, prints = full_exchange()
    restored = restore(image_of_exchange(exchange))
    more = [
        Print(prints[-1].time + one.time - START, one.price, one.qty)
        for one in walk(4, 3_000, (SECOND, MINUTE))
    ]
    for batch in ([], *cut(more, 1)):
        for each in (exchange, restored):
            each.statistics.add_trades(*rows_of(batch))
    now = more[-1].time
    assert everything_of(restored, now) == everything_of(exchange, now)


@pytest.mark.parametrize(("more", "is_lapped"), [(0, False), (SPARE - 2, False), (SPARE + 1, True)])
def test_a_capture_shows_the_candles_when_it_was_taken(more: int, is_lapped: bool) -> None:
    exchange, prints = full_exchange()
    time = prints[-1].time
    expected = everything_of(exchange, time)
    capture = Capture.prepare(exchange)
    capture.take(exchange, time)
    exchange.statistics.add_trades(*rows_of([Print(time + n * DAY, 7, 7) for n in range(1, more + 1)]))
    if is_lapped:
        with pytest.raises(RingLapped):
            capture.finish()
    else:
        capture.finish()
        assert everything_of(restore(capture.image()), time) == expected


def test_a_capture_within_the_pause_needs_nothing_later() -> None:
    exchange, prints = full_exchange()
    expected = everything_of(exchange, prints[-1].time)
    capture = Capture.prepare(exchange, rings_in_pause=True)
    capture.take(exchange)
    exchange.statistics.add_trades(*rows_of([Print(prints[-1].time + n * DAY, 7, 7) for n in range(1, 999)]))
    capture.finish()
    assert everything_of(restore(capture.image()), prints[-1].time) == expected


def test_a_removed_symbol_has_no_statistics() -> None:
    exchange, prints = full_exchange()
    capture = Capture.prepare(exchange)
    expected = everything_of(exchange, prints[-1].time)
    capture.take(exchange)
    apply_change(exchange, DeleteSymbol(SYMBOL))
    assert SYMBOL not in exchange.tickers(0).symbols
    with pytest.raises(KeyError):
        exchange.candles(SYMBOL, Interval.DAY)
    with pytest.raises(KeyError):
        exchange.tickers(0, np.array([SYMBOL]))
    image = image_of_exchange(exchange)
    assert (len(image.last), len(image.candles)) == (0, 0)
    assert SYMBOL not in restore(image).symbols
    capture.finish()
    assert everything_of(restore(capture.image()), prints[-1].time) == expected


def test_statistics_are_no_part_of_the_state_hash() -> None:
    commands = flow("money")
    counted, plain = applied("money", [commands.copy()]), Exchange(SHAPES["money"].config)
    plain.submit(commands.copy())
    assert counted.state_hash() == plain.state_hash()
    assert plain.tickers(0).days["count"].sum() == 0
