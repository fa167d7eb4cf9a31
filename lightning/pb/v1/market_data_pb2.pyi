from lightning.pb.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CandleInterval(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CANDLE_INTERVAL_UNSPECIFIED: _ClassVar[CandleInterval]
    CANDLE_INTERVAL_1S: _ClassVar[CandleInterval]
    CANDLE_INTERVAL_1M: _ClassVar[CandleInterval]
    CANDLE_INTERVAL_5M: _ClassVar[CandleInterval]
    CANDLE_INTERVAL_15M: _ClassVar[CandleInterval]
    CANDLE_INTERVAL_1H: _ClassVar[CandleInterval]
    CANDLE_INTERVAL_4H: _ClassVar[CandleInterval]
    CANDLE_INTERVAL_1D: _ClassVar[CandleInterval]

class BookOrderAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BOOK_ORDER_ACTION_UNSPECIFIED: _ClassVar[BookOrderAction]
    BOOK_ORDER_ACTION_ADDED: _ClassVar[BookOrderAction]
    BOOK_ORDER_ACTION_CHANGED: _ClassVar[BookOrderAction]
    BOOK_ORDER_ACTION_REMOVED: _ClassVar[BookOrderAction]
CANDLE_INTERVAL_UNSPECIFIED: CandleInterval
CANDLE_INTERVAL_1S: CandleInterval
CANDLE_INTERVAL_1M: CandleInterval
CANDLE_INTERVAL_5M: CandleInterval
CANDLE_INTERVAL_15M: CandleInterval
CANDLE_INTERVAL_1H: CandleInterval
CANDLE_INTERVAL_4H: CandleInterval
CANDLE_INTERVAL_1D: CandleInterval
BOOK_ORDER_ACTION_UNSPECIFIED: BookOrderAction
BOOK_ORDER_ACTION_ADDED: BookOrderAction
BOOK_ORDER_ACTION_CHANGED: BookOrderAction
BOOK_ORDER_ACTION_REMOVED: BookOrderAction

class GetOrderBookRequest(_message.Message):
    __slots__ = ("symbol_id", "levels")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    levels: int
    def __init__(self, symbol_id: _Optional[int] = ..., levels: _Optional[int] = ...) -> None: ...

class PriceLevel(_message.Message):
    __slots__ = ("price", "quantity", "order_count")
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    ORDER_COUNT_FIELD_NUMBER: _ClassVar[int]
    price: str
    quantity: str
    order_count: int
    def __init__(self, price: _Optional[str] = ..., quantity: _Optional[str] = ..., order_count: _Optional[int] = ...) -> None: ...

class OrderBook(_message.Message):
    __slots__ = ("symbol_id", "seq", "bids", "asks", "time_ns", "checksum", "status", "indicative_price", "indicative_quantity")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    ASKS_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    CHECKSUM_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    INDICATIVE_PRICE_FIELD_NUMBER: _ClassVar[int]
    INDICATIVE_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    seq: int
    bids: _containers.RepeatedCompositeFieldContainer[PriceLevel]
    asks: _containers.RepeatedCompositeFieldContainer[PriceLevel]
    time_ns: int
    checksum: int
    status: _types_pb2.SymbolStatus
    indicative_price: str
    indicative_quantity: str
    def __init__(self, symbol_id: _Optional[int] = ..., seq: _Optional[int] = ..., bids: _Optional[_Iterable[_Union[PriceLevel, _Mapping]]] = ..., asks: _Optional[_Iterable[_Union[PriceLevel, _Mapping]]] = ..., time_ns: _Optional[int] = ..., checksum: _Optional[int] = ..., status: _Optional[_Union[_types_pb2.SymbolStatus, str]] = ..., indicative_price: _Optional[str] = ..., indicative_quantity: _Optional[str] = ...) -> None: ...

class BatchGetOrderBooksRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[GetOrderBookRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[GetOrderBookRequest, _Mapping]]] = ...) -> None: ...

