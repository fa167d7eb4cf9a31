"""Which levels of a LOBSTER order book file come into sight when: those of the first row, then any that was
beyond the last level before. What happened there meanwhile is in no message.
"""

from lightning.analysis.loaders.lobster_layout import LobsterType
from lightning.codes import Side
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL


@kernel
def rank_of(prices, price):
    """Place of a price that is in `prices`, ascending."""
    low, high = 0, prices.shape[0] - 1
    while low < high:
        middle = (low + high) >> 1
        if prices[middle] < price:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def column_of(side):
    """Where a side's first price stands in a row: asks first."""
    return 0 if side == Side.SELL else 2


@kernel
def in_sight(book, row, side, price):
    """Would a level of that price be shown, if it had an order?"""
    column = book.shape[1] - 4 + column_of(side)
    if book[row, column + 1] == 0:
        return True
    last = book[row, column]
    return price >= last if side == Side.BUY else price <= last


@kernel
def same_sight(book, row, side):
    """Does the row end at the same price as the one before?"""
    column = book.shape[1] - 4 + column_of(side)
    return book[row, column] == book[row - 1, column]


@kernel
def _reveal(reveals, count, levels, prices, row, side, price, qty):
    level = 2 * rank_of(prices, price) + side
    levels[level].reveal = count
    reveals[count].row = row
    reveals[count].level = level
    reveals[count].qty = qty
    return count + 1


@kernel
def _reveal_opening(reveals, levels, prices, first, book):
    """The first row as it was before the first message."""
    kind = first.type
    moved = 0
    if kind == LobsterType.SUBMISSION:
        moved = -first.size
    elif kind >= LobsterType.PARTIAL_CANCEL and kind <= LobsterType.EXECUTION:
        moved = first.size
    count = 0
    for column in range(0, book.shape[1], 2):
        side = Side.SELL if column % 4 == 0 else Side.BUY
        price, qty = book[0, column], book[0, column + 1]
        if qty != 0 and moved != 0 and side == first.side and price == first.price:
            qty += moved
            moved = 0
        if qty > 0:
            count = _reveal(reveals, count, levels, prices, NIL, side, price, qty)
    if moved > 0:
        count = _reveal(reveals, count, levels, prices, NIL, first.side, first.price, moved)
    return count


@kernel
def _reveal_row(reveals, count, levels, prices, row, book):
    for side in (Side.BUY, Side.SELL):
        if same_sight(book, row, side):
            continue
        for column in range(book.shape[1] - 4 + column_of(side), -1, -4):
            price, qty = book[row, column], book[row, column + 1]
            if qty == 0:
                continue
            if in_sight(book, row - 1, side, price):
                break
            count = _reveal(reveals, count, levels, prices, row, side, price, qty)
    return count


@entry
def find_reveals(book, messages, levels, prices, reveals, start, count):
    """Write the reveals of rows from `start` on, and into each message the one that its level is of.

    book : (n, 4 * levels) int64; messages : (n,) MESSAGE; levels : LEVEL whose `reveal` is NIL before row 0
    count : reveals written so far
    Returns (the row before which there was no room, n: all done; reveals written)
    """
    if start == 0:
        count = _reveal_opening(reveals, levels, prices, messages[0], book)
    for row in range(start, book.shape[0]):
        if count + book.shape[1] > reveals.shape[0]:
            return row, count
        message = messages[row]
        if message.id != NIL:
            message.reveal = levels[message.level].reveal
        if row > 0:
            count = _reveal_row(reveals, count, levels, prices, row, book)
    return book.shape[0], count
