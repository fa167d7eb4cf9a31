"""A long history: how fast it is written, and how soon lists of it are answered.

    python -m benchmarks.history [--trades 10000000] [--accounts 10000] [--calls 500]

Orders of random accounts are matched by the real engine and written by the real projector; then a client in a
process of its own lists 100 fills of random accounts and 100 trades of random places in time, through gRPC.
"""

import argparse
import asyncio
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import uvloop

from lightning.codes import CommandKind, EventKind, Side, TimeInForce
from lightning.config import Config, load_config
from lightning.engine import warm
from lightning.engine.exchange import Exchange
from lightning.engine.journal import Batch
from lightning.engine.replay import Applied
from lightning.engine.sequencer import Sequencer
from lightning.pb.v1.market_data_pb2 import ListTradesRequest
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub
from lightning.pb.v1.trading_pb2 import ListFillsRequest
from lightning.pb.v1.trading_pb2_grpc import TradingStub
from lightning.rows import COMMAND
from lightning.server.app import Server
from lightning.storage.history import History
from lightning.storage.memory import MemoryJournal
from lightning.storage.venue import Venue

BATCH = 16_384
SYMBOLS = (1, 2)
MONEY = 10**14


def deposits(accounts: int) -> np.ndarray:
    """Plenty of every currency."""
    rows = np.zeros(3 * accounts, COMMAND)
    rows["kind"] = CommandKind.DEPOSIT
    rows["account"] = np.repeat(np.arange(1, accounts + 1), 3)
    rows["currency"] = np.tile([1, 2, 3], accounts)
    rows["amount"] = MONEY
    return rows


def orders(rng: np.random.Generator, accounts: int) -> np.ndarray:
    """Every second one rests, and the one after it takes it."""
    rows = np.zeros(BATCH, COMMAND)
    rows["kind"] = CommandKind.PLACE
    rows["account"] = rng.integers(1, accounts + 1, BATCH)
    rows["symbol"] = np.repeat(rng.choice(SYMBOLS, BATCH // 2), 2)
    sides = rng.integers(0, 2, BATCH // 2)
    rows["side"] = np.column_stack([sides, int(Side.SELL) - sides]).ravel()
    rows["price"] = np.repeat(rng.integers(900, 1_100, BATCH // 2), 2)
    rows["qty"] = np.repeat(rng.integers(1, 50, BATCH // 2), 2)
    rows["tif"] = np.tile([TimeInForce.GTC, TimeInForce.IOC], BATCH // 2)
    return rows


def build(history: History, exchange: Exchange, trades: int, accounts: int) -> int:
    """Trade until the history has so many trades; how many it has."""
    rng, done = np.random.default_rng(1), 0

    def submit(rows: np.ndarray) -> np.ndarray:
        rows["time_ns"] = time.time_ns()
        record = Batch(exchange.seq + 1, rows)
        events = exchange.submit(rows)
        history.feed(Applied(record, events))
        return events

    submit(deposits(accounts))
    while done < trades:
        done += int((submit(orders(rng, accounts))["kind"] == EventKind.TRADE).sum())
    if not history.wait_for(exchange.seq, timeout_s=3600):
        raise SystemExit("the history did not get there in an hour")
    return done


@contextmanager
def serving(config: Config, exchange: Exchange, history: History) -> Iterator[str]:
    """A server on the history, in a thread of this process; its address."""
    sequencer = Sequencer(exchange, MemoryJournal(), listener=history.feed)
    sequencer.start()
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()

    async def serve() -> None:
        server, stop = Server(config.server), asyncio.Event()
        await server.start()
        await server.open(Venue(exchange, sequencer, history))
        started.set_result((asyncio.get_running_loop(), stop, server.port))
        await stop.wait()
        await server.stop()
        await asyncio.to_thread(sequencer.stop)

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    loop, stop, port = started.result(timeout=60)
    yield f"127.0.0.1:{port}"
    loop.call_soon_threadsafe(stop.set)
    thread.join()


def run_client(address: str, accounts: int, calls: int) -> None:
    """Print what each kind of list took."""
    channel = grpc.insecure_channel(address)
    trading, market_data = TradingStub(channel), MarketDataStub(channel)
    last = market_data.ListTrades(ListTradesRequest(symbol_id=1, limit=1)).trades[0].trade_id

    def fills(newest_first: bool) -> Callable[[], Any]:
        return lambda: trading.ListFills(
            ListFillsRequest(account_id=random.randint(1, accounts), newest_first=newest_first)
        )

    def trades_before() -> Any:
        return market_data.ListTrades(
            ListTradesRequest(symbol_id=1, before_trade_id=random.randint(101, last))
        )

    kinds: dict[str, Callable[[], Any]] = {
        "ListFills, the first 100 of an account": fills(newest_first=False),
        "ListFills, the last 100 of an account": fills(newest_first=True),
        "ListTrades, 100 before a random one": trades_before,
        "ListTrades, the last 100 (from the engine)": lambda: market_data.ListTrades(
            ListTradesRequest(symbol_id=1)
        ),
    }
    for name, call in kinds.items():
        taken = []
        for _ in range(calls):
            began = time.perf_counter()
            call()
            taken.append((time.perf_counter() - began) * 1e3)
        low, high = statistics.median(taken), sorted(taken)[int(len(taken) * 0.99)]
        print(f"{name}: p50 {low:.2f} ms, p99 {high:.2f} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trades", type=int, default=10_000_000)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--client", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        run_client(arguments.client, arguments.accounts, arguments.calls)
        return
    for _, step in warm.kernels():
        step()
    config = load_config({"server": {"host": "127.0.0.1", "port": 0, "http": False}})
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "history.sqlite")
        history = History(path, config, say=print)
        exchange = Exchange(config)
        began = time.perf_counter()
        done = build(history, exchange, arguments.trades, arguments.accounts)
        seconds = time.perf_counter() - began
        size = sum(one.stat().st_size for one in Path(directory).iterdir())
        print(
            f"{done:,} trades, {exchange.seq:,} commands in {seconds:.1f} s: {done / seconds:,.0f} trades/s,"
            f" {exchange.seq / seconds:,.0f} commands/s, {size / done:.0f} bytes a trade with its orders"
        )
        with serving(config, exchange, history) as address:
            numbers = ["--accounts", str(arguments.accounts), "--calls", str(arguments.calls)]
            subprocess.run(
                [sys.executable, "-m", "benchmarks.history", "--client", address, *numbers], check=True
            )
        history.close()


if __name__ == "__main__":
    main()
