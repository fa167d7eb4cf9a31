"""The invariants I2 - I6, looked up in the tables themselves; runnable on a live exchange."""

from enum import IntEnum

import numpy as np

from lightning.codes import Side, SymbolStatus
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.ladder import key_of, level_find, level_next
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import shard_of
from lightning.kernels.money import buy_hold, held_rate
from lightning.kernels.order import has_owner, is_extended
from lightning.kernels.queue import slices_of
from lightning.kernels.registry import order_by_client_id, order_by_id, trader_find


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
    ORDER_NOT_SHOWN = 15
    SIBLINGS_DISAGREE = 16
    PENDING_OUT_OF_PLACE = 17
    TRAILING_GROUPS = 18
    TRIGGER_DIFFERS_FROM_STOPS = 19
    STOP_NOT_TRIGGERED = 20
    PENDING_MISCOUNTED = 21
    TIMER_MISSING = 22
    TIMERS_OUT_OF_ORDER = 23


@kernel
def report(problems, found, code, shard, slot):
    """Write down one problem, if there is room. Returns how many were found."""
    if found < problems.shape[0]:
        problems[found, 0] = code
        problems[found, 1] = shard
        problems[found, 2] = slot
    return found + 1


@entry
def check_order(st, held, opened, shard, slot, problems, found):
    """One open order: arithmetic, indexes, and its part of holds and counts."""
    books = st.books
    order = books.orders[shard, slot]
    secret = st.globals[0].secret
    book_slot = np.int64(order.book)
    if order.leaves <= 0 or order.filled < 0 or order.leaves + order.filled != order.qty:
        found = report(problems, found, Broken.ORDER_ARITHMETIC, shard, slot)
    if order_by_id(books, secret, shard, order.order_id) != slot:
        found = report(problems, found, Broken.ORDER_NOT_INDEXED, shard, slot)
    coid = order.client_order_id
    if coid != 0 and order_by_client_id(books, secret, shard, book_slot, order.account, coid) == NIL:
        found = report(problems, found, Broken.ORDER_NOT_INDEXED, shard, slot)
    if is_extended(order) and not _agrees_with_sibling(books, shard, slot):
        found = report(problems, found, Broken.SIBLINGS_DISAGREE, shard, slot)
    trader = trader_find(books, secret, shard, book_slot, order.account)
    if not has_owner(st.globals[0].ledger, order.account):
        return found
    if trader == NIL or trader != order.trader:
        return report(problems, found, Broken.TRADER_MISCOUNTED, shard, slot)
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
def _agrees_with_sibling(books, shard, slot):
    """Do an order and the one that it takes along know each other, and is neither filled?"""
    order = books.orders[shard, slot]
    detail = books.details[shard, slot]
    if detail.sibling == NIL or detail.sibling_id == 0:
        return detail.sibling == NIL and detail.sibling_id == 0
    other = books.orders[shard, detail.sibling]
    if other.order_id != detail.sibling_id or not is_extended(other):
        return False
    mutual = books.details[shard, detail.sibling].sibling == slot
    mutual &= books.details[shard, detail.sibling].sibling_id == order.order_id
    same = other.account == order.account and other.book == order.book and other.side == order.side
    return mutual and same and order.filled == 0 and other.filled == 0


@kernel
def _is_shown(detail, leaves):
    """Is some of the order shown, and no more than it may?"""
    if detail.display_qty == 0:
        return detail.hidden == 0
    shown = leaves - detail.hidden
    return detail.hidden >= 0 and 0 < shown <= detail.display_qty


