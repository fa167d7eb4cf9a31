"""The crowd without intelligence and the market maker do what their models say."""

from math import log

import numpy as np
import pytest

from lightning.codes import EventKind, RejectReason, Side
from lightning.config import load_config
from lightning.engine.exchange import Exchange
from lightning.simulation import (
    Agent,
    CompiledAgent,
    InventoryModel,
    MarketMaker,
    Rates,
    Record,
    Simulation,
    zero_intelligence,
)

SECOND = 10**9
MS = 10**6
PRICE = 10_000


def test_far_from_the_best_a_price_holds_limit_rate_over_cancel_rate_orders() -> None:
    """Orders of a price that no trade reaches are a queue with Poisson arrivals and independent exponential
    lives: their number is Poisson distributed with mean limit / cancel."""
    rates = Rates(limit=1.0, market=2.0, cancel=0.25)  # mean 4
    crowd = zero_intelligence(1, PRICE, rates, band=60)
    simulation = Simulation(Exchange(ledger=False), 1, [crowd], seed=11, step_ns=50 * MS)
    counts = []
    for _ in range(150):
        simulation.run(2 * SECOND)
        depth = simulation.exchange.depth(1, 1_000)
        for best, side, sign in ((depth.asks[0, 0], depth.bids, -1), (depth.bids[0, 0], depth.asks, 1)):
            orders = dict(zip(side[:, 0].tolist(), side[:, 2].tolist(), strict=True))
            counts += [orders.get(int(best) + sign * distance, 0) for distance in range(25, 45)]
    mean, variance = np.mean(counts), np.var(counts)
    assert mean == pytest.approx(4, rel=0.05)
    assert variance == pytest.approx(4, rel=0.15)


def test_the_rates_are_those_that_were_asked_for() -> None:
    rates = Rates(limit=1.0, market=5.0, cancel=0.5, qty=30)
    crowd = zero_intelligence(1, PRICE, rates, band=40)
    simulation = Simulation(Exchange(ledger=False), 1, [crowd], seed=12, step_ns=20 * MS)
    simulation.step()  # the opening book
    placed: list[np.ndarray] = []
    simulation.hooks.append(lambda commands, events: placed.append(commands.copy()))
    simulation.run(100 * SECOND)
    commands = np.concatenate(placed)
    limits, markets = commands[commands["price"] > 0], commands[commands["type"] == 1]
    assert len(limits) / 100 == pytest.approx(2 * 40 * 1.0, rel=0.05)
    assert len(markets) / 100 == pytest.approx(2 * 5.0, rel=0.1)
    assert np.mean(limits["side"] == Side.BUY) == pytest.approx(0.5, abs=0.03)
    assert set(commands["qty"].tolist()) == {0, 30}
    assert (np.diff(commands["time_ns"]) >= 0).all()


def test_the_crowd_hardly_ever_cancels_what_is_gone() -> None:
    crowd = zero_intelligence(1, PRICE, Rates(limit=1.0, market=20.0, cancel=0.2), band=40)
    simulation = Simulation(Exchange(), 1, [crowd], seed=13, step_ns=10 * MS)
    reasons: list[np.ndarray] = []
    kinds: list[np.ndarray] = []
    simulation.hooks.append(lambda commands, events: reasons.append(events["reason"].copy()))
    simulation.hooks.append(lambda commands, events: kinds.append(events["kind"].copy()))
    simulation.run(60 * SECOND)
    refused = np.concatenate(reasons) == RejectReason.UNKNOWN_ORDER
    canceled = np.concatenate(kinds) == EventKind.CANCELED
    assert refused.sum() < 0.02 * canceled.sum()
    assert simulation.exchange.check() == []


