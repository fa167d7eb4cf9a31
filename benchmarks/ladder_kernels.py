"""Three price ladders behind one interface, for measuring them against each other.

Trie    the engine's own: a 64-ary bitmap trie as high as the prices in use need
Hashed  an open-addressing index from price to level; the trie only says which level is next
Sorted  per side an array of keys in order, the best at the end; an insert moves what is nearer the touch

All keep their levels in rows of the engine's table. Each has the functions find, open_level, close_level,
best, following; a level is a slot of that table, NIL = none.
"""

# mypy: ignore-errors
# compiled by numba from their arguments' types

from functools import cache
from typing import NamedTuple

import numba
import numpy as np

from lightning.engine.tables import table
from lightning.kernels import ladder, layout
from lightning.kernels.index import hash_pair, index_insert, index_remove
from lightning.kernels.intrinsics import stir
from lightning.kernels.layout import NIL, Books

FIND, OPEN, CLOSE, WALK = 0, 1, 2, 3
SECRET = 0x5EC2E7
SIDES = 2

kernel = numba.njit(nogil=True, forceinline=True)


def new_books(levels, nodes):
    """One shard with one book: room for that many levels and trie nodes, the other tables empty."""
    none = table((1, 1), layout.ORDER)
    books = Books(
        head=table((1,), layout.BOOKS_HEAD),
        books=table((1, 1), layout.BOOK),
        ladders=table((1, SIDES), layout.LADDER),
        stop_ladders=table((1, SIDES), layout.LADDER),
        trails=table((1, SIDES), layout.TRAIL),
        orders=none,
        details=table((1, 1), layout.DETAIL),
        levels=table((1, levels), layout.LEVEL),
        hidden=np.zeros((1, levels), np.int64),
        nodes=table((1, nodes), layout.NODE),
        children=np.zeros((1, nodes * layout.FAN_OUT), np.int32),
        traders=table((1, 1), layout.TRADER),
        order_index=table((1, 1), layout.INDEX),
        client_index=table((1, 1), layout.INDEX),
        trader_index=table((1, 1), layout.INDEX),
        trades=table((1, 1), layout.TRADE),
        closed=none,
        closed_details=table((1, 1), layout.DETAIL),
    )
    books.head["levels_free"] = books.head["nodes_free"] = NIL
    books.ladders["root"] = books.ladders["best"] = NIL
    return books


# Trie: its tables are Books


def new_trie(levels, nodes):
    return new_books(levels, nodes)


@kernel
def trie_find(books, side, price):
    return ladder.level_find(books, 0, books.ladders[0, side], ladder.key_of(side, price))


@kernel
def trie_open(books, side, price):
    return ladder.level_at(books, 0, books.ladders[0, side], side, price)


@kernel
def trie_close(books, side, level):
    ladder.level_close(books, 0, books.ladders[0, side], side, level)


@kernel
def trie_best(books, side):
    return np.int64(books.ladders[0, side].best)


@kernel
def trie_following(books, side, level):
    return ladder.level_next(books, 0, side, level)


def trie_bytes(books):
    """Of the most nodes that were in use at once."""
    node = layout.NODE.itemsize + layout.FAN_OUT * books.children.itemsize
    return int(books.head["nodes_used"][0]) * node


# Hashed


class Hashed(NamedTuple):
    books: Books
    index: np.ndarray  # (SIDES, 2**k) INDEX by price


def new_hashed(levels, nodes):
    places = 1 << (2 * levels).bit_length()
    return Hashed(new_books(levels, nodes), table((SIDES, places), layout.INDEX))


@kernel
def hashed_find(tables, side, price):
    index = tables.index
    hashed = hash_pair(SECRET, price, 0)
    mask = index.shape[1] - 1
    i = hashed & mask
    while index[side, i].slot != 0:
        if index[side, i].hash == hashed:
            level = np.int64(index[side, i].slot) - 1
            if tables.books.levels[0, level].price == price:
                return level
        i = (i + 1) & mask
    return np.int64(NIL)


@kernel
def hashed_open(tables, side, price):
    level = trie_open(tables.books, side, price)
    index_insert(tables.index, side, hash_pair(SECRET, price, 0), level)
    return level


@kernel
def hashed_close(tables, side, level):
    price = tables.books.levels[0, level].price
    index_remove(tables.index, side, hash_pair(SECRET, price, 0), level)
    trie_close(tables.books, side, level)


@kernel
def hashed_best(tables, side):
    return trie_best(tables.books, side)


@kernel
def hashed_following(tables, side, level):
    return trie_following(tables.books, side, level)


def hashed_bytes(tables):
    return trie_bytes(tables.books) + tables.index.nbytes


# Sorted


