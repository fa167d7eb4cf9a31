"""Tickers and candles over the wire."""

from collections import defaultdict
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from grpc import StatusCode

from lightning.engine.sequencer import Sequencer
from lightning.engine.statistics import Statistics
from lightning.pb.v1 import admin_pb2
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.storage import venue
from lightning.storage.history import candles as history
from tests.conftest import RunningServer, StartServer
from tests.test_server_v1 import BTC, BTC_USDT, ETH_USDT, USDT, place, refusal

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
DAY_MS = 1440 * MINUTE_MS
START_MS = 1_800_000_000_000 // DAY_MS * DAY_MS
LENGTHS_MS = {
    pb.CANDLE_INTERVAL_1S: SECOND_MS,
    pb.CANDLE_INTERVAL_1M: MINUTE_MS,
    pb.CANDLE_INTERVAL_5M: 5 * MINUTE_MS,
    pb.CANDLE_INTERVAL_15M: 15 * MINUTE_MS,
    pb.CANDLE_INTERVAL_1H: 60 * MINUTE_MS,
    pb.CANDLE_INTERVAL_4H: 240 * MINUTE_MS,
    pb.CANDLE_INTERVAL_1D: DAY_MS,
}


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.ms = START_MS

    def __call__(self) -> int:
        return self.ms * 1_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Of the servers that are started."""
    clock = Clock()
    monkeypatch.setattr(venue, "Sequencer", partial(Sequencer, clock=clock))
    return clock


@pytest.fixture
def funded(clock: Clock, start_server: StartServer) -> RunningServer:
    server = start_server()
    for account in (1, 2):
        server.deposit(account, USDT, "100000000")
        server.deposit(account, BTC, "1000")
    return server


def trade(server: RunningServer, price: str, quantity: str = "0.1") -> None:
    place(server, price=price, quantity=quantity)
    place(server, account_id=2, side=types.SIDE_SELL, price=price, quantity=quantity)


def ticker(server: RunningServer, symbol: int = BTC_USDT) -> pb.Ticker:
    found: pb.Ticker = server.market_data.GetTicker(pb.GetTickerRequest(symbol_id=symbol))
    return found


def candles(server: RunningServer, interval: Any, **fields: Any) -> list[pb.Candle]:
    request = pb.ListCandlesRequest(**{"symbol_id": BTC_USDT, "interval": interval, **fields})
    return list(server.market_data.ListCandles(request).candles)


def expected_candles(server: RunningServer, interval: Any) -> list[dict[str, Any]]:
    """From the trades as they are listed."""
    groups: dict[int, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    request = pb.ListTradesRequest(symbol_id=BTC_USDT, after_trade_id=0, limit=1000)
    for one in server.market_data.ListTrades(request).trades:
        opening = one.time_ns // 1_000_000 // LENGTHS_MS[interval] * LENGTHS_MS[interval]
        groups[opening].append((Decimal(one.price), Decimal(one.quantity)))
    return [
        {
            "open_time_ms": opening,
            "open": trades[0][0],
            "high": max(price for price, _ in trades),
            "low": min(price for price, _ in trades),
            "close": trades[-1][0],
            "volume": sum(quantity for _, quantity in trades),
            "quote_volume": sum(price * quantity for price, quantity in trades),
            "trade_count": len(trades),
        }
        for opening, trades in groups.items()
    ]


def as_numbers(found: list[pb.Candle]) -> list[dict[str, Any]]:
    texts = ("open", "high", "low", "close", "volume", "quote_volume")
    return [
        {
            "open_time_ms": one.open_time_ms,
            "trade_count": one.trade_count,
            **{name: Decimal(getattr(one, name)) for name in texts},
        }
        for one in found
    ]


def test_a_ticker_tells_the_last_trade_the_book_and_the_last_24_hours(
    funded: RunningServer, clock: Clock
) -> None:
    trade(funded, "50000.01", "0.3")
    clock.ms += 90 * MINUTE_MS
    trade(funded, "50100.5", "0.000001")
    trade(funded, "49000", "0.25")
    place(funded, price="48999.99", quantity="0.7")
    place(funded, account_id=2, side=types.SIDE_SELL, price="49001", quantity="1.5")
    clock.ms += 1
    found = ticker(funded)
    assert found == pb.Ticker(
        symbol_id=BTC_USDT,
        last_price="49000.0",
        last_quantity="0.25",
        best_bid="48999.99",
        best_bid_quantity="0.7",
        best_ask="49001.0",
        best_ask_quantity="1.5",
        spread="1.01",
        open_price="50000.01",
        high_price="50100.5",
        low_price="49000.0",
        volume="0.550001",
        quote_volume="27250.0531005",
        trade_count=3,
        seq=12,
        time_ns=clock(),
    )


def test_a_day_later_only_the_last_trade_and_the_book_are_left(funded: RunningServer, clock: Clock) -> None:
    trade(funded, "50000")
    place(funded, price="48000", quantity="0.7")
    clock.ms = START_MS + DAY_MS - 1
    assert ticker(funded).trade_count == 1
    clock.ms += 1
    assert ticker(funded) == pb.Ticker(
        symbol_id=BTC_USDT,
        last_price="50000.0",
        last_quantity="0.1",
        best_bid="48000.0",
        best_bid_quantity="0.7",
        volume="0.0",
        quote_volume="0.0",
        seq=7,
        time_ns=clock(),
    )


def test_a_crossed_book_has_no_spread(funded: RunningServer) -> None:
    auction = admin_pb2.SetSymbolStatusRequest(symbol_id=BTC_USDT, status=types.SYMBOL_STATUS_AUCTION)
    funded.admin.SetSymbolStatus(auction)
    place(funded, price="50000")
    place(funded, account_id=2, side=types.SIDE_SELL, price="49000")
    found = ticker(funded)
    assert (found.best_bid, found.best_ask, found.spread) == ("50000.0", "49000.0", "")


def test_all_tickers_are_listed_by_symbol(funded: RunningServer) -> None:
    trade(funded, "50000")
    found = funded.market_data.ListTickers(pb.ListTickersRequest()).tickers
    assert [one.symbol_id for one in found] == [1, 2, 3]
    assert list(found) == [ticker(funded, symbol) for symbol in (1, 2, 3)]
    assert found[1] == pb.Ticker(
        symbol_id=2, volume="0.0", quote_volume="0.0", seq=found[0].seq, time_ns=found[0].time_ns
    )


@pytest.fixture
def traded(funded: RunningServer, clock: Clock) -> RunningServer:
    """600 trades, most of them seconds apart: more than memory has seconds."""
    for number in range(600):
        clock.ms += SECOND_MS if number % 50 else 7 * 60 * MINUTE_MS
        trade(funded, f"{50_000 + number * 37 % 101}.{number % 100:02}", f"0.00{1 + number % 9}")
    return funded


def test_candles_of_every_interval_are_those_of_the_trades(traded: RunningServer) -> None:
    for interval in LENGTHS_MS:
        expected = expected_candles(traded, interval)
        assert as_numbers(candles(traded, interval, limit=1000)) == expected
        assert as_numbers(candles(traded, interval)) == expected[-500:]
        assert as_numbers(candles(traded, interval, start_ms=0)) == expected[:500]
        assert as_numbers(candles(traded, interval, limit=5000)) == expected


def test_candles_are_asked_for_by_time(traded: RunningServer) -> None:
    interval = pb.CANDLE_INTERVAL_1S
    expected = expected_candles(traded, interval)
    times = [one["open_time_ms"] for one in expected]
    for first, last in ((0, 3), (5, 90), (80, 95), (300, 599), (86, 88)):
        start, end = times[first], times[last]
        assert as_numbers(candles(traded, interval, start_ms=start, end_ms=end)) == expected[first:last]
        assert (
            as_numbers(candles(traded, interval, start_ms=start + 1, limit=4))
            == expected[first + 1 : first + 5]
        )
        assert as_numbers(candles(traded, interval, end_ms=end, limit=6)) == expected[max(0, last - 6) : last]
        assert as_numbers(candles(traded, interval, end_ms=end + 1, limit=1)) == [expected[last]]
    assert candles(traded, interval, start_ms=times[-1] + 1) == []
    assert candles(traded, interval, start_ms=2**63 - 2, end_ms=2**63 - 1) == []
    assert candles(traded, pb.CANDLE_INTERVAL_1D, symbol_id=ETH_USDT) == []


def test_history_answers_for_what_memory_does_not_have(traded: RunningServer) -> None:
    exchange = traded.exchange
    asked: list[dict[str, Any]] = [{"limit": 1000}, {"start_ms": START_MS, "limit": 400}, {"limit": 3}]
    before = [[candles(traded, one, **more) for more in asked] for one in LENGTHS_MS]
    forgetful = Statistics()
    for symbol in exchange.symbols:
        forgetful.add_symbol(symbol)
    forgetful._tables.last["since"] = 2**62
    exchange.statistics = forgetful
    assert [[candles(traded, one, **more) for more in asked] for one in LENGTHS_MS] == before


def test_where_trades_are_too_many_the_next_page_goes_on(
    traded: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "TRADES_AT_ONCE", 3)
    monkeypatch.setattr(history, "TRADES_MAX", 20)
    expected = expected_candles(traded, pb.CANDLE_INTERVAL_1S)
    found, pages = list[pb.Candle](), 0
    while page := candles(
        traded, pb.CANDLE_INTERVAL_1S, start_ms=found[-1].open_time_ms + 1 if found else 0, limit=1000
    ):
        found, pages = found + page, pages + 1
    assert as_numbers(found) == expected and pages > 3


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"interval": 0}, "interval"),
        ({"interval": 99}, "interval"),
        ({"start_ms": -1}, "start_ms"),
        ({"end_ms": -1}, "end_ms"),
        ({"end_ms": 0}, "end_ms"),
        ({"start_ms": 5, "end_ms": 5}, "end_ms"),
        ({"limit": -1}, "limit"),
        ({"symbol_id": 0}, "symbol_id"),
        ({"symbol_id": -3}, "symbol_id"),
    ],
)
def test_bad_fields_are_named(server: RunningServer, fields: dict[str, Any], named: str) -> None:
    request = {"symbol_id": BTC_USDT, "interval": pb.CANDLE_INTERVAL_1M, **fields}
    refused = refusal(server.market_data.ListCandles, pb.ListCandlesRequest(**request))
    assert refused == (StatusCode.INVALID_ARGUMENT, named)


def test_an_unknown_symbol_is_refused(server: RunningServer) -> None:
    request = pb.ListCandlesRequest(symbol_id=77, interval=pb.CANDLE_INTERVAL_1M)
    for refused in (
        refusal(server.market_data.ListCandles, request),
        refusal(server.market_data.GetTicker, pb.GetTickerRequest(symbol_id=77)),
    ):
        assert refused == (StatusCode.NOT_FOUND, "UNKNOWN_SYMBOL")
    assert refusal(server.market_data.GetTicker, pb.GetTickerRequest()) == (
        StatusCode.INVALID_ARGUMENT,
        "symbol_id",
    )
