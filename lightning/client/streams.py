"""Market data and accounts: followed. Every stream goes on by itself after a cut, without loss or repeat."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from lightning.client.calls import Calls
from lightning.client.catalog import SymbolRef
from lightning.client.market_data import LEVELS, MarketDataCalls
from lightning.client.model import market as model
from lightning.client.model import orders
from lightning.client.model.accounts import Balance
from lightning.client.model.market import (
    BookOrderChange,
    BookOrdersUpdate,
    BookUpdate,
    Candle,
    Ticker,
    Trade,
)
from lightning.client.model.orders import AccountEvent
from lightning.client.subscription import Subscription
from lightning.client.values import Interval, interval_number
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1 import trading_pb2
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub
from lightning.pb.v1.trading_pb2_grpc import TradingStub

NO_SEQ = -1


class StreamCalls(MarketDataCalls, Calls):
    """What is not read waits in the server, which in the end tells the present state of books, tickers and
    candles in place of what was missed, and cuts other streams off. They go on where they were.

    Raises LightningError: a refusal, or Unavailable when the server does not come back within `reconnect_s`.
    """

    async def subscribe_order_book(
        self, symbol: SymbolRef, levels: int = LEVELS
    ) -> AsyncGenerator[BookUpdate, None]:
        """First a snapshot, then changes, each following from the one before. A snapshot that comes later
        says that something was missed.

        levels : of each side, at most 1,000
        """
        request = pb.SubscribeOrderBookRequest(symbol_id=await self._catalog.symbol_id(symbol), levels=levels)
        subscription = Subscription[pb.SubscribeOrderBookResponse](
            self._connection, lambda: (self._connection.stub(MarketDataStub).SubscribeOrderBook, request)
        )
        seq = NO_SEQ
        async with aclosing(subscription.messages()) as messages:
            async for message in messages:
                if not message.snapshot and message.previous_seq != seq:
                    subscription.again()
                    continue
                seq = message.seq
                yield model.book_update(message)

    async def subscribe_book_orders(self, symbol: SymbolRef) -> AsyncGenerator[BookOrdersUpdate, None]:
        """As `subscribe_order_book`, order by order."""
        request = pb.SubscribeBookOrdersRequest(symbol_id=await self._catalog.symbol_id(symbol))
        subscription = Subscription[pb.SubscribeBookOrdersResponse](
            self._connection, lambda: (self._connection.stub(MarketDataStub).SubscribeBookOrders, request)
        )
        seq, parts = NO_SEQ, list[BookOrderChange]()
        async with aclosing(subscription.messages()) as messages:
            async for message in messages:
                if subscription.is_first:
                    parts.clear()
                if not message.snapshot and message.previous_seq != seq:
                    subscription.again()
                    continue
                parts += map(model.book_order_change, message.changes)
                if message.more:
                    continue
                seq = message.seq
                yield BookOrdersUpdate(
                    symbol_id=message.symbol_id,
                    seq=seq,
                    previous_seq=message.previous_seq,
                    snapshot=message.snapshot,
                    changes=tuple(parts),
                    time_ns=message.time_ns,
                )
                parts.clear()

    async def subscribe_trades(
        self, symbol: SymbolRef, after_trade_id: int | None = None
    ) -> AsyncGenerator[Trade, None]:
        """Every trade, once.

        after_trade_id : go on after it; 0: from the first; not given: from now on
        """
        symbol_id = await self._catalog.symbol_id(symbol)
        if after_trade_id is None:
            latest = await self.recent_trades(symbol_id, limit=1)
            after_trade_id = latest[-1].trade_id if latest else 0
        last = after_trade_id
        subscription = Subscription[pb.SubscribeTradesResponse](
            self._connection,
            lambda: (
                self._connection.stub(MarketDataStub).SubscribeTrades,
                pb.SubscribeTradesRequest(symbol_id=symbol_id, after_trade_id=last),
            ),
        )
        async with aclosing(subscription.messages()) as messages:
            async for message in messages:
                for one in message.trades:
                    if one.trade_id > last + 1:
                        subscription.again()
                        break
                    if one.trade_id == last + 1:
                        last = one.trade_id
                        yield model.trade(one)

    async def subscribe_tickers(self, symbols: Sequence[SymbolRef] = ()) -> AsyncGenerator[Ticker, None]:
        """First each of the symbols, or of all if none are given, then those that change, as they are by
        then.
        """
        ids = [await self._catalog.symbol_id(one) for one in symbols]
        request = pb.SubscribeTickersRequest(symbol_ids=ids)
        subscription = Subscription[pb.SubscribeTickersResponse](
            self._connection, lambda: (self._connection.stub(MarketDataStub).SubscribeTickers, request)
        )
        told: dict[int, Ticker] = {}
        async with aclosing(subscription.messages()) as messages:
            async for message in messages:
                for one in map(model.ticker, message.tickers):
                    timeless = one._replace(seq=0, time_ns=0)
                    if told.get(one.symbol_id) != timeless:
                        told[one.symbol_id] = timeless
                        yield one

    async def subscribe_candles(self, symbol: SymbolRef, interval: Interval) -> AsyncGenerator[Candle, None]:
        """First the present candle, then each that changes, as it is by then; one with the `open_time_ms`
        of the one before takes its place. None is left out, also while the connection was lost.
        """
        symbol_id = await self._catalog.symbol_id(symbol)
        request = pb.SubscribeCandlesRequest(
            symbol_id=symbol_id,
            interval=interval_number(interval),  # type: ignore[arg-type]
        )
        subscription = Subscription[pb.SubscribeCandlesResponse](
            self._connection, lambda: (self._connection.stub(MarketDataStub).SubscribeCandles, request)
        )
        told: Candle | None = None
        async with aclosing(subscription.messages()) as messages:
            async for message in messages:
                candles = list(map(model.candle, message.candles))
                end = candles[0].open_time_ms
                if subscription.is_first and told is not None and told.open_time_ms < end:
                    missed = self.list_candles(symbol_id, interval, told.open_time_ms, end)
                    candles = [one async for one in missed] + candles
                for one in candles:
                    if one != told:
                        told = one
                        yield one

    async def subscribe_account(self, account: int, from_seq: int = 0) -> AsyncGenerator[AccountEvent, None]:
        """All that becomes of an account's orders and balances, without a gap.

        What is told of the past (with from_seq, and after a cut) has no balances; the event behind it has all
        of them, as they are then.

        from_seq : everything from this seq on; 0: from now on
        """
        next_seq = from_seq
        subscription = Subscription[trading_pb2.AccountEvent](
            self._connection,
            lambda: (
                self._connection.stub(TradingStub).SubscribeAccount,
                trading_pb2.SubscribeAccountRequest(account_id=account, from_seq=next_seq),
            ),
        )
        told_seq, balances = NO_SEQ, dict[int, Balance]()
        async with aclosing(subscription.messages()) as messages:
            async for message in messages:
                if told_seq != NO_SEQ and message.previous_seq > told_seq:
                    subscription.again()
                    continue
                event = orders.account_event(message)
                changed = {one.currency_id: one for one in event.balances}
                if message.seq <= told_seq and changed.items() <= balances.items():
                    continue  # back again, and nothing has happened
                balances |= changed
                told_seq, next_seq = message.seq, message.seq + 1
                yield event
