"""Orders of `lightning.v1`: what is refused before the engine sees it, and what reports say."""

from typing import Any

import numpy as np
import pytest

from lightning.codes import (
    CommandFlag,
    EventFlag,
    EventKind,
    OrderTerms,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
)
from lightning.config import default_config
from lightning.pb.v1 import trading_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.rows import EVENT, PRICE_TICKS_MAX, Command, Event
from lightning.server.convert import orders, reports
from lightning.server.errors import BadField
from lightning.server.gateway import Catalog, Reply
from tests.test_server_v1 import order

SYMBOL = default_config().symbols[0]  # tick 0.01, lot 0.000001
CATALOG = Catalog({one.id: one for one in default_config().currencies}, {SYMBOL.id: SYMBOL})
TICK, LOT = 100, 1_000_000
"""How many of them are 1."""
DAY_MS = 86_400_000

STOP: dict[str, Any] = {"type": types.ORDER_TYPE_STOP, "price": "", "stop_price": "100"}
STOP_LIMIT: dict[str, Any] = {"type": types.ORDER_TYPE_STOP_LIMIT, "price": "101", "stop_price": "100"}
TRAILING: dict[str, Any] = {"type": types.ORDER_TYPE_TRAILING_STOP, "price": "", "trail_amount": "2.5"}
MARKET: dict[str, Any] = {"type": types.ORDER_TYPE_MARKET, "price": ""}
GTD: dict[str, Any] = {"time_in_force": types.TIME_IN_FORCE_GTD, "expire_time_ms": 5}
IOC: dict[str, Any] = {"time_in_force": types.TIME_IN_FORCE_IOC}
FOK: dict[str, Any] = {"time_in_force": types.TIME_IN_FORCE_FOK}


