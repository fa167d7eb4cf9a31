"""LOBSTER messages to commands: a book of our own is kept in step with the order book file.

Every message is applied to it and leaves the commands that do the same to an exchange; then the message's
level, and any that moved, must have the quantity that the order book file shows. Where the file contradicts
itself, the problem is written down and the level is made what the file shows.
"""

import numpy as np

from lightning.analysis.loaders.lobster_layout import LobsterType, Problem
from lightning.analysis.loaders.lobster_sight import column_of, in_sight, rank_of, same_sight
from lightning.analysis.loaders.stream import Expect
from lightning.codes import CommandKind, Side, TimeInForce
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL


@kernel
def _tell(replica, problem, order_id, expected, got):
    cursor = replica.cursor[0]
    if cursor.told:
        return
    cursor.told = 1
    row = replica.found[cursor.found]
    cursor.found += 1
    row.line = cursor.row + 1
    row.problem = problem
    row.id = order_id
    row.expected = expected
    row.got = got


@kernel
def _command(replica, kind, level, qty, client_order_id, expect):
    """One more STEP; returns it."""
    cursor = replica.cursor[0]
    step = replica.steps[cursor.steps]
    cursor.steps += 1
    step.line = cursor.row + 1
    step.kind = kind
    step.side = level & 1
    step.price = replica.prices[level >> 1]
    step.qty = qty
    step.client_order_id = client_order_id
    step.expect = expect
    return step


@kernel
def _client_order_id(replica, order_id):
    """The file's own id for the first order that has it, else one that is made up."""
    if order_id != NIL and replica.used[order_id] == 0:
        replica.used[order_id] = 1
        return replica.ids[order_id]
    replica.cursor[0].client_order_id += 1
    return replica.cursor[0].client_order_id


@kernel
def _append(replica, level_at, order_id, qty):
    """A new order behind all others of its level."""
    cursor = replica.cursor[0]
    slot = cursor.orders
    cursor.orders += 1
    order, level = replica.orders[slot], replica.levels[level_at]
    order.client_order_id = _client_order_id(replica, order_id)
    order.leaves = qty
    order.level = level_at
    order.id = order_id
    order.prev = level.tail
    order.next = NIL
    if level.tail == NIL:
        level.head = slot
    else:
        replica.orders[level.tail].next = slot
    level.tail = slot
    level.qty += qty
    if order_id != NIL:
        replica.slots[order_id] = slot
    _command(replica, CommandKind.PLACE, level_at, qty, order.client_order_id, Expect.FILLS)


@kernel
def _take(replica, slot, qty):
    """`qty` of an order is gone; without any left, so is the order."""
    order = replica.orders[slot]
    level = replica.levels[order.level]
    order.leaves -= qty
    level.qty -= qty
    if order.leaves != 0:
        return
    if order.prev == NIL:
        level.head = order.next
    else:
        replica.orders[order.prev].next = order.next
    if order.next == NIL:
        level.tail = order.prev
    else:
        replica.orders[order.next].prev = order.prev
    if order.id != NIL:
        replica.slots[order.id] = NIL


@kernel
def _cut(replica, slot, qty):
    """Take `qty` off an order without a trade: an amend that keeps its place, or a cancel."""
    order = replica.orders[slot]
    leaves = order.leaves - qty
    if leaves > 0:
        _command(replica, CommandKind.AMEND, order.level, leaves, order.client_order_id, Expect.DONE)
    else:
        step = _command(replica, CommandKind.CANCEL, order.level, 0, order.client_order_id, Expect.LEFT)
        step.left = order.leaves
    _take(replica, slot, qty)


@kernel
def _find(replica, message):
    """Slot of the order that the message names, with at least its size left; NIL: told why not."""
    slot = replica.slots[message.id]
    if slot == NIL:
        _tell(replica, Problem.UNKNOWN_ORDER, message.id, message.size, 0)
        return np.int64(NIL)
    order = replica.orders[slot]
    if order.level != message.level:
        expected = replica.prices[order.level >> 1]
        _tell(replica, Problem.OTHER_LEVEL, message.id, expected, message.price)
        return np.int64(NIL)
    if message.size > order.leaves:
        _tell(replica, Problem.SIZE_TOO_LARGE, message.id, order.leaves, message.size)
    return np.int64(slot)


