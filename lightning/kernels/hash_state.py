"""The state hash: equal states give equal hashes, however they are sharded or laid out.

Every balance, total, book and order contributes the hash of its content; contributions are added
up, so that slots, shards and the order of tables do not matter. Orders are chained along their
side in priority order, so that their places do.
"""

import numpy as np

from lightning.kernels.intrinsics import add_wrapped, mix
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.ladder import level_next
from lightning.kernels.layout import NIL

ACCOUNT_TAG = 1
BALANCE_TAG = 2
TOTAL_TAG = 3
BOOK_TAG = 4
SIDE_TAG = 5
ONCE_TAG = 6


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
def _hash_side(books, shard, ladder_slot, symbol):
    """All orders of one side, in priority order."""
    side = np.int64(ladder_slot & 1)
    h = mix(symbol, np.int64(SIDE_TAG) + side)
    place = np.int64(books.ladders[shard, ladder_slot].best)
    while place != NIL:
        slot = np.int64(books.levels[shard, place].head)
        while slot != NIL:
            h = hash_order(h, books.orders[shard, slot])
            slot = np.int64(books.orders[shard, slot].next)
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
    return mix(h, np.int64(book.stp) | np.int64(book.status) << 8)


@entry
def hash_books(st):
    """Sum over books and their orders."""
    result = np.int64(0)
    books = st.books
    for i in range(st.symbols.shape[0]):
        shard = np.int64(st.directory[st.symbols[i], 0])
        slot = np.int64(st.directory[st.symbols[i], 1])
        book = books.books[shard, slot]
        result = add_wrapped(result, hash_book(book))
        result = add_wrapped(result, _hash_side(books, shard, 2 * slot, book.symbol))
        result = add_wrapped(result, _hash_side(books, shard, 2 * slot + 1, book.symbol))
    return result


@entry
def hash_accounts(st):
    """Sum over accounts, their balances that are not zero, and currencies' totals."""
    result = np.int64(0)
    accounts = st.accounts
    for shard in range(accounts.head.shape[0]):
        for slot in range(accounts.head[shard].accounts_used):
            result = add_wrapped(result, mix(np.int64(ACCOUNT_TAG), accounts.accounts[shard, slot].account))
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
