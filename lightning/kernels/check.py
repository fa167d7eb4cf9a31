"""The invariants I2 - I6, looked up in the tables themselves; runnable on a live exchange."""

from enum import IntEnum

import numpy as np

from lightning.codes import Side
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.ladder import key_of, level_find, level_next
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import shard_of
from lightning.kernels.money import buy_hold, held_rate
from lightning.kernels.order import has_owner
from lightning.kernels.queue import order_by_client_id, order_by_id, trader_find


class Broken(IntEnum):
    """Which invariant a row of `problems` is about."""

    NEGATIVE_BALANCE = 1
    HELD_DIFFERS_FROM_ORDERS = 2
    OPEN_ORDERS_MISCOUNTED = 3
    BOOK_CROSSED = 4
    LEVEL_DIFFERS_FROM_ORDERS = 5
    LEVEL_EMPTY = 6
    LEVELS_OUT_OF_ORDER = 7
    LADDER_DIFFERS_FROM_LEVELS = 8
    QUEUE_LINKS = 9
    ORDER_ARITHMETIC = 10
    ORDER_NOT_INDEXED = 11
    TRADER_MISCOUNTED = 12
    ROWS_LOST = 13
    ORDER_SIDE_OR_PRICE = 14


@kernel
def _report(problems, found, code, shard, slot):
    if found < problems.shape[0]:
        problems[found, 0] = code
        problems[found, 1] = shard
        problems[found, 2] = slot
    return found + 1


@kernel
def _check_order(st, held, opened, shard, slot, place, problems, found):
    """One resting order: arithmetic, indexes, and its part of holds and counts."""
    books = st.books
    order = books.orders[shard, slot]
    level = books.levels[shard, place]
    secret = st.globals[0].secret
    book_slot = np.int64(order.book)
    if order.leaves <= 0 or order.filled < 0 or order.leaves + order.filled != order.qty:
        found = _report(problems, found, Broken.ORDER_ARITHMETIC, shard, slot)
    if order.price != level.price or order.level != place:
        found = _report(problems, found, Broken.ORDER_SIDE_OR_PRICE, shard, slot)
    if order_by_id(books, secret, shard, order.order_id) != slot:
        found = _report(problems, found, Broken.ORDER_NOT_INDEXED, shard, slot)
    coid = order.client_order_id
    if coid != 0 and order_by_client_id(books, secret, shard, book_slot, order.account, coid) == NIL:
        found = _report(problems, found, Broken.ORDER_NOT_INDEXED, shard, slot)
    trader = trader_find(books, secret, shard, book_slot, order.account)
    if not has_owner(st.globals[0].ledger, order.account):
        return found
    if trader == NIL or trader != order.trader:
        return _report(problems, found, Broken.TRADER_MISCOUNTED, shard, slot)
    if st.globals[0].ledger != 0:
        at = shard_of(order.account, st.accounts.head.shape[0])
        book = books.books[shard, book_slot]
        if order.side == Side.BUY:
            rate = held_rate(order.maker_fee_ppm, order.taker_fee_ppm)
            balance = books.traders[shard, trader].quote_slot
            held[at, balance] += buy_hold(book, order.price, order.leaves, rate)
        else:
            balance = books.traders[shard, trader].base_slot
            held[at, balance] += order.leaves * book.lot_value
        opened[at, st.accounts.balances[at, balance].owner] += 1
    return found


@kernel
def _check_level(st, held, opened, shard, place, problems, found):
    """One level: its sums, its links, its orders."""
    books = st.books
    level = books.levels[shard, place]
    qty = np.int64(0)
    count = np.int64(0)
    before = np.int64(NIL)
    slot = np.int64(level.head)
    while slot != NIL and count <= level.count:
        order = books.orders[shard, slot]
        if order.prev != before:
            found = _report(problems, found, Broken.QUEUE_LINKS, shard, slot)
        found = _check_order(st, held, opened, shard, slot, place, problems, found)
        qty += order.leaves
        count += 1
        before = slot
        slot = np.int64(order.next)
    if level.tail != before:
        found = _report(problems, found, Broken.QUEUE_LINKS, shard, before)
    if count == 0:
        found = _report(problems, found, Broken.LEVEL_EMPTY, shard, place)
    if qty != level.qty or count != level.count:
        found = _report(problems, found, Broken.LEVEL_DIFFERS_FROM_ORDERS, shard, place)
    return found


