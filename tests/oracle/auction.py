"""The uncross of the oracle: the price by trying, the trades one by one."""

from typing import NamedTuple

from lightning.codes import Side
from lightning.rows import PRICE_TICKS_MAX
from tests.oracle.book import Book, is_within
from tests.oracle.matching import Matching
from tests.oracle.rows import uncrossed_row


class Uncross(NamedTuple):
    price: int
    qty: int
    imbalance: int
    """Lots that the larger side has beyond `qty`."""


def candidate_prices(book: Book) -> list[int]:
    """Prices among which the best of all ticks is.

    With rising price the bids at or above it lose quantity only right above a bid, and the asks at or below
    it gain some only at an ask's price. So all ticks fall into pieces of equal volume and imbalance, which
    begin and end at a level's price, one tick above or one below. (But for the two ends of all ticks: there
    one side has nothing, and an uncross is looked for only while something would trade.) Of the ticks of all
    pieces that are alike in both the nearest to the last price is wanted, the lower of two: that is the last
    price itself, if one of those pieces has it, and else an end of a piece.
    """
    prices = {min(max(book.last_price, 1), PRICE_TICKS_MAX)}
    for side in book.sides:
        for price in side.prices:
            prices.update((price - 1, price, price + 1))
    return [price for price in prices if 1 <= price <= PRICE_TICKS_MAX]


def quantity_at(book: Book, side: int, price: int) -> int:
    """Lots of one side that would trade at `price`, hidden ones included."""
    levels = book.sides[side].levels.items()
    return sum(
        order.open_qty for at, level in levels if is_within(side, price, at) for order in level.values()
    )


def find_uncross(book: Book, prices: list[int]) -> Uncross:
    """The best of `prices`: largest volume, smallest imbalance, nearest the last price, lowest."""
    results = []
    for price in prices:
        bids, asks = (quantity_at(book, side, price) for side in Side)
        results.append(Uncross(price, min(bids, asks), abs(bids - asks)))
    last = book.last_price
    return min(results, key=lambda found: (-found.qty, found.imbalance, abs(found.price - last), found.price))


def uncross(matching: Matching, book: Book) -> None:
    """Trade until the book is not crossed; a second time only when canceled siblings left it crossed."""
    while book.is_crossed():
        found = find_uncross(book, candidate_prices(book))
        matching.rows.append(uncrossed_row(matching.seq, book.spec.id, found.price, found.qty))
        trade_at(matching, book, found.price)


def trade_at(matching: Matching, book: Book, price: int) -> None:
    """Best bid with best ask, shown slice by shown slice; the older order is the maker."""
    while True:
        bid, ask = (side.best() for side in book.sides)
        if bid is None or ask is None or bid.price < price or ask.price > price:
            return
        maker, taker = (bid, ask) if bid.order_id < ask.order_id else (ask, bid)
        matching.trade(book, taker, maker, price, min(bid.shown, ask.shown))
        matching.cancel_sibling(maker)
        matching.cancel_sibling(taker)
