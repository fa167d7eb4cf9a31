"""Fifty subscribers under mixed load; some stop to read, some reconnect.

    python -m tests.feeds.soak [--minutes 10] [--subscribers 50]

Load pauses every half second; then every stream must be what the server shows. Exit code 1: something was
wrong. Also printed, and for the reader to judge: the p99 of orders in a symbol that nobody follows, before
subscribers hang and while they do, and the server's memory. Before the clock starts the server is given as
many ids as it ever remembers, so that what it keeps for answering them again is full.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import numpy as np

from lightning.client.load.flow import deposits, synthetic_flow, with_accounts
from lightning.client.load.session import Session
from lightning.client.load.tally import Tally
from lightning.client.own_server import own_durable_server
from lightning.codes import CommandKind
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1 import trading_pb2
from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.trading_pb2_grpc import TradingStub
from lightning.rows import COMMAND
from tests.feeds import checks
from tests.feeds.followers import (
    AccountFollower,
    BookFollower,
    Follower,
    LatestFollower,
    OrdersFollower,
    TradesFollower,
)

ACCOUNTS = 40
FOLLOWED = (1, 2)
PROBED = 3
ROUND_S = 0.5
BLOCK_ROWS = 250
BLOCKS_PER_ROUND = 5
FUNDS = 10**17
HANG_S = 25.0
MESSAGES = 2_000_000
IDS_TO_FILL = 5_000_000
FILL_ROWS = 8_000


@dataclass
class Report:
    points: int = 0
    exact_points: int = 0
    commands: int = 0
    latencies_calm: list[float] = field(default_factory=list)
    latencies_hung: list[float] = field(default_factory=list)
    rss_mib: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def print(self, followers: list[Follower], seconds: float) -> None:
        cuts = Counter(code.name for one in followers for code in one.cuts)
        print(f"{seconds:.0f} s, {self.commands:,} commands, {len(followers)} subscribers")
        print(f"{sum(one.messages for one in followers):,} messages; streams ended and resumed: {dict(cuts)}")
        print(
            f"compared: {self.points:,} times at rest, {self.exact_points:,} times under load at the same seq"
        )
        for name, latencies in (("before", self.latencies_calm), ("while some hang", self.latencies_hung)):
            if latencies:
                p50, p99 = np.percentile(latencies, (50, 99)) * 1000
                count = len(latencies)
                print(f"{count:,} orders nobody follows, {name}: p50 {p50:.2f} ms, p99 {p99:.2f} ms")
        tenths = [part.mean() for part in np.array_split(self.rss_mib, 10) if len(part)]
        print(f"server memory in each tenth of the time, MiB: {' '.join(f'{one:.0f}' for one in tenths)}")
        for problem in self.problems:
            print(f"WRONG {problem}")
        print("all streams were right" if not self.problems else f"{len(self.problems)} problems")


def make_followers(address: str, count: int) -> tuple[list[Follower], list[grpc.aio.Channel]]:
    """A channel for each: one that hangs must not hold up another's flow control."""
    options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
    channels = [grpc.aio.insecure_channel(address, options) for _ in range(count)]
    kinds: list[Any] = [
        lambda channel, n: BookFollower(channel, FOLLOWED[n % 2], (5, 20, 100)[n % 3]),
        lambda channel, n: OrdersFollower(channel, FOLLOWED[n % 2]),
        lambda channel, n: TradesFollower(channel, FOLLOWED[n % 2]),
        lambda channel, n: AccountFollower(channel, 1 + n % ACCOUNTS),
        lambda channel, n: BookFollower(channel, FOLLOWED[n % 2], (1, 10, 1000)[n % 3]),
        lambda channel, n: LatestFollower(
            channel,
            lambda stub: stub.SubscribeTickers(pb.SubscribeTickersRequest()),
            lambda ticker: ticker.symbol_id,
        ),
        lambda channel, n: LatestFollower(
            channel,
            lambda stub: stub.SubscribeCandles(
                pb.SubscribeCandlesRequest(symbol_id=FOLLOWED[n % 2], interval=1 + n % 3)
            ),
            lambda candle: candle.open_time_ms,
        ),
    ]
    followers = [kinds[n % len(kinds)](channel, n // len(kinds)) for n, channel in enumerate(channels)]
    return followers, channels


async def load_rounds(
    session: Session, report: Report, rounds: int, followers: list[Follower], channel: Any
) -> None:
    flows = [with_accounts(synthetic_flow(200, MESSAGES, seed), ACCOUNTS) for seed in FOLLOWED]
    for symbol, flow in zip(FOLLOWED, flows, strict=True):
        flow["symbol"] = symbol
        flow["client_order_id"] += symbol * 10 * MESSAGES
    at = 0
    for _ in range(rounds):
        began_s = time.monotonic()
        for _ in range(BLOCKS_PER_ROUND):
            rows = np.concatenate([flow[at : at + BLOCK_ROWS] for flow in flows])
            at += BLOCK_ROWS
            report.commands += await session.send(rows)
            one = random.choice(followers)
            if isinstance(one, BookFollower) and one.reading.is_set():
                report.exact_points += await checks.under_load(channel, one)
        await compare(followers, report, channel)
        await asyncio.sleep(max(ROUND_S - (time.monotonic() - began_s), 0))


async def compare(followers: list[Follower], report: Report, channel: Any) -> None:
    for one in followers:
        if not one.reading.is_set():
            continue
        match one:
            case BookFollower():
                look: Any = lambda one=one: checks.book(channel, one)  # noqa: E731
            case OrdersFollower():
                look = lambda one=one: checks.orders(channel, one)  # noqa: E731
            case TradesFollower():
                look = lambda one=one: checks.trades(channel, one)  # noqa: E731
            case AccountFollower():
                look = lambda one=one: checks.account(channel, one)  # noqa: E731
            case _:
                continue
        difference = await checks.settled(look)
        report.points += 1
        if difference and one.reading.is_set():
            one.wrong(difference)


async def disturb(followers: list[Follower], report: Report, seconds: float) -> None:
    """After a third of the time: now and then one hangs for a while, another reconnects."""
    await asyncio.sleep(seconds / 3)
    hanging = random.sample(followers, len(followers) // 8)
    end_s = time.monotonic() + seconds / 2
    while time.monotonic() < end_s:
        for one in hanging:
            one.reading.clear()
        stop_s = time.monotonic() + HANG_S
        while time.monotonic() < stop_s:
            random.choice([one for one in followers if one not in hanging]).reconnect()
            await asyncio.sleep(2)
        for one in hanging:
            one.reading.set()
        await asyncio.sleep(5)


async def probe(address: str, followers: list[Follower], report: Report) -> None:
    """An order twenty times a second in a symbol that nobody follows."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub = TradingStub(channel)
        while True:
            order = trading_pb2.PlaceOrderRequest(
                account_id=ACCOUNTS + 1,
                symbol_id=PROBED,
                side=types.SIDE_BUY,
                type=types.ORDER_TYPE_LIMIT,
                time_in_force=types.TIME_IN_FORCE_IOC,
                price="0.05",
                quantity="1",
            )
            began_s = time.perf_counter()
            await stub.PlaceOrder(order)
            hung = any(not one.reading.is_set() for one in followers)
            into = report.latencies_hung if hung else report.latencies_calm
            into.append(time.perf_counter() - began_s)
            await asyncio.sleep(0.05)


async def fill_window(session: Session) -> None:
    """Cancels of orders that there are not, each with an id: the answers are remembered, nothing else is."""
    rows = np.zeros(FILL_ROWS, COMMAND)
    rows["kind"], rows["symbol"], rows["order_id"] = CommandKind.CANCEL, PROBED, 2**62
    rows["account"] = np.arange(FILL_ROWS) % ACCOUNTS + 1
    for first in range(2**40, 2**40 + IDS_TO_FILL, FILL_ROWS):
        rows["request_id"] = np.arange(first, first + FILL_ROWS)
        await session.send(rows)


async def watch_memory(pid: int, report: Report) -> None:
    while True:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        report.rss_mib.append(pages * 4096 / 2**20)
        await asyncio.sleep(1)


async def soak(address: str, pid: int, seconds: float, subscribers: int) -> Report:
    report = Report()
    async with grpc.aio.insecure_channel(address) as channel:
        session = Session(channel, Tally())
        await session.send(deposits(ACCOUNTS + 1, (1, 2, 3), (FUNDS // ACCOUNTS,) * 3))
        await fill_window(session)
        followers, channels = make_followers(address, subscribers)
        for one in followers:
            one.start()
        side = [
            asyncio.create_task(work)
            for work in (
                disturb(followers, report, seconds),
                probe(address, followers, report),
                watch_memory(pid, report),
            )
        ]
        began_s = time.monotonic()
        await load_rounds(session, report, int(seconds / ROUND_S), followers, channel)
        for task in side:
            task.cancel()
        await asyncio.gather(*side, return_exceptions=True)
        for one in followers:
            one.reading.set()
        await compare(followers, report, channel)
        for one in followers:
            if isinstance(one, AccountFollower) and (problem := await checks.account_in_full(channel, one)):
                one.wrong(problem)
            await one.stop()
            report.problems += one.problems
        await session.close()
        for each in channels:
            await each.close()
        report.print(followers, time.monotonic() - began_s)
    return report


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--subscribers", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    random.seed(given.seed)
    with (
        tempfile.TemporaryDirectory() as directory,
        own_durable_server(Path(directory, "data"), None) as serving,
    ):
        report = asyncio.run(soak(serving.address, serving.pid, given.minutes * 60, given.subscribers))
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
