"""lightning.v1.MarketData."""

import asyncio
import sqlite3
from functools import partial

import numpy as np
import numpy.typing as npt

from lightning.codes import RejectReason
from lightning.engine.exchange import Exchange
from lightning.engine.statistics import Candle, Held, candle_of
from lightning.engine.views import Tickers
from lightning.kernels.candles_layout import LENGTH_NS
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1.market_data_pb2_grpc import MarketDataServicer
from lightning.server.book_cache import BookCache
from lightning.server.convert import market as convert
from lightning.server.convert import statistics
from lightning.server.convert.past import trade_view
from lightning.server.errors import Refused
from lightning.server.gateway import Catalog, Gateway
from lightning.server.interceptors import Context
from lightning.server.past import Past
from lightning.server.streams import Bytes, Streams, as_bytes
from lightning.storage.history import candles as history
from lightning.storage.history.queries import trades_after, trades_before
from lightning.storage.history.schema import Trade

TRADE_IDS_END = 2**63 - 1
TICKERS_AT_ONCE = 256
"""Then others get their turn on the event loop."""
ASKED_KEPT_MAX = 100
"""Lists of books that are asked for, which need not be read again."""


class MarketData(MarketDataServicer):
    def __init__(self, gateway: Gateway, past: Past, streams: Streams) -> None:
        self._streams = streams
        self._gateway = gateway
        self._past = past
        self._books = BookCache(gateway, convert.read_book, convert.book_body)
        self._asked: dict[bytes, tuple[Catalog, convert.Asked]] = {}

    async def GetOrderBook(self, request: pb.GetOrderBookRequest, context: Context) -> bytes:
        symbol = convert.known_symbol(self._gateway.catalog, request.symbol_id)
        book = await self._books.get(symbol, convert.levels(request))
        return book.body + pb.OrderBook(seq=book.seq, time_ns=book.time_ns).SerializeToString()

    async def BatchGetOrderBooks(self, request: pb.BatchGetOrderBooksRequest, context: Context) -> bytes:
        asked = self._asked_books(request)
        answer = await self._gateway.query(partial(convert.read_books, asked), quick=True)
        return convert.order_books(asked, answer.value, answer.seq, answer.time_ns, in_list=True)

    def _asked_books(self, request: pb.BatchGetOrderBooksRequest) -> convert.Asked:
        """Clients ask for the same books again and again."""
        key, catalog = request.SerializeToString(), self._gateway.catalog
        known = self._asked.get(key)
        if known is not None and known[0] is catalog:
            return known[1]
        asked = convert.asked_books(request, catalog)
        if len(self._asked) >= ASKED_KEPT_MAX:
            self._asked.clear()
        self._asked[key] = catalog, asked
        return asked

    async def ListBookOrders(
        self, request: pb.ListBookOrdersRequest, context: Context
    ) -> pb.ListBookOrdersResponse:
        symbol = convert.known_symbol(self._gateway.catalog, request.symbol_id)
        side, price = convert.book_filter(request, symbol)
        answer = await self._gateway.query(lambda exchange: exchange.book_orders(symbol.id, side, price))
        return convert.book_orders(symbol, answer.value)

    async def ListTrades(self, request: pb.ListTradesRequest, context: Context) -> pb.ListTradesResponse:
        symbol = convert.known_symbol(self._gateway.catalog, request.symbol_id)
        page = convert.trades_page(request)
        answer = await self._gateway.query(partial(_recent_trades, symbol.id, page))
        if answer.value is not None:
            return pb.ListTradesResponse(trades=convert.trades(symbol, answer.value))
        found = await self._past.read(answer.seq, partial(_past_trades, symbol.id, page))
        return pb.ListTradesResponse(trades=convert.trades(symbol, map(trade_view, found)))

    async def ListSymbols(self, request: pb.ListSymbolsRequest, context: Context) -> pb.ListSymbolsResponse:
        statuses = (await self._gateway.query(lambda exchange: exchange.symbol_statuses())).value
        return convert.symbols(self._gateway.catalog.symbols.values(), statuses)

    async def ListCurrencies(
        self, request: pb.ListCurrenciesRequest, context: Context
    ) -> pb.ListCurrenciesResponse:
        return convert.currencies(self._gateway.catalog.currencies.values())

    def SubscribeOrderBook(self, request: pb.SubscribeOrderBookRequest, context: Context) -> Bytes:
        return as_bytes(self._streams.order_book(request))

    def SubscribeBookOrders(self, request: pb.SubscribeBookOrdersRequest, context: Context) -> Bytes:
        return as_bytes(self._streams.book_orders(request))

    def SubscribeTrades(self, request: pb.SubscribeTradesRequest, context: Context) -> Bytes:
        return as_bytes(self._streams.trades(request))

    def SubscribeTickers(self, request: pb.SubscribeTickersRequest, context: Context) -> Bytes:
        return as_bytes(self._streams.tickers(request))

    def SubscribeCandles(self, request: pb.SubscribeCandlesRequest, context: Context) -> Bytes:
        return as_bytes(self._streams.candles(request))

    async def GetTicker(self, request: pb.GetTickerRequest, context: Context) -> pb.Ticker:
        symbol = convert.known_symbol(self._gateway.catalog, request.symbol_id)
        read = partial(self._read_tickers, np.array([symbol.id]))
        answer = await self._gateway.query(read, quick=True)
        [ticker] = statistics.tickers(answer.value, {symbol.id: symbol}, answer.seq, answer.time_ns)
        return ticker

    async def ListTickers(self, request: pb.ListTickersRequest, context: Context) -> pb.ListTickersResponse:
        answer = await self._gateway.query(partial(self._read_tickers, None))
        symbols, response = self._gateway.catalog.symbols, pb.ListTickersResponse()
        for ticker in statistics.tickers(answer.value, symbols, answer.seq, answer.time_ns):
            response.tickers.append(ticker)
            if len(response.tickers) % TICKERS_AT_ONCE == 0:
                await asyncio.sleep(0)
        return response

    def _read_tickers(self, symbols: npt.NDArray[np.int64] | None, exchange: Exchange) -> Tickers:
        """On the engine thread, as of the query's own time. Raises Refused for a symbol that is gone."""
        try:
            return exchange.tickers(self._gateway.time_ns, symbols)
        except KeyError:
            raise Refused(RejectReason.UNKNOWN_SYMBOL) from None

    async def ListCandles(self, request: pb.ListCandlesRequest, context: Context) -> pb.ListCandlesResponse:
        symbol = convert.known_symbol(self._gateway.catalog, request.symbol_id)
        page = statistics.candles_page(request)
        answer = await self._gateway.query(partial(_held_candles, symbol.id, page))
        found = [candle_of(row) for row in answer.value.rows]
        asked = _past_candles(symbol.id, page, len(found), answer.value.from_ns)
        if asked is not None:
            past = await self._past.read(answer.seq, partial(history.past_candles, asked=asked))
            found = _joined(past, found, page)
        return pb.ListCandlesResponse(candles=statistics.candles(symbol, found))


