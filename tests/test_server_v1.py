"""Package lightning.v1 over the wire: verdicts in reports, other refusals as statuses."""

from collections.abc import Callable
from typing import Any, cast
from zlib import crc32

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc import StatusCode
from grpc_status import rpc_status

from lightning.pb.v1 import accounts_pb2, admin_pb2, market_data_pb2, trading_pb2
from lightning.pb.v1 import types_pb2 as types
from tests.conftest import RunningServer, StartServer

BTC, USDT, ETH = 1, 2, 3
BTC_USDT, ETH_USDT = 1, 2


def order(**fields: Any) -> trading_pb2.PlaceOrderRequest:
    """A limit buy of 0.1 at 50000 by account 1, but for `fields`."""
    chosen: dict[str, Any] = {
        "account_id": 1,
        "symbol_id": BTC_USDT,
        "side": types.SIDE_BUY,
        "type": types.ORDER_TYPE_LIMIT,
        "price": "50000",
        "quantity": "0.1",
    }
    return trading_pb2.PlaceOrderRequest(**{**chosen, **fields})


def market(**fields: Any) -> trading_pb2.PlaceOrderRequest:
    return order(**{"type": types.ORDER_TYPE_MARKET, "price": "", **fields})


def place(server: RunningServer, **fields: Any) -> trading_pb2.ExecutionReport:
    report: trading_pb2.ExecutionReport = server.trading.PlaceOrder(order(**fields))
    return report


def cancel(server: RunningServer, **fields: Any) -> trading_pb2.ExecutionReport:
    chosen: dict[str, Any] = {"account_id": 1, "symbol_id": BTC_USDT, **fields}
    report: trading_pb2.ExecutionReport = server.trading.CancelOrder(trading_pb2.CancelOrderRequest(**chosen))
    return report


def balances(server: RunningServer, account: int) -> dict[int, tuple[str, str]]:
    reply = server.accounts.GetAccount(accounts_pb2.GetAccountRequest(account_id=account))
    return {one.currency_id: (one.available, one.held) for one in reply.balances}


def refusal(call: Callable[[Any], Any], request: Any) -> tuple[Any, ...]:
    """The status, and what its details name: the field (BadRequest), or the reason, and its field if any."""
    with pytest.raises(grpc.RpcError) as caught:
        call(request)
    status = rpc_status.from_call(cast(grpc.Call, caught.value))
    assert status is not None, caught.value
    assert status.message == caught.value.details()
    detail = status.details[0]
    if detail.Is(BadRequest.DESCRIPTOR):
        violations = BadRequest.FromString(detail.value).field_violations
        assert violations[0].description
        return caught.value.code(), violations[0].field
    info = ErrorInfo.FromString(detail.value)
    assert info.domain == "lightning"
    return caught.value.code(), info.reason, *info.metadata.values()


@pytest.fixture
def funded(server: RunningServer) -> RunningServer:
    server.deposit(1, USDT, "100000")
    server.deposit(2, BTC, "10")
    return server