class BatchGetOrderBooksResponse(_message.Message):
    __slots__ = ("books",)
    BOOKS_FIELD_NUMBER: _ClassVar[int]
    books: _containers.RepeatedCompositeFieldContainer[OrderBook]
    def __init__(self, books: _Optional[_Iterable[_Union[OrderBook, _Mapping]]] = ...) -> None: ...

class ListBookOrdersRequest(_message.Message):
    __slots__ = ("symbol_id", "side", "price")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    side: _types_pb2.Side
    price: str
    def __init__(self, symbol_id: _Optional[int] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., price: _Optional[str] = ...) -> None: ...

class BookOrder(_message.Message):
    __slots__ = ("order_id", "side", "price", "quantity")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    order_id: int
    side: _types_pb2.Side
    price: str
    quantity: str
    def __init__(self, order_id: _Optional[int] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ...) -> None: ...

class ListBookOrdersResponse(_message.Message):
    __slots__ = ("orders",)
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[BookOrder]
    def __init__(self, orders: _Optional[_Iterable[_Union[BookOrder, _Mapping]]] = ...) -> None: ...

class ListTradesRequest(_message.Message):
    __slots__ = ("symbol_id", "after_trade_id", "limit", "before_trade_id")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    after_trade_id: int
    limit: int
    before_trade_id: int
    def __init__(self, symbol_id: _Optional[int] = ..., after_trade_id: _Optional[int] = ..., limit: _Optional[int] = ..., before_trade_id: _Optional[int] = ...) -> None: ...

class Trade(_message.Message):
    __slots__ = ("trade_id", "symbol_id", "price", "quantity", "taker_side", "maker_order_id", "taker_order_id", "seq", "time_ns")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    TAKER_SIDE_FIELD_NUMBER: _ClassVar[int]
    MAKER_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    TAKER_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    trade_id: int
    symbol_id: int
    price: str
    quantity: str
    taker_side: _types_pb2.Side
    maker_order_id: int
    taker_order_id: int
    seq: int
    time_ns: int
    def __init__(self, trade_id: _Optional[int] = ..., symbol_id: _Optional[int] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., taker_side: _Optional[_Union[_types_pb2.Side, str]] = ..., maker_order_id: _Optional[int] = ..., taker_order_id: _Optional[int] = ..., seq: _Optional[int] = ..., time_ns: _Optional[int] = ...) -> None: ...

class ListTradesResponse(_message.Message):
    __slots__ = ("trades",)
    TRADES_FIELD_NUMBER: _ClassVar[int]
    trades: _containers.RepeatedCompositeFieldContainer[Trade]
    def __init__(self, trades: _Optional[_Iterable[_Union[Trade, _Mapping]]] = ...) -> None: ...

class ListSymbolsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListSymbolsResponse(_message.Message):
    __slots__ = ("symbols",)
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    symbols: _containers.RepeatedCompositeFieldContainer[_types_pb2.Symbol]
    def __init__(self, symbols: _Optional[_Iterable[_Union[_types_pb2.Symbol, _Mapping]]] = ...) -> None: ...

class ListCurrenciesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListCurrenciesResponse(_message.Message):
    __slots__ = ("currencies",)
    CURRENCIES_FIELD_NUMBER: _ClassVar[int]
    currencies: _containers.RepeatedCompositeFieldContainer[_types_pb2.Currency]
    def __init__(self, currencies: _Optional[_Iterable[_Union[_types_pb2.Currency, _Mapping]]] = ...) -> None: ...

class GetTickerRequest(_message.Message):
    __slots__ = ("symbol_id",)
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    def __init__(self, symbol_id: _Optional[int] = ...) -> None: ...

