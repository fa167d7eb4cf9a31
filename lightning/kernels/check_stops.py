"""Invariants of the stops that wait: ladders of stop prices, trailing groups, triggers."""

import numpy as np

from lightning.codes import Side, SymbolStatus
from lightning.kernels.check import Broken, check_order, report
from lightning.kernels.intrinsics import INT64_MAX
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.ladder import key_of, level_find, level_next
from lightning.kernels.layout import NIL
from lightning.kernels.order import is_extended, may_rest
from lightning.kernels.queue import slices_of
from lightning.kernels.stops import STATIC, TRAILING
from lightning.kernels.trailing import root_stop


@kernel
def _waits_as(books, shard, slot, ladder_slot, kind):
    """Does the order wait in a structure of this kind, in its own book and side?"""
    order = books.orders[shard, slot]
    if order.order_id == 0 or not is_extended(order) or slot >= books.head[shard].details_used:
        return False
    mine = 2 * np.int64(order.book) + np.int64(order.side) == ladder_slot
    return mine and books.details[shard, slot].pending == kind


@kernel
def _check_stop_level(st, held, opened, shard, ladder_slot, place, sums, problems, found):
    """The stops at one price, oldest first.

    sums : (2,) int64: slices and stops that may rest so far, counted on
    """
    books = st.books
    level = books.levels[shard, place]
    qty = np.int64(0)
    count = np.int64(0)
    order_id = np.int64(0)
    before = np.int64(NIL)
    slot = np.int64(level.head)
    while slot != NIL and count <= level.count:
        order = books.orders[shard, slot]
        in_place = _waits_as(books, shard, slot, ladder_slot, STATIC) and order.level == place
        detail = books.details[shard, slot]
        if not in_place or detail.stop_price != level.price or detail.hidden != 0:
            found = report(problems, found, Broken.PENDING_OUT_OF_PLACE, shard, slot)
        if order.prev != before or order.order_id <= order_id:
            found = report(problems, found, Broken.QUEUE_LINKS, shard, slot)
        found = check_order(st, held, opened, shard, slot, problems, found)
        sums[0] += slices_of(detail.display_qty, order.leaves)
        sums[1] += 1 if may_rest(order) else 0
        qty += order.leaves
        count += 1
        order_id = order.order_id
        before = slot
        slot = np.int64(order.next)
    if level.tail != before or count != level.count or count == 0:
        found = report(problems, found, Broken.QUEUE_LINKS, shard, before)
    if books.hidden[shard, place] != 0 or qty != level.qty:
        found = report(problems, found, Broken.LEVEL_DIFFERS_FROM_ORDERS, shard, place)
    return found


@kernel
def _check_stop_ladder(st, held, opened, shard, ladder_slot, sums, problems, found):
    """The stops of one side that do not trail. Returns (how many, problems found)."""
    books = st.books
    ladder = books.stop_ladders[shard, ladder_slot]
    mirrored = 1 - np.int64(ladder_slot & 1)
    sums[0] = 0
    qty = np.int64(0)
    orders = np.int64(0)
    levels = np.int64(0)
    key = np.int64(-1)
    place = np.int64(ladder.best)
    while place != NIL and levels <= ladder.levels:
        level = books.levels[shard, place]
        following = key_of(mirrored, level.price)
        if following <= key or level_find(books, shard, ladder, following) != place:
            found = report(problems, found, Broken.LEVELS_OUT_OF_ORDER, shard, place)
        found = _check_stop_level(st, held, opened, shard, ladder_slot, place, sums, problems, found)
        key = following
        qty += level.qty
        orders += level.count
        levels += 1
        place = level_next(books, shard, mirrored, place)
    counted = levels == ladder.levels and orders == ladder.orders and qty == ladder.qty
    if not counted or sums[0] != ladder.slices:
        found = report(problems, found, Broken.LADDER_DIFFERS_FROM_LEVELS, shard, ladder_slot)
    return orders, found


@kernel
def _is_child(books, shard, one, other):
    """In the heap of a group: by trail amount, then age."""
    if books.details[shard, other].up != one:
        return False
    mine = books.details[shard, one].trail_amount
    others = books.details[shard, other].trail_amount
    if mine != others:
        return mine < others
    return books.orders[shard, one].order_id < books.orders[shard, other].order_id


@kernel
def _is_best_child(books, shard, side, one, other):
    """In the heap of a side's group roots: by stop price, then age."""
    if books.details[shard, other].best_up != one:
        return False
    mine = root_stop(books, shard, one)
    others = root_stop(books, shard, other)
    if mine != others:
        return mine < others if side == Side.BUY else mine > others
    return books.orders[shard, one].order_id < books.orders[shard, other].order_id


