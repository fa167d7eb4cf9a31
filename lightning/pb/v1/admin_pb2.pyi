from lightning.pb.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AccountStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACCOUNT_STATUS_UNSPECIFIED: _ClassVar[AccountStatus]
    ACCOUNT_STATUS_ACTIVE: _ClassVar[AccountStatus]
    ACCOUNT_STATUS_HALTED: _ClassVar[AccountStatus]

class ServerState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SERVER_STATE_UNSPECIFIED: _ClassVar[ServerState]
    SERVER_STATE_SERVING: _ClassVar[ServerState]
    SERVER_STATE_DRAINING: _ClassVar[ServerState]
ACCOUNT_STATUS_UNSPECIFIED: AccountStatus
ACCOUNT_STATUS_ACTIVE: AccountStatus
ACCOUNT_STATUS_HALTED: AccountStatus
SERVER_STATE_UNSPECIFIED: ServerState
SERVER_STATE_SERVING: ServerState
SERVER_STATE_DRAINING: ServerState

class CreateCurrencyRequest(_message.Message):
    __slots__ = ("name", "display_name", "scale")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    scale: int
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., scale: _Optional[int] = ...) -> None: ...

class CreateCurrencyResponse(_message.Message):
    __slots__ = ("currency",)
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    currency: _types_pb2.Currency
    def __init__(self, currency: _Optional[_Union[_types_pb2.Currency, _Mapping]] = ...) -> None: ...

class RetireCurrencyRequest(_message.Message):
    __slots__ = ("currency_id",)
    CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    currency_id: int
    def __init__(self, currency_id: _Optional[int] = ...) -> None: ...

class RetireCurrencyResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CreateSymbolRequest(_message.Message):
    __slots__ = ("name", "base_currency_id", "quote_currency_id", "tick", "lot", "maker_fee_ppm", "taker_fee_ppm", "self_trade_prevention", "status", "quantity_min", "quantity_max", "notional_min", "fee_account_id", "order_fee_ppm_min", "order_fee_ppm_max", "price_band_ppm", "market_protection_ppm", "open_orders_max")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BASE_CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    QUOTE_CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    TICK_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    MAKER_FEE_PPM_FIELD_NUMBER: _ClassVar[int]
    TAKER_FEE_PPM_FIELD_NUMBER: _ClassVar[int]
    SELF_TRADE_PREVENTION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_MIN_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_MAX_FIELD_NUMBER: _ClassVar[int]
    NOTIONAL_MIN_FIELD_NUMBER: _ClassVar[int]
    FEE_ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_FEE_PPM_MIN_FIELD_NUMBER: _ClassVar[int]
    ORDER_FEE_PPM_MAX_FIELD_NUMBER: _ClassVar[int]
    PRICE_BAND_PPM_FIELD_NUMBER: _ClassVar[int]
    MARKET_PROTECTION_PPM_FIELD_NUMBER: _ClassVar[int]
    OPEN_ORDERS_MAX_FIELD_NUMBER: _ClassVar[int]
    name: str
    base_currency_id: int
    quote_currency_id: int
    tick: str
    lot: str
    maker_fee_ppm: int
    taker_fee_ppm: int
    self_trade_prevention: _types_pb2.SelfTradePrevention
    status: _types_pb2.SymbolStatus
    quantity_min: str
    quantity_max: str
    notional_min: str
    fee_account_id: int
    order_fee_ppm_min: int
    order_fee_ppm_max: int
    price_band_ppm: int
    market_protection_ppm: int
    open_orders_max: int
    def __init__(self, name: _Optional[str] = ..., base_currency_id: _Optional[int] = ..., quote_currency_id: _Optional[int] = ..., tick: _Optional[str] = ..., lot: _Optional[str] = ..., maker_fee_ppm: _Optional[int] = ..., taker_fee_ppm: _Optional[int] = ..., self_trade_prevention: _Optional[_Union[_types_pb2.SelfTradePrevention, str]] = ..., status: _Optional[_Union[_types_pb2.SymbolStatus, str]] = ..., quantity_min: _Optional[str] = ..., quantity_max: _Optional[str] = ..., notional_min: _Optional[str] = ..., fee_account_id: _Optional[int] = ..., order_fee_ppm_min: _Optional[int] = ..., order_fee_ppm_max: _Optional[int] = ..., price_band_ppm: _Optional[int] = ..., market_protection_ppm: _Optional[int] = ..., open_orders_max: _Optional[int] = ...) -> None: ...

class CreateSymbolResponse(_message.Message):
    __slots__ = ("symbol",)
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    symbol: _types_pb2.Symbol
    def __init__(self, symbol: _Optional[_Union[_types_pb2.Symbol, _Mapping]] = ...) -> None: ...

