"""Averages, variances and rates over time, worked out by hand; dataframes."""

from datetime import UTC, datetime, timedelta
from math import log
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from lightning.analysis import measures as m
from lightning.analysis.flow import BookEventKind
from lightning.codes import Side
from lightning.config import load_config
from lightning.decimals import Step
from tests.analysis.toy_flow import BUY, SECOND, SELL, Toy

NAN = float("nan")


def test_time_weighted_average() -> None:
    """4 for 1 s, undefined for 2 s, 10 for 3 s."""
    times, values = np.array([10, 11, 13]), np.array([4.0, NAN, 10.0])
    assert m.time_weighted(times, values, 10, 16) == (4 * 1 + 10 * 3) / 4
    found = m.time_weighted_by(times, values, np.array([0, 10, 11, 12, 14, 20]))
    np.testing.assert_array_equal(found, [NAN, 4, NAN, 10, 10])
    assert np.isnan(m.time_weighted(np.zeros(0, np.int64), np.zeros(0), 0, 1))


def test_values_of_one_time_weigh_nothing_but_the_last() -> None:
    assert m.time_weighted(np.array([0, 5, 5, 5]), np.array([1.0, 100.0, NAN, 3.0]), 0, 10) == 2


def test_counts_and_sums_of_intervals() -> None:
    times, edges = np.array([1, 2, 2, 3, 9]), np.array([0, 2, 3, 8])
    assert m.count_by(times, edges).tolist() == [3, 1, 0]
    assert m.sum_by(times, np.array([1.0, 2.0, NAN, 8.0, 16.0]), edges).tolist() == [3, 8, 0]
    assert m.rate(times * SECOND, edges * SECOND).tolist() == [1.5, 1, 0]


def test_previous_values_and_edges() -> None:
    np.testing.assert_array_equal(
        m.last_by(np.array([2, 4]), np.array([7, 8]), np.array([1, 2, 3, 4, 9])), [NAN, 7, 7, 8, 8]
    )
    rows = Toy().at(1).add(1, BUY, 9, 1).at(3.5).add(2, BUY, 9, 1).rows
    assert m.time_edges(rows, SECOND).tolist() == [SECOND, 2 * SECOND, 3 * SECOND, 4 * SECOND]
    assert m.time_edges(rows, SECOND, opening=1).tolist() == [3.5 * SECOND]
    with pytest.raises(ValueError, match="above 0"):
        m.time_edges(rows, 0)


def test_realised_variance_by_hand() -> None:
    prices = np.exp(np.array([0.0, 1.0, 0.0, 2.0, NAN, 5.0]))
    assert m.realised_variance(prices) == pytest.approx(1 + 1 + 4 + 9)
    assert m.realised_variance(prices, 2) == pytest.approx(0 + 25)
    # from the second on: 1 -> 2
    assert m.averaged_variance(prices, 2) == pytest.approx((25 + 1) / 2)
    assert m.two_scales_variance(prices, 2) == pytest.approx(13 - 15 * 3 / 8)
    assert m.realised_volatility(prices) == pytest.approx(15**0.5)
    assert np.isnan(m.realised_variance(prices, 5)) and np.isnan(m.averaged_variance(np.zeros(0), 1))
    assert np.isnan(m.two_scales_variance(prices, 9))


def test_realised_variance_refuses() -> None:
    for refused in (m.realised_variance, m.averaged_variance, m.two_scales_variance):
        with pytest.raises(ValueError, match="or more"):
            refused(np.array([1.0, 2.0]), 0)
    with pytest.raises(ValueError, match="prices must be above 0"):
        m.realised_variance(np.array([1.0, 0.0]))


def test_the_signature_of_bounce_falls_with_the_step() -> None:
    """A price that only bounces between two values has variance at odd steps alone."""
    bounce = np.tile([100.0, 101.0], 50)
    found = m.signature_by_event(bounce, [1, 2, 3])
    one = log(1.01) ** 2
    np.testing.assert_allclose(found.variance, [99 * one, 0, 97 / 3 * one], atol=1e-18)
    np.testing.assert_allclose(found.volatility, np.sqrt(found.variance))


def test_sampling_and_the_signature_in_time() -> None:
    times, prices = np.array([0, 3, 4, 10]) * SECOND, np.array([1.0, 2.0, 4.0, 8.0])
    assert m.sample(times, prices, 2 * SECOND).tolist() == [1, 1, 4, 4, 4, 8]
    two = log(2) ** 2
    found = m.signature_by_time(times, prices, [2 * SECOND, 10 * SECOND], starts=1)
    np.testing.assert_allclose(found.variance, [(4 + 1) * two, 9 * two])
    # two starts: 0, 2, 4 ... and 1, 3, 5 ...: 1 2 4 4 4
    np.testing.assert_allclose(
        m.signature_by_time(times, prices, [2 * SECOND], starts=2).variance, [(4 + 1 + 1 + 1) * two / 2]
    )