@kernel
def _check_level(st, held, opened, shard, place, terms, problems, found):
    """One level: its sums, its links, its orders.

    terms : (3,) int64: icebergs, slices and linked orders so far, counted on
    """
    books = st.books
    level = books.levels[shard, place]
    qty = np.int64(0)
    hidden = np.int64(0)
    count = np.int64(0)
    before = np.int64(NIL)
    slot = np.int64(level.head)
    while slot != NIL and count <= level.count:
        order = books.orders[shard, slot]
        if order.prev != before:
            found = report(problems, found, Broken.QUEUE_LINKS, shard, slot)
        if order.price != level.price or order.level != place:
            found = report(problems, found, Broken.ORDER_SIDE_OR_PRICE, shard, slot)
        if is_extended(order):
            detail = books.details[shard, slot]
            if not _is_shown(detail, order.leaves) or slot >= books.head[shard].details_used:
                found = report(problems, found, Broken.ORDER_NOT_SHOWN, shard, slot)
            if detail.pending != 0:
                found = report(problems, found, Broken.PENDING_OUT_OF_PLACE, shard, slot)
            hidden += detail.hidden
            terms[0] += detail.display_qty != 0
            terms[1] += slices_of(detail.display_qty, detail.hidden)
            terms[2] += detail.sibling_id != 0
        found = check_order(st, held, opened, shard, slot, problems, found)
        qty += order.leaves
        count += 1
        before = slot
        slot = np.int64(order.next)
    if level.tail != before:
        found = report(problems, found, Broken.QUEUE_LINKS, shard, before)
    if count == 0:
        found = report(problems, found, Broken.LEVEL_EMPTY, shard, place)
    if qty != level.qty or count != level.count or hidden != books.hidden[shard, place]:
        found = report(problems, found, Broken.LEVEL_DIFFERS_FROM_ORDERS, shard, place)
    return found


@kernel
def _check_side(st, held, opened, shard, ladder_slot, terms, problems, found):
    """One side: levels in order from the best, and their sums. terms : (3,) int64 scratch"""
    books = st.books
    ladder = books.ladders[shard, ladder_slot]
    side = np.int64(ladder_slot & 1)
    qty = np.int64(0)
    orders = np.int64(0)
    levels = np.int64(0)
    key = np.int64(-1)
    terms[:] = 0
    place = np.int64(ladder.best)
    while place != NIL and levels <= ladder.levels:
        level = books.levels[shard, place]
        following = key_of(side, level.price)
        if following <= key or level_find(books, shard, ladder, following) != place:
            found = report(problems, found, Broken.LEVELS_OUT_OF_ORDER, shard, place)
        found = _check_level(st, held, opened, shard, place, terms, problems, found)
        key = following
        qty += level.qty
        orders += level.count
        levels += 1
        place = level_next(books, shard, side, place)
    if qty != ladder.qty or orders != ladder.orders or levels != ladder.levels:
        found = report(problems, found, Broken.LADDER_DIFFERS_FROM_LEVELS, shard, ladder_slot)
    if terms[0] != ladder.icebergs or terms[1] != ladder.slices or terms[2] != ladder.linked:
        found = report(problems, found, Broken.LADDER_DIFFERS_FROM_LEVELS, shard, ladder_slot)
    return found


@kernel
def _is_crossed(books, shard, bids, asks):
    if bids.best == NIL or asks.best == NIL:
        return False
    return books.levels[shard, bids.best].price >= books.levels[shard, asks.best].price


@entry
def check_books(st, held, opened, terms, problems):
    """Check every book, but for the stops that wait; add up what its orders need.

    held : (shards, balances) int64 zeros, filled; opened : (shards, accounts) int64 zeros, filled
    terms : (3,) int64 scratch
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
            found = _check_side(st, held, opened, shard, 2 * slot, terms, problems, found)
            found = _check_side(st, held, opened, shard, 2 * slot + 1, terms, problems, found)
            trading = books.books[shard, slot].status == SymbolStatus.TRADING
            if trading and _is_crossed(books, shard, bids, asks):
                found = report(problems, found, Broken.BOOK_CROSSED, shard, slot)
            orders += bids.orders + asks.orders + books.books[shard, slot].pending
            levels += bids.levels + asks.levels
            levels += (
                books.stop_ladders[shard, 2 * slot].levels + books.stop_ladders[shard, 2 * slot + 1].levels
            )
        head = books.head[shard]
        if orders != head.orders_live or levels != head.levels_live:
            found = report(problems, found, Broken.ROWS_LOST, shard, np.int64(0))
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
                found = report(problems, found, Broken.NEGATIVE_BALANCE, shard, slot)
            if row.held != held[shard, slot]:
                found = report(problems, found, Broken.HELD_DIFFERS_FROM_ORDERS, shard, slot)
        for slot in range(accounts.head[shard].accounts_used):
            if accounts.accounts[shard, slot].open_orders != opened[shard, slot]:
                found = report(problems, found, Broken.OPEN_ORDERS_MISCOUNTED, shard, slot)
    return found