@kernel
def _best(replica, book, side):
    """The best price of a side before the message, from the row before; 0: it is empty."""
    row = max(replica.cursor[0].row - 1, 0)
    column = column_of(side)
    return book[row, column] if book[row, column + 1] != 0 else 0


@kernel
def _submit(replica, book, message):
    if replica.slots[message.id] != NIL:
        left = replica.orders[replica.slots[message.id]].leaves
        _tell(replica, Problem.DUPLICATE_ORDER, message.id, 0, left)
        return
    opposite = _best(replica, book, 1 - message.side)
    crosses = message.price >= opposite if message.side == Side.BUY else message.price <= opposite
    if opposite != 0 and crosses:
        _tell(replica, Problem.WOULD_TRADE, message.id, opposite, message.price)
        return
    _append(replica, message.level, message.id, message.size)


@kernel
def _delete(replica, message, whole):
    slot = _find(replica, message)
    if slot == NIL:
        return
    leaves = replica.orders[slot].leaves
    if whole and leaves != message.size:
        _tell(replica, Problem.SIZE_LEFT, message.id, leaves, message.size)
    _cut(replica, slot, leaves if whole else min(leaves, message.size))


@kernel
def _execute(replica, book, message):
    """An opposite IOC order, if price and time let it fill the named order; else the size is cut off."""
    slot = _find(replica, message)
    if slot == NIL:
        return
    order = replica.orders[slot]
    size = min(message.size, order.leaves)
    best = _best(replica, book, message.side)
    head = replica.levels[message.level].head
    if replica.cursor[0].row > 0 and best != message.price:
        _tell(replica, Problem.NOT_BEST, message.id, best, message.price)
        _cut(replica, slot, size)
    elif head != slot:
        first = replica.orders[head].id
        _tell(replica, Problem.NOT_FIRST, message.id, replica.ids[first] if first != NIL else 0, 0)
        _cut(replica, slot, size)
    else:
        replica.cursor[0].client_order_id += 1
        taker = replica.cursor[0].client_order_id
        step = _command(replica, CommandKind.PLACE, message.level ^ 1, size, taker, Expect.FILLS)
        step.tif = TimeInForce.IOC
        step.maker_client_order_id = order.client_order_id
        _take(replica, slot, size)


@kernel
def _empty(replica, level):
    while replica.levels[level].head != NIL:
        slot = replica.levels[level].head
        _cut(replica, slot, replica.orders[slot].leaves)


@kernel
def _is_as_revealed(replica, reveal, named):
    """Can the level have stayed as it was when it went out of sight?"""
    if replica.levels[reveal.level].qty != reveal.qty:
        return False
    for i in range(reveal.named, reveal.named + reveal.named_count):
        slot = replica.slots[named[i].id]
        if slot == NIL or replica.orders[slot].level != reveal.level:
            return False
        leaves = replica.orders[slot].leaves
        if leaves < named[i].qty or (named[i].deleted and leaves > named[i].qty):
            return False
    return True


@kernel
def _reveal(replica, reveal, named):
    """Make the level what the file shows: first those that messages will name, then one for all others."""
    replica.levels[reveal.level].seen = reveal.row
    if _is_as_revealed(replica, reveal, named):
        return
    _empty(replica, reveal.level)
    left = reveal.qty
    for i in range(reveal.named, reveal.named + reveal.named_count):
        order_id, qty = named[i].id, named[i].qty
        if replica.slots[order_id] != NIL or qty > left:
            replica.cursor[0].told = 0
            _tell(replica, Problem.LEVEL_TOO_SMALL, order_id, qty, left)
            continue
        _append(replica, reveal.level, order_id, qty)
        left -= qty
    if left > 0:
        _append(replica, reveal.level, np.int64(NIL), left)


@kernel
def _forget_unseen(replica, book, row, side):
    """Levels that would be in sight now, and are not: their orders went while nobody saw them."""
    column = book.shape[1] - 4 + column_of(side)
    step = -1 if side == Side.BUY else 1
    if book[row - 1, column + 1] == 0:
        return  # everything was in sight before
    rank = rank_of(replica.prices, book[row - 1, column]) + step
    while rank >= 0 and rank < replica.prices.shape[0]:
        if not in_sight(book, row, side, replica.prices[rank]):
            return
        level = 2 * rank + side
        if replica.levels[level].head != NIL and replica.levels[level].seen != row:
            _empty(replica, level)
        rank += step


