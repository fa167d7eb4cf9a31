"""Package schema over the wire: outcomes in `code`, numbers as text."""

from typing import Any

import pytest

from lightning.pb.schema import lightning_pb2 as pb
from lightning.pb.schema import management_pb2 as management
from tests.conftest import RunningServer, StartServer

BTC, USDT, ETH = 1, 2, 3
BTC_USDT = 1


def increase(
    server: RunningServer, account: int, currency: int, amount: str, request_id: int = 0
) -> pb.IncreaseResponse:
    request = pb.IncreaseRequest(requestId=request_id, accountId=account, currencyId=currency, amount=amount)
    reply: pb.IncreaseResponse = server.schema.increase(request)
    return reply


def order(**fields: object) -> pb.PlaceOrderRequest:
    """A bid of 0.1 at 50000.0 by account 1, but for `fields`; None leaves one out."""
    chosen = {
        "accountId": 1,
        "symbolId": BTC_USDT,
        "side": pb.BID,
        "price": "50000.0",
        "quantity": "0.1",
        **fields,
    }
    return pb.PlaceOrderRequest(**{name: value for name, value in chosen.items() if value is not None})  # type: ignore[arg-type]


def place(server: RunningServer, **fields: object) -> pb.PlaceOrderResponse:
    reply: pb.PlaceOrderResponse = server.schema.placeOrder(order(**fields))
    return reply


def balances(server: RunningServer, account: int) -> dict[int, tuple[str, str, str]]:
    reply = server.schema.getAccount(pb.GetAccountRequest(accountId=account))
    assert (reply.code, reply.message) == (0, "Success")
    assert all(str(currency) == balance.currency for currency, balance in reply.data.items())
    return {one: (balance.value, balance.frozen, balance.available) for one, balance in reply.data.items()}


def test_two_accounts_trade_and_nothing_stays_frozen(server: RunningServer) -> None:
    reply = increase(server, 1, USDT, "10000.0", request_id=1)
    assert (reply.code, reply.message) == (0, "Success")
    assert reply.data == pb.Balance(currency="2", value="10000.0", frozen="0.0", available="10000.0")
    increase(server, 2, BTC, "1.0", request_id=2)

    bid = place(server, requestId=3)
    assert (bid.code, bid.message) == (0, "Success") and bid.id > 0
    assert balances(server, 1) == {USDT: ("10000.0", "5000.0", "5000.0")}
    ask = place(server, requestId=4, accountId=2, side=pb.ASK)
    assert ask.code == 0 and ask.id > bid.id

    assert balances(server, 1) == {BTC: ("0.1", "0.0", "0.1"), USDT: ("5000.0", "0.0", "5000.0")}
    assert balances(server, 2) == {BTC: ("0.9", "0.0", "0.9"), USDT: ("5000.0", "0.0", "5000.0")}
    book = server.schema.getOrderBook(pb.GetOrderBookRequest(symbolId=BTC_USDT))
    assert book.code == 0 and not book.bids and not book.asks and book.timestamp > 1_600_000_000_000
    assert not any(book.HasField(name) for name in ("bestBid", "bestAsk", "spread"))
    assert server.exchange.check() == []


def test_order_book_shows_levels_best_first_with_the_spread(server: RunningServer) -> None:
    increase(server, 1, USDT, "1000000")
    increase(server, 2, BTC, "100")
    for i in range(130):
        assert place(server, price=f"{40000 - i}", quantity="0.001").code == 0
        assert place(server, accountId=2, side=pb.ASK, price=f"{40000.5 + i}", quantity="0.25").code == 0
    place(server, price="40000.00", quantity="0.002")

    book = server.schema.getOrderBook(pb.GetOrderBookRequest(symbolId=BTC_USDT))
    assert len(book.bids) == len(book.asks) == 20
    assert book.bids[0] == pb.PriceLevel(price="40000.0", quantity="0.003")
    assert book.bids[1] == pb.PriceLevel(price="39999.0", quantity="0.001")
    assert book.asks[0] == pb.PriceLevel(price="40000.5", quantity="0.25")
    assert (book.bestBid, book.bestAsk, book.spread) == ("40000.0", "40000.5", "0.5")
    for asked, given in ((3, 3), (0, 20), (-1, 20), (100, 100), (101, 100), (2**31 - 1, 100)):
        book = server.schema.getOrderBook(pb.GetOrderBookRequest(symbolId=BTC_USDT, levels=asked))
        assert (len(book.bids), len(book.asks)) == (given, given)