class UpdateSymbolRequest(_message.Message):
    __slots__ = ("symbol_id", "name", "base_currency_id", "quote_currency_id", "tick", "lot", "maker_fee_ppm", "taker_fee_ppm", "self_trade_prevention", "quantity_min", "quantity_max", "notional_min", "fee_account_id", "order_fee_ppm_min", "order_fee_ppm_max", "price_band_ppm", "market_protection_ppm", "open_orders_max")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    BASE_CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    QUOTE_CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    TICK_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    MAKER_FEE_PPM_FIELD_NUMBER: _ClassVar[int]
    TAKER_FEE_PPM_FIELD_NUMBER: _ClassVar[int]
    SELF_TRADE_PREVENTION_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_MIN_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_MAX_FIELD_NUMBER: _ClassVar[int]
    NOTIONAL_MIN_FIELD_NUMBER: _ClassVar[int]
    FEE_ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_FEE_PPM_MIN_FIELD_NUMBER: _ClassVar[int]
    ORDER_FEE_PPM_MAX_FIELD_NUMBER: _ClassVar[int]
    PRICE_BAND_PPM_FIELD_NUMBER: _ClassVar[int]
    MARKET_PROTECTION_PPM_FIELD_NUMBER: _ClassVar[int]
    OPEN_ORDERS_MAX_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    name: str
    base_currency_id: int
    quote_currency_id: int
    tick: str
    lot: str
    maker_fee_ppm: int
    taker_fee_ppm: int
    self_trade_prevention: _types_pb2.SelfTradePrevention
    quantity_min: str
    quantity_max: str
    notional_min: str
    fee_account_id: int
    order_fee_ppm_min: int
    order_fee_ppm_max: int
    price_band_ppm: int
    market_protection_ppm: int
    open_orders_max: int
    def __init__(self, symbol_id: _Optional[int] = ..., name: _Optional[str] = ..., base_currency_id: _Optional[int] = ..., quote_currency_id: _Optional[int] = ..., tick: _Optional[str] = ..., lot: _Optional[str] = ..., maker_fee_ppm: _Optional[int] = ..., taker_fee_ppm: _Optional[int] = ..., self_trade_prevention: _Optional[_Union[_types_pb2.SelfTradePrevention, str]] = ..., quantity_min: _Optional[str] = ..., quantity_max: _Optional[str] = ..., notional_min: _Optional[str] = ..., fee_account_id: _Optional[int] = ..., order_fee_ppm_min: _Optional[int] = ..., order_fee_ppm_max: _Optional[int] = ..., price_band_ppm: _Optional[int] = ..., market_protection_ppm: _Optional[int] = ..., open_orders_max: _Optional[int] = ...) -> None: ...

class UpdateSymbolResponse(_message.Message):
    __slots__ = ("symbol",)
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    symbol: _types_pb2.Symbol
    def __init__(self, symbol: _Optional[_Union[_types_pb2.Symbol, _Mapping]] = ...) -> None: ...

class RetireSymbolRequest(_message.Message):
    __slots__ = ("symbol_id",)
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    def __init__(self, symbol_id: _Optional[int] = ...) -> None: ...

class RetireSymbolResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetSymbolStatusRequest(_message.Message):
    __slots__ = ("symbol_id", "status", "request_id")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    symbol_id: int
    status: _types_pb2.SymbolStatus
    request_id: int
    def __init__(self, symbol_id: _Optional[int] = ..., status: _Optional[_Union[_types_pb2.SymbolStatus, str]] = ..., request_id: _Optional[int] = ...) -> None: ...

class SetSymbolStatusResponse(_message.Message):
    __slots__ = ("status", "uncrosses", "seq")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    UNCROSSES_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    status: _types_pb2.SymbolStatus
    uncrosses: _containers.RepeatedCompositeFieldContainer[Uncross]
    seq: int
    def __init__(self, status: _Optional[_Union[_types_pb2.SymbolStatus, str]] = ..., uncrosses: _Optional[_Iterable[_Union[Uncross, _Mapping]]] = ..., seq: _Optional[int] = ...) -> None: ...

class Uncross(_message.Message):
    __slots__ = ("price", "quantity")
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    price: str
    quantity: str
    def __init__(self, price: _Optional[str] = ..., quantity: _Optional[str] = ...) -> None: ...

class SetAccountStatusRequest(_message.Message):
    __slots__ = ("account_id", "status", "cancel_orders", "request_id")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CANCEL_ORDERS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    status: AccountStatus
    cancel_orders: bool
    request_id: int
    def __init__(self, account_id: _Optional[int] = ..., status: _Optional[_Union[AccountStatus, str]] = ..., cancel_orders: _Optional[bool] = ..., request_id: _Optional[int] = ...) -> None: ...

