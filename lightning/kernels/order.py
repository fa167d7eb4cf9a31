"""What an order's row says: flags, limit, and whether it meets a price."""

import numpy as np

from lightning.codes import OrderTerms, OrderType, Side, TimeInForce
from lightning.kernels.kernel import kernel
from lightning.kernels.layout import NIL
from lightning.kernels.money import MILLION
from lightning.rows import PRICE_TICKS_MAX

UNLIMITED = 2**62
"""Open quantity of a market buy by amount."""

NO_BUDGET = -1

EXTENDED = 2
"""Bit of an order's `flags`: it has a DETAIL row."""
WAS_EXPIRED = 4
"""Bit of an order's `flags`: it ended by its time."""
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
def is_extended(order):
    return np.int64(order.flags) & EXTENDED != 0


@kernel
def may_rest(order):
    """Does what is left of it stay in the book?"""
    kept = order.tif == TimeInForce.GTC or order.tif == TimeInForce.GTD
    return kept and (order.type == OrderType.LIMIT or order.type == OrderType.STOP_LIMIT)


@kernel
def is_stop(order):
    return order.type >= OrderType.STOP


@kernel
def terms_of(order, detail):
    """OrderTerms of an order that has a detail."""
    terms = np.int64(0)
    if is_stop(order):
        terms |= OrderTerms.STOP
    if detail.display_qty > 0:
        terms |= OrderTerms.ICEBERG
    if order.tif == TimeInForce.GTD:
        terms |= OrderTerms.GTD
    if detail.sibling != NIL:
        terms |= OrderTerms.LINKED
    if detail.pending != 0:
        terms |= OrderTerms.PENDING
    return terms


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
def band_of(book):
    """(lowest, highest) price that the symbol's band allows now; every price when there is none."""
    if book.price_band_ppm == 0 or book.last_price == 0:
        return np.int64(0), np.int64(PRICE_TICKS_MAX)
    width = share_of(book.last_price, np.int64(book.price_band_ppm))
    return book.last_price - width, min(book.last_price + width, np.int64(PRICE_TICKS_MAX))


@kernel
def share_of(price, ppm):
    """price * ppm / 1,000,000, rounded down, for a price up to PRICE_TICKS_MAX."""
    return price // MILLION * ppm + price % MILLION * ppm // MILLION


@kernel
def limit_of(book, order):
    """The worst price the order may trade at now: its own, and for market orders the band's (RULES 18)."""
    limit = worst_price(order)
    if order.type == OrderType.LIMIT or order.type == OrderType.STOP_LIMIT:
        return limit
    low, high = band_of(book)
    return min(limit, high) if order.side == Side.BUY else max(limit, low)


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
