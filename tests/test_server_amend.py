"""lightning.v1.Trading.AmendOrder: another price or open quantity, all or nothing (RULES 3)."""

from typing import Any

import pytest
from grpc import StatusCode

from lightning.pb.v1 import trading_pb2
from lightning.pb.v1 import types_pb2 as types
from tests.conftest import RunningServer
from tests.test_server_v1 import BTC, BTC_USDT, USDT, balances, funded, place, refusal

__all__ = ["funded"]


def amend(server: RunningServer, **fields: Any) -> trading_pb2.ExecutionReport:
    chosen: dict[str, Any] = {"account_id": 1, "symbol_id": BTC_USDT, **fields}
    report: trading_pb2.ExecutionReport = server.trading.AmendOrder(trading_pb2.AmendOrderRequest(**chosen))
    return report


def test_a_smaller_quantity_gives_back_what_it_held(funded: RunningServer) -> None:
    bid = place(funded, client_order_id=11, price="50000", quantity="1").order
    report = amend(funded, order_id=bid.order_id, quantity="0.4")
    assert report.order.status == types.ORDER_STATUS_NEW
    assert (report.order.quantity, report.order.leaves_quantity) == ("0.4", "0.4")
    assert (report.order.order_id, report.order.client_order_id) == (bid.order_id, 11)
    assert report.order.create_time_ns == bid.create_time_ns < report.order.update_time_ns == report.time_ns
    assert report.seq == bid.order_id + 1
    assert balances(funded, 1)[USDT] == ("80000.0", "20000.0")


def test_by_client_order_id_and_another_price_that_trades(funded: RunningServer) -> None:
    ask = place(funded, account_id=2, side="SIDE_SELL", price="50010", quantity="0.3").order
    place(funded, client_order_id=12, price="50000", quantity="1")
    report = amend(funded, client_order_id=12, price="50010")
    assert report.order.status == types.ORDER_STATUS_PARTIALLY_FILLED
    assert (report.order.filled_quantity, report.order.leaves_quantity) == ("0.3", "0.7")
    (fill,) = report.fills
    assert (fill.price, fill.quantity, fill.maker_order_id) == ("50010.0", "0.3", ask.order_id)
    assert balances(funded, 1)[BTC] == ("0.3", "0.0")


def test_fills_before_are_counted(funded: RunningServer) -> None:
    bid = place(funded, price="50000", quantity="1").order
    place(funded, account_id=2, side="SIDE_SELL", price="50000", quantity="0.25")
    report = amend(funded, order_id=bid.order_id, quantity="1.5")
    assert report.order.status == types.ORDER_STATUS_PARTIALLY_FILLED
    assert (report.order.quantity, report.order.filled_quantity) == ("1.75", "0.25")
    assert (report.order.leaves_quantity, report.order.filled_quote) == ("1.5", "12500.0")
    assert list(report.fills) == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"quantity": "1000"}, types.REJECT_REASON_INSUFFICIENT_FUNDS),
        ({"order_id": 999, "quantity": "1"}, types.REJECT_REASON_UNKNOWN_ORDER),
        ({"account_id": 2, "quantity": "1"}, types.REJECT_REASON_NOT_OWNER),
        ({"symbol_id": 99, "quantity": "1"}, types.REJECT_REASON_UNKNOWN_SYMBOL),
        ({"price": "99999999999999"}, types.REJECT_REASON_INVALID_PRICE),
    ],
)
def test_a_refused_amend_changes_nothing(funded: RunningServer, fields: dict[str, Any], reason: int) -> None:
    bid = place(funded, price="50000", quantity="1").order
    before = funded.state_hash()
    report = amend(funded, **{"order_id": bid.order_id, **fields})
    assert (report.order.status, report.reject_reason) == (types.ORDER_STATUS_REJECTED, reason)
    assert report.reject_message
    assert funded.state_hash() == before


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"order_id": 1}, "price"),
        ({"quantity": "1"}, "order_id"),
        ({"order_id": 1, "quantity": "0"}, "quantity"),
        ({"order_id": 1, "quantity": ""}, "quantity"),
        ({"order_id": 1, "quantity": "0.0000001"}, "quantity"),
        ({"order_id": 1, "price": "-5"}, "price"),
        ({"order_id": 1, "price": "abc"}, "price"),
        ({"order_id": 1, "price": "1", "account_id": 0}, "account_id"),
    ],
)
def test_bad_fields_are_named(funded: RunningServer, fields: dict[str, Any], field: str) -> None:
    request = trading_pb2.AmendOrderRequest(**{"account_id": 1, "symbol_id": BTC_USDT, **fields})
    assert refusal(funded.trading.AmendOrder, request) == (StatusCode.INVALID_ARGUMENT, field)


def test_a_closed_order_cannot_be_amended(funded: RunningServer) -> None:
    bid = place(funded, price="50000", quantity="1").order
    funded.trading.CancelOrder(
        trading_pb2.CancelOrderRequest(account_id=1, symbol_id=BTC_USDT, order_id=bid.order_id)
    )
    report = amend(funded, order_id=bid.order_id, quantity="0.5")
    assert report.reject_reason == types.REJECT_REASON_UNKNOWN_ORDER
