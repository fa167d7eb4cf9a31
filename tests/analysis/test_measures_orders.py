"""Orders and their queues, worked out by hand."""

import numpy as np
import pytest

from lightning.analysis import measures as m
from lightning.analysis.measures import End
from tests.analysis.toy_flow import BUY, SECOND, SELL, Toy

NAN = float("nan")


@pytest.fixture
def toy() -> Toy:
    """A queue at 99 of orders 1, 2, 3: 1 is filled in two goes, 2 canceled, 3 amended and filled in part."""
    toy = Toy().at(0).add(9, SELL, 102, 8).add(1, BUY, 99, 10)
    toy.at(1).add(2, BUY, 99, 20).add(3, BUY, 99, 30)
    toy.at(2).trade(1, 4, taker=50)
    toy.at(3).remove(2)
    toy.at(4).trade(1, 6, taker=51)
    toy.at(5).remove(3).add(3, BUY, 100, 30, same=True)
    return toy.at(7).trade(3, 25, taker=52).at(8).change(9, 7)


def test_where_orders_entered_and_how_they_ended(toy: Toy) -> None:
    stays = m.placements(toy.rows)
    assert stays.order_id.tolist() == [9, 1, 2, 3, 3]
    assert stays.ahead_lots.tolist() == [0, 0, 10, 30, 0]
    assert stays.ahead_orders.tolist() == [0, 0, 1, 2, 0]
    assert stays.filled_lots.tolist() == [0, 10, 0, 0, 25]
    assert stays.end.tolist() == [End.RESTING, End.FILLED, End.REMOVED, End.REMOVED, End.RESTING]
    assert stays.row.tolist() == [0, 1, 2, 3, 8] and stays.end_row.tolist() == [-1, 6, 5, 7, -1]
    assert stays.first_fill_row.tolist() == [-1, 4, -1, -1, 9]
    np.testing.assert_array_equal(stays.stay_ns, [8 * SECOND, 4 * SECOND, 2 * SECOND, 4 * SECOND, 3 * SECOND])
    np.testing.assert_array_equal(stays.first_fill_ns, [NAN, 2 * SECOND, NAN, NAN, 2 * SECOND])
    np.testing.assert_array_equal(stays.behind_touch_ticks, [NAN, NAN, 0, 0, NAN])
    np.testing.assert_array_equal(stays.from_opposite_ticks, [NAN, 3, 3, 3, 2])


def test_distances_of_asks_and_of_better_prices() -> None:
    toy = (
        Toy()
        .add(1, BUY, 90, 1)
        .add(2, SELL, 100, 1)
        .add(3, SELL, 103, 1)
        .add(4, SELL, 95, 1)
        .add(5, BUY, 93, 1)
    )
    stays = m.placements(toy.rows)
    np.testing.assert_array_equal(stays.behind_touch_ticks, [NAN, NAN, 3, -5, -3])
    np.testing.assert_array_equal(stays.from_opposite_ticks, [NAN, 10, 13, 5, 2])


def test_an_amended_order_has_one_life(toy: Toy) -> None:
    lives = m.lifetimes(toy.rows)
    assert lives.order_id.tolist() == [9, 1, 2, 3]
    assert lives.placements.tolist() == [1, 1, 1, 2]
    assert lives.end.tolist() == [End.RESTING, End.FILLED, End.REMOVED, End.RESTING]
    assert lives.filled_lots.tolist() == [0, 10, 0, 25]
    np.testing.assert_array_equal(lives.life_ns, np.array([8, 4, 2, 7]) * SECOND)


def test_the_opening_book_is_marked(toy: Toy) -> None:
    assert m.placements(toy.rows, opening=2).opening.tolist() == [True, True, False, False, False]
    assert m.lifetimes(toy.rows, opening=2).opening.tolist() == [True, True, False, False]


def test_queue_position_over_time(toy: Toy) -> None:
    found = m.queue_position(toy.rows, 3)
    assert found.row.tolist() == [3, 4, 5, 6, 7, 8, 9]
    assert found.lots_ahead.tolist() == [30, 26, 6, 0, 0, 0, 0]
    assert found.orders_ahead.tolist() == [2, 2, 1, 0, 0, 0, 0]
    assert found.lots.tolist() == [30, 30, 30, 30, 0, 30, 5]
    assert m.queue_position(toy.rows, 2).lots_behind.tolist() == [0, 30, 30, 0]
    assert m.queue_position(toy.rows, 2).orders_behind.tolist() == [0, 1, 1, 0]


