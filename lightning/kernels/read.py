"""Reading the books: depth and queues. Nothing is changed."""

import numpy as np

from lightning.kernels.kernel import entry, kernel
from lightning.kernels.ladder import key_of, level_find, level_next
from lightning.kernels.layout import NIL
from lightning.kernels.stops import stop_of
from lightning.kernels.trailing import gather_group, stop_behind


@kernel
def _read_levels(books, shard, ladder_slot, levels, depth, first):
    """Copy the best levels of one side into `depth` from row `first` on. Returns the row behind them."""
    side = ladder_slot & 1
    place = np.int64(books.ladders[shard, ladder_slot].best)
    row = first
    while place != NIL and row < first + levels:
        level = books.levels[shard, place]
        depth[row, 0] = level.price
        depth[row, 1] = level.qty - books.hidden[shard, place]
        depth[row, 2] = level.count
        row += 1
        place = level_next(books, shard, side, place)
    return row


@entry
def read_depths(books, places, levels, depth, counts):
    """What is shown of books: the best levels of both sides, bids first, one book after the other.

    places : (n, 2) int64: shard and slot of each book; levels : (n,) int64: of each side at most
    depth : (rows, 3) int64: price, quantity, orders; it has room for all
    counts : (n, 2) int64: rows of each side
    """
    row = np.int64(0)
    for i in range(places.shape[0]):
        for side in range(2):
            first = row
            ladder_slot = 2 * places[i, 1] + side
            row = _read_levels(books, places[i, 0], ladder_slot, levels[i], depth, first)
            counts[i, side] = row - first


@entry
def read_side(books, shard, ladder_slot, slots):
    """Order slots of one side in priority order into `slots`, int64. Returns how many."""
    side = ladder_slot & 1
    place = np.int64(books.ladders[shard, ladder_slot].best)
    count = 0
    while place != NIL:
        slot = np.int64(books.levels[shard, place].head)
        while slot != NIL:
            slots[count] = slot
            count += 1
            slot = np.int64(books.orders[shard, slot].next)
        place = level_next(books, shard, side, place)
    return count


@entry
def read_level(books, shard, ladder_slot, price, slots):
    """Order slots of one price in priority order into `slots`, int64. Returns how many."""
    side = ladder_slot & 1
    place = level_find(books, shard, books.ladders[shard, ladder_slot], key_of(side, price))
    count = 0
    if place == NIL:
        return count
    slot = np.int64(books.levels[shard, place].head)
    while slot != NIL:
        slots[count] = slot
        count += 1
        slot = np.int64(books.orders[shard, slot].next)
    return count


@entry
def read_stops(books, shard, ladder_slot, slots, prices):
    """Order slots of the stops that wait on one side, and their stop prices, into int64 arrays; in no order.

    Returns how many.
    """
    side = ladder_slot & 1
    count = np.int64(0)
    place = np.int64(books.stop_ladders[shard, ladder_slot].best)
    while place != NIL:
        slot = np.int64(books.levels[shard, place].head)
        while slot != NIL:
            slots[count] = slot
            prices[count] = books.levels[shard, place].price
            count += 1
            slot = np.int64(books.orders[shard, slot].next)
        place = level_next(books, shard, 1 - side, place)
    root = np.int64(books.trails[shard, ladder_slot].top)
    while root != NIL:
        first = count
        count = np.int64(gather_group(books, shard, root, slots, count))
        for i in range(first, count):
            trail_amount = books.details[shard, slots[i]].trail_amount
            prices[i] = stop_behind(side, books.details[shard, root].watermark, trail_amount)
        root = np.int64(books.details[shard, root].group_next)
    return count


@entry
def write_stops(books, shard, slots, details):
    """Give copies of details, those of the orders in `slots`, the present stop price if the order waits."""
    for i in range(slots.shape[0]):
        if details[i].pending != 0:
            details[i].stop_price = stop_of(books, shard, slots[i])


@entry
def read_trader(books, shard, trader, slots):
    """Order slots of an account in one book, oldest first, into `slots`, int64. Returns how many."""
    slot = np.int64(books.traders[shard, trader].head)
    count = 0
    while slot != NIL:
        slots[count] = slot
        count += 1
        slot = np.int64(books.orders[shard, slot].trader_next)
    return count


@entry
def read_trades(books, shard, book_slot, after, places):
    """Ring rows of a symbol's trades after id `after`, newest first, into `places`. Returns how many."""
    book = books.books[shard, book_slot]
    capacity = books.trades.shape[1]
    oldest = books.head[shard].trades_used - capacity
    place = book.last_trade - 1
    count = 0
    while place >= 0 and place >= oldest and count < places.shape[0]:
        row = books.trades[shard, place & (capacity - 1)]
        if row.trade_id <= after:
            break
        places[count] = place & (capacity - 1)
        count += 1
        if row.before == 0:
            break
        place -= row.before
    return count
