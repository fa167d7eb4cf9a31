"""lightning.v1.Admin over the wire: what is traded, under what terms, and who may trade now."""

from typing import Any

import pytest
from google.protobuf.message import Message
from grpc import StatusCode

from lightning.pb.schema import management_pb2
from lightning.pb.v1 import accounts_pb2, market_data_pb2, trading_pb2
from lightning.pb.v1 import admin_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from tests.conftest import RunningServer
from tests.test_server_v1 import (
    BTC,
    BTC_USDT,
    ETH,
    ETH_USDT,
    USDT,
    balances,
    funded,
    market,
    place,
    refusal,
)

__all__ = ["funded"]

FULL: dict[str, Any] = {
    "name": "A-B",
    "base_currency_id": BTC,
    "quote_currency_id": USDT,
    "tick": "0.0025",
    "lot": "0.005",
    "maker_fee_ppm": -100,
    "taker_fee_ppm": 300,
    "self_trade_prevention": types.SELF_TRADE_PREVENTION_DECREMENT,
    "status": types.SYMBOL_STATUS_CANCEL_ONLY,
    "quantity_min": "0.01",
    "quantity_max": "100.0",
    "notional_min": "5.5",
    "fee_account_id": 17,
    "order_fee_ppm_min": -5,
    "order_fee_ppm_max": 600,
    "price_band_ppm": 100_000,
    "market_protection_ppm": 20_000,
    "open_orders_max": 200,
}


def create_symbol(server: RunningServer, **fields: Any) -> types.Symbol:
    chosen = {key: FULL[key] for key in ("name", "base_currency_id", "quote_currency_id", "tick", "lot")}
    symbol: types.Symbol = server.admin.CreateSymbol(pb.CreateSymbolRequest(**{**chosen, **fields})).symbol
    return symbol


def update_symbol(server: RunningServer, **fields: Any) -> types.Symbol:
    symbol: types.Symbol = server.admin.UpdateSymbol(pb.UpdateSymbolRequest(**fields)).symbol
    return symbol


def listed(server: RunningServer) -> dict[int, types.Symbol]:
    reply = server.market_data.ListSymbols(market_data_pb2.ListSymbolsRequest())
    return {symbol.symbol_id: symbol for symbol in reply.symbols}


def currencies(server: RunningServer) -> dict[int, types.Currency]:
    reply = server.market_data.ListCurrencies(market_data_pb2.ListCurrenciesRequest())
    return {currency.currency_id: currency for currency in reply.currencies}


def set_status(
    server: RunningServer, status: types.SymbolStatus, symbol_id: int = BTC_USDT, request_id: int = 0
) -> pb.SetSymbolStatusResponse:
    request = pb.SetSymbolStatusRequest(symbol_id=symbol_id, status=status, request_id=request_id)
    reply: pb.SetSymbolStatusResponse = server.admin.SetSymbolStatus(request)
    return reply


def set_account(
    server: RunningServer, status: pb.AccountStatus, **fields: Any
) -> pb.SetAccountStatusResponse:
    request = pb.SetAccountStatusRequest(**{"account_id": 1, "status": status, **fields})
    reply: pb.SetAccountStatusResponse = server.admin.SetAccountStatus(request)
    return reply


def cancel_all(server: RunningServer, **fields: Any) -> int:
    reply = server.admin.CancelAllOrders(pb.AdminCancelAllOrdersRequest(**fields))
    return int(reply.canceled_count)


def open_orders(server: RunningServer, account: int = 1) -> int:
    request = trading_pb2.ListOrdersRequest(account_id=account, open_only=True)
    return len(server.trading.ListOrders(request).orders)


# currencies and symbols


