from lightning.pb.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

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
