"""The state hash: equal states give equal hashes, however they are sharded or laid out.

Every balance, total, book and order contributes the hash of its content; contributions are added
up, so that slots, shards and the order of tables do not matter. Orders are chained along their
side in priority order, so that their places do; the place of a stop that waits follows from what it is.

What only some orders, books and accounts have is left out of the hash of the others: a state that could be
before there was such a thing has the hash it had then, which a journal may carry.
"""

import numpy as np

from lightning.kernels.intrinsics import add_wrapped, mix
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.ladder import level_next
from lightning.kernels.layout import NIL
from lightning.kernels.order import is_extended
from lightning.kernels.read import read_stops

ACCOUNT_TAG = 1
BALANCE_TAG = 2
TOTAL_TAG = 3
BOOK_TAG = 4
SIDE_TAG = 5
ONCE_TAG = 6
PENDING_TAG = 7

MARKET_PROTECTION_PPM = 50_000
"""What a symbol has unless it is given another: such a one adds nothing to the hash."""


@kernel
def hash_order(h, order):
    for value in (
        order.order_id,
        order.client_order_id,
        order.account,
        order.leaves,
        order.price,
        order.qty,
        order.filled,
        order.filled_quote,
        order.fee,
        order.create_time,
        order.update_time,
    ):
        h = mix(h, value)
    h = mix(h, np.int64(order.maker_fee_ppm))
    h = mix(h, np.int64(order.taker_fee_ppm))
    codes = np.int64(order.side) | np.int64(order.type) << 8 | np.int64(order.tif) << 16
    return mix(h, codes | np.int64(order.flags) << 24)


@kernel
def hash_detail(h, detail, stop_price):
    """stop_price : the current one, if the order waits"""
    for value in (
        stop_price,
        detail.trail_amount,
        detail.display_qty,
        detail.hidden,
        detail.expire_time,
        detail.sibling_id,
    ):
        h = mix(h, value)
    return mix(h, np.int64(detail.pending))


@kernel
def _hash_pending(books, shard, ladder_slot, symbol, slots, prices):
    """Sum over the stops that wait on one side."""
    result = np.int64(0)
    for at in range(read_stops(books, shard, ladder_slot, slots, prices)):
        h = hash_order(mix(symbol, np.int64(PENDING_TAG)), books.orders[shard, slots[at]])
        result = add_wrapped(result, hash_detail(h, books.details[shard, slots[at]], prices[at]))
    return result


@kernel
def _hash_side(books, shard, ladder_slot, symbol):
    """All orders that rest on one side, in priority order."""
    side = np.int64(ladder_slot & 1)
    h = mix(symbol, np.int64(SIDE_TAG) + side)
    place = np.int64(books.ladders[shard, ladder_slot].best)
    while place != NIL:
        slot = np.int64(books.levels[shard, place].head)
        while slot != NIL:
            order = books.orders[shard, slot]
            h = hash_order(h, order)
            if is_extended(order):
                h = hash_detail(h, books.details[shard, slot], books.details[shard, slot].stop_price)
            slot = np.int64(order.next)
        place = level_next(books, shard, side, place)
    return h


@kernel
def hash_book(book):
    h = mix(np.int64(BOOK_TAG), book.symbol)
    for value in (
        book.tick_value,
        book.lot_value,
        book.qty_min,
        book.qty_max,
        book.notional_min,
        book.fee_account,
        book.last_price,
        book.trades,
    ):
        h = mix(h, value)
    for value in (
        book.base,
        book.quote,
        book.maker_fee_ppm,
        book.taker_fee_ppm,
        book.order_fee_ppm_min,
        book.order_fee_ppm_max,
    ):
        h = mix(h, np.int64(value))
    h = mix(h, np.int64(book.stp) | np.int64(book.status) << 8)
    protection = np.int64(book.market_protection_ppm)
    if book.price_band_ppm != 0 or book.orders_max != 0 or protection != MARKET_PROTECTION_PPM:
        h = mix(mix(mix(h, np.int64(book.price_band_ppm)), np.int64(book.orders_max)), protection)
    return h


@kernel
def hash_account(row):
    h = mix(np.int64(ACCOUNT_TAG), row.account)
    if row.status != 0 or row.cancel_all_after != 0:
        h = mix(mix(h, np.int64(row.status)), row.cancel_all_after)
    return h


@entry
def hash_books(st, slots, prices):
    """Sum over books and their orders.

    slots, prices : int64 scratch, as long as any book has stops that wait
    """
    result = np.int64(0)
    books = st.books
    for i in range(st.symbols.shape[0]):
        shard = np.int64(st.directory[st.symbols[i], 0])
        slot = np.int64(st.directory[st.symbols[i], 1])
        book = books.books[shard, slot]
        result = add_wrapped(result, hash_book(book))
        for ladder_slot in range(2 * slot, 2 * slot + 2):
            result = add_wrapped(result, _hash_side(books, shard, ladder_slot, book.symbol))
            if book.pending != 0:
                h = _hash_pending(books, shard, ladder_slot, book.symbol, slots, prices)
                result = add_wrapped(result, h)
    return result


@entry
def hash_accounts(st):
    """Sum over accounts, their balances that are not zero, and currencies' totals."""
    result = np.int64(0)
    accounts = st.accounts
    for shard in range(accounts.head.shape[0]):
        for slot in range(accounts.head[shard].accounts_used):
            result = add_wrapped(result, hash_account(accounts.accounts[shard, slot]))
        for slot in range(accounts.head[shard].balances_used):
            row = accounts.balances[shard, slot]
            if row.available != 0 or row.held != 0:
                h = mix(mix(np.int64(BALANCE_TAG), row.account), np.int64(row.currency))
                result = add_wrapped(result, mix(mix(h, row.available), row.held))
    for currency in range(st.totals.shape[0]):
        row = st.totals[currency]
        if row.exists != 0:
            h = mix(mix(np.int64(TOTAL_TAG), np.int64(currency)), row.deposited_hi)
            h = mix(mix(mix(h, row.deposited_lo), row.withdrawn_hi), row.withdrawn_lo)
            result = add_wrapped(result, h)
    return result


@kernel
def hash_remembered(row, words, shard, mask):
    """An id and its answer. words : (shards, n, 16) int64, rings of `mask` + 1 rows; -1: no rings"""
    h = mix(mix(np.int64(ONCE_TAG), row.account), row.id)
    h = mix(mix(mix(mix(h, np.int64(row.space)), row.content), row.seq), row.number)
    for i in range(row.answer_rows):
        at = (row.answer + i) & mask
        for word in range(16):
            if word != 14:  # which command of its batch it was
                h = mix(h, words[shard, at, word])
    return h


@entry
def hash_once(st, answer_words):
    """Sum over the ids still in the window and their answers; `answer_words` is (shards, n, 16) int64."""
    result = np.int64(0)
    accounts = st.accounts
    oldest = st.globals[0].ids - st.globals[0].once_window
    for shard in range(accounts.head.shape[0]):
        head = accounts.head[shard]
        for place in range(head.once_first, head.once_end):
            row = accounts.once[shard, place & (accounts.once.shape[1] - 1)]
            if row.number >= oldest:
                mask = accounts.answers.shape[1] - 1
                result = add_wrapped(result, hash_remembered(row, answer_words, shard, mask))
    return result
