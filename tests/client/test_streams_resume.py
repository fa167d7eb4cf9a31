"""Streams go on, without loss or repeat: after cuts, for readers that are slow, and across a kill -9."""

import asyncio
import math
import threading
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lightning.client import AsyncClient, BulkResult, Client, Rejected, Unavailable, bulk
from lightning.client.load.flow import deposits, synthetic_flow, with_accounts
from lightning.client.model.accounts import Balance
from lightning.client.model.market import BookOrderAction, BookOrdersUpdate, Candle, Ticker, Trade
from lightning.client.model.orders import AccountEvent
from lightning.codes import Side
from lightning.server.errors import TooSlow
from lightning.server.streams import Streams, Updates
from tests.client.faults import Relay
from tests.conftest import RunningServer, StartServer
from tests.kills.server import ServerProcess

ACCOUNTS = 6
FUNDS = 10**16
PATIENCE_S = 240.0
CUT_AFTER = 4
"""Updates, where a server cuts everyone off."""


def flow(messages: int, seed: int) -> np.ndarray:
    rows = with_accounts(synthetic_flow(100, messages, seed), ACCOUNTS)
    rows["client_order_id"] += seed * 10_000_000
    return rows


async def fund(client: AsyncClient) -> None:
    await client.submit(deposits(ACCOUNTS, (1, 2), (FUNDS, FUNDS)))


class Reader:
    """Takes what a stream tells until the reader is stopped."""

    def __init__(self, items: AsyncGenerator[Any, None]) -> None:
        self.items: list[Any] = []
        self._source = items
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async for item in self._source:
            self.items.append(item)

    async def until(self, holds: Callable[[list[Any]], bool]) -> None:
        while not holds(self.items):
            if self._task.done():
                await self._task
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._source.aclose()


def queues(told: list[BookOrdersUpdate]) -> list[tuple[int, Side, Any, Any]]:
    """The book, order by order, bids first."""
    kept: dict[tuple[Side, Any], dict[int, Any]] = {}
    seq = 0
    for one in told:
        if one.snapshot:
            kept.clear()
        else:
            assert one.previous_seq == seq
        seq = one.seq
        for change in one.changes:
            queue = kept.setdefault((change.side, change.price), {})
            assert (change.order_id in queue) != (change.action == BookOrderAction.ADDED)
            if change.action == BookOrderAction.REMOVED:
                del queue[change.order_id]
            else:
                queue[change.order_id] = change.quantity
    prices = sorted(kept, key=lambda key: (key[0], -key[1] if key[0] == Side.BUY else key[1]))
    return [
        (order_id, side, price, quantity)
        for side, price in prices
        for order_id, quantity in kept[side, price].items()
    ]


class Following:
    """A reader of every kind."""

    def __init__(self, client: AsyncClient) -> None:
        self.trades = Reader(client.subscribe_trades(1, after_trade_id=0))
        self.account = Reader(client.subscribe_account(1, from_seq=1))
        self.orders = Reader(client.subscribe_book_orders(1))
        self.tickers = Reader(client.subscribe_tickers([1]))
        self.candles = Reader(client.subscribe_candles(1, "1s"))

    async def stop(self) -> None:
        for one in (self.trades, self.account, self.orders, self.tickers, self.candles):
            await one.stop()

    async def compare(self, client: AsyncClient) -> None:
        """With what the server shows, once it was told."""
        trades: list[Trade] = [one async for one in client.list_trades(1)]
        await self.trades.until(lambda told: len(told) >= len(trades))
        assert self.trades.items == trades
        listed = [tuple(one) for one in await client.list_book_orders(1)]
        seq = (await client.get_order_book(1)).seq
        await self.orders.until(lambda told: queues(told) == listed)
        assert self.orders.items[-1].seq <= seq
        await self._compare_account(client)
        ticker = await client.get_ticker(1)
        await self.tickers.until(lambda told: bool(told) and bare(told[-1]) == bare(ticker))
        candles: list[Candle] = [one async for one in client.list_candles(1, "1s", start=0)]
        await self.candles.until(lambda told: bool(told) and latest(told)[-1] == candles[-1])
        first = self.candles.items[0].open_time_ms
        assert latest(self.candles.items) == [one for one in candles if one.open_time_ms >= first]

    async def _compare_account(self, client: AsyncClient) -> None:
        fills = [one async for one in client.list_fills(1)]
        account = await client.get_account(1)
        await self.account.until(lambda told: balances_of(told) == set(account.balances))
        told: list[AccountEvent] = self.account.items
        assert Counter(fills_of(told)) == Counter((one.trade_id, one.is_maker) for one in fills)
        assert all(two.previous_seq == one.seq for one, two in pairwise(told))
        orders = {one.order.order_id: one.order for event in told for one in event.reports}
        open_orders = [one async for one in client.list_orders(1, open_only=True)]
        assert {one.order_id: one.leaves_quantity for one in open_orders}.items() <= {
            key: one.leaves_quantity for key, one in orders.items()
        }.items()


def balances_of(told: list[AccountEvent]) -> set[Balance]:
    """As they are after all that was told."""
    return set({one.currency_id: one for event in told for one in event.balances}.values())


def fills_of(told: list[AccountEvent]) -> list[tuple[int, bool]]:
    return [(fill.trade_id, fill.is_maker) for event in told for one in event.reports for fill in one.fills]


