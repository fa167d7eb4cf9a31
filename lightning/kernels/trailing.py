"""Trailing stops that wait (RULES 9).

Orders of one side that follow the same price, their watermark, form a group: their stops differ only by
`trail_amount`. A group is a skew heap by (trail_amount, order_id) whose root triggers first. A trade at a
better price than a group's watermark moves the whole group by one number, and groups that come to the same
watermark are melded: no trade touches an order that it does not trigger.

The roots of a side are linked from the nearest watermark to the farthest, and stand in a second skew heap
by (stop price, order_id), so that the stop that triggers next is always known. Both heaps take O(log n)
amortised for every change.
"""

import numpy as np

from lightning.codes import Side
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL


@kernel
def trail_of(books, shard, slot):
    """The TRAIL row of the order's side of its book."""
    order = books.orders[shard, slot]
    return books.trails[shard, 2 * np.int64(order.book) + np.int64(order.side)]


@kernel
def stop_behind(side, watermark, trail_amount):
    return watermark + trail_amount if side == Side.BUY else watermark - trail_amount


@kernel
def root_stop(books, shard, root):
    """The stop price of the first of a group."""
    detail = books.details[shard, root]
    return stop_behind(books.orders[shard, root].side, detail.watermark, detail.trail_amount)


@kernel
def _in_group_before(books, shard, a, b):
    x = books.details[shard, a].trail_amount
    y = books.details[shard, b].trail_amount
    return x < y or (x == y and books.orders[shard, a].order_id < books.orders[shard, b].order_id)


@kernel
def _triggers_before(books, shard, a, b):
    """Of two roots of one side."""
    x = root_stop(books, shard, a)
    y = root_stop(books, shard, b)
    if x != y:
        return x < y if books.orders[shard, a].side == Side.BUY else x > y
    return books.orders[shard, a].order_id < books.orders[shard, b].order_id


@kernel
def _meld(books, shard, a, b):
    """One heap of two. Returns its root, which has no `up`."""
    details = books.details
    if a == NIL:
        return b
    if b == NIL:
        return a
    if _in_group_before(books, shard, b, a):
        a, b = b, a
    root = a
    while True:
        t = np.int64(details[shard, a].right)
        details[shard, a].right = details[shard, a].left
        if t != NIL and _in_group_before(books, shard, t, b):
            t, b = b, t
        details[shard, a].left = b
        details[shard, b].up = a
        if t == NIL:
            break
        a = b
        b = t
    details[shard, root].up = NIL
    return root


@kernel
def _meld_best(books, shard, a, b):
    """As `_meld`, of the heap of roots."""
    details = books.details
    if a == NIL:
        return b
    if b == NIL:
        return a
    if _triggers_before(books, shard, b, a):
        a, b = b, a
    root = a
    while True:
        t = np.int64(details[shard, a].best_right)
        details[shard, a].best_right = details[shard, a].best_left
        if t != NIL and _triggers_before(books, shard, t, b):
            t, b = b, t
        details[shard, a].best_left = b
        details[shard, b].best_up = a
        if t == NIL:
            break
        a = b
        b = t
    details[shard, root].best_up = NIL
    return root


@kernel
def _best_in(books, shard, trail, root):
    """Let a root stand for its group."""
    detail = books.details[shard, root]
    detail.best_left = NIL
    detail.best_right = NIL
    detail.best_up = NIL
    trail.best = _meld_best(books, shard, np.int64(trail.best), np.int64(root))


@kernel
def _best_out(books, shard, trail, root):
    details = books.details
    detail = details[shard, root]
    rest = _meld_best(books, shard, np.int64(detail.best_left), np.int64(detail.best_right))
    up = np.int64(detail.best_up)
    if rest != NIL:
        details[shard, rest].best_up = up
    if up == NIL:
        trail.best = rest
    elif details[shard, up].best_left == root:
        details[shard, up].best_left = rest
    else:
        details[shard, up].best_right = rest


@kernel
def _set_links(books, shard, root, nearer, farther, trail):
    """Put a root between two others of its side."""
    detail = books.details[shard, root]
    detail.group_prev = nearer
    detail.group_next = farther
    if nearer == NIL:
        trail.top = root
    else:
        books.details[shard, nearer].group_next = root
    if farther != NIL:
        books.details[shard, farther].group_prev = root


