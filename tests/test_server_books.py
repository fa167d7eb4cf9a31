"""BatchGetOrderBooks: many books as of one seq, each as GetOrderBook tells it."""

import pytest
from grpc import StatusCode

from lightning.pb.schema import lightning_pb2 as schema_pb2
from lightning.pb.schema.lightning_pb2_grpc import LightningStub
from lightning.pb.v1 import admin_pb2, market_data_pb2
from lightning.pb.v1 import types_pb2 as types
from lightning.server import market_data
from tests.conftest import RunningServer, StartServer
from tests.test_server_v1 import BTC_USDT, ETH_USDT, funded, place, refusal

__all__ = ["funded"]


def asked(*books: tuple[int, int]) -> market_data_pb2.BatchGetOrderBooksRequest:
    return market_data_pb2.BatchGetOrderBooksRequest(
        requests=[
            market_data_pb2.GetOrderBookRequest(symbol_id=symbol, levels=levels) for symbol, levels in books
        ]
    )


def alone(server: RunningServer, symbol: int, levels: int) -> market_data_pb2.OrderBook:
    request = market_data_pb2.GetOrderBookRequest(symbol_id=symbol, levels=levels)
    book: market_data_pb2.OrderBook = server.market_data.GetOrderBook(request)
    return book


def test_every_book_is_as_it_is_alone_and_all_are_of_one_seq(funded: RunningServer) -> None:
    for price in ("49000", "50000", "50000.01"):
        place(funded, price=price)
    place(funded, account_id=2, side=types.SIDE_SELL, price="51000")
    place(funded, symbol_id=ETH_USDT, price="3000", quantity="1")
    books = [(BTC_USDT, 2), (ETH_USDT, 5), (3, 1), (BTC_USDT, 0), (BTC_USDT, 1)]
    got = funded.market_data.BatchGetOrderBooks(asked(*books)).books
    expected = [alone(funded, *book) for book in books]
    for book, other in zip(got, expected, strict=True):
        other.time_ns = book.time_ns
    assert list(got) == expected
    assert [len(book.bids) for book in got] == [2, 1, 0, 3, 1]
    assert {book.seq for book in got} == {funded.exchange.seq}


def test_the_price_of_an_auction_is_told_in_a_batch_too(funded: RunningServer) -> None:
    status = admin_pb2.SetSymbolStatusRequest(symbol_id=BTC_USDT, status=types.SYMBOL_STATUS_AUCTION)
    funded.admin.SetSymbolStatus(status)
    place(funded, price="50000")
    place(funded, account_id=2, side=types.SIDE_SELL, price="49000")
    other, book = funded.market_data.BatchGetOrderBooks(asked((ETH_USDT, 1), (BTC_USDT, 1))).books
    assert not other.indicative_price and book.indicative_quantity == "0.1"
    assert book.status == types.SYMBOL_STATUS_AUCTION


@pytest.mark.parametrize(
    ("books", "named"),
    [
        ([(BTC_USDT, 1), (0, 1)], (StatusCode.INVALID_ARGUMENT, "requests[1].symbol_id")),
        ([(BTC_USDT, -1)], (StatusCode.INVALID_ARGUMENT, "requests[0].levels")),
        ([(99, 1)], (StatusCode.NOT_FOUND, "UNKNOWN_SYMBOL", "requests[0].symbol_id")),
        ([(BTC_USDT, 1)] * 1_001, (StatusCode.INVALID_ARGUMENT, "requests")),
        ([(BTC_USDT, 10_000)] * 2 + [(BTC_USDT, 1)], (StatusCode.INVALID_ARGUMENT, "requests")),
    ],
)
def test_what_is_wrong_with_which_request_is_named(
    server: RunningServer, books: list[tuple[int, int]], named: tuple[object, ...]
) -> None:
    assert refusal(server.market_data.BatchGetOrderBooks, asked(*books)) == named


def test_a_list_that_was_asked_for_before_is_read_anew_when_what_is_traded_changes(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(market_data, "ASKED_KEPT_MAX", 2)
    server = start_server()
    assert len(server.market_data.BatchGetOrderBooks(asked((3, 1))).books) == 1
    server.admin.RetireSymbol(admin_pb2.RetireSymbolRequest(symbol_id=3))
    assert refusal(server.market_data.BatchGetOrderBooks, asked((3, 1)))[0] == StatusCode.NOT_FOUND
    for levels in range(1, 9):
        assert len(server.market_data.BatchGetOrderBooks(asked((BTC_USDT, levels))).books) == 1


def test_a_book_that_is_asked_for_again_shows_what_changed(funded: RunningServer) -> None:
    legacy = schema_pb2.GetOrderBookRequest(symbolId=BTC_USDT, levels=2)
    for price in ("49000", "50000", "50000.01"):
        place(funded, price=price)
        for _ in range(2):
            book = alone(funded, BTC_USDT, 2)
            assert book.bids[0].price.startswith(price) and book.seq == alone(funded, BTC_USDT, 3).seq
            told = LightningStub(funded.channel).getOrderBook(legacy)
            assert told.bestBid == book.bids[0].price and told.message == "Success"
            assert abs(told.timestamp - book.time_ns // 1_000_000) < 60_000
    symbol = admin_pb2.UpdateSymbolRequest(symbol_id=BTC_USDT, maker_fee_ppm=7)
    funded.admin.UpdateSymbol(symbol)
    assert alone(funded, BTC_USDT, 2).bids == book.bids