class Ticker(_message.Message):
    __slots__ = ("symbol_id", "last_price", "last_quantity", "best_bid", "best_bid_quantity", "best_ask", "best_ask_quantity", "spread", "open_price", "high_price", "low_price", "volume", "quote_volume", "trade_count", "seq", "time_ns")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    LAST_PRICE_FIELD_NUMBER: _ClassVar[int]
    LAST_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    BEST_BID_FIELD_NUMBER: _ClassVar[int]
    BEST_BID_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    BEST_ASK_FIELD_NUMBER: _ClassVar[int]
    BEST_ASK_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SPREAD_FIELD_NUMBER: _ClassVar[int]
    OPEN_PRICE_FIELD_NUMBER: _ClassVar[int]
    HIGH_PRICE_FIELD_NUMBER: _ClassVar[int]
    LOW_PRICE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    QUOTE_VOLUME_FIELD_NUMBER: _ClassVar[int]
    TRADE_COUNT_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    last_price: str
    last_quantity: str
    best_bid: str
    best_bid_quantity: str
    best_ask: str
    best_ask_quantity: str
    spread: str
    open_price: str
    high_price: str
    low_price: str
    volume: str
    quote_volume: str
    trade_count: int
    seq: int
    time_ns: int
    def __init__(self, symbol_id: _Optional[int] = ..., last_price: _Optional[str] = ..., last_quantity: _Optional[str] = ..., best_bid: _Optional[str] = ..., best_bid_quantity: _Optional[str] = ..., best_ask: _Optional[str] = ..., best_ask_quantity: _Optional[str] = ..., spread: _Optional[str] = ..., open_price: _Optional[str] = ..., high_price: _Optional[str] = ..., low_price: _Optional[str] = ..., volume: _Optional[str] = ..., quote_volume: _Optional[str] = ..., trade_count: _Optional[int] = ..., seq: _Optional[int] = ..., time_ns: _Optional[int] = ...) -> None: ...

class ListTickersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListTickersResponse(_message.Message):
    __slots__ = ("tickers",)
    TICKERS_FIELD_NUMBER: _ClassVar[int]
    tickers: _containers.RepeatedCompositeFieldContainer[Ticker]
    def __init__(self, tickers: _Optional[_Iterable[_Union[Ticker, _Mapping]]] = ...) -> None: ...

class Candle(_message.Message):
    __slots__ = ("open_time_ms", "open", "high", "low", "close", "volume", "quote_volume", "trade_count")
    OPEN_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    QUOTE_VOLUME_FIELD_NUMBER: _ClassVar[int]
    TRADE_COUNT_FIELD_NUMBER: _ClassVar[int]
    open_time_ms: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    quote_volume: str
    trade_count: int
    def __init__(self, open_time_ms: _Optional[int] = ..., open: _Optional[str] = ..., high: _Optional[str] = ..., low: _Optional[str] = ..., close: _Optional[str] = ..., volume: _Optional[str] = ..., quote_volume: _Optional[str] = ..., trade_count: _Optional[int] = ...) -> None: ...

