"""What an order's row says: flags, limit, and whether it meets a price."""

import numpy as np

from lightning.codes import Side
from lightning.kernels.kernel import kernel
from lightning.kernels.layout import NIL
from lightning.rows import PRICE_TICKS_MAX

UNLIMITED = 2**62
"""Open quantity of a market buy by amount."""

NO_BUDGET = -1

BY_AMOUNT = 8
"""Bit of an order's `flags`: a market buy by amount, whose quantity is what it got."""
WAS_CANCELED = 16
"""Bit of an order's `flags`: it ended with something taken off, not filled."""

STP_SHIFT = 5
"""An order's self-trade mode stands in its `flags` above the CommandFlag bits a PLACE can have."""


@kernel
def has_owner(ledger, account):
    """Without a ledger account 0 is nobody's: no self-trade, no list of its open orders."""
    return ledger != 0 or account != 0


@kernel
def is_by_amount(order):
    return np.int64(order.flags) & BY_AMOUNT != 0


@kernel
def mark_canceled(order):
    order.flags = np.int64(order.flags) | WAS_CANCELED


@kernel
def stp_of(order):
    """The SelfTradePrevention mode that the order trades under as taker."""
    return np.int64(order.flags) >> STP_SHIFT


@kernel
def worst_price(order):
    """The worst price the order may trade at."""
    if order.price != 0:
        return order.price
    return np.int64(PRICE_TICKS_MAX) if order.side == Side.BUY else np.int64(0)


@kernel
def crosses(side, price, limit):
    """May an order of `side` with this limit trade at `price`?"""
    if side == Side.BUY:
        return price <= limit
    return price >= limit


@kernel
def would_trade(books, shard, order):
    """Does the order cross the best level of the other side?"""
    best = books.ladders[shard, 2 * np.int64(order.book) + 1 - np.int64(order.side)].best
    return best != NIL and crosses(order.side, books.levels[shard, best].price, worst_price(order))