def test_a_new_currency_and_symbol_are_listed_and_traded_at_once(funded: RunningServer) -> None:
    request = pb.CreateCurrencyRequest(name="YEN", display_name="Japanese yen", scale=0)
    yen = funded.admin.CreateCurrency(request).currency
    assert yen == types.Currency(currency_id=4, name="YEN", display_name="Japanese yen", scale=0)
    assert currencies(funded)[4] == yen
    doge = funded.admin.CreateCurrency(pb.CreateCurrencyRequest(name="DOGE")).currency
    assert (doge.currency_id, doge.scale) == (5, 8)
    symbol = create_symbol(funded, name="BTC-YEN", quote_currency_id=4, tick="10", lot="0.1")
    assert listed(funded)[4] == symbol
    funded.deposit(1, 4, "1000000")
    report = place(funded, symbol_id=symbol.symbol_id, price="99990", quantity="0.5")
    assert report.order.status == types.ORDER_STATUS_NEW
    assert balances(funded, 1)[4] == ("950005.0", "49995.0")
    known = funded.management.ListSymbols(management_pb2.ListSymbolsRequest())
    assert [one.name for one in known.data] == ["BTC-USDT", "ETH-USDT", "ETH-BTC", "BTC-YEN"]


def test_a_symbol_has_every_term_that_it_was_given(server: RunningServer) -> None:
    expected = types.Symbol(symbol_id=4, **FULL)
    assert server.admin.CreateSymbol(pb.CreateSymbolRequest(**FULL)).symbol == expected
    assert listed(server)[4] == expected


def test_a_symbol_has_defaults_for_what_it_was_not_given(server: RunningServer) -> None:
    symbol = create_symbol(server)
    assert symbol == types.Symbol(
        symbol_id=4,
        name="A-B",
        base_currency_id=BTC,
        quote_currency_id=USDT,
        tick="0.0025",
        lot="0.005",
        self_trade_prevention=types.SELF_TRADE_PREVENTION_CANCEL_TAKER,
        status=types.SYMBOL_STATUS_TRADING,
        quantity_min="0.005",
        quantity_max="23058430092136939.52",
        notional_min="0.0",
        order_fee_ppm_max=100_000,
        market_protection_ppm=50_000,
    )
    zeros = create_symbol(server, name="C-D", order_fee_ppm_max=0, market_protection_ppm=0)
    assert (zeros.order_fee_ppm_max, zeros.market_protection_ppm) == (0, 0)


UPDATES: dict[str, Any] = {
    "name": "C-D",
    "base_currency_id": ETH,
    "tick": "0.1",
    "lot": "0.01",
    "maker_fee_ppm": 0,
    "taker_fee_ppm": 400,
    "self_trade_prevention": types.SELF_TRADE_PREVENTION_NONE,
    "quantity_min": "0.015",
    "quantity_max": "99.5",
    "notional_min": "0.0",
    "fee_account_id": 0,
    "order_fee_ppm_min": 0,
    "order_fee_ppm_max": 0,
    "price_band_ppm": 0,
    "market_protection_ppm": 0,
    "open_orders_max": 0,
}


@pytest.mark.parametrize("field", UPDATES)
def test_one_term_is_changed_and_the_others_stay(server: RunningServer, field: str) -> None:
    server.admin.CreateSymbol(pb.CreateSymbolRequest(**FULL))
    changed = update_symbol(server, symbol_id=4, **{field: UPDATES[field]})
    assert changed == types.Symbol(symbol_id=4, **{**FULL, field: UPDATES[field]})
    assert listed(server)[4] == changed


def test_changed_terms_are_those_of_the_orders_that_come(funded: RunningServer) -> None:
    place(funded, quantity="0.2")
    update_symbol(funded, symbol_id=BTC_USDT, maker_fee_ppm=1_000, taker_fee_ppm=2_000, quantity_min="0.1")
    sold = place(funded, account_id=2, side=types.SIDE_SELL, quantity="0.1")
    assert (sold.order.fee, balances(funded, 1)[USDT]) == ("10.0", ("90000.0", "5000.0"))
    small = place(funded, quantity="0.01")
    assert small.reject_reason == types.REJECT_REASON_INVALID_QUANTITY
    assert place(funded, quantity="0.1").order.status == types.ORDER_STATUS_NEW
    assert balances(funded, 1)[USDT] == ("84990.0", "10010.0"), "the new one is held with its fee"