def test_a_resting_order_then_a_partial_fill_then_the_rest(funded: RunningServer) -> None:
    bid = place(funded, client_order_id=11, quantity="0.3")
    assert bid.order.status == types.ORDER_STATUS_NEW and bid.seq == bid.order.order_id
    assert bid.order == types.Order(
        order_id=bid.order.order_id,
        client_order_id=11,
        account_id=1,
        symbol_id=BTC_USDT,
        side=types.SIDE_BUY,
        type=types.ORDER_TYPE_LIMIT,
        time_in_force=types.TIME_IN_FORCE_GTC,
        price="50000.0",
        quantity="0.3",
        filled_quantity="0.0",
        leaves_quantity="0.3",
        filled_quote="0.0",
        fee="0.0",
        status=types.ORDER_STATUS_NEW,
        create_time_ns=bid.time_ns,
        update_time_ns=bid.time_ns,
    )
    ask = place(funded, account_id=2, side=types.SIDE_SELL, price="49000", quantity="0.1")
    assert ask.order.status == types.ORDER_STATUS_FILLED and ask.order.leaves_quantity == "0.0"
    assert (ask.order.filled_quote, ask.reject_reason) == ("5000.0", types.REJECT_REASON_UNSPECIFIED)
    (fill,) = ask.fills
    assert fill == types.Fill(
        trade_id=1,
        price="50000.0",
        quantity="0.1",
        liquidity=types.LIQUIDITY_TAKER,
        maker_order_id=bid.order.order_id,
        taker_order_id=ask.order.order_id,
        fee="0.0",
        fee_currency_id=USDT,
        time_ns=ask.time_ns,
        symbol_id=BTC_USDT,
        side=types.SIDE_SELL,
        seq=ask.seq,
    )
    sweep = place(funded, account_id=2, side=types.SIDE_SELL, quantity="0.5")
    assert sweep.order.status == types.ORDER_STATUS_PARTIALLY_FILLED
    assert (sweep.order.filled_quantity, sweep.order.leaves_quantity) == ("0.2", "0.3")
    assert balances(funded, 1) == {BTC: ("0.3", "0.0"), USDT: ("85000.0", "0.0")}
    assert balances(funded, 2) == {BTC: ("9.4", "0.3"), USDT: ("15000.0", "0.0")}
    assert funded.exchange.check() == []


def test_ioc_and_fok_remainders_are_canceled_with_a_reason(funded: RunningServer) -> None:
    place(funded, account_id=2, side=types.SIDE_SELL, quantity="0.1")
    ioc = place(funded, time_in_force=types.TIME_IN_FORCE_IOC, quantity="0.25")
    assert ioc.order.status == types.ORDER_STATUS_CANCELED and len(ioc.fills) == 1
    assert (ioc.order.filled_quantity, ioc.order.leaves_quantity) == ("0.1", "0.0")
    assert ioc.reject_reason == types.REJECT_REASON_NO_LIQUIDITY
    fok = place(funded, time_in_force=types.TIME_IN_FORCE_FOK)
    assert fok.order.status == types.ORDER_STATUS_CANCELED and not fok.fills
    assert balances(funded, 1)[USDT] == ("95000.0", "0.0")


def test_market_orders_by_quantity_and_by_quote_quantity(funded: RunningServer) -> None:
    place(funded, account_id=2, side=types.SIDE_SELL, quantity="1")
    by_quote = funded.trading.PlaceOrder(market(quantity="", quote_quantity="1000.01"))
    assert by_quote.order.status == types.ORDER_STATUS_FILLED
    assert (by_quote.order.quantity, by_quote.order.filled_quantity) == ("0.02", "0.02")
    assert (by_quote.order.price, by_quote.order.filled_quote) == ("", "1000.0")
    by_quantity = funded.trading.PlaceOrder(market(quantity="0.5"))
    assert by_quantity.order.status == types.ORDER_STATUS_FILLED
    assert by_quantity.order.time_in_force == types.TIME_IN_FORCE_IOC
    nothing_left = funded.trading.PlaceOrder(market(side=types.SIDE_SELL, quantity="0.1"))
    assert nothing_left.order.status == types.ORDER_STATUS_CANCELED
    assert nothing_left.reject_reason == types.REJECT_REASON_NO_LIQUIDITY
    cancel(funded, account_id=2, order_id=3)
    nothing_bought = funded.trading.PlaceOrder(market(quantity="", quote_quantity="10"))
    assert nothing_bought.order.status == types.ORDER_STATUS_CANCELED
    assert nothing_bought.order.quantity == "0.0"


