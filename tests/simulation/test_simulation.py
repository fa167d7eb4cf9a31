"""Agents trade in lock-step: in the order of arrival, never on what they cannot know, the same every time."""

import os
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console

import benchmarks.simulation
from lightning.codes import CommandKind, EventKind, RejectReason, Side, TimeInForce
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND, Command
from lightning.simulation import (
    Agent,
    AgentError,
    CompiledAgent,
    Desk,
    MarketMaker,
    Rates,
    Record,
    Sight,
    Simulation,
    mail,
    wire,
    zero_intelligence,
)
from lightning.simulation.simulation import START_NS
from tests.simulation.scripted import MS, Scripted

BUY, SELL = Side.BUY, Side.SELL
SECOND = 1_000 * MS
RATES = Rates(limit=2.0, market=10.0, cancel=0.5)


def crowded(seed: int, latency_ns: int = 7 * MS, seconds: int = 4, ledger: bool = True) -> Simulation:
    """A crowd and a market maker, with events and books in flight."""
    agents: list[Agent | CompiledAgent] = [
        zero_intelligence(1, 10_000, RATES, band=20, latency_ns=3 * MS),
        MarketMaker(2, latency_ns=latency_ns, every_ns=20 * MS),
    ]
    simulation = Simulation(Exchange(ledger=ledger), 1, agents, seed=seed, step_ns=5 * MS)
    simulation.run(seconds * SECOND)
    return simulation


def test_a_seed_makes_one_market_and_another_seed_another() -> None:
    first = crowded(seed=1)
    assert first.exchange.state_hash() == crowded(seed=1).exchange.state_hash()
    assert first.exchange.state_hash() != crowded(seed=2).exchange.state_hash()
    assert first.commands > 500 and first.now_ns == START_NS + 4 * SECOND


def test_latency_makes_another_market() -> None:
    assert crowded(seed=1).exchange.state_hash() != crowded(seed=1, latency_ns=0).exchange.state_hash()


PLAIN = """
from tests.simulation.test_simulation import crowded
print(crowded(seed=3, seconds=1).exchange.state_hash())
"""


def test_compiled_or_plain_it_is_the_same_market() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PLAIN],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(run.stdout) == crowded(seed=3, seconds=1).exchange.state_hash()


def test_money_is_neither_made_nor_lost() -> None:
    simulation = crowded(seed=4)
    assert simulation.exchange.check() == []
    for total in simulation.exchange.totals():
        assert total.available + total.held + total.fees == total.deposited - total.withdrawn


def test_small_buffers_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = crowded(seed=5, latency_ns=200 * MS, seconds=2).exchange.state_hash()
    monkeypatch.setattr(wire, "ROWS_MIN", 2)
    monkeypatch.setattr(mail, "ROWS_MIN", 2)
    assert crowded(seed=5, latency_ns=200 * MS, seconds=2).exchange.state_hash() == expected


def test_it_runs_without_a_ledger() -> None:
    simulation = crowded(seed=6, ledger=False, seconds=1)
    assert simulation.exchange.balances().tolist() == []
    assert len(simulation.exchange.trades(1)) > 0


def duel(latency_ns: int) -> tuple[Scripted, Scripted, Simulation]:
    """A sell order is there for 10 ms; somebody sends a buy 2 ms before it goes.

    At one moment whoever sent first comes first.
    """
    orders: list[int] = []
    seller = Scripted(
        1,
        {
            0: lambda desk: orders.append(desk.place(SELL, 100, 5)),
            10: lambda desk: desk.cancel(orders[0]),
        },
    )
    buyer = Scripted(2, {8: lambda desk: desk.place(BUY, 100, 5, tif=TimeInForce.IOC)}, latency_ns)
    simulation = Simulation(Exchange(), 1, [seller, buyer], seed=1)
    simulation.run(30 * MS)
    return seller, buyer, simulation


