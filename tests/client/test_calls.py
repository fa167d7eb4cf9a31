"""Every call, through the client that blocks; that it is the same client is looked at in the end."""

import asyncio
import inspect
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import numpy as np
import polars as pl
import pytest

from lightning import client as package
from lightning.client import (
    AsyncClient,
    BadRequest,
    ChangeRefused,
    Client,
    LightningError,
    NewOrder,
    Rejected,
    SymbolTerms,
    Transfer,
    Unavailable,
    columns,
)
from lightning.client.admin import AdminCalls
from lightning.client.sync import Admin
from lightning.client.values import amount_text
from lightning.codes import OrderStatus, OrderType, RejectReason, Side, SymbolStatus, TimeInForce
from tests.conftest import RunningServer

numbers = count(1)


@pytest.fixture
def symbol(client: Client) -> str:
    """A new one, in new currencies."""
    number = next(numbers)
    client.admin.create_currency(f"A{number}")
    client.admin.create_currency(f"B{number}", scale=4)
    made = client.admin.create_symbol(f"A{number}-B{number}", f"A{number}", f"B{number}", "0.01", "0.01")
    assert (made.tick, made.lot, made.status) == (Decimal("0.01"), Decimal("0.01"), SymbolStatus.TRADING)
    return made.name


@pytest.fixture
def accounts(client: Client, symbol: str) -> tuple[int, int]:
    """Two with money in both currencies."""
    base, quote = symbol.split("-")
    buyer = 10 * next(numbers)
    for account in (buyer, buyer + 1):
        client.deposit(account, base, 1000)
        client.deposit(account, quote, "100000")
    return buyer, buyer + 1


def test_an_order_goes_in_with_decimals_and_its_report_comes_out_with_decimals(
    client: Client, symbol: str, accounts: tuple[int, int]
) -> None:
    buyer, seller = accounts
    placed = client.place_order(buyer, symbol, "buy", Decimal("0.30"), price="50.5")
    assert (placed.order.status, placed.order.leaves_quantity) == (OrderStatus.NEW, Decimal("0.3"))
    assert (placed.order.side, placed.order.type) == (Side.BUY, OrderType.LIMIT)
    assert placed.order.time_in_force == TimeInForce.GTC and placed.order.client_order_id > 0
    sold = client.place_order(seller, symbol, Side.SELL, "0.1")
    assert (sold.order.status, sold.order.type) == (OrderStatus.FILLED, OrderType.MARKET)
    [fill] = sold.fills
    assert (fill.price, fill.quantity, fill.is_maker) == (Decimal("50.5"), Decimal("0.1"), False)
    assert fill.maker_order_id == placed.order.order_id
    [other] = client.list_fills(buyer)
    assert other.is_maker and other.trade_id == fill.trade_id
    amended = client.amend_order(buyer, symbol, order_id=placed.order.order_id, quantity="0.05")
    assert amended.order.leaves_quantity == Decimal("0.05")
    by_own_id = client.get_order(buyer, client_order_id=placed.order.client_order_id)
    assert by_own_id.filled_quantity == Decimal("0.1")
    canceled = client.cancel_order(buyer, symbol, order_id=placed.order.order_id)
    assert canceled.order.status == OrderStatus.CANCELED
    assert [one.order_id for one in client.list_orders(buyer)] == [placed.order.order_id]
    assert list(client.list_orders(buyer, open_only=True)) == []


def test_what_is_given_decides_the_type(client: Client, symbol: str, accounts: tuple[int, int]) -> None:
    buyer, seller = accounts
    client.place_order(buyer, symbol, "buy", 1, price=50)
    client.place_order(seller, symbol, "sell", 1, price=50)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    terms: list[tuple[dict[str, Any], OrderType]] = [
        ({"price": 40}, OrderType.LIMIT),
        ({"price": 40, "post_only": True}, OrderType.LIMIT),
        ({"price": 40, "display_quantity": "0.5"}, OrderType.LIMIT),
        ({"price": 40, "expire_time": tomorrow}, OrderType.LIMIT),
        ({"stop_price": 60}, OrderType.STOP),
        ({"stop_price": 60, "price": 61, "self_trade_prevention": "cancel_both"}, OrderType.STOP_LIMIT),
        ({"trail_amount": 5}, OrderType.TRAILING_STOP),
        ({"time_in_force": "fok"}, OrderType.MARKET),
    ]
    for given, kind in terms:
        order = client.place_order(buyer, symbol, "buy", 1, **given).order
        assert order.type == kind
        for name in ("price", "stop_price", "trail_amount", "display_quantity"):
            if name in given and kind != OrderType.STOP:
                assert getattr(order, name) == Decimal(given[name])
    gtd = [one for one in client.list_orders(buyer) if one.time_in_force == TimeInForce.GTD]
    assert [one.expire_time_ms for one in gtd] == [int(tomorrow.timestamp() * 1000)]
    assert client.cancel_all_orders(buyer, symbol, "buy").canceled_count == len(terms) - 1
    client.place_order(seller, symbol, "sell", 1, price=70)
    spent = client.place_order(buyer, symbol, "buy", quote_quantity="35")
    assert spent.order.filled_quote == Decimal(35)
    assert client.cancel_all_after(buyer, 60) > 0 and client.cancel_all_after(buyer, 0) == 0


