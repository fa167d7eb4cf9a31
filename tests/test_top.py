"""`lightning top`: what it shows is what the server has, and it comes back when the server does."""

import asyncio
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from lightning.cli import top as top_command
from lightning.cli.app import app
from lightning.cli.top import symbol_of_key
from lightning.client.top.view import Ladder, LevelChange, Rate, SymbolName, View
from lightning.client.top.watch import Watch
from lightning.config import load_config
from lightning.pb.v1 import trading_pb2
from lightning.pb.v1 import types_pb2 as types
from tests.conftest import LOOPBACK, Client, RunningServer, StartServer, run_server

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def place(client: Client, account: int, side: "types.Side", price: str, quantity: str) -> None:
    report = client.trading.PlaceOrder(
        trading_pb2.PlaceOrderRequest(
            account_id=account,
            symbol_id=1,
            side=side,
            type=types.ORDER_TYPE_LIMIT,
            price=price,
            quantity=quantity,
        )
    )
    assert report.order.status != types.ORDER_STATUS_REJECTED, report.reject_message


@pytest.fixture
def market(start_server: StartServer) -> RunningServer:
    """Bids at 49,990 and 49,900.5, asks at 50,010.25 and 50,100; one trade at 50,000."""
    server = start_server()
    server.deposit(1, 2, "1000000")
    server.deposit(2, 1, "10")
    for price, quantity in (("50000", "0.1"), ("49990", "0.25"), ("49900.5", "1.5")):
        place(server, 1, types.SIDE_BUY, price, quantity)
    for price, quantity in (("50000", "0.1"), ("50010.25", "0.75"), ("50100", "2")):
        place(server, 2, types.SIDE_SELL, price, quantity)
    return server


def top(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["top", *arguments])


def test_once_shows_symbols_ladder_trades_and_status(market: RunningServer) -> None:
    result = top(market.address, "--once")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert len(lines) <= 25 and max(map(len, lines)) <= 80
    assert f"{market.address} connected" in lines[0]
    words = [line.split() for line in lines]
    assert words[2] == ["BTC-USDT", "50000.00", "+0.00%", "49990.00", "50010.25", "20.25", "0.10", "BTC", "-"]
    assert [row[0] for row in words[2:5]] == ["BTC-USDT", "ETH-USDT", "ETH-BTC"]
    ladder = [row[1:4] for row in words if len(row) > 4 and row[0] == "│"]
    assert [row for row in ladder if row[0][0].isdigit() and ":" not in row[0]] == [
        ["50100.00", "2.000000", "2.750000"],
        ["50010.25", "0.750000", "0.750000"],
        ["49990.00", "0.250000", "0.250000"],
        ["49900.50", "1.500000", "1.750000"],
    ]
    assert sum("50000.00" in line and "0.100000" in line for line in lines) == 1
    assert "seq 8 " in result.output and "kept in memory only" in result.output
    # its own book and trades, once both are open
    assert re.search(r"waiting: engine \d+, journal \d+, \d+ updates of [012] subscribers", result.output)


def test_a_symbol_is_chosen_by_name(market: RunningServer) -> None:
    result = top(market.address, "--once", "--symbol", "ETH-BTC")
    assert result.exit_code == 0, result.output
    assert "─ ETH-BTC ─" in result.output and "50100.00" not in result.output


def test_an_exchange_without_symbols_is_shown(start_server: StartServer) -> None:
    server = start_server(currency=[{"id": 1, "name": "BTC", "scale": 8}])
    result = top(server.address, "--once")
    assert result.exit_code == 0, result.output


def test_a_symbol_that_there_is_not_is_told(market: RunningServer) -> None:
    result = top(market.address, "--once", "--symbol", "DOGE")
    assert result.exit_code == 2
    assert "there is no symbol DOGE, there are: BTC-USDT, ETH-USDT, ETH-BTC" in result.output


