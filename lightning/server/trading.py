"""lightning.v1.Trading."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import NamedTuple

from lightning.codes import OrderStatus, OrderType, RejectReason
from lightning.engine.exchange import Exchange
from lightning.engine.views import OrderState
from lightning.pb.v1 import trading_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.trading_pb2_grpc import TradingServicer
from lightning.server.convert import orders as convert
from lightning.server.convert import reports
from lightning.server.convert.orders import NS_PER_MS
from lightning.server.convert.pages import read_asked, token
from lightning.server.convert.past import fills, past_order, require_known, state_of
from lightning.server.convert.reports import Terms
from lightning.server.disconnects import Disconnects
from lightning.server.errors import Refused
from lightning.server.gateway import Gateway, Reply
from lightning.server.interceptors import Context
from lightning.server.past import Past
from lightning.server.streams import Bytes, Streams, as_bytes
from lightning.storage.history import queries
from lightning.storage.history.paging import Asked, Page, Position
from lightning.storage.history.queries import PlacedOrder
from lightning.storage.history.schema import OPEN


class Trading(TradingServicer):
    def __init__(self, gateway: Gateway, past: Past, streams: Streams) -> None:
        self._streams = streams
        self._gateway = gateway
        self._past = past
        self._disconnects = Disconnects(gateway)

    def drain(self) -> None:
        """The server is about to stop."""
        self._disconnects.drain()

    async def PlaceOrder(self, request: pb.PlaceOrderRequest, context: Context) -> pb.ExecutionReport:
        row = convert.place(request, self._gateway.catalog.symbols.get(request.symbol_id))
        return reports.placed(await self._gateway.submit(row), request, row, self._gateway.catalog)

    async def PlaceOneCancelsOther(
        self, request: pb.PlaceOneCancelsOtherRequest, context: Context
    ) -> pb.PlaceOneCancelsOtherResponse:
        symbols = self._gateway.catalog.symbols
        rows = convert.place_pair(
            request, symbols.get(request.first.symbol_id), symbols.get(request.second.symbol_id)
        )
        first, second = await self._gateway.submit_together(rows)
        return reports.placed_pair((first, second), request, rows, self._gateway.catalog)

    async def AmendOrder(self, request: pb.AmendOrderRequest, context: Context) -> pb.ExecutionReport:
        symbol = self._gateway.catalog.symbols.get(request.symbol_id)
        reply = await self._gateway.submit(convert.amend(request, symbol))
        return reports.amended(reply, request, await self._terms(reply), self._gateway.catalog)

    async def CancelOrder(self, request: pb.CancelOrderRequest, context: Context) -> pb.ExecutionReport:
        reply = await self._gateway.submit(convert.cancel(request))
        return reports.canceled(reply, request, await self._terms(reply), self._gateway.catalog)

    async def _terms(self, reply: Reply) -> Terms:
        """Of the order that a reply is about: its rows do not carry them."""
        if not reports.has_terms(reply):
            return Terms()
        event = reply.events[0]
        answer = await self._gateway.query(
            lambda exchange: exchange.order(event.account, event.symbol, event.order_id)
        )
        if answer.value is not None:
            return reports.terms_of_state(answer.value)
        row = await self._past.read(
            answer.seq, lambda connection: queries.order(connection, event.account, event.order_id)
        )
        return Terms() if row is None else reports.terms_of_state(state_of(row))

    async def CancelAllOrders(
        self, request: pb.CancelAllOrdersRequest, context: Context
    ) -> pb.CancelAllOrdersResponse:
        return reports.canceled_all(await self._gateway.submit(convert.cancel_all(request)))

    async def CancelAllAfter(
        self, request: pb.CancelAllAfterRequest, context: Context
    ) -> pb.CancelAllAfterResponse:
        row = convert.cancel_all_after(request, self._gateway.now_ns())
        return reports.cancel_all_after_set(await self._gateway.submit(row))

    async def CancelOnDisconnect(
        self, request: pb.CancelOnDisconnectRequest, context: Context
    ) -> AsyncGenerator[pb.CancelOnDisconnectResponse, None]:
        row = convert.cancel_on_disconnect(request)
        if row.symbol and row.symbol not in self._gateway.catalog.symbols:
            raise Refused(RejectReason.UNKNOWN_SYMBOL)
        await self._gateway.query(lambda exchange: require_known(exchange, row.account))
        async with aclosing(self._disconnects.watch(row)) as times:
            async for time_ns in times:
                yield pb.CancelOnDisconnectResponse(time_ms=time_ns // NS_PER_MS)

    async def GetOrder(self, request: pb.GetOrderRequest, context: Context) -> types.Order:
        order_id, client_order_id = convert.get(request)
        account = request.account_id
        answer = await self._gateway.query(
            lambda exchange: exchange.order(account, 0, order_id, client_order_id)
        )
        if answer.value is not None and answer.value.status in OPEN:
            return reports.order(answer.value, self._gateway.catalog)
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
        answer = await self._gateway.query(partial(_open_orders, request, asked))
        if request.open_only:
            listed, end = answer.value
            orders = [reports.order(one, self._gateway.catalog) for one in listed]
        else:
            account, symbol = request.account_id, request.symbol_id
            page = await self._past.read(
                answer.seq, lambda connection: queries.orders(connection, account, asked, symbol or None)
            )
            orders, end = await self._past_orders(page), page.next
        return pb.ListOrdersResponse(orders=orders, next_page_token=token(end, request, *filters))

    async def _past_orders(self, page: Page[PlacedOrder]) -> list[types.Order]:
        catalog = await self._past.catalog({row.symbol for row in page.items})
        trailing = [one for one in page.items if _trails(one)]
        stop_prices = await self._stop_prices(trailing) if trailing else {}
        return [past_order(row, catalog, stop_prices.get(row.order_id, 0)) for row in page.items]

    async def _stop_prices(self, trailing: list[PlacedOrder]) -> dict[int, int]:
        """Where trailing stops stand that wait."""

        def read(exchange: Exchange) -> dict[int, int]:
            found = [exchange.order(one.account, one.symbol, one.order_id) for one in trailing]
            return {one.order_id: one.stop_price for one in found if one is not None and _trails(one)}

        return (await self._gateway.query(read)).value

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

    def SubscribeAccount(self, request: pb.SubscribeAccountRequest, context: Context) -> Bytes:
        return as_bytes(self._streams.account(request))


def _trails(order: OrderState | PlacedOrder) -> bool:
    return (order.type, order.status) == (OrderType.TRAILING_STOP, OrderStatus.PENDING)


class _Listed(NamedTuple):
    orders: list[OrderState]
    next: Position | None


def _open_orders(request: pb.ListOrdersRequest, asked: Asked, exchange: Exchange) -> _Listed:
    """Open orders from the engine, where only they are wanted."""
    require_known(exchange, request.account_id)
    if not request.open_only:
        return _Listed([], None)
    orders = exchange.open_orders(request.account_id, request.symbol_id)
    if asked.newest_first:
        rest = orders[orders["order_id"] < asked.start[0]][::-1]
    else:
        rest = orders[orders["order_id"] > asked.start[0]]
    page = [OrderState._make(row) for row in rest[: asked.size].tolist()]
    return _Listed(page, (page[-1].order_id, 0, 0) if len(rest) > asked.size else None)