@pytest.mark.parametrize(("latency_ns", "trades"), [(0, 1), (2 * MS, 1), (2 * MS + 1, 0), (9 * MS, 0)])
def test_an_order_reaches_the_exchange_its_latency_later_to_the_ns(latency_ns: int, trades: int) -> None:
    _, buyer, simulation = duel(latency_ns)
    happened = simulation.exchange.trades(1)
    assert len(happened) == len(buyer.told.fills) == trades
    if trades:
        assert happened["time_ns"].tolist() == [START_NS + 8 * MS + latency_ns]
        assert buyer.told.fills[0].time_ns == START_NS + 8 * MS + latency_ns


def test_what_arrives_at_one_moment_goes_in_the_order_of_the_agents_and_of_sending() -> None:
    def two_sells(desk: Desk) -> None:
        desk.place(SELL, 100, 1)
        desk.place(SELL, 100, 2)

    first = Scripted(1, {5: lambda desk: desk.place(SELL, 100, 3)}, latency_ns=0)
    second = Scripted(2, {3: two_sells}, latency_ns=2 * MS)
    simulation = Simulation(Exchange(), 1, [first, second], seed=1)
    simulation.run(10 * MS)
    assert simulation.exchange.book_orders(1)["leaves_qty"].tolist() == [1, 2, 3]  # sent before, at 3 ms


def test_a_delay_is_before_the_latency() -> None:
    agent = Scripted(1, {1: lambda desk: desk.place(BUY, 90, 1, delay_ns=7)}, latency_ns=2 * MS)
    simulation = Simulation(Exchange(), 1, [agent], seed=1)
    simulation.run(10 * MS)
    assert simulation.exchange.orders(1)["create_time_ns"].tolist() == [START_NS + 3 * MS + 7]


class Everything:
    """What happened, from outside."""

    def __init__(self, simulation: Simulation) -> None:
        self.books: dict[int, tuple[list[list[int]], list[list[int]]]] = {}
        self.events: list[np.ndarray] = []
        self.times: list[np.ndarray] = []
        self._simulation = simulation
        self._look()
        simulation.after_step.append(self._look)
        simulation.hooks.append(self._take)

    def _look(self) -> None:
        depth = self._simulation.exchange.depth(1, 10)
        self.books[self._simulation.now_ns] = depth.bids.tolist(), depth.asks.tolist()

    def _take(self, commands: np.ndarray, events: np.ndarray) -> None:
        self.events.append(events)
        self.times.append(commands["time_ns"][events["command"]])


