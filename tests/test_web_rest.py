"""REST: each path is its gRPC method, and refuses as it does."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from lightning.pb.v1 import trading_pb2 as trading
from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.accounts_pb2 import GetAccountRequest
from lightning.pb.v1.market_data_pb2 import GetOrderBookRequest, ListSymbolsRequest, ListTradesRequest
from tests.conftest import StartServer
from tests.web import Web, start_web

BTC, USDT, SYMBOL = 1, 2, 1
BUYER, SELLER, NOBODY = 1, 2, 99


@pytest.fixture
def web(start_server: StartServer) -> Web:
    found = start_web(start_server)
    found.server.deposit(BUYER, USDT, "100000")
    found.server.deposit(SELLER, BTC, "10")
    return found


def in_json(message: Any) -> Any:
    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


def bid(**changes: object) -> dict[str, object]:
    order: dict[str, object] = {
        "account_id": str(BUYER),
        "symbol_id": SYMBOL,
        "side": "SIDE_BUY",
        "type": "ORDER_TYPE_LIMIT",
        "price": "50000",
        "quantity": "0.5",
    }
    return {**order, **changes}


def ask(**changes: object) -> dict[str, object]:
    return bid(account_id=str(SELLER), side="SIDE_SELL", **changes)


def refusal(web: Web, verb: str, path: str, body: object = None) -> tuple[int, Any]:
    answer = web.ask(verb, path, body)
    assert answer.headers["content-type"] == "application/json"
    found = answer.json
    assert list(found) == ["status", "message", "reason", "field_violations"]
    return answer.code, found


def test_what_is_read_is_what_grpc_says(web: Web) -> None:
    for order in (bid(), bid(price="49999.5"), ask(price="50001"), ask(quantity="0.2")):
        assert web.ask("POST", "/v1/orders", order).code == 200
    market, accounts, orders = web.server.market_data, web.server.accounts, web.server.trading
    listed = market.ListSymbols(ListSymbolsRequest())
    assert web.get("/v1/symbols") == in_json(listed)
    assert [one["name"] for one in web.get("/v1/currencies")["currencies"]] == ["BTC", "USDT", "ETH"]
    book = web.get(f"/v1/symbols/{SYMBOL}/book?levels=1")
    expected = in_json(market.GetOrderBook(GetOrderBookRequest(symbol_id=SYMBOL, levels=1)))
    assert {**book, "time_ns": ""} == {**expected, "time_ns": ""}
    assert book["bids"] == [{"price": "50000.0", "quantity": "0.3", "order_count": 1}]
    trades = web.get(f"/v1/symbols/{SYMBOL}/trades?limit=10")
    assert trades == in_json(market.ListTrades(ListTradesRequest(symbol_id=SYMBOL, limit=10)))
    assert web.get(f"/v1/accounts/{BUYER}") == in_json(
        accounts.GetAccount(GetAccountRequest(account_id=BUYER))
    )
    asked = trading.ListOrdersRequest(account_id=BUYER, open_only=True)
    assert web.get(f"/v1/accounts/{BUYER}/orders?open_only=true") == in_json(orders.ListOrders(asked))
    assert web.get("/v1/status")["state"] == "SERVER_STATE_SERVING"


def test_an_order_is_placed_traded_against_and_canceled(web: Web) -> None:
    placed = web.ask("POST", "/v1/orders", bid(client_order_id="9007199254740993")).json
    assert placed["order"]["status"] == "ORDER_STATUS_NEW"
    assert placed["order"]["client_order_id"] == "9007199254740993"
    taken = web.ask("POST", "/v1/orders", ask(quantity="0.2")).json
    assert [fill["quantity"] for fill in taken["fills"]] == ["0.2"]
    path = f"/v1/accounts/{BUYER}/orders/{placed['order']['order_id']}"
    canceled = web.ask("DELETE", f"{path}?symbol_id={SYMBOL}").json
    assert canceled["order"]["status"] == "ORDER_STATUS_CANCELED"
    assert canceled["order"]["filled_quantity"] == "0.2"
    assert web.get(f"/v1/accounts/{BUYER}/orders?open_only=true")["orders"] == []


def test_a_verdict_of_the_exchange_is_a_report(web: Web) -> None:
    answer = web.ask("POST", "/v1/orders", bid(quantity="1000"))
    assert answer.code == 200
    assert answer.json["order"]["status"] == "ORDER_STATUS_REJECTED"
    assert answer.json["reject_reason"] == "REJECT_REASON_INSUFFICIENT_FUNDS"
    assert answer.json["reject_message"] == "Insufficient balance"


def test_an_id_that_is_sent_again_is_not_applied_again(web: Web) -> None:
    first = web.ask("POST", "/v1/orders", bid(client_order_id="5")).json
    assert web.ask("POST", "/v1/orders", bid(client_order_id="5")).json["order"] == first["order"]
    assert len(web.get(f"/v1/accounts/{BUYER}/orders?open_only=true")["orders"]) == 1


def test_refusals_have_the_status_and_reason_of_grpc(web: Web) -> None:
    code, found = refusal(web, "GET", "/v1/symbols/77/book")
    assert (code, found["status"], found["reason"]) == (404, "NOT_FOUND", "UNKNOWN_SYMBOL")
    code, found = refusal(web, "GET", f"/v1/accounts/{NOBODY}")
    assert (code, found["status"], found["reason"]) == (404, "NOT_FOUND", "UNKNOWN_ACCOUNT")
    code, found = refusal(web, "POST", "/v1/orders", bid(price="50000.001"))
    assert (code, found["status"]) == (400, "INVALID_ARGUMENT")
    (violation,) = found["field_violations"]
    assert violation["field"] == "price" and violation["description"] in found["message"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/symbols/one/book", "symbol_id"),
        ("/v1/symbols/99999999999/book", "symbol_id"),
        ("/v1/symbols/1/book?levels=ten", "levels"),
        ("/v1/symbols/1/book?levels=1&levels=2", "levels"),
        ("/v1/symbols/1/book?symbol_id=2", "symbol_id"),
        ("/v1/symbols/1/book?depth=5", "depth"),
        ("/v1/symbols/1/candles?interval=7m", "interval"),
        ("/v1/accounts/1/orders?open_only=yes", "open_only"),
    ],
)
def test_a_bad_parameter_is_named(web: Web, path: str, field: str) -> None:
    code, found = refusal(web, "GET", path)
    assert (code, found["status"]) == (400, "INVALID_ARGUMENT")
    assert [one["field"] for one in found["field_violations"]] == [field]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (bid(side="BUY"), "side"),
        (bid(price=50000), "price"),
        (bid(account_id="one"), "account_id"),
        (bid(account_id=1.5), "account_id"),
        (bid(account_id=2**63), "account_id"),
        (bid(post_only="true"), "post_only"),
        (bid(colour="red"), "colour"),
        (bid(symbol_id=[1]), "symbol_id"),
    ],
)
def test_a_bad_field_of_a_body_is_named(web: Web, body: dict[str, object], field: str) -> None:
    before = web.server.state_hash()
    code, found = refusal(web, "POST", "/v1/orders", body)
    assert (code, found["status"]) == (400, "INVALID_ARGUMENT")
    assert [one["field"] for one in found["field_violations"]] == [field]
    assert web.server.state_hash() == before


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"account_id": NaN}', b'"text"']
)
def test_a_body_that_is_no_json_object_is_refused(web: Web, body: bytes) -> None:
    code, found = refusal(web, "POST", "/v1/orders", body)
    assert (code, found["status"]) == (400, "INVALID_ARGUMENT")


def test_a_body_of_another_type_is_refused(web: Web) -> None:
    answer = web.ask("POST", "/v1/orders", json.dumps(bid()).encode(), {"Content-Type": "text/plain"})
    assert answer.code == 415
    assert web.get(f"/v1/accounts/{BUYER}/orders?open_only=true")["orders"] == []


def test_a_body_beyond_the_limit_is_refused(start_server: StartServer) -> None:
    web = start_web(start_server, {"message_bytes_max": 2000})
    code, found = refusal(web, "POST", "/v1/orders", b" " * 2001)
    assert (code, found["status"]) == (413, "RESOURCE_EXHAUSTED")
    assert refusal(web, "POST", "/v1/orders", b" " * 1999)[0] == 400


def test_what_is_not_there_is_said_in_json(web: Web) -> None:
    assert refusal(web, "GET", "/v1/nothing")[0] == 404
    assert refusal(web, "PUT", "/v1/orders")[0] == 405


def test_every_order_type_name_is_json(web: Web) -> None:
    stop = bid(type="ORDER_TYPE_STOP", price="", stop_price="60000", time_in_force="TIME_IN_FORCE_IOC")
    report = web.ask("POST", "/v1/orders", stop).json
    assert report["order"]["status"] == types.OrderStatus.Name(types.ORDER_STATUS_PENDING)
