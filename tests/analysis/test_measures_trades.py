"""Trades, what they cost and what they move, worked out by hand."""

import numpy as np
import pytest

from lightning.analysis import measures as m
from tests.analysis.toy_flow import BUY, SECOND, SELL, Toy

NAN = float("nan")


@pytest.fixture
def toy() -> Toy:
    """bids 98: 10; asks 102: 4, 103: 6. A buy of 7 takes 102 and half of 103; later a sell takes 98."""
    toy = Toy().at(0).add(1, BUY, 98, 10).add(2, SELL, 102, 4).add(3, SELL, 103, 6)
    toy.at(1).trade(2, 4, taker=50).trade(3, 3, taker=50, same=True)
    toy.at(2).add(4, BUY, 99, 1)
    return toy.at(3).trade(4, 1, taker=51).at(4).remove(3).add(5, SELL, 101, 2)


def test_trades_and_signs(toy: Toy) -> None:
    found = m.trades(toy.rows)
    assert found.price_ticks.tolist() == [102, 103, 99] and found.qty_lots.tolist() == [4, 3, 1]
    assert found.sign.tolist() == [1, 1, -1] and found.taker_order_id.tolist() == [50, 50, 51]
    assert found.order_id.tolist() == [2, 3, 4] and found.row.tolist() == [3, 4, 6]
    assert m.trade_flow(toy.rows).flow_lots.tolist() == [4, 3, -1]


def test_a_trade_of_two_resting_orders_counts_once() -> None:
    """The end of an auction: the same trade is told of both orders."""
    toy = Toy().add(1, BUY, 101, 5).add(2, SELL, 100, 5).trade(1, 5, taker=2)
    toy.trade_id -= 1
    found = m.trades(toy.trade(2, 5, taker=2, same=True).rows)
    assert found.row.tolist() == [2] and found.sign.tolist() == [-1]


def test_sweeps_by_the_order_that_came_in(toy: Toy) -> None:
    found = m.sweeps(toy.rows)
    assert found.order_id.tolist() == [50, 51] and found.qty_lots.tolist() == [7, 1]
    assert found.trades.tolist() == [2, 1] and found.levels.tolist() == [2, 1]
    np.testing.assert_allclose(found.vwap_ticks, [(4 * 102 + 3 * 103) / 7, 99])
    np.testing.assert_array_equal(found.mid_before_ticks, [100, 101])
    np.testing.assert_array_equal(found.mid_after_ticks, [100.5, 100.5])
    np.testing.assert_array_equal(found.touch_before_ticks, [102, 99])
    np.testing.assert_allclose(m.slippage_from_mid(found), [2 + 3 / 7, 2])
    np.testing.assert_allclose(m.slippage_from_touch(found), [3 / 7, 0], atol=1e-12)


def test_two_takers_at_one_command_are_two_sweeps() -> None:
    """A stop that the first one set off came in at the same command, and met what that one had left."""
    toy = Toy().add(1, BUY, 90, 1).add(2, SELL, 100, 1).add(3, SELL, 106, 1)
    toy.change(1, 2).trade(2, 1, taker=8, same=True).trade(3, 1, taker=9, same=True)
    found = m.sweeps(toy.rows)
    assert found.order_id.tolist() == [8, 9] and found.levels.tolist() == [1, 1]
    assert found.mid_before_ticks.tolist() == [95, 98] and found.touch_before_ticks.tolist() == [100, 106]
    assert m.trade_costs(toy.rows, 0).mid_before_ticks.tolist() == [95, 98]
    assert m.slippage_from_touch(found).tolist() == [0, 0]


def test_tick_rule() -> None:
    assert m.tick_rule(np.array([5, 5, 6, 6, 4, 4, 5])).tolist() == [0, 0, 1, 1, -1, -1, 1]
    assert m.tick_rule(np.array([])).tolist() == []


def test_quote_rule_and_lee_ready() -> None:
    prices, mids = np.array([10, 11, 10, 9, 10]), np.array([NAN, 10, 10, 10, 10])
    assert m.quote_rule(prices, mids).tolist() == [0, 1, 0, -1, 0]
    assert m.lee_ready(prices, mids).tolist() == [0, 1, -1, -1, 1]


def test_trade_costs_add_up(toy: Toy) -> None:
    costs = m.trade_costs(toy.rows, 2 * SECOND)
    np.testing.assert_array_equal(costs.effective_ticks, [4, 6, 4])
    # 2 s after the first two the mid is 100.5; the rows end before the last one's 2 s are over
    np.testing.assert_array_equal(costs.mid_later_ticks, [100.5, 100.5, NAN])
    np.testing.assert_array_equal(costs.realised_ticks, [3, 5, NAN])
    np.testing.assert_array_equal(costs.impact_ticks, [1, 1, NAN])
    with pytest.raises(ValueError, match="0 or more"):
        m.trade_costs(toy.rows, -1)


def test_the_mid_at_any_time(toy: Toy) -> None:
    rows = toy.rows
    moments = np.array([-1, 0, 1, 2, 3, 4, 5]) * SECOND
    np.testing.assert_array_equal(
        m.mid_at(rows, m.mid(rows), moments), [NAN, 100, 100.5, 101, 100.5, 99.5, NAN]
    )


def test_responses(toy: Toy) -> None:
    rows = toy.rows
    trade = m.response_by_trade(rows, [0, 1, 2])
    np.testing.assert_array_equal(trade.mean_ticks, [0, 1, NAN])  # the buy met 100, the sell 101
    assert trade.orders.tolist() == [2, 1, 0]
    event = m.response_by_event(rows, [0, 1, 3])
    # before, at once: +0.5 and +0.5; two commands later: 100.5 of the buy, 99.5 of the sell
    np.testing.assert_array_equal(event.mean_ticks, [0, 0.5, (0.5 + 1.5) / 2])
    time = m.response_by_time(rows, [0, SECOND, 2 * SECOND])
    np.testing.assert_array_equal(time.mean_ticks, [0.5, (1 + 1.5) / 2, 0.5])
    assert time.orders.tolist() == [2, 2, 1]
    np.testing.assert_allclose(time.error_ticks, [0, 0.25, NAN])  # of 1 and 1.5
    with pytest.raises(ValueError, match="0 or more"):
        m.response_by_time(rows, [-1])


def test_impact_by_size(toy: Toy) -> None:
    found = m.impact_by_size(toy.rows, [1, 5, 10, 20])
    np.testing.assert_array_equal(found.mean_ticks, [0.5, 0.5, NAN])
    np.testing.assert_array_equal(found.mean_lots, [1, 7, NAN])
    assert found.orders.tolist() == [1, 1, 0]
    with pytest.raises(ValueError, match="ascending"):
        m.impact_by_size(toy.rows, [1])