def test_decaying_rate() -> None:
    """One arrival at 0 s, one at 1 s, half-life 1 s."""
    found = m.decaying_rate(np.array([0, 1]) * SECOND, np.array([-1, 0, 1, 2]) * SECOND, SECOND)
    np.testing.assert_allclose(found, np.array([0, 1, 1.5, 0.75]) * log(2))
    with pytest.raises(ValueError, match="above 0"):
        m.decaying_rate(np.zeros(0, np.int64), np.zeros(1, np.int64), 0)


def test_arrival_rates_by_distance() -> None:
    toy = Toy().at(-100).add(1, BUY, 99, 10).at(0).add(2, SELL, 101, 4)  # 2 from the other side
    toy.at(2).add(3, BUY, 96, 6).at(4).remove(3).trade(2, 4, taker=50).add(4, SELL, 101, 4)
    found = m.arrival_rates(toy.at(10).change(4, 3).rows, [1, 3, 8], opening=1)
    assert found.limit_per_s.tolist() == [2 / 10, 1 / 10] and found.cancel_per_s.tolist() == [0, 1 / 10]
    np.testing.assert_allclose(found.mean_lots, [14, 6 * 2 / 10])
    assert m.taker_rate(toy.rows, opening=1) == 1 / 10
    assert m.arrivals(toy.rows, BookEventKind.TRADED).tolist() == [4 * SECOND]
    with pytest.raises(ValueError, match="more than one time"):
        m.taker_rate(toy.rows[:2], opening=1)
    with pytest.raises(ValueError, match="above 0"):
        m.arrival_rates(toy.rows, [0, 1])


def test_frames_have_prices_quantities_and_times() -> None:
    symbol = load_config(None).symbols[0]  # tick 0.01, lot 0.000001
    rows = Toy().at(1.5).add(1, BUY, 5_000_012, 250_000).rows
    frame = m.frame(m.touch(rows), symbol)
    assert frame.schema == {
        "seq": pl.Int64,
        "time": pl.Datetime("ns", "UTC"),
        "bid": pl.Float64,
        "bid_qty": pl.Float64,
        "ask": pl.Float64,
        "ask_qty": pl.Float64,
    }
    row = frame.row(0, named=True)
    assert row["bid"] == 50_000.12 and row["bid_qty"] == 0.25 and np.isnan(row["ask"]) and row["ask_qty"] == 0
    assert row["time"] == datetime(1970, 1, 1, 0, 0, 1, 500_000, UTC)


def test_frames_in_ticks_and_of_two_dimensions() -> None:
    rows = Toy().add(1, BUY, 99, 3).add(2, BUY, 98, 4).rows
    frame = m.frame(m.ladder(rows, 2))
    assert frame.columns[2:6] == ["bid_ticks_0", "bid_ticks_1", "bid_lots_0", "bid_lots_1"]
    assert frame.row(1)[2:6] == (99, 98, 3, 4)
    scaled = m.frame(m.ladder(rows, 2), load_config(None).symbols[0])
    assert scaled.columns[2:6] == ["bid_0", "bid_1", "bid_qty_0", "bid_qty_1"]


def test_prices_and_quantities_of_uneven_steps() -> None:
    scales = SimpleNamespace(tick=Step(25, 2), lot=Step(5, 0))
    assert m.to_prices(np.array([3, NAN]), scales)[0] == 0.75 and m.to_quantities(np.array([3]), scales) == [
        15
    ]


def test_frames_have_durations() -> None:
    rows = Toy().at(0).add(1, SELL, 99, 3).at(2).trade(1, 1, taker=5).at(3).add(2, SELL, 99, 1).rows
    frame = m.frame(m.placements(rows), load_config(None).symbols[0])
    assert frame["stay"].to_list() == [timedelta(seconds=3), timedelta(0)]
    assert frame["first_fill"].to_list() == [timedelta(seconds=2), None]
    assert {"price", "qty", "ahead_qty", "behind_touch", "time"} <= set(frame.columns)
    assert frame["side"].to_list() == [Side.SELL, Side.SELL]


def test_every_measure_becomes_a_frame() -> None:
    toy = Toy().at(0).add(1, BUY, 98, 10).add(2, SELL, 102, 4).at(1).trade(2, 2, taker=50)
    rows, stays = toy.rows, m.placements(toy.rows)
    for measured in (
        m.depth_from_mid(rows, [1, 2]),
        m.lifetimes(rows),
        m.time_to_fill(stays),
        m.fill_probability(stays, stays.ahead_lots, [0, 1]),
        m.queue_position(rows, 2),
        m.trades(rows),
        m.sweeps(rows),
        m.trade_costs(rows, 0),
        m.response_by_time(rows, [0, 1]),
        m.impact_by_size(rows, [0, 10]),
        m.order_flow_imbalance(rows, 2),
        m.trade_flow(rows),
        m.arrival_rates(rows, [1, 9]),
        m.signature_by_event(m.mid(rows), [1]),
    ):
        frame = m.frame(measured)
        assert frame.width >= len(measured) and frame.height == len(measured[0])
