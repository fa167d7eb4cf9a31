"""Measures of the book, worked out by hand."""

import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from lightning.analysis import measures as m
from lightning.analysis.flow import BOOK_EVENT
from lightning.codes import Side
from tests.analysis.toy_flow import BUY, SECOND, SELL, Toy

NAN = float("nan")


@pytest.fixture
def toy() -> Toy:
    """bids 99: 30 + 10, 98: 20; asks 101: 5, 104: 15."""
    book = Toy().at(1).add(1, BUY, 99, 30).add(2, SELL, 101, 5).add(3, BUY, 98, 20)
    return book.at(2).add(4, SELL, 104, 15).add(5, BUY, 99, 10)


def equal(found: np.ndarray, expected: Sequence[object]) -> None:
    np.testing.assert_array_equal(found, np.array(expected, np.float64))


def test_the_touch_row_by_row(toy: Toy) -> None:
    touch = m.touch(toy.trade(2, 5, taker=6).remove(4).rows)
    equal(touch.bid_ticks, [99, 99, 99, 99, 99, 99, 99])
    equal(touch.bid_lots, [30, 30, 30, 30, 40, 40, 40])
    equal(touch.ask_ticks, [NAN, 101, 101, 101, 101, 104, NAN])
    equal(touch.ask_lots, [0, 5, 5, 5, 5, 15, 0])
    equal(touch.time_ns, [SECOND, SECOND, SECOND] + [2 * SECOND] * 4)


def test_what_follows_from_the_touch(toy: Toy) -> None:
    rows = toy.remove(2).remove(4).rows
    equal(m.mid(rows)[3:], [100, 100, 101.5, NAN])
    equal(m.spread(rows)[3:], [2, 2, 5, NAN])
    # (99 * 5 + 101 * 40) / 45, then (99 * 15 + 104 * 40) / 55
    np.testing.assert_allclose(m.microprice(rows)[4:], [4535 / 45, 5645 / 55, NAN], rtol=1e-15)
    np.testing.assert_allclose(m.imbalance(rows)[4:], [35 / 45, 25 / 55, 1], rtol=1e-15)


def test_microprice_is_the_mid_of_equal_sizes() -> None:
    assert m.microprice(Toy().add(1, BUY, 10, 7).add(2, SELL, 13, 7).rows)[-1] == 11.5


def test_ladder_at_chosen_rows(toy: Toy) -> None:
    ladder = m.ladder(toy.rows, 3, np.array([0, 4]))
    equal(ladder.bid_ticks, [[99, NAN, NAN], [99, 98, NAN]])
    equal(ladder.bid_lots, [[30, 0, 0], [40, 20, 0]])
    equal(ladder.ask_ticks, [[NAN, NAN, NAN], [101, 104, NAN]])
    equal(ladder.ask_lots, [[0, 0, 0], [5, 15, 0]])
    assert ladder.seq.tolist() == [1, 5]


@pytest.mark.parametrize("at", [[1, 0], [-1], [5]])
def test_ladder_refuses_rows_that_are_not_there(toy: Toy, at: list[int]) -> None:
    with pytest.raises(ValueError, match="ascending indices of the 5 rows"):
        m.ladder(toy.rows, 1, np.array(at))


def test_imbalance_of_several_levels(toy: Toy) -> None:
    assert m.level_imbalance(toy.rows, 2)[-1] == (60 - 20) / 80
    assert m.level_imbalance(toy.rows, 1)[-1] == (40 - 5) / 45


def test_depth_at_distances(toy: Toy) -> None:
    touch = m.depth_from_touch(toy.rows, [0, 1, 3])
    equal(touch.bid_lots[-1], [40, 60, 60])
    equal(touch.ask_lots[-1], [5, 5, 20])
    equal(touch.ask_lots[0], [NAN, NAN, NAN])
    mid = m.depth_from_mid(toy.rows, [0.5, 1, 2, 4])  # of 100
    equal(mid.bid_lots[-1], [0, 40, 60, 60])
    equal(mid.ask_lots[-1], [0, 5, 5, 20])
    equal(mid.bid_lots[0], [NAN] * 4)
    opposite = m.depth_from_opposite(toy.rows, [1, 2, 5])
    equal(opposite.bid_lots[-1], [0, 40, 60])
    equal(opposite.ask_lots[-1], [0, 5, 20])
    assert np.isnan(opposite.bid_lots[0]).all() and opposite.ask_lots[0].tolist() == [0, 0, 0]


