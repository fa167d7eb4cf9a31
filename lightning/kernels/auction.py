"""The uncross that ends an auction: everything trades at the one price where the most lots do (RULES 19)."""

import numpy as np

from lightning.codes import EventKind, Side
from lightning.kernels.close import after_fill, retire
from lightning.kernels.events import emit_trade, next_event
from lightning.kernels.intrinsics import add_saturated
from lightning.kernels.kernel import entry, kernel, lookup
from lightning.kernels.ladder import level_next
from lightning.kernels.layout import NIL
from lightning.kernels.match import count_fill, print_trade
from lightning.kernels.money import notional_of
from lightning.kernels.order import is_extended
from lightning.kernels.queue import dequeue, ladder_of, shown_of
from lightning.kernels.settle import fees_of, settle_fees, settle_maker
from lightning.rows import PRICE_TICKS_MAX


@kernel
def _price_of(books, shard, side, level):
    """The level's price; of none: one beyond every price of that side."""
    if level != NIL:
        return books.levels[shard, level].price
    return np.int64(0) if side == Side.BUY else np.int64(PRICE_TICKS_MAX + 1)


@kernel
def _next_price(books, shard, side, level):
    return _price_of(books, shard, side, level_next(books, shard, side, level))


@kernel
def is_crossed(books, shard, book_slot):
    """Does the best bid reach the best ask?"""
    bid = np.int64(books.ladders[shard, 2 * book_slot].best)
    ask = np.int64(books.ladders[shard, 2 * book_slot + 1].best)
    return _price_of(books, shard, Side.BUY, bid) >= _price_of(books, shard, Side.SELL, ask)


@kernel
def _prices_around(books, shard, bid, ask, before, as_many):
    """The best prices where the asks begin to outweigh the bids, at `ask`. Returns (lowest, highest).

    bid : the last level at or above `ask`; before : the ask level before it
    as_many : would as many lots trade at the tick below `ask`?
    """
    price = books.levels[shard, ask].price
    low = price
    high = min(books.levels[shard, bid].price, _next_price(books, shard, Side.SELL, ask) - 1)
    if not as_many:
        return low, high
    following = level_next(books, shard, Side.BUY, bid)
    surplus = np.int64(0)  # of bids, at the tick below; at `ask` it is of asks, and as large as that level
    below = _price_of(books, shard, Side.BUY, following)
    if below == price - 1:
        surplus = books.levels[shard, following].qty
        below = _next_price(books, shard, Side.BUY, following)
    if surplus <= books.levels[shard, ask].qty:
        low = max(books.levels[shard, before].price, below + 1)
    if surplus < books.levels[shard, ask].qty:
        high = price - 1
    return low, high


@entry
def find_uncross(books, shard, book_slot):
    """The price that an uncross would have, and the lots that would trade; (0, 0): nothing would.

    Of all ticks the one with most lots, then the smallest surplus on either side, then nearest the last
    price, then the lowest. Both sides are walked from their best, always on the side that has fewer lots
    so far, to where they balance. `more` is how many lots more the bids have: unlike the sums it fits.
    """
    if not is_crossed(books, shard, book_slot):
        return np.int64(0), np.int64(0)
    last = books.books[shard, book_slot].last_price
    bid = np.int64(books.ladders[shard, 2 * book_slot].best)
    ask = np.int64(books.ladders[shard, 2 * book_slot + 1].best)
    before = np.int64(NIL)
    bought = books.levels[shard, bid].qty
    sold = books.levels[shard, ask].qty
    more = bought - sold
    while True:
        if more >= 0:
            following = level_next(books, shard, Side.SELL, ask)
            high = books.levels[shard, bid].price
            if _price_of(books, shard, Side.SELL, following) > high:
                low = max(books.levels[shard, ask].price, _next_price(books, shard, Side.BUY, bid) + 1)
                return min(max(last, low), high), sold
            before = ask
            ask = following
            more -= books.levels[shard, ask].qty
            sold = add_saturated(sold, books.levels[shard, ask].qty)
        else:
            following = level_next(books, shard, Side.BUY, bid)
            if _price_of(books, shard, Side.BUY, following) < books.levels[shard, ask].price:
                as_many = more + books.levels[shard, ask].qty == 0
                low, high = _prices_around(books, shard, bid, ask, before, as_many)
                return min(max(last, low), high), bought
            bid = following
            more += books.levels[shard, bid].qty
            bought = add_saturated(bought, books.levels[shard, bid].qty)


