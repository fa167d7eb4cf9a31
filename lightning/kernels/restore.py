"""Empty tables filled from an image. All indexes are made anew, under the exchange's own secret."""

import numpy as np

from lightning.kernels.index import hash_id, index_insert
from lightning.kernels.intrinsics import INT64_MAX, mix
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import account_new, balance_find, balance_open, shard_of
from lightning.kernels.order import has_owner, is_extended
from lightning.kernels.queue import enqueue
from lightning.kernels.registry import order_by_id, order_new, register, trader_find, trader_new
from lightning.kernels.run import room_in_books
from lightning.kernels.stops import STATIC, pend


@entry
def shards_of(ids, shards, result):
    """Fill `result`, int64, with the shard of every id."""
    for i in range(ids.shape[0]):
        result[i] = shard_of(ids[i], shards)


@entry
def place_accounts(accounts, secret, owners, rows):
    """Open the accounts `owners`, ACCOUNT, with their balances `rows`, which come in the same order.

    There must be room. Returns how many balances were placed; fewer than there are: they do not fit together.
    """
    at = 0
    for i in range(owners.shape[0]):
        shard = shard_of(owners[i].account, accounts.head.shape[0])
        owner = account_new(accounts, secret, shard, owners[i].account)
        accounts.accounts[shard, owner].status = owners[i].status
        accounts.accounts[shard, owner].cancel_all_after = owners[i].cancel_all_after
        while at < rows.shape[0] and rows[at].account == owners[i].account:
            slot = balance_open(accounts, secret, shard, owner, np.int64(rows[at].currency))
            balance = accounts.balances[shard, slot]
            balance.available = rows[at].available
            balance.held = rows[at].held
            balance.credited = rows[at].credited
            at += 1
    return at


@entry
def place_books(st, rows):
    """Open the books `rows`, whose balances are there; the directory gets all of them."""
    secret = st.globals[0].secret
    books = st.books
    for i in range(rows.shape[0]):
        shard = shard_of(rows[i].symbol, books.head.shape[0])
        head = books.head[shard]
        slot = head.books_used
        head.books_used = slot + 1
        books.books[shard, slot] = rows[i]
        book = books.books[shard, slot]
        book.last_trade = 0
        book.buy_trigger = INT64_MAX
        book.sell_trigger = 0
        book.pending = 0
        book.trailing = 0
        for side in range(2):
            for ladders in (books.ladders, books.stop_ladders):
                ladders[shard, 2 * slot + side].root = NIL
                ladders[shard, 2 * slot + side].best = NIL
            books.trails[shard, 2 * slot + side].top = NIL
            books.trails[shard, 2 * slot + side].best = NIL
        if st.globals[0].ledger != 0:
            at = shard_of(book.fee_account, st.accounts.head.shape[0])
            book.fee_slot = balance_find(st.accounts, secret, at, book.fee_account, np.int64(book.quote))
        st.directory[book.symbol, 0] = shard
        st.directory[book.symbol, 1] = slot


@kernel
def _trader_of(st, shard, slot, account):
    """The row of the account in a book, made if need be."""
    books = st.books
    secret = st.globals[0].secret
    found = trader_find(books, secret, shard, slot, account)
    if found != NIL:
        return found
    base = np.int64(NIL)
    quote = np.int64(NIL)
    if st.globals[0].ledger != 0:
        book = books.books[shard, slot]
        at = shard_of(account, st.accounts.head.shape[0])
        base = balance_find(st.accounts, secret, at, account, np.int64(book.base))
        quote = balance_find(st.accounts, secret, at, account, np.int64(book.quote))
    return trader_new(books, secret, shard, slot, account, base, quote)


@entry
def place_orders(st, rows, details, detail_of, oldest_first, slots):
    """Open the orders `rows`: rows, indexes, accounts' lists; not the queues. There must be room.

    detail_of : (n,) int64, where in `details` that of an EXTENDED order is
    oldest_first : (n,) int64, the rows in the order that accounts list them
    slots : (n,) int64, filled: where each row went
    """
    books = st.books
    for i in range(rows.shape[0]):
        at = oldest_first[i]
        symbol = rows[at].book
        shard = np.int64(st.directory[symbol, 0])
        book_slot = np.int64(st.directory[symbol, 1])
        slot = order_new(books, shard)
        slots[at] = slot
        books.orders[shard, slot] = rows[at]
        order = books.orders[shard, slot]
        order.book = book_slot
        if is_extended(order):
            books.details[shard, slot] = details[detail_of[at]]
            books.head[shard].details_used = max(books.head[shard].details_used, slot + 1)
        if has_owner(st.globals[0].ledger, order.account):
            order.trader = _trader_of(st, shard, book_slot, order.account)
        register(books, st.globals[0].secret, shard, slot)
        if st.globals[0].ledger != 0:
            home = shard_of(order.account, st.accounts.head.shape[0])
            balance = st.accounts.balances[home, books.traders[shard, order.trader].base_slot]
            st.accounts.accounts[home, balance.owner].open_orders += 1


