"""A book that follows a stream: what it shows, and what it takes for broken."""

import random
from decimal import Decimal

import pytest

from lightning.client import Client, Unavailable
from lightning.client.local_book import BrokenBook, LocalBook, checksum
from lightning.client.model.market import BookUpdate, Level
from lightning.codes import SymbolStatus
from tests.conftest import RunningServer
from tests.feeds import followers

Pairs = list[tuple[str, str]]


def levels(pairs: Pairs) -> tuple[Level, ...]:
    return tuple(Level(Decimal(price), Decimal(quantity), 1) for price, quantity in pairs)


def update(seq: int, previous: int, bids: Pairs, asks: Pairs, shown: tuple[Pairs, Pairs]) -> BookUpdate:
    """shown : the book after it"""
    crc = checksum(levels(shown[0]), levels(shown[1]))
    return BookUpdate(
        1, seq, previous, previous == 0, levels(bids), levels(asks), crc, SymbolStatus.TRADING, seq
    )


FIRST: tuple[Pairs, Pairs] = ([("10.0", "1.0"), ("9.5", "2.0")], [("11.0", "0.05")])


@pytest.fixture
def book() -> LocalBook:
    made = LocalBook(1)
    made.apply(update(3, 0, *FIRST, FIRST))
    return made


def test_levels_come_change_and_go(book: LocalBook) -> None:
    after: tuple[Pairs, Pairs] = ([("10.5", "4.0"), ("10.0", "3.0")], [("11.0", "0.05")])
    book.apply(update(5, 3, [("10.5", "4.0"), ("10.0", "3.0"), ("9.5", "0.0")], [], after))
    assert (book.bids(), book.asks()) == (levels(after[0]), levels(after[1]))
    assert book.bids(1) == book.bids()[:1]
    assert (book.seq, book.mid) == (5, Decimal("10.75"))
    book.apply(update(6, 5, [], [("11.0", "0.0")], (after[0], [])))
    assert book.best_ask is None and book.mid is None


def test_the_checksum_is_over_digits_as_they_were_sent() -> None:
    rng = random.Random(1)

    def number() -> str:
        return f"{rng.randint(0, 10 ** rng.randint(0, 6))}.{rng.randint(1, 10**7):0{rng.randint(1, 8)}d}"

    for _ in range(200):
        pairs = [[(number(), number()) for _ in range(rng.randint(0, 14))] for _ in range(2)]
        texts = [tuple((price, quantity, 1) for price, quantity in side) for side in pairs]
        assert checksum(levels(pairs[0]), levels(pairs[1])) == followers.checksum((texts[0], texts[1]))


@pytest.mark.parametrize(
    "bad",
    [
        update(6, 4, [("9.0", "1.0")], [], ([*FIRST[0], ("9.0", "1.0")], FIRST[1])),
        update(6, 3, [("9.0", "1.0")], [], FIRST),
    ],
    ids=["it follows from another", "its checksum is another"],
)
def test_a_broken_book_shows_nothing_until_there_is_a_snapshot(book: LocalBook, bad: BookUpdate) -> None:
    with pytest.raises(BrokenBook):
        book.apply(bad)
    assert (book.seq, book.bids(), book.asks()) == (0, (), ())
    book.apply(update(9, 0, *FIRST, FIRST))
    assert book.bids() == levels(FIRST[0]) and book.snapshots == 2


def test_who_waits_for_a_seq_is_told_when_it_is_there_or_the_time_is_over(book: LocalBook) -> None:
    assert book.wait(3, timeout=0)
    assert not book.wait(4, timeout=0.01)
    book.end(Unavailable("gone"))
    for read in (book.bids, book.shown, lambda: book.wait(4, timeout=60)):
        with pytest.raises(Unavailable, match="gone"):
            read()


def test_a_followed_book_is_the_servers(client: Client, venue: RunningServer) -> None:
    client.deposit(1, "USDT", 10**6)
    rng = random.Random(2)
    with client.follow_book("BTC-USDT", levels=5) as book:
        for _ in range(60):
            report = client.place_order(1, 1, "buy", "0.01", price=rng.randint(1, 30))
            if rng.random() < 0.4:
                report = client.cancel_order(1, 1, order_id=report.order.order_id)
        client.place_order(1, 1, "buy", "0.01", price=40)
        seq = client.get_order_book(1).seq
        assert book.wait(seq, timeout=60)
        shown = client.get_order_book("BTC-USDT", levels=5)
        assert (book.bids(), book.asks()) == (shown.bids, shown.asks)
        assert book.snapshots == 1