def missing(**fields: Any) -> pb.CreateSymbolRequest:
    """A request to create a symbol that lacks what is None."""
    return pb.CreateSymbolRequest(
        **{key: value for key, value in {**FULL, **fields}.items() if value is not None}
    )


BAD_REQUESTS: list[tuple[str, Message, str]] = [
    ("CreateCurrency", pb.CreateCurrencyRequest(), "name"),
    ("CreateCurrency", pb.CreateCurrencyRequest(name="X" * 65), "name"),
    ("CreateCurrency", pb.CreateCurrencyRequest(name="X", display_name="y" * 65), "display_name"),
    ("CreateCurrency", pb.CreateCurrencyRequest(name="X", scale=19), "scale"),
    ("CreateCurrency", pb.CreateCurrencyRequest(name="X", scale=-1), "scale"),
    ("RetireCurrency", pb.RetireCurrencyRequest(), "currency_id"),
    ("CreateSymbol", missing(name=None), "name"),
    ("CreateSymbol", missing(base_currency_id=None), "base_currency_id"),
    ("CreateSymbol", missing(quote_currency_id=-1), "quote_currency_id"),
    ("CreateSymbol", missing(quote_currency_id=BTC), "quote_currency_id"),
    ("CreateSymbol", missing(tick=None), "tick"),
    ("CreateSymbol", missing(tick="0.000001"), "tick"),
    ("CreateSymbol", missing(tick="0"), "tick"),
    ("CreateSymbol", missing(lot=None), "lot"),
    ("CreateSymbol", missing(lot="1e-3"), "lot"),
    ("CreateSymbol", missing(maker_fee_ppm=-301), "maker_fee_ppm"),
    ("CreateSymbol", missing(self_trade_prevention=9), "self_trade_prevention"),
    ("CreateSymbol", missing(status=9), "status"),
    ("CreateSymbol", missing(quantity_min="0.001"), "quantity_min"),
    ("CreateSymbol", missing(quantity_min="x"), "quantity_min"),
    ("CreateSymbol", missing(quantity_max="0.005"), "quantity_max"),
    ("CreateSymbol", missing(notional_min="-1"), "notional_min"),
    ("CreateSymbol", missing(fee_account_id=-1), "fee_account_id"),
    ("CreateSymbol", missing(order_fee_ppm_max=-6), "order_fee_ppm_max"),
    ("CreateSymbol", missing(price_band_ppm=1_000_001), "price_band_ppm"),
    ("CreateSymbol", missing(market_protection_ppm=-1), "market_protection_ppm"),
    ("CreateSymbol", missing(open_orders_max=-1), "open_orders_max"),
    ("UpdateSymbol", pb.UpdateSymbolRequest(), "symbol_id"),
    ("UpdateSymbol", pb.UpdateSymbolRequest(symbol_id=1, name=""), "name"),
    ("UpdateSymbol", pb.UpdateSymbolRequest(symbol_id=1, base_currency_id=0), "base_currency_id"),
    ("UpdateSymbol", pb.UpdateSymbolRequest(symbol_id=1, quantity_min=""), "quantity_min"),
    ("UpdateSymbol", pb.UpdateSymbolRequest(symbol_id=1, tick=""), "tick"),
    (
        "UpdateSymbol",
        pb.UpdateSymbolRequest(symbol_id=1, self_trade_prevention=types.SELF_TRADE_PREVENTION_UNSPECIFIED),
        "self_trade_prevention",
    ),
    ("RetireSymbol", pb.RetireSymbolRequest(symbol_id=-1), "symbol_id"),
    ("SetSymbolStatus", pb.SetSymbolStatusRequest(symbol_id=1), "status"),
    ("SetSymbolStatus", pb.SetSymbolStatusRequest(status=types.SYMBOL_STATUS_HALTED), "symbol_id"),
    ("SetAccountStatus", pb.SetAccountStatusRequest(account_id=1), "status"),
    ("SetAccountStatus", pb.SetAccountStatusRequest(status=pb.ACCOUNT_STATUS_HALTED), "account_id"),
    (
        "SetAccountStatus",
        pb.SetAccountStatusRequest(account_id=1, status=pb.ACCOUNT_STATUS_HALTED, request_id=-1),
        "request_id",
    ),
    ("CancelAllOrders", pb.AdminCancelAllOrdersRequest(), "account_id"),
    ("CancelAllOrders", pb.AdminCancelAllOrdersRequest(account_id=0), "account_id"),
    ("CancelAllOrders", pb.AdminCancelAllOrdersRequest(account_id=1, every_account=True), "every_account"),
    ("CancelAllOrders", pb.AdminCancelAllOrdersRequest(account_id=1, side=types.SIDE_UNSPECIFIED), "side"),
]


