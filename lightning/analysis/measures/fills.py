"""How likely an order in the queue is to be filled."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.analysis.measures.arrays import Floats, Ints
from lightning.analysis.measures.lifetimes import Survival, survival
from lightning.analysis.measures.placements import End, Placements


class FillProbability(NamedTuple):
    """By classes of what was known when the orders entered."""

    low: Floats
    """(k,) of each class, included."""
    high: Floats
    """(k,) excluded."""
    placements: Ints
    """(k,) how many are counted."""
    filled: Ints
    """(k,) how many of these were filled."""
    probability: Floats
    """(k,) NaN: none are counted."""


def fill_probability(
    stays: Placements, by: np.ndarray, edges: npt.ArrayLike, horizon_ns: float | None = None
) -> FillProbability:
    """The part of placements that is filled whole, by what they met when they entered.

    by : (n,) what they are classed by: `stays.ahead_lots`, `.ahead_orders` (queue position at entry),
        `.behind_touch_ticks`, `.from_opposite_ticks`; those where it is NaN are left out
    edges : k + 1 ascending
    horizon_ns : filled within so long after entering; None: before they were removed, however long that took
    Those of the opening book are left out, and those that the rows do not follow to their end or to the
    horizon.

    Definition: the empirical frequency of "A model for queue position valuation in a limit order book"
    (2016) and "Optimal order placement in limit order markets" (2017); one that is removed counts as not
    filled.
    """
    bounds = np.asarray(edges, np.float64)
    if bounds.ndim != 1 or len(bounds) < 2 or (np.diff(bounds) <= 0).any():
        raise ValueError("edges must be two or more ascending numbers")
    known, filled = stays.end != End.RESTING, stays.end == End.FILLED
    if horizon_ns is not None:
        known = known | (stays.stay_ns >= horizon_ns)
        filled = filled & (stays.stay_ns <= horizon_ns)
    values = np.asarray(by, np.float64)
    counted = known & ~stays.opening & (values >= bounds[0]) & (values < bounds[-1])
    place = np.searchsorted(bounds, values[counted], "right") - 1
    count = np.bincount(place, minlength=len(bounds) - 1)
    hits = np.bincount(place[filled[counted]], minlength=len(bounds) - 1)
    probability = hits / np.where(count == 0, np.nan, count)
    return FillProbability(bounds[:-1], bounds[1:], count, hits, probability)


def time_to_fill(stays: Placements) -> Survival:
    """The part of placements not yet filled whole after each time, if none were ever removed before.

    Those of the opening book are left out. 1 - `surviving` is the probability of a fill.
    Definition: "Econometric models of limit-order executions" (2002): the product-limit estimator with
    every other end as censoring. It takes removal to be unrelated to what a fill would have taken.
    """
    new = ~stays.opening
    return survival(stays.stay_ns[new], stays.end[new] == End.FILLED)


def time_to_first_fill(stays: Placements) -> Survival:
    """As `time_to_fill`, until the first lots of a placement are traded."""
    new = ~stays.opening
    met = ~np.isnan(stays.first_fill_ns[new])
    return survival(np.where(met, stays.first_fill_ns[new], stays.stay_ns[new]), met)