class SetAccountStatusResponse(_message.Message):
    __slots__ = ("status", "canceled_count", "seq")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CANCELED_COUNT_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    status: AccountStatus
    canceled_count: int
    seq: int
    def __init__(self, status: _Optional[_Union[AccountStatus, str]] = ..., canceled_count: _Optional[int] = ..., seq: _Optional[int] = ...) -> None: ...

class AdminCancelAllOrdersRequest(_message.Message):
    __slots__ = ("account_id", "symbol_id", "side", "request_id", "every_account")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EVERY_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    symbol_id: int
    side: _types_pb2.Side
    request_id: int
    every_account: bool
    def __init__(self, account_id: _Optional[int] = ..., symbol_id: _Optional[int] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., request_id: _Optional[int] = ..., every_account: _Optional[bool] = ...) -> None: ...

class AdminCancelAllOrdersResponse(_message.Message):
    __slots__ = ("canceled_count", "seq")
    CANCELED_COUNT_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    canceled_count: int
    seq: int
    def __init__(self, canceled_count: _Optional[int] = ..., seq: _Optional[int] = ...) -> None: ...

class GetStateHashRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStateHashResponse(_message.Message):
    __slots__ = ("seq", "hash")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    seq: int
    hash: str
    def __init__(self, seq: _Optional[int] = ..., hash: _Optional[str] = ...) -> None: ...

class GetTotalsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Totals(_message.Message):
    __slots__ = ("currency_id", "deposited", "withdrawn", "available", "held", "fees")
    CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    DEPOSITED_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    FEES_FIELD_NUMBER: _ClassVar[int]
    currency_id: int
    deposited: str
    withdrawn: str
    available: str
    held: str
    fees: str
    def __init__(self, currency_id: _Optional[int] = ..., deposited: _Optional[str] = ..., withdrawn: _Optional[str] = ..., available: _Optional[str] = ..., held: _Optional[str] = ..., fees: _Optional[str] = ...) -> None: ...

class GetTotalsResponse(_message.Message):
    __slots__ = ("seq", "totals")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    seq: int
    totals: _containers.RepeatedCompositeFieldContainer[Totals]
    def __init__(self, seq: _Optional[int] = ..., totals: _Optional[_Iterable[_Union[Totals, _Mapping]]] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("version", "state", "seq", "start_time_ns", "time_ns", "storage", "queues")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    START_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    version: str
    state: ServerState
    seq: int
    start_time_ns: int
    time_ns: int
    storage: Storage
    queues: Queues
    def __init__(self, version: _Optional[str] = ..., state: _Optional[_Union[ServerState, str]] = ..., seq: _Optional[int] = ..., start_time_ns: _Optional[int] = ..., time_ns: _Optional[int] = ..., storage: _Optional[_Union[Storage, _Mapping]] = ..., queues: _Optional[_Union[Queues, _Mapping]] = ...) -> None: ...

class Queues(_message.Message):
    __slots__ = ("engine", "journal", "subscribers", "updates")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIBERS_FIELD_NUMBER: _ClassVar[int]
    UPDATES_FIELD_NUMBER: _ClassVar[int]
    engine: int
    journal: int
    subscribers: int
    updates: int
    def __init__(self, engine: _Optional[int] = ..., journal: _Optional[int] = ..., subscribers: _Optional[int] = ..., updates: _Optional[int] = ...) -> None: ...

class Storage(_message.Message):
    __slots__ = ("snapshot_seq", "history_seq", "recovered_seq", "replayed_commands", "recovery_seconds", "history_error")
    SNAPSHOT_SEQ_FIELD_NUMBER: _ClassVar[int]
    HISTORY_SEQ_FIELD_NUMBER: _ClassVar[int]
    RECOVERED_SEQ_FIELD_NUMBER: _ClassVar[int]
    REPLAYED_COMMANDS_FIELD_NUMBER: _ClassVar[int]
    RECOVERY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    HISTORY_ERROR_FIELD_NUMBER: _ClassVar[int]
    snapshot_seq: int
    history_seq: int
    recovered_seq: int
    replayed_commands: int
    recovery_seconds: float
    history_error: str
    def __init__(self, snapshot_seq: _Optional[int] = ..., history_seq: _Optional[int] = ..., recovered_seq: _Optional[int] = ..., replayed_commands: _Optional[int] = ..., recovery_seconds: _Optional[float] = ..., history_error: _Optional[str] = ...) -> None: ...

class CreateSnapshotRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CreateSnapshotResponse(_message.Message):
    __slots__ = ("seq", "state_hash", "pause_ms", "seconds")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    STATE_HASH_FIELD_NUMBER: _ClassVar[int]
    PAUSE_MS_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    seq: int
    state_hash: str
    pause_ms: float
    seconds: float
    def __init__(self, seq: _Optional[int] = ..., state_hash: _Optional[str] = ..., pause_ms: _Optional[float] = ..., seconds: _Optional[float] = ...) -> None: ...
