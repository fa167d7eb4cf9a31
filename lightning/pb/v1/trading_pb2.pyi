from lightning.pb.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PlaceOrderRequest(_message.Message):
    __slots__ = ("account_id", "symbol_id", "client_order_id", "side", "type", "time_in_force", "price", "quantity", "quote_quantity", "stop_price", "trail_amount", "display_quantity", "post_only", "self_trade_prevention", "expire_time_ms")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TIME_IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    QUOTE_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    TRAIL_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    POST_ONLY_FIELD_NUMBER: _ClassVar[int]
    SELF_TRADE_PREVENTION_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    symbol_id: int
    client_order_id: int
    side: _types_pb2.Side
    type: _types_pb2.OrderType
    time_in_force: _types_pb2.TimeInForce
    price: str
    quantity: str
    quote_quantity: str
    stop_price: str
    trail_amount: str
    display_quantity: str
    post_only: bool
    self_trade_prevention: _types_pb2.SelfTradePrevention
    expire_time_ms: int
    def __init__(self, account_id: _Optional[int] = ..., symbol_id: _Optional[int] = ..., client_order_id: _Optional[int] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., type: _Optional[_Union[_types_pb2.OrderType, str]] = ..., time_in_force: _Optional[_Union[_types_pb2.TimeInForce, str]] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., quote_quantity: _Optional[str] = ..., stop_price: _Optional[str] = ..., trail_amount: _Optional[str] = ..., display_quantity: _Optional[str] = ..., post_only: _Optional[bool] = ..., self_trade_prevention: _Optional[_Union[_types_pb2.SelfTradePrevention, str]] = ..., expire_time_ms: _Optional[int] = ...) -> None: ...

class ExecutionReport(_message.Message):
    __slots__ = ("order", "fills", "reject_reason", "reject_message", "seq", "time_ns")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    FILLS_FIELD_NUMBER: _ClassVar[int]
    REJECT_REASON_FIELD_NUMBER: _ClassVar[int]
    REJECT_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    order: _types_pb2.Order
    fills: _containers.RepeatedCompositeFieldContainer[_types_pb2.Fill]
    reject_reason: _types_pb2.RejectReason
    reject_message: str
    seq: int
    time_ns: int
    def __init__(self, order: _Optional[_Union[_types_pb2.Order, _Mapping]] = ..., fills: _Optional[_Iterable[_Union[_types_pb2.Fill, _Mapping]]] = ..., reject_reason: _Optional[_Union[_types_pb2.RejectReason, str]] = ..., reject_message: _Optional[str] = ..., seq: _Optional[int] = ..., time_ns: _Optional[int] = ...) -> None: ...

class AmendOrderRequest(_message.Message):
    __slots__ = ("account_id", "symbol_id", "order_id", "client_order_id", "price", "quantity")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    symbol_id: int
    order_id: int
    client_order_id: int
    price: str
    quantity: str
    def __init__(self, account_id: _Optional[int] = ..., symbol_id: _Optional[int] = ..., order_id: _Optional[int] = ..., client_order_id: _Optional[int] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ...) -> None: ...

class CancelOrderRequest(_message.Message):
    __slots__ = ("account_id", "symbol_id", "order_id", "client_order_id")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    symbol_id: int
    order_id: int
    client_order_id: int
    def __init__(self, account_id: _Optional[int] = ..., symbol_id: _Optional[int] = ..., order_id: _Optional[int] = ..., client_order_id: _Optional[int] = ...) -> None: ...

class CancelAllOrdersRequest(_message.Message):
    __slots__ = ("account_id", "symbol_id", "side")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    symbol_id: int
    side: _types_pb2.Side
    def __init__(self, account_id: _Optional[int] = ..., symbol_id: _Optional[int] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ...) -> None: ...

class CancelAllOrdersResponse(_message.Message):
    __slots__ = ("canceled_count", "order_ids")
    CANCELED_COUNT_FIELD_NUMBER: _ClassVar[int]
    ORDER_IDS_FIELD_NUMBER: _ClassVar[int]
    canceled_count: int
    order_ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, canceled_count: _Optional[int] = ..., order_ids: _Optional[_Iterable[int]] = ...) -> None: ...

class GetOrderRequest(_message.Message):
    __slots__ = ("account_id", "order_id", "client_order_id")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    order_id: int
    client_order_id: int
    def __init__(self, account_id: _Optional[int] = ..., order_id: _Optional[int] = ..., client_order_id: _Optional[int] = ...) -> None: ...