def test_fees_are_on_the_fill_and_summed_on_the_order(start_server: StartServer) -> None:
    currencies = [{"id": 1, "name": "BTC", "scale": 8}, {"id": 2, "name": "USDT", "scale": 8}]
    symbol = {"id": 1, "name": "BTC-USDT", "base": "BTC", "quote": "USDT", "tick": "0.01", "lot": "0.000001"}
    server = start_server(
        currency=currencies, symbol=[{**symbol, "maker_fee_ppm": -100, "taker_fee_ppm": 1000}]
    )
    server.deposit(1, USDT, "100000")
    server.deposit(2, BTC, "10")
    maker = place(server, account_id=2, side=types.SIDE_SELL)
    taker = place(server)
    assert (taker.fills[0].fee, taker.order.fee) == ("5.0", "5.0")
    request = trading_pb2.GetOrderRequest(account_id=2, order_id=maker.order.order_id)
    assert server.trading.GetOrder(request).fee == "-0.5"


def test_self_trade_prevention_reports_who_gave_way(funded: RunningServer) -> None:
    funded.deposit(1, BTC, "1")
    resting = place(funded, side=types.SIDE_SELL)
    taker = place(funded)
    assert taker.order.status == types.ORDER_STATUS_CANCELED
    assert taker.reject_reason == types.REJECT_REASON_SELF_TRADE_PREVENTION
    maker_gone = place(funded, self_trade_prevention=types.SELF_TRADE_PREVENTION_CANCEL_MAKER)
    assert maker_gone.order.status == types.ORDER_STATUS_NEW
    gone = funded.trading.GetOrder(trading_pb2.GetOrderRequest(account_id=1, order_id=resting.order.order_id))
    assert gone.status == types.ORDER_STATUS_CANCELED
    less = place(
        funded,
        side=types.SIDE_SELL,
        quantity="0.3",
        self_trade_prevention=types.SELF_TRADE_PREVENTION_DECREMENT,
    )
    assert (less.order.status, less.order.leaves_quantity) == (types.ORDER_STATUS_NEW, "0.2")


def test_verdicts_come_in_the_report(funded: RunningServer) -> None:
    place(funded, account_id=2, side=types.SIDE_SELL)
    place(funded, client_order_id=5, price="1")
    before = funded.state_hash()
    reasons: list[tuple[dict[str, Any], types.RejectReason]] = [
        ({"quantity": "3"}, types.REJECT_REASON_INSUFFICIENT_FUNDS),
        ({"post_only": True}, types.REJECT_REASON_WOULD_CROSS),
        ({"account_id": 77}, types.REJECT_REASON_UNKNOWN_ACCOUNT),
        ({"symbol_id": 77}, types.REJECT_REASON_UNKNOWN_SYMBOL),
        ({"client_order_id": 5, "price": "2"}, types.REJECT_REASON_DUPLICATE_ID),
        ({"quantity": "0"}, types.REJECT_REASON_INVALID_QUANTITY),
        ({"quantity": "-1"}, types.REJECT_REASON_INVALID_QUANTITY),
        ({"price": "0"}, types.REJECT_REASON_INVALID_PRICE),
        ({"price": "-1"}, types.REJECT_REASON_INVALID_PRICE),
        ({"price": "10995116277.77"}, types.REJECT_REASON_INVALID_PRICE),
        ({"price": "10000000000", "quantity": "4000000000000"}, types.REJECT_REASON_OVERFLOW),
    ]
    for fields, reason in reasons:
        report = place(funded, **fields)
        assert report.order.status == types.ORDER_STATUS_REJECTED, fields
        assert report.reject_reason == reason, (fields, report)
        assert report.reject_message and not report.fills and report.order.order_id == 0 and report.seq > 0
    assert funded.state_hash() == before


