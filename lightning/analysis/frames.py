"""Arrays as polars dataframes: prices, quantities and money as exact decimals, times in UTC with nanoseconds.

A column of decimals has one scale, the largest that a symbol or currency in it needs, of 38 digits; where
that is too few it is of strings. The columns are named as those of `lightning export`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from lightning.analysis.flow import BookEventKind
from lightning.analysis.moments import EPOCH
from lightning.codes import OrderStatus, OrderType, Side, TimeInForce
from lightning.decimals import Step, format_steps
from lightning.instruments import Currency, Symbol
from lightning.storage.export_columns import Decimals

Ints = npt.NDArray[np.int64]
TIME = pl.Datetime("ns", "UTC")


class NotGiven(LookupError):
    """This source does not have what was asked for; the message says which has."""


class Instruments:
    """What a market's numbers are counts of."""

    def __init__(self, symbols: Iterable[Symbol], currencies: Iterable[Currency]) -> None:
        self.symbols: Mapping[int, Symbol] = {one.id: one for one in symbols}
        self.currencies: Mapping[int, Currency] = {one.id: one for one in currencies}
        self.prices = Decimals({one.id: one.tick for one in self.symbols.values()})
        """By symbol id, as are the next two."""
        self.quantities = Decimals({one.id: one.lot for one in self.symbols.values()})
        self.quotes = Decimals({one.id: Step(1, one.quote.scale) for one in self.symbols.values()})
        self.money = Decimals({one.id: Step(1, one.scale) for one in self.currencies.values()})
        """By currency id."""


def to_decimal(count: int, step: Step) -> Decimal:
    return Decimal(format_steps(count, step))


