"""The REST paths, each a method of lightning.v1: its fields are path, query or JSON body."""

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lightning.config import ServerConfig
from lightning.pb.v1 import accounts_pb2, admin_pb2, market_data_pb2, trading_pb2
from lightning.server.interceptors import Guard
from lightning.server.web import requests
from lightning.server.web.access import peer_of
from lightning.server.web.calls import call
from lightning.server.web.errors import HttpRefused

_MARKET_DATA = market_data_pb2.DESCRIPTOR.services_by_name["MarketData"].methods_by_name
_TRADING = trading_pb2.DESCRIPTOR.services_by_name["Trading"].methods_by_name
_ACCOUNTS = accounts_pb2.DESCRIPTOR.services_by_name["Accounts"].methods_by_name
_ADMIN = admin_pb2.DESCRIPTOR.services_by_name["Admin"].methods_by_name


class Resource(NamedTuple):
    verb: str
    path: str
    method: MethodDescriptor


RESOURCES = (
    Resource("GET", "/v1/symbols", _MARKET_DATA["ListSymbols"]),
    Resource("GET", "/v1/currencies", _MARKET_DATA["ListCurrencies"]),
    Resource("GET", "/v1/tickers", _MARKET_DATA["ListTickers"]),
    Resource("GET", "/v1/symbols/{symbol_id}/book", _MARKET_DATA["GetOrderBook"]),
    Resource("GET", "/v1/symbols/{symbol_id}/trades", _MARKET_DATA["ListTrades"]),
    Resource("GET", "/v1/symbols/{symbol_id}/candles", _MARKET_DATA["ListCandles"]),
    Resource("GET", "/v1/accounts/{account_id}", _ACCOUNTS["GetAccount"]),
    Resource("GET", "/v1/accounts/{account_id}/orders", _TRADING["ListOrders"]),
    Resource("POST", "/v1/orders", _TRADING["PlaceOrder"]),
    Resource("DELETE", "/v1/accounts/{account_id}/orders/{order_id}", _TRADING["CancelOrder"]),
    Resource("GET", "/v1/status", _ADMIN["GetStatus"]),
)

NOT_KEPT = {"cache-control": "no-store"}

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def rest_routes(guard: Guard, config: ServerConfig) -> list[Route]:
    return [
        Route(one.path, _endpoint(one, guard, config), methods=[one.verb], name=one.method.name)
        for one in RESOURCES
    ]


def json_of(message: Message) -> str:
    """Protobuf's JSON with the names of the .proto files; what is empty or 0 is shown too."""
    text: str = MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=None
    )
    return text


def _endpoint(resource: Resource, guard: Guard, config: ServerConfig) -> Endpoint:
    seconds_max = config.deadline_ms_default / 1000

    async def endpoint(request: Request) -> Response:
        input_type = resource.method.input_type
        try:
            if resource.verb == "POST":
                asked = await requests.of_body(request, input_type, config.message_bytes_max, seconds_max)
            else:
                asked = requests.of_address(request, input_type)
            answer = await call(guard, resource.method, asked, peer_of(request.scope))
        except HttpRefused as refused:
            return refused.response()
        return Response(json_of(answer), media_type="application/json", headers=NOT_KEPT)

    return endpoint