def test_a_bad_request_names_its_field_and_changes_nothing(funded: RunningServer) -> None:
    place(funded)
    before = funded.state_hash()
    for method, request, field in BAD_REQUESTS:
        call = getattr(funded.admin, method)
        assert refusal(call, request) == (StatusCode.INVALID_ARGUMENT, field), request
    assert funded.state_hash() == before
    assert (len(listed(funded)), len(currencies(funded))) == (3, 3)


def test_what_does_not_exist_is_not_found_by_the_reason_s_name(funded: RunningServer) -> None:
    halted = types.SYMBOL_STATUS_HALTED
    before = funded.state_hash()
    for method, request, reason in [
        ("RetireCurrency", pb.RetireCurrencyRequest(currency_id=9), "UNKNOWN_CURRENCY"),
        ("CreateSymbol", missing(base_currency_id=9), "UNKNOWN_CURRENCY"),
        ("UpdateSymbol", pb.UpdateSymbolRequest(symbol_id=9), "UNKNOWN_SYMBOL"),
        ("UpdateSymbol", pb.UpdateSymbolRequest(symbol_id=1, quote_currency_id=9), "UNKNOWN_CURRENCY"),
        ("RetireSymbol", pb.RetireSymbolRequest(symbol_id=9), "UNKNOWN_SYMBOL"),
        ("SetSymbolStatus", pb.SetSymbolStatusRequest(symbol_id=9, status=halted), "UNKNOWN_SYMBOL"),
        (
            "SetAccountStatus",
            pb.SetAccountStatusRequest(account_id=9, status=pb.ACCOUNT_STATUS_HALTED, cancel_orders=True),
            "UNKNOWN_ACCOUNT",
        ),
        ("CancelAllOrders", pb.AdminCancelAllOrdersRequest(account_id=9), "UNKNOWN_ACCOUNT"),
        (
            "CancelAllOrders",
            pb.AdminCancelAllOrdersRequest(every_account=True, symbol_id=9),
            "UNKNOWN_SYMBOL",
        ),
    ]:
        call = getattr(funded.admin, method)
        assert refusal(call, request) == (StatusCode.NOT_FOUND, reason), request
    assert funded.state_hash() == before


def test_what_is_in_use_stays_and_the_refusal_says_what_uses_it(funded: RunningServer) -> None:
    place(funded)
    before = funded.state_hash()
    for call, request, words in [
        (
            funded.admin.RetireCurrency,
            pb.RetireCurrencyRequest(currency_id=USDT),
            "id 2 is in use: symbol 1 (BTC-USDT), symbol 2 (ETH-USDT), balances of 1 account",
        ),
        (
            funded.admin.RetireSymbol,
            pb.RetireSymbolRequest(symbol_id=BTC_USDT),
            "id 1 is in use: 1 open order",
        ),
        (
            funded.admin.UpdateSymbol,
            pb.UpdateSymbolRequest(symbol_id=BTC_USDT, base_currency_id=ETH),
            "base_currency_id must stay: symbol 1 has 1 open order",
        ),
        (
            funded.admin.CreateCurrency,
            pb.CreateCurrencyRequest(name="BTC"),
            "name must be free: a currency called 'BTC' exists",
        ),
    ]:
        assert refusal(call, request) == (StatusCode.FAILED_PRECONDITION, "IN_USE")
        with pytest.raises(Exception, match=r".") as caught:
            call(request)
        assert caught.value.details() == words  # type: ignore[attr-defined]
    assert funded.state_hash() == before