def test_a_server_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(top_command, "ONCE_S_MAX", 0.5)
    result = top("127.0.0.1:1", "--once")
    assert result.exit_code == 1
    assert "no answer from 127.0.0.1:1 within 0.5 s: disconnected" in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["localhost", "--once"], "the address must be HOST:PORT, not localhost"),
        (["localhost:0", "--once"], "the address must be HOST:PORT"),
        (["localhost:x", "--once"], "the address must be HOST:PORT"),
        (["localhost:50051"], "this is no terminal: --once prints one picture"),
    ],
)
def test_bad_arguments_are_told(arguments: list[str], told: str) -> None:
    result = top(*arguments)
    assert result.exit_code == 2
    assert told in result.output


async def test_it_comes_back_when_the_server_does(warm_kernels: None) -> None:
    with run_server(load_config({"server": LOOPBACK})) as first:
        port = int(first.address.rpartition(":")[2])
        view = View(first.address)
        watching = asyncio.create_task(Watch(view, None).run())
        await until(lambda: view.is_whole())
    await until(lambda: not view.connected)
    assert view.connection == "disconnected, trying again"
    with run_server(load_config({"server": {**LOOPBACK, "port": port}})) as second:
        second.deposit(1, 2, "1000")
        await asyncio.to_thread(place, second, 1, types.SIDE_BUY, "100", "1")
        await until(lambda: [level.price for level in view.ladder.bids(5)] == ["100.0"])
        assert view.connected
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


def test_keys_choose_a_symbol_and_q_ends_it(market: RunningServer) -> None:
    terminal, inner = pty.openpty()
    command = [sys.executable, "-m", "lightning", "top", market.address]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, env=environment) as process:
        try:
            os.close(inner)
            read_until(terminal, "─ BTC-USDT ─")
            read_until(terminal, "50100.00")
            os.write(terminal, b"2")
            read_until(terminal, "─ ETH-USDT ─")
            os.write(terminal, b"q")
            assert process.wait(30) == 0
        finally:
            process.kill()
            os.close(terminal)


def read_until(terminal: int, wanted: str) -> None:
    seen = b""
    end_s = time.monotonic() + 60
    while wanted not in ESCAPES.sub("", seen.decode(errors="replace")):
        ready, _, _ = select.select([terminal], [], [], max(0, end_s - time.monotonic()))
        assert ready, seen[-2_000:].decode(errors="replace")
        seen += os.read(terminal, 65_536)


def test_a_rate_is_what_a_count_grew_by() -> None:
    rate = Rate()
    assert rate.per_s(0.0) is None
    rate.add(1_000, 10.0)
    assert rate.per_s(10.0) is None
    rate.add(1_100, 11.0)
    rate.add(1_300, 12.0)
    assert rate.per_s(12.0) == 150
    rate.add(0, 13.0)  # the server began anew
    assert rate.per_s(13.0) == 100
    rate.add(70, 20.0)
    assert rate.per_s(20.0) is None
    rate.add(100, 21.0)
    assert rate.per_s(21.0) == 30


def test_a_ladder_is_changed_level_by_level() -> None:
    ladder = Ladder()
    change = LevelChange
    assert ladder.take(5, 0, [change("9.0", "1.0"), change("10.0", "2.0")], [change("11.0", "3.0")])
    assert ladder.take(6, 5, [change("9.0", "0.0"), change("9.5", "4.0")], [change("11.0", "1.5")])
    assert not ladder.take(8, 7, [], [change("11.0", "0.0")])  # 7 was missed
    assert [tuple(level) for level in ladder.bids(5)] == [("10.0", "2.0", 2.0), ("9.5", "4.0", 6.0)]
    assert [tuple(level) for level in ladder.asks(5)] == [("11.0", "1.5", 1.5)]
    assert len(ladder.bids(1)) == 1 and ladder.seq == 6
    assert ladder.take(9, 0, [change("8.0", "1.0")], [])  # a snapshot
    assert [level.price for level in ladder.bids(5)] == ["8.0"] and ladder.asks(5) == []


def test_digits_and_tab_choose_symbols() -> None:
    view = View("localhost:1")
    assert symbol_of_key(view, "1") is None and symbol_of_key(view, "\t") is None
    view.symbols = {n: SymbolName(n, f"S{n}", "B", 2, 2, "trading") for n in (4, 7)}
    view.chosen = 7
    assert [symbol_of_key(view, key) for key in "12390x²\t"] == [4, 7, None, None, None, None, None, 4]
