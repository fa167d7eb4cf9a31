"""The benchmarks run, at a tiny size; what they measure is not looked at."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import core, durability, ladders, scale, size, unary
from benchmarks.__main__ import main
from benchmarks.books import deep_book, fill
from benchmarks.flows import SHARED_VARIABLE, Flow, flows, with_accounts
from benchmarks.ladder_kernels import CLOSE, FIND, OPEN, WALK
from benchmarks.ladder_streams import deep, names_of, recorded
from lightning.client.load.flow import synthetic_flow
from lightning.codes import CommandKind, EventKind, RejectReason
from lightning.engine.exchange import Exchange

MESSAGES = 2_000


@pytest.fixture
def flow(monkeypatch: pytest.MonkeyPatch) -> Flow:
    monkeypatch.delenv(SHARED_VARIABLE, raising=False)
    return flows(MESSAGES)[0]


def test_two_synthetic_flows_stand_in_for_the_published_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SHARED_VARIABLE, raising=False)
    calm, crashing = flows(MESSAGES)
    assert len(calm.rows) == len(crashing.rows) == MESSAGES
    assert np.ptp(calm.rows["price"][calm.rows["price"] > 0]) < np.ptp(
        crashing.rows["price"][crashing.rows["price"] > 0]
    )


def test_a_synthetic_flow_is_the_same_every_time_and_trades_rests_and_cancels() -> None:
    rows = synthetic_flow(width=500, messages=MESSAGES, seed=1)
    assert (rows == synthetic_flow(width=500, messages=MESSAGES, seed=1)).all()
    events = Exchange(ledger=False).submit(rows)
    assert {EventKind.TRADE, EventKind.CANCELED, EventKind.AMENDED} <= set(events["kind"].tolist())
    assert set(events["reason"].tolist()) <= {
        RejectReason.NONE,
        RejectReason.NO_LIQUIDITY,
        RejectReason.UNKNOWN_ORDER,
    }


def test_every_message_about_an_order_is_from_its_account_and_can_be_paid() -> None:
    rows = with_accounts(synthetic_flow(width=500, messages=MESSAGES, seed=1))
    of_order = {
        int(row["client_order_id"]): int(row["account"]) for row in rows[rows["kind"] == CommandKind.PLACE]
    }
    assert all(of_order[int(row["client_order_id"])] == row["account"] for row in rows)
    events = core.exchange_with_accounts(workers=1).submit(rows)
    reasons = set(events["reason"].tolist())
    assert RejectReason.NONE in reasons
    assert not reasons & {
        RejectReason.INSUFFICIENT_FUNDS,
        RejectReason.UNKNOWN_ACCOUNT,
        RejectReason.NOT_OWNER,
    }


def test_the_durability_benchmark_prints_every_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durability, "SINGLE_ROWS", 20)
    monkeypatch.setattr(durability, "SINGLE_CALLS", 20)
    words = ["durability", "--messages", "2000", "--rounds", "1", "--size", "500"]
    main([*words, "--directory", str(tmp_path)])
    printed = capsys.readouterr().out
    for figure in ("on / off", "fdatasync", "durable", "recovery:", "snapshot pause", "restart"):
        assert figure in printed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("batch", [64, core.WHOLE])
def test_matching_is_measured(flow: Flow, batch: int) -> None:
    assert len(core.matching(flow, batch, rounds=2).per_s) == 2


@pytest.mark.parametrize("workers", [1, 2])
def test_the_ledger_is_measured(flow: Flow, workers: int) -> None:
    assert len(core.with_ledger(flow, 512, workers, rounds=2).per_s) == 2


@pytest.mark.parametrize("ledger", [False, True])
def test_latency_is_measured(flow: Flow, ledger: bool) -> None:
    measured = core.latency(flow, ledger, rows=100)
    assert measured.p50_us <= measured.p99_us


def test_unary_calls_are_measured_beside_those_of_a_server_that_does_nothing(tmp_path: Path) -> None:
    some = [0, len(unary.CALLS) - 1]
    comparisons = list(unary.compare(some, [2], seconds=0.1, rounds=1, directory=tmp_path))
    assert [comparison.call for comparison in comparisons] == [unary.CALLS[one].name for one in some]
    assert all(one.noop.calls_per_s > 0 and one.ours.calls_per_s > 0 for one in comparisons)


def test_the_ladders_agree_on_a_recorded_flow(flow: Flow) -> None:
    stream = recorded(flow.name, flow.rows)
    counts = np.bincount(stream.operations[:, 0], minlength=4)
    assert counts[FIND] >= counts[OPEN] >= counts[CLOSE] > 0
    (line,) = ladders.compare([stream], rounds=1)
    assert len(line) == len(ladders.STRUCTURES)


def test_the_recorder_ends_with_the_levels_of_the_book(flow: Flow) -> None:
    exchange = Exchange(ledger=False)
    exchange.submit(flow.rows)
    depth = exchange.depth(1, 10_000)
    operations = recorded(flow.name, flow.rows).operations
    opened, closed = ((operations[:, 0] == kind).sum() for kind in (OPEN, CLOSE))
    assert opened - closed == len(depth.bids) + len(depth.asks)


def test_the_ladders_agree_on_a_deep_stream() -> None:
    stream = deep(levels=400, span=4_000)
    assert names_of(stream.operations) == 402
    assert set(stream.operations[:, 0].tolist()) == {FIND, OPEN, CLOSE, WALK}
    lines = ladders.compare([stream], rounds=1)
    assert [line[0].section for line in lines] == ["fill", "sweep", "far", "storm", "gaps"]


def test_ladders_that_differ_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    trie = ladders.STRUCTURES[0]

    def forgetful() -> "ladders.Drive":
        drive = trie.make_drive()
        return lambda *arguments: 1 + drive(*arguments)

    wrong = trie._replace(name="wrong", make_drive=forgetful)
    monkeypatch.setattr(ladders, "STRUCTURES", (trie, wrong))
    with pytest.raises(ValueError, match="differ on deep, fill"):
        ladders.compare([deep(levels=20, span=100)], rounds=1)


def test_one_command_prints_every_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(SHARED_VARIABLE, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(ladders, "LEVELS", 100)
    main(["--messages", str(MESSAGES), "--rounds", "1", "matching", "ledger", "latency", "ladder"])
    printed = capsys.readouterr().out
    for words in (
        "made here",
        "synthetic calm",
        "synthetic crashing",
        "8,000,000",
        "15,000,000",
        "2,000,000",
    ):
        assert words in printed
    for words in ("3,000,000", "2 workers", "p99", "sorted arrays", "deep"):
        assert words in printed


def test_what_an_order_costs_is_measured_in_a_large_book_and_in_a_small_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, number in (("SIZE", 2_000), ("LEVELS", 10), ("THOUSANDTH", 2), ("ROUNDS_SMALL", 2)):
        monkeypatch.setattr(scale, name, number)
    monkeypatch.setenv("COLUMNS", "200")
    main(["scale", "--rounds", "2"])
    printed = capsys.readouterr().out
    for words in ("ratio", "stops", "GTD", "canceled", "swept", "uncrossed"):
        assert words in printed


def test_the_size_of_things_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(size, "FULL", size.Size(accounts=300, symbols=20, orders=1_000, stops=30))
    monkeypatch.setattr(size, "THOUSANDTH", size.Size(accounts=30, symbols=2, orders=100, stops=3))
    monkeypatch.setattr(size, "MESSAGES", 500)
    monkeypatch.setenv("COLUMNS", "200")
    main(["size", "--rounds", "1"])
    printed = capsys.readouterr().out
    for words in ("empty book", "account", "resting order", "pending stop", "ratio", "all alike", "peak"):
        assert words in printed


def test_an_exchange_is_filled_as_its_size_says() -> None:
    exchange = size.filled(size.Size(accounts=300, symbols=20, orders=1_000, stops=30))
    totals = exchange.size()
    assert totals == 300 + 1 + 1_030  # accounts, the one of the fees, open orders
    assert sum(len(exchange.pending_orders(symbol)) for symbol in exchange.symbols) == 30
    assert len(exchange.symbols) == 20


@pytest.mark.parametrize("busiest_first", [False, True])
def test_shares_are_drawn_from_all_ids(busiest_first: bool) -> None:
    ids = size.shares(np.arange(20_000, dtype=np.uint64) * size.ACCOUNT_MIX, 10, busiest_first)
    counts = np.sort(np.bincount(ids, minlength=11)[1:])[::-1]
    assert (counts > 0).all() and counts.sum() == 20_000
    assert (counts[0] > 4 * counts[9]) == busiest_first


def test_commands_that_fill_a_book_and_are_refused_are_an_error() -> None:
    with pytest.raises(ValueError, match="100 of 100"):
        fill(Exchange(), next(size.resting(size.Size(accounts=10, symbols=1, orders=100, stops=0))))


def test_a_deep_book_rests_and_every_cancel_finds_its_order_or_one_that_is_gone() -> None:
    deep = deep_book(orders=1_000, ticks=10_000, messages=400)
    exchange = Exchange(ledger=False)
    fill(exchange, deep.resting)
    assert len(exchange.book_orders(1)) == 1_000
    events = exchange.submit(deep.flow)
    kinds = np.bincount(events["kind"], minlength=256)
    assert kinds[EventKind.TRADE] > 0
    assert kinds[EventKind.CANCELED] > 150
    assert (deep.flow == deep_book(orders=1_000, ticks=10_000, messages=400).flow).all()


def test_a_drill_that_did_not_touch_what_it_says_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale.Sweep, "rows", scale.Sweep.idle)
    with pytest.raises(ValueError, match="Sweep: 0 TRADE rows"):
        scale.measure(scale.Operation("", scale.Sweep, 1_000), rounds=1)


def test_an_unknown_part_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["matchnig"])
    assert "no such part: matchnig" in capsys.readouterr().err
