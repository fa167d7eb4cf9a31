"""Instruments and market data."""

from collections.abc import Iterable
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple

from lightning.client.values import (
    SELF_TRADE_PREVENTION_OF,
    SIDE_OF,
    SYMBOL_STATUS_OF,
    decimal_or_none,
    decimal_or_zero,
)
from lightning.codes import SelfTradePrevention, Side, SymbolStatus
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1 import types_pb2 as types


class Currency(NamedTuple):
    currency_id: int
    name: str
    display_name: str
    scale: int
    """Decimals of its smallest unit."""


class Symbol(NamedTuple):
    symbol_id: int
    name: str
    base_currency_id: int
    quote_currency_id: int
    tick: Decimal
    lot: Decimal
    maker_fee_ppm: int
    """Millionths of price x quantity; negative: a rebate."""
    taker_fee_ppm: int
    self_trade_prevention: SelfTradePrevention
    status: SymbolStatus
    quantity_min: Decimal
    quantity_max: Decimal
    notional_min: Decimal
    fee_account_id: int
    order_fee_ppm_min: int
    order_fee_ppm_max: int
    price_band_ppm: int
    """How far from the last price a trade may be, in millionths of it; 0: any price."""
    market_protection_ppm: int
    open_orders_max: int
    """Of one account; 0: any number."""


class Level(NamedTuple):
    price: Decimal
    quantity: Decimal
    """What is shown."""
    order_count: int


class OrderBook(NamedTuple):
    symbol_id: int
    seq: int
    bids: tuple[Level, ...]
    """Best first, as are the asks."""
    asks: tuple[Level, ...]
    status: SymbolStatus
    indicative_price: Decimal | None
    """In an auction where orders cross: what an uncross now would trade at."""
    indicative_quantity: Decimal | None
    time_ns: int

    @property
    def best_bid(self) -> Level | None:
        return self.bids[0] if self.bids else None

    @property
    def best_ask(self) -> Level | None:
        return self.asks[0] if self.asks else None


class BookUpdate(NamedTuple):
    """What changed from `previous_seq` to `seq`; a snapshot: all that there is, forget what was before."""

    symbol_id: int
    seq: int
    previous_seq: int
    snapshot: bool
    bids: tuple[Level, ...]
    """Quantity 0: the level is gone, or no longer among the best."""
    asks: tuple[Level, ...]
    checksum: int
    """CRC-32 of the ten best asks, then of the ten best bids, after this update."""
    status: SymbolStatus
    time_ns: int


class BookOrder(NamedTuple):
    order_id: int
    side: Side
    price: Decimal
    quantity: Decimal
    """What is shown."""


class BookOrderAction(IntEnum):
    ADDED = 1
    """Behind all others at its price."""
    CHANGED = 2
    """Another quantity, in its place."""
    REMOVED = 3


class BookOrderChange(NamedTuple):
    action: BookOrderAction
    order_id: int
    side: Side
    price: Decimal
    quantity: Decimal
    """0 of one that is removed."""


class BookOrdersUpdate(NamedTuple):
    """As BookUpdate, order by order. The changes are to be made in their order; a snapshot has ADDED only."""

    symbol_id: int
    seq: int
    previous_seq: int
    snapshot: bool
    changes: tuple[BookOrderChange, ...]
    time_ns: int


class Trade(NamedTuple):
    trade_id: int
    symbol_id: int
    price: Decimal
    quantity: Decimal
    taker_side: Side
    maker_order_id: int
    taker_order_id: int
    seq: int
    time_ns: int


class Ticker(NamedTuple):
    """From `open_price` to `trade_count`: of the trades of the last 24 hours, by whole minutes."""

    symbol_id: int
    last_price: Decimal | None
    last_quantity: Decimal | None
    best_bid: Decimal | None
    best_bid_quantity: Decimal | None
    best_ask: Decimal | None
    best_ask_quantity: Decimal | None
    spread: Decimal | None
    open_price: Decimal | None
    high_price: Decimal | None
    low_price: Decimal | None
    volume: Decimal
    quote_volume: Decimal
    trade_count: int
    seq: int
    time_ns: int


class Candle(NamedTuple):
    """An interval without a trade has none."""

    open_time_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    quote_volume: Decimal
    trade_count: int


def currency(message: types.Currency) -> Currency:
    return Currency(message.currency_id, message.name, message.display_name, message.scale)