def _recent_trades(symbol: int, page: convert.TradesPage, exchange: Exchange) -> list[tuple[int, ...]] | None:
    """The page, if the engine still has all of it."""
    if page.before is not None:
        return None
    rows: list[tuple[int, ...]] = exchange.trades(symbol, page.after, page.limit).tolist()
    if page.after is None:
        reaches_back = len(rows) == page.limit or (len(rows) > 0 and rows[0][0] == 1)
    else:
        latest = rows[:1] or exchange.trades(symbol, None, 1).tolist()
        reaches_back = len(latest) > 0 and latest[0][0] <= page.after + 1
    return rows if reaches_back else None


def _past_trades(symbol: int, page: convert.TradesPage, connection: sqlite3.Connection) -> list[Trade]:
    if page.after is not None:
        return trades_after(connection, symbol, page.after, page.limit)
    before = TRADE_IDS_END if page.before is None else page.before
    return trades_before(connection, symbol, before, page.limit)


def _held_candles(symbol: int, page: statistics.CandlesPage, exchange: Exchange) -> Held:
    """What the engine has of the page. Raises Refused for a symbol that is gone."""
    try:
        return exchange.candles(symbol, page.interval, page.start_ns, page.end_ns, page.limit)
    except KeyError:
        raise Refused(RejectReason.UNKNOWN_SYMBOL) from None


def _past_candles(symbol: int, page: statistics.CandlesPage, held: int, from_ns: int) -> history.Asked | None:
    """What is missing of the page, of which the engine has `held`, and all from `from_ns` on."""
    newest = page.start_ns is None
    start_ns, end_ns = page.start_ns or 0, min(page.end_ns, from_ns)
    limit = page.limit - held if newest else page.limit
    if limit == 0 or start_ns >= end_ns:
        return None
    return history.Asked(symbol, LENGTH_NS[page.interval], start_ns, end_ns, limit, newest)


def _joined(past: history.Found, held: list[Candle], page: statistics.CandlesPage) -> list[Candle]:
    """Without a gap: what follows candles that were not all found is left to the next page."""
    if page.start_ns is not None and not past.is_all:
        return past.candles
    return (past.candles + held)[: page.limit]