def test_what_is_retired_is_gone_but_its_past_is_told(funded: RunningServer) -> None:
    doge = funded.admin.CreateCurrency(pb.CreateCurrencyRequest(name="DOGE", scale=3)).currency.currency_id
    symbol = create_symbol(funded, name="DOGE-USDT", base_currency_id=doge, tick="0.01", lot="0.5").symbol_id
    funded.deposit(2, doge, "7")
    place(funded, symbol_id=symbol, price="2", quantity="3")
    place(funded, symbol_id=symbol, account_id=2, side=types.SIDE_SELL, price="2", quantity="3")
    for account, amount in ((1, "3"), (2, "4")):
        request = accounts_pb2.WithdrawRequest(account_id=account, currency_id=doge, amount=amount)
        funded.accounts.Withdraw(request)
    funded.admin.RetireSymbol(pb.RetireSymbolRequest(symbol_id=symbol))
    funded.admin.RetireCurrency(pb.RetireCurrencyRequest(currency_id=doge))
    assert symbol not in listed(funded) and doge not in currencies(funded)
    assert doge not in balances(funded, 1) and doge not in balances(funded, 2)
    late = place(funded, symbol_id=symbol, price="2", quantity="3")
    assert late.reject_reason == types.REJECT_REASON_UNKNOWN_SYMBOL
    fills = funded.trading.ListFills(trading_pb2.ListFillsRequest(account_id=1)).fills
    assert [(one.symbol_id, one.price, one.quantity) for one in fills] == [(symbol, "2.0", "3.0")]
    entries = funded.accounts.ListLedgerEntries(accounts_pb2.ListLedgerEntriesRequest(account_id=2)).entries
    assert [one.amount for one in entries if one.currency_id == doge] == ["7.0", "-3.0", "-4.0"]
    assert create_symbol(funded).symbol_id == symbol + 1
    again = funded.admin.CreateCurrency(pb.CreateCurrencyRequest(name="DOGE")).currency
    assert again.currency_id == doge + 1
    assert funded.exchange.check() == []


# controls


def test_a_symbol_s_status_is_in_force_and_listed_at_once(funded: RunningServer) -> None:
    bid = place(funded)
    reply = set_status(funded, types.SYMBOL_STATUS_CANCEL_ONLY)
    assert (reply.status, reply.seq) == (types.SYMBOL_STATUS_CANCEL_ONLY, bid.seq + 1)
    assert not reply.uncrosses
    assert place(funded).reject_reason == types.REJECT_REASON_HALTED
    assert [one.status for one in listed(funded).values()] == [
        types.SYMBOL_STATUS_CANCEL_ONLY,
        types.SYMBOL_STATUS_TRADING,
        types.SYMBOL_STATUS_TRADING,
    ]
    changed = update_symbol(funded, symbol_id=BTC_USDT, price_band_ppm=500_000)
    assert changed.status == types.SYMBOL_STATUS_CANCEL_ONLY
    set_status(funded, types.SYMBOL_STATUS_TRADING)
    assert place(funded).order.status == types.ORDER_STATUS_NEW
    assert listed(funded)[BTC_USDT].status == types.SYMBOL_STATUS_TRADING


def test_a_status_is_set_once_for_one_request_id(funded: RunningServer) -> None:
    first = set_status(funded, types.SYMBOL_STATUS_HALTED, request_id=5)
    set_status(funded, types.SYMBOL_STATUS_TRADING, request_id=6)
    again = set_status(funded, types.SYMBOL_STATUS_HALTED, request_id=5)
    assert (again.status, again.seq) == (types.SYMBOL_STATUS_HALTED, first.seq)
    assert listed(funded)[BTC_USDT].status == types.SYMBOL_STATUS_TRADING
    other = pb.SetSymbolStatusRequest(symbol_id=2, status=types.SYMBOL_STATUS_HALTED, request_id=5)
    assert refusal(funded.admin.SetSymbolStatus, other) == (StatusCode.ALREADY_EXISTS, "DUPLICATE_ID")


