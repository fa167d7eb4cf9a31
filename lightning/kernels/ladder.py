"""The price ladder of one side of a book: a 64-ary bitmap trie over pooled nodes.

A side's keys grow away from the touch: asks by price, bids by PRICE_TICKS_MAX - price, so the
best level is always the lowest key. The root covers only as many digits as the prices in use
need: a book that trades within 4,096 ticks has two layers; one far price adds layers while it
rests. Every step is bounded by 7 layers. An empty side has no node.
"""

import numpy as np

from lightning.codes import Side
from lightning.kernels.intrinsics import lowest_bit
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import BITS, FAN_OUT, NIL
from lightning.rows import PRICE_TICKS_MAX

DIGIT = FAN_OUT - 1


@kernel
def key_of(side, price):
    """Distance order of a price on its side: the lower the better."""
    if side == Side.BUY:
        return PRICE_TICKS_MAX - price
    return price


@kernel
def node_new(books, shard, parent):
    head = books.head[shard]
    node = head.nodes_free
    if node == NIL:
        node = head.nodes_used
        head.nodes_used = node + 1
    else:
        head.nodes_free = books.nodes[shard, node].parent
    head.nodes_live += 1
    row = books.nodes[shard, node]
    row.bits = 0
    row.parent = parent
    return node


@kernel
def node_free(books, shard, node):
    head = books.head[shard]
    books.nodes[shard, node].parent = head.nodes_free
    head.nodes_free = node
    head.nodes_live -= 1


@kernel
def _leaf_of(books, shard, ladder, key):
    """The leaf node that covers `key`, or NIL."""
    node = np.int64(ladder.root)
    if node == NIL:
        return np.int64(NIL)
    shift = BITS * np.int64(ladder.height)
    if (key >> (shift + BITS)) != ladder.prefix:
        return np.int64(NIL)
    while shift > 0:
        digit = (key >> shift) & DIGIT
        if (books.nodes[shard, node].bits >> digit) & 1 == 0:
            return np.int64(NIL)
        node = np.int64(books.children[shard, node * FAN_OUT + digit])
        shift -= BITS
    return node


@kernel
def level_find(books, shard, ladder, key):
    """The level at `key`, or NIL."""
    leaf = _leaf_of(books, shard, ladder, key)
    digit = key & DIGIT
    if leaf == NIL or (books.nodes[shard, leaf].bits >> digit) & 1 == 0:
        return np.int64(NIL)
    return np.int64(books.children[shard, leaf * FAN_OUT + digit])


@entry
def _cover(books, shard, ladder, key):
    """Raise the root until it covers `key`."""
    shift = BITS * (np.int64(ladder.height) + 1)
    while (key >> shift) != ladder.prefix:
        old = np.int64(ladder.root)
        root = node_new(books, shard, NIL)
        digit = ladder.prefix & DIGIT
        books.nodes[shard, root].bits = np.int64(1) << digit
        books.children[shard, root * FAN_OUT + digit] = old
        books.nodes[shard, old].parent = root
        ladder.root = root
        ladder.height += 1
        ladder.prefix = ladder.prefix >> BITS
        shift += BITS


@kernel
def _leaf_for(books, shard, ladder, key):
    """The leaf node that covers `key`, made if need be."""
    if ladder.root == NIL:
        ladder.root = node_new(books, shard, NIL)
        ladder.height = 0
        ladder.prefix = key >> BITS
        return np.int64(ladder.root)
    shift = BITS * np.int64(ladder.height)
    if (key >> (shift + BITS)) != ladder.prefix:
        _cover(books, shard, ladder, key)
        shift = BITS * np.int64(ladder.height)
    node = np.int64(ladder.root)
    while shift > 0:
        digit = (key >> shift) & DIGIT
        row = books.nodes[shard, node]
        if (row.bits >> digit) & 1 == 0:
            row.bits |= np.int64(1) << digit
            child = node_new(books, shard, node)
            books.children[shard, node * FAN_OUT + digit] = child
        node = np.int64(books.children[shard, node * FAN_OUT + digit])
        shift -= BITS
    return node


@kernel
def level_at(books, shard, ladder, side, price):
    """The level at `price`, opened if need be."""
    key = key_of(side, price)
    leaf = _leaf_for(books, shard, ladder, key)
    digit = key & DIGIT
    if (books.nodes[shard, leaf].bits >> digit) & 1 != 0:
        return np.int64(books.children[shard, leaf * FAN_OUT + digit])
    return np.int64(_open_in(books, shard, ladder, side, price, leaf))


@kernel
def _open_in(books, shard, ladder, side, price, leaf):
    head = books.head[shard]
    level = head.levels_free
    if level == NIL:
        level = head.levels_used
        head.levels_used = level + 1
    else:
        head.levels_free = books.levels[shard, level].head
    head.levels_live += 1
    key = key_of(side, price)
    digit = key & DIGIT
    books.nodes[shard, leaf].bits |= np.int64(1) << digit
    books.children[shard, leaf * FAN_OUT + digit] = level
    row = books.levels[shard, level]
    row.price = price
    row.qty = 0
    row.head = NIL
    row.tail = NIL
    row.count = 0
    row.node = leaf
    ladder.levels += 1
    if ladder.best == NIL or key < key_of(side, books.levels[shard, ladder.best].price):
        ladder.best = level
    return level


@kernel
def level_next(books, shard, side, level):
    """The next level away from the touch, or NIL."""
    row = books.levels[shard, level]
    key = key_of(side, row.price)
    node = np.int64(row.node)
    shift = np.int64(0)
    while node != NIL:
        bits = books.nodes[shard, node].bits & (np.int64(-2) << ((key >> shift) & DIGIT))
        if bits != 0:
            break
        node = np.int64(books.nodes[shard, node].parent)
        shift += BITS
    if node == NIL:
        return np.int64(NIL)
    child = np.int64(books.children[shard, node * FAN_OUT + lowest_bit(bits)])
    while shift > 0:
        shift -= BITS
        child = np.int64(books.children[shard, child * FAN_OUT + lowest_bit(books.nodes[shard, child].bits)])
    return child


@kernel
def _lower_root(books, shard, ladder):
    """Drop roots that have a single child."""
    root = np.int64(ladder.root)
    while ladder.height > 0:
        bits = books.nodes[shard, root].bits
        digit = lowest_bit(bits)
        if bits != np.int64(1) << digit:
            return
        child = np.int64(books.children[shard, root * FAN_OUT + digit])
        node_free(books, shard, root)
        books.nodes[shard, child].parent = NIL
        ladder.root = child
        ladder.height -= 1
        ladder.prefix = (ladder.prefix << BITS) | digit
        root = child


@kernel
def level_close(books, shard, ladder, side, level):
    """Take an empty level out of the ladder and free it."""
    if ladder.best == level:
        ladder.best = level_next(books, shard, side, level)
    row = books.levels[shard, level]
    key = key_of(side, row.price)
    node = np.int64(row.node)
    shift = np.int64(0)
    while node != NIL:
        books.nodes[shard, node].bits &= ~(np.int64(1) << ((key >> shift) & DIGIT))
        if books.nodes[shard, node].bits != 0:
            break
        parent = np.int64(books.nodes[shard, node].parent)
        node_free(books, shard, node)
        node = parent
        shift += BITS
    if node == NIL:
        ladder.root = NIL
    elif node == ladder.root:
        _lower_root(books, shard, ladder)
    head = books.head[shard]
    row.head = head.levels_free
    head.levels_free = level
    head.levels_live -= 1
    ladder.levels -= 1