def test_an_iceberg_goes_behind_those_that_came_meanwhile() -> None:
    toy = Toy().add(1, BUY, 99, 5).add(2, BUY, 99, 7).trade(1, 5, taker=3).add(1, BUY, 99, 5, same=True)
    found = m.queue_position(toy.trade(2, 3, taker=4).rows, 1)
    assert found.lots_ahead.tolist() == [0, 0, 0, 7, 4] and found.lots.tolist() == [5, 5, 0, 5, 5]
    lives = m.lifetimes(toy.rows)
    assert lives.placements.tolist() == [2, 1] and lives.end.tolist() == [End.RESTING, End.RESTING]


def test_one_that_came_back_is_not_ahead_any_more() -> None:
    toy = Toy().add(1, BUY, 99, 5).add(2, BUY, 99, 7).remove(1).add(1, BUY, 99, 6, same=True).change(1, 4)
    found = m.queue_position(toy.rows, 2)
    assert found.lots_ahead.tolist() == [5, 0, 0, 0] and found.lots_behind.tolist() == [0, 0, 6, 4]


def test_queue_position_of_an_unknown_order(toy: Toy) -> None:
    with pytest.raises(KeyError, match="order 4 never rested"):
        m.queue_position(toy.rows, 4)


def test_fill_probability_by_lots_ahead() -> None:
    """At the front 1 of 2 is filled, behind 10 lots 1 of 3; one that rests on does not count."""
    toy = (
        Toy()
        .at(0)
        .add(1, BUY, 99, 10)
        .at(1)
        .add(2, BUY, 99, 1)
        .at(2)
        .trade(1, 10, taker=90)
        .trade(2, 1, taker=91)
    )
    toy.at(3).add(3, BUY, 99, 10).add(4, BUY, 99, 2).add(5, BUY, 99, 2).at(4).remove(5).remove(4).at(
        9
    ).remove(3)
    toy.add(6, BUY, 99, 1)
    stays = m.placements(toy.rows)
    found = m.fill_probability(stays, stays.ahead_lots, [0, 1, 100])
    assert found.placements.tolist() == [2, 3] and found.filled.tolist() == [1, 1]
    np.testing.assert_array_equal(found.probability, [1 / 2, 1 / 3])
    within = m.fill_probability(stays, stays.ahead_lots, [0, 1, 10, 100], horizon_ns=1.5 * SECOND)
    assert within.filled.tolist() == [0, 0, 1] and np.isnan(within.probability[1])


def test_fill_probability_knows_what_the_horizon_decides() -> None:
    """The one that rests has been there for 9 s: within 5 s it was not filled, within 20 s nobody knows."""
    toy = Toy().at(0).add(1, BUY, 99, 1).at(9).add(2, SELL, 105, 1)
    stays = m.placements(toy.rows)
    assert m.fill_probability(stays, stays.ahead_orders, [0, 1], 5 * SECOND).placements.tolist() == [1]
    assert m.fill_probability(stays, stays.ahead_orders, [0, 1], 20 * SECOND).placements.tolist() == [0]
    with pytest.raises(ValueError, match="ascending"):
        m.fill_probability(stays, stays.ahead_orders, [1, 1])


def test_survival_by_hand() -> None:
    """The product-limit estimator of 6 durations, two of them censored (+): 1, 2+, 3, 3, 5+, 6."""
    found = m.survival(np.array([3, 1, 2, 3, 5, 6]), np.array([True, True, False, True, False, True]))
    assert found.time_ns.tolist() == [1, 3, 6] and found.at_risk.tolist() == [6, 4, 1]
    np.testing.assert_allclose(found.surviving, [5 / 6, 5 / 6 * 2 / 4, 0])


def test_time_to_fill_takes_other_ends_as_censoring(toy: Toy) -> None:
    """Stays of 2 s (removed), 3 s (resting), 4 s (filled), 4 s (removed), 8 s (resting)."""
    found = m.time_to_fill(m.placements(toy.rows))
    assert found.time_ns.tolist() == [4 * SECOND] and found.surviving.tolist() == [1 - 1 / 3]
    first = m.time_to_first_fill(m.placements(toy.rows))
    assert first.time_ns.tolist() == [2 * SECOND]
    np.testing.assert_allclose(first.surviving, [1 - 2 / 5])
    assert m.time_to_fill(m.placements(toy.rows, opening=2)).time_ns.tolist() == []
