"""schema.Lightning: gRPC OK always, the outcome in `code`."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar

from lightning.pb.schema import lightning_pb2 as pb
from lightning.pb.schema.lightning_pb2_grpc import LightningServicer
from lightning.server.book_cache import BookCache
from lightning.server.convert import schema as convert
from lightning.server.errors import REFUSALS, schema_code
from lightning.server.gateway import Gateway
from lightning.server.interceptors import Context

Self = TypeVar("Self")
Request = TypeVar("Request")
Response = TypeVar("Response")
Method = Callable[[Self, Request, Context], Awaitable[Response | bytes]]


def refusals_in_code(response: Callable[..., Response]) -> Callable[[Method[Self, Request, Response]], Any]:
    """A refusal becomes a `response` with `code` and `message`."""

    def around(method: Method[Self, Request, Response]) -> Any:
        @wraps(method)
        async def answer(self: Self, request: Request, context: Context) -> Response | bytes:
            try:
                return await method(self, request, context)
            except REFUSALS as refusal:
                return response(code=schema_code(refusal), message=str(refusal))

        return answer

    return around


class SchemaLightning(LightningServicer):
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._books = BookCache(gateway, convert.read_book, convert.book_body)

    @refusals_in_code(pb.GetAccountResponse)
    async def getAccount(self, request: pb.GetAccountRequest, context: Context) -> pb.GetAccountResponse:
        only = convert.account_query(request, self._gateway.catalog)
        account = (
            await self._gateway.query(lambda exchange: exchange.account(request.accountId), quick=True)
        ).value
        balances = convert.balances(account, only, self._gateway.catalog)
        return pb.GetAccountResponse(message=convert.SUCCESS, data=balances)

    @refusals_in_code(pb.IncreaseResponse)
    async def increase(self, request: pb.IncreaseRequest, context: Context) -> pb.IncreaseResponse:
        reply = await self._gateway.submit(convert.increase(request, self._gateway.catalog))
        return pb.IncreaseResponse(
            message=convert.SUCCESS, data=convert.moved_balance(reply, self._gateway.catalog)
        )

    @refusals_in_code(pb.DecreaseResponse)
    async def decrease(self, request: pb.DecreaseRequest, context: Context) -> pb.DecreaseResponse:
        reply = await self._gateway.submit(convert.decrease(request, self._gateway.catalog))
        return pb.DecreaseResponse(
            message=convert.SUCCESS, data=convert.moved_balance(reply, self._gateway.catalog)
        )

    @refusals_in_code(pb.PlaceOrderResponse)
    async def placeOrder(self, request: pb.PlaceOrderRequest, context: Context) -> pb.PlaceOrderResponse:
        reply = await self._gateway.submit(convert.place(request, self._gateway.catalog))
        return pb.PlaceOrderResponse(message=convert.SUCCESS, id=convert.outcome(reply).order_id)

    @refusals_in_code(pb.GetOrderBookResponse)
    async def getOrderBook(
        self, request: pb.GetOrderBookRequest, context: Context
    ) -> pb.GetOrderBookResponse | bytes:
        symbol = convert.known_symbol(self._gateway.catalog, "symbolId", request.symbolId)
        book = await self._books.get(symbol, convert.levels(request))
        return book.body + pb.GetOrderBookResponse(timestamp=book.time_ns // 1_000_000).SerializeToString()

    @refusals_in_code(pb.CancelOrderResponse)
    async def cancelOrder(self, request: pb.CancelOrderRequest, context: Context) -> pb.CancelOrderResponse:
        reply = await self._gateway.submit(convert.cancel(request, self._gateway.catalog))
        return convert.canceled(reply, self._gateway.catalog)
