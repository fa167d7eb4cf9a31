"""Every order type of lightning.v1 over the wire: reports, lists, the book, the past."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from grpc import StatusCode

from lightning.pb.schema import lightning_pb2 as schema
from lightning.pb.v1 import admin_pb2, market_data_pb2, trading_pb2
from lightning.pb.v1 import types_pb2 as types
from tests.conftest import RunningServer
from tests.test_server_amend import amend
from tests.test_server_v1 import BTC, BTC_USDT, USDT, balances, cancel, funded, market, order, place, refusal

__all__ = ["funded"]

SELL = types.SIDE_SELL
STOP: dict[str, Any] = {"type": types.ORDER_TYPE_STOP, "price": ""}
STOP_LIMIT: dict[str, Any] = {"type": types.ORDER_TYPE_STOP_LIMIT}
TRAILING: dict[str, Any] = {"type": types.ORDER_TYPE_TRAILING_STOP, "price": ""}
PATIENCE_S = 30.0


@pytest.fixture
def traded(funded: RunningServer) -> RunningServer:
    """Accounts 1 and 2 have money and coins, the last trade was at 50000."""
    funded.deposit(1, BTC, "10")
    funded.deposit(2, USDT, "1000000")
    trade_at(funded, "50000")
    return funded


def trade_at(server: RunningServer, price: str) -> None:
    """A trade of 0.001 between accounts 3 and 4, who have nothing else."""
    server.deposit(3, USDT, "1000")
    server.deposit(4, BTC, "0.001")
    place(server, account_id=3, price=price, quantity="0.001")
    place(server, account_id=4, side=SELL, price=price, quantity="0.001")


def get(server: RunningServer, order_id: int, account: int = 1) -> types.Order:
    request = trading_pb2.GetOrderRequest(account_id=account, order_id=order_id)
    found: types.Order = server.trading.GetOrder(request)
    return found


def listed(server: RunningServer, account: int = 1, open_only: bool = True) -> dict[int, types.Order]:
    request = trading_pb2.ListOrdersRequest(account_id=account, open_only=open_only)
    return {one.order_id: one for one in server.trading.ListOrders(request).orders}


def fills(server: RunningServer, order_id: int, account: int = 1) -> list[tuple[str, str]]:
    request = trading_pb2.ListFillsRequest(account_id=account, order_id=order_id)
    return [(one.price, one.quantity) for one in server.trading.ListFills(request).fills]


def book(server: RunningServer) -> market_data_pb2.OrderBook:
    reply: market_data_pb2.OrderBook = server.market_data.GetOrderBook(
        market_data_pb2.GetOrderBookRequest(symbol_id=BTC_USDT)
    )
    return reply


def levels(side: Any) -> list[tuple[str, str, int]]:
    return [(one.price, one.quantity, one.order_count) for one in side]


def set_status(server: RunningServer, status: str) -> None:
    request = admin_pb2.SetSymbolStatusRequest(symbol_id=BTC_USDT, status=f"SYMBOL_STATUS_{status}")
    server.admin.SetSymbolStatus(request)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


# stops


def test_a_stop_waits_in_no_book_and_holds_what_it_may_need(traded: RunningServer) -> None:
    stop = place(traded, **STOP, stop_price="51000", quantity="0.1", client_order_id=7).order
    assert stop.status == types.ORDER_STATUS_PENDING
    assert (stop.type, stop.time_in_force) == (types.ORDER_TYPE_STOP, types.TIME_IN_FORCE_IOC)
    assert (stop.stop_price, stop.price) == ("51000.0", "53550.0"), "the protection price is 5% above"
    assert balances(traded, 1)[USDT] == ("94645.0", "5355.0")
    assert not book(traded).bids
    assert get(traded, stop.order_id) == stop
    assert listed(traded) == {stop.order_id: stop} == listed(traded, open_only=False)
    by_client_id = trading_pb2.GetOrderRequest(account_id=1, client_order_id=7)
    assert traded.trading.GetOrder(by_client_id) == stop
    assert traded.exchange.check() == []


def test_a_trade_sets_it_off_and_its_fills_are_its_own(traded: RunningServer) -> None:
    stop = place(traded, **STOP, side=SELL, stop_price="49000", quantity="0.3").order
    assert stop.price == ""
    place(traded, account_id=2, price="49000", quantity="0.1")
    rest = place(traded, account_id=2, price="48000", quantity="0.2").order
    taker = place(traded, side=SELL, price="49000", quantity="0.05")
    assert [(one.price, one.quantity) for one in taker.fills] == [("49000.0", "0.05")]
    assert taker.order.status == types.ORDER_STATUS_FILLED
    closed = get(traded, stop.order_id)
    assert closed.status == types.ORDER_STATUS_CANCELED
    assert (closed.filled_quantity, closed.leaves_quantity, closed.stop_price) == ("0.25", "0.0", "49000.0")
    assert closed.reject_reason == types.REJECT_REASON_NO_LIQUIDITY
    assert fills(traded, stop.order_id) == [("49000.0", "0.05"), ("48000.0", "0.2")]
    assert get(traded, rest.order_id, account=2).status == types.ORDER_STATUS_FILLED
    trades = traded.market_data.ListTrades(market_data_pb2.ListTradesRequest(symbol_id=BTC_USDT)).trades
    assert [one.taker_order_id for one in trades[-3:]] == [taker.order.order_id, *[stop.order_id] * 2]
    assert trades[-1].seq == taker.seq, "done by the command that set it off"
    assert traded.exchange.check() == []


def test_a_stop_that_is_there_already_is_triggered_at_once(traded: RunningServer) -> None:
    place(traded, account_id=2, price="49500", quantity="0.1")
    report = place(traded, **STOP, side=SELL, stop_price="50000", quantity="0.2")
    assert report.order.status == types.ORDER_STATUS_CANCELED
    assert report.reject_reason == types.REJECT_REASON_NO_LIQUIDITY
    assert [(one.price, one.quantity) for one in report.fills] == [("49500.0", "0.1")]
    resting = place(traded, **STOP_LIMIT, side=SELL, stop_price="50000", price="52000", quantity="0.2")
    assert resting.order.status == types.ORDER_STATUS_NEW
    assert levels(book(traded).asks) == [("52000.0", "0.2", 1)]
    assert get(traded, resting.order.order_id) == resting.order


def test_a_stop_limit_order_rests_at_its_limit(traded: RunningServer) -> None:
    stop = place(traded, **STOP_LIMIT, stop_price="50500", price="50600", quantity="0.1").order
    assert (stop.status, stop.price) == (types.ORDER_STATUS_PENDING, "50600.0")
    trade_at(traded, "50500")
    assert get(traded, stop.order_id).status == types.ORDER_STATUS_NEW
    assert levels(book(traded).bids) == [("50600.0", "0.1", 1)]


def test_a_trailing_stop_follows_the_last_price_one_way(traded: RunningServer) -> None:
    report = place(traded, **TRAILING, side=SELL, trail_amount="1000", quantity="0.1")
    stop = report.order
    assert (stop.status, stop.trail_amount) == (types.ORDER_STATUS_PENDING, "1000.0")
    assert get(traded, stop.order_id).stop_price == "49000.0"
    trade_at(traded, "50800")
    trade_at(traded, "50100")
    for found in (
        get(traded, stop.order_id),
        listed(traded)[stop.order_id],
        listed(traded, open_only=False)[stop.order_id],
    ):
        assert (found.stop_price, found.trail_amount) == ("49800.0", "1000.0")
    amended = amend(traded, order_id=stop.order_id, quantity="0.05").order
    assert (amended.status, amended.stop_price) == (types.ORDER_STATUS_PENDING, "49800.0")
    place(traded, account_id=2, price="49000", quantity="1")
    trade_at(traded, "49800")
    assert fills(traded, stop.order_id) == [("49000.0", "0.05")]
    assert get(traded, stop.order_id).stop_price == ""


def test_a_pending_stop_is_amended_and_canceled(traded: RunningServer) -> None:
    stop = place(traded, **STOP_LIMIT, stop_price="51000", price="52000", quantity="0.1").order
    amended = amend(traded, order_id=stop.order_id, price="51500", quantity="0.2").order
    assert (amended.status, amended.price) == (types.ORDER_STATUS_PENDING, "51500.0")
    assert (amended.stop_price, amended.leaves_quantity) == ("51000.0", "0.2")
    assert balances(traded, 1)[USDT] == ("89700.0", "10300.0")
    gone = cancel(traded, order_id=stop.order_id).order
    assert (gone.status, gone.stop_price) == (types.ORDER_STATUS_CANCELED, "51000.0")
    assert balances(traded, 1)[USDT] == ("100000.0", "0.0")
    plain = place(traded, **STOP, stop_price="51000").order
    refused = amend(traded, order_id=plain.order_id, price="52000")
    assert refused.reject_reason == types.REJECT_REASON_INVALID_PRICE
    canceled = traded.trading.CancelAllOrders(trading_pb2.CancelAllOrdersRequest(account_id=1))
    assert list(canceled.order_ids) == [plain.order_id]


def test_what_the_engine_refuses_is_in_the_report(traded: RunningServer) -> None:
    hour_ago = time.time_ns() // 1_000_000 - 3_600_000
    gtd = {"time_in_force": types.TIME_IN_FORCE_GTD}
    for fields, reason in [
        (STOP | {"stop_price": "0"}, types.REJECT_REASON_INVALID_STOP_PRICE),
        (STOP | {"stop_price": "-1"}, types.REJECT_REASON_INVALID_STOP_PRICE),
        (TRAILING | {"trail_amount": "50000", "side": SELL}, types.REJECT_REASON_INVALID_STOP_PRICE),
        (TRAILING | {"trail_amount": "1", "symbol_id": 2}, types.REJECT_REASON_INVALID_STOP_PRICE),
        (STOP_LIMIT | {"stop_price": "1", "price": "0"}, types.REJECT_REASON_INVALID_PRICE),
        (gtd | {"expire_time_ms": hour_ago}, types.REJECT_REASON_INVALID_EXPIRE_TIME),
        ({"quantity": "1", "display_quantity": "0.000099"}, types.REJECT_REASON_INVALID_DISPLAY_QUANTITY),
        (STOP | {"stop_price": "60000", "quantity": "5"}, types.REJECT_REASON_INSUFFICIENT_FUNDS),
    ]:
        before = traded.state_hash()
        report = place(traded, **fields)
        assert (report.order.status, report.reject_reason) == (types.ORDER_STATUS_REJECTED, reason), fields
        assert report.reject_message and report.order.stop_price == fields.get("stop_price", "")
        assert traded.state_hash() == before
        rejected = get(traded, report.seq)
        assert (rejected.status, rejected.reject_reason) == (types.ORDER_STATUS_REJECTED, reason)


# icebergs and expiry


def test_an_iceberg_shows_a_slice_at_a_time(traded: RunningServer) -> None:
    ice = place(traded, side=SELL, price="51000", quantity="1", display_quantity="0.3").order
    assert (ice.display_quantity, ice.leaves_quantity) == ("0.3", "1.0")
    behind = place(traded, account_id=2, side=SELL, price="51000", quantity="0.2").order
    assert levels(book(traded).asks) == [("51000.0", "0.5", 2)]
    request = market_data_pb2.ListBookOrdersRequest(symbol_id=BTC_USDT)
    shown = traded.market_data.ListBookOrders(request).orders
    assert [(one.order_id, one.quantity) for one in shown] == [
        (ice.order_id, "0.3"),
        (behind.order_id, "0.2"),
    ]
    traded.deposit(5, USDT, "100000")
    place(traded, account_id=5, price="51000", quantity="0.4")
    shown = traded.market_data.ListBookOrders(request).orders
    assert [(one.order_id, one.quantity) for one in shown] == [
        (behind.order_id, "0.1"),
        (ice.order_id, "0.3"),
    ]
    assert levels(book(traded).asks) == [("51000.0", "0.4", 2)]
    mine = get(traded, ice.order_id)
    assert (mine.leaves_quantity, mine.display_quantity) == ("0.7", "0.3")
    assert listed(traded, open_only=False)[ice.order_id] == mine
    reply = traded.schema.getOrderBook(schema.GetOrderBookRequest(symbolId=BTC_USDT))
    assert reply.asks[0].quantity == "0.4"
    amended = amend(traded, order_id=ice.order_id, quantity="0.5").order
    assert (amended.display_quantity, amended.leaves_quantity) == ("0.3", "0.5")


def test_an_order_expires_by_itself(traded: RunningServer) -> None:
    expires = time.time_ns() // 1_000_000 + 400
    gtd = {"time_in_force": types.TIME_IN_FORCE_GTD, "expire_time_ms": expires}
    resting = place(traded, **gtd).order
    waiting = place(traded, **gtd, **STOP, stop_price="60000").order
    assert (resting.status, resting.expire_time_ms) == (types.ORDER_STATUS_NEW, expires)
    assert (waiting.status, waiting.expire_time_ms) == (types.ORDER_STATUS_PENDING, expires)
    until(lambda: not listed(traded))
    for one in (resting, waiting):
        found = get(traded, one.order_id)
        assert (found.status, found.expire_time_ms) == (types.ORDER_STATUS_EXPIRED, expires)
        assert found.update_time_ns // 1_000_000 >= expires and found.leaves_quantity == "0.0"
    assert balances(traded, 1)[USDT] == ("100000.0", "0.0")


# one cancels the other


def pair(server: RunningServer, first: dict[str, Any], second: dict[str, Any]) -> Any:
    request = trading_pb2.PlaceOneCancelsOtherRequest(first=order(**first), second=order(**second))
    return server.trading.PlaceOneCancelsOther(request)


PROFIT: dict[str, Any] = {"side": SELL, "price": "55000", "quantity": "1"}
LOSS: dict[str, Any] = {"side": SELL, **STOP, "stop_price": "45000", "quantity": "1"}


def test_a_fill_of_one_cancels_the_other(traded: RunningServer) -> None:
    both = pair(traded, PROFIT, LOSS)
    first, second = both.first.order, both.second.order
    assert (first.status, second.status) == (types.ORDER_STATUS_NEW, types.ORDER_STATUS_PENDING)
    assert (first.linked_order_id, second.linked_order_id) == (second.order_id, first.order_id)
    assert second.order_id == first.order_id + 1
    assert {one.order_id: one for one in (first, second)} == listed(traded) == listed(traded, open_only=False)
    taker = place(traded, account_id=2, price="55000", quantity="0.1")
    assert len(taker.fills) == 1 and taker.order.status == types.ORDER_STATUS_FILLED
    gone = get(traded, second.order_id)
    assert (gone.status, gone.reject_reason) == (types.ORDER_STATUS_CANCELED, types.REJECT_REASON_LINKED)
    assert gone.linked_order_id == first.order_id
    assert listed(traded)[first.order_id].leaves_quantity == "0.9"
    assert balances(traded, 1)[BTC] == ("9.0", "0.9")
    assert traded.exchange.check() == []


def test_a_cancel_of_one_cancels_the_other(traded: RunningServer) -> None:
    both = pair(traded, PROFIT, LOSS)
    report = cancel(traded, order_id=both.first.order.order_id)
    assert report.order.status == types.ORDER_STATUS_CANCELED
    assert report.reject_reason == types.REJECT_REASON_UNSPECIFIED
    assert not listed(traded)
    assert balances(traded, 1)[BTC] == ("10.0", "0.0")


def test_a_second_that_is_refused_cancels_the_first(traded: RunningServer) -> None:
    both = pair(traded, PROFIT, LOSS | {"quantity": "9.5"})
    assert both.second.reject_reason == types.REJECT_REASON_INSUFFICIENT_FUNDS
    assert both.first.order.status == types.ORDER_STATUS_CANCELED
    assert both.first.reject_reason == types.REJECT_REASON_LINKED
    assert not listed(traded) and balances(traded, 1)[BTC] == ("10.0", "0.0")


def test_a_first_that_is_refused_or_trades_refuses_the_second(traded: RunningServer) -> None:
    both = pair(traded, PROFIT | {"quantity": "11"}, LOSS)
    assert both.first.reject_reason == types.REJECT_REASON_INSUFFICIENT_FUNDS
    assert both.second.reject_reason == types.REJECT_REASON_LINKED
    place(traded, account_id=2, price="49000", quantity="0.1")
    both = pair(traded, PROFIT | {"price": "49000"}, LOSS)
    assert both.first.order.status == types.ORDER_STATUS_PARTIALLY_FILLED
    assert both.second.reject_reason == types.REJECT_REASON_LINKED
    assert list(listed(traded)) == [both.first.order.order_id]


def test_a_second_that_trades_at_once_cancels_the_first(traded: RunningServer) -> None:
    place(traded, account_id=2, price="49000", quantity="1")
    both = pair(traded, PROFIT, PROFIT | {"price": "49000"})
    assert both.second.order.status == types.ORDER_STATUS_FILLED and len(both.second.fills) == 1
    assert both.first.order.status == types.ORDER_STATUS_CANCELED
    assert both.first.reject_reason == types.REJECT_REASON_LINKED


def test_a_pair_is_placed_once(traded: RunningServer) -> None:
    named = (PROFIT | {"client_order_id": 1}, LOSS | {"client_order_id": 2})
    both = pair(traded, *named)
    assert pair(traded, *named) == both
    assert set(listed(traded)) == {both.first.order.order_id, both.second.order.order_id}
    request = trading_pb2.PlaceOneCancelsOtherRequest(first=order(**PROFIT), second=order(**named[1]))
    method = traded.trading.PlaceOneCancelsOther
    assert refusal(method, request) == (StatusCode.INVALID_ARGUMENT, "first.client_order_id")


# status and auction


def test_an_auction_collects_orders_and_says_what_it_would_do(traded: RunningServer) -> None:
    assert book(traded).status == types.SYMBOL_STATUS_TRADING and not book(traded).indicative_price
    set_status(traded, "AUCTION")
    empty = book(traded)
    assert (empty.status, empty.indicative_price, empty.indicative_quantity) == (
        types.SYMBOL_STATUS_AUCTION,
        "",
        "",
    )
    bid = place(traded, price="51000", quantity="0.5").order
    ask = place(traded, account_id=2, side=SELL, price="49000", quantity="0.3").order
    assert (bid.status, ask.status) == (types.ORDER_STATUS_NEW, types.ORDER_STATUS_NEW)
    crossed = book(traded)
    assert (crossed.bids[0].price, crossed.asks[0].price) == ("51000.0", "49000.0")
    assert (crossed.indicative_price, crossed.indicative_quantity) == ("50000.0", "0.3"), "nearest the last"
    reply = traded.schema.getOrderBook(schema.GetOrderBookRequest(symbolId=BTC_USDT))
    assert (reply.code, reply.bestBid, reply.bestAsk) == (0, "51000.0", "49000.0")
    assert not reply.HasField("spread")
    now = traded.trading.PlaceOrder(market(quantity="0.1"))
    assert now.reject_reason == types.REJECT_REASON_AUCTION
    statuses = traded.market_data.ListSymbols(market_data_pb2.ListSymbolsRequest()).symbols
    assert [one.status for one in statuses][:2] == [types.SYMBOL_STATUS_AUCTION, types.SYMBOL_STATUS_TRADING]


def test_the_end_of_an_auction_trades_and_sets_off_stops(traded: RunningServer) -> None:
    stop = place(traded, **STOP, stop_price="50500", quantity="0.1").order
    set_status(traded, "AUCTION")
    bid = place(traded, price="51000", quantity="0.5").order
    ask = place(traded, account_id=2, side=SELL, price="51000", quantity="0.3").order
    behind = place(traded, account_id=2, side=SELL, price="51500", quantity="0.1").order
    set_status(traded, "TRADING")
    assert fills(traded, bid.order_id) == [("51000.0", "0.3")] == fills(traded, ask.order_id, account=2)
    assert fills(traded, stop.order_id) == [("51500.0", "0.1")] == fills(traded, behind.order_id, account=2)
    assert get(traded, bid.order_id).status == types.ORDER_STATUS_PARTIALLY_FILLED
    assert get(traded, ask.order_id, account=2).status == types.ORDER_STATUS_FILLED
    assert book(traded).indicative_price == ""
    assert traded.exchange.check() == []


def test_a_halted_symbol_says_so(traded: RunningServer) -> None:
    set_status(traded, "HALTED")
    assert book(traded).status == types.SYMBOL_STATUS_HALTED
    assert place(traded).reject_reason == types.REJECT_REASON_HALTED
