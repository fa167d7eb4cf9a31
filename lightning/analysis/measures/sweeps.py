"""Trades by the order that came in: what it paid, and what that was worth beside the book it met."""

from typing import NamedTuple

import numpy as np

from lightning.analysis.measures.arrays import Floats, Ints, Rows
from lightning.analysis.measures.moments import values_at
from lightning.analysis.measures.touch import mid, touch
from lightning.analysis.measures.trades import before_takers, first_of_takers, trades


class Sweeps(NamedTuple):
    """One for each order that came in and traded; an order that did so at two commands has two."""

    order_id: Ints
    """Of the order that came in."""
    seq: Ints
    time_ns: Ints
    sign: Ints
    """1: it bought; -1: it sold."""
    qty_lots: Ints
    trades: Ints
    """How many."""
    levels: Ints
    """How many prices."""
    vwap_ticks: Floats
    """Its average price, weighted by lots."""
    worst_ticks: Ints
    """Its last price."""
    mid_before_ticks: Floats
    """The mid it met; NaN: none."""
    touch_before_ticks: Floats
    """The best price of the side it traded with, when it came in; NaN: none."""
    mid_after_ticks: Floats
    """The mid when its command was done; NaN: none."""
    last_row: Ints
    """Index of its last TRADED row."""


def sweeps(rows: Rows) -> Sweeps:
    """Trades grouped by the order that came in.

    Definition: one "market order" of "Trades, Quotes and Prices" (2018) is one order that came in, however
    many it met.
    """
    every = trades(rows)
    first = first_of_takers(every)
    last = np.append(first[1:], len(every.row))[: len(first)] - 1
    qty = _sums(every.qty_lots, first)
    value = _sums(every.price_ticks.astype(np.float64) * every.qty_lots, first)
    moved = np.append(True, np.diff(every.price_ticks) != 0)[: len(every.row)]
    moved[first] = True
    best = touch(rows)
    mids = mid(best)
    before = before_takers(rows, every)[first]
    done = np.searchsorted(rows["seq"], every.seq[first], "right") - 1
    sign = every.sign[first]
    opposite = np.where(sign > 0, values_at(best.ask_ticks, before), values_at(best.bid_ticks, before))
    return Sweeps(
        order_id=every.taker_order_id[first],
        seq=every.seq[first],
        time_ns=every.time_ns[first],
        sign=sign,
        qty_lots=qty,
        trades=last - first + 1,
        levels=_sums(moved.astype(np.int64), first),
        vwap_ticks=value / qty,
        worst_ticks=every.price_ticks[last],
        mid_before_ticks=values_at(mids, before),
        touch_before_ticks=opposite,
        mid_after_ticks=mids[done],
        last_row=every.row[last],
    )


def _sums(values: np.ndarray, first: Ints) -> np.ndarray:
    """Of each group, which begin at `first`."""
    return np.add.reduceat(values, first) if len(first) else values[:0]


def slippage_from_mid(swept: Sweeps) -> Floats:
    """sign * (average price - mid it met), in ticks: above 0 it paid more than the mid; NaN without a mid.

    Definition: "The implementation shortfall: paper versus reality" (1988), with the mid at arrival as the
    decision price and without what was not traded.
    """
    return swept.sign * (swept.vwap_ticks - swept.mid_before_ticks)


def slippage_from_touch(swept: Sweeps) -> Floats:
    """sign * (average price - best price it met), in ticks: what going deeper than the touch cost.

    0 or more outside auctions; NaN: that side was empty.
    Definition: as `slippage_from_mid`, from the best price at arrival.
    """
    return swept.sign * (swept.vwap_ticks - swept.touch_before_ticks)