def symbol(message: types.Symbol) -> Symbol:
    return Symbol(
        symbol_id=message.symbol_id,
        name=message.name,
        base_currency_id=message.base_currency_id,
        quote_currency_id=message.quote_currency_id,
        tick=Decimal(message.tick),
        lot=Decimal(message.lot),
        maker_fee_ppm=message.maker_fee_ppm,
        taker_fee_ppm=message.taker_fee_ppm,
        self_trade_prevention=SELF_TRADE_PREVENTION_OF[message.self_trade_prevention],
        status=SYMBOL_STATUS_OF[message.status],
        quantity_min=Decimal(message.quantity_min),
        quantity_max=Decimal(message.quantity_max),
        notional_min=decimal_or_zero(message.notional_min),
        fee_account_id=message.fee_account_id,
        order_fee_ppm_min=message.order_fee_ppm_min,
        order_fee_ppm_max=message.order_fee_ppm_max,
        price_band_ppm=message.price_band_ppm,
        market_protection_ppm=message.market_protection_ppm,
        open_orders_max=message.open_orders_max,
    )


def levels(messages: Iterable[pb.PriceLevel]) -> tuple[Level, ...]:
    return tuple(Level(Decimal(one.price), Decimal(one.quantity), one.order_count) for one in messages)


def order_book(message: pb.OrderBook) -> OrderBook:
    return OrderBook(
        symbol_id=message.symbol_id,
        seq=message.seq,
        bids=levels(message.bids),
        asks=levels(message.asks),
        status=SYMBOL_STATUS_OF[message.status],
        indicative_price=decimal_or_none(message.indicative_price),
        indicative_quantity=decimal_or_none(message.indicative_quantity),
        time_ns=message.time_ns,
    )


def book_update(message: pb.SubscribeOrderBookResponse) -> BookUpdate:
    return BookUpdate(
        symbol_id=message.symbol_id,
        seq=message.seq,
        previous_seq=message.previous_seq,
        snapshot=message.snapshot,
        bids=levels(message.bids),
        asks=levels(message.asks),
        checksum=message.checksum,
        status=SYMBOL_STATUS_OF[message.status],
        time_ns=message.time_ns,
    )


def book_order(message: pb.BookOrder) -> BookOrder:
    return BookOrder(
        message.order_id, SIDE_OF[message.side], Decimal(message.price), Decimal(message.quantity)
    )


def book_order_change(message: pb.BookOrderChange) -> BookOrderChange:
    return BookOrderChange(
        BookOrderAction(message.action),
        message.order_id,
        SIDE_OF[message.side],
        Decimal(message.price),
        decimal_or_zero(message.quantity),
    )


def trade(message: pb.Trade) -> Trade:
    return Trade(
        trade_id=message.trade_id,
        symbol_id=message.symbol_id,
        price=Decimal(message.price),
        quantity=Decimal(message.quantity),
        taker_side=SIDE_OF[message.taker_side],
        maker_order_id=message.maker_order_id,
        taker_order_id=message.taker_order_id,
        seq=message.seq,
        time_ns=message.time_ns,
    )


def ticker(message: pb.Ticker) -> Ticker:
    return Ticker(
        symbol_id=message.symbol_id,
        last_price=decimal_or_none(message.last_price),
        last_quantity=decimal_or_none(message.last_quantity),
        best_bid=decimal_or_none(message.best_bid),
        best_bid_quantity=decimal_or_none(message.best_bid_quantity),
        best_ask=decimal_or_none(message.best_ask),
        best_ask_quantity=decimal_or_none(message.best_ask_quantity),
        spread=decimal_or_none(message.spread),
        open_price=decimal_or_none(message.open_price),
        high_price=decimal_or_none(message.high_price),
        low_price=decimal_or_none(message.low_price),
        volume=decimal_or_zero(message.volume),
        quote_volume=decimal_or_zero(message.quote_volume),
        trade_count=message.trade_count,
        seq=message.seq,
        time_ns=message.time_ns,
    )


def candle(message: pb.Candle) -> Candle:
    return Candle(
        open_time_ms=message.open_time_ms,
        open=Decimal(message.open),
        high=Decimal(message.high),
        low=Decimal(message.low),
        close=Decimal(message.close),
        volume=Decimal(message.volume),
        quote_volume=Decimal(message.quote_volume),
        trade_count=message.trade_count,
    )
