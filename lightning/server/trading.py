"""lightning.v1.Trading."""

from functools import partial

from lightning.codes import OrderStatus, RejectReason
from lightning.engine.exchange import Exchange
from lightning.pb.v1 import trading_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.trading_pb2_grpc import TradingServicer
from lightning.server.convert import orders as convert
from lightning.server.convert.pages import read_asked, token
from lightning.server.convert.past import fills, past_order, require_known
from lightning.server.errors import Refused
from lightning.server.gateway import Gateway
from lightning.server.interceptors import Context
from lightning.server.past import Past
from lightning.storage.history import queries
from lightning.storage.history.paging import Asked, Page
from lightning.storage.history.queries import PlacedOrder

OPEN = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


class Trading(TradingServicer):
    def __init__(self, gateway: Gateway, past: Past) -> None:
        self._gateway = gateway
        self._past = past

    async def PlaceOrder(self, request: pb.PlaceOrderRequest, context: Context) -> pb.ExecutionReport:
        symbol = self._gateway.catalog.symbols.get(request.symbol_id)
        reply = await self._gateway.submit(convert.place(request, symbol))
        return convert.placed(reply, request, self._gateway.catalog)

    async def AmendOrder(self, request: pb.AmendOrderRequest, context: Context) -> pb.ExecutionReport:
        symbol = self._gateway.catalog.symbols.get(request.symbol_id)
        reply = await self._gateway.submit(convert.amend(request, symbol))
        return convert.amended(reply, request, self._gateway.catalog)

    async def CancelOrder(self, request: pb.CancelOrderRequest, context: Context) -> pb.ExecutionReport:
        reply = await self._gateway.submit(convert.cancel(request))
        return convert.canceled(reply, request, self._gateway.catalog)

    async def CancelAllOrders(
        self, request: pb.CancelAllOrdersRequest, context: Context
    ) -> pb.CancelAllOrdersResponse:
        return convert.canceled_all(await self._gateway.submit(convert.cancel_all(request)))

    async def GetOrder(self, request: pb.GetOrderRequest, context: Context) -> types.Order:
        order_id, client_order_id = convert.get(request)
        account = request.account_id
        answer = await self._gateway.query(
            lambda exchange: exchange.order(account, 0, order_id, client_order_id)
        )
        if answer.value is not None and answer.value.status in OPEN:
            return convert.order(answer.value, self._gateway.catalog)
        row = await self._past.read(
            answer.seq, lambda connection: queries.order(connection, account, order_id, client_order_id)
        )
        if row is None:
            raise Refused(RejectReason.UNKNOWN_ORDER)
        return past_order(row, await self._past.catalog([row.symbol]))

    async def ListOrders(self, request: pb.ListOrdersRequest, context: Context) -> pb.ListOrdersResponse:
        filters = convert.list_filters(request)
        asked = read_asked(request, *filters)
        if request.symbol_id and request.symbol_id not in self._gateway.catalog.symbols:
            raise Refused(RejectReason.UNKNOWN_SYMBOL)
        account, symbol = request.account_id, request.symbol_id
        answer = await self._gateway.query(partial(_open_orders, request, asked))
        if request.open_only:
            page, catalog = answer.value, self._gateway.catalog
        else:
            page = await self._past.read(
                answer.seq, lambda connection: queries.orders(connection, account, asked, symbol or None)
            )
            catalog = await self._past.catalog({row.symbol for row in page.items})
        return pb.ListOrdersResponse(
            orders=[past_order(row, catalog) for row in page.items],
            next_page_token=token(page.next, request, *filters),
        )

    async def ListFills(self, request: pb.ListFillsRequest, context: Context) -> pb.ListFillsResponse:
        filters = convert.fill_filters(request)
        asked = read_asked(request, *filters)
        account, symbol, order_id = filters
        known = await self._gateway.query(lambda exchange: require_known(exchange, account))
        page = await self._past.read(
            known.seq,
            lambda connection: queries.fills(connection, account, asked, symbol or None, order_id),
        )
        catalog = await self._past.catalog({row.trade.symbol for row in page.items})
        return fills(page.items, catalog, token(page.next, request, *filters))


def _open_orders(request: pb.ListOrdersRequest, asked: Asked, exchange: Exchange) -> Page[PlacedOrder]:
    """Open orders from the engine, where only they are wanted."""
    require_known(exchange, request.account_id)
    if not request.open_only:
        return Page([], None)
    orders = exchange.open_orders(request.account_id, request.symbol_id)
    if asked.newest_first:
        rest = orders[orders["order_id"] < asked.start[0]][::-1]
    else:
        rest = orders[orders["order_id"] > asked.start[0]]
    rows = [PlacedOrder._make((*row, 0, 0)) for row in rest[: asked.size].tolist()]
    return Page(rows, rows[-1].position if len(rest) > asked.size else None)