def test_a_stop_limit_iceberg_until_a_time_is_one_row() -> None:
    row = orders.place(order(**STOP_LIMIT, **GTD, display_quantity="0.02", post_only=True), SYMBOL)
    assert (row.type, row.tif) == (OrderType.STOP_LIMIT, TimeInForce.GTD)
    assert (row.price, row.stop_price) == (101 * TICK, 100 * TICK)
    assert (row.qty, row.display_qty) == (LOT // 10, LOT // 50)
    assert (row.expire_time_ns, row.flags) == (5_000_000, CommandFlag.POST_ONLY)


@pytest.mark.parametrize(
    ("fields", "tif"),
    [
        ({}, TimeInForce.GTC),
        (STOP_LIMIT, TimeInForce.GTC),
        (MARKET, TimeInForce.IOC),
        (STOP, TimeInForce.IOC),
        (TRAILING, TimeInForce.IOC),
        (STOP | GTD, TimeInForce.GTD),
        (TRAILING | FOK, TimeInForce.FOK),
    ],
)
def test_the_time_in_force_where_none_is_given(fields: dict[str, Any], tif: TimeInForce) -> None:
    row = orders.place(order(**fields), SYMBOL)
    assert row.tif == tif
    assert row.trail_amount == (250 if fields.get("trail_amount") else 0)


MALFORMED: list[tuple[dict[str, Any], str]] = [
    (STOP | {"stop_price": ""}, "stop_price"),
    (STOP | {"stop_price": "x"}, "stop_price"),
    (STOP | {"stop_price": "1.001"}, "stop_price"),
    (STOP | {"price": "100"}, "price"),
    (STOP | {"trail_amount": "1"}, "trail_amount"),
    (STOP | {"quantity": ""}, "quantity"),
    (STOP | {"quantity": "", "quote_quantity": "5"}, "quote_quantity"),
    (STOP_LIMIT | {"price": ""}, "price"),
    (STOP_LIMIT | {"stop_price": ""}, "stop_price"),
    (STOP_LIMIT | {"trail_amount": "1"}, "trail_amount"),
    (TRAILING | {"trail_amount": ""}, "trail_amount"),
    (TRAILING | {"trail_amount": "0.001"}, "trail_amount"),
    (TRAILING | {"stop_price": "1"}, "stop_price"),
    (TRAILING | {"price": "1"}, "price"),
    (MARKET | {"stop_price": "1"}, "stop_price"),
    (MARKET | {"trail_amount": "1"}, "trail_amount"),
    (MARKET | {"display_quantity": "1"}, "display_quantity"),
    (MARKET | {"post_only": True}, "post_only"),
    (MARKET | GTD, "time_in_force"),
    ({"stop_price": "5"}, "stop_price"),
    ({"trail_amount": "5"}, "trail_amount"),
    (STOP | {"post_only": True}, "post_only"),
    (STOP | GTD | {"post_only": True}, "post_only"),
    (STOP_LIMIT | IOC | {"post_only": True}, "post_only"),
    (FOK | {"post_only": True}, "post_only"),
    (STOP | {"display_quantity": "0.01"}, "display_quantity"),
    (TRAILING | {"display_quantity": "0.01"}, "display_quantity"),
    (STOP_LIMIT | FOK | {"display_quantity": "0.01"}, "display_quantity"),
    (IOC | {"display_quantity": "0.01"}, "display_quantity"),
    ({"display_quantity": "0"}, "display_quantity"),
    ({"display_quantity": "-1"}, "display_quantity"),
    ({"display_quantity": "0.0000001"}, "display_quantity"),
    ({"expire_time_ms": 1}, "expire_time_ms"),
    ({"expire_time_ms": -1}, "expire_time_ms"),
    (IOC | {"expire_time_ms": 1}, "expire_time_ms"),
    (GTD | {"expire_time_ms": 0}, "expire_time_ms"),
    (GTD | {"expire_time_ms": -1}, "expire_time_ms"),
    (GTD | {"expire_time_ms": orders.EXPIRE_TIME_MS_MAX + 1}, "expire_time_ms"),
]


ONLY_OF_A_SYMBOL = ("1.001", "0.001", "0.0000001", "0", "-1")
"""Amounts that are well written, but no steps of this one, or none that an order may have."""


@pytest.mark.parametrize("symbol", [SYMBOL, None], ids=["known", "unknown"])
def test_what_does_not_go_together_names_its_field(symbol: Any) -> None:
    for fields, field in MALFORMED:
        if symbol is None and fields.get(field) in ONLY_OF_A_SYMBOL:
            continue
        with pytest.raises(BadField) as caught:
            orders.place(order(**fields), symbol)
        assert caught.value.field == field, (fields, caught.value)
        assert str(caught.value).startswith(f"{field} ")


def test_a_refused_field_says_what_is_allowed() -> None:
    for fields, words in [
        (IOC | {"post_only": True}, ("ORDER_TYPE_STOP_LIMIT", "TIME_IN_FORCE_GTD", "TIME_IN_FORCE_IOC")),
        ({"stop_price": "5"}, ("ORDER_TYPE_STOP and ORDER_TYPE_STOP_LIMIT", "not ORDER_TYPE_LIMIT")),
        (MARKET | GTD, ("TIME_IN_FORCE_GTD", "ORDER_TYPE_MARKET")),
    ]:
        with pytest.raises(BadField) as caught:
            orders.place(order(**fields), SYMBOL)
        assert all(word in str(caught.value) for word in words), caught.value


def test_what_can_be_represented_is_left_to_the_engine() -> None:
    beyond = f"{PRICE_TICKS_MAX}"
    for fields in (
        STOP | {"stop_price": "0"},
        STOP | {"stop_price": beyond},
        TRAILING | {"trail_amount": "-1"},
    ):
        row = orders.place(order(**fields), SYMBOL)
        assert row.stop_price or row.trail_amount or fields["stop_price"] == "0"
    assert (
        orders.place(order(**GTD | {"expire_time_ms": orders.EXPIRE_TIME_MS_MAX}), SYMBOL).expire_time_ns > 0
    )


def pair(first: dict[str, Any], second: dict[str, Any]) -> pb.PlaceOneCancelsOtherRequest:
    return pb.PlaceOneCancelsOtherRequest(first=order(**first), second=order(**second))


TAKE_PROFIT: dict[str, Any] = {"side": types.SIDE_SELL, "price": "120"}
STOP_LOSS: dict[str, Any] = {"side": types.SIDE_SELL, **STOP}


def test_a_pair_is_two_rows_of_which_the_second_is_linked() -> None:
    both = pair(TAKE_PROFIT | {"client_order_id": 1}, STOP_LOSS | {"client_order_id": 2})
    first, second = orders.place_pair(both, SYMBOL, SYMBOL)
    assert (first.flags, second.flags) == (0, CommandFlag.ONE_CANCELS_OTHER)
    assert (first.client_order_id, second.client_order_id) == (1, 2)
    post_only = orders.place_pair(pair(TAKE_PROFIT, TAKE_PROFIT | {"post_only": True}), SYMBOL, SYMBOL)
    assert post_only[1].flags == CommandFlag.ONE_CANCELS_OTHER | CommandFlag.POST_ONLY


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        (TAKE_PROFIT | {"price": ""}, STOP_LOSS, "first.price"),
        (TAKE_PROFIT, STOP_LOSS | {"stop_price": "x"}, "second.stop_price"),
        (MARKET, STOP, "first.type"),
        ({}, MARKET, "second.type"),
        (IOC, STOP, "first.time_in_force"),
        ({}, FOK, "second.time_in_force"),
        (TAKE_PROFIT, STOP_LOSS | {"account_id": 2}, "second.account_id"),
        (TAKE_PROFIT, STOP_LOSS | {"symbol_id": 2}, "second.symbol_id"),
        (TAKE_PROFIT, STOP_LOSS | {"side": types.SIDE_BUY}, "second.side"),
        (TAKE_PROFIT | {"client_order_id": 3}, STOP_LOSS, "second.client_order_id"),
        (TAKE_PROFIT, STOP_LOSS | {"client_order_id": 3}, "first.client_order_id"),
        (TAKE_PROFIT | {"client_order_id": 3}, STOP_LOSS | {"client_order_id": 3}, "second.client_order_id"),
    ],
)
def test_what_cannot_be_a_pair_names_its_field(
    first: dict[str, Any], second: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadField) as caught:
        orders.place_pair(pair(first, second), SYMBOL, SYMBOL)
    assert caught.value.field == field


