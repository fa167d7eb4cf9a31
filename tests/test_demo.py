"""`lightning demo`: a market that lives, the same for the same seed, and ends when it is told to."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import grpc
import numpy as np
import pytest
from typer.testing import CliRunner

from lightning import Command, Exchange
from lightning.cli.app import app
from lightning.client.demo import tape_flow as tapes
from lightning.client.demo.flow import DemoSymbol, Flow, Step
from lightning.client.demo.market import DemoError, open_market
from lightning.client.demo.play import Played, play
from lightning.client.demo.reference import VALUES
from lightning.client.demo.stage import TRADER_FUNDS, VISITOR_FUNDS
from lightning.client.demo.traders import ACCOUNTS, STEP_S, traders_flow
from lightning.client.own_server import own_server_with_page
from lightning.client.tape import Op, TapeError, TapeLine, write_tape
from lightning.codes import CommandFlag, CommandKind, EventKind, OrderType, RejectReason, Side, TimeInForce
from lightning.pb.v1 import accounts_pb2, market_data_pb2
from lightning.rows import COMMAND
from tests.conftest import Client, StartServer

BTC_USDT, ETH_USDT, ETH_BTC = SYMBOLS = (
    DemoSymbol(1, "BTC", "USDT", 0.01, 0.000001),
    DemoSymbol(2, "ETH", "USDT", 0.01, 0.00001),
    DemoSymbol(3, "ETH", "BTC", 0.000001, 0.01),
)
DEMO = [sys.executable, "-m", "lightning", "demo", "--no-browser"]
CURRENCY_IDS = {"BTC": 1, "USDT": 2, "ETH": 3}
TRADED_AWAY = {RejectReason.UNKNOWN_ORDER, RejectReason.ALREADY_CLOSED, RejectReason.SELF_TRADE_PREVENTION}
"""What becomes of a cancel of a quote that traded, and of a quote that would trade with its own maker's."""


def steps(seconds: float, seed: int = 7, first_id: int = 1) -> list[Step]:
    return list(islice(traders_flow(SYMBOLS, seed, first_id), int(seconds / STEP_S) + 1))


def commands(seconds: float, seed: int = 7, first_id: int = 1) -> list[Command]:
    return [command for step in steps(seconds, seed, first_id) for command in step.commands]


def funded_exchange() -> Exchange:
    exchange = Exchange()
    deposits = [
        Command(kind=CommandKind.DEPOSIT, account=account, currency=CURRENCY_IDS[name], amount=units * 10**8)
        for account in ACCOUNTS
        for name, units in TRADER_FUNDS.items()
    ]
    assert (exchange.submit(np.array(deposits, COMMAND))["kind"] == EventKind.DEPOSITED).all()
    return exchange


def test_a_seed_decides_every_command() -> None:
    assert steps(20, seed=3) == steps(20, seed=3)
    assert steps(20, seed=3) != steps(20, seed=4)


def test_first_id_moves_the_ids_and_nothing_else() -> None:
    moved = [
        command._replace(client_order_id=command.client_order_id - 1_000 * (command.client_order_id > 0))
        for command in commands(5, first_id=1_001)
    ]
    assert moved == commands(5)


def test_no_id_is_used_twice_and_what_is_canceled_was_placed() -> None:
    placed: set[int] = set()
    for command in commands(60):
        if command.kind == CommandKind.PLACE:
            assert command.client_order_id not in placed
            placed.add(command.client_order_id)
        elif command.kind == CommandKind.CANCEL:
            assert command.client_order_id in placed


def test_about_100_to_300_commands_a_second_of_all_kinds() -> None:
    sent = commands(120)
    assert 100 * 120 < len(sent) < 300 * 120
    for symbol in SYMBOLS:
        own = [command for command in sent if command.symbol == symbol.id]
        assert {Side(command.side) for command in own if command.type == OrderType.STOP} == set(Side)
        assert any(0 < command.display_qty < command.qty for command in own)
    assert {command.account for command in sent} == set(ACCOUNTS)


def test_prices_wander_and_stay_realistic() -> None:
    sent = [command for command in commands(1_200) if command.symbol == BTC_USDT.id and command.price]
    prices = np.array([command.price for command in sent]) * BTC_USDT.tick
    assert 48_000 < prices.min() < 59_900 and 60_100 < prices.max() < 72_000


def test_every_book_keeps_both_sides_and_every_symbol_trades() -> None:
    exchange = funded_exchange()
    kinds: Counter[tuple[int, EventKind]] = Counter()
    refused: set[RejectReason] = set()
    for step in steps(60):
        events = exchange.submit(np.array(step.commands, COMMAND))
        kinds.update((row["symbol"], EventKind(row["kind"])) for row in events)
        refused |= {RejectReason(row["reason"]) for row in events if row["kind"] == EventKind.REJECTED}
        for symbol in SYMBOLS:
            depth = exchange.depth(symbol=symbol.id, levels=10)
            assert len(depth.bids) == len(depth.asks) == 10
    for symbol in SYMBOLS:
        assert kinds[symbol.id, EventKind.TRADE] > 100
    triggered = sum(kinds[symbol.id, EventKind.TRIGGERED] for symbol in SYMBOLS)
    assert 5 < triggered < 0.7 * sum(command.type == OrderType.STOP for command in commands(60))
    assert refused <= TRADED_AWAY


