"""Tables gathered into the order of an image, which knows no shards and no slots.

`lightning.engine.image` says what an image is: accounts ascending, open orders by symbol, bids before asks,
in priority order, then stops that wait, remembered ids in the order they came. What is changed here is a copy
of the tables.
"""

import numpy as np

from lightning.codes import Side
from lightning.kernels.hash_state import (
    PENDING_TAG,
    SIDE_TAG,
    hash_book,
    hash_detail,
    hash_order,
    hash_remembered,
)
from lightning.kernels.intrinsics import INT64_MAX, add_wrapped, mix
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.ladder import key_of
from lightning.kernels.layout import NIL
from lightning.kernels.order import is_extended
from lightning.kernels.stops import TRAILING

QUEUES = 4
"""Of a book: bids, asks, buys that wait for their stop price, sells that do."""
PRICE_BITS = 41
"""A key of `key_of` has so many."""
SLOT_BITS = 32
"""A place is shard << SLOT_BITS | slot."""
SLOT_MASK = 2**SLOT_BITS - 1


@kernel
def _waits(details, shard, slot, order):
    """Does the order wait for its stop price?"""
    return is_extended(order) and details[shard, slot].pending != 0


@kernel
def _follow(row, side, watermark):
    """Write down what the stop in a trailing group has as stop price."""
    row.watermark = watermark
    row.stop_price = watermark + row.trail_amount if side == Side.BUY else watermark - row.trail_amount


@entry
def write_stop_prices(used, orders, details):
    """Give every trailing stop that waits its group's watermark and its own stop price.

    used : (shards,) int64, rows of `details` that were ever used
    """
    for shard in range(orders.shape[0]):
        for root in range(used[shard]):
            order = orders[shard, root]
            if order.order_id == 0 or not is_extended(order):
                continue
            if details[shard, root].pending == TRAILING and details[shard, root].up == NIL:
                _write_group(details, shard, root, np.int64(order.side))


@kernel
def _write_group(details, shard, root, side):
    """Once through the heap, by its links alone."""
    watermark = details[shard, root].watermark
    slot = np.int64(root)
    while slot != NIL:
        row = details[shard, slot]
        _follow(row, side, watermark)
        following = np.int64(row.left) if row.left != NIL else np.int64(row.right)
        while following == NIL and slot != root:
            up = np.int64(details[shard, slot].up)
            if details[shard, up].left == slot:
                following = np.int64(details[shard, up].right)
            slot = up
        slot = following


@entry
def queue_heads(used, books, orders, details, keys, ids, places):
    """Find the first order of every level, and every stop that waits.

    used : (shards,) int64, rows of `orders` that were ever used
    keys, ids, places : (open orders,) int64, filled: what puts them into order, and where the order is
    Returns how many.
    """
    count = 0
    for shard in range(orders.shape[0]):
        for slot in range(used[shard]):
            order = orders[shard, slot]
            if order.order_id == 0:
                continue
            side = np.int64(order.side)
            queue = QUEUES * books[shard, order.book].symbol + side
            key = key_of(side, order.price)
            if _waits(details, shard, slot, order):
                queue += 2
                key = key_of(1 - side, details[shard, slot].stop_price)
            elif order.prev != NIL:
                continue
            keys[count] = (queue << PRICE_BITS) | key
            ids[count] = order.order_id
            places[count] = (np.int64(shard) << SLOT_BITS) | slot
            count += 1
    return count


@entry
def gather_orders(books, orders, details, places, rows, kept):
    """Copy the queues that begin at `places` into `rows`, with the symbol id as `book`.

    kept : (n,) DETAIL, filled with those of the EXTENDED ones
    Returns how many of each.
    """
    count = 0
    extended = 0
    for i in range(places.shape[0]):
        shard = places[i] >> SLOT_BITS
        slot = places[i] & SLOT_MASK
        while slot != NIL:
            row = rows[count]
            rows[count] = orders[shard, slot]
            row.book = books[shard, row.book].symbol
            following = np.int64(row.next)
            if is_extended(row):
                kept[extended] = details[shard, slot]
                clear_links(kept[extended])
                extended += 1
            if _waits(details, shard, slot, row):
                following = np.int64(NIL)
            slot = following
            row.next = NIL
            row.prev = NIL
            row.level = NIL
            row.trader = NIL
            row.trader_next = NIL
            row.trader_prev = NIL
            count += 1
    return count, extended


@kernel
def clear_links(row):
    """Leave in a DETAIL what means something outside of its table."""
    if row.pending != TRAILING:
        row.watermark = 0
    row.counted = 0
    row.sibling = NIL
    row.group_next = NIL
    row.group_prev = NIL
    row.left = NIL
    row.right = NIL
    row.up = NIL
    row.best_left = NIL
    row.best_right = NIL
    row.best_up = NIL


@entry
def gather_accounts(accounts, balances, places, owners, rows):
    """Copy the accounts at `places` and their balances, by currency. Returns how many balances."""
    count = 0
    for i in range(places.shape[0]):
        shard = places[i] >> SLOT_BITS
        owner = owners[i]
        owners[i] = accounts[shard, places[i] & SLOT_MASK]
        first = count
        slot = np.int64(owner.balances)
        owner.segment = 0
        owner.balances = NIL
        owner.open_orders = 0
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
def hash_image_books(books, live, orders, details):
    """What `hash_books` is of the exchange: books (n,) BOOK; live (n,) bool, whether the symbol exists."""
    result = np.int64(0)
    at = 0
    detail = 0
    for i in range(books.shape[0]):
        if not live[i]:
            continue
        result = add_wrapped(result, hash_book(books[i]))
        for queue in range(QUEUES):
            side = np.int64(queue & 1)
            waiting = queue >= 2
            h = mix(books[i].symbol, np.int64(SIDE_TAG) + side)
            while at < orders.shape[0] and _is_in(
                orders[at], details, detail, books[i].symbol, side, waiting
            ):
                if waiting:
                    h = mix(books[i].symbol, np.int64(PENDING_TAG))
                h = hash_order(h, orders[at])
                if is_extended(orders[at]):
                    h = hash_detail(h, details[detail], details[detail].stop_price)
                    detail += 1
                if waiting:
                    result = add_wrapped(result, h)
                at += 1
            if not waiting:
                result = add_wrapped(result, h)
    return result


@kernel
def _is_in(order, details, detail, symbol, side, waiting):
    """Is the order of that queue? `detail` is its place among the details, if it has one."""
    if order.book != symbol or order.side != side:
        return False
    return waiting == (is_extended(order) and details[detail].pending != 0)


@entry
def hash_image_ids(rows, words):
    """What `hash_once` is of the exchange; `words` is the answers as (1, n, 16) int64."""
    result = np.int64(0)
    for i in range(rows.shape[0]):
        result = add_wrapped(result, hash_remembered(rows[i], words, 0, np.int64(-1)))
    return result