def test_the_same_order_again_gets_the_first_report_again(funded: RunningServer) -> None:
    place(funded, account_id=2, side=types.SIDE_SELL)
    first = place(funded, client_order_id=9)
    assert len(first.fills) == 1
    assert place(funded, client_order_id=9) == first
    refused = place(funded, client_order_id=10, quantity="1000")
    assert refused.reject_reason == types.REJECT_REASON_INSUFFICIENT_FUNDS
    assert place(funded, client_order_id=10, quantity="1000") == refused
    assert place(funded, client_order_id=9, quantity="0.2").reject_reason == types.REJECT_REASON_DUPLICATE_ID


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"account_id": 0}, "account_id"),
    ({"account_id": -1}, "account_id"),
    ({"symbol_id": 0}, "symbol_id"),
    ({"symbol_id": -1}, "symbol_id"),
    ({"side": types.SIDE_UNSPECIFIED}, "side"),
    ({"side": 7}, "side"),
    ({"type": types.ORDER_TYPE_UNSPECIFIED}, "type"),
    ({"type": types.ORDER_TYPE_TRAILING_STOP + 1}, "type"),
    ({"type": -3}, "type"),
    ({"time_in_force": 99}, "time_in_force"),
    ({"self_trade_prevention": 6}, "self_trade_prevention"),
    ({"price": ""}, "price"),
    ({"price": "1.001"}, "price"),
    ({"price": "ten"}, "price"),
    ({"price": "9" * 39}, "price"),
    ({"quantity": ""}, "quantity"),
    ({"quantity": "0.0000001"}, "quantity"),
    ({"quantity": "1e3"}, "quantity"),
    ({"quantity": "１"}, "quantity"),
    ({"quote_quantity": "5"}, "quote_quantity"),
    ({"stop_price": "5"}, "stop_price"),
    ({"trail_amount": "5"}, "trail_amount"),
    ({"expire_time_ms": 1}, "expire_time_ms"),
    ({"post_only": True, "time_in_force": types.TIME_IN_FORCE_IOC}, "post_only"),
    ({"type": types.ORDER_TYPE_MARKET}, "price"),
    ({"type": types.ORDER_TYPE_MARKET, "price": "", "quote_quantity": "5"}, "quantity"),
    ({"type": types.ORDER_TYPE_MARKET, "price": "", "quantity": ""}, "quantity"),
    (
        {"type": types.ORDER_TYPE_MARKET, "price": "", "quantity": "", "quote_quantity": "0.000000001"},
        "quote_quantity",
    ),
    ({"symbol_id": 77, "price": "ten"}, "price"),
]


def test_a_malformed_order_names_its_field_and_changes_nothing(funded: RunningServer) -> None:
    before, seq = funded.state_hash(), funded.exchange.seq
    for fields, field in MALFORMED:
        assert refusal(funded.trading.PlaceOrder, order(**fields)) == (StatusCode.INVALID_ARGUMENT, field), (
            fields
        )
    assert (funded.state_hash(), funded.exchange.seq) == (before, seq)


def test_cancel_by_order_id_and_by_client_order_id(funded: RunningServer) -> None:
    place(funded, account_id=2, side=types.SIDE_SELL, quantity="0.04")
    bid = place(funded, client_order_id=21)
    canceled = cancel(funded, order_id=bid.order.order_id)
    assert canceled.order.status == types.ORDER_STATUS_CANCELED
    assert (canceled.order.quantity, canceled.order.filled_quantity) == ("0.1", "0.04")
    assert (canceled.order.leaves_quantity, canceled.order.filled_quote) == ("0.0", "2000.0")
    assert (canceled.order.client_order_id, canceled.reject_reason) == (21, types.REJECT_REASON_UNSPECIFIED)
    place(funded, client_order_id=22, price="1")
    assert cancel(funded, client_order_id=22).order.status == types.ORDER_STATUS_CANCELED