def test_an_auction_ends_with_an_uncross_that_is_told(funded: RunningServer) -> None:
    assert not set_status(funded, types.SYMBOL_STATUS_AUCTION).uncrosses
    place(funded, price="50000", quantity="0.3")
    place(funded, price="49000", quantity="0.1", account_id=2, side=types.SIDE_SELL)
    place(funded, price="49500", quantity="0.1", account_id=2, side=types.SIDE_SELL)
    reply = set_status(funded, types.SYMBOL_STATUS_TRADING)
    assert reply.status == types.SYMBOL_STATUS_TRADING
    assert list(reply.uncrosses) == [pb.Uncross(price="49500.0", quantity="0.2")]
    trades = funded.market_data.ListTrades(market_data_pb2.ListTradesRequest(symbol_id=BTC_USDT)).trades
    assert [(one.price, one.quantity) for one in trades] == [("49500.0", "0.1")] * 2
    assert funded.exchange.check() == []


def test_the_kill_switch_halts_an_account_and_cancels_its_orders(funded: RunningServer) -> None:
    for symbol_id, price in ((BTC_USDT, "50000"), (BTC_USDT, "49000"), (ETH_USDT, "3000")):
        place(funded, symbol_id=symbol_id, price=price)
    mine = place(funded, account_id=2, side=types.SIDE_SELL, price="60000")
    reply = set_account(funded, pb.ACCOUNT_STATUS_HALTED, cancel_orders=True, request_id=9)
    assert (reply.status, reply.canceled_count) == (pb.ACCOUNT_STATUS_HALTED, 3)
    assert reply.seq == mine.seq + 2, "halted and canceled in one go"
    assert (open_orders(funded), open_orders(funded, 2)) == (0, 1)
    assert balances(funded, 1)[USDT] == ("100000.0", "0.0")
    assert place(funded).reject_reason == types.REJECT_REASON_ACCOUNT_HALTED

    assert set_account(funded, pb.ACCOUNT_STATUS_ACTIVE).canceled_count == 0
    place(funded)
    again = set_account(funded, pb.ACCOUNT_STATUS_HALTED, cancel_orders=True, request_id=9)
    assert (again.canceled_count, again.seq) == (3, reply.seq), "the first answer again"
    assert open_orders(funded) == 1, "and nothing done"


def test_a_halted_account_may_cancel(funded: RunningServer) -> None:
    bid = place(funded)
    assert set_account(funded, pb.ACCOUNT_STATUS_HALTED).canceled_count == 0
    assert open_orders(funded) == 1
    request = trading_pb2.CancelOrderRequest(account_id=1, symbol_id=BTC_USDT, order_id=bid.order.order_id)
    assert funded.trading.CancelOrder(request).order.status == types.ORDER_STATUS_CANCELED
    assert funded.trading.PlaceOrder(market()).reject_reason == types.REJECT_REASON_ACCOUNT_HALTED


def test_mass_cancel_by_account_symbol_and_side(funded: RunningServer) -> None:
    def orders() -> None:
        for symbol_id in (BTC_USDT, ETH_USDT):
            place(funded, symbol_id=symbol_id, price="1000")
        for price in ("60000", "61000"):
            place(funded, account_id=2, side=types.SIDE_SELL, price=price)

    orders()
    assert cancel_all(funded, account_id=2) == 2
    assert cancel_all(funded, account_id=1, symbol_id=ETH_USDT) == 1
    assert (open_orders(funded), open_orders(funded, 2)) == (1, 0)
    orders()
    assert cancel_all(funded, every_account=True, side=types.SIDE_SELL) == 2
    assert cancel_all(funded, every_account=True, symbol_id=BTC_USDT) == 2
    assert (open_orders(funded), open_orders(funded, 2)) == (1, 0)
    place(funded, account_id=2, side=types.SIDE_SELL, price="60000")
    assert cancel_all(funded, every_account=True, request_id=3) == 2
    place(funded)
    assert cancel_all(funded, every_account=True, request_id=3) == 2, "the first answer again"
    assert open_orders(funded) == 1
    assert funded.exchange.check() == []