def test_depth_refuses_distances_below_zero(toy: Toy) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        m.depth_from_touch(toy.rows, [1, -1])


def test_ends_of_commands(toy: Toy) -> None:
    rows = toy.remove(1).add(1, BUY, 100, 30, same=True).rows
    assert m.ends(rows).tolist() == [0, 1, 2, 3, 4, 6]
    assert m.before_command(rows, np.array([0, 5, 6])).tolist() == [-1, 4, 4]
    assert m.take(m.touch(rows), m.ends(rows)).bid_ticks.tolist() == [99, 99, 99, 99, 99, 100]


def test_many_levels_far_apart() -> None:
    """More than a word of levels, gaps of several words, and both ends of the price range."""
    toy = Toy().add(1, BUY, 1, 1).add(2, SELL, 2**40, 2)
    for i in range(300):
        toy.add(10 + i, BUY, 1_000 + i, 1 + i).add(1_000 + i, SELL, 2_000 + i, 1)
    for i in reversed(range(300)):
        toy.remove(10 + i).remove(1_299 - i)
    touch = m.touch(toy.rows)
    equal(touch.bid_ticks[-600::2], [*range(1_298, 999, -1), 1])
    equal(touch.bid_lots[-600::2], [*range(299, 0, -1), 1])
    equal(touch.ask_ticks[-599::2], [*range(2_001, 2_300), 2**40])


def test_order_flow_imbalance_by_hand() -> None:
    toy = Toy().add(1, BUY, 99, 10).add(2, SELL, 101, 10)
    toy.change(1, 4)  # 6 bids gone: -6
    toy.add(3, BUY, 100, 7)  # a better bid: +7
    toy.add(4, SELL, 100 + 2, 50)  # behind the best ask: 0
    toy.trade(2, 10, taker=5)  # the best ask is gone: +10
    toy.remove(3)  # the best bid is gone: -7
    found = m.order_flow_imbalance(toy.rows, levels=2)
    # the first ask: one more ask, -10
    equal(found.flow_lots[:, 0], [NAN, -10, -6, 7, 0, 10, -7])
    # the bid of 4 becomes second, the ask of 50 comes second; each goes back to the first place
    equal(found.flow_lots[:, 1], [NAN, 0, 0, 4, -50, 50, -4])


def leaning_market(moves: Sequence[tuple[bool, int]]) -> m.Touch:
    """Spread 1; at each step the mid moves by so much, and then bids weigh more (True), or asks."""
    toy, price = Toy().add(1, BUY, 100, 1).add(2, SELL, 101, 1), 100
    for i, (heavy, change) in enumerate(moves):
        price += change
        bid_lots, ask_lots = (30, 10) if heavy else (10, 30)
        toy.remove(2 * i + 1).remove(2 * i + 2, same=True)
        toy.add(2 * i + 3, BUY, price, bid_lots, same=True).add(
            2 * i + 4, SELL, price + 1, ask_lots, same=True
        )
    return m.take(m.touch(toy.rows), m.ends(toy.rows)[2:])


def test_micro_price_of_a_market_that_follows_its_imbalance() -> None:
    """Where bids weigh more the mid always rises by 1, else it falls; what comes then is even chances."""
    heavy = [True, True, False, False] * 100
    best = leaning_market([(now, 1 if before else -1) for before, now in pairwise(heavy)])
    model = m.fit_micro_price(best, bins=2, spread_max=1)
    np.testing.assert_allclose(model.adjustment_ticks, [[-1], [1]], atol=0.02)
    added = m.micro_price(best, model) - m.mid(best)
    np.testing.assert_allclose(added, np.sign(m.imbalance(best)), atol=0.02)
    assert model.moments.sum() == 2 * (len(best.seq) - 1)


def test_micro_price_solves_for_the_waits_between_moves() -> None:
    """Where bids weigh more the mid rises or stays, each with probability 1/2: the next move is 1 up."""
    best = leaning_market([(i % 4 < 2, 0 if i % 2 else 1 if i % 4 == 2 else -1) for i in range(400)])
    model = m.fit_micro_price(best, bins=2, spread_max=1, rounds=1)
    np.testing.assert_allclose(model.adjustment_ticks, [[-1], [1]], atol=0.02)