@kernel
def _check_side(st, held, opened, shard, ladder_slot, problems, found):
    """One side: levels in order from the best, and their sums."""
    books = st.books
    ladder = books.ladders[shard, ladder_slot]
    side = np.int64(ladder_slot & 1)
    qty = np.int64(0)
    orders = np.int64(0)
    levels = np.int64(0)
    key = np.int64(-1)
    place = np.int64(ladder.best)
    while place != NIL and levels <= ladder.levels:
        level = books.levels[shard, place]
        following = key_of(side, level.price)
        if following <= key or level_find(books, shard, ladder, following) != place:
            found = _report(problems, found, Broken.LEVELS_OUT_OF_ORDER, shard, place)
        found = _check_level(st, held, opened, shard, place, problems, found)
        key = following
        qty += level.qty
        orders += level.count
        levels += 1
        place = level_next(books, shard, side, place)
    if qty != ladder.qty or orders != ladder.orders or levels != ladder.levels:
        found = _report(problems, found, Broken.LADDER_DIFFERS_FROM_LEVELS, shard, ladder_slot)
    return found


@kernel
def _is_crossed(books, shard, bids, asks):
    if bids.best == NIL or asks.best == NIL:
        return False
    return books.levels[shard, bids.best].price >= books.levels[shard, asks.best].price


@entry
def check_books(st, held, opened, problems):
    """Check every book; add up what its orders need.

    held : (shards, balances) int64 zeros, filled; opened : (shards, accounts) int64 zeros, filled
    problems : (n, 3) int64: code, shard, slot. Returns how many were found (maybe more than n).
    """
    books = st.books
    found = np.int64(0)
    for shard in range(books.head.shape[0]):
        orders = np.int64(0)
        levels = np.int64(0)
        for slot in range(books.head[shard].books_used):
            bids = books.ladders[shard, 2 * slot]
            asks = books.ladders[shard, 2 * slot + 1]
            found = _check_side(st, held, opened, shard, 2 * slot, problems, found)
            found = _check_side(st, held, opened, shard, 2 * slot + 1, problems, found)
            if _is_crossed(books, shard, bids, asks):
                found = _report(problems, found, Broken.BOOK_CROSSED, shard, slot)
            orders += bids.orders + asks.orders
            levels += bids.levels + asks.levels
        head = books.head[shard]
        if orders != head.orders_live or levels != head.levels_live:
            found = _report(problems, found, Broken.ROWS_LOST, shard, np.int64(0))
    return found


@entry
def check_accounts(st, held, opened, fee_accounts, problems, found):
    """Compare balances with what `check_books` added up; fee accounts may be negative through rebates."""
    accounts = st.accounts
    for shard in range(accounts.head.shape[0]):
        for slot in range(accounts.head[shard].balances_used):
            row = accounts.balances[shard, slot]
            negative = row.held < 0
            if row.available < 0:
                negative = True
                for i in range(fee_accounts.shape[0]):
                    if fee_accounts[i] == row.account:
                        negative = row.held < 0
            if negative:
                found = _report(problems, found, Broken.NEGATIVE_BALANCE, shard, slot)
            if row.held != held[shard, slot]:
                found = _report(problems, found, Broken.HELD_DIFFERS_FROM_ORDERS, shard, slot)
        for slot in range(accounts.head[shard].accounts_used):
            if accounts.accounts[shard, slot].open_orders != opened[shard, slot]:
                found = _report(problems, found, Broken.OPEN_ORDERS_MISCOUNTED, shard, slot)
    return found
