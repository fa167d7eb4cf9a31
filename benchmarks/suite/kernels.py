"""Kernels: matching on the order flows and on a deep book, and what is meant to hurt."""

from functools import cache

from benchmarks import scale
from benchmarks.books import DeepBook, deep_book, fill
from benchmarks.core import BATCH, submit_seconds
from benchmarks.flows import Flow, flow
from benchmarks.orderflow import HASHES
from benchmarks.suite.warmed import Warmed, load_kernels
from lightning.engine.exchange import Exchange

MESSAGES = 200_000
DRILLS: dict[str, tuple[type[scale.Drill], int]] = {
    "Stops": (scale.Stops, 50_000),
    "Expiries": (scale.Expiries, 50_000),
    "Cancels": (scale.Cancels, 50_000),
    "Uncross": (scale.Uncross, 50_000),
    "Sweep": (scale.Sweep, scale.LEVELS),
}
"""And of how many orders."""


@cache
def flow_number(number: int) -> Flow:
    return flow(number, MESSAGES)


@cache
def book_of(orders: int, ticks: int) -> DeepBook:
    return deep_book(orders, ticks, MESSAGES // 2)


class OrderFlow(Warmed):
    """200,000 messages of an order flow, without a ledger.

    The published flow where LIGHTNING_SHARED names the folder that has it, else one of its kind.
    """

    param_names = ("flow",)
    params = (list(HASHES),)

    def setup(self, name: str) -> None:
        load_kernels()
        self.rows = flow_number(list(HASHES).index(name)).rows
        self.exchange = Exchange(ledger=False)

    def time_submit(self, name: str) -> None:
        submit_seconds(self.exchange, self.rows, BATCH)


class Deep(Warmed):
    """100,000 messages, half of them cancels, to a book of 100,000 orders over 1,000,000 ticks."""

    param_names = ("orders", "ticks")
    params = ([100_000], [1_000_000])

    def setup(self, orders: int, ticks: int) -> None:
        load_kernels()
        self.flow = book_of(orders, ticks).flow
        self.exchange = Exchange(ledger=False)
        fill(self.exchange, book_of(orders, ticks).resting)

    def time_submit(self, orders: int, ticks: int) -> None:
        submit_seconds(self.exchange, self.flow, BATCH)


class Adversarial(Warmed):
    """One operation that touches many orders (`benchmarks.scale` describes each): the whole of it."""

    param_names = ("drill",)
    params = (list(DRILLS),)

    def setup(self, name: str) -> None:
        load_kernels()
        kind, size = DRILLS[name]
        drill = kind(size)
        drill.ready()
        self.exchange, self.rows = drill.exchange, drill.rows()

    def time_submit(self, name: str) -> None:
        self.exchange.submit(self.rows)
