"""Admin changes: what they make, what they refuse, and that a refused one changes nothing."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from lightning.codes import (
    CommandKind,
    EventKind,
    OrderType,
    RejectReason,
    SelfTradePrevention,
    Side,
    SymbolStatus,
)
from lightning.decimals import Step
from lightning.engine.admin import apply_change
from lightning.engine.changes import (
    Change,
    ChangeRefused,
    CreateCurrency,
    CreateSymbol,
    DeleteCurrency,
    DeleteSymbol,
    RefusalKind,
    Terms,
    UpdateCurrency,
    UpdateSymbol,
)
from lightning.engine.exchange import Exchange
from lightning.engine.journal import AdminRecord
from lightning.engine.replay import apply_record
from lightning.engine.views import Uses
from lightning.instruments import QUANTITY_MAX, Currency, Symbol
from lightning.rows import Command
from lightning.storage.records import decode_change, encode_change
from tests.desk import rows_of

BTC, USDT, ETH = 1, 2, 3
BTC_USDT = 1
MONEY = 10**12

FULL = Terms(
    tick=Step(25, 4),
    lot=Step(5, 3),
    maker_fee_ppm=-100,
    taker_fee_ppm=300,
    self_trade_prevention=SelfTradePrevention.DECREMENT,
    quantity_min="0.01",
    quantity_max="100",
    notional_min="5.5",
    fee_account=17,
    order_fee_ppm_min=-5,
    order_fee_ppm_max=600,
    price_band_ppm=100_000,
    market_protection_ppm=20_000,
    orders_max=200,
)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(shards=2)


def make(exchange: Exchange, change: Change) -> Any:
    made = apply_change(exchange, change)
    assert exchange.check() == []
    return made


def refusal(exchange: Exchange, change: Change) -> tuple[RefusalKind, str, str]:
    """Kind, field and message; it changed nothing but took its seq."""
    before = exchange.seq, exchange.state_hash(), dict(exchange.symbols), dict(exchange.currencies)
    with pytest.raises(ChangeRefused) as raised:
        apply_change(exchange, change)
    after = exchange.seq - 1, exchange.state_hash(), dict(exchange.symbols), dict(exchange.currencies)
    assert after == before
    return raised.value.kind, raised.value.field, str(raised.value)


def submit(exchange: Exchange, *commands: Command) -> np.ndarray:
    events = exchange.submit(rows_of(*commands))
    assert exchange.check() == []
    return events


def fund(exchange: Exchange, *accounts: int) -> None:
    for account in accounts:
        for currency in (BTC, USDT):
            submit(
                exchange,
                Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=MONEY),
            )


def order(account: int, side: Side, price: int = 100, qty: int = 1_000) -> Command:
    return Command(kind=CommandKind.PLACE, account=account, symbol=BTC_USDT, side=side, price=price, qty=qty)


def stop(account: int) -> Command:
    """One that waits: nothing was traded at 50 yet."""
    return order(account, Side.SELL, price=0)._replace(type=OrderType.STOP, stop_price=50)


def cancel_all(account: int) -> Command:
    return Command(kind=CommandKind.CANCEL_ALL, account=account)


def book_of(exchange: Exchange, symbol: int) -> np.void:
    shard, slot = exchange._place_of(symbol)
    row: np.void = exchange._state.books.books[shard, slot]
    return row


# currencies


def test_a_currency_has_the_scale_that_it_is_given(exchange: Exchange) -> None:
    assert make(exchange, CreateCurrency("YEN", "Yen", 0)) == Currency(4, "YEN", 0, "Yen")
    assert make(exchange, CreateCurrency("DOGE")) == Currency(5, "DOGE", 8)
    assert list(exchange.currencies) == [1, 2, 3, 4, 5]
    assert [total.currency for total in exchange.totals()] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (CreateCurrency("BTC"), RefusalKind.IN_USE, "name must be free: a currency called 'BTC' exists"),
        (CreateCurrency(""), RefusalKind.INVALID, "name must be 1 to 64"),
        (CreateCurrency("X", "", 19), RefusalKind.INVALID, "scale must be 0 to 18, not 19"),
        (UpdateCurrency(9, "X"), RefusalKind.NOT_FOUND, "id must name a currency: there is no 9"),
        (UpdateCurrency(1, "USDT"), RefusalKind.IN_USE, "name must be free: a currency called 'USDT' exists"),
        (DeleteCurrency(9), RefusalKind.NOT_FOUND, "id must name a currency: there is no 9"),
        (
            DeleteCurrency(ETH),
            RefusalKind.IN_USE,
            "id 3 is in use: symbol 2 (ETH-USDT), symbol 3 (ETH-BTC)",
        ),
    ],
)
def test_what_cannot_be_done_with_a_currency(
    exchange: Exchange, change: Change, kind: RefusalKind, message: str
) -> None:
    refused = refusal(exchange, change)
    assert refused[0] == kind and refused[2].startswith(message)
    assert refused[2].startswith(refused[1])


def test_a_currency_goes_once_no_symbol_and_no_balance_uses_it(exchange: Exchange) -> None:
    doge = make(exchange, CreateCurrency("DOGE")).id
    pair = make(exchange, CreateSymbol("DOGE-USDT", doge, USDT)).id
    deposit = Command(kind=CommandKind.DEPOSIT, account=7, currency=doge, amount=5)
    submit(exchange, deposit, deposit._replace(account=8))
    assert refusal(exchange, DeleteCurrency(doge))[2] == (
        "id 4 is in use: symbol 4 (DOGE-USDT), balances of 2 accounts"
    )
    make(exchange, DeleteSymbol(pair))
    submit(exchange, deposit._replace(kind=CommandKind.WITHDRAW))
    assert refusal(exchange, DeleteCurrency(doge))[2] == "id 4 is in use: balances of 1 account"
    submit(exchange, deposit._replace(kind=CommandKind.WITHDRAW, account=8))
    make(exchange, DeleteCurrency(doge))
    assert doge not in exchange.currencies and doge not in [one.currency for one in exchange.totals()]
    state = exchange.account(7)
    assert state is not None and state.balances == []
    refused = submit(exchange, deposit)
    assert refused["reason"].tolist() == [RejectReason.UNKNOWN_CURRENCY]
    assert make(exchange, CreateCurrency("DOGE")).id == doge + 1


# symbols


def test_a_symbol_has_the_spec_that_it_is_given(exchange: Exchange) -> None:
    btc, usdt = exchange.currencies[BTC], exchange.currencies[USDT]
    symbol = make(exchange, CreateSymbol("A-B", BTC, USDT, SymbolStatus.AUCTION, FULL))
    assert (
        symbol
        == exchange.symbols[4]
        == Symbol(
            id=4,
            name="A-B",
            base=btc,
            quote=usdt,
            tick=Step(25, 4),
            lot=Step(5, 3),
            maker_fee_ppm=-100,
            taker_fee_ppm=300,
            self_trade_prevention=SelfTradePrevention.DECREMENT,
            status=SymbolStatus.AUCTION,
            quantity_min=2,
            quantity_max=20_000,
            notional_min=550_000_000,
            fee_account=17,
            order_fee_ppm_min=-5,
            order_fee_ppm_max=600,
            price_band_ppm=100_000,
            market_protection_ppm=20_000,
            orders_max=200,
            self_trade_prevention_given=True,
        )
    )
    assert exchange.symbol_status(4) == SymbolStatus.AUCTION
    row = book_of(exchange, 4)
    for column in ("price_band_ppm", "market_protection_ppm", "orders_max", "fee_account", "tick_value"):
        assert row[column] == getattr(symbol, column), column


def test_a_symbol_of_which_little_is_said_has_the_defaults(exchange: Exchange) -> None:
    yen = make(exchange, CreateCurrency("YEN", "", 1))
    symbol = make(exchange, CreateSymbol("BTC-YEN", BTC, yen.id))
    assert symbol == Symbol(4, "BTC-YEN", exchange.currencies[BTC], yen, Step(1, 0), Step(1, 1))
    assert make(exchange, CreateSymbol("BTC-ETH", BTC, ETH)).tick == Step(1, 2)


@pytest.mark.parametrize("name", [field.name for field in fields(Terms) if field.name not in ("tick", "lot")])
def test_one_term_changes_and_the_others_stay(exchange: Exchange, name: str) -> None:
    whole = make(exchange, CreateSymbol("A-B", BTC, USDT, SymbolStatus.HALTED, FULL))
    other: dict[str, Any] = {
        "taker_fee_ppm": 400,
        "self_trade_prevention": SelfTradePrevention.CANCEL_MAKER,
        "quantity_min": "0.015",
        "quantity_max": "99.5",
        "notional_min": "0",
    }
    expected = {"quantity_min": 3, "quantity_max": 19_900, "notional_min": 0}
    value = other.get(name, 50)
    changed = make(exchange, UpdateSymbol(whole.id, terms=Terms(**{name: value})))
    assert changed == replace(whole, **{name: expected.get(name, value)})
    assert exchange.symbols[whole.id] == changed
    assert exchange.symbol_status(whole.id) == SymbolStatus.HALTED


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (Terms(maker_fee_ppm=-1), "maker_fee_ppm plus taker_fee_ppm must not be below 0"),
        (Terms(self_trade_prevention=SelfTradePrevention.DEFAULT), "self_trade_prevention must be a mode"),
        (Terms(quantity_min="0.0000001"), "quantity_min is not a multiple of 0.000001: '0.0000001'"),
        (Terms(quantity_min="2", quantity_max="1"), "quantity_max must be 2000000 to"),
        (Terms(quantity_min="x"), "quantity_min is not a decimal number: 'x'"),
        (Terms(quantity_max="-1"), "quantity_max must be 1 to"),
        (Terms(notional_min="0.000000001"), "notional_min has more than 8 decimals"),
        (Terms(fee_account=-1), "fee_account must be 0 to"),
        (Terms(order_fee_ppm_min=1_000_001), "order_fee_ppm_min must be"),
        (Terms(price_band_ppm=1_000_001), "price_band_ppm must be 0 to 1000000"),
        (Terms(market_protection_ppm=-1), "market_protection_ppm must be 0 to 1000000"),
        (Terms(orders_max=-1), "orders_max must be 0 to"),
        (Terms(tick=Step(1, 9)), "tick times lot must be a whole number of units of USDT"),
        (Terms(lot=Step(1, 9)), "lot must be a whole number of units of BTC"),
    ],
    ids=str,
)
def test_terms_that_cannot_be_are_refused_by_name(exchange: Exchange, terms: Terms, message: str) -> None:
    for change in (
        UpdateSymbol(BTC_USDT, terms=terms),
        CreateSymbol("A-B", BTC, USDT, terms=replace(terms, lot=terms.lot or Step(1, 6))),
    ):
        kind, field, words = refusal(exchange, change)
        assert kind == RefusalKind.INVALID and words.startswith(message) and words.startswith(field)


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (CreateSymbol("BTC-USDT", BTC, USDT), RefusalKind.IN_USE, "name must be free: a symbol called"),
        (CreateSymbol("A", BTC, BTC), RefusalKind.INVALID, "quote must be another currency than base"),
        (CreateSymbol("A", 9, BTC), RefusalKind.NOT_FOUND, "base must name a currency: there is no 9"),
        (CreateSymbol("A", BTC, 9), RefusalKind.NOT_FOUND, "quote must name a currency: there is no 9"),
        (UpdateSymbol(9), RefusalKind.NOT_FOUND, "id must name a symbol: there is no 9"),
        (UpdateSymbol(1, "ETH-BTC"), RefusalKind.IN_USE, "name must be free: a symbol called"),
        (UpdateSymbol(1, base=9), RefusalKind.NOT_FOUND, "base must name a currency: there is no 9"),
        (UpdateSymbol(1, base=USDT), RefusalKind.INVALID, "quote must be another currency than base"),
        (DeleteSymbol(9), RefusalKind.NOT_FOUND, "id must name a symbol: there is no 9"),
    ],
)
def test_what_cannot_be_done_with_a_symbol(
    exchange: Exchange, change: Change, kind: RefusalKind, message: str
) -> None:
    refused = refusal(exchange, change)
    assert refused[0] == kind and refused[2].startswith(message)


def test_an_unused_symbol_may_change_what_its_numbers_mean(exchange: Exchange) -> None:
    terms = Terms(quantity_min="0.01", notional_min="5.5", lot=Step(1, 3))
    symbol = make(exchange, CreateSymbol("A-B", BTC, USDT, terms=terms))
    cents = make(exchange, CreateCurrency("USD", "", 4))
    changed = make(
        exchange, UpdateSymbol(symbol.id, quote=cents.id, terms=Terms(tick=Step(1, 1), lot=Step(5, 3)))
    )
    assert (changed.quote, changed.tick, changed.lot) == (cents, Step(1, 1), Step(5, 3))
    assert (changed.quantity_min, changed.quantity_max) == (2, QUANTITY_MAX), "0.01, and as many as can be"
    assert changed.notional_min == 55_000, "5.5"
    kind, field, words = refusal(exchange, UpdateSymbol(symbol.id, terms=Terms(lot=Step(1, 1))))
    assert (kind, field) == (RefusalKind.INVALID, "quantity_min") and "not a multiple" in words


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (UpdateSymbol(BTC_USDT, base=ETH), "base"),
        (UpdateSymbol(BTC_USDT, quote=ETH), "quote"),
        (UpdateSymbol(BTC_USDT, terms=Terms(tick=Step(1, 1))), "tick"),
        (UpdateSymbol(BTC_USDT, terms=Terms(lot=Step(1, 5))), "lot"),
    ],
)
def test_a_used_symbol_keeps_what_its_numbers_mean(exchange: Exchange, change: Change, field: str) -> None:
    fund(exchange, 1, 2)
    submit(exchange, order(1, Side.BUY))
    words = f"{field} must stay: symbol 1 has "
    assert refusal(exchange, change) == (RefusalKind.IN_USE, field, f"{words}1 open order")
    submit(exchange, cancel_all(1), stop(2), stop(2))
    assert refusal(exchange, change) == (RefusalKind.IN_USE, field, f"{words}2 pending orders")
    submit(exchange, cancel_all(2), order(1, Side.BUY), order(2, Side.SELL))
    assert refusal(exchange, change) == (RefusalKind.IN_USE, field, f"{words}1 trade")
    same = UpdateSymbol(BTC_USDT, base=BTC, quote=USDT, terms=Terms(tick=Step(1, 2), lot=Step(1, 6)))
    assert make(exchange, same) == exchange.symbols[BTC_USDT]


def test_orders_that_rest_keep_the_fees_that_they_were_held_under(exchange: Exchange) -> None:
    make(exchange, UpdateSymbol(BTC_USDT, terms=Terms(maker_fee_ppm=1_000, taker_fee_ppm=2_000)))
    fund(exchange, 1, 2)
    submit(exchange, order(1, Side.BUY, price=1_000, qty=20_000))
    make(exchange, UpdateSymbol(BTC_USDT, terms=Terms(maker_fee_ppm=5_000, taker_fee_ppm=7_000)))
    events = submit(exchange, order(2, Side.SELL, price=1_000, qty=10_000))
    notional = 1_000 * 10_000
    trade = events[events["kind"] == EventKind.TRADE][0]
    assert (trade["maker_fee"], trade["fee"]) == (notional * 1_000 // 10**6, notional * 7_000 // 10**6)
    state = exchange.account(1)
    assert state is not None
    held = {currency: held for currency, _, held in state.balances}
    assert held[USDT] == notional + notional * 2_000 // 10**6, "what the rest needs at the old rates"
    submit(exchange, cancel_all(1))
    events = submit(exchange, order(1, Side.BUY, price=999), order(2, Side.SELL, price=999))
    trade = events[events["kind"] == EventKind.TRADE][0]
    assert trade["maker_fee"] == 999 * 1_000 * 5_000 // 10**6


def test_fees_go_to_the_fee_account_of_the_day(exchange: Exchange) -> None:
    fund(exchange, 1, 2)
    for account, expected in ((50, {50: 1_000}), (60, {50: 1_000, 60: 1_000})):
        make(exchange, UpdateSymbol(BTC_USDT, terms=Terms(taker_fee_ppm=10_000, fee_account=account)))
        submit(exchange, order(1, Side.BUY), order(2, Side.SELL))
        found = {}
        for fee_account in (50, 60):
            state = exchange.account(fee_account)
            if state is not None and state.balances:
                found[fee_account] = state.balances[0][1]
        assert found == expected
    assert next(total.fees for total in exchange.totals() if total.currency == USDT) == 2_000


def test_a_change_of_the_spec_leaves_the_status(exchange: Exchange) -> None:
    halted = Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=BTC_USDT, type=SymbolStatus.HALTED)
    submit(exchange, halted)
    make(exchange, UpdateSymbol(BTC_USDT, "renamed", terms=Terms(price_band_ppm=5)))
    assert exchange.symbols[BTC_USDT].status == SymbolStatus.TRADING, "what it began with"
    assert exchange.symbol_status(BTC_USDT) == SymbolStatus.HALTED
    assert exchange.symbol_statuses() == {
        1: SymbolStatus.HALTED,
        2: SymbolStatus.TRADING,
        3: SymbolStatus.TRADING,
    }


def test_a_symbol_goes_once_it_has_no_open_orders(exchange: Exchange) -> None:
    fund(exchange, 1, 2)
    submit(exchange, order(1, Side.BUY), order(2, Side.SELL, qty=2_000), stop(2), stop(2))
    assert exchange.uses(BTC_USDT) == Uses(1, 2, 1)
    assert refusal(exchange, DeleteSymbol(BTC_USDT)) == (
        RefusalKind.IN_USE,
        "id",
        "id 1 is in use: 1 open order, 2 pending orders",
    )
    submit(exchange, cancel_all(2))
    make(exchange, DeleteSymbol(BTC_USDT))
    assert list(exchange.symbols) == [2, 3] and list(exchange.symbol_statuses()) == [2, 3]
    assert submit(exchange, order(1, Side.BUY))["reason"].tolist() == [RejectReason.UNKNOWN_SYMBOL]
    make(exchange, DeleteSymbol(3))
    assert make(exchange, CreateSymbol("BTC-USDT", BTC, USDT)).id == 4


CHANGES: list[Change] = [
    CreateCurrency("YEN", "Yen", 0),
    CreateSymbol("BTC-YEN", BTC, 4, SymbolStatus.HALTED, Terms(tick=Step(1, 0), lot=Step(1, 0))),
    CreateSymbol("A-B", BTC, USDT, terms=FULL),
    UpdateSymbol(5, terms=Terms(lot=Step(1, 3), taker_fee_ppm=400)),
    UpdateSymbol(5, terms=Terms(quantity_min="x")),
    UpdateSymbol(4, "C-D", terms=Terms(price_band_ppm=7, orders_max=8, fee_account=9)),
    DeleteSymbol(4),
    DeleteCurrency(4),
    DeleteCurrency(1),
]
"""Made and refused ones."""


def test_changes_from_a_journal_make_the_same_exchange(exchange: Exchange) -> None:
    again = Exchange(shards=5)
    for change in CHANGES:
        made = apply_record(exchange, AdminRecord(exchange.seq + 1, 1, change))
        read = decode_change(encode_change(change))
        replayed = apply_record(again, AdminRecord(again.seq + 1, 1, read))
        assert replayed.instrument == made.instrument and str(replayed.refusal) == str(made.refusal)
        assert (again.seq, again.state_hash()) == (exchange.seq, exchange.state_hash())
        assert (again.symbols, again.currencies) == (exchange.symbols, exchange.currencies)
    assert list(exchange.symbols) == [1, 2, 3, 5] and list(exchange.currencies) == [1, 2, 3]
