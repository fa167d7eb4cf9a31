"""`BookOrders`: one symbol's visible book order by order, and what each batch changes in it.

book = BookOrders(exchange, symbol)     between two batches, on the engine's thread
rows = book.snapshot()                  any thread, as is what follows, but one at a time
rows = book.advance(batch, events)      applied in order, they bring a snapshot of before to one of after
"""

import os

import numpy as np
import numpy.typing as npt

from lightning.codes import OrderStatus, Side
from lightning.engine.exchange import Exchange
from lightning.engine.journal import Batch
from lightning.engine.tables import Table, as_rows, table
from lightning.kernels.book_orders import CHANGES_PER_EVENT, ORDERS_PER_EVENT, follow, gather_touched
from lightning.kernels.followed import (
    BOOK_CHANGE,
    FOLLOWED_HEAD,
    FOLLOWED_ORDER,
    BookOrderAction,
    FollowedBook,
    index_orders,
)
from lightning.kernels.layout import INDEX, NIL

ORDERS_MIN = 64
"""Room for orders at first."""
CHANGES_MIN = 64
"""Room for changes at first."""
WORDS = FOLLOWED_ORDER.itemsize // 8
NO_CHANGES = np.empty(0, BOOK_CHANGE)


class LostOrder(Exception):
    """The events are about an order that is not in the book: they are not those of the batch that follows."""


class BookOrders:
    """Every order of a symbol that everybody may see, in its place, at one seq.

    It is made of the exchange once, and follows by events alone: the exchange may be ahead of it.
    """

    def __init__(self, exchange: Exchange, symbol: int) -> None:
        self.symbol = symbol
        self.seq = exchange.seq
        """Of the last command that it shows."""
        head = table((1,), FOLLOWED_HEAD)
        head["symbol"] = symbol
        head["secret"] = int.from_bytes(os.urandom(8), "little", signed=True)
        self._book = _book_of(head, _orders_of(exchange.orders(symbol)))
        self._changes = table((CHANGES_MIN,), BOOK_CHANGE)

    def snapshot(self) -> np.ndarray:
        """BOOK_CHANGE rows: every order ADDED, in priority order, bids before asks."""
        rows = self._book.orders[: int(self._book.head["orders_used"][0])].view(np.ndarray)
        shown = np.flatnonzero((rows["order_id"] != 0) & (rows["place"] != 0))
        side, price = rows["side"][shown], rows["price"][shown]
        distance = np.where(side == Side.BUY, -price, price)
        shown = shown[np.lexsort((rows["place"][shown], distance, side))]
        changes = np.zeros(len(shown), BOOK_CHANGE)
        changes["action"] = BookOrderAction.ADDED
        changes["event"] = NIL
        for name, column in (
            ("order_id", "order_id"),
            ("price", "price"),
            ("qty", "shown"),
            ("delta", "shown"),
            ("side", "side"),
        ):
            changes[name] = rows[column][shown]
        return changes

    def advance(self, batch: Batch, events: np.ndarray) -> np.ndarray:
        """BOOK_CHANGE rows of the next batch, from all its EVENT rows; none of one that is behind it already.

        Rows of other symbols are passed over, and a batch that has none of this one may be left out.
        Raises LostOrder.
        """
        if batch.last_seq <= self.seq:
            return NO_CHANGES
        rows, commands = as_rows(events), as_rows(batch.rows)
        head = self._book.head
        head["changes"] = 0
        done = 0
        while True:
            done = int(follow(self._book, self._changes, rows, commands, batch.first_seq, done))
            if head["lost"][0]:
                raise LostOrder(f"order {head['lost'][0]} of symbol {self.symbol} is not in the book")
            if done > len(events):
                break
            self._make_room()
        self.seq = batch.last_seq
        changes: np.ndarray = self._changes[: int(head["changes"][0])].view(np.ndarray).copy()
        return changes

    def _make_room(self) -> None:
        head = self._book.head
        written = int(head["changes"][0])
        if written + CHANGES_PER_EVENT > len(self._changes):
            wider = table((2 * len(self._changes),), BOOK_CHANGE)
            wider[:written] = self._changes[:written]
            self._changes = wider
        if int(head["orders_live"][0]) + ORDERS_PER_EVENT > len(self._book.orders):
            used = int(head["orders_used"][0])
            live = np.flatnonzero(self._book.orders["order_id"][:used])
            self._book = _book_of(head, _as_words(self._book.orders)[live].view(FOLLOWED_ORDER).reshape(-1))


def touched_symbols(events: np.ndarray) -> np.ndarray:
    """int32: every symbol whose book or status these EVENT rows may have changed, once."""
    seen = np.zeros(2 << len(events).bit_length(), np.int32)
    symbols = np.empty(len(events), np.int32)
    count = int(gather_touched(as_rows(events), seen, symbols))
    return symbols[:count]


def _orders_of(view: np.ndarray) -> Table:
    """FOLLOWED_ORDER of a symbol's open orders: those that rest, by priority, then icebergs that wait."""
    waits = view["status"] == OrderStatus.PENDING
    resting = np.flatnonzero(~waits)
    taken = np.concatenate([resting, np.flatnonzero(waits & (view["display_qty"] > 0))])
    orders = table((len(taken),), FOLLOWED_ORDER)
    for name in ("order_id", "price", "side", "display_qty"):
        orders[name] = view[name][taken]
    orders["leaves"] = view["leaves_qty"][taken]
    orders["shown"] = orders["leaves"] - view["hidden_qty"][taken]
    orders["told"][: len(resting)] = orders["shown"][: len(resting)]
    orders["place"][: len(resting)] = np.arange(1, len(resting) + 1)
    return orders


def _as_words(orders: Table) -> npt.NDArray[np.int64]:
    """The same rows as (n, 8) int64: NumPy copies whole rows column by column."""
    return orders.view(np.ndarray).view(np.int64).reshape(len(orders), WORDS)


def _book_of(head: Table, orders: Table) -> FollowedBook:
    """A book of these orders, with room for as many more."""
    capacity = ORDERS_MIN
    while capacity < 2 * len(orders):
        capacity *= 2
    book = FollowedBook(head, table((capacity,), FOLLOWED_ORDER), table((1, 2 * capacity), INDEX))
    _as_words(book.orders)[: len(orders)] = _as_words(orders)
    head["orders_used"] = head["orders_live"] = len(orders)
    head["orders_free"] = NIL
    head["places"] = max(int(head["places"][0]), int(orders["place"].max(initial=0)))
    index_orders(book)
    return book
