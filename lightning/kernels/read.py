"""Reading the books: depth and queues. Nothing is changed."""

import numpy as np

from lightning.kernels.kernel import entry
from lightning.kernels.ladder import key_of, level_find, level_next
from lightning.kernels.layout import NIL


@entry
def read_depth(books, shard, ladder_slot, depth):
    """Copy the best levels of one side into `depth`, int64 (n, 3). Returns how many."""
    side = ladder_slot & 1
    place = np.int64(books.ladders[shard, ladder_slot].best)
    count = 0
    while place != NIL and count < depth.shape[0]:
        level = books.levels[shard, place]
        depth[count, 0] = level.price
        depth[count, 1] = level.qty
        depth[count, 2] = level.count
        count += 1
        place = level_next(books, shard, side, place)
    return count


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