def test_open_orders_do_not_pile_up() -> None:
    """As they would if nothing traded: every order that is not IOC is canceled before too many are open."""
    still_open: set[int] = set()
    for command in commands(300):
        if command.kind == CommandKind.CANCEL:
            still_open.remove(command.client_order_id)
        elif command.kind == CommandKind.PLACE and (
            command.tif == TimeInForce.GTC or command.type == OrderType.STOP
        ):
            still_open.add(command.client_order_id)
    assert len(still_open) <= len(SYMBOLS) * 100


V, A, P, D = Op.OPENING, Op.PLACE, Op.REFUSED, Op.CANCEL
T0 = 2_000_000_000_000_000
SECOND = tapes.IDS_PER_S
TAPE = [
    TapeLine(V, 5, True, 9_900, 100, (), True),
    TapeLine(V, 6, False, 10_100, 100, (), True),
    TapeLine(A, T0, True, 10_000, 50, (), True),
    TapeLine(D, 6, False, 10_100, 100, (), True),
    TapeLine(P, T0 + 2 * SECOND, False, 0, 10, (), True),
    TapeLine(D, T0, True, 10_000, 50, (), True),
]
BTC_USD = DemoSymbol(1, "BTC", "USD", 0.01, 1e-8)


def test_a_tape_is_played_at_the_times_in_its_ids() -> None:
    opening, at_once, later = islice(tapes.tape_flow(BTC_USD, TAPE), 3)
    assert [opening.at_s, at_once.at_s, later.at_s] == [0, 0, 2]
    assert [command.kind for command in opening.commands] == [CommandKind.CANCEL_ALL] * 2
    bid, ask, second_bid, ask_canceled = at_once.commands
    assert (bid.account, bid.side, bid.price, bid.qty) == (tapes.BUYER, Side.BUY, 9_900, 100)
    assert (ask.account, ask.side) == (tapes.SELLER, Side.SELL)
    assert ask_canceled.kind == CommandKind.CANCEL
    assert ask_canceled.client_order_id == ask.client_order_id
    refused, bid_canceled = later.commands
    assert (refused.flags, refused.price) == (CommandFlag.POST_ONLY, 1)
    assert bid_canceled.client_order_id == second_bid.client_order_id


def test_a_tape_begins_again_with_other_ids() -> None:
    played = list(islice(tapes.tape_flow(BTC_USD, TAPE), 6))
    assert [step.at_s for step in played] == [
        0,
        0,
        2,
        2 + tapes.PAUSE_S,
        2 + tapes.PAUSE_S,
        4 + tapes.PAUSE_S,
    ]
    placed = [one for step in played for one in step.commands if one.kind == CommandKind.PLACE]
    assert len({one.client_order_id for one in placed}) == len(placed) == 8


def test_a_tape_is_found_by_its_name_or_alone_in_its_directory(tmp_path: Path) -> None:
    path = tmp_path / "a.tape.csv.gz"
    with pytest.raises(TapeError, match=r"cannot be read.*\*\.tape\.csv\.gz"):
        tapes.find_tape(tmp_path)
    write_tape(path, TAPE)
    assert tapes.find_tape(path) == tapes.find_tape(tmp_path) == TAPE
    write_tape(tmp_path / "b.tape.csv.gz", TAPE)
    with pytest.raises(TapeError, match=r"name one: a\.tape\.csv\.gz, b\.tape\.csv\.gz"):
        tapes.find_tape(tmp_path)


def totals(client: Client, account: int) -> Mapping[int, str]:
    request = accounts_pb2.GetAccountRequest(account_id=account)
    return {one.currency_id: one.total for one in client.accounts.GetAccount(request).balances}


def test_accounts_get_what_they_lack_and_no_more(start_server: StartServer) -> None:
    server = start_server()
    server.deposit(1, 1, "12.5")
    server.deposit(1, 2, "0.25")
    for _ in range(2):
        market = open_market(server.channel, list(VALUES), {1: {"BTC": 10, "USDT": 5, "DOGE": 1}})
        assert totals(server, 1) == {1: "12.5", 2: "5.0"}
        assert (market.symbols, market.first_id) == (list(SYMBOLS), 4)


def test_a_server_without_symbols_to_trade_is_told(start_server: StartServer) -> None:
    with pytest.raises(DemoError, match="no symbol is of the currencies DOGE"):
        open_market(start_server().channel, ["DOGE"], {})


