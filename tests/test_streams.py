"""Subscriptions through gRPC: what they rebuild is what the server shows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import numpy as np
import pytest
from grpc import StatusCode

from lightning.client.load.flow import deposits, synthetic_flow, with_accounts
from lightning.client.load.session import Session
from lightning.client.load.tally import Tally
from lightning.pb.schema import management_pb2
from lightning.pb.schema.management_pb2_grpc import ManagementStub
from lightning.pb.v1 import admin_pb2, trading_pb2
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.admin_pb2_grpc import AdminStub
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub
from lightning.pb.v1.trading_pb2_grpc import TradingStub
from lightning.server import publisher, updates
from tests.conftest import StartServer
from tests.feeds import checks
from tests.feeds.followers import (
    AccountFollower,
    BookFollower,
    Follower,
    LatestFollower,
    OrdersFollower,
    TradesFollower,
)
from tests.kills.server import ServerProcess

ACCOUNTS = 8
FUNDS = 10**16
BTC_USDT = 1
PATIENCE_S = 60


def flow(messages: int, seed: int = 1) -> np.ndarray:
    rows = with_accounts(synthetic_flow(100, messages, seed), ACCOUNTS)
    rows["client_order_id"] += seed * 10_000_000
    return rows


@asynccontextmanager
async def trading(address: str, *followers: type[Any] | Follower) -> AsyncIterator[Session]:
    """A session whose accounts have money."""
    async with grpc.aio.insecure_channel(address) as channel:
        session = Session(channel, Tally())
        await session.send(deposits(ACCOUNTS, (1, 2), (FUNDS, FUNDS)))
        yield session
        await session.close()


async def compare(channel: grpc.aio.Channel, followers: list[Follower]) -> None:
    looks = {
        BookFollower: checks.book,
        OrdersFollower: checks.orders,
        TradesFollower: checks.trades,
        AccountFollower: checks.account_in_full,
    }
    for one in followers:
        look: Any = looks[type(one)]
        assert not await checks.settled(lambda one=one, look=look: look(channel, one))  # type: ignore[misc]
        assert one.problems == []


def every_kind(channel: grpc.aio.Channel) -> list[Follower]:
    return [
        *[BookFollower(channel, BTC_USDT, levels) for levels in (1, 5, 1000)],
        OrdersFollower(channel, BTC_USDT),
        TradesFollower(channel, BTC_USDT),
        *[AccountFollower(channel, account) for account in (1, 2)],
    ]


def test_every_stream_rebuilds_what_is_shown(start_server: StartServer) -> None:
    server = start_server()

    async def run() -> None:
        async with grpc.aio.insecure_channel(server.address) as channel, trading(server.address) as session:
            early, late = every_kind(channel), every_kind(channel)
            for one in early:
                one.start()
            rows = flow(6000)
            for at in range(0, len(rows), 100):
                await session.send(rows[at : at + 100])
                if at == 3000:
                    for one in late:
                        one.start()
                if at in (2000, 4000):
                    early[at // 1000].reconnect()
                await checks.under_load(channel, early[1])  # type: ignore[arg-type]
            await compare(channel, early + late)
            assert all(one.messages > 10 for one in early)
            for one in early + late:
                await one.stop()

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))


def test_who_does_not_read_starts_anew_or_is_cut_off_and_misses_nothing(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "UPDATES_MAX", 3)
    server = start_server()

    async def run() -> None:
        async with grpc.aio.insecure_channel(server.address) as channel, trading(server.address) as session:
            followers = every_kind(channel)
            for one in followers:
                one.start()
            for number in range(2, 6):
                rows = flow(3000, number)
                for at in range(0, len(rows), 50):  # quicker than they are told
                    await session.send(rows[at : at + 50])
            await compare(channel, followers)
            for one in followers:
                await one.stop()

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))


@pytest.fixture
def publishers(monkeypatch: pytest.MonkeyPatch) -> list[publisher.Publisher]:
    """Those of the servers that are started from here on."""
    made: list[publisher.Publisher] = []
    plain = publisher.Publisher.__init__

    def remember(self: publisher.Publisher, *arguments: Any) -> None:
        plain(self, *arguments)
        made.append(self)

    monkeypatch.setattr(publisher.Publisher, "__init__", remember)
    return made


def test_a_hung_subscriber_is_cut_off_and_costs_nobody_anything(
    start_server: StartServer, publishers: list[publisher.Publisher]
) -> None:
    server = start_server()

    async def run() -> None:
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with (
            grpc.aio.insecure_channel(server.address) as channel,
            grpc.aio.insecure_channel(server.address, options) as other,
            trading(server.address) as session,
        ):
            request = pb.SubscribeBookOrdersRequest(symbol_id=BTC_USDT)
            hung = MarketDataStub(other).SubscribeBookOrders(request)
            await hung.read()
            reading = BookFollower(channel, BTC_USDT, 20)
            reading.start()
            seed = 0
            while publishers[0]._orders:
                seed += 1
                rows = flow(10_000, seed)
                for at in range(0, len(rows), 500):
                    await session.send(rows[at : at + 500])
                await asyncio.sleep(0.05)
            await compare(channel, [reading])
            await reading.stop()
            hung.cancel()

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))


async def killed_and_started_again(folder: Any) -> None:
    server = ServerProcess(folder)
    await server.start()
    async with grpc.aio.insecure_channel(server.address) as channel, trading(server.address) as session:
        followers: list[Any] = [TradesFollower(channel, BTC_USDT), AccountFollower(channel, 1)]
        for one in followers:
            one.start()
        rows = flow(4000)
        await session.send(rows[:2000])
        await compare(channel, followers)
        before = await told(channel)
        for one in followers:
            await one.stop()
    server.kill()
    await server.wait()
    await server.start()
    async with grpc.aio.insecure_channel(server.address) as channel:
        assert await told(channel) == before
        for one in followers:
            one.channel = channel
            one.start()
        session = Session(channel, Tally())
        await session.send(rows[2000:])
        await compare(channel, followers)
        for one in followers:
            await one.stop()
        await session.close()
    await server.close()


async def told(channel: grpc.aio.Channel) -> list[Any]:
    """Candles and tickers, but for when they were asked for."""
    stub = MarketDataStub(channel)
    ticker = await stub.GetTicker(pb.GetTickerRequest(symbol_id=BTC_USDT))
    assert ticker.trade_count > 0
    ticker.time_ns = 0
    candles = [
        await stub.ListCandles(pb.ListCandlesRequest(symbol_id=BTC_USDT, interval=name))
        for name in pb.CandleInterval.keys()[1:]
    ]
    return [ticker, *candles]


def test_after_a_kill_streams_go_on_where_they_were_and_statistics_are_the_same(tmp_path: Any) -> None:
    asyncio.run(asyncio.wait_for(killed_and_started_again(tmp_path), 4 * PATIENCE_S))


def test_tickers_and_candles_are_told_as_they_are_asked(start_server: StartServer) -> None:
    server = start_server()

    async def run() -> None:
        async with grpc.aio.insecure_channel(server.address) as channel, trading(server.address) as session:
            tickers = LatestFollower(
                channel,
                lambda stub: stub.SubscribeTickers(pb.SubscribeTickersRequest(symbol_ids=[BTC_USDT])),
                lambda ticker: ticker.symbol_id,
            )
            candles = LatestFollower(
                channel,
                lambda stub: stub.SubscribeCandles(
                    pb.SubscribeCandlesRequest(symbol_id=BTC_USDT, interval=pb.CANDLE_INTERVAL_1S)
                ),
                lambda candle: candle.open_time_ms,
            )
            tickers.start()
            candles.start()
            await session.send(flow(2000))
            stub = MarketDataStub(channel)

            async def look() -> str:
                ticker = await stub.GetTicker(pb.GetTickerRequest(symbol_id=BTC_USDT))
                listed = await stub.ListCandles(
                    pb.ListCandlesRequest(symbol_id=BTC_USDT, interval=pb.CANDLE_INTERVAL_1S)
                )
                latest = tickers.latest.get(BTC_USDT, pb.Ticker())
                same = latest.trade_count == ticker.trade_count and latest.best_bid == ticker.best_bid
                known = list(candles.latest.values())
                return "" if same and known == list(listed.candles)[-len(known) :] else "they differ"

            assert not await checks.settled(look)
            for one in (tickers, candles):
                assert one.problems == []
                await one.stop()

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))


async def refusal(call: Any) -> tuple[StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in call:
            pass
    return caught.value.code(), caught.value.details() or ""


def test_what_cannot_be_followed_is_refused(start_server: StartServer) -> None:
    server = start_server()

    async def run() -> None:
        async with grpc.aio.insecure_channel(server.address) as channel, trading(server.address):
            market, trades = MarketDataStub(channel), TradingStub(channel)
            unknown = [
                market.SubscribeOrderBook(pb.SubscribeOrderBookRequest(symbol_id=99)),
                market.SubscribeBookOrders(pb.SubscribeBookOrdersRequest(symbol_id=99)),
                market.SubscribeTrades(pb.SubscribeTradesRequest(symbol_id=99)),
                market.SubscribeTickers(pb.SubscribeTickersRequest(symbol_ids=[1, 99])),
                market.SubscribeCandles(
                    pb.SubscribeCandlesRequest(symbol_id=99, interval=pb.CANDLE_INTERVAL_1S)
                ),
                trades.SubscribeAccount(trading_pb2.SubscribeAccountRequest(account_id=99)),
            ]
            for call in unknown:
                assert (await refusal(call))[0] == StatusCode.NOT_FOUND
            wrong = {
                "levels": market.SubscribeOrderBook(pb.SubscribeOrderBookRequest(symbol_id=1, levels=1001)),
                "levels ": market.SubscribeOrderBook(pb.SubscribeOrderBookRequest(symbol_id=1, levels=-1)),
                "interval": market.SubscribeCandles(pb.SubscribeCandlesRequest(symbol_id=1)),
                "after_trade_id": market.SubscribeTrades(
                    pb.SubscribeTradesRequest(symbol_id=1, after_trade_id=1)
                ),
                "from_seq": trades.SubscribeAccount(
                    trading_pb2.SubscribeAccountRequest(account_id=1, from_seq=10**9)
                ),
                "account_id": trades.SubscribeAccount(trading_pb2.SubscribeAccountRequest(account_id=-1)),
            }
            for field, call in wrong.items():
                code, details = await refusal(call)
                assert code == StatusCode.INVALID_ARGUMENT and details.startswith(field.strip())

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))


def test_a_symbol_that_goes_takes_its_subscribers_along(
    start_server: StartServer, publishers: list[publisher.Publisher]
) -> None:
    server = start_server()

    async def run() -> None:
        async with grpc.aio.insecure_channel(server.address) as channel:
            admin, market = AdminStub(channel), MarketDataStub(channel)
            request = admin_pb2.CreateSymbolRequest(
                name="GONE", base_currency_id=1, quote_currency_id=2, tick="0.01", lot="0.01"
            )
            made = (await admin.CreateSymbol(request)).symbol
            calls = [
                market.SubscribeOrderBook(pb.SubscribeOrderBookRequest(symbol_id=made.symbol_id)),
                market.SubscribeTrades(pb.SubscribeTradesRequest(symbol_id=made.symbol_id)),
            ]
            waiting = [asyncio.create_task(refusal(call)) for call in calls]
            while not (publishers[0]._trades and publishers[0]._feed._books):
                await asyncio.sleep(0.01)
            await delete_symbol(channel, made.symbol_id)
            for ended in waiting:
                assert (await ended)[0] == StatusCode.NOT_FOUND

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))


async def delete_symbol(channel: grpc.aio.Channel, symbol: int) -> None:
    reply = await ManagementStub(channel).DeleteSymbol(management_pb2.DeleteSymbolRequest(id=symbol))
    assert reply.code == 0


def test_nothing_is_kept_of_subscribers_that_left(
    start_server: StartServer, publishers: list[publisher.Publisher]
) -> None:
    server = start_server()

    async def run() -> None:
        async with grpc.aio.insecure_channel(server.address) as channel, trading(server.address) as session:
            followers = every_kind(channel)
            for one in followers:
                one.start()
            await session.send(flow(500))
            await compare(channel, followers)
            for one in followers:
                await one.stop()
            one_publisher = publishers[0]
            feed = one_publisher._feed
            async with asyncio.timeout(20):
                while feed._books or feed._accounts or feed._others:
                    await asyncio.sleep(0.01)
            topics = (
                one_publisher._books,
                one_publisher._orders,
                one_publisher._trades,
                one_publisher._accounts,
            )
            assert not any(topics)

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))


def test_one_report_per_order_with_its_fills(start_server: StartServer) -> None:
    server = start_server()

    async def run() -> None:
        async with grpc.aio.insecure_channel(server.address) as channel, trading(server.address):
            stub = TradingStub(channel)
            call = stub.SubscribeAccount(trading_pb2.SubscribeAccountRequest(account_id=1))
            first = await call.read()
            assert {one.currency_id for one in first.balances} == {1, 2} and not first.reports

            async def place(account: int, side: types.Side, quantity: str) -> trading_pb2.ExecutionReport:
                request = trading_pb2.PlaceOrderRequest(
                    account_id=account,
                    symbol_id=BTC_USDT,
                    side=side,
                    type=types.ORDER_TYPE_LIMIT,
                    price="100",
                    quantity=quantity,
                )
                report: trading_pb2.ExecutionReport = await stub.PlaceOrder(request)
                return report

            placed = await place(1, types.SIDE_BUY, "0.5")
            event = await call.read()
            assert event.previous_seq == first.seq and event.seq == placed.seq
            assert [report.order for report in event.reports] == [placed.order]
            await place(2, types.SIDE_SELL, "0.2")
            event = await call.read()
            (report,) = event.reports
            assert report.order.status == types.ORDER_STATUS_PARTIALLY_FILLED
            assert [(fill.quantity, fill.liquidity) for fill in report.fills] == [
                ("0.2", types.LIQUIDITY_MAKER)
            ]
            refused = await place(1, types.SIDE_BUY, "9" * 9)
            event = await call.read()
            (report,) = event.reports
            assert report.order.status == types.ORDER_STATUS_REJECTED
            assert report.reject_reason == refused.reject_reason and not event.balances
            call.cancel()

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))


def test_an_account_that_fees_go_to_is_told_of_them(start_server: StartServer) -> None:
    server = start_server()

    async def run() -> None:
        async with grpc.aio.insecure_channel(server.address) as channel, trading(server.address) as session:
            admin = AdminStub(channel)
            change = admin_pb2.UpdateSymbolRequest(symbol_id=BTC_USDT, maker_fee_ppm=100, taker_fee_ppm=1000)
            await admin.UpdateSymbol(change)
            follower = AccountFollower(channel, 0)
            follower.start()
            await session.send(flow(2000))
            assert not await checks.settled(lambda: checks.account(channel, follower))
            assert follower.problems == [] and float(follower.balances[2][0]) > 0
            await follower.stop()

    asyncio.run(asyncio.wait_for(run(), PATIENCE_S))