def test_one_of_two_orders_cancels_the_other(client: Client, symbol: str, accounts: tuple[int, int]) -> None:
    buyer, seller = accounts
    client.place_order(buyer, symbol, "buy", 1, price=50)
    client.place_order(seller, symbol, "sell", 1, price=50)

    def leg(quantity: int = 1, **terms: Any) -> NewOrder:
        return NewOrder(account=seller, symbol=symbol, side="sell", quantity=quantity, **terms)

    pair = client.place_one_cancels_other(leg(price=60), leg(stop_price=40))
    assert pair.first.order.linked_order_id == pair.second.order.order_id
    client.place_order(buyer, symbol, "buy", 1, price=60)
    stop = client.get_order(seller, order_id=pair.second.order.order_id)
    assert (stop.status, stop.reject_reason) == (OrderStatus.CANCELED, RejectReason.LINKED)
    with pytest.raises(Rejected) as refused:
        client.place_one_cancels_other(leg(price=60), leg(quantity=1001, price=70))
    assert refused.value.reason == RejectReason.INSUFFICIENT_FUNDS
    assert list(client.list_orders(seller, open_only=True)) == []


def test_money_moves_and_every_movement_is_listed(client: Client) -> None:
    account = 10 * next(numbers) + 5
    assert client.deposit(account, "BTC", "2.5").balance.available == Decimal("2.5")
    assert client.withdraw(account, 1, "0.5").balance.total == 2
    client.deposit(account + 1, "BTC", 1)
    assert client.transfer(account, account + 1, "BTC", "0.25").balance.total == Decimal("1.75")
    moved = client.transfer_batch(
        [Transfer(account, account + 1, "BTC", 1), Transfer(account + 1, account, "BTC", "0.5")]
    )
    assert [one.total for one in moved.balances] == [Decimal("0.75"), Decimal("1.75")]
    held = client.get_account(account)
    assert held.balance(1).total == Decimal("1.25") and held.balance(2).total == 0
    entries = list(client.list_ledger_entries(account, "BTC", page_size=2))
    assert sum(one.amount for one in entries) == Decimal("1.25")
    assert [one.kind for one in entries][:3] == ["DEPOSIT", "WITHDRAWAL", "TRANSFER_OUT"]


def test_market_data(client: Client, symbol: str, accounts: tuple[int, int]) -> None:
    buyer, seller = accounts
    for price in (48, 49):
        client.place_order(buyer, symbol, "buy", 1, price=price)
    for _ in range(3):
        client.place_order(seller, symbol, "sell", "0.1", price=49)
    client.place_order(seller, symbol, "sell", 2, price="50.01")
    symbol_id = client.symbol(symbol).symbol_id
    book = client.get_order_book(symbol, levels=1)
    assert [tuple(one) for one in book.bids] == [(49, Decimal("0.7"), 1)]
    assert book.best_ask is not None and book.best_ask.price == Decimal("50.01")
    assert client.get_order_books([symbol, 1], levels=1)[0].bids == book.bids
    assert [one.price for one in client.list_book_orders(symbol, "buy")] == [49, 48]
    trades = list(client.list_trades(symbol))
    assert [one.trade_id for one in trades] == [1, 2, 3]
    assert client.recent_trades(symbol_id, limit=2) == tuple(trades[1:])
    ticker = client.get_ticker(symbol)
    assert (ticker.last_price, ticker.volume, ticker.spread) == tuple(map(Decimal, ("49", "0.3", "1.01")))
    assert ticker.symbol_id in [one.symbol_id for one in client.list_tickers()]
    [candle] = client.recent_candles(symbol, "1d")
    assert candle.open == 49 and candle.trade_count == 3
    assert list(client.list_candles(symbol, "1d", start=datetime(2020, 1, 1, tzinfo=UTC))) == [candle]
    assert list(client.list_candles(symbol, "1d", start=candle.open_time_ms + 1)) == []
    assert {one.name for one in client.list_currencies()} >= {"BTC", client.currency("BTC").name}


