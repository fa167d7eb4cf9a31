"""The micro-price: where the mid is expected to go, learnt from what it did at like imbalance and spread."""

from typing import NamedTuple

import numpy as np

from lightning.analysis.measures.arrays import NIL, Floats, Ints
from lightning.analysis.measures.touch import Touch, imbalance, mid, spread


class MicroPrice(NamedTuple):
    """What to add to the mid; `micro_price` adds it."""

    adjustment_ticks: Floats
    """(bins, spreads) by class of imbalance, from all asks to all bids, and by spread in ticks less 1."""
    moments: Ints
    """(bins, spreads) how many it was learnt from, each with its mirror image."""


def _states(best: Touch, bins: int, spread_max: int) -> Ints:
    """The state at each moment, spread after imbalance; NIL where there is none or the spread is too wide."""
    wide, lean = spread(best), imbalance(best)
    there = (wide >= 1) & (wide <= spread_max) & ~np.isnan(lean)
    place = np.clip(((np.nan_to_num(lean) + 1) / 2 * bins).astype(np.int64), 0, bins - 1)
    return np.where(there, place * spread_max + np.nan_to_num(wide).astype(np.int64) - 1, NIL)


def _mirrored(state: Ints, bins: int, spread_max: int) -> Ints:
    """The same state with bids for asks."""
    return (bins - 1 - state // spread_max) * spread_max + state % spread_max


def fit_micro_price(best: Touch, bins: int = 10, spread_max: int = 2, rounds: int = 100) -> MicroPrice:
    """Learn the adjustment from a series of touches: `take(touch(rows), ends(rows))`.

    bins : classes of imbalance; spread_max : widest spread, ticks; rounds : changes of the mid that are
        looked ahead
    Between states, the moments are taken for a Markov chain. With Q the moves without a change of mid, T
    those with one, r the mean change of a move, all by state: g = (1 - Q)^-1 r, B = (1 - Q)^-1 T;
    adjustment = sum of B^i g. States that were never left have 0.
    Raises ValueError for fewer than one bin, spread or round.

    Definition: "The micro-price: a high-frequency estimator of future prices" (2018), data mirrored as
    there, so that the sum converges.
    """
    if min(bins, spread_max, rounds) < 1:
        raise ValueError("bins, spread_max and rounds must be 1 or more")
    states, mids = _states(best, bins, spread_max), mid(best)
    known = (states[:-1] != NIL) & (states[1:] != NIL)
    origin, target = states[:-1][known], states[1:][known]
    change = (mids[1:] - mids[:-1])[known]
    origin = np.append(origin, _mirrored(origin, bins, spread_max))
    target = np.append(target, _mirrored(target, bins, spread_max))
    change = np.append(change, -change)
    count = bins * spread_max
    seen = np.bincount(origin, minlength=count)
    often = np.maximum(seen, 1)
    still, moving = np.zeros((2, count, count))
    same = change == 0
    np.add.at(still, (origin[same], target[same]), 1)
    np.add.at(moving, (origin[~same], target[~same]), 1)
    mean = np.bincount(origin, weights=change, minlength=count) / often
    away = np.linalg.pinv(np.eye(count) - still / often[:, None])
    step, onward = away @ mean, away @ (moving / often[:, None])
    adjustment = np.zeros(count)
    for _ in range(rounds):
        adjustment += step
        step = onward @ step
    return MicroPrice(adjustment.reshape(bins, spread_max), seen.reshape(bins, spread_max))


def micro_price(best: Touch, model: MicroPrice) -> Floats:
    """Mid + adjustment at each moment, in ticks; NaN where the spread is wider than the model knows.

    Definition: as `fit_micro_price`.
    """
    bins, spread_max = model.adjustment_ticks.shape
    states = _states(best, bins, spread_max)
    added = model.adjustment_ticks.reshape(-1)[states]
    return np.where(states == NIL, np.nan, mid(best) + added)
