"""What a book was, made of EVENT rows by hand: a dict of queues, and no code of the project's."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lightning.codes import EventKind, Side
from tests.oracle.rows import Rows


class Columns(NamedTuple):
    """Of every order, in priority order, bids first."""

    side: list[int]
    price: list[int]
    order_id: list[int]
    qty: list[int]


class Happened(NamedTuple):
    """Of an EVENT row, what a plain book needs."""

    kind: int
    side: int
    order_id: int
    maker_order_id: int
    price: int
    qty: int
    leaves_qty: int


class PlainBook:
    """Of plain orders: no icebergs, stops or auctions."""

    def __init__(self) -> None:
        self.queues: dict[tuple[int, int], dict[int, int]] = {}
        """Lots by order id, in the order of the queue, by side and price (of bids: less than 0)."""
        self.places: list[tuple[int, int]] = []
        """The keys, sorted."""
        self.place_of: dict[int, tuple[int, int]] = {}

    def take(self, event: Happened) -> None:
        if event.kind == EventKind.ACCEPTED:
            self.add(event)
        elif event.kind == EventKind.TRADE:
            self.reduce(event.maker_order_id, event.qty)
            self.reduce(event.order_id, event.qty)
        elif event.kind == EventKind.CANCELED:
            self.reduce(event.order_id, event.qty)
        elif event.kind == EventKind.AMENDED:
            side, price = self.place_of[event.order_id]
            left = self.queues[side, price][event.order_id]
            if event.price == abs(price) and event.leaves_qty <= left:
                self.reduce(event.order_id, left - event.leaves_qty)
            else:
                self.reduce(event.order_id, left)
                self.add(event)

    def add(self, event: Happened) -> None:
        place = event.side, event.price if event.side == Side.SELL else -event.price
        if place not in self.queues:
            self.queues[place] = {}
            insort(self.places, place)
        self.queues[place][event.order_id] = event.leaves_qty
        self.place_of[event.order_id] = place

    def reduce(self, order_id: int, qty: int) -> None:
        place = self.place_of[order_id]
        queue = self.queues[place]
        queue[order_id] -= qty
        if queue[order_id] == 0:
            del queue[order_id]
            if not queue:
                del self.queues[place]
                del self.places[bisect_left(self.places, place)]

    def shown(self) -> Columns:
        queues = [self.queues[place] for place in self.places]
        return Columns(
            [side for (side, _), queue in zip(self.places, queues, strict=True) for _ in queue],
            [abs(price) for (_, price), queue in zip(self.places, queues, strict=True) for _ in queue],
            [order_id for queue in queues for order_id in queue],
            [qty for queue in queues for qty in queue.values()],
        )


def rebuilt(events: Rows, seqs: list[int]) -> Iterator[Columns]:
    """The book right after each of `seqs`, which ascend."""
    book, at = PlainBook(), 0
    rows = list(zip(*(events[name].tolist() for name in Happened._fields), strict=True))
    for end in np.searchsorted(events["seq"], seqs, side="right").tolist():
        for row in rows[at:end]:
            book.take(Happened._make(row))
        at = end
        yield book.shown()