def test_micro_price_looks_beyond_the_next_move() -> None:
    """After a rise bids weigh more again with probability 3/4: 1 + 1/2 + 1/4 + ... = 2."""
    heavy = [True, True, True, True, False, False, False, False] * 50
    best = leaning_market([(now, 1 if before else -1) for before, now in pairwise(heavy)])
    for rounds, sum_of_powers in ((1, 1), (2, 1.5), (60, 2)):
        model = m.fit_micro_price(best, bins=2, spread_max=1, rounds=rounds)
        np.testing.assert_allclose(model.adjustment_ticks, [[-sum_of_powers], [sum_of_powers]], atol=0.03)


def test_micro_price_is_nan_beyond_the_spreads_it_knows(toy: Toy) -> None:
    best = m.touch(toy.rows)
    model = m.fit_micro_price(best, bins=3, spread_max=1)
    assert np.isnan(m.micro_price(best, model)).all()
    with pytest.raises(ValueError, match="1 or more"):
        m.fit_micro_price(best, bins=0)


def test_rows_must_add_an_order_before_they_tell_of_it(toy: Toy) -> None:
    with pytest.raises(ValueError, match="row 1 is about order 4, which no row before it adds"):
        m.touch(toy.remove(4).rows[[0, -1]])


@pytest.mark.parametrize("rows", [np.zeros(2), np.zeros((2, 2), BOOK_EVENT), [1, 2]])
def test_rows_must_be_book_events(rows: np.ndarray) -> None:
    with pytest.raises(TypeError, match="BOOK_EVENT"):
        m.touch(rows)


def test_rows_that_may_not_be_written_to(toy: Toy) -> None:
    for rows in (toy.rows, toy.rows[:1]):
        rows.flags.writeable = False
        assert m.touch(rows).bid_ticks[0] == 99 and m.placements(rows).row[0] == 0
        assert m.queue_position(rows, 1).lots[0] == 30
        assert m.decaying_rate(rows["time_ns"], rows["time_ns"], SECOND)[0] > 0


def test_no_rows_give_empty_arrays() -> None:
    rows = np.zeros(0, BOOK_EVENT)
    assert len(m.touch(rows).seq) == len(m.mid(rows)) == len(m.ends(rows)) == len(m.sweeps(rows).seq) == 0
    assert m.ladder(rows, 3).bid_ticks.shape == (0, 3) and m.depth_from_mid(rows, [1, 2]).ask_lots.shape == (
        0,
        2,
    )
    assert (
        len(m.placements(rows).row)
        == len(m.lifetimes(rows).order_id)
        == len(m.trade_costs(rows, 1).sign)
        == 0
    )
    assert m.order_flow_imbalance(rows).flow_lots.shape == (0, 1)
    assert np.isnan(m.response_by_trade(rows, [1]).mean_ticks).all()
    assert np.isnan(m.response_by_time(rows, [1]).mean_ticks).all()
    assert np.isnan(m.response_by_event(rows, [1]).mean_ticks).all()
    assert m.fill_probability(m.placements(rows), np.zeros(0), [0, 1]).placements.tolist() == [0]
    assert len(m.time_to_fill(m.placements(rows)).time_ns) == 0


def test_nothing_is_compiled_before_it_is_called() -> None:
    source = (
        "from lightning.analysis.measures import ladder, depth, placements, queue, volatility, intensity\n"
        "import sys\n"
        "names = 'ladder', 'depth', 'placements', 'queue', 'volatility', 'intensity'\n"
        "loaded = [sys.modules['lightning.analysis.measures.' + name] for name in names]\n"
        "kernels = [kernel for module in loaded for kernel in vars(module).values() "
        "if hasattr(kernel, 'signatures')]\n"
        "assert len(kernels) >= 6 and not any(kernel.signatures for kernel in kernels)\n"
    )
    environment = os.environ | {"NUMBA_DISABLE_JIT": "0"}
    subprocess.run([sys.executable, "-c", source], env=environment, check=True)


def test_side_codes_are_those_that_kernels_index_by() -> None:
    assert (Side.BUY, Side.SELL) == (0, 1)
