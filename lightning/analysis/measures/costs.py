"""What trading costs those who take, and what those who give keep of it."""

from typing import NamedTuple

import numpy as np

from lightning.analysis.measures.arrays import NIL, Floats, Ints, Rows
from lightning.analysis.measures.moments import as_of, ends, values_at
from lightning.analysis.measures.touch import mid, touch
from lightning.analysis.measures.trades import mid_before, trades


class TradeCosts(NamedTuple):
    """One for each trade."""

    trade_id: Ints
    time_ns: Ints
    sign: Ints
    """1: the order that came in bought; -1: it sold."""
    qty_lots: Ints
    mid_before_ticks: Floats
    mid_later_ticks: Floats
    """`lag_ns` after the trade; NaN: the rows end before, or there was none."""
    effective_ticks: Floats
    """2 * sign * (price - mid before)."""
    realised_ticks: Floats
    """2 * sign * (price - mid later)."""
    impact_ticks: Floats
    """2 * sign * (mid later - mid before): the effective spread less the realised one."""


def mid_at(rows: Rows, mids: Floats, moments_ns: Ints) -> Floats:
    """The mid after everything up to each moment; NaN where the rows begin later or end before it.

    mids : mid(rows)
    """
    done = ends(rows)
    time_ns = rows["time_ns"][done]
    index = as_of(time_ns, moments_ns)
    if len(time_ns):
        index = np.where(moments_ns > time_ns[-1], NIL, index)
    return values_at(mids[done], index)


def trade_costs(rows: Rows, lag_ns: int) -> TradeCosts:
    """Effective spread, realised spread and price impact of every trade, in ticks; NaN without a mid.

    lag_ns : when the later mid is taken, 0 or more
    Definitions: "Dealer versus auction markets: a paired comparison of execution costs on NASDAQ and the
    NYSE" (1996), doubled, so that they compare with the quoted spread.
    """
    if lag_ns < 0:
        raise ValueError(f"lag_ns must be 0 or more, not {lag_ns}")
    every = trades(rows)
    best = touch(rows)
    before = mid_before(rows, best, every)
    later = mid_at(rows, mid(best), every.time_ns + lag_ns)
    return TradeCosts(
        trade_id=every.trade_id,
        time_ns=every.time_ns,
        sign=every.sign,
        qty_lots=every.qty_lots,
        mid_before_ticks=before,
        mid_later_ticks=later,
        effective_ticks=2 * every.sign * (every.price_ticks - before),
        realised_ticks=2 * every.sign * (every.price_ticks - later),
        impact_ticks=2 * every.sign * (later - before),
    )
