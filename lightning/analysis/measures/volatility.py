"""Realised variance of a price, at several samplings; what its signature plot is drawn from.

All take prices (mids, microprices, trades), of which NaN are left out, and give variances of log returns
over the whole time, without unit; their square root is the volatility over that time.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.analysis.measures.arrays import Floats, Ints
from lightning.analysis.measures.intervals import last_by
from lightning.analysis.measures.kernel import entry


class Signature(NamedTuple):
    step: Ints
    """(k,) ns, or prices, from one sample to the next."""
    variance: Floats
    """(k,) averaged over all starts; NaN: too few prices."""
    volatility: Floats
    """(k,) its square root."""


@entry
def _averaged(logs: Floats, step: int, starts: int) -> float:
    """Mean over `starts` first samples of the sum of squared differences; `step` < len(logs)."""
    total = 0.0
    for i in range(len(logs) - step):
        if i % step < starts:
            total += (logs[i + step] - logs[i]) ** 2
    return total / starts


def _logs(prices: np.ndarray) -> Floats:
    known = np.asarray(prices, np.float64)
    known = known[~np.isnan(known)]
    if (known <= 0).any():
        raise ValueError("prices must be above 0")
    return np.log(known)


def sample(time_ns: Ints, prices: np.ndarray, step_ns: int) -> Floats:
    """The price in force every `step_ns` from the first time on, none behind the last.

    Definition: calendar-time, previous-tick sampling: "Modeling and forecasting realized volatility" (2003).
    """
    if step_ns <= 0:
        raise ValueError(f"step_ns must be above 0, not {step_ns}")
    if len(time_ns) == 0:
        return np.zeros(0)
    return last_by(time_ns, prices, np.arange(time_ns[0], time_ns[-1] + 1, step_ns))


def realised_variance(prices: np.ndarray, every: int = 1) -> float:
    """The sum of squared log returns of every `every`-th price from the first; NaN of fewer than two samples.

    Every price: tick time; every mid at the `ends` of commands: event time; of `sample`: calendar time.
    Definition: "Modeling and forecasting realized volatility" (2003).
    """
    if every < 1:
        raise ValueError(f"every must be 1 or more, not {every}")
    logs = _logs(prices)
    return float(_averaged(logs, every, 1)) if len(logs) > every else float("nan")


def realised_volatility(prices: np.ndarray, every: int = 1) -> float:
    """The square root of `realised_variance`."""
    return float(np.sqrt(realised_variance(prices, every)))


def averaged_variance(prices: np.ndarray, every: int) -> float:
    """The mean of `realised_variance` over all `every` first prices to begin with; NaN of too few.

    Definition: the subsampled estimator of "A tale of two time scales: determining integrated volatility
    with noisy high-frequency data" (2005).
    """
    if every < 1:
        raise ValueError(f"every must be 1 or more, not {every}")
    logs = _logs(prices)
    return float(_averaged(logs, every, every)) if len(logs) > every else float("nan")


def two_scales_variance(prices: np.ndarray, every: int) -> float:
    """`averaged_variance` at K = `every`, less the noise in it.

    That is (n - K + 1) / (n K) of the variance of all n returns.
    Definition: "A tale of two time scales" (2005), without the correction for small samples. May be below 0.
    """
    logs = _logs(prices)
    returns = len(logs) - 1
    if not 1 < every <= returns:
        return float("nan") if every > 1 else _refuse(every)
    noise = float(_averaged(logs, 1, 1)) * (returns - every + 1) / (returns * every)
    return float(_averaged(logs, every, every)) - noise


def _refuse(every: int) -> float:
    raise ValueError(f"every must be 2 or more, not {every}")


def signature_by_event(prices: np.ndarray, everies: npt.ArrayLike) -> Signature:
    """Variance by how many prices apart it is sampled, averaged over all starts.

    Definition: the volatility signature plot of "Great realizations" (2000).
    """
    steps = np.atleast_1d(np.asarray(everies, np.int64))
    variance = np.array([averaged_variance(prices, int(step)) for step in steps])
    return Signature(steps, variance, np.sqrt(variance))


def signature_by_time(
    time_ns: Ints, prices: np.ndarray, steps_ns: npt.ArrayLike, starts: int = 10
) -> Signature:
    """Variance by how many ns apart it is sampled, averaged over `starts` starts that divide each step.

    Definition: as `signature_by_event`, in calendar time.
    """
    steps = np.atleast_1d(np.asarray(steps_ns, np.int64))
    variance = np.array([_variance_in_time(time_ns, prices, int(step), starts) for step in steps])
    return Signature(steps, variance, np.sqrt(variance))


def _variance_in_time(time_ns: Ints, prices: np.ndarray, step_ns: int, starts: int) -> float:
    fine = max(step_ns // starts, 1)
    return averaged_variance(sample(time_ns, prices, fine), step_ns // fine)