def test_quotes_lean_against_the_inventory() -> None:
    model = InventoryModel(risk_aversion=0.1, volatility=2.0, fill_decay=1.5, horizon_s=10, qty=100)
    risk = 0.1 * 4 * 10
    half_spread = risk / 2 + log(1 + 0.1 / 1.5) / 0.1
    bid, ask = model.quotes(1_000.0, 0)
    assert (bid, ask) == (int(1_000 - half_spread), int(1_000 + half_spread) + 1)
    assert model.quotes(1_000.0, 3) == (bid - 3 * risk, ask - 3 * risk)
    assert model.quotes(1_000.0, -3) == (bid + 3 * risk, ask + 3 * risk)


FEES = {"maker_fee_ppm": -100, "taker_fee_ppm": 300}


def market_made(fees: bool = True) -> tuple[Simulation, Record]:
    tables = {
        "currency": [{"id": 1, "name": "A", "scale": 4}, {"id": 2, "name": "B", "scale": 6}],
        "symbol": [
            {
                "id": 1,
                "name": "A-B",
                "base": "A",
                "quote": "B",
                "tick": "0.01",
                "lot": "0.001",
                **(FEES if fees else {}),
            }
        ],
    }
    agents: list[Agent | CompiledAgent] = [
        zero_intelligence(1, PRICE, Rates(limit=1.0, market=5.0, cancel=0.5), band=30),
        MarketMaker(2, InventoryModel(volatility=0.5), latency_ns=3 * MS, every_ns=200 * MS),
    ]
    simulation = Simulation(Exchange(load_config(tables)), 1, agents, seed=14, step_ns=50 * MS)
    record = Record(simulation, [1, 2], every_ns=SECOND)
    simulation.run(120 * SECOND)
    return simulation, record


def test_profit_is_told_from_the_balances_and_agrees_with_the_fills() -> None:
    simulation, record = market_made()
    symbol = simulation.symbol
    for account in (1, 2):
        last = record.accounts[record.accounts["account"] == account][-1]
        fills = record.fills[record.fills["account"] == account]
        fills = fills[fills["time_ns"] < last["time_ns"]]
        assert len(fills) > 50
        sign = np.where(fills["side"] == Side.BUY, 1, -1)
        assert last["inventory"] == (sign * fills["qty"]).sum()
        notional = fills["price"] * fills["qty"] * symbol.tick_value
        assert last["cash"] == -(sign * notional).sum() - fills["fee"].sum()
        best = record.book[record.book["time_ns"] == last["time_ns"]][0]
        middle = best["bid"] + best["ask"]
        assert last["pnl"] == last["cash"] + last["inventory"] * middle * symbol.tick_value // 2


def test_what_one_wins_the_others_and_the_venue_lose() -> None:
    simulation, record = market_made()
    lasts = [record.accounts[record.accounts["account"] == account][-1] for account in (1, 2)]
    assert sum(int(last["inventory"]) for last in lasts) == 0
    fees = {total.currency: total.fees for total in simulation.exchange.totals()}
    assert sum(int(last["cash"]) for last in lasts) == -fees[2] < 0
    assert simulation.exchange.check() == []


def test_the_market_maker_rests_on_both_sides_and_keeps_its_inventory_small() -> None:
    simulation, record = market_made(fees=False)
    mine = record.accounts[record.accounts["account"] == 2]
    assert np.abs(mine["inventory"]).max() <= 100 * InventoryModel().inventory_max
    assert (record.fills["is_maker"][record.fills["account"] == 2] == 1).all()
    own = simulation.exchange.open_orders(2)
    assert set(own["side"].tolist()) <= {Side.BUY, Side.SELL} and 0 < len(own) <= 4


def test_the_book_is_recorded_behind_every_step() -> None:
    simulation, record = market_made()
    assert len(record.book) == 2_400
    assert (np.diff(record.book["time_ns"]) == 50 * MS).all()
    depth = simulation.exchange.depth(1, 1)
    last = record.book[-1]
    assert (last["bid"], last["bid_qty"]) == tuple(depth.bids[0, :2])
    assert (last["ask"], last["ask_qty"]) == tuple(depth.asks[0, :2])
    assert (record.book["bid"] < record.book["ask"]).all()