class ListOrdersRequest(_message.Message):
    __slots__ = ("account_id", "symbol_id", "open_only", "page_size", "page_token", "newest_first")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    OPEN_ONLY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NEWEST_FIRST_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    symbol_id: int
    open_only: bool
    page_size: int
    page_token: str
    newest_first: bool
    def __init__(self, account_id: _Optional[int] = ..., symbol_id: _Optional[int] = ..., open_only: _Optional[bool] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., newest_first: _Optional[bool] = ...) -> None: ...

class ListOrdersResponse(_message.Message):
    __slots__ = ("orders", "next_page_token")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[_types_pb2.Order]
    next_page_token: str
    def __init__(self, orders: _Optional[_Iterable[_Union[_types_pb2.Order, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListFillsRequest(_message.Message):
    __slots__ = ("account_id", "symbol_id", "order_id", "page_size", "page_token", "newest_first")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NEWEST_FIRST_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    symbol_id: int
    order_id: int
    page_size: int
    page_token: str
    newest_first: bool
    def __init__(self, account_id: _Optional[int] = ..., symbol_id: _Optional[int] = ..., order_id: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., newest_first: _Optional[bool] = ...) -> None: ...

class ListFillsResponse(_message.Message):
    __slots__ = ("fills", "next_page_token")
    FILLS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    fills: _containers.RepeatedCompositeFieldContainer[_types_pb2.Fill]
    next_page_token: str
    def __init__(self, fills: _Optional[_Iterable[_Union[_types_pb2.Fill, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class PlaceOneCancelsOtherRequest(_message.Message):
    __slots__ = ("first", "second")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    SECOND_FIELD_NUMBER: _ClassVar[int]
    first: PlaceOrderRequest
    second: PlaceOrderRequest
    def __init__(self, first: _Optional[_Union[PlaceOrderRequest, _Mapping]] = ..., second: _Optional[_Union[PlaceOrderRequest, _Mapping]] = ...) -> None: ...

class PlaceOneCancelsOtherResponse(_message.Message):
    __slots__ = ("first", "second")
    FIRST_FIELD_NUMBER: _ClassVar[int]
    SECOND_FIELD_NUMBER: _ClassVar[int]
    first: ExecutionReport
    second: ExecutionReport
    def __init__(self, first: _Optional[_Union[ExecutionReport, _Mapping]] = ..., second: _Optional[_Union[ExecutionReport, _Mapping]] = ...) -> None: ...

class CancelAllAfterRequest(_message.Message):
    __slots__ = ("account_id", "timeout_ms")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    timeout_ms: int
    def __init__(self, account_id: _Optional[int] = ..., timeout_ms: _Optional[int] = ...) -> None: ...

class CancelAllAfterResponse(_message.Message):
    __slots__ = ("cancel_time_ms",)
    CANCEL_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    cancel_time_ms: int
    def __init__(self, cancel_time_ms: _Optional[int] = ...) -> None: ...

class CancelOnDisconnectRequest(_message.Message):
    __slots__ = ("account_id", "symbol_id")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    symbol_id: int
    def __init__(self, account_id: _Optional[int] = ..., symbol_id: _Optional[int] = ...) -> None: ...

class CancelOnDisconnectResponse(_message.Message):
    __slots__ = ("time_ms",)
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    time_ms: int
    def __init__(self, time_ms: _Optional[int] = ...) -> None: ...

class SubscribeAccountRequest(_message.Message):
    __slots__ = ("account_id", "from_seq")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_SEQ_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    from_seq: int
    def __init__(self, account_id: _Optional[int] = ..., from_seq: _Optional[int] = ...) -> None: ...

class AccountEvent(_message.Message):
    __slots__ = ("account_id", "seq", "previous_seq", "time_ns", "reports", "balances")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    BALANCES_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    seq: int
    previous_seq: int
    time_ns: int
    reports: _containers.RepeatedCompositeFieldContainer[ExecutionReport]
    balances: _containers.RepeatedCompositeFieldContainer[_types_pb2.Balance]
    def __init__(self, account_id: _Optional[int] = ..., seq: _Optional[int] = ..., previous_seq: _Optional[int] = ..., time_ns: _Optional[int] = ..., reports: _Optional[_Iterable[_Union[ExecutionReport, _Mapping]]] = ..., balances: _Optional[_Iterable[_Union[_types_pb2.Balance, _Mapping]]] = ...) -> None: ...