class ListCandlesRequest(_message.Message):
    __slots__ = ("symbol_id", "interval", "start_ms", "end_ms", "limit")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    interval: CandleInterval
    start_ms: int
    end_ms: int
    limit: int
    def __init__(self, symbol_id: _Optional[int] = ..., interval: _Optional[_Union[CandleInterval, str]] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class ListCandlesResponse(_message.Message):
    __slots__ = ("candles",)
    CANDLES_FIELD_NUMBER: _ClassVar[int]
    candles: _containers.RepeatedCompositeFieldContainer[Candle]
    def __init__(self, candles: _Optional[_Iterable[_Union[Candle, _Mapping]]] = ...) -> None: ...

class SubscribeOrderBookRequest(_message.Message):
    __slots__ = ("symbol_id", "levels")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    levels: int
    def __init__(self, symbol_id: _Optional[int] = ..., levels: _Optional[int] = ...) -> None: ...

class SubscribeOrderBookResponse(_message.Message):
    __slots__ = ("symbol_id", "seq", "previous_seq", "snapshot", "bids", "asks", "time_ns", "checksum", "status")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_SEQ_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    ASKS_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    CHECKSUM_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    seq: int
    previous_seq: int
    snapshot: bool
    bids: _containers.RepeatedCompositeFieldContainer[PriceLevel]
    asks: _containers.RepeatedCompositeFieldContainer[PriceLevel]
    time_ns: int
    checksum: int
    status: _types_pb2.SymbolStatus
    def __init__(self, symbol_id: _Optional[int] = ..., seq: _Optional[int] = ..., previous_seq: _Optional[int] = ..., snapshot: _Optional[bool] = ..., bids: _Optional[_Iterable[_Union[PriceLevel, _Mapping]]] = ..., asks: _Optional[_Iterable[_Union[PriceLevel, _Mapping]]] = ..., time_ns: _Optional[int] = ..., checksum: _Optional[int] = ..., status: _Optional[_Union[_types_pb2.SymbolStatus, str]] = ...) -> None: ...

class SubscribeBookOrdersRequest(_message.Message):
    __slots__ = ("symbol_id",)
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    def __init__(self, symbol_id: _Optional[int] = ...) -> None: ...

class BookOrderChange(_message.Message):
    __slots__ = ("action", "order_id", "side", "price", "quantity")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    action: BookOrderAction
    order_id: int
    side: _types_pb2.Side
    price: str
    quantity: str
    def __init__(self, action: _Optional[_Union[BookOrderAction, str]] = ..., order_id: _Optional[int] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ...) -> None: ...

class SubscribeBookOrdersResponse(_message.Message):
    __slots__ = ("symbol_id", "seq", "previous_seq", "snapshot", "more", "changes", "time_ns")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_SEQ_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    seq: int
    previous_seq: int
    snapshot: bool
    more: bool
    changes: _containers.RepeatedCompositeFieldContainer[BookOrderChange]
    time_ns: int
    def __init__(self, symbol_id: _Optional[int] = ..., seq: _Optional[int] = ..., previous_seq: _Optional[int] = ..., snapshot: _Optional[bool] = ..., more: _Optional[bool] = ..., changes: _Optional[_Iterable[_Union[BookOrderChange, _Mapping]]] = ..., time_ns: _Optional[int] = ...) -> None: ...

class SubscribeTradesRequest(_message.Message):
    __slots__ = ("symbol_id", "after_trade_id")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    after_trade_id: int
    def __init__(self, symbol_id: _Optional[int] = ..., after_trade_id: _Optional[int] = ...) -> None: ...

class SubscribeTradesResponse(_message.Message):
    __slots__ = ("trades",)
    TRADES_FIELD_NUMBER: _ClassVar[int]
    trades: _containers.RepeatedCompositeFieldContainer[Trade]
    def __init__(self, trades: _Optional[_Iterable[_Union[Trade, _Mapping]]] = ...) -> None: ...

class SubscribeTickersRequest(_message.Message):
    __slots__ = ("symbol_ids",)
    SYMBOL_IDS_FIELD_NUMBER: _ClassVar[int]
    symbol_ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, symbol_ids: _Optional[_Iterable[int]] = ...) -> None: ...

class SubscribeTickersResponse(_message.Message):
    __slots__ = ("tickers",)
    TICKERS_FIELD_NUMBER: _ClassVar[int]
    tickers: _containers.RepeatedCompositeFieldContainer[Ticker]
    def __init__(self, tickers: _Optional[_Iterable[_Union[Ticker, _Mapping]]] = ...) -> None: ...

class SubscribeCandlesRequest(_message.Message):
    __slots__ = ("symbol_id", "interval")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    interval: CandleInterval
    def __init__(self, symbol_id: _Optional[int] = ..., interval: _Optional[_Union[CandleInterval, str]] = ...) -> None: ...

class SubscribeCandlesResponse(_message.Message):
    __slots__ = ("symbol_id", "interval", "candles", "seq")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    CANDLES_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    interval: CandleInterval
    candles: _containers.RepeatedCompositeFieldContainer[Candle]
    seq: int
    def __init__(self, symbol_id: _Optional[int] = ..., interval: _Optional[_Union[CandleInterval, str]] = ..., candles: _Optional[_Iterable[_Union[Candle, _Mapping]]] = ..., seq: _Optional[int] = ...) -> None: ...
