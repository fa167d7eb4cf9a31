"""The past over the wire: closed orders, fills, trades back in time, ledger entries, page tokens."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from grpc import StatusCode

from lightning.config import load_config
from lightning.decimals import to_units
from lightning.pb.schema import management_pb2
from lightning.pb.v1 import accounts_pb2, market_data_pb2, trading_pb2
from lightning.pb.v1 import types_pb2 as types
from lightning.server.gateway import Gateway
from lightning.server.past import Past
from lightning.storage.history import History
from lightning.storage.history.paging import Asked
from lightning.storage.history.queries import ledger_entries
from tests.conftest import RunningServer, StartServer
from tests.desk import DEPOSIT, rows_of
from tests.pasts import Venue
from tests.test_server_v1 import BTC, BTC_USDT, ETH_USDT, USDT, cancel, market, order, place, refusal

FEES: dict[str, Any] = {
    "currency": [{"id": 1, "name": "BTC", "scale": 8}, {"id": 2, "name": "USDT", "scale": 8}],
    "symbol": [
        {
            "id": 1,
            "name": "BTC-USDT",
            "base": "BTC",
            "quote": "USDT",
            "tick": "0.01",
            "lot": "0.000001",
            "maker_fee_ppm": -100,
            "taker_fee_ppm": 300,
            "fee_account": 9,
        }
    ],
}


@pytest.fixture
def funded(server: RunningServer) -> RunningServer:
    server.deposit(1, USDT, "100000")
    server.deposit(2, BTC, "10")
    return server


def pages(method: Callable[[Any], Any], request: Any, field: str) -> Iterator[list[Any]]:
    while True:
        page = method(request)
        yield list(getattr(page, field))
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def everything(method: Callable[[Any], Any], request: Any, field: str) -> list[Any]:
    return [one for page in pages(method, request, field) for one in page]


def orders(server: RunningServer, **fields: Any) -> list[types.Order]:
    request = trading_pb2.ListOrdersRequest(**{"account_id": 1, **fields})
    return everything(server.trading.ListOrders, request, "orders")


def fills(server: RunningServer, **fields: Any) -> list[types.Fill]:
    request = trading_pb2.ListFillsRequest(**{"account_id": 1, **fields})
    return everything(server.trading.ListFills, request, "fills")


def entries(server: RunningServer, **fields: Any) -> list[accounts_pb2.LedgerEntry]:
    request = accounts_pb2.ListLedgerEntriesRequest(**{"account_id": 1, **fields})
    return everything(server.accounts.ListLedgerEntries, request, "entries")


def trade_ids(server: RunningServer, **fields: Any) -> list[int]:
    request = market_data_pb2.ListTradesRequest(**{"symbol_id": BTC_USDT, **fields})
    return [one.trade_id for one in server.market_data.ListTrades(request).trades]


def test_every_order_is_listed_as_soon_as_it_is_answered(funded: RunningServer) -> None:
    resting = place(funded, price="40000", client_order_id=3)
    gone = place(funded, price="41000")
    assert [one.order_id for one in orders(funded)] == [resting.order.order_id, gone.order.order_id]
    cancel(funded, order_id=gone.order.order_id)
    ioc = place(funded, time_in_force=types.TIME_IN_FORCE_IOC)
    poor = place(funded, quantity="1000")
    elsewhere = place(funded, symbol_id=ETH_USDT, price="1")
    listed = orders(funded)
    assert [one.status for one in listed] == [
        types.ORDER_STATUS_NEW,
        types.ORDER_STATUS_CANCELED,
        types.ORDER_STATUS_CANCELED,
        types.ORDER_STATUS_REJECTED,
        types.ORDER_STATUS_NEW,
    ]
    assert listed[0] == resting.order
    assert listed[2].reject_reason == types.REJECT_REASON_NO_LIQUIDITY == ioc.reject_reason
    assert (listed[3].order_id, listed[3].reject_reason) == (poor.seq, types.REJECT_REASON_INSUFFICIENT_FUNDS)
    assert (listed[3].quantity, listed[3].filled_quantity) == ("1000.0", "0.0")
    assert orders(funded, newest_first=True) == listed[::-1] == orders(funded, newest_first=True, page_size=2)
    assert orders(funded, symbol_id=ETH_USDT) == [elsewhere.order]
    live = [resting.order, elsewhere.order]
    assert orders(funded, open_only=True) == live
    assert orders(funded, open_only=True, newest_first=True, page_size=1) == live[::-1]


def test_a_closed_order_is_found_long_after(funded: RunningServer) -> None:
    report = place(funded, client_order_id=31)
    place(funded, account_id=2, side=types.SIDE_SELL, quantity="0.1")
    books = funded.exchange._state.books
    for shard in range(books.closed.shape[0]):  # as after many more orders
        books.closed[shard]["order_id"] = books.closed[shard]["client_order_id"] = 0
    get, request = funded.trading.GetOrder, trading_pb2.GetOrderRequest
    by_id = get(request(account_id=1, order_id=report.order.order_id))
    assert by_id == get(request(account_id=1, client_order_id=31))
    assert (by_id.status, by_id.filled_quantity) == (types.ORDER_STATUS_FILLED, "0.1")
    wrong = request(account_id=2, order_id=report.order.order_id)
    assert refusal(get, wrong) == (StatusCode.NOT_FOUND, "UNKNOWN_ORDER")


def test_fills_in_both_roles(start_server: StartServer) -> None:
    server = start_server(**FEES)
    server.deposit(1, USDT, "100000")
    server.deposit(2, BTC, "10")
    server.deposit(9, USDT, "1")
    bid = place(server, client_order_id=11, quantity="0.3")
    ask = place(server, account_id=2, side=types.SIDE_SELL, quantity="0.1", client_order_id=12)
    (taken,) = fills(server, account_id=2)
    assert taken == ask.fills[0] and taken.fee == "1.5"
    (made,) = fills(server, account_id=1)
    assert made == types.Fill(
        trade_id=1,
        price="50000.0",
        quantity="0.1",
        liquidity=types.LIQUIDITY_MAKER,
        maker_order_id=bid.order.order_id,
        taker_order_id=ask.order.order_id,
        fee="-0.5",
        fee_currency_id=USDT,
        time_ns=ask.time_ns,
        symbol_id=BTC_USDT,
        side=types.SIDE_BUY,
        client_order_id=11,
        seq=ask.seq,
    )
    own = place(
        server,
        side=types.SIDE_SELL,
        quantity="0.05",
        self_trade_prevention=types.SELF_TRADE_PREVENTION_NONE,
    )
    both = fills(server, order_id=own.order.order_id) + fills(server, order_id=bid.order.order_id)[1:]
    assert [fill.liquidity for fill in both] == [types.LIQUIDITY_TAKER, types.LIQUIDITY_MAKER]
    assert [fill.liquidity for fill in fills(server, page_size=1)] == [
        types.LIQUIDITY_MAKER,
        types.LIQUIDITY_TAKER,
        types.LIQUIDITY_MAKER,
    ]
    assert fills(server, newest_first=True, page_size=1) == fills(server)[::-1]
    assert fills(server, symbol_id=5) == [] == fills(server, order_id=1)


def test_trades_go_back_in_time(funded: RunningServer) -> None:
    place(funded, account_id=2, side=types.SIDE_SELL, quantity="1")
    for _ in range(7):
        funded.trading.PlaceOrder(market(quantity="0.01"))
    assert trade_ids(funded, before_trade_id=6, limit=2) == [4, 5]
    assert trade_ids(funded, before_trade_id=4, limit=10) == [1, 2, 3]
    assert trade_ids(funded, before_trade_id=1) == []
    from_engine = trade_ids(funded), trade_ids(funded, after_trade_id=2, limit=3)
    books = funded.exchange._state.books
    books.head["trades_used"] += books.trades.shape[1]  # as after many more trades
    books.trades[:] = 0
    assert (trade_ids(funded), trade_ids(funded, after_trade_id=2, limit=3)) == from_engine
    method, request = funded.market_data.ListTrades, market_data_pb2.ListTradesRequest
    for fields in ({"before_trade_id": -1}, {"before_trade_id": 2, "after_trade_id": 1}):
        bad = request(symbol_id=BTC_USDT, **fields)
        assert refusal(method, bad) == (StatusCode.INVALID_ARGUMENT, "before_trade_id")


def test_ledger_entries_sum_to_the_balances(start_server: StartServer) -> None:
    server = start_server(**FEES)
    server.deposit(1, USDT, "100000")
    server.deposit(2, BTC, "10")
    server.deposit(9, USDT, "1")
    place(server, quantity="0.3")
    ask = place(server, account_id=2, side=types.SIDE_SELL, quantity="0.123456")
    server.accounts.Transfer(
        accounts_pb2.TransferRequest(from_account_id=1, to_account_id=2, currency_id=USDT, amount="0.25")
    )
    server.accounts.Withdraw(accounts_pb2.WithdrawRequest(account_id=2, currency_id=BTC, amount="1"))
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for account in (1, 2, 9):
        for entry in entries(server, account_id=account, page_size=2):
            sums[account, entry.currency_id] += to_units(entry.amount, 8)
        known = server.accounts.GetAccount(accounts_pb2.GetAccountRequest(account_id=account))
        for balance in known.balances:
            assert sums[account, balance.currency_id] == to_units(balance.total, 8)
    kind = accounts_pb2.LedgerEntryKind
    assert [
        (kind.Name(one.kind).removeprefix("LEDGER_ENTRY_KIND_"), one.amount) for one in entries(server)
    ] == [
        ("DEPOSIT", "100000.0"),
        ("TRADE", "0.123456"),
        ("TRADE", "-6172.8"),
        ("FEE", "0.61728"),
        ("TRANSFER_OUT", "-0.25"),
    ]
    (income,) = entries(server, account_id=9)[1:]
    assert (income.amount, income.order_id) == ("1.23456", ask.order.order_id)
    assert [one.amount for one in entries(server, currency_id=BTC)] == ["0.123456"]
    assert entries(server, newest_first=True, page_size=1) == entries(server)[::-1]
    reply = server.accounts.ListLedgerEntries(accounts_pb2.ListLedgerEntriesRequest(account_id=1))
    assert reply.seq == server.exchange.seq


def test_a_page_token_is_only_good_for_its_own_request(funded: RunningServer) -> None:
    for price in ("1", "2", "3"):
        place(funded, price=price)
    method, request = funded.trading.ListOrders, trading_pb2.ListOrdersRequest
    token = method(request(account_id=1, page_size=1)).next_page_token
    assert method(request(account_id=1, page_size=2, page_token=token)).orders[0].price == "2.0"
    spoiled = ("A" if token[0] != "A" else "B") + token[1:]
    others = (
        (method, request(account_id=1, page_token=spoiled)),
        (method, request(account_id=1, page_token=token[:-4])),
        (method, request(account_id=1, page_token=token + "é")),
        (method, request(account_id=2, page_token=token)),
        (method, request(account_id=1, symbol_id=1, page_token=token)),
        (method, request(account_id=1, open_only=True, page_token=token)),
        (method, request(account_id=1, newest_first=True, page_token=token)),
        (funded.trading.ListFills, trading_pb2.ListFillsRequest(account_id=1, page_token=token)),
        (
            funded.accounts.ListLedgerEntries,
            accounts_pb2.ListLedgerEntriesRequest(account_id=1, page_token=token),
        ),
    )
    for call, bad in others:
        assert refusal(call, bad) == (StatusCode.INVALID_ARGUMENT, "page_token")


def test_lists_are_of_accounts_that_exist_and_within_bounds(funded: RunningServer) -> None:
    lists = (
        (funded.trading.ListOrders, trading_pb2.ListOrdersRequest),
        (funded.trading.ListFills, trading_pb2.ListFillsRequest),
        (funded.accounts.ListLedgerEntries, accounts_pb2.ListLedgerEntriesRequest),
    )
    for method, request in lists:
        assert refusal(method, request(account_id=77)) == (StatusCode.NOT_FOUND, "UNKNOWN_ACCOUNT")
        assert refusal(method, request(account_id=-1)) == (StatusCode.INVALID_ARGUMENT, "account_id")
        bad = request(account_id=1, page_size=-1)
        assert refusal(method, bad) == (StatusCode.INVALID_ARGUMENT, "page_size")
    unknown = accounts_pb2.ListLedgerEntriesRequest(account_id=1, currency_id=77)
    assert refusal(funded.accounts.ListLedgerEntries, unknown) == (StatusCode.NOT_FOUND, "UNKNOWN_CURRENCY")
    for _ in range(3):
        place(funded, price="1", quantity="0.001")
    assert (
        len(
            funded.trading.ListOrders(trading_pb2.ListOrdersRequest(account_id=1, page_size=2**31 - 1)).orders
        )
        == 3
    )


def test_orders_of_a_symbol_that_is_gone_are_still_listed(funded: RunningServer) -> None:
    made = funded.management.CreateSymbol(
        management_pb2.CreateSymbolRequest(name="X-Y", base=BTC, quote=USDT)
    )
    report = funded.trading.PlaceOrder(order(symbol_id=made.data.id, price="1.5"))
    cancel(funded, symbol_id=made.data.id, order_id=report.order.order_id)
    assert funded.management.DeleteSymbol(management_pb2.DeleteSymbolRequest(id=made.data.id)).code == 0
    (listed,) = orders(funded)
    assert (listed.symbol_id, listed.price, listed.status) == (
        made.data.id,
        "1.5",
        types.ORDER_STATUS_CANCELED,
    )


async def test_a_read_waits_for_what_its_caller_was_told(tmp_path: Path) -> None:
    venue = Venue(load_config())
    history = History(tmp_path / "history.sqlite", venue.config)
    past = Past(cast(Gateway, None), history)
    told = venue.submit(rows_of(DEPOSIT))
    reading = asyncio.create_task(past.read(1, lambda db: ledger_entries(db, 1, Asked()).items))
    await asyncio.sleep(0.05)
    waits = not reading.done()
    history.feed(told)
    assert waits
    assert [entry.amount for entry in await reading] == [DEPOSIT.amount]
    history.close()
