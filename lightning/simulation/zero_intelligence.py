"""A market without intelligence: limit orders, market orders and cancels that come by chance alone.

The model is that of "Statistical theory of the continuous double auction" (Quantitative Finance 3, 2003): all
orders are of one size; limit orders arrive at every price below the best ask (buys) and above the best bid
(sells) at a constant rate, market orders at a rate, and every order that rests is canceled at a rate, each a
Poisson process of its own. Far from the best prices a price then holds limit_rate / cancel_rate orders.

Here prices reach `band` ticks from the opposite best price; "the best price" is the one that the agent sees,
as old as its latency and its step, and a limit order that would trade is refused (post-only).
"""

from dataclasses import dataclass

import numpy as np

from lightning.simulation.agent import CompiledAgent
from lightning.simulation.kernels.zero_intelligence import LAST_ID, REFERENCE, Crowd, decide

CLOSED_KEPT = 2**20


@dataclass(frozen=True, slots=True)
class Rates:
    """The model's parameters; in the paper alpha, mu / 2, delta, and sigma."""

    limit: float = 1.0
    """Limit orders per second, tick and side."""
    market: float = 10.0
    """Market orders per second and side."""
    cancel: float = 0.2
    """Cancels per second and resting order."""
    qty: int = 100
    """Lots of every order."""


def zero_intelligence(
    account: int,
    price: int,
    rates: Rates = Rates(),
    *,
    band: int = 50,
    latency_ns: int = 0,
    every_ns: int = 0,
    first_id: int = 1,
    block_rows: int = 65_536,
) -> CompiledAgent:
    """All of the crowd as one agent, whose orders trade with one another.

    It begins with a book around `price`, in ticks: Poisson(limit / cancel) orders at each price of the band.
    first_id : of its client order ids
    """
    expected = 2 * band * rates.limit / rates.cancel if rates.cancel else 1e6
    orders_max = int(4 * expected) + 65_536
    counts = np.zeros(4, np.int64)
    counts[REFERENCE], counts[LAST_ID] = price, first_id - 1
    state = Crowd(
        limit_rate=rates.limit,
        market_rate=rates.market,
        cancel_rate=rates.cancel,
        band=band,
        qty=rates.qty,
        counts=counts,
        ends=np.zeros(orders_max, np.int64),
        ids=np.zeros(orders_max, np.int64),
        closed=np.zeros(CLOSED_KEPT, np.int64),
    )
    return CompiledAgent(account, decide, state, latency_ns, every_ns, block_rows)