def test_a_server_that_dies_is_told() -> None:
    with own_server_with_page(None, None, 0, 0) as serving, grpc.insecure_channel(serving.address) as channel:

        def killing() -> Flow:
            yield Step(0, [Command(kind=CommandKind.CANCEL_ALL, account=1)])
            os.kill(serving.pid, signal.SIGKILL)
            while True:
                yield Step(0, [])

        with pytest.raises(DemoError, match="the server is gone: UNAVAILABLE"):
            play(channel, killing(), 1.0, None, Played(), lambda: None)


@dataclass
class Demo(Client):
    process: "subprocess.Popen[str]"
    printed: list[str]
    """Until its market was open."""

    def books(self) -> list[market_data_pb2.OrderBook]:
        requests = [market_data_pb2.GetOrderBookRequest(symbol_id=symbol.id) for symbol in SYMBOLS]
        batch = market_data_pb2.BatchGetOrderBooksRequest(requests=requests)
        return list(self.market_data.BatchGetOrderBooks(batch).books)

    def wait_for_trades(self) -> None:
        """In every symbol."""
        for symbol in SYMBOLS:
            request = market_data_pb2.SubscribeTradesRequest(symbol_id=symbol.id, after_trade_id=0)
            call = self.market_data.SubscribeTrades(request, timeout=60)
            assert next(iter(call)).trades
            call.cancel()


@contextmanager
def demo(*arguments: str) -> Iterator[Demo]:
    """Killed at the end if it still runs."""
    command = [*DEMO, "--port", "0", "--http-port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            printed: list[str] = []
            for line in process.stdout:
                printed.append(line)
                if line.startswith("Ctrl-C"):
                    address = told(printed, "gRPC:").split()[0].rstrip(";")
                    yield Demo(address, process, printed)
                    return
            raise AssertionError(f"it never had a market: {process.stderr and process.stderr.read()}")
        finally:
            process.kill()


def told(printed: list[str], about: str) -> str:
    (line,) = (line for line in printed if line.startswith(about))
    return line.removeprefix(about).strip()


def assert_ends_well(running: Demo) -> str:
    """What it printed last."""
    running.channel.close()
    printed, errors = running.process.communicate(timeout=60)
    assert (running.process.returncode, errors) == (0, "")
    host, _, port = running.address.rpartition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=10).close()
    return printed


def test_the_market_lives_and_ends_by_itself() -> None:
    with demo("--seconds", "5") as running:
        running.wait_for_trades()
        for book in running.books():
            assert len(book.bids) > 5 and len(book.asks) > 5
        assert totals(running, 1) == totals(running, 2)
        assert totals(running, 1) == {CURRENCY_IDS[name]: f"{n}.0" for name, n in VISITOR_FUNDS.items()}
        assert b"<html" in urllib.request.urlopen(told(running.printed, "page:"), timeout=30).read()
        assert (
            told(running.printed, "yours:") == "accounts 1 and 2, each with 10 BTC, 200 ETH, 1,000,000 USDT"
        )
        assert " trades in " in assert_ends_well(running)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with demo("--speed", "10") as running:
        running.wait_for_trades()
        running.process.send_signal(number)
        assert assert_ends_well(running).endswith("stopped\n")


def test_a_directory_is_gone_on_with(tmp_path: Path) -> None:
    for _ in range(2):
        with demo("--data", str(tmp_path / "data")) as running:
            running.wait_for_trades()
            assert all(len(book.bids) > 5 and len(book.asks) > 5 for book in running.books())
            running.process.send_signal(signal.SIGTERM)
            assert_ends_well(running)


def test_a_tape_fills_the_book_of_its_symbol(tmp_path: Path) -> None:
    write_tape(tmp_path / "a.tape.csv.gz", TAPE)
    with demo("--tape", str(tmp_path), "--seconds", "1") as running:
        book: market_data_pb2.OrderBook = next(
            iter(
                running.market_data.SubscribeOrderBook(
                    market_data_pb2.SubscribeOrderBookRequest(symbol_id=1), timeout=30
                )
            )
        )
        assert {level.price for level in book.bids} <= {"99.0", "100.0"}
        assert_ends_well(running)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--speed", "0"], "speed"),
        (["--seconds", "0"], "seconds"),
        (["--port", "70000"], "port"),
        (["--tape", "missing.tape.csv.gz"], "missing.tape.csv.gz: cannot be read"),
        (["--tape", "a", "--data", "b"], "--data is of simulated traders"),
    ],
)
def test_bad_arguments_are_told(arguments: list[str], error: str) -> None:
    result = CliRunner().invoke(app, ["demo", "--no-browser", *arguments])
    assert result.exit_code == 2
    assert error in result.output


def test_a_port_in_use_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [
            sys.executable,
            "-m",
            "lightning",
            "demo",
            "--no-browser",
            "--port",
            port,
            "--http-port",
            "0",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr and "Traceback" not in done.stderr
