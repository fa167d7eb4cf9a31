"""Instruments and market data: asked for."""

from collections.abc import AsyncGenerator, Sequence

from lightning.client.calls import Calls
from lightning.client.catalog import CurrencyRef, SymbolRef
from lightning.client.model import market as model
from lightning.client.model.market import BookOrder, Candle, Currency, OrderBook, Symbol, Ticker, Trade
from lightning.client.values import (
    SIDES,
    Amount,
    Interval,
    Moment,
    SideLike,
    amount_text,
    code_of,
    interval_number,
    time_ms,
)
from lightning.codes import Side
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub

PAGE = 1000
LEVELS = 20


class MarketDataCalls(Calls):
    async def symbol(self, ref: SymbolRef) -> Symbol:
        """By id or by name. What is known is not asked for again. Raises Rejected (UNKNOWN_SYMBOL)."""
        return await self._catalog.symbol(ref)

    async def currency(self, ref: CurrencyRef) -> Currency:
        """By id or by name. What is known is not asked for again. Raises Rejected (UNKNOWN_CURRENCY)."""
        return await self._catalog.currency(ref)

    async def list_symbols(self) -> tuple[Symbol, ...]:
        return await self._catalog.symbols()

    async def list_currencies(self) -> tuple[Currency, ...]:
        return await self._catalog.currencies()

    async def get_order_book(
        self, symbol: SymbolRef, levels: int = LEVELS, *, timeout: float | None = None
    ) -> OrderBook:
        """levels : of each side, at most 10,000"""
        request = pb.GetOrderBookRequest(symbol_id=await self._catalog.symbol_id(symbol), levels=levels)
        method = self._connection.stub(MarketDataStub).GetOrderBook
        return model.order_book(await self._connection.ask(method, request, timeout))

    async def get_order_books(
        self, symbols: Sequence[SymbolRef], levels: int = LEVELS, *, timeout: float | None = None
    ) -> tuple[OrderBook, ...]:
        """Up to 1,000 books as of one seq, in the order asked; 20,000 levels in all."""
        request = pb.BatchGetOrderBooksRequest(
            requests=[
                pb.GetOrderBookRequest(symbol_id=await self._catalog.symbol_id(one), levels=levels)
                for one in symbols
            ]
        )
        method = self._connection.stub(MarketDataStub).BatchGetOrderBooks
        answer = await self._connection.ask(method, request, timeout)
        return tuple(map(model.order_book, answer.books))

    async def list_book_orders(
        self,
        symbol: SymbolRef,
        side: SideLike | None = None,
        price: Amount | None = None,
        *,
        timeout: float | None = None,
    ) -> tuple[BookOrder, ...]:
        """Single orders in priority order, bids first."""
        request = pb.ListBookOrdersRequest(
            symbol_id=await self._catalog.symbol_id(symbol),
            side=None if side is None else SIDES[code_of("side", Side, side)],  # type: ignore[arg-type]
            price=None if price is None else amount_text("price", price),
        )
        method = self._connection.stub(MarketDataStub).ListBookOrders
        answer = await self._connection.ask(method, request, timeout)
        return tuple(map(model.book_order, answer.orders))

    async def recent_trades(
        self, symbol: SymbolRef, limit: int = 100, *, timeout: float | None = None
    ) -> tuple[Trade, ...]:
        """The last ones, oldest first; at most 1,000."""
        request = pb.ListTradesRequest(symbol_id=await self._catalog.symbol_id(symbol), limit=limit)
        return await self._trades(request, timeout)

    async def list_trades(
        self, symbol: SymbolRef, after_trade_id: int = 0, *, timeout: float | None = None
    ) -> AsyncGenerator[Trade, None]:
        """All from there to the last one, oldest first, page after page.

        timeout : of each page
        """
        symbol_id = await self._catalog.symbol_id(symbol)
        last = after_trade_id
        while True:
            request = pb.ListTradesRequest(symbol_id=symbol_id, after_trade_id=last, limit=PAGE)
            page = await self._trades(request, timeout)
            for one in page:
                yield one
            if not page:
                return
            last = page[-1].trade_id

    async def get_ticker(self, symbol: SymbolRef, *, timeout: float | None = None) -> Ticker:
        request = pb.GetTickerRequest(symbol_id=await self._catalog.symbol_id(symbol))
        method = self._connection.stub(MarketDataStub).GetTicker
        return model.ticker(await self._connection.ask(method, request, timeout))

    async def list_tickers(self, *, timeout: float | None = None) -> tuple[Ticker, ...]:
        """By symbol id."""
        method = self._connection.stub(MarketDataStub).ListTickers
        answer = await self._connection.ask(method, pb.ListTickersRequest(), timeout)
        return tuple(map(model.ticker, answer.tickers))

    async def recent_candles(
        self, symbol: SymbolRef, interval: Interval, limit: int = 500, *, timeout: float | None = None
    ) -> tuple[Candle, ...]:
        """The last ones, oldest first; at most 1,000."""
        request = pb.ListCandlesRequest(
            symbol_id=await self._catalog.symbol_id(symbol),
            interval=interval_number(interval),  # type: ignore[arg-type]
            limit=limit,
        )
        return await self._candles(request, timeout)

    async def list_candles(
        self,
        symbol: SymbolRef,
        interval: Interval,
        start: Moment,
        end: Moment | None = None,
        *,
        timeout: float | None = None,
    ) -> AsyncGenerator[Candle, None]:
        """Those that open from `start` on and before `end`, oldest first, page after page.

        timeout : of each page
        """
        request = pb.ListCandlesRequest(
            symbol_id=await self._catalog.symbol_id(symbol),
            interval=interval_number(interval),  # type: ignore[arg-type]
            start_ms=time_ms("start", start),
            end_ms=None if end is None else time_ms("end", end),
            limit=PAGE,
        )
        while page := await self._candles(request, timeout):
            for one in page:
                yield one
            request.start_ms = page[-1].open_time_ms + 1

    async def _trades(self, request: pb.ListTradesRequest, timeout: float | None) -> tuple[Trade, ...]:
        method = self._connection.stub(MarketDataStub).ListTrades
        answer = await self._connection.ask(method, request, timeout)
        return tuple(map(model.trade, answer.trades))

    async def _candles(self, request: pb.ListCandlesRequest, timeout: float | None) -> tuple[Candle, ...]:
        method = self._connection.stub(MarketDataStub).ListCandles
        answer = await self._connection.ask(method, request, timeout)
        return tuple(map(model.candle, answer.candles))
