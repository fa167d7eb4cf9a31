"""How long orders live, and how they end."""

from typing import NamedTuple

import numpy as np

from lightning.analysis.measures.arrays import Bools, Floats, Ints, Rows
from lightning.analysis.measures.placements import placements


class Lifetimes(NamedTuple):
    """One for each order that rested, by when it first did."""

    order_id: Ints
    side: Ints
    """Side."""
    price_ticks: Ints
    """Where it first rested."""
    qty_lots: Ints
    """Shown when it first rested."""
    time_ns: Ints
    """When it first rested."""
    life_ns: Floats
    """Ns until it was gone for good; of a RESTING one until the last row, and so at least that long."""
    filled_lots: Ints
    """Traded while it rested."""
    placements: Ints
    """How often it took a place in a queue: more than once if it was amended, or is an iceberg."""
    end: Ints
    """placements.End; RESTING is right-censored."""
    opening: Bools
    """It is of the book that the rows begin with: it is older than `life_ns` says (left-censored)."""


class Survival(NamedTuple):
    """A step function of time."""

    time_ns: Floats
    """(k,) ascending, where something ended."""
    surviving: Floats
    """(k,) part that outlives each time."""
    at_risk: Ints
    """(k,) how many were watched until just before it."""


def lifetimes(rows: Rows, opening: int = 0) -> Lifetimes:
    """From an order's first row until it is gone and does not come back.

    opening : so many rows at the beginning are the book as it was found
    Definition: "Limit order books" (2013); an order's life includes its amends and slices, unlike
    `placements`.
    """
    stays = placements(rows, opening)
    _, first, order = np.unique(stays.order_id, return_index=True, return_inverse=True)
    last = np.zeros(len(first), np.int64)
    last[order] = np.arange(len(order))  # placements stand in time order: the last one is written last
    filled = np.zeros(len(first), np.int64)
    np.add.at(filled, order, stays.filled_lots)
    count = np.bincount(order, minlength=len(first))
    gone_ns = stays.time_ns + stays.stay_ns.astype(np.int64)
    by_entry = np.argsort(first)
    first, last = first[by_entry], last[by_entry]
    return Lifetimes(
        order_id=stays.order_id[first],
        side=stays.side[first],
        price_ticks=stays.price_ticks[first],
        qty_lots=stays.qty_lots[first],
        time_ns=stays.time_ns[first],
        life_ns=(gone_ns[last] - stays.time_ns[first]).astype(np.float64),
        filled_lots=filled[by_entry],
        placements=count[by_entry],
        end=stays.end[last],
        opening=stays.opening[first],
    )


def survival(durations_ns: np.ndarray, ended: np.ndarray) -> Survival:
    """The part that outlives each duration, where some were watched only for a while.

    durations_ns : (n,) until the end, or until it was watched no longer
    ended : (n,) bool; False: censored
    Definition: "Nonparametric estimation from incomplete observations" (1958), the product-limit estimator;
    for times to a fill, with cancels as censoring: "Econometric models of limit-order executions" (2002).
    """
    durations = np.asarray(durations_ns, np.float64)
    times, place = np.unique(durations, return_inverse=True)
    ends = np.bincount(place, weights=np.asarray(ended, np.float64), minlength=len(times))
    leaving = np.bincount(place, minlength=len(times))
    at_risk = len(durations) - np.concatenate([[0], np.cumsum(leaving)[:-1]])[: len(times)].astype(np.int64)
    surviving = np.cumprod(1 - ends / at_risk, dtype=np.float64)
    some = ends > 0
    return Survival(times[some], surviving[some], at_risk[some])
