"""Every measure against the plain computation of `plain_measures`: a made-up tape, and the real half hour."""

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from math import isnan, nan
from typing import NamedTuple

import numpy as np
import pytest

from lightning.analysis import measures as m
from lightning.analysis.flow import BookEventKind
from tests.analysis.plain_measures import (
    Best,
    Told,
    command_ends,
    flow_between,
    mid_at,
    taken,
    tick_signs,
    variance,
    walk,
    weighted_by_time,
)
from tests.analysis.tape_flow import TapeFlow, made_up_flow, real_flow, real_tape

SECOND = 1_000_000_000
LEVELS = 10
DISTANCES = [0.0, 1.0, 2.5, 10.0, 100.0, 1_000.0, 20_000.0]
LOOKS = 150
"""Moments at which whole books are compared."""
WATCHED = 40
"""Orders whose queues are compared."""


class Case(NamedTuple):
    flow: TapeFlow
    told: Told
    looks: list[int]
    watched: list[int]

    @property
    def rows(self) -> np.ndarray:
        return self.flow.rows


@cache
def case_of(flow: Callable[[], TapeFlow]) -> Case:
    rows = flow().rows
    generator = np.random.default_rng(1)
    looks = np.sort(generator.choice(len(rows), LOOKS, replace=False)).tolist()
    traded = rows["order_id"][rows["kind"] == BookEventKind.TRADED]
    some = np.append(generator.choice(traded, WATCHED // 2), generator.choice(rows["order_id"], WATCHED))
    watched = list(dict.fromkeys(some.tolist()))[:WATCHED]
    return Case(flow(), walk(rows, watched, looks, LEVELS, DISTANCES), looks, watched)


@pytest.fixture(params=[made_up_flow, real_flow], ids=["made up", "real"])
def case(request: pytest.FixtureRequest) -> Case:
    if request.param is real_flow and real_tape() is None:
        pytest.skip("LIGHTNING_SHARED is not set: its directory holds the tape")
    return case_of(request.param)


def same(
    expected: object, found: np.ndarray | float, relative: float = 1e-12, absolute: float = 1e-9
) -> None:
    np.testing.assert_allclose(found, np.asarray(expected, np.float64), rtol=relative, atol=absolute)


def by_row(case: Case, value: Callable[[Best], float]) -> list[float]:
    return [value(best) for best in case.told.best]


def test_touch_after_every_row(case: Case) -> None:
    touch = m.touch(case.rows)
    same(by_row(case, lambda best: best.bid), touch.bid_ticks)
    same(by_row(case, lambda best: best.ask), touch.ask_ticks)
    assert by_row(case, lambda best: best.bid_lots) == touch.bid_lots.tolist()
    assert by_row(case, lambda best: best.ask_lots) == touch.ask_lots.tolist()
    assert (touch.seq == case.rows["seq"]).all() and (touch.time_ns == case.rows["time_ns"]).all()


def test_mid_spread_microprice_and_imbalance_after_every_row(case: Case) -> None:
    def weighted(b: Best) -> float:
        both = b.bid_lots + b.ask_lots
        return (b.bid * b.ask_lots + b.ask * b.bid_lots) / both if b.mid == b.mid else nan

    def leaning(b: Best) -> float:
        return (b.bid_lots - b.ask_lots) / (b.bid_lots + b.ask_lots) if b.bid_lots + b.ask_lots else nan

    same(by_row(case, lambda best: best.mid), m.mid(case.rows))
    same(by_row(case, lambda best: best.ask - best.bid), m.spread(case.rows))
    same(by_row(case, weighted), m.microprice(case.rows))
    same(by_row(case, leaning), m.imbalance(m.touch(case.rows)))


def test_ladder_and_level_imbalance(case: Case) -> None:
    ladder = m.ladder(case.rows, LEVELS, np.array(case.looks))
    leaning = m.level_imbalance(case.rows, LEVELS)[case.looks]
    for i, look in enumerate(case.looks):
        bids, asks = case.told.ladders[look]
        for expected, ticks, lots in (
            (bids, ladder.bid_ticks, ladder.bid_lots),
            (asks, ladder.ask_ticks, ladder.ask_lots),
        ):
            count = len(expected)
            assert list(zip(ticks[i, :count].tolist(), lots[i, :count].tolist(), strict=True)) == expected
            assert np.isnan(ticks[i, count:]).all() and (lots[i, count:] == 0).all()
        bought, sold = sum(lots for _, lots in bids), sum(lots for _, lots in asks)
        same((bought - sold) / (bought + sold), leaning[i])


@pytest.mark.parametrize("origin", ["touch", "mid", "opposite"])
def test_depth_at_distances(case: Case, origin: str) -> None:
    measures = {"touch": m.depth_from_touch, "mid": m.depth_from_mid, "opposite": m.depth_from_opposite}
    depth = measures[origin](case.rows, DISTANCES)
    for look in case.looks:
        expected = case.told.depths[look][origin]
        same([bids for bids, _ in expected], depth.bid_lots[look])
        same([asks for _, asks in expected], depth.ask_lots[look])


def test_placements(case: Case) -> None:
    stays, found = case.told.stays, m.placements(case.rows, case.flow.opening)
    rows = case.told.rows
    assert found.row.tolist() == [stay.row for stay in stays]
    assert found.order_id.tolist() == [stay.order_id for stay in stays]
    assert found.ahead_lots.tolist() == [sum(stay.ahead) for stay in stays]
    assert found.ahead_orders.tolist() == [len(stay.ahead) for stay in stays]
    assert found.end_row.tolist() == [stay.end_row for stay in stays]
    assert found.first_fill_row.tolist() == [stay.first_fill for stay in stays]
    assert found.filled_lots.tolist() == [stay.filled for stay in stays]
    assert found.end.tolist() == [stay.end for stay in stays]
    sign = [1 if rows[stay.row].side == 0 else -1 for stay in stays]
    price = [rows[stay.row].price for stay in stays]
    same(
        [s * (stay.own_best - p) for s, stay, p in zip(sign, stays, price, strict=True)],
        found.behind_touch_ticks,
    )
    same(
        [s * (stay.opposite_best - p) for s, stay, p in zip(sign, stays, price, strict=True)],
        found.from_opposite_ticks,
    )
    same([rows[stay.end_row].time_ns - stay.time_ns for stay in stays], found.stay_ns)  # row -1 is the last
    assert found.opening.sum() == case.flow.opening


def test_lifetimes(case: Case) -> None:
    """Each order of these tapes has one placement."""
    lives, stays = m.lifetimes(case.rows, case.flow.opening), m.placements(case.rows, case.flow.opening)
    for name in ("order_id", "side", "price_ticks", "qty_lots", "time_ns", "filled_lots", "end", "opening"):
        assert (getattr(lives, name) == getattr(stays, name)).all()
    assert (lives.life_ns == stays.stay_ns).all() and (lives.placements == 1).all()


@pytest.mark.parametrize("horizon_ns", [None, 2 * SECOND])
def test_fill_probability_by_queue_position(case: Case, horizon_ns: int | None) -> None:
    edges = [0, 1, 2, 3, 5, 10_000]
    counts, fills = [0] * 5, [0] * 5
    rows = case.told.rows
    for stay in case.told.stays:
        lived = rows[stay.end_row].time_ns - stay.time_ns
        late = horizon_ns is not None and lived >= horizon_ns
        if stay.row < case.flow.opening or (stay.end == 0 and not late):
            continue
        place = max(i for i in range(5) if edges[i] <= len(stay.ahead))
        counts[place] += 1
        fills[place] += stay.end == 1 and (horizon_ns is None or lived <= horizon_ns)
    stays = m.placements(case.rows, case.flow.opening)
    found = m.fill_probability(stays, stays.ahead_orders, edges, horizon_ns)
    assert found.placements.tolist() == counts and found.filled.tolist() == fills
    same([f / c if c else nan for f, c in zip(fills, counts, strict=True)], found.probability)


def test_time_to_fill(case: Case) -> None:
    rows = case.told.rows
    new = [stay for stay in case.told.stays if stay.row >= case.flow.opening]
    lived = np.array([rows[stay.end_row].time_ns - stay.time_ns for stay in new])
    filled = np.array([stay.end == 1 for stay in new])
    surviving = 1.0
    expected = []
    for time_ns in sorted(set(lived[filled].tolist())):
        at_risk = int((lived >= time_ns).sum())
        surviving *= 1 - int((lived[filled] == time_ns).sum()) / at_risk
        expected.append((time_ns, surviving, at_risk))
    found = m.time_to_fill(m.placements(case.rows, case.flow.opening))
    times, parts, risks = zip(*expected, strict=True)
    assert found.time_ns.tolist() == list(times) and found.at_risk.tolist() == list(risks)
    same(parts, found.surviving)


def test_queue_position_over_time(case: Case) -> None:
    for order_id in case.watched:
        found = m.queue_position(case.rows, order_id)
        expected = case.told.watched[order_id]
        assert found.row.tolist() == [now.row for now in expected]
        assert found.lots_ahead.tolist() == [sum(now.ahead) for now in expected]
        assert found.orders_ahead.tolist() == [len(now.ahead) for now in expected]
        assert found.lots.tolist() == [now.lots for now in expected]
        assert found.lots_behind.tolist() == [sum(now.behind) for now in expected]
        assert found.orders_behind.tolist() == [len(now.behind) for now in expected]


def test_trades_and_the_rules_that_guess_their_signs(case: Case) -> None:
    told = case.told
    at = [i for i, row in enumerate(told.rows) if row.kind == BookEventKind.TRADED]
    prices = [told.rows[i].price for i in at]
    found = m.trades(case.rows)
    assert found.row.tolist() == at and found.price_ticks.tolist() == prices
    assert found.qty_lots.tolist() == [-told.rows[i].delta for i in at]
    assert found.sign.tolist() == [1 if told.rows[i].side == 1 else -1 for i in at]
    mids = [told.before[i].mid for i in at]
    by_quote = [0 if isnan(mid) else (p > mid) - (p < mid) for p, mid in zip(prices, mids, strict=True)]
    by_tick = tick_signs(prices)
    before = m.mid_before(case.rows, m.touch(case.rows), found)
    same(mids, before)
    assert m.tick_rule(found.price_ticks).tolist() == by_tick
    assert m.quote_rule(found.price_ticks, before).tolist() == by_quote
    assert m.lee_ready(found.price_ticks, before).tolist() == [
        q or t for q, t in zip(by_quote, by_tick, strict=True)
    ]


def test_sweeps_and_their_slippage(case: Case) -> None:
    told, found = case.told, m.sweeps(case.rows)
    expected = taken(told.rows)
    assert found.order_id.tolist() == [told.rows[one.first].taker_order_id for one in expected]
    assert found.qty_lots.tolist() == [sum(lots for _, lots in one.fills) for one in expected]
    assert found.trades.tolist() == [len(one.fills) for one in expected]
    assert found.levels.tolist() == [len({price for price, _ in one.fills}) for one in expected]
    assert found.worst_ticks.tolist() == [one.fills[-1][0] for one in expected]
    assert found.last_row.tolist() == [one.last for one in expected]
    same([one.vwap for one in expected], found.vwap_ticks)
    met = [told.before[one.first] for one in expected]
    same([o.sign * (o.vwap - b.mid) for o, b in zip(expected, met, strict=True)], m.slippage_from_mid(found))
    same(
        [o.sign * (o.vwap - (b.ask if o.sign > 0 else b.bid)) for o, b in zip(expected, met, strict=True)],
        m.slippage_from_touch(found),
    )
    assert (m.slippage_from_touch(found) >= 0).all()


def test_effective_and_realised_spread(case: Case) -> None:
    told = case.told
    at = [i for i, row in enumerate(told.rows) if row.kind == BookEventKind.TRADED]
    costs = m.trade_costs(case.rows, 3 * SECOND)
    sign = costs.sign.tolist()
    later = {row.time_ns: mid_at(told, row.time_ns + 3 * SECOND) for row in (told.rows[i] for i in at)}
    after = [later[told.rows[i].time_ns] for i in at]
    price, before = [told.rows[i].price for i in at], [told.before[i].mid for i in at]
    same([2 * s * (p - b) for s, p, b in zip(sign, price, before, strict=True)], costs.effective_ticks)
    same([2 * s * (p - a) for s, p, a in zip(sign, price, after, strict=True)], costs.realised_ticks)
    same(costs.effective_ticks - costs.realised_ticks, costs.impact_ticks)


def test_response_to_takers(case: Case) -> None:
    told = case.told
    expected = taken(told.rows)
    mids = [told.before[one.first].mid for one in expected]
    ends = command_ends(told.rows)
    number = {told.rows[end].seq: i for i, end in enumerate(ends)}

    def mean(later: Callable[[int], float]) -> tuple[float, int]:
        moved = [one.sign * (later(i) - mids[i]) for i, one in enumerate(expected)]
        known = [x for x in moved if not isnan(x)]
        return sum(known) / len(known), len(known)

    def after_trades(lag: int) -> tuple[float, int]:
        return mean(lambda i: mids[i + lag] if i + lag < len(mids) else nan)

    def after_commands(lag: int) -> tuple[float, int]:
        own = [number[told.rows[one.first].seq] + lag - 1 for one in expected]
        return mean(lambda i: told.best[ends[own[i]]].mid if own[i] < len(ends) else nan)

    def after_time(lag: int) -> tuple[float, int]:
        return mean(lambda i: mid_at(told, told.rows[expected[i].first].time_ns + lag))

    for measure, plain, lags in (
        (m.response_by_trade, after_trades, [0, 1, 5]),
        (m.response_by_event, after_commands, [1, 10, 500]),
        (m.response_by_time, after_time, [0, 5 * SECOND]),
    ):
        found = measure(case.rows, lags)
        same([plain(lag)[0] for lag in lags], found.mean_ticks, 1e-9)
        assert found.orders.tolist() == [plain(lag)[1] for lag in lags]


def test_order_flow_imbalance(case: Case) -> None:
    bests = [case.told.best[end] for end in command_ends(case.told.rows)]
    found = m.order_flow_imbalance(case.rows)
    same([nan] + [flow_between(a, b) for a, b in pairwise(bests)], found.flow_lots[:, 0])


def test_realised_variance_and_its_signature(case: Case) -> None:
    mids = [case.told.best[end].mid for end in command_ends(case.told.rows)]
    known = [mid for mid in mids if mid == mid]
    ours = np.array(mids)
    same(variance(known, 0, 1), m.realised_variance(ours), 1e-9, 0)
    same(variance(known, 0, 25), m.realised_variance(ours, 25), 1e-9, 0)
    averaged = sum(variance(known, first, 25) for first in range(25)) / 25
    same(averaged, m.averaged_variance(ours, 25), 1e-9, 0)
    returns = len(known) - 1
    noise = variance(known, 0, 1) * (returns - 24) / (returns * 25)
    same(averaged - noise, m.two_scales_variance(ours, 25), 1e-9, 0)
    same([variance(known, 0, 1), averaged], m.signature_by_event(ours, [1, 25]).variance, 1e-9, 0)


def test_time_weighted_spread(case: Case) -> None:
    times, spreads = case.rows["time_ns"], by_row(case, lambda best: best.ask - best.bid)
    first, last = int(times[0]), int(times[-1])
    edges = [first - SECOND, first + SECOND, first + 7 * SECOND, last, last + SECOND]
    expected = [weighted_by_time(case.told, spreads, a, b) for a, b in pairwise(edges)]
    same(expected, m.time_weighted_by(times, np.array(spreads), np.array(edges)), 1e-9)


def test_arrivals_by_distance(case: Case) -> None:
    edges = [1, 3, 6, 40, 2_000]
    rows, rates = case.told.rows, m.arrival_rates(case.rows, edges, case.flow.opening)
    seconds = (rows[-1].time_ns - rows[case.flow.opening].time_ns) / SECOND
    arrived, removed = [0] * 4, [0] * 4
    for stay in case.told.stays:
        row = rows[stay.row]
        distance = (stay.opposite_best - row.price) * (1 if row.side == 0 else -1)
        place = [i for i in range(4) if edges[i] <= distance < edges[i + 1]]
        for i in place:
            arrived[i] += stay.row >= case.flow.opening
            removed[i] += stay.end == 2
    same([count / seconds for count in arrived], rates.limit_per_s)
    same([count / seconds for count in removed], rates.cancel_per_s)
    same(len(taken(rows)) / seconds, m.taker_rate(case.rows, case.flow.opening))


def test_the_made_up_flow_has_what_matters() -> None:
    case = case_of(made_up_flow)
    swept = m.sweeps(case.rows)
    assert (swept.levels > 2).any() and (swept.trades > swept.levels).any()
    assert (m.placements(case.rows).ahead_orders > 3).any()
    assert np.isnan(m.mid(case.rows)[case.flow.opening :]).any()