def test_a_pair_needs_both() -> None:
    for request, field in [
        (pb.PlaceOneCancelsOtherRequest(), "first"),
        (pb.PlaceOneCancelsOtherRequest(second=order()), "first"),
        (pb.PlaceOneCancelsOtherRequest(first=order()), "second"),
    ]:
        with pytest.raises(BadField) as caught:
            orders.place_pair(request, SYMBOL, SYMBOL)
        assert caught.value.field == field


def test_the_dead_man_timer_is_a_time_in_the_row() -> None:
    request = pb.CancelAllAfterRequest(account_id=1, timeout_ms=1500)
    assert orders.cancel_all_after(request, now_ns=7).expire_time_ns == 1_500_000_007
    assert orders.cancel_all_after(pb.CancelAllAfterRequest(account_id=1), now_ns=7).expire_time_ns == 0
    assert orders.cancel_all_after(pb.CancelAllAfterRequest(account_id=1, timeout_ms=DAY_MS), 0)
    for fields, field in [
        ({"account_id": 1, "timeout_ms": DAY_MS + 1}, "timeout_ms"),
        ({"account_id": 1, "timeout_ms": -1}, "timeout_ms"),
        ({"account_id": 0, "timeout_ms": 1}, "account_id"),
    ]:
        with pytest.raises(BadField) as caught:
            orders.cancel_all_after(pb.CancelAllAfterRequest(**fields), now_ns=7)
        assert caught.value.field == field


# reports


def event(kind: EventKind, order_id: int, **columns: int) -> Event:
    """About an order of 10 lots at 100 ticks, but for `columns`."""
    chosen = {
        "kind": kind,
        "order_id": order_id,
        "seq": order_id,
        "symbol": SYMBOL.id,
        "account": 1,
        "price": 100,
    }
    if kind != EventKind.TRADE:  # the same bytes mean other things there
        chosen |= {"order_qty": 10, "qty": 10, "leaves_qty": 10, "create_time_ns": 7}
    row = np.zeros(1, EVENT)[0]
    for name, value in {**chosen, **columns}.items():
        row[name] = value
    return Event._make(row.tolist())


def reply(*events: Event) -> Reply:
    return Reply(list(events), events[0].seq, 9)


def row_of(request: pb.PlaceOrderRequest) -> Command:
    return orders.place(request, SYMBOL)


PENDING = int(OrderTerms.STOP | OrderTerms.PENDING)
STOP_TERMS = int(OrderTerms.STOP)


def placed(request: pb.PlaceOrderRequest, *events: Event) -> pb.ExecutionReport:
    return reports.placed(reply(*events), request, row_of(request), CATALOG)


def test_a_stop_that_waits_is_pending_with_its_terms() -> None:
    request = order(**STOP_LIMIT, **GTD, display_quantity="0.02")
    report = placed(request, event(EventKind.ACCEPTED, 5, order_type=3, order_tif=3, order_terms=PENDING))
    assert report.order.status == types.ORDER_STATUS_PENDING
    assert (report.order.type, report.order.time_in_force) == (
        types.ORDER_TYPE_STOP_LIMIT,
        types.TIME_IN_FORCE_GTD,
    )
    assert (report.order.stop_price, report.order.display_quantity) == ("100.0", "0.02")
    assert (report.order.expire_time_ms, report.order.trail_amount) == (5, "")
    trailing = placed(order(**TRAILING), event(EventKind.ACCEPTED, 6, order_type=4, order_terms=PENDING))
    assert (trailing.order.trail_amount, trailing.order.stop_price) == ("2.5", "")


