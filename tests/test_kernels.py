"""The leaf kernels on their own, compiled."""

import random
from bisect import insort
from collections.abc import Callable

import numpy as np
import pytest

from lightning.codes import Side
from lightning.engine.tables import Table, new_books, table
from lightning.kernels import index, intrinsics, ladder, layout, money
from lightning.kernels.kernel import entry
from lightning.kernels.layout import NIL, NODES_PER_LEVEL_MAX, Books
from lightning.rows import PRICE_TICKS_MAX
from tests.edge_values import EDGES, INT64_MAX

INT64_MIN = -INT64_MAX - 1


@entry
def _open(books, side, price):  # type: ignore[no-untyped-def]
    return ladder.level_at(books, 0, books.ladders[0, side], side, price)


@entry
def _close(books, side, level):  # type: ignore[no-untyped-def]
    ladder.level_close(books, 0, books.ladders[0, side], side, level)


@entry
def _find(books, side, price):  # type: ignore[no-untyped-def]
    return ladder.level_find(books, 0, books.ladders[0, side], ladder.key_of(side, price))


@entry
def _next(books, side, level):  # type: ignore[no-untyped-def]
    return ladder.level_next(books, 0, side, level)


class Ladder:
    """One side of an empty book."""

    def __init__(self, side: Side) -> None:
        self.books: Books = new_books(1)
        for slot in (0, 1):
            self.books.ladders["root"][0, slot] = self.books.ladders["best"][0, slot] = NIL
        self.side = np.int64(side)

    def open(self, price: int) -> int:
        return int(_open(self.books, self.side, np.int64(price)))

    def close(self, level: int) -> None:
        _close(self.books, self.side, np.int64(level))

    def find(self, price: int) -> int:
        return int(_find(self.books, self.side, np.int64(price)))

    def prices(self) -> list[int]:
        """From the best away from the touch."""
        found = []
        level = int(self.books.ladders["best"][0, self.side])
        while level != NIL:
            found.append(int(self.books.levels["price"][0, level]))
            level = int(_next(self.books, self.side, np.int64(level)))
        return found

    @property
    def nodes(self) -> int:
        return int(self.books.head["nodes_live"][0])

    @property
    def height(self) -> int:
        return int(self.books.ladders["height"][0, self.side])


@pytest.mark.parametrize("side", Side, ids=lambda side: side.name)
@pytest.mark.parametrize(
    ("lowest", "highest"),
    [
        (1, 50),
        (1, 5_000),
        (1, PRICE_TICKS_MAX),
        (PRICE_TICKS_MAX - 100, PRICE_TICKS_MAX),
        (2**30, 2**30 + 2**13),
    ],
)
def test_ladder_keeps_levels_in_order_while_they_come_and_go(side: Side, lowest: int, highest: int) -> None:
    rng = random.Random(f"{side} {lowest} {highest}")
    one = Ladder(side)
    levels: dict[int, int] = {}
    keys: list[int] = []
    for step in range(3_000):
        growing = rng.random() < (0.7 if step % 1_000 < 500 else 0.3)
        if len(levels) < 60 and (growing or not levels):
            price = rng.randint(lowest, highest)
            if price not in levels:
                levels[price] = one.open(price)
                insort(keys, price)
        else:
            price = rng.choice(keys) if rng.random() < 0.5 else keys[0 if side == Side.SELL else -1]
            one.close(levels.pop(price))
            keys.remove(price)
        if step % 50 == 0:
            assert one.prices() == (keys if side == Side.SELL else keys[::-1])
            assert all(one.find(price) == level for price, level in levels.items())
        best = int(one.books.ladders["best"][0, side])
        assert best == (levels[min(keys) if side == Side.SELL else max(keys)] if keys else NIL)
        assert one.nodes <= NODES_PER_LEVEL_MAX * len(levels)
    for level in levels.values():
        one.close(level)
    assert one.prices() == [] and one.nodes == 0
    head = one.books.head[0]
    assert int(head["levels_live"]) == 0 and int(one.books.ladders["root"][0, side]) == NIL


@pytest.mark.parametrize("side", Side, ids=lambda side: side.name)
def test_an_empty_side_costs_no_node_and_one_level_costs_one(side: Side) -> None:
    one = Ladder(side)
    assert one.nodes == 0
    for price in (1, 12_345, PRICE_TICKS_MAX):
        level = one.open(price)
        assert (one.nodes, one.height) == (1, 0)
        one.close(level)
        assert one.nodes == 0


@pytest.mark.parametrize("side", Side, ids=lambda side: side.name)
def test_a_far_price_raises_the_root_only_while_it_rests(side: Side) -> None:
    one = Ladder(side)
    near = one.open(2**20)
    first, last = one.open(1), one.open(PRICE_TICKS_MAX)
    ascending = [1, 2**20, PRICE_TICKS_MAX]
    assert one.prices() == (ascending if side == Side.SELL else ascending[::-1])
    assert one.height == 6 and one.nodes <= 3 * NODES_PER_LEVEL_MAX
    one.close(last)
    one.close(first)
    assert (one.nodes, one.height) == (1, 0)
    assert one.prices() == [2**20] and one.find(2**20) == near


