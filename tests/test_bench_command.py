"""`lightning bench`: what is sent is counted once, late is late, and the server is checked afterwards."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from lightning.cli.app import app
from lightning.client.load import checks, phases
from lightning.client.load.bench import data_directory
from lightning.client.load.config import SYMBOLS, config_text
from lightning.client.load.latency import PERCENTILES, Latencies
from lightning.client.load.market import FIRST_ACCOUNT
from lightning.client.load.pace import OpenLoop
from lightning.client.load.result import Check, Settings
from lightning.client.load.run import run_load
from lightning.client.load.tally import Tally
from lightning.client.load.work import keep_sending
from lightning.client.own_server import OwnServerError, own_server
from lightning.pb.v1.market_data_pb2 import GetOrderBookRequest
from tests.conftest import Client, ServerProcess, StartServer

SHORT = ("--seconds", "0.5", "--accounts", "40", "--batch", "256")
STREAMS = {
    "session": ["orders"],
    "balances": ["balance operations"],
    "unary": ["PlaceOrder"],
    "queries": ["GetOrderBook", "changes", "GetAccount", "changes", "BatchGetOrderBooks", "changes"],
    "mixed": ["orders", "PlaceOrder", "GetOrderBook", "GetAccount"],
}
QUERIES = {"GetOrderBook", "GetAccount", "BatchGetOrderBooks"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with own_server(config_text()) as running:
        yield running


def bench(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["bench", *arguments])


def bench_on(address: str, tmp_path: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """The JSON and what was printed."""
    path = tmp_path / "bench.json"
    result = bench("--server", address, *SHORT, "--json", str(path), *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(path.read_bytes()), result.output


def streams_of(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [stream for phase in report["phases"] for stream in phase["streams"]]


def settings(work: str, seconds: float = 0.5, in_flight: int | None = None) -> Settings:
    return Settings(
        work=work,
        seconds=seconds,
        rate=None,
        in_flight=in_flight,
        batch=256,
        sessions=1,
        accounts=40,
        connections=1,
        data=None,
    )


@pytest.mark.parametrize("work", STREAMS)
def test_everything_sent_is_answered_and_counted_once(address: str, tmp_path: Path, work: str) -> None:
    report, printed = bench_on(address, tmp_path, "--work", work)
    assert set(report["settings"]) == set(Settings.__struct_fields__)
    assert report["settings"]["work"] == work and report["server"] == address
    assert [stream["name"] for stream in streams_of(report)] == STREAMS[work]
    for stream in streams_of(report):
        assert stream["answered"] == stream["sent"] > 0
        assert not (stream["shed"] or stream["failed"] or stream["unanswered"] or stream["replayed"])
        assert stream["errors"] == {}
        counted = stream["name"] not in QUERIES
        assert sum(stream["verdicts"].values()) == (stream["answered"] if counted else 0)
        assert sum(stream["refused"].values()) == stream["verdicts"].get("REJECTED", 0)
        assert list(stream["latency_us"]) == list(PERCENTILES)
        assert list(stream["latency_us"].values()) == sorted(stream["latency_us"].values())
        assert stream["name"] in printed
    assert report["checks"] == [
        {"name": "orders", "good": True, "detail": "those that were left are canceled"}
    ]


def test_orders_of_a_session_trade_and_are_amended_and_canceled_round_after_round(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phases, "SESSION_ROWS", 1_000)
    report, printed = bench_on(address, tmp_path, "--sessions", "2", "--connections", "2")
    (stream,) = streams_of(report)
    assert stream["sent"] > 2_000
    assert {"ACCEPTED", "AMENDED", "CANCELED", "REJECTED"} <= set(stream["verdicts"])
    assert set(stream["refused"]) <= {"UNKNOWN_ORDER", "SELF_TRADE_PREVENTION"}
    assert stream["trades"] > 0
    assert f"{stream['trades']:,} trades" in printed


def test_balances_move_in_every_way_round_after_round_and_none_is_refused(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phases, "SESSION_ROWS", 1_000)
    report, _ = bench_on(address, tmp_path, "--work", "balances")
    (stream,) = streams_of(report)
    assert stream["sent"] > 2_000 and stream["replayed"] == 0
    assert set(stream["verdicts"]) == {"DEPOSITED", "WITHDRAWN", "TRANSFERRED"}


def test_books_are_counted_one_by_one(address: str, tmp_path: Path) -> None:
    report, _ = bench_on(address, tmp_path, "--work", "queries")
    (stream,) = [stream for stream in streams_of(report) if stream["name"] == "BatchGetOrderBooks"]
    assert stream["unit"] == "books" and stream["turn_size"] == SYMBOLS
    assert stream["answered"] % SYMBOLS == 0


def test_no_order_is_left_on_somebody_elses_server(address: str, tmp_path: Path) -> None:
    bench_on(address, tmp_path, "--work", "queries")
    client = Client(address)
    books = [client.market_data.GetOrderBook(GetOrderBookRequest(symbol_id=id)) for id in (1, 2, SYMBOLS)]
    client.channel.close()
    assert [len(book.bids) + len(book.asks) for book in books] == [0, 0, 0]


@pytest.mark.parametrize(("work", "rate"), [("unary", 100), ("session", 5_000), ("queries", 50)])
def test_an_open_loop_sends_what_is_due_and_tells_what_it_did_not(
    address: str, tmp_path: Path, work: str, rate: int
) -> None:
    report, printed = bench_on(address, tmp_path, "--work", work, "--rate", str(rate), "--batch", "20")
    first = report["phases"][0]
    stream = first["streams"][0]
    due = stream["sent"] + stream["never_sent"]
    assert stream["rate"] == rate
    assert rate * 0.5 <= due <= rate * first["seconds"] + stream["turn_size"]
    assert f"{rate:,}/s due" in printed


class SlowWork:
    """Takes a hundred times as long as there is until the next is due."""

    size = 10
    SECONDS = 0.02

    def __init__(self) -> None:
        self.tally = Tally()

    async def send(self) -> int:
        self.tally.sent += self.size
        await asyncio.sleep(self.SECONDS)
        self.tally.answered += self.size
        return self.size

    async def close(self) -> None:
        raise AssertionError("nobody closes it here")


async def test_what_waits_for_its_turn_is_late_and_its_wait_is_latency() -> None:
    begin = time.perf_counter()
    work, latencies, pace = SlowWork(), Latencies(), OpenLoop(5_000)
    sending = asyncio.create_task(keep_sending(work, pace, 1, latencies))
    while work.tally.answered < 10 * work.size:
        await asyncio.sleep(work.SECONDS)
    pace.stop()
    await sending
    passed = time.perf_counter() - begin
    turns = work.tally.sent // work.size
    assert turns >= 10
    assert work.tally.late >= work.tally.sent - work.size  # the first may be in time
    assert turns + pace.missed <= passed * 5_000 + 1
    assert pace.missed > turns
    assert latencies.count == work.tally.sent
    first_due_to_last_answer_us = (turns * work.SECONDS - (turns - 1) / 5_000) * 1e6
    assert latencies.microseconds()["max"] >= first_due_to_last_answer_us * 0.999  # of three digits


async def test_no_turn_comes_before_it_is_due() -> None:
    begin = time.perf_counter_ns()
    pace = OpenLoop(500)
    turns = [await pace.turn() for _ in range(10)]
    now = time.perf_counter_ns()
    pace.stop()
    steps = {second - first for first, second in pairwise(turns) if first and second}
    assert all(1_999_998 <= step <= 2_000_002 for step in steps)
    assert turns[-1] is not None and turns[-1] <= now and now - begin >= 9 * 1_999_000
    assert await pace.turn() is None


def test_what_a_server_sheds_is_counted_and_no_error(start_server: StartServer) -> None:
    server = start_server(server={"requests_in_flight_max": 1})
    load = run_load(server.address, settings("unary", in_flight=32), None, lambda *progress: None)
    ((stream,),) = [phase.streams for phase in load.phases]
    assert stream.shed > 0 and stream.answered > 0
    assert stream.sent == stream.answered + stream.shed
    assert stream.good and not load.interrupted


@pytest.mark.parametrize("work", ["session", "unary"])
def test_a_server_that_dies_is_an_error_and_what_it_did_not_answer_is_counted(
    server_process: ServerProcess, work: str
) -> None:
    def kill(doing: str, passed: float, total: float) -> None:
        if passed:
            server_process.process.kill()

    load = run_load(server_process.address, settings(work, 30.0), server_process.process.pid, kill)
    ((stream,),) = [phase.streams for phase in load.phases]
    lost = ("UNAVAILABLE", "INTERNAL: Internal error from Core")  # gRPC's, for a write that was under way
    assert any(words in text for words in lost for text in stream.errors), stream.errors
    assert stream.sent == stream.answered + stream.failed + stream.unanswered
    assert stream.answered > 0 and stream.failed + stream.unanswered > 0
    assert not stream.good


def test_ctrl_c_ends_the_phase_waits_for_its_answers_and_tells(address: str) -> None:
    def interrupt(doing: str, passed: float, total: float) -> None:
        if passed:
            os.kill(os.getpid(), signal.SIGINT)

    load = run_load(address, settings("queries", 600.0), None, interrupt)
    assert load.interrupted
    assert [phase.name for phase in load.phases] == ["GetOrderBook"]
    for stream in load.phases[0].streams:
        assert stream.sent == stream.answered > 0
    with pytest.raises(KeyboardInterrupt):  # as before
        os.kill(os.getpid(), signal.SIGINT)


def test_its_own_server_is_checked_and_restarted_and_its_directory_gone_on_with(tmp_path: Path) -> None:
    data, path = tmp_path / "data", tmp_path / "bench.json"
    seqs: list[int] = []
    for _ in range(2):
        result = bench(*SHORT, "--work", "mixed", "--data", str(data), "--json", str(path))
        assert result.exit_code == 0, result.output
        report = json.loads(path.read_bytes())
        assert report["server"] is None and report["settings"]["data"] == str(data)
        found = {check["name"]: check["detail"] for check in report["checks"]}
        assert list(found) == ["totals", "commands", "invariants", "data directory", "restart"]
        assert all(check["good"] for check in report["checks"])
        assert report["phases"][0]["server_cpu_seconds"] is not None
        commands = report["setup_commands"] + sum(
            stream["answered"] for stream in streams_of(report) if stream["name"] not in QUERIES
        )
        assert found["commands"] == f"{commands:,} in the journal, {commands:,} were answered"
        seqs.append(sum(seqs[-1:]) + commands)
        assert found["restart"].startswith("same state hash ")
        assert found["restart"].endswith(f"at seq {seqs[-1]:,}")
        assert not any(
            stream["replayed"] or "DUPLICATE_ID" in stream["refused"] for stream in streams_of(report)
        )
        for words in ("restart", "same state hash", "conserved in every currency", "good"):
            assert words in result.output


def test_without_a_directory_it_makes_one_here_and_removes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with data_directory(None) as data:
        data.mkdir()
        (made,) = tmp_path.iterdir()
        assert data.resolve().parent == made
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--work", "nothing"), "--work must be session, unary, queries, balances or mixed, not nothing"),
        (
            ("--accounts", "5", "--sessions", "3"),
            "--accounts must be at least 2 for each of 3 sessions, not 5",
        ),
        (
            ("--server", "127.0.0.1:1", "--data", "here"),
            "--data is of a server that is started here: not together with --server",
        ),
        (("--batch", "0"), "Invalid value for '--batch'"),
        (("--seconds", "0"), "Invalid value for '--seconds'"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(arguments: tuple[str, ...], message: str) -> None:
    result = bench(*arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_no_server_there_is_told() -> None:
    result = bench("--server", "127.0.0.1:1", *SHORT)
    assert result.exit_code == 1
    assert "error: 127.0.0.1:1 answered UNAVAILABLE" in result.output


def test_a_server_without_a_symbol_that_trades_is_told() -> None:
    with own_server(
        config_text().replace('lot = "0.000001"', 'lot = "0.000001"\nstatus = "halted"')
    ) as halted:
        result = bench("--server", halted, *SHORT)
    assert result.exit_code == 1
    assert "error: the server has no symbol that trades" in result.output


def test_a_check_that_does_not_hold_makes_the_report_bad() -> None:
    assert checks.check_commands(10, 25, 5, []) == Check(
        "commands", False, "15 in the journal, 5 were answered"
    )
    found, expected = checks.StateHash(7, "aa"), checks.StateHash(7, "bb")
    told = "ANOTHER state hash: aa at seq 7, not bb at seq 7"
    assert checks.same("restart", found, expected) == Check("restart", False, told)
    failed: list[Check] = []
    with checks.told_in(failed, "restart"):
        raise OwnServerError("it did not start")
    assert failed == [Check("restart", False, "it did not start")]


def test_the_accounts_of_a_load_are_nobody_elses() -> None:
    assert FIRST_ACCOUNT + 1 == 1_000_000_000_001
    assert "1000000000001" in bench("--help").output
