"""How the price answers to those who take: response curves, and impact by size."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.analysis.measures.arrays import NIL, Floats, Ints, Rows
from lightning.analysis.measures.costs import mid_at
from lightning.analysis.measures.moments import ends, values_at
from lightning.analysis.measures.sweeps import Sweeps, sweeps
from lightning.analysis.measures.touch import mid


class Response(NamedTuple):
    lags: Ints
    """(k,) trades, commands or ns."""
    mean_ticks: Floats
    """(k,) mean of sign * (mid at the lag - mid before); NaN: nothing is known at that lag."""
    error_ticks: Floats
    """(k,) standard error of the mean, as if all were independent; NaN of fewer than two."""
    orders: Ints
    """(k,) how many are in the mean."""


class SizeImpact(NamedTuple):
    """By classes of size of the order that came in."""

    low_lots: Floats
    """(k,) included."""
    high_lots: Floats
    """(k,) excluded."""
    mean_lots: Floats
    mean_ticks: Floats
    """(k,) mean of sign * (mid after - mid before); NaN: none of that size."""
    orders: Ints


def _response(swept: Sweeps, lags: Ints, later_ticks: Floats) -> Response:
    """later_ticks : (k, n) the mid at each lag after each order that came in"""
    moved = swept.sign * (later_ticks - swept.mid_before_ticks)
    known = ~np.isnan(moved)
    count = known.sum(axis=1)
    mean = np.where(known, moved, 0).sum(axis=1) / np.where(count == 0, np.nan, count)
    squares = np.where(known, (moved - mean[:, None]) ** 2, 0).sum(axis=1)
    error = np.sqrt(squares / np.where(count < 2, np.nan, (count - 1.0) * count))
    return Response(lags, mean, error, count)


def _checked(lags: npt.ArrayLike) -> Ints:
    whole = np.atleast_1d(np.asarray(lags, np.int64))
    if (whole < 0).any():
        raise ValueError(f"lags must be 0 or more, not {whole.tolist()}")
    return whole


def response_by_trade(rows: Rows, lags: npt.ArrayLike) -> Response:
    """R(l) = mean of sign_n * (m_(n+l) - m_n): m_n is the mid before the n-th order that came in and traded.

    lags : trades, where one order that came in is one trade however many it met
    Definition: "Fluctuations and response in financial markets: the subtle nature of 'random' price
    changes" (2004).
    """
    swept, whole = sweeps(rows), _checked(lags)
    number = np.arange(len(swept.seq)) + whole[:, None]
    index = np.where(number < len(swept.seq), number, NIL)
    later = values_at(swept.mid_before_ticks, index) if len(swept.seq) else np.full(index.shape, np.nan)
    return _response(swept, whole, later)


def response_by_event(rows: Rows, lags: npt.ArrayLike) -> Response:
    """As `response_by_trade`, with the mid after l commands that changed the book; l = 1 is the order's own.

    Definition: "The price impact of order book events: market orders, limit orders and cancellations"
    (2012), whose clock counts every event at the book.
    """
    swept, whole = sweeps(rows), _checked(lags)
    done = ends(rows)
    own = np.searchsorted(rows["seq"][done], swept.seq, "left")
    index = own + whole[:, None] - 1
    index = np.where((index >= 0) & (index < len(done)), index, NIL)
    return _response(swept, whole, values_at(mid(rows)[done], index))


def response_by_time(rows: Rows, lags_ns: npt.ArrayLike) -> Response:
    """As `response_by_trade`, with the mid so many ns later.

    Definition: "Trades, Quotes and Prices" (2018), the response function in physical time.
    """
    swept, whole = sweeps(rows), _checked(lags_ns)
    return _response(swept, whole, mid_at(rows, mid(rows), swept.time_ns + whole[:, None]))


def impact_by_size(rows: Rows, edges_lots: npt.ArrayLike) -> SizeImpact:
    """What an order moves the mid by at once, by its size.

    edges_lots : k + 1 ascending
    Definition: "Master curve for price-impact function" (2003), in ticks rather than log prices.
    """
    edges = np.asarray(edges_lots, np.float64)
    if edges.ndim != 1 or len(edges) < 2 or (np.diff(edges) <= 0).any():
        raise ValueError("edges_lots must be two or more ascending numbers")
    swept = sweeps(rows)
    moved = swept.sign * (swept.mid_after_ticks - swept.mid_before_ticks)
    qty = swept.qty_lots.astype(np.float64)
    counted = ~np.isnan(moved) & (qty >= edges[0]) & (qty < edges[-1])
    place = np.searchsorted(edges, qty[counted], "right") - 1
    classes = len(edges) - 1
    count = np.bincount(place, minlength=classes)
    some = np.where(count == 0, np.nan, count)
    mean_lots = np.bincount(place, weights=qty[counted], minlength=classes) / some
    mean_ticks = np.bincount(place, weights=moved[counted], minlength=classes) / some
    return SizeImpact(edges[:-1], edges[1:], mean_lots, mean_ticks, count)
