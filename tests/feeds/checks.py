"""Is what followers rebuilt what the server shows?"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc

from lightning.pb.v1 import accounts_pb2, trading_pb2
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.accounts_pb2_grpc import AccountsStub
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub
from lightning.pb.v1.trading_pb2_grpc import TradingStub
from tests.feeds.followers import (
    AccountFollower,
    BookFollower,
    OrdersFollower,
    TradesFollower,
    shown_by,
)

SETTLE_S_MAX = 20.0
POLL_S = 0.01


async def under_load(channel: grpc.aio.Channel, follower: BookFollower) -> bool:
    """Compare at one and the same seq, if the follower happens to have seen the reply's. Was there one?"""
    request = pb.GetOrderBookRequest(symbol_id=follower.symbol, levels=follower.levels)
    book = await MarketDataStub(channel).GetOrderBook(request)
    known = follower.recent.get(book.seq)
    if known is not None and known != shown_by(book):
        follower.wrong(f"at seq {book.seq} it is not the book")
    return known is not None


async def settled(look: Callable[[], Awaitable[str]]) -> str:
    """Nothing more happens: what differs after a while, empty if nothing does."""
    end_s = time.monotonic() + SETTLE_S_MAX
    while (difference := await look()) and time.monotonic() < end_s:
        await asyncio.sleep(POLL_S)
    return difference


async def book(channel: grpc.aio.Channel, follower: BookFollower) -> str:
    request = pb.GetOrderBookRequest(symbol_id=follower.symbol, levels=follower.levels)
    reply = await MarketDataStub(channel).GetOrderBook(request)
    return "" if follower.shown() == shown_by(reply) else f"not the book of seq {reply.seq}"


async def orders(channel: grpc.aio.Channel, follower: OrdersFollower) -> str:
    request = pb.ListBookOrdersRequest(symbol_id=follower.symbol)
    reply = await MarketDataStub(channel).ListBookOrders(request)
    listed = [(one.order_id, one.side, one.price, one.quantity) for one in reply.orders]
    return "" if follower.listed() == listed else "not the queues that are listed"


async def trades(channel: grpc.aio.Channel, follower: TradesFollower) -> str:
    reply = await MarketDataStub(channel).ListTrades(pb.ListTradesRequest(symbol_id=follower.symbol, limit=1))
    last = reply.trades[-1].trade_id if reply.trades else 0
    return "" if follower.last_trade_id == last else f"{follower.last_trade_id} trades instead of {last}"


async def account(channel: grpc.aio.Channel, follower: AccountFollower) -> str:
    """Its balances: quick enough to ask often."""
    request = accounts_pb2.GetAccountRequest(account_id=follower.account)
    reply = await AccountsStub(channel).GetAccount(request)
    now = {one.currency_id: (one.available, one.held) for one in reply.balances}
    return "" if follower.balances == now else f"balances {follower.balances} instead of {now}"


async def account_in_full(channel: grpc.aio.Channel, follower: AccountFollower) -> str:
    """All its fills and orders, as the history has them."""
    stub = TradingStub(channel)
    fills = {
        (fill.symbol_id, fill.trade_id, fill.liquidity)
        async for fill in _pages(stub.ListFills, trading_pb2.ListFillsRequest, follower.account, "fills")
    }
    if fills != follower.fills:
        return f"{len(follower.fills)} fills instead of {len(fills)}"
    kept = {
        order.order_id: _state(order)
        async for order in _pages(stub.ListOrders, trading_pb2.ListOrdersRequest, follower.account, "orders")
    }
    told = {order_id: _state(order) for order_id, order in follower.orders.items()}
    different = {one for one in kept.keys() | told.keys() if kept.get(one) != told.get(one)}
    if different:
        one = min(different)
        return f"{len(different)} orders differ; {one}: {told.get(one)} instead of {kept.get(one)}"
    return ""


def _state(order: types.Order) -> tuple[int, str, str, str]:
    return order.status, order.filled_quantity, order.leaves_quantity, order.fee


async def _pages(
    method: Callable[[Any], Awaitable[Any]], request: type[Any], account_id: int, field: str
) -> AsyncIterator[Any]:
    page_token = ""
    while True:
        page = await method(request(account_id=account_id, page_size=1000, page_token=page_token))
        for one in getattr(page, field):
            yield one
        page_token = page.next_page_token
        if not page_token:
            return
