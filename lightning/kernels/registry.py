"""Open orders: their rows, and how they are found, by their ids and by their account."""

import numpy as np

from lightning.codes import Side
from lightning.kernels.index import hash_id, hash_pair, index_insert, index_remove
from lightning.kernels.kernel import kernel, lookup
from lightning.kernels.layout import NIL


@kernel
def order_new(books, shard):
    """A free order row; there must be room."""
    head = books.head[shard]
    slot = head.orders_free
    if slot == NIL:
        slot = head.orders_used
        head.orders_used = slot + 1
    else:
        head.orders_free = books.orders[shard, slot].next
    head.orders_live += 1
    return slot


@kernel
def order_free(books, shard, slot):
    head = books.head[shard]
    order = books.orders[shard, slot]
    order.next = head.orders_free
    order.level = NIL
    order.order_id = 0
    head.orders_free = slot
    head.orders_live -= 1


@lookup
def order_by_id(books, secret, shard, order_id):
    """Slot of the open order with this id, or NIL."""
    index = books.order_index
    hashed = hash_id(secret, 0, order_id)
    mask = index.shape[1] - 1
    i = hashed & mask
    while index[shard, i].slot != 0:
        if index[shard, i].hash == hashed:
            slot = np.int64(index[shard, i].slot) - 1
            if books.orders[shard, slot].order_id == order_id:
                return slot
        i = (i + 1) & mask
    return np.int64(NIL)


@lookup
def order_by_client_id(books, secret, shard, book, account, client_order_id):
    """Slot of the open order that `account` calls `client_order_id` in this book, or NIL."""
    index = books.client_index
    hashed = hash_id(secret, account, client_order_id)
    mask = index.shape[1] - 1
    i = hashed & mask
    while index[shard, i].slot != 0:
        if index[shard, i].hash == hashed:
            slot = np.int64(index[shard, i].slot) - 1
            order = books.orders[shard, slot]
            if order.client_order_id == client_order_id and order.account == account and order.book == book:
                return slot
        i = (i + 1) & mask
    return np.int64(NIL)


@lookup
def trader_find(books, secret, shard, book, account):
    """Slot of the row of an account with open orders in this book, or NIL."""
    index = books.trader_index
    hashed = hash_pair(secret, account, book)
    mask = index.shape[1] - 1
    i = hashed & mask
    while index[shard, i].slot != 0:
        if index[shard, i].hash == hashed:
            slot = np.int64(index[shard, i].slot) - 1
            row = books.traders[shard, slot]
            if row.account == account and row.book == book:
                return slot
        i = (i + 1) & mask
    return np.int64(NIL)


@kernel
def trader_new(books, secret, shard, book, account, base_slot, quote_slot):
    head = books.head[shard]
    slot = head.traders_free
    if slot == NIL:
        slot = head.traders_used
        head.traders_used = slot + 1
    else:
        head.traders_free = books.traders[shard, slot].head
    head.traders_live += 1
    row = books.traders[shard, slot]
    row.account = account
    row.book = book
    row.base_slot = base_slot
    row.quote_slot = quote_slot
    row.head = NIL
    row.tail = NIL
    row.buys = 0
    row.sells = 0
    index_insert(books.trader_index, shard, hash_pair(secret, account, book), slot)
    return slot


@kernel
def trader_free(books, secret, shard, slot):
    head = books.head[shard]
    row = books.traders[shard, slot]
    index_remove(books.trader_index, shard, hash_pair(secret, row.account, np.int64(row.book)), slot)
    row.book = NIL
    row.head = head.traders_free
    head.traders_free = slot
    head.traders_live -= 1


@kernel
def _join_trader(books, shard, order, slot):
    """Put the order last in its account's list."""
    trader = books.traders[shard, order.trader]
    order.trader_next = NIL
    order.trader_prev = trader.tail
    if trader.tail == NIL:
        trader.head = slot
    else:
        books.orders[shard, trader.tail].trader_next = slot
    trader.tail = slot
    if order.side == Side.BUY:
        trader.buys += 1
    else:
        trader.sells += 1


@kernel
def _leave_trader(books, secret, shard, order):
    """Take the order out of its account's list; the last one frees the row."""
    trader = books.traders[shard, order.trader]
    if order.trader_prev == NIL:
        trader.head = order.trader_next
    else:
        books.orders[shard, order.trader_prev].trader_next = order.trader_next
    if order.trader_next == NIL:
        trader.tail = order.trader_prev
    else:
        books.orders[shard, order.trader_next].trader_prev = order.trader_prev
    if order.side == Side.BUY:
        trader.buys -= 1
    else:
        trader.sells -= 1
    if trader.head == NIL:
        trader_free(books, secret, shard, np.int64(order.trader))


@kernel
def register(books, secret, shard, slot):
    """Make an order findable: by its ids, and by its account if `order.trader` is set."""
    order = books.orders[shard, slot]
    index_insert(books.order_index, shard, hash_id(secret, 0, order.order_id), slot)
    if order.client_order_id != 0:
        index_insert(books.client_index, shard, hash_id(secret, order.account, order.client_order_id), slot)
    if order.trader != NIL:
        _join_trader(books, shard, order, slot)


@kernel
def unregister(books, secret, shard, slot):
    """Undo `register`."""
    order = books.orders[shard, slot]
    index_remove(books.order_index, shard, hash_id(secret, 0, order.order_id), slot)
    if order.client_order_id != 0:
        index_remove(books.client_index, shard, hash_id(secret, order.account, order.client_order_id), slot)
    if order.trader != NIL:
        _leave_trader(books, secret, shard, order)