@pytest.mark.parametrize("latency_ns", [0, 1, 5 * MS, 12 * MS, 37 * MS + 1])
def test_nobody_sees_what_is_younger_than_its_latency(latency_ns: int) -> None:
    step_ns = 5 * MS
    watcher = Scripted(9, {}, latency_ns)
    own = Scripted(1, {}, latency_ns)  # hears of the crowd's orders
    crowd = zero_intelligence(1, 10_000, RATES, band=20)
    simulation = Simulation(Exchange(), 1, [crowd, watcher, own], seed=1, step_ns=step_ns)
    everything = Everything(simulation)
    simulation.run(SECOND // 2)
    for seen in watcher.told.seen:
        known_ns = max(seen.now_ns - latency_ns, START_NS)
        assert known_ns - step_ns < seen.book_ns <= known_ns
        bids, asks = everything.books[seen.book_ns]
        assert seen.bids[seen.bids[:, 0] > 0].tolist() == bids
        assert seen.asks[seen.asks[:, 0] > 0].tolist() == asks
    events, times = np.concatenate(everything.events), np.concatenate(everything.times)
    told = 0
    for seen in own.told.seen:
        assert (seen.event_times < seen.now_ns - latency_ns).all()
        told += len(seen.events)
        known = events[times < seen.now_ns - latency_ns]
        assert told == len(known)  # all that it may know, and each once
        assert (seen.events == known[told - len(seen.events) :]).all()
    assert told > 100 and sum(len(seen.events) for seen in watcher.told.seen) == 0


def test_an_agent_is_asked_as_often_as_it_wants() -> None:
    agent = Scripted(1, {}, every_ns=2_500_000)
    simulation = Simulation(Exchange(), 1, [agent], seed=1)
    simulation.run(10 * MS)
    times = [(seen.now_ns - START_NS, seen.until_ns - START_NS) for seen in agent.told.seen]
    assert times == [(0, 3 * MS), (3 * MS, 6 * MS), (6 * MS, 9 * MS), (9 * MS, 12 * MS)]


def writes(**columns: int) -> CompiledAgent:
    """Writes one row, once."""

    def decide(state: np.ndarray, random: np.random.Generator, sight: Sight, block: np.ndarray) -> int:
        for name, value in columns.items():
            block[0][name] = value
        return 1

    return CompiledAgent(1, decide, None)


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ({"kind": CommandKind.DEPOSIT, "amount": 1}, "account 1: row 0 of 1 is no order, cancel or amend"),
        ({"kind": CommandKind.SET_SYMBOL_STATUS}, "is no order, cancel or amend"),
        ({}, "is no order, cancel or amend"),
        ({"kind": CommandKind.PLACE, "time_ns": START_NS - 1}, "row 0 of 1 is sent in the past"),
    ],
)
def test_what_an_agent_may_not_send_is_an_error(columns: dict[str, int], error: str) -> None:
    with pytest.raises(AgentError, match=error):
        Simulation(Exchange(), 1, [writes(**columns)], seed=1).step()


def test_an_agent_trades_for_its_own_account_only() -> None:
    agent = writes(kind=CommandKind.PLACE, account=7, symbol=2, price=100, qty=1, client_order_id=1)
    simulation = Simulation(Exchange(), 1, [agent], seed=1)
    simulation.step()
    assert simulation.exchange.orders(1)["account"].tolist() == [1]


def test_steps_and_latencies_that_make_no_sense_are_refused() -> None:
    for step_ns, latency_ns in ((0, 0), (1, -1)):
        with pytest.raises(ValueError, match="step_ns must be above 0, latencies 0 or more"):
            Simulation(Exchange(), 1, [Scripted(1, {}, latency_ns)], seed=1, step_ns=step_ns)


def test_time_passes_while_nobody_does_anything() -> None:
    exchange = Exchange(ledger=False)
    order = Command(
        kind=CommandKind.PLACE, symbol=1, account=5, price=10, qty=1, tif=TimeInForce.GTD, time_ns=START_NS
    )
    exchange.submit(np.array([order._replace(expire_time_ns=START_NS + 3 * MS)], COMMAND))
    agent = Scripted(1, {})
    simulation = Simulation(exchange, 1, [agent], seed=1)
    simulation.run(10 * MS)
    shown = [int(seen.bids[0, 0]) for seen in agent.told.seen]
    assert shown == [10] * 4 + [0] * 6  # it is there at 3 ms, and gone behind that step


def test_a_python_agent_knows_its_position_and_its_open_orders() -> None:
    ids: dict[str, int] = {}

    def begin(desk: Desk) -> None:
        ids["sold"] = desk.place(SELL, 100, 5)
        ids["low"] = desk.place(BUY, 90, 7)
        ids["kept"] = desk.place(BUY, 80, 9)
        ids["crossing"] = desk.place(BUY, 100, 1, post_only=True)

    def change(desk: Desk) -> None:
        desk.cancel(ids["low"])
        desk.amend(ids["kept"], qty=4)
        desk.cancel(12345)

    maker = Scripted(1, {0: begin, 5: change})
    taker = Scripted(2, {2: lambda desk: desk.market(BUY, 3), 9: lambda desk: desk.cancel_all()})
    simulation = Simulation(Exchange(), 1, [maker, taker], seed=1)
    desks = [seat.decide.__self__.desk for seat in simulation._seats]  # type: ignore[attr-defined]
    simulation.run(10 * MS)
    assert [desk.position for desk in desks] == [-3, 3]
    left = {order.client_order_id: order.leaves_qty for order in desks[0].open_orders.values()}
    assert left == {ids["sold"]: 2, ids["kept"]: 4}
    assert desks[1].open_orders == {}
    assert maker.told.rejects == [
        (ids["crossing"], RejectReason.WOULD_CROSS),
        (12345, RejectReason.UNKNOWN_ORDER),
    ]
    (fill,) = maker.told.fills
    assert fill._replace(time_ns=0) == (0, ids["sold"], SELL, 100, 3, 2, 0, True)
    assert taker.told.fills[0]._replace(time_ns=0) == (0, 1, BUY, 100, 3, 0, 0, False)


