from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CommandBatch(_message.Message):
    __slots__ = ("batch_id", "rows", "columns")
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    batch_id: int
    rows: bytes
    columns: CommandColumns
    def __init__(self, batch_id: _Optional[int] = ..., rows: _Optional[bytes] = ..., columns: _Optional[_Union[CommandColumns, _Mapping]] = ...) -> None: ...

class CommandColumns(_message.Message):
    __slots__ = ("kind", "side", "type", "tif", "flags", "stp", "currency", "symbol", "account", "client_order_id", "order_id", "request_id", "price", "qty", "stop_price", "display_qty", "amount", "counter_account", "expire_time_ns", "taker_fee_ppm", "maker_fee_ppm", "trail_amount")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TIF_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    STP_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QTY_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_QTY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    COUNTER_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    TAKER_FEE_PPM_FIELD_NUMBER: _ClassVar[int]
    MAKER_FEE_PPM_FIELD_NUMBER: _ClassVar[int]
    TRAIL_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    kind: _containers.RepeatedScalarFieldContainer[int]
    side: _containers.RepeatedScalarFieldContainer[int]
    type: _containers.RepeatedScalarFieldContainer[int]
    tif: _containers.RepeatedScalarFieldContainer[int]
    flags: _containers.RepeatedScalarFieldContainer[int]
    stp: _containers.RepeatedScalarFieldContainer[int]
    currency: _containers.RepeatedScalarFieldContainer[int]
    symbol: _containers.RepeatedScalarFieldContainer[int]
    account: _containers.RepeatedScalarFieldContainer[int]
    client_order_id: _containers.RepeatedScalarFieldContainer[int]
    order_id: _containers.RepeatedScalarFieldContainer[int]
    request_id: _containers.RepeatedScalarFieldContainer[int]
    price: _containers.RepeatedScalarFieldContainer[int]
    qty: _containers.RepeatedScalarFieldContainer[int]
    stop_price: _containers.RepeatedScalarFieldContainer[int]
    display_qty: _containers.RepeatedScalarFieldContainer[int]
    amount: _containers.RepeatedScalarFieldContainer[int]
    counter_account: _containers.RepeatedScalarFieldContainer[int]
    expire_time_ns: _containers.RepeatedScalarFieldContainer[int]
    taker_fee_ppm: _containers.RepeatedScalarFieldContainer[int]
    maker_fee_ppm: _containers.RepeatedScalarFieldContainer[int]
    trail_amount: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, kind: _Optional[_Iterable[int]] = ..., side: _Optional[_Iterable[int]] = ..., type: _Optional[_Iterable[int]] = ..., tif: _Optional[_Iterable[int]] = ..., flags: _Optional[_Iterable[int]] = ..., stp: _Optional[_Iterable[int]] = ..., currency: _Optional[_Iterable[int]] = ..., symbol: _Optional[_Iterable[int]] = ..., account: _Optional[_Iterable[int]] = ..., client_order_id: _Optional[_Iterable[int]] = ..., order_id: _Optional[_Iterable[int]] = ..., request_id: _Optional[_Iterable[int]] = ..., price: _Optional[_Iterable[int]] = ..., qty: _Optional[_Iterable[int]] = ..., stop_price: _Optional[_Iterable[int]] = ..., display_qty: _Optional[_Iterable[int]] = ..., amount: _Optional[_Iterable[int]] = ..., counter_account: _Optional[_Iterable[int]] = ..., expire_time_ns: _Optional[_Iterable[int]] = ..., taker_fee_ppm: _Optional[_Iterable[int]] = ..., maker_fee_ppm: _Optional[_Iterable[int]] = ..., trail_amount: _Optional[_Iterable[int]] = ...) -> None: ...

class EventBatch(_message.Message):
    __slots__ = ("batch_id", "time_ns", "more", "rows", "columns", "error")
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    batch_id: int
    time_ns: int
    more: bool
    rows: bytes
    columns: EventColumns
    error: BatchError
    def __init__(self, batch_id: _Optional[int] = ..., time_ns: _Optional[int] = ..., more: _Optional[bool] = ..., rows: _Optional[bytes] = ..., columns: _Optional[_Union[EventColumns, _Mapping]] = ..., error: _Optional[_Union[BatchError, _Mapping]] = ...) -> None: ...