def test_a_refused_cancel_says_why_in_the_report(funded: RunningServer) -> None:
    bid = place(funded)
    for fields, reason in [
        ({"order_id": 99}, types.REJECT_REASON_UNKNOWN_ORDER),
        ({"client_order_id": 99}, types.REJECT_REASON_UNKNOWN_ORDER),
        ({"order_id": bid.order.order_id, "account_id": 2}, types.REJECT_REASON_NOT_OWNER),
        ({"order_id": bid.order.order_id, "account_id": 9}, types.REJECT_REASON_UNKNOWN_ACCOUNT),
        ({"order_id": bid.order.order_id, "symbol_id": 99}, types.REJECT_REASON_UNKNOWN_SYMBOL),
    ]:
        report = cancel(funded, **fields)
        assert report.reject_reason == reason and report.reject_message, fields
        assert report.order.status == types.ORDER_STATUS_REJECTED
    for fields, field in [
        ({}, "order_id"),
        ({"order_id": -1}, "order_id"),
        ({"order_id": 1, "account_id": 0}, "account_id"),
    ]:
        request = trading_pb2.CancelOrderRequest(**{"account_id": 1, "symbol_id": 1, **fields})
        assert refusal(funded.trading.CancelOrder, request) == (StatusCode.INVALID_ARGUMENT, field)


def test_cancel_all_by_symbol_and_side(funded: RunningServer) -> None:
    funded.deposit(1, BTC, "1")
    buys = [place(funded, price=str(price)).order.order_id for price in (1, 2, 3)]
    sell = place(funded, side=types.SIDE_SELL).order.order_id
    elsewhere = place(funded, symbol_id=ETH_USDT, price="1").order.order_id

    def cancel_all(**fields: Any) -> tuple[int, list[int]]:
        reply = funded.trading.CancelAllOrders(trading_pb2.CancelAllOrdersRequest(account_id=1, **fields))
        return reply.canceled_count, list(reply.order_ids)

    assert cancel_all(symbol_id=BTC_USDT, side=types.SIDE_SELL) == (1, [sell])
    assert cancel_all(symbol_id=BTC_USDT) == (3, buys)
    assert cancel_all() == (1, [elsewhere])
    assert cancel_all() == (0, [])
    method, request = funded.trading.CancelAllOrders, trading_pb2.CancelAllOrdersRequest
    assert refusal(method, request(account_id=9)) == (StatusCode.NOT_FOUND, "UNKNOWN_ACCOUNT")
    assert refusal(method, request(account_id=1, symbol_id=9)) == (StatusCode.NOT_FOUND, "UNKNOWN_SYMBOL")
    assert refusal(method, request(account_id=1, symbol_id=-1)) == (StatusCode.INVALID_ARGUMENT, "symbol_id")
    assert refusal(method, request(account_id=1, side=5)) == (StatusCode.INVALID_ARGUMENT, "side")  # type: ignore[arg-type]


def test_get_order_by_either_id_open_or_closed(funded: RunningServer) -> None:
    report = place(funded, client_order_id=31)
    get, request = funded.trading.GetOrder, trading_pb2.GetOrderRequest
    assert get(request(account_id=1, order_id=report.order.order_id)) == report.order
    assert get(request(account_id=1, client_order_id=31)) == report.order
    place(funded, account_id=2, side=types.SIDE_SELL, quantity="0.04")
    partly = get(request(account_id=1, client_order_id=31))
    assert (partly.status, partly.filled_quantity) == (types.ORDER_STATUS_PARTIALLY_FILLED, "0.04")
    place(funded, account_id=2, side=types.SIDE_SELL, quantity="0.06")
    assert get(request(account_id=1, client_order_id=31)).status == types.ORDER_STATUS_FILLED
    for fields in ({"account_id": 2, "order_id": report.order.order_id}, {"account_id": 1, "order_id": 999}):
        assert refusal(get, request(**fields)) == (StatusCode.NOT_FOUND, "UNKNOWN_ORDER")
    assert refusal(get, request(account_id=1)) == (StatusCode.INVALID_ARGUMENT, "order_id")
    assert refusal(get, request(order_id=1)) == (StatusCode.INVALID_ARGUMENT, "account_id")