@kernel
def _check_heap(st, held, opened, shard, ladder_slot, root, problems, found):
    """The stops that follow one watermark. Returns (how many, problems found)."""
    books = st.books
    most = books.trails[shard, ladder_slot].count
    if books.details[shard, root].up != NIL:
        return np.int64(0), report(problems, found, Broken.TRAILING_GROUPS, shard, root)
    count = np.int64(0)
    slot = np.int64(root)
    while slot != NIL and count <= most:
        if not _waits_as(books, shard, slot, ladder_slot, TRAILING):
            return count, report(problems, found, Broken.PENDING_OUT_OF_PLACE, shard, slot)
        found = check_order(st, held, opened, shard, slot, problems, found)
        count += 1
        row = books.details[shard, slot]
        for child in (np.int64(row.left), np.int64(row.right)):
            if child != NIL and not _is_child(books, shard, slot, child):
                return count, report(problems, found, Broken.TRAILING_GROUPS, shard, child)
        following = np.int64(row.left) if row.left != NIL else np.int64(row.right)
        while following == NIL and slot != root:
            up = np.int64(books.details[shard, slot].up)
            if books.details[shard, up].left == slot:
                following = np.int64(books.details[shard, up].right)
            slot = up
        slot = following
    return count, found


@kernel
def _count_best(books, shard, ladder_slot, problems, found):
    """The heap of a side's group roots. Returns (how many, problems found)."""
    side = np.int64(ladder_slot & 1)
    trail = books.trails[shard, ladder_slot]
    root = np.int64(trail.best)
    if root != NIL and books.details[shard, root].best_up != NIL:
        return np.int64(0), report(problems, found, Broken.TRAILING_GROUPS, shard, root)
    count = np.int64(0)
    slot = root
    while slot != NIL and count <= trail.count:
        count += 1
        row = books.details[shard, slot]
        for child in (np.int64(row.best_left), np.int64(row.best_right)):
            if child != NIL and not _is_best_child(books, shard, side, slot, child):
                return count, report(problems, found, Broken.TRAILING_GROUPS, shard, child)
        following = np.int64(row.best_left) if row.best_left != NIL else np.int64(row.best_right)
        while following == NIL and slot != root:
            up = np.int64(books.details[shard, slot].best_up)
            if books.details[shard, up].best_left == slot:
                following = np.int64(books.details[shard, up].best_right)
            slot = up
        slot = following
    return count, found


@kernel
def _check_trail(st, held, opened, shard, ladder_slot, problems, found):
    """The trailing stops of one side, from the nearest watermark on. Returns (how many, problems found)."""
    books = st.books
    side = np.int64(ladder_slot & 1)
    trail = books.trails[shard, ladder_slot]
    count = np.int64(0)
    groups = np.int64(0)
    before = np.int64(NIL)
    root = np.int64(trail.top)
    while root != NIL and groups <= trail.count:
        watermark = books.details[shard, root].watermark
        if before != NIL:
            nearer = books.details[shard, before].watermark
            if watermark == nearer or (watermark > nearer) == (side == Side.BUY):
                found = report(problems, found, Broken.TRAILING_GROUPS, shard, root)
        if books.details[shard, root].group_prev != before:
            found = report(problems, found, Broken.TRAILING_GROUPS, shard, root)
        members, found = _check_heap(st, held, opened, shard, ladder_slot, root, problems, found)
        count += members
        groups += 1
        before = root
        root = np.int64(books.details[shard, root].group_next)
    best, found = _count_best(books, shard, ladder_slot, problems, found)
    if count != trail.count or best != groups:
        found = report(problems, found, Broken.TRAILING_GROUPS, shard, ladder_slot)
    return count, found


@kernel
def _nearest(books, shard, ladder_slot):
    """The stop price that triggers first; what stands for none if there is none."""
    side = np.int64(ladder_slot & 1)
    price = np.int64(INT64_MAX) if side == Side.BUY else np.int64(0)
    level = np.int64(books.stop_ladders[shard, ladder_slot].best)
    if level != NIL:
        price = books.levels[shard, level].price
    root = np.int64(books.trails[shard, ladder_slot].best)
    if root != NIL:
        trailing = root_stop(books, shard, root)
        price = min(price, trailing) if side == Side.BUY else max(price, trailing)
    return price


@entry
def check_stops(st, held, opened, sums, problems, found):
    """Check the stops that wait, of every book; add up what they need, as `check_books`.

    sums : (2,) int64 scratch
    """
    books = st.books
    for shard in range(books.head.shape[0]):
        sums[1] = 0
        for slot in range(books.head[shard].books_used):
            book = books.books[shard, slot]
            static = np.int64(0)
            trailing = np.int64(0)
            for ladder_slot in range(2 * slot, 2 * slot + 2):
                count, found = _check_stop_ladder(st, held, opened, shard, ladder_slot, sums, problems, found)
                static += count
                count, found = _check_trail(st, held, opened, shard, ladder_slot, problems, found)
                trailing += count
            if book.pending != static + trailing or book.trailing != trailing:
                found = report(problems, found, Broken.PENDING_MISCOUNTED, shard, slot)
            buys = _nearest(books, shard, 2 * slot)
            sells = _nearest(books, shard, 2 * slot + 1)
            if book.buy_trigger != buys or book.sell_trigger != sells:
                found = report(problems, found, Broken.TRIGGER_DIFFERS_FROM_STOPS, shard, slot)
            traded = book.last_price != 0 and book.status == SymbolStatus.TRADING
            if traded and (buys <= book.last_price or sells >= book.last_price):
                found = report(problems, found, Broken.STOP_NOT_TRIGGERED, shard, slot)
        if sums[1] != books.head[shard].stops_to_rest:
            found = report(problems, found, Broken.PENDING_MISCOUNTED, shard, np.int64(0))
    return found
