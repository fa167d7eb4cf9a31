"""BOOK_EVENT rows by hand: a plain book that writes down what happens to it."""

import random
from typing import NamedTuple

import numpy as np

from lightning.analysis.flow import BOOK_EVENT, BookEventKind
from lightning.analysis.past import BookFlow
from lightning.codes import Side
from lightning.config import load_config
from lightning.instruments import Symbol

START_NS = 1_700_000_000_000_000_000
BTC: Symbol = load_config(None).symbols[0]
"""BTC-USDT: a tick is 0.01, a lot 0.000001."""


class Resting(NamedTuple):
    order_id: int
    account: int
    side: Side
    price: int


class ToyBook:
    """Every change is a command of its own, a second after the one before."""

    def __init__(self, step_ns: int = 1_000_000_000) -> None:
        self.step_ns = step_ns
        self.seq = 0
        self.trade_id = 0
        self.orders: dict[int, Resting] = {}
        """In priority order at each price."""
        self.lots: dict[int, int] = {}
        self.written: list[tuple[int, ...]] = []

    def add(self, side: Side, price: int, qty: int, account: int = 1) -> int:
        self.seq += 1
        self.orders[self.seq] = Resting(self.seq, account, side, price)
        self.lots[self.seq] = 0
        self._write(BookEventKind.ADDED, self.seq, qty)
        return self.seq

    def cancel(self, order_id: int) -> None:
        self.seq += 1
        self._write(BookEventKind.REMOVED, order_id, -self.lots[order_id])

    def reduce(self, order_id: int, qty: int) -> None:
        self.seq += 1
        self._write(BookEventKind.CHANGED, order_id, -qty)

    def take(self, side: Side, qty: int, account: int = 9) -> int:
        """An incoming order takes `qty` from `side`, best price first; returns what it did not get."""
        self.seq += 1
        while qty and (best := self.best(side)) is not None:
            first = next(one for one in self.orders.values() if one.side == side and one.price == best)
            traded = min(qty, self.lots[first.order_id])
            self.trade_id += 1
            self._write(BookEventKind.TRADED, first.order_id, -traded, self.trade_id, self.seq, account)
            qty -= traded
        return qty

    def best(self, side: Side) -> int | None:
        found = [one.price for one in self.orders.values() if one.side == side]
        return (max if side == Side.BUY else min)(found, default=None)

    def flow(self, opening: int = 0) -> BookFlow:
        """opening : rows of these, the first ones, that only say what stood"""
        rows = np.array(self.written, BOOK_EVENT)
        begin = rows[opening - 1] if opening else np.zeros((), BOOK_EVENT)
        start_seq, start_ns = int(begin["seq"]), int(begin["time_ns"])
        return BookFlow(BTC, rows, opening=opening, start_seq=start_seq, start_time_ns=start_ns)

    def _write(
        self,
        kind: BookEventKind,
        order_id: int,
        delta: int,
        trade_id: int = 0,
        taker: int = 0,
        taker_account: int = 0,
    ) -> None:
        order = self.orders[order_id]
        self.lots[order_id] += delta
        left = self.lots[order_id]
        time_ns = START_NS + self.seq * self.step_ns
        found = (
            self.seq,
            time_ns,
            order_id,
            order.account,
            order.price,
            left,
            delta,
            trade_id,
            taker,
            taker_account,
        )
        self.written.append((*found, kind, order.side, (0,) * 6))  # type: ignore[arg-type]
        if left == 0:
            del self.orders[order_id], self.lots[order_id]


def random_book(commands: int, seed: int, middle: int = 5_000_000, step_ns: int = 40_000_000) -> BookFlow:
    """Limit orders around a wandering price, cancels, and orders that take."""
    rng = random.Random(seed)
    book, wandering = ToyBook(step_ns), float(middle)
    for _ in range(commands):
        wandering += rng.gauss(0, 3)
        side = rng.choice([Side.BUY, Side.SELL])
        other = book.best(Side(1 - side))
        turn = rng.random()
        if turn < 0.47 and len(book.orders) > 150:
            book.cancel(rng.choice(list(book.orders)))
        elif 0.47 <= turn < 0.51 and other is not None:
            book.take(Side(1 - side), int(rng.lognormvariate(11, 1)))
        else:
            away = int(rng.expovariate(1 / 90)) * (1 if side == Side.SELL else -1)
            price = int(wandering) + away
            if other is not None:
                price = min(price, other - 1) if side == Side.BUY else max(price, other + 1)
            book.add(side, price, int(rng.lognormvariate(11, 1.1)), rng.randint(1, 20))
    return book.flow()