def test_open_orders_come_in_pages(funded: RunningServer) -> None:
    ids = [place(funded, price=str(price), quantity="0.001").order.order_id for price in range(1, 8)]
    elsewhere = place(funded, symbol_id=ETH_USDT, price="1").order.order_id
    method, request = funded.trading.ListOrders, trading_pb2.ListOrdersRequest
    found, token = [], ""
    while True:
        page = method(
            request(account_id=1, symbol_id=BTC_USDT, open_only=True, page_size=3, page_token=token)
        )
        found += [one.order_id for one in page.orders]
        token = page.next_page_token
        if not token:
            break
        assert len(page.orders) == 3
    assert found == ids
    assert [one.order_id for one in method(request(account_id=1, open_only=True)).orders] == [*ids, elsewhere]
    assert refusal(method, request(account_id=9)) == (StatusCode.NOT_FOUND, "UNKNOWN_ACCOUNT")
    assert refusal(method, request(account_id=1, symbol_id=9)) == (StatusCode.NOT_FOUND, "UNKNOWN_SYMBOL")
    assert refusal(method, request(account_id=1, page_size=-1)) == (StatusCode.INVALID_ARGUMENT, "page_size")
    for token in ("x", "-1", "9" * 40):
        bad = request(account_id=1, page_token=token)
        assert refusal(method, bad) == (StatusCode.INVALID_ARGUMENT, "page_token")


def test_order_book_levels_and_orders_in_priority(funded: RunningServer) -> None:
    first = place(funded, price="100", quantity="0.1").order.order_id
    best = place(funded, price="101.5", quantity="0.2").order.order_id
    last = place(funded, price="100", quantity="0.3").order.order_id
    ask = place(funded, account_id=2, side=types.SIDE_SELL, price="200", quantity="1").order.order_id

    book = funded.market_data.GetOrderBook(market_data_pb2.GetOrderBookRequest(symbol_id=BTC_USDT))
    level = market_data_pb2.PriceLevel
    assert list(book.bids) == [
        level(price="101.5", quantity="0.2", order_count=1),
        level(price="100.0", quantity="0.4", order_count=2),
    ]
    assert list(book.asks) == [level(price="200.0", quantity="1.0", order_count=1)]
    assert book.seq == funded.exchange.seq and book.time_ns > 0
    assert book.checksum == crc32(b"101.5:0.2;100.0:0.4;200.0:1.0;")
    one = funded.market_data.GetOrderBook(market_data_pb2.GetOrderBookRequest(symbol_id=BTC_USDT, levels=1))
    assert len(one.bids) == 1

    method, request = funded.market_data.ListBookOrders, market_data_pb2.ListBookOrdersRequest
    assert [one.order_id for one in method(request(symbol_id=BTC_USDT)).orders] == [best, first, last, ask]
    level_orders = method(request(symbol_id=BTC_USDT, side=types.SIDE_BUY, price="100")).orders
    assert [(one.order_id, one.price, one.quantity) for one in level_orders] == [
        (first, "100.0", "0.1"),
        (last, "100.0", "0.3"),
    ]
    assert refusal(method, request(symbol_id=99)) == (StatusCode.NOT_FOUND, "UNKNOWN_SYMBOL")
    for price in ("x", "0", "-1", "0.001", "99999999999"):
        assert refusal(method, request(symbol_id=1, price=price)) == (StatusCode.INVALID_ARGUMENT, "price")
    assert refusal(method, request(symbol_id=1, side=9)) == (StatusCode.INVALID_ARGUMENT, "side")  # type: ignore[arg-type]
    get_book, book_request = funded.market_data.GetOrderBook, market_data_pb2.GetOrderBookRequest
    assert refusal(get_book, book_request(symbol_id=99)) == (StatusCode.NOT_FOUND, "UNKNOWN_SYMBOL")
    assert refusal(get_book, book_request()) == (StatusCode.INVALID_ARGUMENT, "symbol_id")
    assert refusal(get_book, book_request(symbol_id=1, levels=-1)) == (StatusCode.INVALID_ARGUMENT, "levels")


