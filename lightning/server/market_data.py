"""lightning.v1.MarketData."""

import sqlite3
from functools import partial

from lightning.engine.exchange import Exchange
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1.market_data_pb2_grpc import MarketDataServicer
from lightning.server.convert import market as convert
from lightning.server.convert.past import trade_view
from lightning.server.gateway import Gateway
from lightning.server.interceptors import Context
from lightning.server.past import Past
from lightning.storage.history.queries import trades_after, trades_before
from lightning.storage.history.schema import Trade

TRADE_IDS_END = 2**63 - 1


class MarketData(MarketDataServicer):
    def __init__(self, gateway: Gateway, past: Past) -> None:
        self._gateway = gateway
        self._past = past

    async def GetOrderBook(self, request: pb.GetOrderBookRequest, context: Context) -> bytes:
        symbol = convert.known_symbol(self._gateway.catalog, request.symbol_id)
        return await self._books(convert.Asked([symbol], [convert.levels(request)]), in_list=False)

    async def BatchGetOrderBooks(self, request: pb.BatchGetOrderBooksRequest, context: Context) -> bytes:
        return await self._books(convert.asked_books(request, self._gateway.catalog), in_list=True)

    async def _books(self, asked: convert.Asked, in_list: bool) -> bytes:
        answer = await self._gateway.query(partial(convert.read_books, asked), quick=True)
        return convert.order_books(asked.symbols, answer.value, answer.seq, answer.time_ns, in_list)

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
            return convert.trades(symbol, answer.value)
        found = await self._past.read(answer.seq, partial(_past_trades, symbol.id, page))
        return convert.trades(symbol, [trade_view(one) for one in found])

    async def ListSymbols(self, request: pb.ListSymbolsRequest, context: Context) -> pb.ListSymbolsResponse:
        statuses = (await self._gateway.query(lambda exchange: exchange.symbol_statuses())).value
        return convert.symbols(self._gateway.catalog.symbols.values(), statuses)

    async def ListCurrencies(
        self, request: pb.ListCurrenciesRequest, context: Context
    ) -> pb.ListCurrenciesResponse:
        return convert.currencies(self._gateway.catalog.currencies.values())


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