@entry
def link_siblings(st, rows, slots):
    """Let orders that take each other along find each other. Returns the first whose sibling is not open."""
    books = st.books
    for i in range(rows.shape[0]):
        if is_extended(rows[i]):
            shard = np.int64(st.directory[rows[i].book, 0])
            detail = books.details[shard, slots[i]]
            if detail.sibling_id != 0:
                detail.sibling = order_by_id(books, st.globals[0].secret, shard, detail.sibling_id)
                if detail.sibling == NIL:
                    return np.int64(i)
    return np.int64(rows.shape[0])


@entry
def queue_orders(st, rows, slots, start):
    """Queue the orders from `start` on, which come in priority order; not the trailing stops that wait.

    Returns the row to go on with.
    """
    books = st.books
    for i in range(start, rows.shape[0]):
        shard = np.int64(st.directory[rows[i].book, 0])
        if not room_in_books(books, shard):
            return i
        pending = np.int64(books.details[shard, slots[i]].pending) if is_extended(rows[i]) else np.int64(0)
        if pending == 0:
            enqueue(books, shard, slots[i])
        elif pending == STATIC:
            pend(books, shard, slots[i], np.int64(0))
    return rows.shape[0]


@entry
def queue_trailing(st, symbols, slots, watermarks):
    """Have the trailing stops in `slots` wait; those of a side with the farthest watermark come first."""
    for i in range(slots.shape[0]):
        pend(st.books, np.int64(st.directory[symbols[i], 0]), slots[i], watermarks[i])


@entry
def place_ids(accounts, secret, rows, kept):
    """Remember the ids `rows`, oldest first, with their answers `kept`. There must be room."""
    for i in range(rows.shape[0]):
        row = rows[i]
        shard = shard_of(row.account, accounts.head.shape[0])
        head = accounts.head[shard]
        slot = head.once_end & (accounts.once.shape[1] - 1)
        head.once_end += 1
        accounts.once[shard, slot] = row
        entry = accounts.once[shard, slot]
        entry.answer = head.answers_end
        entry.hash = hash_id(secret, mix(row.account, np.int64(row.space)), row.id)
        index_insert(accounts.once_index, shard, entry.hash, slot)
        for at in range(row.answer, row.answer + row.answer_rows):
            accounts.answers[shard, head.answers_end & (accounts.answers.shape[1] - 1)] = kept[at]
            head.answers_end += 1


@entry
def place_trades(books, directory, rows):
    """Put recent trades into their rings, oldest first."""
    for i in range(rows.shape[0]):
        shard = np.int64(directory[rows[i].symbol, 0])
        book = books.books[shard, directory[rows[i].symbol, 1]]
        head = books.head[shard]
        place = head.trades_used
        head.trades_used = place + 1
        trade = books.trades[shard, place & (books.trades.shape[1] - 1)]
        trade.trade_id = rows[i].trade_id
        trade.price = rows[i].price
        trade.qty = rows[i].qty
        trade.maker_order_id = rows[i].maker_order_id
        trade.taker_order_id = rows[i].taker_order_id
        trade.seq = rows[i].seq
        trade.time = rows[i].time
        trade.taker_side = rows[i].taker_side
        trade.before = place + 1 - book.last_trade if book.last_trade != 0 else 0
        book.last_trade = place + 1


@entry
def place_closed(books, directory, rows, details, detail_of):
    """Put closed orders into their rings, oldest first; `details` as in `place_orders`."""
    for i in range(rows.shape[0]):
        shard = np.int64(directory[rows[i].book, 0])
        head = books.head[shard]
        slot = head.closed_used & (books.closed.shape[1] - 1)
        books.closed[shard, slot] = rows[i]
        books.closed[shard, slot].book = directory[rows[i].book, 1]
        if is_extended(rows[i]):
            books.closed_details[shard, slot] = details[detail_of[i]]
            head.details_used = max(head.details_used, np.int64(1))
        head.closed_used += 1