def test_trades_come_oldest_first_after_an_id_or_the_latest(funded: RunningServer) -> None:
    maker = place(funded, account_id=2, side=types.SIDE_SELL, quantity="1").order.order_id
    takers = [place(funded).order.order_id for _ in range(5)]
    method, request = funded.market_data.ListTrades, market_data_pb2.ListTradesRequest
    everything = method(request(symbol_id=BTC_USDT)).trades
    assert [one.trade_id for one in everything] == [1, 2, 3, 4, 5]
    assert [one.taker_order_id for one in everything] == takers == [one.seq for one in everything]
    assert everything[0].maker_order_id == maker and everything[0].taker_side == types.SIDE_BUY
    assert (everything[0].price, everything[0].quantity) == ("50000.0", "0.1")
    assert [one.trade_id for one in method(request(symbol_id=BTC_USDT, limit=2)).trades] == [4, 5]
    assert [
        one.trade_id for one in method(request(symbol_id=BTC_USDT, after_trade_id=2, limit=2)).trades
    ] == [3, 4]
    assert [
        one.trade_id for one in method(request(symbol_id=BTC_USDT, after_trade_id=0, limit=2)).trades
    ] == [1, 2]
    assert not method(request(symbol_id=BTC_USDT, after_trade_id=5)).trades
    assert refusal(method, request(symbol_id=99)) == (StatusCode.NOT_FOUND, "UNKNOWN_SYMBOL")
    assert refusal(method, request(symbol_id=1, limit=-1)) == (StatusCode.INVALID_ARGUMENT, "limit")
    assert refusal(method, request(symbol_id=1, after_trade_id=-1)) == (
        StatusCode.INVALID_ARGUMENT,
        "after_trade_id",
    )


def test_symbols_and_currencies_are_listed_with_their_spec(server: RunningServer) -> None:
    currencies = server.market_data.ListCurrencies(market_data_pb2.ListCurrenciesRequest()).currencies
    assert [(one.currency_id, one.name, one.scale) for one in currencies] == [
        (1, "BTC", 8),
        (2, "USDT", 8),
        (3, "ETH", 8),
    ]
    symbol = server.market_data.ListSymbols(market_data_pb2.ListSymbolsRequest()).symbols[0]
    assert (symbol.symbol_id, symbol.name, symbol.base_currency_id, symbol.quote_currency_id) == (
        1,
        "BTC-USDT",
        1,
        2,
    )
    assert (symbol.tick, symbol.lot, symbol.quantity_min) == ("0.01", "0.000001", "0.000001")
    assert symbol.self_trade_prevention == types.SELF_TRADE_PREVENTION_CANCEL_TAKER
    assert symbol.status == types.SYMBOL_STATUS_TRADING


def test_deposits_withdrawals_and_transfers(server: RunningServer) -> None:
    deposit = server.accounts.Deposit(
        accounts_pb2.DepositRequest(account_id=1, currency_id=USDT, amount="10.5", request_id=1)
    )
    assert deposit.balance == types.Balance(currency_id=USDT, total="10.5", available="10.5", held="0.0")
    withdrawal = server.accounts.Withdraw(
        accounts_pb2.WithdrawRequest(account_id=1, currency_id=USDT, amount="0.5", request_id=2)
    )
    assert withdrawal.balance.available == "10.0" and withdrawal.seq == deposit.seq + 1
    server.deposit(2, BTC, "1")
    request = accounts_pb2.TransferRequest(
        from_account_id=1, to_account_id=2, currency_id=USDT, amount="4", request_id=3
    )
    transfer = server.accounts.Transfer(request)
    assert transfer.balance.available == "6.0"
    assert server.accounts.Transfer(request) == transfer, "the same request id: the first answer again"
    assert balances(server, 2) == {BTC: ("1.0", "0.0"), USDT: ("4.0", "0.0")}
    assert server.accounts.GetAccount(accounts_pb2.GetAccountRequest(account_id=1)).seq == server.exchange.seq


