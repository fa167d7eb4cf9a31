"""FOK: can the whole order trade at once?"""

import numpy as np

from lightning.codes import SelfTradePrevention
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.ladder import level_next
from lightning.kernels.layout import NIL
from lightning.kernels.money import affordable, cost_of
from lightning.kernels.order import NO_BUDGET, crosses, is_by_amount, worst_price


@entry
def can_fill(st, shard, taker, stp, own, budget):
    """Would `take` trade the whole order (RULES 5)? By amount: all the money but less than the next lot.

    Where money or own orders count, order by order: an own one is passed over by CANCEL_MAKER, and in
    the modes that end or shrink the taker not everything can trade once it is reached.
    """
    if budget != NO_BUDGET or (own and stp != SelfTradePrevention.NONE):
        return _can_fill_by_order(st, shard, taker, stp, own, budget)
    books = st.books
    side = 1 - np.int64(taker.side)
    ladder = books.ladders[shard, 2 * np.int64(taker.book) + side]
    if ladder.qty < taker.leaves:
        return False
    limit = worst_price(taker)
    wanted = np.int64(taker.leaves)
    place = np.int64(ladder.best)
    while place != NIL and crosses(taker.side, books.levels[shard, place].price, limit):
        wanted -= books.levels[shard, place].qty
        if wanted <= 0:
            return True
        place = level_next(books, shard, side, place)
    return False


@kernel
def _can_fill_by_order(st, shard, taker, stp, own, budget):
    books = st.books
    book = books.books[shard, taker.book]
    side = 1 - np.int64(taker.side)
    limit = worst_price(taker)
    by_amount = is_by_amount(taker)
    wanted = np.int64(taker.leaves)
    traded = np.int64(0)
    place = np.int64(books.ladders[shard, 2 * np.int64(taker.book) + side].best)
    while place != NIL and crosses(taker.side, books.levels[shard, place].price, limit):
        price = books.levels[shard, place].price
        slot = np.int64(books.levels[shard, place].head)
        while slot != NIL:
            maker = books.orders[shard, slot]
            slot = np.int64(maker.next)
            if own and maker.account == taker.account and stp != SelfTradePrevention.NONE:
                if stp != SelfTradePrevention.CANCEL_MAKER:
                    return False
                continue
            full = min(wanted - traded, maker.leaves)
            qty = full
            if budget != NO_BUDGET:
                qty = affordable(book, price, full, taker.taker_fee_ppm, budget)
                if qty > 0:
                    budget -= cost_of(book, price, qty, taker.taker_fee_ppm)
            traded += qty
            if qty < full or (by_amount and budget == 0):
                return by_amount and traded > 0
            if traded == wanted:
                return True
        place = level_next(books, shard, side, place)
    return False