class Sorted(NamedTuple):
    books: Books  # its levels only
    keys: np.ndarray  # (SIDES, levels) int64, falling
    slots: np.ndarray  # (SIDES, levels) int32
    used: np.ndarray  # (SIDES,) int64
    most: np.ndarray  # (SIDES,) int64: the largest `used` ever


def new_sorted(levels, nodes):
    keys, slots = np.zeros((SIDES, levels), np.int64), np.zeros((SIDES, levels), np.int32)
    return Sorted(new_books(levels, 1), keys, slots, np.zeros(SIDES, np.int64), np.zeros(SIDES, np.int64))


@kernel
def _place(tables, side, key):
    """Where `key` stands or would stand: a search that doubles its stride from the best on, then halves."""
    keys = tables.keys
    high = tables.used[side]
    stride = np.int64(1)
    while high - stride >= 0 and keys[side, high - stride] < key:
        high -= stride
        stride *= 2
    low = max(high - stride, np.int64(0))
    while low < high:
        middle = (low + high) // 2
        if keys[side, middle] > key:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def sorted_find(tables, side, price):
    key = ladder.key_of(side, price)
    place = _place(tables, side, key)
    if place < tables.used[side] and tables.keys[side, place] == key:
        return np.int64(tables.slots[side, place])
    return np.int64(NIL)


@kernel
def sorted_open(tables, side, price):
    head = tables.books.head[0]
    level = head.levels_free
    if level == NIL:
        level = head.levels_used
        head.levels_used = level + 1
    else:
        head.levels_free = tables.books.levels[0, level].head
    tables.books.levels[0, level].price = price
    key = ladder.key_of(side, price)
    place = _place(tables, side, key)
    keys, slots = tables.keys, tables.slots
    for i in range(tables.used[side], place, -1):
        keys[side, i] = keys[side, i - 1]
        slots[side, i] = slots[side, i - 1]
    keys[side, place] = key
    slots[side, place] = level
    tables.used[side] += 1
    tables.most[side] = max(tables.most[side], tables.used[side])
    return level


@kernel
def sorted_close(tables, side, level):
    row = tables.books.levels[0, level]
    place = _place(tables, side, ladder.key_of(side, row.price))
    keys, slots = tables.keys, tables.slots
    for i in range(place, tables.used[side] - 1):
        keys[side, i] = keys[side, i + 1]
        slots[side, i] = slots[side, i + 1]
    tables.used[side] -= 1
    head = tables.books.head[0]
    row.head = head.levels_free
    head.levels_free = level


@kernel
def sorted_best(tables, side):
    if tables.used[side] == 0:
        return np.int64(NIL)
    return np.int64(tables.slots[side, tables.used[side] - 1])


@kernel
def sorted_following(tables, side, level):
    place = _place(tables, side, ladder.key_of(side, tables.books.levels[0, level].price))
    return np.int64(tables.slots[side, place - 1]) if place > 0 else np.int64(NIL)


def sorted_bytes(tables):
    """Of the most keys and slots that were in use at once."""
    return int(tables.most.sum()) * (tables.keys.itemsize + tables.slots.itemsize)


# the driver


def make_drive(find, open_level, close_level, best, following, levels_of):
    """A kernel that applies operations to one kind of ladder."""

    @numba.njit(nogil=True)
    def drive(tables, operations, start, end, slots, checksum):
        """Apply rows [start, end): (operation, side, price, name), WALK: (WALK, side, levels, -1).

        slots : for each name the level that bears it now, written here
        Returns the checksum, which takes in every answer: prices found, walked over and best afterwards.
        """
        levels = levels_of(tables)
        for i in range(start, end):
            side = operations[i, 1]
            price = operations[i, 2]
            name = operations[i, 3]
            if operations[i, 0] == FIND:
                level = find(tables, side, price)
                checksum = stir(checksum, levels[0, level].price if level != NIL else np.int64(0))
            elif operations[i, 0] == OPEN:
                slots[name] = open_level(tables, side, price)
            elif operations[i, 0] == CLOSE:
                close_level(tables, side, slots[name])
            else:
                level = best(tables, side)
                while price > 0 and level != NIL:
                    checksum = stir(checksum, levels[0, level].price)
                    level = following(tables, side, level)
                    price -= 1
            level = best(tables, side)
            checksum = stir(checksum, levels[0, level].price if level != NIL else np.int64(0))
        return checksum

    return drive


@kernel
def _levels_of_books(books):
    return books.levels


@kernel
def _levels_of_parts(tables):
    return tables.books.levels


@cache
def drive_trie():
    return make_drive(trie_find, trie_open, trie_close, trie_best, trie_following, _levels_of_books)


@cache
def drive_hashed():
    return make_drive(hashed_find, hashed_open, hashed_close, hashed_best, hashed_following, _levels_of_parts)


@cache
def drive_sorted():
    return make_drive(sorted_find, sorted_open, sorted_close, sorted_best, sorted_following, _levels_of_parts)
