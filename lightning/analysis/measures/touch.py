"""The touch: the best bid and ask, and what follows from these alone."""

from typing import NamedTuple

import numpy as np

from lightning.analysis.measures.arrays import Floats, Ints, Rows
from lightning.analysis.measures.ladder import ladder


class Touch(NamedTuple):
    """The best prices and what stands there, at n moments."""

    seq: Ints
    time_ns: Ints
    bid_ticks: Floats
    """NaN: no bids."""
    bid_lots: Ints
    """0: no bids."""
    ask_ticks: Floats
    ask_lots: Ints


def touch(rows: Rows) -> Touch:
    """Best bid and best ask, with their lots, after every row.

    Definition: "Limit order books" (2013).
    """
    one = ladder(rows, 1)
    return Touch(
        one.seq,
        one.time_ns,
        one.bid_ticks[:, 0],
        one.bid_lots[:, 0],
        one.ask_ticks[:, 0],
        one.ask_lots[:, 0],
    )


def _touch_of(source: Rows | Touch) -> Touch:
    return source if isinstance(source, Touch) else touch(source)


def mid(source: Rows | Touch) -> Floats:
    """(best bid + best ask) / 2, in ticks, after every row; NaN while a side is empty.

    source : BOOK_EVENT rows, or their `touch`, as for all measures of this file
    Definition: "Limit order books" (2013).
    """
    best = _touch_of(source)
    return (best.bid_ticks + best.ask_ticks) / 2


def spread(source: Rows | Touch) -> Floats:
    """Best ask - best bid, in ticks; NaN while a side is empty, below 0 while an auction's book is crossed.

    Definition: "Limit order books" (2013); "quoted spread" elsewhere.
    """
    best = _touch_of(source)
    return best.ask_ticks - best.bid_ticks


def microprice(source: Rows | Touch) -> Floats:
    """(bid * ask_lots + ask * bid_lots) / (bid_lots + ask_lots), in ticks; NaN while a side is empty.

    The mid, drawn toward the side that has less: "Zero-intelligence realized variance estimation" (2010);
    `micro_price` estimates the price of the paper of that name instead.
    """
    best = _touch_of(source)
    bid_lots, ask_lots = best.bid_lots.astype(np.float64), best.ask_lots.astype(np.float64)
    weighted = best.bid_ticks * ask_lots + best.ask_ticks * bid_lots
    lots: Floats = np.where(np.isnan(weighted), np.nan, bid_lots + ask_lots)
    return weighted / lots


def imbalance(source: Rows | Touch) -> Floats:
    """(bid_lots - ask_lots) / (bid_lots + ask_lots) at the touch, -1 to 1; NaN of an empty book.

    Definition: "Queue imbalance as a one-tick-ahead price predictor in a limit order book" (2016).
    """
    best = _touch_of(source)
    return imbalance_of(best.bid_lots, best.ask_lots)


def imbalance_of(bid_lots: np.ndarray, ask_lots: np.ndarray) -> Floats:
    """(bid - ask) / (bid + ask); NaN where both are 0."""
    bids, asks = bid_lots.astype(np.float64), ask_lots.astype(np.float64)
    both: Floats = np.where(bids + asks == 0, np.nan, bids + asks)
    return (bids - asks) / both


def level_imbalance(rows: Rows, levels: int) -> Floats:
    """`imbalance` of all lots in the best `levels` of either side, after every row; NaN of an empty book.

    Definition: "The information content of an open limit-order book" (2009) for one level of many; here of
    their sum.
    """
    best = ladder(rows, levels)
    return imbalance_of(best.bid_lots.sum(axis=1), best.ask_lots.sum(axis=1))