def test_a_trade_with_oneself_is_two_fills() -> None:
    exchange = Exchange(ledger=False)
    agent = Scripted(1, {0: lambda desk: desk.place(SELL, 100, 5), 2: lambda desk: desk.place(BUY, 100, 2)})
    simulation = Simulation(exchange, 1, [agent], seed=1)
    record = Record(simulation, [1])
    simulation.run(6 * MS)
    assert [(fill.side, fill.is_maker, fill.leaves_qty) for fill in agent.told.fills] == [
        (BUY, False, 0),
        (SELL, True, 3),
    ]
    assert record.fills[["side", "is_maker", "qty", "leaves_qty"]].tolist() == [(0, 0, 2, 0), (1, 1, 2, 3)]


def test_hooks_get_every_command_and_event_of_a_step() -> None:
    seen: list[tuple[list[int], list[int]]] = []
    agent = Scripted(1, {0: lambda desk: desk.place(BUY, 5, 1), 3: lambda desk: desk.cancel(1)})
    simulation = Simulation(Exchange(), 1, [agent], seed=1)
    simulation.hooks.append(
        lambda commands, events: seen.append((commands["kind"].tolist(), events["kind"].tolist()))
    )
    simulation.run(6 * MS)
    assert seen == [
        ([CommandKind.PLACE], [EventKind.ACCEPTED]),
        ([CommandKind.CANCEL], [EventKind.CANCELED]),
    ]


def test_the_benchmark_prints_every_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(benchmarks.simulation, "DAY_S", 2)
    benchmarks.simulation.print_tables(1, Console(), commands=3_000)
    printed = capsys.readouterr().out
    for words in ("compiled crowd, steps of 10 ms", "a day", "market maker", "Python agents", "1,000,000"):
        assert words in printed


def test_commands_arrive_by_time_and_then_as_they_were_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a sorted list; with little room, so that it grows while rows are on their way."""
    monkeypatch.setattr(wire, "ROWS_MIN", 2)
    random = np.random.default_rng(1)
    way, block = wire.Way(), wire.Block(50)
    waiting: list[tuple[int, int]] = []
    number = 0
    for now_ns in range(0, 3_000, 10):
        count = int(random.integers(0, 3 + now_ns // 100))
        rows = block.rows[:count]
        rows["kind"], rows["qty"] = CommandKind.PLACE, np.arange(number, number + count)
        rows["time_ns"] = now_ns + random.integers(0, 400, count)
        latency_ns = int(random.integers(0, 50))
        sent = zip(rows["time_ns"].tolist(), rows["qty"].tolist(), strict=True)
        waiting += [((time_ns or now_ns) + latency_ns, qty) for time_ns, qty in sent]
        number += count
        way.send(block, count, 1, 1, now_ns, latency_ns)
        due = sorted(one for one in waiting if one[0] < now_ns + 10)
        waiting = [one for one in waiting if one[0] >= now_ns + 10]
        arrived = way.arrived(now_ns + 10)
        assert list(zip(arrived["time_ns"].tolist(), arrived["qty"].tolist(), strict=True)) == due
    assert not block.rows.view(np.uint8).any() and number > 2_000
