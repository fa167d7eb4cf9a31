"""Order books as bytes: the kernel writes what protobuf would."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from lightning.codes import SymbolStatus
from lightning.decimals import Step
from lightning.engine.views import Depth, Depths
from lightning.instruments import Currency, Symbol
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.rows import PRICE_TICKS_MAX
from lightning.server.convert.book_bytes import can_encode, encode_books, steps_of
from lightning.server.convert.market import Asked, Books, order_book, order_books

BASE = Currency(1, "BASE", 18)
TICKS = [Step(1, 0), Step(1, 2), Step(25, 2), Step(5, 1), Step(1, 9), Step(1_000, 0), Step(3, 9), Step(1, 18)]
LOTS = [Step(1, 0), Step(1, 6), Step(125, 3), Step(1, 9), Step(5, 0)]


def symbol_of(number: int, tick: Step, lot: Step) -> Symbol:
    """With a quote currency of as many decimals as it needs."""
    quote = Currency(2, "QUOTE", min(tick.scale + lot.scale, 18))
    return Symbol(number, f"S{number}", BASE, quote, tick=tick, lot=lot)


STEPS = some.tuples(some.sampled_from(TICKS), some.sampled_from(LOTS)).filter(
    lambda steps: steps[0].scale + steps[1].scale <= 18
)
AMOUNTS = some.one_of(some.integers(1, 2**20), some.sampled_from([1, 9, 10, 99, 100, 10**9, 10**12, 2**40]))
LEVELS = some.lists(some.tuples(AMOUNTS, AMOUNTS, some.sampled_from([1, 7, 127, 128, 2**31 - 1])), max_size=6)
BOOKS = some.lists(
    some.tuples(STEPS, LEVELS, LEVELS, some.sampled_from(SymbolStatus), some.tuples(AMOUNTS, AMOUNTS)),
    min_size=1,
    max_size=4,
)
NUMBERS = some.sampled_from([0, 1, 127, 128, 2**31, 2**63 - 1])
Given = tuple[
    tuple[Step, Step], list[tuple[int, int, int]], list[tuple[int, int, int]], SymbolStatus, tuple[int, int]
]


def side_of(levels: list[tuple[int, int, int]]) -> np.ndarray:
    return np.array(levels, np.int64).reshape(-1, 3)


@settings(deadline=None, max_examples=300)
@given(books=BOOKS, seq=NUMBERS, time_ns=NUMBERS, in_auction=some.booleans())
@example(
    books=[((Step(1, 2), Step(1, 6)), [], [], SymbolStatus.TRADING, (1, 1))],
    seq=0,
    time_ns=0,
    in_auction=False,
)
def test_the_bytes_are_those_of_the_message(
    books: list[Given], seq: int, time_ns: int, in_auction: bool
) -> None:
    symbols = [symbol_of(number * 1_000 + 1, *steps) for number, (steps, *_) in enumerate(books)]
    rows = np.concatenate([side_of(side) for _, bids, asks, *_ in books for side in (bids, asks)])
    counts = np.array([(len(bids), len(asks)) for _, bids, asks, *_ in books], np.int64)
    statuses = np.array([status for *_, status, _ in books], np.uint8)
    indicative = np.array([one if in_auction else (0, 0) for *_, one in books], np.int64)
    depths = Depths(rows, counts, statuses)
    expected = [
        order_book(
            symbol, Depth(side_of(bids), side_of(asks)), status, one if in_auction else (0, 0), seq, time_ns
        )
        for symbol, (_, bids, asks, status, one) in zip(symbols, books, strict=True)
    ]
    got = encode_books(steps_of(symbols), depths, indicative, seq, time_ns, in_list=True).tobytes()
    assert got == pb.BatchGetOrderBooksResponse(books=expected).SerializeToString()
    if len(books) == 1:
        alone = encode_books(steps_of(symbols), depths, indicative, seq, time_ns, in_list=False).tobytes()
        assert alone == expected[0].SerializeToString()


@pytest.mark.parametrize("in_list", [True, False])
def test_prices_beyond_int64_are_written_too(in_list: bool) -> None:
    coarse = Symbol(
        1, "X", Currency(1, "B", 8, ""), Currency(2, "Q", 0, ""), tick=Step(10**9, 0), lot=Step(1, 8)
    )
    assert not can_encode(coarse)
    depths = Depths(
        np.array([(PRICE_TICKS_MAX, 5, 1)]), np.array([(0, 1)]), np.array([SymbolStatus.TRADING], np.uint8)
    )
    asked = Asked.of([coarse], [20])
    data = order_books(asked, Books(depths, np.zeros((1, 2), np.int64)), 7, 8, in_list)
    book = (
        pb.BatchGetOrderBooksResponse.FromString(data).books[0] if in_list else pb.OrderBook.FromString(data)
    )
    assert book.asks[0].price == f"{PRICE_TICKS_MAX * 10**9}.0" and book.seq == 7