def test_cancel_gives_back_what_was_frozen(server: RunningServer) -> None:
    increase(server, 1, USDT, "10000")
    placed = place(server)
    request = pb.CancelOrderRequest(requestId=9, accountId=1, symbolId=BTC_USDT, orderId=placed.id)
    first = server.schema.cancelOrder(request)
    assert first == pb.CancelOrderResponse(
        message="Success", orderId=placed.id, cancelledQuantity="0.1", refundAmount="5000.0"
    )
    assert server.schema.cancelOrder(request) == first, "the same request id: the first answer again"
    again = pb.CancelOrderRequest(accountId=1, symbolId=BTC_USDT, orderId=placed.id)
    assert server.schema.cancelOrder(again).code == 404
    assert balances(server, 1) == {USDT: ("10000.0", "0.0", "10000.0")}


def test_only_the_owner_may_cancel(server: RunningServer) -> None:
    increase(server, 1, USDT, "10000")
    increase(server, 2, USDT, "1")
    placed = place(server)
    reply = server.schema.cancelOrder(
        pb.CancelOrderRequest(accountId=2, symbolId=BTC_USDT, orderId=placed.id)
    )
    assert reply.code == 403


def test_one_request_id_is_done_once_and_means_one_thing(server: RunningServer) -> None:
    first = increase(server, 1, USDT, "10", request_id=7)
    assert increase(server, 1, USDT, "10", request_id=7) == first
    assert increase(server, 1, USDT, "11", request_id=7).code == 409
    assert increase(server, 2, USDT, "10", request_id=7).code == 0, "ids are per account"
    assert place(server, requestId=7, price="1", quantity="1").code == 409, "one id space for all methods"
    placed = place(server, requestId=8, price="1", quantity="1")
    assert place(server, requestId=8, price="1", quantity="1") == placed
    assert place(server, requestId=8, price="2", quantity="1").code == 409
    assert increase(server, 1, USDT, "5").code == increase(server, 1, USDT, "5").code == 0
    assert balances(server, 1)[USDT] == ("20.0", "1.0", "19.0")


def test_market_orders_by_quantity_and_by_volume(server: RunningServer) -> None:
    increase(server, 1, USDT, "10000")
    increase(server, 2, BTC, "1")
    place(server, accountId=2, side=pb.ASK, price="40000", quantity="0.2")
    bought = place(server, type=pb.MARKET, price=None, quantity=None, volume="4000")
    assert bought.code == 0 and bought.id > 0
    assert place(server, type=pb.MARKET, price="", quantity="0.05").code == 0
    assert balances(server, 1) == {BTC: ("0.15", "0.0", "0.15"), USDT: ("4000.0", "0.0", "4000.0")}
    sold = place(server, accountId=2, side=pb.ASK, type=pb.MARKET, price=None, quantity="0.1")
    assert sold.code == 0 and sold.id > 0, "accepted, then canceled: nothing to trade with"
    assert balances(server, 2)[BTC] == ("0.85", "0.05", "0.8")


def test_an_order_may_bring_its_own_fees(start_server: StartServer) -> None:
    server = start_server()
    increase(server, 1, USDT, "10000")
    increase(server, 2, BTC, "1")
    place(server, accountId=2, side=pb.ASK, makerRate=500)
    assert place(server, takerRate=1000).code == 0
    assert balances(server, 1)[USDT] == ("4995.0", "0.0", "4995.0")
    assert balances(server, 2)[USDT] == ("4997.5", "0.0", "4997.5")
    assert balances(server, 0)[USDT] == ("7.5", "0.0", "7.5")
    for fields in ({"takerRate": 100_001}, {"takerRate": -1}, {"makerRate": 2**31 - 1}):
        reply = place(server, **fields)
        assert reply.code == 400 and reply.message.startswith(next(iter(fields)))


def test_account_queries(server: RunningServer) -> None:
    unknown = server.schema.getAccount(pb.GetAccountRequest(accountId=1))
    assert (unknown.code, unknown.data) == (404, {})
    increase(server, 1, USDT, "0.5")
    one = server.schema.getAccount(pb.GetAccountRequest(accountId=1, currencyId=USDT))
    assert dict(one.data) == {USDT: pb.Balance(currency="2", value="0.5", frozen="0.0", available="0.5")}
    never = server.schema.getAccount(pb.GetAccountRequest(accountId=1, currencyId=ETH))
    assert never.code == 0
    assert dict(never.data) == {ETH: pb.Balance(currency="3", value="0.0", frozen="0.0", available="0.0")}
    assert server.schema.getAccount(pb.GetAccountRequest(accountId=1, currencyId=99)).code == 404
    assert server.schema.getAccount(pb.GetAccountRequest(accountId=1, currencyId=0)).code == 400
    assert server.schema.getAccount(pb.GetAccountRequest(accountId=-1)).code == 400


