"""Tickers and candles to `lightning.v1`."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from lightning.decimals import format_steps, format_units
from lightning.engine.statistics import Candle, wide
from lightning.engine.views import Tickers
from lightning.instruments import Symbol
from lightning.kernels.candles_layout import DAY, Interval
from lightning.kernels.intrinsics import INT64_MAX
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.server.convert.enums import read_interval
from lightning.server.convert.fields import require_not_negative
from lightning.server.errors import BadField

CANDLES_DEFAULT = 500
CANDLES_MAX = 1000
NS_PER_MS = 1_000_000


# tickers


def tickers(found: Tickers, symbols: Mapping[int, Symbol], seq: int, time_ns: int) -> Iterable[pb.Ticker]:
    """Of those that `symbols` has, one after the other."""
    days = found.days.view(np.ndarray).astype(DAY).tolist()
    for symbol_id, day, best in zip(found.symbols.tolist(), days, found.best.tolist(), strict=True):
        symbol = symbols.get(symbol_id)
        if symbol is not None:
            ticker = pb.Ticker(symbol_id=symbol_id, seq=seq, time_ns=time_ns)
            _put_day(ticker, symbol, *day)
            _put_best(ticker, symbol, *best)
            yield ticker


def _put_day(
    ticker: pb.Ticker,
    symbol: Symbol,
    price: int,
    qty: int,
    first: int,
    high: int,
    low: int,
    volume: int,
    turnover: int,
    count: int,
    volume_high: int,
    turnover_high: int,
) -> None:
    if price:
        ticker.last_price = format_steps(price, symbol.tick)
        ticker.last_quantity = format_steps(qty, symbol.lot)
    if count:
        ticker.open_price = format_steps(first, symbol.tick)
        ticker.high_price = format_steps(high, symbol.tick)
        ticker.low_price = format_steps(low, symbol.tick)
    ticker.volume = format_steps(wide(volume_high, volume), symbol.lot)
    ticker.quote_volume = _money(symbol, wide(turnover_high, turnover))
    ticker.trade_count = count


def _put_best(ticker: pb.Ticker, symbol: Symbol, bid: tuple[int, int], ask: tuple[int, int]) -> None:
    if bid[1]:
        ticker.best_bid = format_steps(bid[0], symbol.tick)
        ticker.best_bid_quantity = format_steps(bid[1], symbol.lot)
    if ask[1]:
        ticker.best_ask = format_steps(ask[0], symbol.tick)
        ticker.best_ask_quantity = format_steps(ask[1], symbol.lot)
    if bid[1] and ask[1] and ask[0] >= bid[0]:  # an auction's book may be crossed
        ticker.spread = format_steps(ask[0] - bid[0], symbol.tick)


def _money(symbol: Symbol, turnover: int) -> str:
    return format_units(turnover * symbol.tick_value, symbol.quote.scale)


# candles


class CandlesPage(NamedTuple):
    """Which candles are asked for."""

    interval: Interval
    start_ns: int | None
    """None: the last ones before the end."""
    end_ns: int
    limit: int


def candles_page(request: pb.ListCandlesRequest) -> CandlesPage:
    limit = min(require_not_negative("limit", request.limit) or CANDLES_DEFAULT, CANDLES_MAX)
    start_ms = require_not_negative("start_ms", request.start_ms)
    end_ms = require_not_negative("end_ms", request.end_ms)
    if request.HasField("end_ms") and end_ms <= start_ms:
        raise BadField("end_ms", f"must be after start_ms, it is {end_ms}")
    return CandlesPage(
        read_interval("interval", request.interval),
        _time_ns(start_ms) if request.HasField("start_ms") else None,
        _time_ns(end_ms) if request.HasField("end_ms") else INT64_MAX,
        limit,
    )


def _time_ns(time_ms: int) -> int:
    """What lies behind the end of time is taken for it."""
    return min(time_ms * NS_PER_MS, INT64_MAX)


def candles(symbol: Symbol, found: Iterable[Candle]) -> Iterable[pb.Candle]:
    return (_candle(symbol, one) for one in found)


def _candle(symbol: Symbol, candle: Candle) -> pb.Candle:
    return pb.Candle(
        open_time_ms=candle.open_time_ns // NS_PER_MS,
        open=format_steps(candle.open, symbol.tick),
        high=format_steps(candle.high, symbol.tick),
        low=format_steps(candle.low, symbol.tick),
        close=format_steps(candle.close, symbol.tick),
        volume=format_steps(candle.volume, symbol.lot),
        quote_volume=_money(symbol, candle.turnover),
        trade_count=candle.trade_count,
    )
