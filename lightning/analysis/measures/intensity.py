"""How often things happen: arrivals by time, as a decaying intensity, and by distance from the other side."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.analysis.flow import BookEventKind
from lightning.analysis.measures.arrays import Floats, Ints, Rows
from lightning.analysis.measures.depth import depth_from_opposite
from lightning.analysis.measures.intervals import count_by, time_weighted
from lightning.analysis.measures.kernel import entry
from lightning.analysis.measures.placements import End, placements
from lightning.analysis.measures.sweeps import sweeps

NS = 1_000_000_000


class ArrivalRates(NamedTuple):
    """Both sides together, by distance from the other side's best price."""

    low_ticks: Floats
    """(k,) of each class, included."""
    high_ticks: Floats
    """(k,) excluded."""
    limit_per_s: Floats
    """(k,) orders that came to rest, by where they entered."""
    cancel_per_s: Floats
    """(k,) orders that were removed, by where they had entered."""
    mean_lots: Floats
    """(k,) time-weighted, of both sides."""


def arrivals(rows: Rows, kind: BookEventKind) -> Ints:
    """Times of all rows of a kind, ns."""
    times: Ints = rows["time_ns"][rows["kind"] == kind]
    return times


def rate(time_ns: Ints, edges_ns: Ints) -> Floats:
    """(k,) arrivals per second in each interval, its last edge included and its first not.

    Definition: the empirical rate of "An empirical analysis of the limit order book and the order flow in
    the Paris Bourse" (1995).
    """
    return count_by(time_ns, edges_ns) / (np.diff(edges_ns) / NS)


@entry
def _decay(time_ns: Ints, moments_ns: Ints, per_ns: float, out: Floats) -> None:
    """Both times ascend; an arrival counts from its own moment on."""
    intensity = 0.0
    last = np.int64(0)
    done = 0
    for i in range(len(moments_ns)):
        while done < len(time_ns) and time_ns[done] <= moments_ns[i]:
            intensity = intensity * np.exp(-per_ns * (time_ns[done] - last)) + per_ns
            last = time_ns[done]
            done += 1
        out[i] = intensity * np.exp(-per_ns * (moments_ns[i] - last))


def decaying_rate(time_ns: Ints, moments_ns: Ints, half_life_ns: float) -> Floats:
    """Arrivals per second at each moment: every one adds b * exp(-b * age), where b = ln 2 / half-life.

    moments_ns : ascending
    Definition: the exponential kernel of "Spectra of some self-exciting and mutually exciting point
    processes" (1971).
    """
    if half_life_ns <= 0:
        raise ValueError(f"half_life_ns must be above 0, not {half_life_ns}")
    out = np.empty(len(moments_ns))
    _decay(time_ns.astype(np.int64), moments_ns.astype(np.int64), np.log(2) / half_life_ns, out)
    return out * NS


def arrival_rates(rows: Rows, edges_ticks: npt.ArrayLike, opening: int = 0) -> ArrivalRates:
    """Orders per second that come to rest and that are removed, and what stands there, by distance.

    edges_ticks : k + 1 ascending, above 0
    opening : so many rows at the beginning are the book as it was found
    Definition: "A stochastic model for order book dynamics" (2010), with orders where that counts in
    average sizes.
    """
    edges = np.asarray(edges_ticks, np.float64)
    if edges.ndim != 1 or len(edges) < 2 or (np.diff(edges) <= 0).any() or edges[0] <= 0:
        raise ValueError("edges_ticks must be two or more ascending numbers above 0")
    stays = placements(rows, opening)
    seconds = _seconds(rows, opening)
    removed = stays.end == End.REMOVED
    distance = stays.from_opposite_ticks
    deep = depth_from_opposite(rows, np.nextafter(edges, -np.inf))
    lots = deep.bid_lots + deep.ask_lots
    span = int(rows["time_ns"][opening]), int(rows["time_ns"][-1])
    standing = np.array([time_weighted(deep.time_ns, column, *span) for column in lots.T])
    return ArrivalRates(
        edges[:-1],
        edges[1:],
        _count(distance[~stays.opening], edges) / seconds,
        _count(distance[removed], edges) / seconds,
        np.diff(standing),
    )


def taker_rate(rows: Rows, opening: int = 0) -> float:
    """Orders per second that came in and traded.

    opening : so many rows at the beginning are the book as it was found
    Definition: the rate of market orders of "A stochastic model for order book dynamics" (2010).
    """
    return len(sweeps(rows).seq) / _seconds(rows, opening)


def _seconds(rows: Rows, opening: int) -> float:
    """From the first row behind the opening book, whose own time may not be known."""
    times = rows["time_ns"][opening:]
    if len(times) == 0 or times[0] == times[-1]:
        raise ValueError("rates need rows of more than one time")
    return float(times[-1] - times[0]) / NS


def _count(values: Floats, edges: Floats) -> Ints:
    inside = values[(values >= edges[0]) & (values < edges[-1])]
    return np.bincount(np.searchsorted(edges, inside, "right") - 1, minlength=len(edges) - 1)