def time_of(time_ns: int) -> datetime | None:
    """Whole microseconds, which is all that a datetime has; None: not known."""
    return EPOCH + timedelta(microseconds=time_ns // 1000) if time_ns else None


def steps(counts: np.ndarray, step: Step) -> pl.Series:
    """Of one symbol."""
    zero = np.zeros(len(counts), np.int64)
    return _series(Decimals({0: step}).array(np.ascontiguousarray(counts, np.int64), zero))


def times(ns: np.ndarray) -> pl.Series:
    return pl.Series(np.ascontiguousarray(ns)).cast(TIME)


def codes(numbers: np.ndarray, members: type[IntEnum]) -> pl.Series:
    """The names of codes."""
    names = [member.name for member in members]
    places = np.searchsorted([member.value for member in members], numbers)
    return _named(places, names).cast(pl.Enum(names))


def _named(places: np.ndarray, names: list[str]) -> pl.Series:
    return _series(pa.DictionaryArray.from_arrays(places.astype(np.int32), pa.array(names, pa.string())))


def _names(ids: np.ndarray, known: Mapping[int, Symbol] | Mapping[int, Currency]) -> pl.Series:
    order = sorted(known)
    return _named(np.searchsorted(order, ids), [known[one].name for one in order]).cast(pl.String)


def _series(values: pa.Array) -> pl.Series:
    series = pl.from_arrow(values)
    assert isinstance(series, pl.Series)
    return series


def _given(name: str, series: pl.Series, counts: np.ndarray) -> pl.Series:
    """Null where the count is 0, which is "not given"."""
    frame = pl.DataFrame({name: series, "given": counts != 0})
    return frame.select(pl.when(pl.col("given")).then(pl.col(name)).alias(name)).to_series()


# what a market has


def symbols_frame(symbols: Iterable[Symbol]) -> pl.DataFrame:
    given = list(symbols)
    ids = np.array([one.id for one in given], np.int64)
    ones = np.ones(len(given), np.int64)
    return pl.DataFrame(
        {
            "symbol_id": ids,
            "symbol": pl.Series([one.name for one in given], dtype=pl.String),
            "base_currency": pl.Series([one.base.name for one in given], dtype=pl.String),
            "quote_currency": pl.Series([one.quote.name for one in given], dtype=pl.String),
            "tick": _series(Decimals({one.id: one.tick for one in given}).array(ones, ids)),
            "lot": _series(Decimals({one.id: one.lot for one in given}).array(ones, ids)),
            "maker_fee_ppm": pl.Series([one.maker_fee_ppm for one in given], dtype=pl.Int64),
            "taker_fee_ppm": pl.Series([one.taker_fee_ppm for one in given], dtype=pl.Int64),
        }
    )


def orders_frame(orders: np.ndarray, instruments: Instruments) -> pl.DataFrame:
    """orders : ORDER_VIEW. What an order does not have is null."""
    symbol = orders["symbol"]

    def of_symbol(column: str, how: Decimals) -> pl.Series:
        return _series(how.array(np.ascontiguousarray(orders[column]), symbol))

    return pl.DataFrame(
        {
            **{name: orders[name] for name in ("order_id", "client_order_id", "account")},
            "symbol_id": symbol,
            "symbol": _names(symbol, instruments.symbols),
            "side": codes(orders["side"], Side),
            "type": codes(orders["type"], OrderType),
            "time_in_force": codes(orders["tif"], TimeInForce),
            "price": _given("price", of_symbol("price", instruments.prices), orders["price"]),
            "quantity": of_symbol("qty", instruments.quantities),
            "filled_quantity": of_symbol("filled_qty", instruments.quantities),
            "leaves_quantity": of_symbol("leaves_qty", instruments.quantities),
            "filled_quote": of_symbol("filled_quote", instruments.quotes),
            "fee": of_symbol("fee", instruments.quotes),
            "status": codes(orders["status"], OrderStatus),
            "create_time": times(orders["create_time_ns"]),
            "update_time": times(orders["update_time_ns"]),
            "stop_price": _given(
                "stop_price", of_symbol("stop_price", instruments.prices), orders["stop_price"]
            ),
            "trail_amount": _given(
                "trail_amount", of_symbol("trail_amount", instruments.prices), orders["trail_amount"]
            ),
            "display_quantity": _given(
                "display_quantity", of_symbol("display_qty", instruments.quantities), orders["display_qty"]
            ),
            "expire_time": _given("expire_time", times(orders["expire_time_ns"]), orders["expire_time_ns"]),
        }
    )


def balances_frame(balances: np.ndarray, instruments: Instruments) -> pl.DataFrame:
    """balances : BALANCE_VIEW"""
    currency = balances["currency"]
    available, held = (np.ascontiguousarray(balances[name]) for name in ("available", "held"))
    return pl.DataFrame(
        {
            "account": balances["account"],
            "currency_id": currency,
            "currency": _names(currency, instruments.currencies),
            "available": _series(instruments.money.array(available, currency)),
            "held": _series(instruments.money.array(held, currency)),
            "total": _series(instruments.money.array(available + held, currency)),
        }
    )


def trades_frame(trades: np.ndarray, instruments: Instruments) -> pl.DataFrame:
    """trades : TRADE_VIEW"""
    symbol = trades["symbol"]
    price, qty = (np.ascontiguousarray(trades[name]) for name in ("price", "qty"))
    return pl.DataFrame(
        {
            "seq": trades["seq"],
            "trade_id": trades["trade_id"],
            "time": times(trades["time_ns"]),
            "symbol_id": symbol,
            "symbol": _names(symbol, instruments.symbols),
            "price": _series(instruments.prices.array(price, symbol)),
            "quantity": _series(instruments.quantities.array(qty, symbol)),
            "taker_side": codes(trades["taker_side"], Side),
            "taker_order_id": trades["taker_order_id"],
            "maker_order_id": trades["maker_order_id"],
        }
    )


# books


def levels_frame(symbol: Symbol, bids: Ints, asks: Ints) -> pl.DataFrame:
    """bids, asks : (levels, 3) price_ticks, qty_lots, order_count"""
    levels = np.concatenate([bids, asks])
    return pl.DataFrame(
        {
            "side": codes(np.repeat([Side.BUY, Side.SELL], [len(bids), len(asks)]), Side),
            "level": np.concatenate([np.arange(1, len(side) + 1) for side in (bids, asks)]),
            "price": steps(levels[:, 0], symbol.tick),
            "quantity": steps(levels[:, 1], symbol.lot),
            "orders": np.ascontiguousarray(levels[:, 2]),
        }
    )


def queues_frame(symbol: Symbol, orders: np.ndarray) -> pl.DataFrame:
    """orders : BOOK_ORDER in priority order, bids first"""
    first = np.ones(len(orders), np.bool_)
    first[1:] = (orders["price"][1:] != orders["price"][:-1]) | (orders["side"][1:] != orders["side"][:-1])
    begins = np.flatnonzero(first)
    lengths = np.diff(np.append(begins, len(orders)))
    ahead = np.cumsum(orders["qty"]) - orders["qty"]
    return pl.DataFrame(
        {
            "side": codes(orders["side"], Side),
            "price": steps(orders["price"], symbol.tick),
            "place": np.arange(len(orders)) - np.repeat(begins, lengths) + 1,
            "order_id": orders["order_id"],
            "quantity": steps(orders["qty"], symbol.lot),
            "ahead": steps(ahead - np.repeat(ahead[begins], lengths), symbol.lot),
        }
    )


def flow_frame(symbol: Symbol, rows: np.ndarray) -> pl.DataFrame:
    """rows : BOOK_EVENT. What a row does not have is null."""
    ids = ("trade_id", "taker_order_id", "taker_account")
    return pl.DataFrame(
        {
            "seq": rows["seq"],
            "time": times(rows["time_ns"]),
            "kind": codes(rows["kind"], BookEventKind),
            "side": codes(rows["side"], Side),
            "order_id": rows["order_id"],
            "account": rows["account"],
            "price": steps(rows["price"], symbol.tick),
            "quantity": steps(rows["qty"], symbol.lot),
            "delta": steps(rows["delta"], symbol.lot),
            **{name: _given(name, pl.Series(rows[name]), rows["trade_id"]) for name in ids},
        }
    )
