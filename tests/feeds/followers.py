"""Subscribers of every kind: each rebuilds what it follows and notes what is wrong."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from typing import Any
from zlib import crc32

import grpc
from grpc import StatusCode

from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1 import trading_pb2
from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub
from lightning.pb.v1.trading_pb2_grpc import TradingStub

RECENT = 500
CUT_OFF = (StatusCode.RESOURCE_EXHAUSTED, StatusCode.UNAVAILABLE, StatusCode.CANCELLED)
Level = tuple[str, str, int]
"""Price, quantity, orders."""
Shown = tuple[tuple[Level, ...], tuple[Level, ...]]
"""Bids and asks, best first."""


class Follower:
    """Subscribes again, from where it was, whenever it is cut off or told to reconnect."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.problems: list[str] = []
        self.messages = 0
        self.cuts: list[StatusCode] = []
        self.reading = asyncio.Event()
        self.reading.set()
        """Cleared: it hangs."""
        self._call: Any = None
        self._task: asyncio.Task[None] | None = None

    def subscribe(self) -> Any:
        raise NotImplementedError

    def take(self, message: Any) -> None:
        raise NotImplementedError

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def reconnect(self) -> None:
        if self._call is not None:
            self._call.cancel()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._call is not None:
            self._call.cancel()

    def wrong(self, what: str) -> None:
        if len(self.problems) < 10:
            self.problems.append(f"{type(self).__name__}: {what}")

    async def _run(self) -> None:
        while True:
            self._call = self.subscribe()
            try:
                await self._read(self._call)
                self.wrong("the stream ended without an error")
            except grpc.aio.AioRpcError as error:
                self.cuts.append(error.code())
                if error.code() not in CUT_OFF:
                    self.wrong(f"{error.code().name}: {error.details()}")
            except asyncio.CancelledError:
                if self._call.cancelled() and not self._is_stopped():
                    self.cuts.append(StatusCode.CANCELLED)
                    continue
                raise
            await asyncio.sleep(0.1)

    def _is_stopped(self) -> bool:
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0

    async def _read(self, call: AsyncIterator[Any]) -> None:
        async for message in call:
            await self.reading.wait()
            self.messages += 1
            self.take(message)


class BookFollower(Follower):
    def __init__(self, channel: grpc.aio.Channel, symbol: int, levels: int) -> None:
        super().__init__(channel)
        self.symbol = symbol
        self.levels = levels
        self.seq = 0
        self.bids: dict[str, Level] = {}
        self.asks: dict[str, Level] = {}
        self.recent: OrderedDict[int, Shown] = OrderedDict()

    def subscribe(self) -> Any:
        request = pb.SubscribeOrderBookRequest(symbol_id=self.symbol, levels=self.levels)
        self.seq = 0
        return MarketDataStub(self.channel).SubscribeOrderBook(request)

    def take(self, message: pb.SubscribeOrderBookResponse) -> None:
        if message.snapshot:
            self.bids.clear()
            self.asks.clear()
        elif message.previous_seq != self.seq:
            self.wrong(f"seq {message.seq} follows {message.previous_seq}, known is {self.seq}")
        self.seq = message.seq
        for side, levels in ((self.bids, message.bids), (self.asks, message.asks)):
            for level in levels:
                if float(level.quantity):
                    side[level.price] = (level.price, level.quantity, level.order_count)
                elif side.pop(level.price, None) is None:
                    self.wrong(f"level {level.price} is gone and never was there")
        shown = self.shown()
        if max(map(len, shown)) > self.levels:
            self.wrong(f"{max(map(len, shown))} levels instead of {self.levels}")
        if checksum(shown) != message.checksum:
            self.wrong(f"checksum at seq {message.seq}")
        self.recent[self.seq] = shown
        while len(self.recent) > RECENT:
            self.recent.popitem(last=False)

    def shown(self) -> Shown:
        bids = sorted(self.bids.values(), key=lambda level: -float(level[0]))
        asks = sorted(self.asks.values(), key=lambda level: float(level[0]))
        return tuple(bids), tuple(asks)


def checksum(shown: Shown) -> int:
    """As Kraken's documentation of its WebSocket API v2 describes it."""
    bids, asks = shown
    return crc32("".join(bare(n) for side in (asks, bids) for level in side[:10] for n in level[:2]).encode())


def bare(number: str) -> str:
    return number.replace(".", "").lstrip("0")


def shown_by(book: pb.OrderBook) -> Shown:
    bids, asks = (
        tuple((level.price, level.quantity, level.order_count) for level in side)
        for side in (book.bids, book.asks)
    )
    return bids, asks


