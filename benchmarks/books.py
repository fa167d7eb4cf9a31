"""Books that are full before the clock starts, and what is then done to them. All from seeds."""

from typing import NamedTuple

import numpy as np

from benchmarks.flows import batches
from benchmarks.orderflow import SYMBOL, Rows
from lightning.codes import CommandKind, EventKind, Side, TimeInForce
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND

FILL_BATCH = 16_384
CENTER = 10_000_000
SEED = 29
CROSSING_EVERY = 10
"""Of the orders that come to a deep book, one in so many takes what is best on the other side."""


class DeepBook(NamedTuple):
    resting: Rows
    """Orders, one lot to a hundred each, that do not meet."""
    flow: Rows
    """As many new orders as cancels, alternately; the cancels find the resting orders in no order."""


def deep_book(orders: int = 100_000, ticks: int = 1_000_000, messages: int = 200_000) -> DeepBook:
    """Of one symbol, for an exchange without a ledger; half of the ticks are the bids'.

    messages : of the flow; at most two an order
    """
    random = np.random.default_rng(SEED)
    resting = _orders(random, 1, orders, ticks)
    new = _orders(random, orders + 1, messages // 2, ticks)
    taking = np.arange(len(new)) % CROSSING_EVERY == 0
    new["tif"][taking] = TimeInForce.IOC
    new["price"][taking] = np.where(new["side"][taking] == Side.BUY, CENTER + ticks, CENTER - ticks)
    cancels = np.zeros(len(new), COMMAND)
    cancels["kind"], cancels["symbol"] = CommandKind.CANCEL, SYMBOL
    cancels["client_order_id"] = 1 + random.permutation(orders)[: len(cancels)]
    flow = np.empty(2 * len(new), COMMAND)
    flow[0::2], flow[1::2] = new, cancels
    return DeepBook(resting, flow)


def _orders(random: np.random.Generator, first_id: int, count: int, ticks: int) -> Rows:
    rows = np.zeros(count, COMMAND)
    rows["kind"], rows["symbol"] = CommandKind.PLACE, SYMBOL
    rows["client_order_id"] = np.arange(first_id, first_id + count)
    side = rows["side"] = random.integers(0, 2, count)
    away = random.integers(1, ticks // 2 + 1, count)
    rows["price"] = np.where(side == Side.BUY, CENTER - away, CENTER + away)
    rows["qty"] = random.integers(1, 101, count)
    return rows


def fill(exchange: Exchange, rows: Rows) -> None:
    """Submit what nothing may be refused of."""
    for part in batches(rows, FILL_BATCH):
        refused = exchange.submit(part)["kind"] == EventKind.REJECTED
        if refused.any():
            raise ValueError(f"{int(refused.sum())} of {len(part)} commands that fill a book were refused")