def test_a_stop_triggered_at_entry_reports_its_fills_and_how_it_ended() -> None:
    accepted = event(EventKind.ACCEPTED, 5, price=0, order_type=2, order_tif=1, order_terms=PENDING)
    triggered = event(EventKind.TRIGGERED, 5, price=0, order_type=2, order_terms=STOP_TERMS)
    trade = event(EventKind.TRADE, 5, price=99, qty=4, leaves_qty=6, fee=3, maker_order_id=2)
    gone = event(
        EventKind.CANCELED, 5, qty=6, leaves_qty=0, filled_qty=4, reason=int(RejectReason.NO_LIQUIDITY)
    )
    request = order(**STOP, side=types.SIDE_SELL)
    waiting_no_more = placed(request, accepted, triggered)
    assert waiting_no_more.order.status == types.ORDER_STATUS_NEW
    report = placed(request, accepted, triggered, trade, gone)
    assert report.order.status == types.ORDER_STATUS_CANCELED
    assert report.reject_reason == types.REJECT_REASON_NO_LIQUIDITY
    assert [one.maker_order_id for one in report.fills] == [2]
    assert (report.order.filled_quantity, report.order.leaves_quantity) == ("0.000004", "0.0")
    partly = placed(request, accepted, triggered, trade)
    assert partly.order.status == types.ORDER_STATUS_PARTIALLY_FILLED


def test_rows_about_other_orders_are_not_its_own() -> None:
    others = [
        event(EventKind.CANCELED, 3, flags=int(EventFlag.MAKER), leaves_qty=0),
        event(EventKind.REDUCED, 4, flags=int(EventFlag.MAKER), leaves_qty=1),
        event(EventKind.TRADE, 9, qty=10, leaves_qty=0, maker_order_id=5),
    ]
    report = placed(order(), event(EventKind.ACCEPTED, 5), *others)
    assert report.order.status == types.ORDER_STATUS_NEW and not report.fills
    assert report.order.leaves_quantity == "0.00001"


def pair_of(first: list[Event], second: list[Event]) -> pb.PlaceOneCancelsOtherResponse:
    request = pair(TAKE_PROFIT, STOP_LOSS)
    rows = orders.place_pair(request, SYMBOL, SYMBOL)
    return reports.placed_pair((reply(*first), reply(*second)), request, rows, CATALOG)


LINKED = int(OrderTerms.LINKED)


def linked_cancel(order_id: int, seq: int) -> Event:
    flags, reason = int(EventFlag.MAKER), int(RejectReason.LINKED)
    return event(
        EventKind.CANCELED, order_id, seq=seq, leaves_qty=0, flags=flags, reason=reason, order_terms=LINKED
    )


def test_a_pair_names_each_other() -> None:
    second = event(EventKind.ACCEPTED, 6, order_type=2, order_terms=PENDING | LINKED)
    both = pair_of([event(EventKind.ACCEPTED, 5)], [second])
    assert (both.first.order.linked_order_id, both.second.order.linked_order_id) == (6, 5)
    assert both.first.order.status == types.ORDER_STATUS_NEW
    assert both.second.order.status == types.ORDER_STATUS_PENDING
    assert both.second.order.stop_price == "100.0" and both.first.order.stop_price == ""


def test_a_second_that_is_refused_takes_the_first_along() -> None:
    refused = event(EventKind.REJECTED, 0, seq=6, reason=int(RejectReason.INVALID_STOP_PRICE))
    both = pair_of([event(EventKind.ACCEPTED, 5)], [refused, linked_cancel(5, 6)])
    assert both.second.reject_reason == types.REJECT_REASON_INVALID_STOP_PRICE
    assert both.first.order.status == types.ORDER_STATUS_CANCELED
    assert both.first.reject_reason == types.REJECT_REASON_LINKED
    assert both.first.order.leaves_quantity == "0.0" and both.first.order.linked_order_id == 0


def test_a_second_that_trades_at_once_takes_the_first_along() -> None:
    accepted = event(EventKind.ACCEPTED, 6, order_terms=LINKED)
    trade = event(EventKind.TRADE, 6, qty=10, leaves_qty=0, maker_order_id=2)
    both = pair_of([event(EventKind.ACCEPTED, 5)], [accepted, trade, linked_cancel(5, 6)])
    assert both.second.order.status == types.ORDER_STATUS_FILLED and len(both.second.fills) == 1
    assert both.first.order.status == types.ORDER_STATUS_CANCELED and not both.first.fills
    assert both.first.order.linked_order_id == 6


def test_buys_and_sells_have_their_side() -> None:
    for side, wire in ((Side.BUY, types.SIDE_BUY), (Side.SELL, types.SIDE_SELL)):
        assert placed(order(side=wire), event(EventKind.ACCEPTED, 5, side=side)).order.side == wire