def test_decrease_takes_only_what_is_available(server: RunningServer) -> None:
    increase(server, 1, USDT, "10000")
    place(server)
    over = server.schema.decrease(pb.DecreaseRequest(accountId=1, currencyId=USDT, amount="5000.00000001"))
    assert (over.code, over.message) == (400, "Insufficient balance") and not over.HasField("data")
    taken = server.schema.decrease(pb.DecreaseRequest(accountId=1, currencyId=USDT, amount="5000"))
    assert taken.data == pb.Balance(currency="2", value="5000.0", frozen="5000.0", available="0.0")
    assert server.schema.decrease(pb.DecreaseRequest(accountId=9, currencyId=USDT, amount="1")).code == 404


BAD_NUMBERS = [
    "",
    "abc",
    "0",
    "-1",
    "-0",
    "1e9",
    "NaN",
    "1_0",
    "１",
    " 1",
    "1.",
    ".5",
    "+1",
    "9" * 41,
    "9" * 39,
]
BAD_ORDERS: list[tuple[dict[str, Any], int, str]] = [
    *[({"price": text}, 400, "price") for text in [*BAD_NUMBERS, "1.001", None]],
    *[({"quantity": text}, 400, "quantity") for text in [*BAD_NUMBERS, "0.0000001", None]],
    *[
        ({"type": pb.MARKET, "price": None, "quantity": None, "volume": text}, 400, "volume")
        for text in BAD_NUMBERS[1:]
    ],
    ({"type": pb.MARKET}, 400, "price"),
    ({"type": pb.MARKET, "price": None, "volume": "1"}, 400, "quantity"),
    ({"type": pb.MARKET, "price": None, "quantity": None}, 400, "quantity"),
    ({"type": pb.MARKET, "side": pb.ASK, "price": None, "quantity": None, "volume": "1"}, 400, "volume"),
    ({"volume": "1"}, 400, "volume"),
    ({"price": "10995116277.77"}, 400, "price"),
    ({"type": 2}, 400, "type"),
    ({"type": -1}, 400, "type"),
    ({"side": 7}, 400, "side"),
    ({"symbolId": None}, 400, "symbolId"),
    ({"symbolId": -1}, 400, "symbolId"),
    ({"symbolId": 99}, 404, "Unknown symbol"),
    ({"symbolId": 2**31 - 1}, 404, "Unknown symbol"),
    ({"accountId": None}, 400, "accountId"),
    ({"accountId": -1}, 400, "accountId"),
    ({"accountId": 2**63 - 1}, 404, "Unknown account"),
    ({"quantity": "1"}, 400, "Insufficient balance"),
    ({"price": "10000000000", "quantity": "4000000000000"}, 400, "Too large"),
]


def test_a_bad_order_is_refused_by_name_and_changes_nothing(server: RunningServer) -> None:
    increase(server, 1, USDT, "10000")
    before = server.state_hash()
    for fields, code, message in BAD_ORDERS:
        reply = place(server, **fields)
        assert (reply.code, reply.id) == (code, 0), fields
        assert reply.message.startswith(message), (fields, reply.message)
    assert server.state_hash() == before
    assert server.exchange.check() == []


@pytest.mark.parametrize("method", ["increase", "decrease"])
def test_a_bad_movement_is_refused_by_name_and_changes_nothing(server: RunningServer, method: str) -> None:
    increase(server, 1, USDT, "10000")
    before = server.state_hash()
    request_type = {"increase": pb.IncreaseRequest, "decrease": pb.DecreaseRequest}[method]
    cases: list[tuple[dict[str, Any], int, str]] = [
        *[
            ({"amount": text}, 400, "amount")
            for text in [*BAD_NUMBERS, "0.000000001", "92233720368.54775808"]
        ],
        ({"accountId": -1}, 400, "accountId"),
        ({"currencyId": 0}, 400, "currencyId"),
        ({"currencyId": -5}, 400, "currencyId"),
        ({"currencyId": 99}, 404, "Unknown currency"),
    ]
    for fields, code, message in cases:
        chosen = {"accountId": 1, "currencyId": USDT, "amount": "1", **fields}
        reply = getattr(server.schema, method)(request_type(**chosen))
        assert reply.code == code, (fields, reply)
        assert reply.message.startswith(message), (fields, reply.message)
        assert not reply.HasField("data")
    assert server.state_hash() == before


def test_the_fee_account_gets_no_deposits(server: RunningServer) -> None:
    assert increase(server, 0, USDT, "1").code == 400


def test_a_bad_cancel_is_refused_by_name(server: RunningServer) -> None:
    increase(server, 1, USDT, "10000")
    for fields, code in [
        ({"orderId": 0}, 400),
        ({"orderId": -1}, 400),
        ({"accountId": 0}, 400),
        ({"symbolId": 0}, 400),
        ({"symbolId": 99}, 404),
        ({"orderId": 99}, 404),
        ({"accountId": 99}, 404),
    ]:
        chosen = {"accountId": 1, "symbolId": BTC_USDT, "orderId": 1, **fields}
        reply = server.schema.cancelOrder(pb.CancelOrderRequest(**chosen))
        assert reply.code == code and reply.message, (fields, reply)
        assert not reply.HasField("cancelledQuantity")