def test_refused_movements_are_statuses_with_a_reason_and_change_nothing(funded: RunningServer) -> None:
    place(funded)
    funded.accounts.Deposit(
        accounts_pb2.DepositRequest(account_id=1, currency_id=USDT, amount="1", request_id=4)
    )
    before = funded.state_hash()
    bad, missing, no = StatusCode.INVALID_ARGUMENT, StatusCode.NOT_FOUND, StatusCode.FAILED_PRECONDITION
    both: list[tuple[dict[str, Any], tuple[StatusCode, str]]] = [
        ({"currency_id": 99}, (missing, "UNKNOWN_CURRENCY")),
        ({"currency_id": 0}, (bad, "currency_id")),
        ({"account_id": -1}, (bad, "account_id")),
        ({"amount": ""}, (bad, "amount")),
        ({"amount": "0"}, (bad, "amount")),
        ({"amount": "-1"}, (bad, "amount")),
        ({"amount": "0.000000001"}, (bad, "amount")),
        ({"request_id": 4, "amount": "2"}, (StatusCode.ALREADY_EXISTS, "DUPLICATE_ID")),
    ]
    withdrawals: list[tuple[dict[str, Any], tuple[StatusCode, str]]] = [
        ({"amount": "95001.00000001"}, (no, "INSUFFICIENT_FUNDS")),
        ({"amount": "95001.000000001"}, (no, "INSUFFICIENT_FUNDS")),
        ({"account_id": 9}, (missing, "UNKNOWN_ACCOUNT")),
        ({"account_id": 9, "amount": "0.000000001"}, (bad, "amount")),
    ]
    for fields, expected in both:
        request = accounts_pb2.DepositRequest(
            **{"account_id": 1, "currency_id": USDT, "amount": "1", **fields}
        )
        assert refusal(funded.accounts.Deposit, request) == expected, fields
    for fields, expected in both + withdrawals:
        chosen = {"account_id": 1, "currency_id": USDT, "amount": "1", **fields}
        assert refusal(funded.accounts.Withdraw, accounts_pb2.WithdrawRequest(**chosen)) == expected, fields
        transfer = {
            ("from_account_id" if name == "account_id" else name): value for name, value in chosen.items()
        }
        if expected[1] == "account_id":
            expected = (bad, "from_account_id")
        request_3 = accounts_pb2.TransferRequest(**{"to_account_id": 2, **transfer})
        assert refusal(funded.accounts.Transfer, request_3) == expected, fields
    for to, expected in [
        (0, (bad, "to_account_id")),
        (1, (bad, "to_account_id")),
        (9, (missing, "UNKNOWN_ACCOUNT")),
    ]:
        request_4 = accounts_pb2.TransferRequest(
            from_account_id=1, to_account_id=to, currency_id=USDT, amount="1"
        )
        assert refusal(funded.accounts.Transfer, request_4) == expected
    get = funded.accounts.GetAccount
    assert refusal(get, accounts_pb2.GetAccountRequest(account_id=9)) == (missing, "UNKNOWN_ACCOUNT")
    assert refusal(get, accounts_pb2.GetAccountRequest(account_id=-1)) == (bad, "account_id")
    assert funded.state_hash() == before


def test_totals_hash_and_status_are_of_one_seq(funded: RunningServer) -> None:
    place(funded)
    reply = funded.admin.GetTotals(admin_pb2.GetTotalsRequest())
    usdt = next(one for one in reply.totals if one.currency_id == USDT)
    assert (usdt.deposited, usdt.withdrawn, usdt.available, usdt.held, usdt.fees) == (
        "100000.0",
        "0.0",
        "95000.0",
        "5000.0",
        "0.0",
    )
    state = funded.admin.GetStateHash(admin_pb2.GetStateHashRequest())
    status = funded.admin.GetStatus(admin_pb2.GetStatusRequest())
    assert reply.seq == state.seq == status.seq == funded.exchange.seq
    assert int(state.hash, 16) == funded.exchange.state_hash()
    assert status.version and status.state == admin_pb2.SERVER_STATE_SERVING
    assert 0 < status.start_time_ns < status.time_ns