def test_pages_are_fetched_as_they_are_needed(
    client: Client, symbol: str, accounts: tuple[int, int], venue: RunningServer
) -> None:
    buyer, _ = accounts
    placed = [client.place_order(buyer, symbol, "buy", 1, price=n).order.order_id for n in range(1, 8)]
    assert [one.order_id for one in client.list_orders(buyer, page_size=3)] == placed
    newest = client.list_orders(buyer, symbol, page_size=2, newest_first=True, open_only=True)
    assert [next(newest).order_id for _ in range(3)] == placed[:-4:-1]


def test_an_operator(client: Client, symbol: str, accounts: tuple[int, int]) -> None:
    buyer, seller = accounts
    admin = client.admin
    changed = admin.update_symbol(
        symbol, SymbolTerms(taker_fee_ppm=500, quantity_max="10"), name=f"{symbol}X"
    )
    assert changed.taker_fee_ppm == 500 and changed.quantity_max == 10
    assert client.symbol(f"{symbol}X").symbol_id == changed.symbol_id
    assert admin.set_symbol_status(changed.symbol_id, "auction").status == SymbolStatus.AUCTION
    client.place_order(buyer, changed.symbol_id, "buy", 1, price=51)
    client.place_order(seller, changed.symbol_id, "sell", 1, price=49)
    assert client.get_order_book(changed.symbol_id).indicative_quantity == 1
    [uncross] = admin.set_symbol_status(changed.symbol_id, "trading").uncrosses
    assert uncross.quantity == 1
    client.place_order(buyer, changed.symbol_id, "buy", 1, price=10)
    assert admin.set_account_status(buyer, "halted", cancel_orders=True).canceled_count == 1
    with pytest.raises(Rejected) as refused:
        client.place_order(buyer, changed.symbol_id, "buy", 1, price=10)
    assert refused.value.reason == RejectReason.ACCOUNT_HALTED
    admin.set_account_status(buyer, "active")
    client.place_order(buyer, changed.symbol_id, "buy", 1, price=10)
    with pytest.raises(ChangeRefused) as in_use:
        admin.retire_symbol(changed.symbol_id)
    assert in_use.value.reason == "IN_USE"
    assert admin.cancel_all_orders(symbol=changed.symbol_id, every_account=True) == 1
    admin.retire_symbol(changed.symbol_id)
    with pytest.raises(Rejected):
        client.get_order_book(symbol)
    spare = admin.create_currency(f"SPARE{next(numbers)}", scale=2, display_name="A spare one")
    admin.retire_currency(spare.name)
    for totals in admin.get_totals().totals:
        assert totals.available + totals.held + totals.fees == totals.deposited - totals.withdrawn
    status = admin.get_status()
    assert status.state == "SERVING" and status.storage is None and status.queues.journal >= 0
    assert int(admin.get_state_hash().hash, 16) > 0


def test_a_float_is_refused_wherever_a_number_is_wanted(client: Client) -> None:
    calls: list[Any] = [
        lambda: client.place_order(1, 1, "buy", 0.1, price=1),  # type: ignore[arg-type]
        lambda: client.place_order(1, 1, "buy", 1, price=np.float64(1)),  # type: ignore[arg-type]
        lambda: client.place_order(1, 1, "buy", 1, price=np.float32(1)),  # type: ignore[arg-type]
        lambda: client.deposit(1, 1, 1.0),  # type: ignore[arg-type]
        lambda: client.amend_order(1, 1, order_id=1, price=True),
        lambda: client.admin.create_symbol("X", 1, 2, tick=0.01, lot=1),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(TypeError, match="must be a Decimal, a str or an int"):
            call()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("1e-7"), "0.0000001"),
        (np.int64(7), "7"),
        ("007.50", "007.50"),
        (-3, "-3"),
    ],
)
def test_a_number_is_written_without_an_exponent(value: Any, text: str) -> None:
    assert amount_text("price", value) == text


