"""Subscriptions as their readers see them: gRPC streams and WebSocket channels read the same updates."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

import numpy as np

from lightning.codes import RejectReason
from lightning.engine.exchange import Exchange
from lightning.engine.statistics import Candle, candle_of
from lightning.engine.views import Tickers
from lightning.kernels.candles_layout import Interval
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1 import trading_pb2
from lightning.server.convert import feeds as convert
from lightning.server.convert import market, past, statistics
from lightning.server.convert.enums import read_interval
from lightning.server.convert.fields import require_account, require_not_negative
from lightning.server.errors import BadField, Refused
from lightning.server.gateway import Gateway
from lightning.server.past import Past
from lightning.server.publisher import Publisher
from lightning.server.updates import Update
from lightning.storage.history import HistoryUnavailable
from lightning.storage.history.paging import Asked, Position
from lightning.storage.history.queries import account_changes, trades_after
from lightning.storage.history.schema import Trade

LATEST_EVERY_S = 0.1
"""Tickers and candles are told no more often: each time as they are then."""
PAGE = 1000
"""Trades and fills of one message about what was."""

Updates = AsyncGenerator[Update | None, None]
"""None comes first: the subscription is open, and misses nothing from now on."""
Bytes = AsyncGenerator[bytes, None]


async def as_bytes(updates: Updates) -> Bytes:
    """As gRPC sends them."""
    async with aclosing(updates):
        async for update in updates:
            if update is not None:
                yield update.data


class Streams:
    def __init__(self, gateway: Gateway, publisher: Publisher, past: Past) -> None:
        self._gateway = gateway
        self._publisher = publisher
        self._past = past

    async def order_book(self, request: pb.SubscribeOrderBookRequest) -> Updates:
        symbol = market.known_symbol(self._gateway.catalog, request.symbol_id)
        async with self._publisher.book(symbol, convert.subscribed_levels(request)) as topic:
            with topic.subscribed() as subscription:
                yield None
                subscription.start_anew()
                async for update in subscription.updates():
                    yield update

    async def book_orders(self, request: pb.SubscribeBookOrdersRequest) -> Updates:
        symbol = market.known_symbol(self._gateway.catalog, request.symbol_id)
        async with self._publisher.book_orders(symbol) as topic:
            with topic.subscribed() as subscription:
                yield None
                subscription.start_anew()
                async for update in subscription.updates():
                    yield update

    async def trades(self, request: pb.SubscribeTradesRequest) -> Updates:
        symbol = market.known_symbol(self._gateway.catalog, request.symbol_id)
        after = request.after_trade_id if request.HasField("after_trade_id") else None
        if after is not None:
            require_not_negative("after_trade_id", after)
        async with self._publisher.trades(symbol) as topic:
            with topic.subscribed() as subscription:
                last = topic.last_trade_id
                if after is not None and after > last:
                    raise BadField("after_trade_id", f"must be at most {last}, the last trade's")
                yield None
                while after is not None and after < last:
                    read = partial(_trades, symbol.id, after, min(PAGE, last - after))
                    found = await self._past.read(topic.seq, read)
                    after = found[-1].trade_id
                    yield Update(
                        pb.SubscribeTradesResponse(trades=market.trades(symbol, map(past.trade_view, found)))
                    )
                async for update in subscription.updates():
                    yield update

    async def tickers(self, request: pb.SubscribeTickersRequest) -> Updates:
        asked = [market.known_symbol(self._gateway.catalog, one).id for one in request.symbol_ids]
        followed = frozenset(asked) if asked else None
        async with self._publisher.changes(followed) as changed:
            yield None
            symbols = set(asked or self._gateway.catalog.symbols)
            while True:
                told = await self._tickers(symbols)
                if told.tickers:
                    yield Update(told, len(told.tickers))
                await asyncio.sleep(LATEST_EVERY_S)
                symbols = await changed.take()

    async def _tickers(self, symbols: set[int]) -> pb.SubscribeTickersResponse:
        """Of those that there are."""

        def read(exchange: Exchange) -> Tickers:
            known = np.array(sorted(symbols & exchange.symbols.keys()), np.int64)
            return exchange.tickers(self._gateway.time_ns, known)

        answer = await self._gateway.query(read, quick=True)
        catalog = self._gateway.catalog
        tickers = statistics.tickers(answer.value, catalog.symbols, answer.seq, answer.time_ns)
        return pb.SubscribeTickersResponse(tickers=tickers)

    async def candles(self, request: pb.SubscribeCandlesRequest) -> Updates:
        symbol = market.known_symbol(self._gateway.catalog, request.symbol_id)
        interval = read_interval("interval", request.interval)
        told: list[Candle] = []
        async with self._publisher.changes(frozenset([symbol.id])) as changed:
            yield None
            while True:
                start_ns = told[-1].open_time_ns if told else None
                read = partial(_candles, symbol.id, interval, start_ns)
                answer = await self._gateway.query(read, quick=True)
                if answer.value and answer.value != told[-1:]:
                    told = answer.value
                    message = pb.SubscribeCandlesResponse(
                        symbol_id=symbol.id,
                        interval=request.interval,
                        candles=statistics.candles(symbol, told),
                        seq=answer.seq,
                    )
                    yield Update(message, len(told))
                await asyncio.sleep(LATEST_EVERY_S)
                await changed.take()

    async def account(self, request: trading_pb2.SubscribeAccountRequest) -> Updates:
        account = require_account("account_id", request.account_id)
        from_seq = require_not_negative("from_seq", request.from_seq)
        async with self._publisher.account(account) as topic:
            with topic.subscribed() as subscription:
                seq, balances, time_ns = topic.seq, topic.balances, topic.time_ns
                if from_seq > seq + 1:
                    raise BadField("from_seq", f"must be at most {seq + 1}, the next seq")
                yield None
                previous = max(from_seq - 1, 0)
                if from_seq:
                    async with aclosing(self._past_of(account, from_seq, seq)) as events:
                        async for event in events:
                            yield Update(event)
                            previous = event.seq
                catalog = self._gateway.catalog
                yield Update(convert.account_state(account, balances, seq, previous, time_ns, catalog))
                async for update in subscription.updates():
                    yield update

    async def _past_of(
        self, account: int, from_seq: int, to_seq: int
    ) -> AsyncGenerator[trading_pb2.AccountEvent, None]:
        """What the history has of an account."""
        first_seq = self._past.first_seq
        if from_seq < first_seq:
            raise BadField("from_seq", f"must be at least {first_seq}: what was before is not kept")
        previous = from_seq - 1
        position: Position | None = (from_seq, -1, -1)
        while position is not None:
            read = partial(account_changes, account, Asked(position, PAGE), previous, to_seq)
            part = await self._past.read(to_seq, read)
            catalog = await self._past.catalog({order.symbol for order in part.orders})
            if part.orders:
                yield past.account_event(account, part, previous, catalog)
            previous, position = part.to_seq, part.next


def _candles(symbol: int, interval: Interval, start_ns: int | None, exchange: Exchange) -> list[Candle]:
    """Those from a time on; without one the latest."""
    if symbol not in exchange.symbols:
        raise Refused(RejectReason.UNKNOWN_SYMBOL)
    limit = PAGE if start_ns is not None else 1
    return [candle_of(row) for row in exchange.candles(symbol, interval, start_ns, limit=limit).rows]


def _trades(symbol: int, after: int, limit: int, connection: sqlite3.Connection) -> list[Trade]:
    """At least one. Raises HistoryUnavailable: it is gone."""
    found = trades_after(connection, symbol, after, limit)
    if not found or found[0].trade_id != after + 1:
        raise HistoryUnavailable(f"trades behind {after} are not kept any more")
    return found