class EventColumns(_message.Message):
    __slots__ = ("command", "seq", "kind", "reason", "flags", "side", "symbol", "currency", "account", "order_id", "client_order_id", "price", "qty", "leaves_qty", "fee", "amount", "trade_id", "maker_order_id", "maker_client_order_id", "maker_account", "maker_fee", "maker_leaves_qty", "order_qty", "filled_qty", "filled_quote", "filled_fee", "create_time_ns", "order_type", "order_tif", "order_terms", "available", "held", "counter_account")
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QTY_FIELD_NUMBER: _ClassVar[int]
    LEAVES_QTY_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    MAKER_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    MAKER_CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    MAKER_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    MAKER_FEE_FIELD_NUMBER: _ClassVar[int]
    MAKER_LEAVES_QTY_FIELD_NUMBER: _ClassVar[int]
    ORDER_QTY_FIELD_NUMBER: _ClassVar[int]
    FILLED_QTY_FIELD_NUMBER: _ClassVar[int]
    FILLED_QUOTE_FIELD_NUMBER: _ClassVar[int]
    FILLED_FEE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    ORDER_TYPE_FIELD_NUMBER: _ClassVar[int]
    ORDER_TIF_FIELD_NUMBER: _ClassVar[int]
    ORDER_TERMS_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    COUNTER_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    command: _containers.RepeatedScalarFieldContainer[int]
    seq: _containers.RepeatedScalarFieldContainer[int]
    kind: _containers.RepeatedScalarFieldContainer[int]
    reason: _containers.RepeatedScalarFieldContainer[int]
    flags: _containers.RepeatedScalarFieldContainer[int]
    side: _containers.RepeatedScalarFieldContainer[int]
    symbol: _containers.RepeatedScalarFieldContainer[int]
    currency: _containers.RepeatedScalarFieldContainer[int]
    account: _containers.RepeatedScalarFieldContainer[int]
    order_id: _containers.RepeatedScalarFieldContainer[int]
    client_order_id: _containers.RepeatedScalarFieldContainer[int]
    price: _containers.RepeatedScalarFieldContainer[int]
    qty: _containers.RepeatedScalarFieldContainer[int]
    leaves_qty: _containers.RepeatedScalarFieldContainer[int]
    fee: _containers.RepeatedScalarFieldContainer[int]
    amount: _containers.RepeatedScalarFieldContainer[int]
    trade_id: _containers.RepeatedScalarFieldContainer[int]
    maker_order_id: _containers.RepeatedScalarFieldContainer[int]
    maker_client_order_id: _containers.RepeatedScalarFieldContainer[int]
    maker_account: _containers.RepeatedScalarFieldContainer[int]
    maker_fee: _containers.RepeatedScalarFieldContainer[int]
    maker_leaves_qty: _containers.RepeatedScalarFieldContainer[int]
    order_qty: _containers.RepeatedScalarFieldContainer[int]
    filled_qty: _containers.RepeatedScalarFieldContainer[int]
    filled_quote: _containers.RepeatedScalarFieldContainer[int]
    filled_fee: _containers.RepeatedScalarFieldContainer[int]
    create_time_ns: _containers.RepeatedScalarFieldContainer[int]
    order_type: _containers.RepeatedScalarFieldContainer[int]
    order_tif: _containers.RepeatedScalarFieldContainer[int]
    order_terms: _containers.RepeatedScalarFieldContainer[int]
    available: _containers.RepeatedScalarFieldContainer[int]
    held: _containers.RepeatedScalarFieldContainer[int]
    counter_account: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, command: _Optional[_Iterable[int]] = ..., seq: _Optional[_Iterable[int]] = ..., kind: _Optional[_Iterable[int]] = ..., reason: _Optional[_Iterable[int]] = ..., flags: _Optional[_Iterable[int]] = ..., side: _Optional[_Iterable[int]] = ..., symbol: _Optional[_Iterable[int]] = ..., currency: _Optional[_Iterable[int]] = ..., account: _Optional[_Iterable[int]] = ..., order_id: _Optional[_Iterable[int]] = ..., client_order_id: _Optional[_Iterable[int]] = ..., price: _Optional[_Iterable[int]] = ..., qty: _Optional[_Iterable[int]] = ..., leaves_qty: _Optional[_Iterable[int]] = ..., fee: _Optional[_Iterable[int]] = ..., amount: _Optional[_Iterable[int]] = ..., trade_id: _Optional[_Iterable[int]] = ..., maker_order_id: _Optional[_Iterable[int]] = ..., maker_client_order_id: _Optional[_Iterable[int]] = ..., maker_account: _Optional[_Iterable[int]] = ..., maker_fee: _Optional[_Iterable[int]] = ..., maker_leaves_qty: _Optional[_Iterable[int]] = ..., order_qty: _Optional[_Iterable[int]] = ..., filled_qty: _Optional[_Iterable[int]] = ..., filled_quote: _Optional[_Iterable[int]] = ..., filled_fee: _Optional[_Iterable[int]] = ..., create_time_ns: _Optional[_Iterable[int]] = ..., order_type: _Optional[_Iterable[int]] = ..., order_tif: _Optional[_Iterable[int]] = ..., order_terms: _Optional[_Iterable[int]] = ..., available: _Optional[_Iterable[int]] = ..., held: _Optional[_Iterable[int]] = ..., counter_account: _Optional[_Iterable[int]] = ...) -> None: ...

class BatchError(_message.Message):
    __slots__ = ("field", "row", "message")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    ROW_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    field: str
    row: int
    message: str
    def __init__(self, field: _Optional[str] = ..., row: _Optional[int] = ..., message: _Optional[str] = ...) -> None: ...