def test_a_price_without_a_level_is_not_found() -> None:
    one = Ladder(Side.SELL)
    assert one.find(7) == NIL
    one.open(7)
    for price in (6, 8, 7 + 64, 7 + 2**12, 7 + 2**36, PRICE_TICKS_MAX):
        assert one.find(price) == NIL


def test_freed_levels_and_nodes_are_used_again() -> None:
    one = Ladder(Side.BUY)
    for round_ in range(50):
        levels = [one.open(price) for price in range(1 + round_, 2**40, 2**36)]
        for level in levels:
            one.close(level)
    head = one.books.head[0]
    assert int(head["levels_used"]) == 16 and int(head["nodes_used"]) <= 16 * NODES_PER_LEVEL_MAX


@entry
def _insert(rows, hashed, slot):  # type: ignore[no-untyped-def]
    index.index_insert(rows, 0, hashed, slot)


@entry
def _remove(rows, hashed, slot):  # type: ignore[no-untyped-def]
    index.index_remove(rows, 0, hashed, slot)


@entry
def _lookup(rows, hashed, slot):  # type: ignore[no-untyped-def]
    mask = rows.shape[1] - 1
    i = hashed & mask
    while rows[0, i].slot != 0:
        if rows[0, i].hash == hashed and rows[0, i].slot == slot + 1:
            return True
        i = (i + 1) & mask
    return False


def found(rows: Table, hashed: int, slot: int) -> bool:
    return bool(_lookup(rows, np.int64(hashed), np.int64(slot)))


HASHES: dict[str, Callable[[random.Random], int]] = {
    "spread": lambda rng: rng.getrandbits(32),
    "all in one place": lambda rng: 77,
    "one place, different hashes": lambda rng: 61 + 64 * rng.getrandbits(20),
    "around the end": lambda rng: rng.choice((61, 62, 63, 0, 1, 2**32 - 1, 2**32 - 2)),
    "neighbours": lambda rng: 2**31 + rng.randrange(16),
}


@pytest.mark.parametrize("kind", HASHES)
def test_index_finds_what_is_in_it_and_nothing_else(kind: str) -> None:
    rng = random.Random(kind)
    rows = table((1, 64), layout.INDEX)
    held: dict[int, int] = {}
    for _ in range(1_500):
        slot = rng.randrange(32)
        if slot in held:
            _remove(rows, np.int64(held[slot]), np.int64(slot))
            assert not found(rows, held.pop(slot), slot)
        else:
            held[slot] = HASHES[kind](rng)
            _insert(rows, np.int64(held[slot]), np.int64(slot))
        assert all(found(rows, hashed, slot) for slot, hashed in held.items())
    for slot, hashed in held.items():
        _remove(rows, np.int64(hashed), np.int64(slot))
    assert not rows["slot"].any()


def test_index_moved_into_a_larger_one_has_the_same_rows() -> None:
    rng = random.Random(0)
    old, new = table((2, 64), layout.INDEX), table((2, 128), layout.INDEX)
    held = {slot: rng.getrandbits(32) for slot in range(32)}
    for slot, hashed in held.items():
        _insert(old, np.int64(hashed), np.int64(slot))
    index.index_rebuild(old, new)
    assert all(found(new, hashed, slot) for slot, hashed in held.items())
    assert int((new["slot"] != 0).sum()) == len(held)


def toward_zero(notional: int, ppm: int) -> int:
    return notional * ppm // 1_000_000 if ppm >= 0 else -(notional * -ppm // 1_000_000)


RATES = (-1_000_000, -999_999, -333_333, -1, 0, 1, 7, 999, 333_333, 999_999, 1_000_000)


def test_fees_and_rebates_are_rounded_toward_zero() -> None:
    rng = random.Random(1)
    notionals = [n for n in EDGES if n >= 0] + [rng.getrandbits(rng.randint(1, 63)) for _ in range(300)]
    notionals += [999_999, 1_000_000, 1_000_001]
    for notional in notionals:
        for ppm in RATES:
            assert int(money.fee_of(np.int64(notional), np.int64(ppm))) == toward_zero(notional, ppm)


def book_with(tick_value: int) -> np.void:
    rows = table((1,), layout.BOOK)
    rows["tick_value"] = tick_value
    book: np.void = rows[0]
    return book


def test_a_notional_beyond_int64_is_told_not_wrapped() -> None:
    for tick_value in (1, 10, 2**31):
        book = book_with(tick_value)
        for price in (1, 2, 3, 2**31 - 1, 2**40):
            most = INT64_MAX // (price * tick_value)
            for qty in {1, most, min(most + 1, INT64_MAX), 2**62}:
                exact = price * qty * tick_value
                expected = exact if exact <= INT64_MAX else -1
                assert int(money.notional_of(book, np.int64(price), np.int64(qty))) == expected


