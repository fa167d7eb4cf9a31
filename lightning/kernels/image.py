"""Tables gathered into the order of an image, which knows no shards and no slots.

`lightning.engine.image` says what an image is: accounts ascending, open orders by symbol, bids before asks,
in priority order, remembered ids in the order they came. Nothing here changes the tables.
"""

import numpy as np

from lightning.codes import Side
from lightning.kernels.hash_state import SIDE_TAG, hash_book, hash_order, hash_remembered
from lightning.kernels.intrinsics import INT64_MAX, add_wrapped, mix
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.ladder import key_of
from lightning.kernels.layout import NIL

PRICE_BITS = 41
"""A key of `key_of` has so many."""
SLOT_BITS = 32
"""A place is shard << SLOT_BITS | slot."""
SLOT_MASK = 2**SLOT_BITS - 1


@entry
def queue_heads(used, books, orders, keys, places):
    """Find the first order of every level.

    used : (shards,) int64, rows of `orders` that were ever used
    keys, places : (open orders,) int64, filled: what puts the levels into order, and where the order is
    Returns how many.
    """
    count = 0
    for shard in range(orders.shape[0]):
        for slot in range(used[shard]):
            order = orders[shard, slot]
            if order.order_id != 0 and order.prev == NIL:
                side = np.int64(order.side)
                ladder = 2 * books[shard, order.book].symbol + side
                keys[count] = (ladder << PRICE_BITS) | key_of(side, order.price)
                places[count] = (np.int64(shard) << SLOT_BITS) | slot
                count += 1
    return count


@entry
def gather_orders(books, orders, places, rows):
    """Copy the queues that begin at `places` into `rows`, with the symbol id as `book`. Returns how many."""
    count = 0
    for i in range(places.shape[0]):
        shard = places[i] >> SLOT_BITS
        slot = places[i] & SLOT_MASK
        while slot != NIL:
            row = rows[count]
            rows[count] = orders[shard, slot]
            row.book = books[shard, row.book].symbol
            slot = np.int64(row.next)
            row.next = NIL
            row.prev = NIL
            row.level = NIL
            row.trader = NIL
            row.trader_next = NIL
            row.trader_prev = NIL
            count += 1
    return count


@entry
def gather_accounts(accounts, balances, places, ids, rows):
    """Copy the accounts at `places` and their balances, by currency. Returns how many balances."""
    count = 0
    for i in range(places.shape[0]):
        shard = places[i] >> SLOT_BITS
        account = accounts[shard, places[i] & SLOT_MASK]
        ids[i] = account.account
        first = count
        slot = np.int64(account.balances)
        while slot != NIL:
            at = count
            while at > first and rows[at - 1].currency > balances[shard, slot].currency:
                rows[at] = rows[at - 1]
                at -= 1
            rows[at] = balances[shard, slot]
            rows[at].owner = NIL
            rows[at].next = NIL
            slot = np.int64(balances[shard, slot].next)
            count += 1
    return count


@entry
def trade_symbols(books_used, trades_used, books, trades, symbols):
    """Fill `symbols`, int32 of the shape of `trades`, with the symbol of every row of the ring in use."""
    capacity = trades.shape[1]
    for shard in range(trades.shape[0]):
        oldest = max(trades_used[shard] - capacity, 0)
        for slot in range(books_used[shard]):
            place = books[shard, slot].last_trade - 1
            while place >= oldest:
                row = trades[shard, place & (capacity - 1)]
                symbols[shard, place & (capacity - 1)] = books[shard, slot].symbol
                if row.before == 0:
                    break
                place -= row.before


@kernel
def _peek(ring, shard, place, end):
    """The number of a remembered id, the largest int64 behind the last."""
    if place >= end:
        return np.int64(INT64_MAX)
    return ring[shard, place & (ring.shape[1] - 1)].number


@entry
def gather_ids(once, answers, cursors, ends, counts, numbers, oldest, limit, rows, kept):
    """Copy up to `limit` remembered ids, in the order they came, with their answers.

    cursors, ends : (shards,) int64 places in the ring, the former moved on
    counts : (2,) int64: rows written to `rows` and to `kept` so far, moved on
    numbers : (shards,) int64 scratch; oldest : ids with a lower number are passed over
    The rings may be written meanwhile: whoever calls checks afterwards whether they were.
    Returns how many ids are left, -1 if `rows` or `kept` is full: then the rings were written.
    """
    shards = once.shape[0]
    for shard in range(shards):
        numbers[shard] = _peek(once, shard, cursors[shard], ends[shard])
    for _ in range(limit):
        shard = np.argmin(numbers)
        if numbers[shard] == INT64_MAX:
            break
        row = once[shard, cursors[shard] & (once.shape[1] - 1)]
        if row.number >= oldest and not _copy_id(row, answers, shard, counts, rows, kept):
            return np.int64(-1)
        cursors[shard] += 1
        numbers[shard] = _peek(once, shard, cursors[shard], ends[shard])
    left = np.int64(0)
    for shard in range(shards):
        left += ends[shard] - cursors[shard]
    return left


@kernel
def _copy_id(row, answers, shard, counts, rows, kept):
    """One remembered id with its answer. False: no room."""
    answer_rows = np.int64(row.answer_rows)
    if answer_rows < 0 or counts[0] == rows.shape[0] or counts[1] + answer_rows > kept.shape[0]:
        return False
    first = row.answer
    rows[counts[0]] = row
    rows[counts[0]].answer = counts[1]
    rows[counts[0]].hash = 0
    counts[0] += 1
    for i in range(answer_rows):
        kept[counts[1]] = answers[shard, (first + i) & (answers.shape[1] - 1)]
        kept[counts[1]].command = 0
        counts[1] += 1
    return True


@entry
def hash_image_books(books, live, orders):
    """What `hash_books` is of the exchange: books (n,) BOOK; live (n,) bool, whether the symbol exists."""
    result = np.int64(0)
    at = 0
    for i in range(books.shape[0]):
        if live[i]:
            result = add_wrapped(result, hash_book(books[i]))
            for side in (np.int64(Side.BUY), np.int64(Side.SELL)):
                h = mix(books[i].symbol, np.int64(SIDE_TAG) + side)
                while at < orders.shape[0] and orders[at].book == books[i].symbol and orders[at].side == side:
                    h = hash_order(h, orders[at])
                    at += 1
                result = add_wrapped(result, h)
    return result


@entry
def hash_image_ids(rows, words):
    """What `hash_once` is of the exchange; `words` is the answers as (1, n, 16) int64."""
    result = np.int64(0)
    for i in range(rows.shape[0]):
        result = add_wrapped(result, hash_remembered(rows[i], words, 0, np.int64(-1)))
    return result
