"""FOK: can the whole order trade at once?"""

import numpy as np

from lightning.codes import SelfTradePrevention
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.ladder import level_next
from lightning.kernels.layout import NIL
from lightning.kernels.money import affordable, cost_of
from lightning.kernels.order import NO_BUDGET, crosses, is_by_amount, is_extended


@entry
def can_fill(st, shard, taker, stp, own, budget, limit):
    """Would `take` trade the whole order (RULES 5)? By amount: all the money but less than the next lot.

    Where money, own orders or linked ones count, order by order: an own one is passed over by CANCEL_MAKER,
    and in the modes that end or shrink the taker not everything can trade once it is reached.
    """
    books = st.books
    side = 1 - np.int64(taker.side)
    ladder = books.ladders[shard, 2 * np.int64(taker.book) + side]
    if budget != NO_BUDGET or (own and stp != SelfTradePrevention.NONE) or ladder.linked != 0:
        return _can_fill_by_order(st, shard, taker, stp, own, budget, limit)
    if ladder.qty < taker.leaves:
        return False
    wanted = np.int64(taker.leaves)
    place = np.int64(ladder.best)
    while place != NIL and crosses(taker.side, books.levels[shard, place].price, limit):
        wanted -= books.levels[shard, place].qty
        if wanted <= 0:
            return True
        place = level_next(books, shard, side, place)
    return False


@kernel
def _is_counted(books, shard, slot, walk):
    """Has the walk counted the order's sibling? Marks its own as counted if not."""
    order = books.orders[shard, slot]
    if not is_extended(order):
        return False
    detail = books.details[shard, slot]
    if detail.counted == walk:
        return True
    if detail.sibling != NIL:
        books.details[shard, detail.sibling].counted = walk
    return False


@kernel
def _part_of(books, shard, slot, hidden):
    """What an order shows, or what it hides."""
    order = books.orders[shard, slot]
    concealed = books.details[shard, slot].hidden if is_extended(order) else np.int64(0)
    return concealed if hidden else order.leaves - concealed


@kernel
def _can_fill_by_order(st, shard, taker, stp, own, budget, limit):
    """Level by level: first all that is shown, in its queue, then what is hidden."""
    books = st.books
    book = books.books[shard, taker.book]
    side = 1 - np.int64(taker.side)
    by_amount = is_by_amount(taker)
    books.head[shard].walks += 1
    walk = books.head[shard].walks
    wanted = np.int64(taker.leaves)
    traded = np.int64(0)
    hidden = False
    place = np.int64(books.ladders[shard, 2 * np.int64(taker.book) + side].best)
    while place != NIL and crosses(taker.side, books.levels[shard, place].price, limit):
        price = books.levels[shard, place].price
        following = np.int64(books.levels[shard, place].head)
        while following != NIL:
            slot = following
            maker = books.orders[shard, slot]
            following = np.int64(maker.next)
            if own and maker.account == taker.account and stp != SelfTradePrevention.NONE:
                if stp != SelfTradePrevention.CANCEL_MAKER:
                    return False
                continue
            if _is_counted(books, shard, slot, walk):
                continue
            full = min(wanted - traded, _part_of(books, shard, slot, hidden))
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
        if not hidden and books.hidden[shard, place] != 0:
            hidden = True
        else:
            hidden = False
            place = level_next(books, shard, side, place)
    return False
