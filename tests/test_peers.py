"""The comparison with other engines: who trades otherwise, fails or is missing has no figure."""

import os
from collections.abc import Iterable
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from benchmarks.__main__ import main
from benchmarks.books import deep_book
from benchmarks.flows import SHARED_VARIABLE
from benchmarks.orderflow import SYMBOL
from benchmarks.peers import ours, run, table
from benchmarks.peers.engine import Engine, Trade
from benchmarks.peers.run import Contender, Failed, Workload, digest_of, play
from benchmarks.peers.steps import plain, steps
from lightning.client.load.flow import synthetic_flow
from lightning.codes import CommandKind, EventKind, Side
from lightning.config import default_config
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND, Command
from tests.oracle.exchange import Oracle

MESSAGES = 300
NOTHING = np.empty(0, COMMAND)


class PlainBook:
    """The oracle, called as a peer is."""

    def __init__(self) -> None:
        config = default_config()
        self._oracle = Oracle(config.currencies, config.symbols, ledger=False)
        self._trades: list[Trade] = []

    def place(self, order_id: int, is_buy: bool, price: int, qty: int) -> None:
        side = Side.BUY if is_buy else Side.SELL
        self._submit(CommandKind.PLACE, order_id, side, price, qty)

    def cancel(self, order_id: int) -> None:
        self._submit(CommandKind.CANCEL, order_id, Side.BUY, 0, 0)

    def trades(self) -> Iterable[Trade]:
        return self._trades

    def _submit(self, kind: CommandKind, order_id: int, side: Side, price: int, qty: int) -> None:
        command = Command(kind=kind, symbol=SYMBOL, client_order_id=order_id, side=side, price=price, qty=qty)
        for event in self._oracle.submit([command]):
            if event.kind == EventKind.TRADE:
                makers = event.maker_client_order_id
                self._trades.append(Trade(event.price, event.qty, makers, event.client_order_id))


class TradesAtOtherPrices(PlainBook):
    def trades(self) -> Iterable[Trade]:
        *most, last = super().trades()
        return [*most, last._replace(price=last.price + 1)]


class Crashing(PlainBook):
    def cancel(self, order_id: int) -> None:
        os._exit(3)


class Refusing(PlainBook):
    def cancel(self, order_id: int) -> None:
        raise KeyError(order_id)


def contender(engine: type[PlainBook], distribution: str = "numpy") -> Contender:
    return Contender(engine.__name__, f"{__name__}:{engine.__name__}", distribution)


@pytest.fixture(scope="module")
def shallow() -> Workload:
    return Workload("shallow", NOTHING, plain(synthetic_flow(50, MESSAGES, seed=1), NOTHING))


@pytest.fixture(scope="module")
def deep() -> Workload:
    given = deep_book(orders=200, ticks=2_000, messages=200)
    return Workload("deep", given.resting, plain(given.flow, given.resting))


def test_a_flow_in_plain_words_has_the_trades_that_it_had_before() -> None:
    rows = synthetic_flow(50, 2_000, seed=1)
    trades = []
    for given in rows, plain(rows, NOTHING):
        events = Exchange(ledger=False).submit(given)
        seen = events[events["kind"] == EventKind.TRADE]
        trades.append([seen[name].tolist() for name in ("price", "qty", "leaves_qty", "side")])
    assert trades[0] == trades[1]
    assert len(trades[0][0]) > 10


def test_plain_words_are_limit_orders_with_new_ids_and_cancels_that_find_one(deep: Workload) -> None:
    assert set(deep.rows["kind"].tolist()) == {CommandKind.PLACE, CommandKind.CANCEL}
    assert not deep.rows["tif"].any()
    placed = deep.rows["client_order_id"][deep.rows["kind"] == CommandKind.PLACE]
    assert placed.tolist() == list(range(201, 201 + len(placed)))
    exchange = Exchange(ledger=False)
    exchange.submit(deep.resting)
    assert EventKind.REJECTED not in exchange.submit(deep.rows)["kind"]


@pytest.mark.parametrize("engine", [ours.OneByOne, ours.OneByOneWithLedger])
def test_one_call_per_order_trades_as_the_oracle_does(deep: Workload, engine: type[Engine]) -> None:
    digests = []
    for one in (PlainBook(), engine()):
        for rows in deep.resting, deep.rows:
            play(one, steps(rows), seconds_max=60)
        digests.append(digest_of(one.trades()))
    assert digests[0] == digests[1]
    assert digests[0][0] > 5


@pytest.mark.parametrize("ledger", [False, True])
def test_batches_trade_as_the_oracle_does(deep: Workload, ledger: bool) -> None:
    _, trades = ours.batched(deep.rows, deep.resting, ledger, size=64)
    assert digest_of(trades) == table.Judge(deep).digest(len(deep.rows))


def test_who_trades_otherwise_or_fails_has_no_figure(shallow: Workload) -> None:
    engines = [contender(one) for one in (PlainBook, TradesAtOtherPrices, Refusing, Crashing)]
    good, other, refusing, crashing = table.compare(engines, shallow, rounds=2)
    assert good.same and isinstance(good.outcome, run.Played) and len(good.outcome.seconds) == 2
    assert not other.same and isinstance(other.outcome, run.Played)
    assert other.outcome.trades == good.outcome.trades > 0
    assert isinstance(refusing.outcome, Failed) and "KeyError" in refusing.outcome.why
    assert isinstance(crashing.outcome, Failed) and "exit code 3" in crashing.outcome.why
    console = Console(width=200, record=True, file=StringIO())
    console.print(table.table_of(shallow, [good, other]))
    lines = [line for line in console.export_text().splitlines() if "│" in line]
    assert " same " in lines[0] and "none" not in lines[0]
    assert " OTHER " in lines[1] and " none " in lines[1]


def test_an_engine_too_slow_for_the_flow_is_judged_by_what_it_has_done(
    shallow: Workload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "SLICE", 50)
    monkeypatch.setattr(run, "ROUND_S_MAX", 1e-9)
    played = run.play_calls(contender(PlainBook).adapter, shallow, rounds=2)
    assert isinstance(played, run.Played) and played.steps == 50
    assert played[2:] == table.Judge(shallow).digest(50)
    assert table.Judge(shallow).digest(50) != table.Judge(shallow).digest(len(shallow.rows))


def test_the_command_prints_a_table_a_book_and_names_who_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(SHARED_VARIABLE, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    absent = contender(Refusing, "no-such-distribution")
    monkeypatch.setattr(table, "CONTENDERS", (*table.OURS[:1], contender(PlainBook), absent))
    main(["peers", "--messages", str(MESSAGES), "--rounds", "1"])
    printed = capsys.readouterr().out
    for words in (
        "shallow book",
        "deep book, 300 resting orders",
        "4,096",
        "PlainBook",
        "one call per order",
    ):
        assert words in printed
    assert "not installed, left out: Refusing" in printed
    assert printed.count(" same") >= 4 and "OTHER" not in printed