@entry
def join_trail(books, shard, slot, watermark):
    """Let an order follow from `watermark` on, which is as near as any of its side."""
    trail = trail_of(books, shard, slot)
    details = books.details
    details[shard, slot].left = NIL
    details[shard, slot].right = NIL
    details[shard, slot].up = NIL
    trail.count += 1
    top = np.int64(trail.top)
    if top == NIL or details[shard, top].watermark != watermark:
        details[shard, slot].watermark = watermark
        _set_links(books, shard, slot, np.int64(NIL), top, trail)
        _best_in(books, shard, trail, slot)
        return
    farther = np.int64(details[shard, top].group_next)
    if _in_group_before(books, shard, slot, top):
        _best_out(books, shard, trail, top)
        _meld(books, shard, top, np.int64(slot))
        details[shard, slot].watermark = watermark
        _set_links(books, shard, slot, np.int64(NIL), farther, trail)
        _best_in(books, shard, trail, slot)
    else:
        _meld(books, shard, top, np.int64(slot))


@kernel
def root_of(books, shard, slot):
    """The first of the order's group."""
    root = np.int64(slot)
    while books.details[shard, root].up != NIL:
        root = np.int64(books.details[shard, root].up)
    return root


@entry
def leave_trail(books, shard, slot):
    """Take an order out of its group."""
    trail = trail_of(books, shard, slot)
    trail.count -= 1
    details = books.details
    detail = details[shard, slot]
    up = np.int64(detail.up)
    if up != NIL:
        rest = _meld(books, shard, np.int64(detail.left), np.int64(detail.right))
        if rest != NIL:
            details[shard, rest].up = up
        if details[shard, up].left == slot:
            details[shard, up].left = rest
        else:
            details[shard, up].right = rest
        return
    _best_out(books, shard, trail, slot)
    nearer = np.int64(detail.group_prev)
    farther = np.int64(detail.group_next)
    rest = _meld(books, shard, np.int64(detail.left), np.int64(detail.right))
    if rest != NIL:
        details[shard, rest].up = NIL
        details[shard, rest].watermark = detail.watermark
        _set_links(books, shard, rest, nearer, farther, trail)
        _best_in(books, shard, trail, rest)
        return
    if nearer == NIL:
        trail.top = farther
    else:
        details[shard, nearer].group_next = farther
    if farther != NIL:
        details[shard, farther].group_prev = nearer


@entry
def follow(books, shard, book_slot, price):
    """A trade at `price`: what follows a price that is not better than it follows this one now."""
    for side in (np.int64(Side.BUY), np.int64(Side.SELL)):
        trail = books.trails[shard, 2 * book_slot + side]
        merged = np.int64(NIL)
        top = np.int64(trail.top)
        while top != NIL and _is_passed(side, books.details[shard, top].watermark, price):
            farther = np.int64(books.details[shard, top].group_next)
            if merged == NIL and books.details[shard, top].watermark == price:
                break
            _best_out(books, shard, trail, top)
            merged = _meld(books, shard, merged, top)
            top = farther
        if merged != NIL:
            books.details[shard, merged].watermark = price
            _set_links(books, shard, merged, np.int64(NIL), top, trail)
            _best_in(books, shard, trail, merged)


@kernel
def _is_passed(side, watermark, price):
    return price <= watermark if side == Side.BUY else price >= watermark


@entry
def gather_group(books, shard, root, slots, count):
    """Append the slots of a group to `slots`, int64, from `count` on. Returns how many there are then."""
    slot = np.int64(root)
    while slot != NIL:
        slots[count] = slot
        count += 1
        detail = books.details[shard, slot]
        if detail.left != NIL:
            slot = np.int64(detail.left)
            continue
        if detail.right != NIL:
            slot = np.int64(detail.right)
            continue
        while slot != root:
            up = np.int64(books.details[shard, slot].up)
            right = np.int64(books.details[shard, up].right)
            if right != NIL and right != slot:
                break
            slot = up
        if slot == root:
            return count
        slot = np.int64(books.details[shard, books.details[shard, slot].up].right)
    return count