def test_a_hold_beyond_int64_is_told_not_wrapped() -> None:
    book = book_with(1)
    half = INT64_MAX // 2
    for qty, rate in (
        (half, 1_000_000),
        (half + 1, 1_000_000),
        (INT64_MAX, 0),
        (INT64_MAX, 1),
        (INT64_MAX, -1),
    ):
        exact = qty + toward_zero(qty, rate)
        got = int(money.cost_of(book, np.int64(1), np.int64(qty), np.int64(rate)))
        assert got == (exact if exact <= INT64_MAX else -1)
        if rate >= 0:
            assert int(money.buy_hold(book, np.int64(1), np.int64(qty), np.int64(rate))) == got


def test_affordable_is_the_most_lots_that_the_money_buys() -> None:
    rng = random.Random(2)
    for _ in range(2_000):
        tick_value, price = rng.choice((1, 3, 10)), rng.randint(1, 40)
        qty, ppm = rng.randint(1, 60), rng.choice(RATES)
        budget = rng.randint(0, 2 * price * qty * tick_value)
        book = book_with(tick_value)
        got = money.affordable(book, np.int64(price), np.int64(qty), np.int64(ppm), np.int64(budget))
        costs = [price * n * tick_value + toward_zero(price * n * tick_value, ppm) for n in range(qty + 1)]
        assert int(got) == max(n for n in range(qty + 1) if costs[n] <= budget)


def test_affordable_looks_at_no_cost_that_wraps() -> None:
    book = book_with(2**20)
    price, budget = 2**40, INT64_MAX
    expected = budget // (price * 2**20)
    got = money.affordable(book, np.int64(price), np.int64(2**62), np.int64(0), np.int64(budget))
    assert int(got) == expected
    dearer = money.affordable(book, np.int64(price), np.int64(2**62), np.int64(1_000_000), np.int64(budget))
    assert int(dearer) == expected // 2


@entry
def _mix(a, b):  # type: ignore[no-untyped-def]
    return intrinsics.mix(a, b)


@entry
def _stir(a, b):  # type: ignore[no-untyped-def]
    return intrinsics.stir(a, b)


@entry
def _add_wrapped(a, b):  # type: ignore[no-untyped-def]
    return intrinsics.add_wrapped(a, b)


@entry
def _add_saturated(a, b):  # type: ignore[no-untyped-def]
    return intrinsics.add_saturated(a, b)


@entry
def _product(a, b):  # type: ignore[no-untyped-def]
    return intrinsics.product(a, b)


@entry
def _total(a, b):  # type: ignore[no-untyped-def]
    return intrinsics.total(a, b)


@entry
def _lowest_bit(bits):  # type: ignore[no-untyped-def]
    return intrinsics.lowest_bit(bits)


def pairs() -> list[tuple[int, int]]:
    """Every pair of edges, and numbers of every length."""
    rng = random.Random(3)
    edges = sorted({*EDGES, *(-edge for edge in EDGES if edge > INT64_MIN), 3_037_000_499, 3_037_000_500})
    drawn = [(signed(rng), signed(rng)) for _ in range(3_000)]
    return [(a, b) for a in edges for b in edges] + drawn


def signed(rng: random.Random) -> int:
    return rng.getrandbits(rng.randint(1, 63)) * rng.choice((1, -1))


@pytest.mark.parametrize("name", ["mix", "stir", "add_wrapped", "add_saturated", "product", "total"])
def test_an_intrinsic_is_its_python_body(name: str) -> None:
    compiled, body = globals()[f"_{name}"], getattr(intrinsics, name)
    for a, b in pairs():
        assert int(compiled(np.int64(a), np.int64(b))) == int(body(a, b)), (a, b)


def test_sums_and_products_say_when_they_do_not_fit() -> None:
    assert intrinsics.product(2**62, 2) == intrinsics.total(INT64_MAX, 1) == -1
    assert intrinsics.product(-1, -1) == intrinsics.total(-1, 5) == -1
    assert intrinsics.product(0, INT64_MAX) == 0 and intrinsics.total(INT64_MAX, 0) == INT64_MAX
    assert intrinsics.add_saturated(INT64_MAX, 1) == INT64_MAX
    assert intrinsics.add_saturated(INT64_MIN, -1) == INT64_MIN


def test_lowest_bit_compiled_and_in_python() -> None:
    rng = random.Random(4)
    for bits in [1 << i for i in range(63)] + [INT64_MIN, -1, *(signed(rng) or 1 for _ in range(1_000))]:
        expected = (bits & -bits).bit_length() - 1
        assert int(_lowest_bit(np.int64(bits))) == expected == int(intrinsics.lowest_bit(bits))


def test_mix_spreads_neighbours() -> None:
    """Neighbouring ids fill a table of 4,096 places about as evenly as chance would."""
    places = {int(intrinsics.mix(account, 0)) & 4_095 for account in range(4_096)}
    assert len(places) > 4_096 * 0.6