def test_an_unknown_symbol_has_no_book(server: RunningServer) -> None:
    assert server.schema.getOrderBook(pb.GetOrderBookRequest(symbolId=99)).code == 404
    assert server.schema.getOrderBook(pb.GetOrderBookRequest()).code == 400


def test_currencies_and_symbols_are_created_changed_traded_and_deleted(server: RunningServer) -> None:
    rpc = server.management
    sol = rpc.CreateCurrency(management.CreateCurrencyRequest(name="SOL", displayName="Solana"))
    assert (sol.code, sol.message) == (0, "Success")
    assert sol.data == management.Currency(id=sol.data.id, name="SOL", displayName="Solana")
    renamed = rpc.UpdateCurrency(management.UpdateCurrencyRequest(id=sol.data.id, display_name="Sol"))
    assert (renamed.data.name, renamed.data.displayName) == ("SOL", "Sol")
    assert rpc.GetCurrency(management.GetCurrencyRequest(id=sol.data.id)).data == renamed.data
    pair = rpc.CreateSymbol(management.CreateSymbolRequest(name="SOL-USDT", base=sol.data.id, quote=USDT))
    assert (pair.code, pair.data.base, pair.data.quote) == (0, sol.data.id, USDT)
    assert rpc.GetSymbol(management.GetSymbolRequest(id=pair.data.id)).data == pair.data

    increase(server, 1, sol.data.id, "5")
    placed = place(server, symbolId=pair.data.id, side=pb.ASK, price="150.25", quantity="2")
    assert placed.code == 0
    assert rpc.DeleteSymbol(management.DeleteSymbolRequest(id=pair.data.id)).code == 409
    assert rpc.DeleteCurrency(management.DeleteCurrencyRequest(id=sol.data.id)).code == 409

    spare = rpc.CreateCurrency(management.CreateCurrencyRequest(name="XRP", displayName="")).data.id
    assert rpc.DeleteCurrency(management.DeleteCurrencyRequest(id=spare)).code == 0
    assert rpc.GetCurrency(management.GetCurrencyRequest(id=spare)).code == 404


def test_lists_come_in_pages(server: RunningServer) -> None:
    rpc = server.management
    all_of_them = rpc.ListCurrencies(management.ListCurrenciesRequest())
    assert ([one.name for one in all_of_them.data], all_of_them.total) == (["BTC", "USDT", "ETH"], 3)
    second = rpc.ListSymbols(management.ListSymbolsRequest(page=2, pageSize=2))
    assert ([one.name for one in second.data], second.total) == (["ETH-BTC"], 3)
    assert not rpc.ListSymbols(management.ListSymbolsRequest(page=2**31 - 1)).data
    for bad in ({"page": 0}, {"page": -1}, {"pageSize": 0}, {"pageSize": 1001}):
        reply = rpc.ListSymbols(management.ListSymbolsRequest(**bad))
        assert reply.code == 400 and reply.message.startswith(next(iter(bad)))


def test_bad_management_requests_are_refused_and_change_nothing(server: RunningServer) -> None:
    before = server.state_hash()
    rpc = server.management
    for reply, code in [
        (rpc.GetCurrency(management.GetCurrencyRequest()), 400),
        (rpc.GetSymbol(management.GetSymbolRequest(id=99)), 404),
        (rpc.CreateCurrency(management.CreateCurrencyRequest()), 400),
        (rpc.CreateCurrency(management.CreateCurrencyRequest(name="x" * 65)), 400),
        (rpc.CreateCurrency(management.CreateCurrencyRequest(name="x", displayName="y" * 65)), 400),
        (rpc.UpdateCurrency(management.UpdateCurrencyRequest(id=99, name="x")), 404),
        (rpc.DeleteCurrency(management.DeleteCurrencyRequest(id=99)), 404),
        (rpc.DeleteCurrency(management.DeleteCurrencyRequest(id=-1)), 400),
        (rpc.DeleteCurrency(management.DeleteCurrencyRequest(id=BTC)), 409),
        (rpc.CreateSymbol(management.CreateSymbolRequest(name="x", base=BTC)), 400),
        (rpc.CreateSymbol(management.CreateSymbolRequest(name="x", base=BTC, quote=99)), 404),
        (rpc.UpdateSymbol(management.UpdateSymbolRequest(id=99, name="x")), 404),
    ]:
        assert reply.code == code and reply.message, reply
    assert server.state_hash() == before