def test_errors_tell_what_and_where(client: Client, symbol: str, accounts: tuple[int, int]) -> None:
    buyer, seller = accounts
    cases: list[tuple[Any, type[LightningError], str]] = [
        (lambda: client.place_order(buyer, symbol, "buy", 1, price="1.001"), BadRequest, "price"),
        (lambda: client.place_order(buyer, symbol, "buy", 1, price="NaN"), BadRequest, "price"),
        (lambda: client.place_order(buyer, symbol, "buy", 1, price=Decimal("NaN")), BadRequest, "price"),
        (lambda: client.place_order(buyer, symbol, "buy", 1, price=""), BadRequest, "price"),
        (lambda: client.place_order(buyer, symbol, "by", 1), BadRequest, "side"),  # type: ignore[arg-type]
        (
            lambda: client.place_order(buyer, symbol, "buy", 1, price=1, expire_time=datetime(2030, 1, 1)),
            BadRequest,
            "expire_time",
        ),
        (lambda: client.recent_candles(symbol, "2m"), BadRequest, "interval"),  # type: ignore[arg-type]
    ]
    for call, kind, field in cases:
        with pytest.raises(kind) as raised:
            call()
        assert isinstance(raised.value, BadRequest)
        assert [one.field for one in raised.value.violations] == [field]
    reasons: list[tuple[Any, RejectReason]] = [
        (lambda: client.place_order(buyer, symbol, "buy", 99, price=99_999), RejectReason.INSUFFICIENT_FUNDS),
        (lambda: client.cancel_order(seller, symbol, order_id=999), RejectReason.UNKNOWN_ORDER),
        (lambda: client.withdraw(buyer, "USDT", 1), RejectReason.INSUFFICIENT_FUNDS),
        (lambda: client.get_account(987_654), RejectReason.UNKNOWN_ACCOUNT),
        (lambda: client.get_order(buyer, order_id=1), RejectReason.UNKNOWN_ORDER),
        (lambda: client.get_order_book("NO-SUCH"), RejectReason.UNKNOWN_SYMBOL),
        (lambda: client.get_order_book(999), RejectReason.UNKNOWN_SYMBOL),
        (lambda: client.deposit(buyer, "NONE", 1), RejectReason.UNKNOWN_CURRENCY),
    ]
    for call, reason in reasons:
        with pytest.raises(Rejected) as refused:
            call()
        assert refused.value.reason == reason, str(refused.value)


def test_no_server_is_told_by_address_and_reason() -> None:
    with (
        Client("127.0.0.1:1", timeout=2) as client,
        pytest.raises(Unavailable, match=r"127.0.0.1:1 did not answer within 2 s \(UNAVAILABLE"),
    ):
        client.list_symbols()


def test_a_token_goes_with_every_call() -> None:
    client = AsyncClient(token="secret")
    assert ("authorization", "Bearer secret") in client._connection.metadata
    assert "secret" not in repr(client._connection.settings)


def test_orders_are_canceled_when_their_client_leaves(
    client: Client, symbol: str, accounts: tuple[int, int]
) -> None:
    buyer, _ = accounts
    with client.cancel_on_disconnect(buyer, symbol):
        client.place_order(buyer, symbol, "buy", 1, price=10)
        assert len(list(client.list_orders(buyer, open_only=True))) == 1
    with client.follow_book(symbol) as book:
        while book.bids():
            assert book.wait(book.seq + 1, 10)


def test_answers_are_columns_for_any_dataframe(
    client: Client, symbol: str, accounts: tuple[int, int]
) -> None:
    buyer, _ = accounts
    client.place_order(buyer, symbol, "buy", "1.5", price=10)
    frame = pl.DataFrame(columns(client.list_orders(buyer)))
    assert frame["side"].to_list() == ["BUY"] and frame["quantity"].to_list() == [Decimal("1.5")]
    assert columns(client.list_fills(buyer)) == {}


def test_it_works_where_a_loop_runs_already(client: Client) -> None:
    """As in a notebook."""

    async def cell() -> int:
        return len(client.list_symbols())

    assert asyncio.run(cell()) > 0


async def test_the_async_client_is_the_same(venue: RunningServer, client: Client) -> None:
    async with AsyncClient(venue.address) as aio:
        assert await aio.list_symbols() == client.list_symbols()
        account = 10 * next(numbers) + 7
        await aio.deposit(account, "USDT", 10)
        report = await aio.place_order(account, "BTC-USDT", "buy", "0.001", price=10)
        assert [one async for one in aio.list_orders(account)] == list(client.list_orders(account))
        with pytest.raises(Rejected):
            await aio.place_order(account, "BTC-USDT", "buy", 1, price=11)
        assert (await aio.cancel_all_orders(account)).order_ids == (report.order.order_id,)


@pytest.mark.parametrize(("aio", "sync"), [(AsyncClient, Client), (AdminCalls, Admin)])
def test_each_call_of_the_async_client_is_one_of_the_blocking_one(aio: type, sync: type) -> None:
    def calls(of: type) -> dict[str, Any]:
        return {name: one for name, one in inspect.getmembers(of, callable) if not name.startswith("_")}

    assert calls(aio).keys() == calls(sync).keys()
    for name, call in calls(sync).items():
        assert inspect.signature(call) == inspect.signature(calls(aio)[name]), name
        assert call.__doc__ == calls(aio)[name].__doc__


def test_the_package_offers_what_it_lists() -> None:
    assert sorted(package.__all__) == sorted(package._HOMES)
    for name in package.__all__:
        assert getattr(package, name) is not None