@lookup
def uncross_rows(books, shard, book_slot):
    """A bound on the event rows of `uncross`: a trade ends an order or a shown slice."""
    if not is_crossed(books, shard, book_slot):
        return np.int64(0)
    bids = books.ladders[shard, 2 * book_slot]
    asks = books.ladders[shard, 2 * book_slot + 1]
    siblings = np.int64(bids.linked) + np.int64(asks.linked)
    return 1 + bids.orders + bids.slices + asks.orders + asks.slices + 2 * siblings


@kernel
def _take(st, out, shard, book, slot, qty, notional, fee):
    """One side of a trade: its money, and what is open of it."""
    books = st.books
    order = books.orders[shard, slot]
    if st.globals[0].ledger != 0:
        settle_maker(st, out, shard, book, order, qty, notional, fee)
    count_fill(order, qty, notional, fee)
    books.levels[shard, order.level].qty -= qty
    ladder_of(books, shard, order).qty -= qty


@kernel
def _go_on(st, out, index, seq, time, shard, slot):
    """After its trade an order ends or stays; a sibling goes."""
    order = st.books.orders[shard, slot]
    if is_extended(order):
        after_fill(st, out, index, seq, time, shard, slot)
    elif order.leaves == 0:
        dequeue(st.books, shard, slot)
        retire(st, shard, slot, time)
    else:
        order.update_time = time


@kernel
def _trade(st, out, index, seq, time, shard, book, bid, ask, price):
    """Trade the bid with the ask; the older one is the maker. Returns both fees."""
    books = st.books
    older = bid
    younger = ask
    if books.orders[shard, ask].order_id < books.orders[shard, bid].order_id:
        older = ask
        younger = bid
    maker = books.orders[shard, older]
    taker = books.orders[shard, younger]
    qty = min(shown_of(books, shard, bid), shown_of(books, shard, ask))
    notional = notional_of(book, price, qty)
    maker_fee, taker_fee = fees_of(notional, maker, taker)
    _take(st, out, shard, book, older, qty, notional, maker_fee)
    _take(st, out, shard, book, younger, qty, notional, taker_fee)
    print_trade(books, shard, book, taker, maker, price, qty, seq, time)
    emit_trade(out, index, seq, book, taker, maker, price, qty, taker_fee, maker_fee, taker.leaves)
    _go_on(st, out, index, seq, time, shard, older)
    _go_on(st, out, index, seq, time, shard, younger)
    return maker_fee + taker_fee


@kernel
def _trade_at(st, out, index, seq, time, shard, book_slot, price):
    """Trade the best bid with the best ask while both allow the price. Returns all fees."""
    books = st.books
    book = books.books[shard, book_slot]
    bids = books.ladders[shard, 2 * book_slot]
    asks = books.ladders[shard, 2 * book_slot + 1]
    fees = np.int64(0)
    while (
        _price_of(books, shard, Side.BUY, np.int64(bids.best)) >= price
        and _price_of(books, shard, Side.SELL, np.int64(asks.best)) <= price
    ):
        bid = np.int64(books.levels[shard, bids.best].head)
        ask = np.int64(books.levels[shard, asks.best].head)
        fees += _trade(st, out, index, seq, time, shard, book, bid, ask, price)
    return fees


@entry
def uncross(st, out, index, seq, time, shard, book_slot):
    """Trade what both sides of a book would; again while orders that canceled others leave it crossed.

    At most `uncross_rows` rows. No self-trade prevention.
    """
    book = st.books.books[shard, book_slot]
    fees = np.int64(0)
    price, lots = find_uncross(st.books, shard, book_slot)
    while price != 0:
        event = next_event(out, index, seq, EventKind.UNCROSSED)
        event.symbol = book.symbol
        event.price = price
        event.qty = lots
        fees += _trade_at(st, out, index, seq, time, shard, book_slot, price)
        price, lots = find_uncross(st.books, shard, book_slot)
    settle_fees(st, out, book, fees)