def bare(ticker: Ticker) -> Ticker:
    """But for when it was asked for."""
    return ticker._replace(seq=0, time_ns=0)


def latest(told: list[Candle]) -> list[Candle]:
    """Of each interval the last; each was told after the ones before."""
    times = [one.open_time_ms for one in told]
    assert times == sorted(times)
    return list({one.open_time_ms: one for one in told}.values())


async def test_streams_go_on_after_cuts_and_tell_nothing_twice(start_server: StartServer) -> None:
    server = start_server()
    async with Relay.to(server.address) as relay, AsyncExitStack() as stack, asyncio.timeout(PATIENCE_S):
        direct = await stack.enter_async_context(AsyncClient(server.address))
        client = await stack.enter_async_context(AsyncClient(relay.address))
        await fund(direct)
        following = Following(client)
        book = await stack.enter_async_context(client.follow_book(1))
        for seed in range(1, 6):
            await direct.submit(flow(400, seed))
            if seed > 1:
                relay.cut()
            await direct.submit(flow(100, seed + 10))
        await following.compare(direct)
        assert book.snapshots > 1
        shown = await direct.get_order_book(1, levels=1000)
        while book.bids() != shown.bids or book.asks() != shown.asks:
            await asyncio.sleep(0.01)
        await following.stop()


async def test_who_reads_too_slowly_is_cut_off_and_misses_nothing(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts = Counter[str]()

    async def cut_off(name: str, plain: Updates) -> Updates:
        async with aclosing(plain):
            for _ in range(CUT_AFTER):
                yield await anext(plain)
        cuts[name] += 1
        raise TooSlow("what comes next")

    for name in ("trades", "account", "order_book", "book_orders"):
        plain: Any = getattr(Streams, name)
        monkeypatch.setattr(
            Streams,
            name,
            lambda streams, request, name=name, plain=plain: cut_off(name, plain(streams, request)),
        )
    server = start_server()
    async with AsyncClient(server.address) as client, asyncio.timeout(PATIENCE_S):
        await fund(client)
        following = Following(client)
        async with client.follow_book(1):
            for seed in range(1, 16):
                await client.submit(flow(100, seed))
            await following.compare(client)
        assert len(cuts) == 4, cuts
        await following.stop()


class BlockingReader(threading.Thread):
    """Every trade, through the client that blocks, up to and with `last_trade_id`, once that is known."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.trades: list[Trade] = []
        self.last_trade_id = math.inf
        self._address = address

    def run(self) -> None:
        with Client(self._address, timeout=PATIENCE_S, reconnect_timeout=PATIENCE_S) as client:
            for trade in client.subscribe_trades("BTC-USDT", after_trade_id=0):
                self.trades.append(trade)
                if trade.trade_id >= self.last_trade_id:
                    return


class Sender:
    """Sends orders by the thousand until it is stopped."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._stopped = False
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> list[BulkResult]:
        results: list[BulkResult] = []
        while not self._stopped:
            results.append(await self._client.submit(flow(2000, 2 + len(results))))
        return results

    async def stop(self) -> list[BulkResult]:
        self._stopped = True
        return await self._task


async def test_streams_and_orders_go_on_across_a_kill(
    warm_kernels: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 200)
    server = ServerProcess(tmp_path)
    await server.start()
    async with Relay.to(server.address) as relay, AsyncExitStack() as stack, asyncio.timeout(PATIENCE_S):
        client = await stack.enter_async_context(
            AsyncClient(relay.address, timeout=PATIENCE_S, reconnect_timeout=PATIENCE_S)
        )
        await fund(client)
        following = Following(client)
        blocking = BlockingReader(relay.address)
        blocking.start()
        await client.submit(flow(2000, 1))
        sender = Sender(client)
        told = len(following.trades.items)
        await following.trades.until(lambda trades: len(trades) > told + 20)
        server.kill()
        await server.wait()
        await server.start()
        relay.target = server.address
        for result in await sender.stop():
            assert result.rows["acknowledged"].all()
            assert (np.diff(result.rows["seq"]) > 0).all()
        await following.compare(client)
        blocking.last_trade_id = following.trades.items[-1].trade_id + 1
        await client.place_order(2, 1, "buy", "0.001", price=99_999)
        await client.place_order(1, 1, "sell", "0.001")
        await asyncio.to_thread(blocking.join)
        trades = [one async for one in client.list_trades(1)]
        assert blocking.trades == trades[: len(blocking.trades)]
        assert len(blocking.trades) == blocking.last_trade_id
        await following.stop()
    await server.close()


async def test_a_stream_that_cannot_come_back_says_so(venue: RunningServer) -> None:
    async with Relay.to(venue.address) as relay, AsyncClient(relay.address, reconnect_timeout=0.5) as client:
        book = client.subscribe_order_book(1)
        assert (await anext(book)).snapshot
        relay.target = "127.0.0.1:1"
        relay.cut()
        with pytest.raises(Unavailable, match=r"did not come back within 0\.5 s"):
            _ = [update async for update in book]


async def test_a_stream_of_nothing_is_refused(venue: RunningServer) -> None:
    async with AsyncClient(venue.address) as client:
        for stream in (client.subscribe_trades("NO-SUCH"), client.subscribe_book_orders(987)):
            with pytest.raises(Rejected):
                await anext(stream)