class OrdersFollower(Follower):
    def __init__(self, channel: grpc.aio.Channel, symbol: int) -> None:
        super().__init__(channel)
        self.symbol = symbol
        self.seq = 0
        self._whole = True
        self._levels: dict[tuple[int, str], dict[int, str]] = {}
        """By side and price: quantity by order id, in the order of the queue."""

    def subscribe(self) -> Any:
        self.seq = 0
        request = pb.SubscribeBookOrdersRequest(symbol_id=self.symbol)
        return MarketDataStub(self.channel).SubscribeBookOrders(request)

    def take(self, message: pb.SubscribeBookOrdersResponse) -> None:
        if message.snapshot and self._whole:
            self._levels.clear()
        elif not message.snapshot and message.previous_seq != self.seq:
            self.wrong(f"seq {message.seq} follows {message.previous_seq}, known is {self.seq}")
        self.seq, self._whole = message.seq, not message.more
        for change in message.changes:
            key = (change.side, change.price)
            queue = self._levels.setdefault(key, {})
            if (change.order_id in queue) == (change.action == pb.BOOK_ORDER_ACTION_ADDED):
                self.wrong(f"order {change.order_id}: action {change.action}")
            if change.action == pb.BOOK_ORDER_ACTION_REMOVED:
                queue.pop(change.order_id, None)
                if not queue:
                    del self._levels[key]
            else:
                queue[change.order_id] = change.quantity

    def listed(self) -> list[tuple[int, int, str, str]]:
        """(order id, side, price, quantity) in priority order, bids first."""
        bids = sorted(
            (key for key in self._levels if key[0] == types.SIDE_BUY), key=lambda key: -float(key[1])
        )
        asks = sorted(
            (key for key in self._levels if key[0] == types.SIDE_SELL), key=lambda key: float(key[1])
        )
        return [
            (order_id, side, price, quantity)
            for side, price in (*bids, *asks)
            for order_id, quantity in self._levels[side, price].items()
        ]


class TradesFollower(Follower):
    """From the first trade on."""

    def __init__(self, channel: grpc.aio.Channel, symbol: int) -> None:
        super().__init__(channel)
        self.symbol = symbol
        self.last_trade_id = 0
        self.seq = 0

    def subscribe(self) -> Any:
        request = pb.SubscribeTradesRequest(symbol_id=self.symbol, after_trade_id=self.last_trade_id)
        return MarketDataStub(self.channel).SubscribeTrades(request)

    def take(self, message: pb.SubscribeTradesResponse) -> None:
        for trade in message.trades:
            if trade.trade_id != self.last_trade_id + 1:
                self.wrong(f"trade {trade.trade_id} follows {self.last_trade_id}")
            if trade.seq < self.seq:
                self.wrong(f"trade {trade.trade_id} has seq {trade.seq} behind {self.seq}")
            self.last_trade_id, self.seq = trade.trade_id, trade.seq


class AccountFollower(Follower):
    """From the first command on."""

    def __init__(self, channel: grpc.aio.Channel, account: int) -> None:
        super().__init__(channel)
        self.account = account
        self.seq = 0
        self.fills: set[tuple[int, int, int]] = set()
        """(symbol, trade id, liquidity)"""
        self.orders: dict[int, types.Order] = {}
        self.balances: dict[int, tuple[str, str]] = {}

    def subscribe(self) -> Any:
        self._first = True
        request = trading_pb2.SubscribeAccountRequest(account_id=self.account, from_seq=self.seq + 1)
        return TradingStub(self.channel).SubscribeAccount(request)

    def take(self, message: trading_pb2.AccountEvent) -> None:
        if message.previous_seq != self.seq:
            self.wrong(f"seq {message.seq} follows {message.previous_seq}, known is {self.seq}")
        self.seq, self._first = message.seq, False
        for report in message.reports:
            self.orders[report.order.order_id] = report.order
            for fill in report.fills:
                key = (fill.symbol_id, fill.trade_id, fill.liquidity)
                if key in self.fills:
                    self.wrong(f"fill {key} is told twice")
                self.fills.add(key)
        for balance in message.balances:
            self.balances[balance.currency_id] = (balance.available, balance.held)


class LatestFollower(Follower):
    """Tickers or candles: the last that was told of each."""

    def __init__(
        self, channel: grpc.aio.Channel, ask: Callable[[MarketDataStub], Any], key: Callable[[Any], Any]
    ) -> None:
        super().__init__(channel)
        self._ask = ask
        self._key = key
        self.latest: dict[Any, Any] = {}

    def subscribe(self) -> Any:
        return self._ask(MarketDataStub(self.channel))

    def take(self, message: Any) -> None:
        for one in getattr(message, "tickers", None) or message.candles:
            self.latest[self._key(one)] = one
