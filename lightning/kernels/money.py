"""Amounts: notional, fees and holds. Everything is exact and checked; nothing wraps."""

import numpy as np

from lightning.kernels.intrinsics import product, total
from lightning.kernels.kernel import kernel, lookup

MILLION = 1_000_000


@lookup
def notional_of(book, price, qty):
    """price * qty * tick_value in quote units, or -1 when that is beyond int64."""
    return product(product(price, qty), book.tick_value)


@lookup
def fee_of(notional, ppm):
    """notional * ppm / 1,000,000, rounded toward zero (RULES 15); |ppm| <= 1,000,000."""
    if ppm == 0:
        return np.int64(0)
    rate = np.int64(ppm)
    if rate < 0:
        return -(notional // MILLION * -rate + notional % MILLION * -rate // MILLION)
    return notional // MILLION * rate + notional % MILLION * rate // MILLION


@kernel
def held_rate(maker_fee_ppm, taker_fee_ppm):
    """The fee rate a buy is held for: the highest it may be charged."""
    return max(np.int64(0), np.int64(maker_fee_ppm), np.int64(taker_fee_ppm))


@lookup
def buy_hold(book, price, qty, rate):
    """Quote units that an open buy holds (RULES 14), or -1 when that is beyond int64."""
    notional = notional_of(book, price, qty)
    if notional < 0:
        return np.int64(-1)
    return total(notional, fee_of(notional, rate))


@lookup
def cost_of(book, price, qty, ppm):
    """Quote units a fill costs its buyer, fee included; -1 when that is beyond int64."""
    notional = notional_of(book, price, qty)
    if notional < 0:
        return np.int64(-1)
    fee = fee_of(notional, ppm)
    if fee < 0:
        return notional + fee
    return total(notional, fee)


@lookup
def affordable(book, price, qty, ppm, budget):
    """The most lots, at most `qty`, whose cost is within `budget`; by halving, at most 63 steps."""
    cost = cost_of(book, price, qty, ppm)
    if 0 <= cost <= budget:
        return np.int64(qty)
    low = np.int64(0)
    high = np.int64(qty)
    while high - low > 1:
        middle = low + (high - low) // 2
        cost = cost_of(book, price, middle, ppm)
        if 0 <= cost <= budget:
            low = middle
        else:
            high = middle
    return low
