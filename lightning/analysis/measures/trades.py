"""Trades, who began them, and the rules that guess it where that is not known."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.analysis.flow import BookEventKind
from lightning.analysis.measures.arrays import Floats, Ints, Rows
from lightning.analysis.measures.moments import before_command, values_at
from lightning.analysis.measures.touch import Touch, mid
from lightning.codes import Side


class Trades(NamedTuple):
    trade_id: Ints
    seq: Ints
    time_ns: Ints
    row: Ints
    """Index of the TRADED row; the first of two where both orders rested (the end of an auction)."""
    price_ticks: Ints
    qty_lots: Ints
    sign: Ints
    """1: the order that came in bought; -1: it sold."""
    order_id: Ints
    """Of the resting order."""
    taker_order_id: Ints


def trades(rows: Rows) -> Trades:
    """Every trade once, with its sign, which is known here: that of the order that came in.

    Definition of the sign: "Trades, Quotes and Prices" (2018). At the end of an auction the younger order
    counts as the one that came in.
    """
    row = np.flatnonzero(rows["kind"] == BookEventKind.TRADED)
    ids = rows["trade_id"][row]
    row = row[np.append(True, ids[1:] != ids[:-1])[: len(ids)]]
    told = rows[row]
    return Trades(
        trade_id=told["trade_id"],
        seq=told["seq"],
        time_ns=told["time_ns"],
        row=row,
        price_ticks=told["price"],
        qty_lots=-told["delta"],
        sign=np.where(told["side"] == Side.SELL, 1, -1),
        order_id=told["order_id"],
        taker_order_id=told["taker_order_id"],
    )


def first_of_takers(every: Trades) -> Ints:
    """Indices of the trades with which an order that came in began to trade."""
    change = (np.diff(every.seq) != 0) | (np.diff(every.taker_order_id) != 0)
    return np.flatnonzero(np.append(True, change)[: len(every.row)])


def before_takers(rows: Rows, every: Trades) -> Ints:
    """For each trade the last row before the order that came in did; NIL: there is none.

    That is the last of the command before. Where another order had traded at the same command (this one is a
    stop that was set off), it is the row before this one's first trade.
    """
    first = first_of_takers(every)
    seq, row = every.seq[first], every.row[first]
    alone = np.append(True, np.diff(seq) != 0)[: len(first)]
    before = np.where(alone, before_command(rows, row), row - 1)
    return np.repeat(before, np.diff(np.append(first, len(every.row))))


def mid_before(rows: Rows, best: Touch, every: Trades) -> Floats:
    """The mid that the order that came in met, for each trade; NaN: there was none.

    best : touch(rows); every : trades(rows)
    """
    return values_at(mid(best), before_takers(rows, every))


def _last_sign(signs: npt.NDArray[np.int64]) -> Ints:
    """Each sign, or where it is 0 the one before; 0 until there is one."""
    place = np.where(signs != 0, np.arange(len(signs)), 0)
    return signs[np.maximum.accumulate(place)]


def tick_rule(prices: np.ndarray) -> Ints:
    """1 for a trade above the last other price, -1 below, 0 while there was no other price.

    Definition: "Inferring trade direction from intraday data" (1991), the tick test with zero ticks.
    """
    change = np.sign(np.diff(np.asarray(prices, np.float64))).astype(np.int64)
    return _last_sign(np.append(np.zeros(min(len(prices), 1), np.int64), change))


def quote_rule(prices: np.ndarray, mids: np.ndarray) -> Ints:
    """1 for a trade above the mid before it, -1 below, 0 at the mid or where there is none.

    Definition: "Inferring trade direction from intraday data" (1991).
    """
    side: Ints = np.nan_to_num(np.sign(np.asarray(prices, np.float64) - mids)).astype(np.int64)
    return side


def lee_ready(prices: np.ndarray, mids: np.ndarray) -> Ints:
    """The quote rule, and the tick rule where that says nothing; 0 where neither does.

    mids : (n,) `mid_before` the trades: quotes need no delay here, since time stamps are the exchange's own
    Definition: "Inferring trade direction from intraday data" (1991).
    """
    by_quote = quote_rule(prices, mids)
    return np.where(by_quote != 0, by_quote, tick_rule(prices))