@kernel
def _shown(book, row, side, price):
    """Quantity of a level in the order book file."""
    for column in range(column_of(side), book.shape[1], 4):
        if book[row, column] == price:
            return book[row, column + 1]
    return np.int64(0)


@kernel
def _make_level(replica, book, level_at, shown, order_id):
    """Tell that a level is not what the file shows, and make it so: from its end, or by an order behind."""
    level = replica.levels[level_at]
    _tell(replica, Problem.LEVEL_DIFFERS, order_id, shown, level.qty)
    while level.qty > shown:
        slot = level.tail
        _cut(replica, slot, min(replica.orders[slot].leaves, level.qty - shown))
    side, price = level_at & 1, replica.prices[level_at >> 1]
    opposite = _best(replica, book, 1 - side)
    crosses = price >= opposite if side == Side.BUY else price <= opposite
    if level.qty < shown and (opposite == 0 or not crosses):
        _append(replica, level_at, np.int64(NIL), shown - level.qty)


@kernel
def _match_message(replica, book, message):
    """The message's level must be as the file shows it."""
    row = replica.cursor[0].row
    if in_sight(book, row, message.side, message.price):
        shown = _shown(book, row, message.side, message.price)
        if replica.levels[message.level].qty != shown:
            _make_level(replica, book, message.level, shown, message.id)


@kernel
def _match_side(replica, book, row, side, order_id):
    """So must all levels that stand where others stood in the row before; none may be before or between."""
    step = -1 if side == Side.BUY else 1
    rank = NIL
    for column in range(column_of(side), book.shape[1], 4):
        price, shown = book[row, column], book[row, column + 1]
        same = price == book[row - 1, column] and shown == book[row - 1, column + 1]
        if same or shown == 0:
            rank = NIL
            continue
        if rank == NIL and column >= 4:
            rank = rank_of(replica.prices, book[row, column - 4])
        elif rank == NIL and book[row - 1, column + 1] != 0:
            rank = rank_of(replica.prices, book[row - 1, column]) - step
        here = rank_of(replica.prices, price)
        if rank != NIL:
            for between in range(rank + step, here, step):
                if replica.levels[2 * between + side].qty != 0:
                    _make_level(replica, book, 2 * between + side, 0, order_id)
        rank = here
        if replica.levels[2 * here + side].qty != shown:
            _make_level(replica, book, 2 * here + side, shown, order_id)


@kernel
def _apply(replica, book, message):
    kind = message.type
    if kind == LobsterType.SUBMISSION:
        _submit(replica, book, message)
    elif kind == LobsterType.PARTIAL_CANCEL:
        _delete(replica, message, False)
    elif kind == LobsterType.DELETION:
        _delete(replica, message, True)
    elif kind == LobsterType.EXECUTION:
        _execute(replica, book, message)
    else:
        return
    _match_message(replica, book, message)


@entry
def translate(replica, book, messages, reveals, named):
    """The opening book, then every message: STEP and FOUND rows, for which there must be room.

    book : (n, 4 * levels) int64; messages : (n,) MESSAGE; reveals : REVEAL; named : NAMED by reveal
    """
    cursor = replica.cursor[0]
    cursor.row = NIL
    next_reveal = 0
    while next_reveal < reveals.shape[0] and reveals[next_reveal].row == NIL:
        _reveal(replica, reveals[next_reveal], named)
        next_reveal += 1
    for row in range(messages.shape[0]):
        cursor.row = row
        cursor.told = 0
        _apply(replica, book, messages[row])
        while next_reveal < reveals.shape[0] and reveals[next_reveal].row == row:
            _reveal(replica, reveals[next_reveal], named)
            next_reveal += 1
        if row > 0:
            for side in (Side.BUY, Side.SELL):
                if not same_sight(book, row, side):
                    _forget_unseen(replica, book, row, side)
                _match_side(replica, book, row, side, messages[row].id)
