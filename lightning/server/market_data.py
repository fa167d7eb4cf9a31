"""lightning.v1.MarketData."""

from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1.market_data_pb2_grpc import MarketDataServicer
from lightning.server.convert import market as convert
from lightning.server.gateway import Gateway
from lightning.server.interceptors import Context


class MarketData(MarketDataServicer):
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def GetOrderBook(self, request: pb.GetOrderBookRequest, context: Context) -> pb.OrderBook:
        symbol = convert.known_symbol(self._gateway.catalog, request.symbol_id)
        levels = convert.levels(request)
        answer = await self._gateway.query(lambda exchange: exchange.depth(symbol.id, levels))
        return convert.order_book(symbol, answer.value, answer.seq, answer.time_ns)

    async def ListBookOrders(
        self, request: pb.ListBookOrdersRequest, context: Context
    ) -> pb.ListBookOrdersResponse:
        symbol = convert.known_symbol(self._gateway.catalog, request.symbol_id)
        side, price = convert.book_filter(request, symbol)
        answer = await self._gateway.query(lambda exchange: exchange.book_orders(symbol.id, side, price))
        return convert.book_orders(symbol, answer.value)

    async def ListTrades(self, request: pb.ListTradesRequest, context: Context) -> pb.ListTradesResponse:
        symbol = convert.known_symbol(self._gateway.catalog, request.symbol_id)
        after, limit = convert.trades_page(request)
        answer = await self._gateway.query(lambda exchange: exchange.trades(symbol.id, after, limit))
        return convert.trades(symbol, answer.value.tolist())

    async def ListSymbols(self, request: pb.ListSymbolsRequest, context: Context) -> pb.ListSymbolsResponse:
        return convert.symbols(self._gateway.catalog.symbols.values())

    async def ListCurrencies(
        self, request: pb.ListCurrenciesRequest, context: Context
    ) -> pb.ListCurrenciesResponse:
        return convert.currencies(self._gateway.catalog.currencies.values())
