"""lightning.v1.Trading."""

from lightning.codes import RejectReason
from lightning.engine.exchange import Exchange
from lightning.engine.views import OrderState
from lightning.pb.v1 import trading_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.trading_pb2_grpc import TradingServicer
from lightning.server.convert import orders as convert
from lightning.server.errors import Refused
from lightning.server.gateway import Gateway
from lightning.server.interceptors import Context


class Trading(TradingServicer):
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def PlaceOrder(self, request: pb.PlaceOrderRequest, context: Context) -> pb.ExecutionReport:
        symbol = self._gateway.catalog.symbols.get(request.symbol_id)
        reply = await self._gateway.submit(convert.place(request, symbol))
        return convert.placed(reply, request, self._gateway.catalog)

    async def CancelOrder(self, request: pb.CancelOrderRequest, context: Context) -> pb.ExecutionReport:
        reply = await self._gateway.submit(convert.cancel(request))
        return convert.canceled(reply, request, self._gateway.catalog)

    async def CancelAllOrders(
        self, request: pb.CancelAllOrdersRequest, context: Context
    ) -> pb.CancelAllOrdersResponse:
        return convert.canceled_all(await self._gateway.submit(convert.cancel_all(request)))

    async def GetOrder(self, request: pb.GetOrderRequest, context: Context) -> types.Order:
        order_id, client_order_id = convert.get(request)
        answer = await self._gateway.query(
            lambda exchange: exchange.order(request.account_id, 0, order_id, client_order_id)
        )
        return convert.order(answer.value, self._gateway.catalog)

    async def ListOrders(self, request: pb.ListOrdersRequest, context: Context) -> pb.ListOrdersResponse:
        after, size = convert.list_page(request)
        if request.symbol_id and request.symbol_id not in self._gateway.catalog.symbols:
            raise Refused(RejectReason.UNKNOWN_SYMBOL)

        def read(exchange: Exchange) -> list[OrderState]:
            if exchange.account(request.account_id) is None:
                raise Refused(RejectReason.UNKNOWN_ACCOUNT)
            orders = exchange.open_orders(request.account_id, request.symbol_id)
            page = orders[orders["order_id"] > after][: size + 1]
            return [OrderState._make(row) for row in page.tolist()]

        return convert.listed((await self._gateway.query(read)).value, size, self._gateway.catalog)
