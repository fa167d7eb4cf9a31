from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIDE_UNSPECIFIED: _ClassVar[Side]
    SIDE_BUY: _ClassVar[Side]
    SIDE_SELL: _ClassVar[Side]

class OrderType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_TYPE_UNSPECIFIED: _ClassVar[OrderType]
    ORDER_TYPE_LIMIT: _ClassVar[OrderType]
    ORDER_TYPE_MARKET: _ClassVar[OrderType]
    ORDER_TYPE_STOP: _ClassVar[OrderType]
    ORDER_TYPE_STOP_LIMIT: _ClassVar[OrderType]
    ORDER_TYPE_TRAILING_STOP: _ClassVar[OrderType]

class TimeInForce(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TIME_IN_FORCE_UNSPECIFIED: _ClassVar[TimeInForce]
    TIME_IN_FORCE_GTC: _ClassVar[TimeInForce]
    TIME_IN_FORCE_IOC: _ClassVar[TimeInForce]
    TIME_IN_FORCE_FOK: _ClassVar[TimeInForce]
    TIME_IN_FORCE_GTD: _ClassVar[TimeInForce]

class SelfTradePrevention(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SELF_TRADE_PREVENTION_UNSPECIFIED: _ClassVar[SelfTradePrevention]
    SELF_TRADE_PREVENTION_NONE: _ClassVar[SelfTradePrevention]
    SELF_TRADE_PREVENTION_CANCEL_TAKER: _ClassVar[SelfTradePrevention]
    SELF_TRADE_PREVENTION_CANCEL_MAKER: _ClassVar[SelfTradePrevention]
    SELF_TRADE_PREVENTION_CANCEL_BOTH: _ClassVar[SelfTradePrevention]
    SELF_TRADE_PREVENTION_DECREMENT: _ClassVar[SelfTradePrevention]

class OrderStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_STATUS_UNSPECIFIED: _ClassVar[OrderStatus]
    ORDER_STATUS_NEW: _ClassVar[OrderStatus]
    ORDER_STATUS_PARTIALLY_FILLED: _ClassVar[OrderStatus]
    ORDER_STATUS_FILLED: _ClassVar[OrderStatus]
    ORDER_STATUS_CANCELED: _ClassVar[OrderStatus]
    ORDER_STATUS_REJECTED: _ClassVar[OrderStatus]
    ORDER_STATUS_EXPIRED: _ClassVar[OrderStatus]
    ORDER_STATUS_PENDING: _ClassVar[OrderStatus]

class SymbolStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SYMBOL_STATUS_UNSPECIFIED: _ClassVar[SymbolStatus]
    SYMBOL_STATUS_TRADING: _ClassVar[SymbolStatus]
    SYMBOL_STATUS_CANCEL_ONLY: _ClassVar[SymbolStatus]
    SYMBOL_STATUS_HALTED: _ClassVar[SymbolStatus]
    SYMBOL_STATUS_AUCTION: _ClassVar[SymbolStatus]

class Liquidity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIQUIDITY_UNSPECIFIED: _ClassVar[Liquidity]
    LIQUIDITY_MAKER: _ClassVar[Liquidity]
    LIQUIDITY_TAKER: _ClassVar[Liquidity]

class RejectReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REJECT_REASON_UNSPECIFIED: _ClassVar[RejectReason]
    REJECT_REASON_INSUFFICIENT_FUNDS: _ClassVar[RejectReason]
    REJECT_REASON_UNKNOWN_ORDER: _ClassVar[RejectReason]
    REJECT_REASON_NOT_OWNER: _ClassVar[RejectReason]
    REJECT_REASON_ALREADY_CLOSED: _ClassVar[RejectReason]
    REJECT_REASON_INVALID_QUANTITY: _ClassVar[RejectReason]
    REJECT_REASON_INVALID_PRICE: _ClassVar[RejectReason]
    REJECT_REASON_WOULD_CROSS: _ClassVar[RejectReason]
    REJECT_REASON_UNKNOWN_ACCOUNT: _ClassVar[RejectReason]
    REJECT_REASON_UNKNOWN_SYMBOL: _ClassVar[RejectReason]
    REJECT_REASON_DUPLICATE_ID: _ClassVar[RejectReason]
    REJECT_REASON_NO_LIQUIDITY: _ClassVar[RejectReason]
    REJECT_REASON_OVERFLOW: _ClassVar[RejectReason]
    REJECT_REASON_HALTED: _ClassVar[RejectReason]
    REJECT_REASON_PRICE_BAND: _ClassVar[RejectReason]
    REJECT_REASON_LIMIT_EXCEEDED: _ClassVar[RejectReason]
    REJECT_REASON_CAPACITY: _ClassVar[RejectReason]
    REJECT_REASON_UNKNOWN_CURRENCY: _ClassVar[RejectReason]
    REJECT_REASON_INVALID_AMOUNT: _ClassVar[RejectReason]
    REJECT_REASON_INVALID_COMMAND: _ClassVar[RejectReason]
    REJECT_REASON_INVALID_FEE: _ClassVar[RejectReason]
    REJECT_REASON_SELF_TRADE_PREVENTION: _ClassVar[RejectReason]
    REJECT_REASON_INVALID_STOP_PRICE: _ClassVar[RejectReason]
    REJECT_REASON_INVALID_EXPIRE_TIME: _ClassVar[RejectReason]
    REJECT_REASON_INVALID_DISPLAY_QUANTITY: _ClassVar[RejectReason]
    REJECT_REASON_ACCOUNT_HALTED: _ClassVar[RejectReason]
    REJECT_REASON_LINKED: _ClassVar[RejectReason]
    REJECT_REASON_AUCTION: _ClassVar[RejectReason]
    REJECT_REASON_CANCEL_ALL_AFTER: _ClassVar[RejectReason]
SIDE_UNSPECIFIED: Side
SIDE_BUY: Side
SIDE_SELL: Side
ORDER_TYPE_UNSPECIFIED: OrderType
ORDER_TYPE_LIMIT: OrderType
ORDER_TYPE_MARKET: OrderType
ORDER_TYPE_STOP: OrderType
ORDER_TYPE_STOP_LIMIT: OrderType
ORDER_TYPE_TRAILING_STOP: OrderType
TIME_IN_FORCE_UNSPECIFIED: TimeInForce
TIME_IN_FORCE_GTC: TimeInForce
TIME_IN_FORCE_IOC: TimeInForce
TIME_IN_FORCE_FOK: TimeInForce
TIME_IN_FORCE_GTD: TimeInForce
SELF_TRADE_PREVENTION_UNSPECIFIED: SelfTradePrevention
SELF_TRADE_PREVENTION_NONE: SelfTradePrevention
SELF_TRADE_PREVENTION_CANCEL_TAKER: SelfTradePrevention
SELF_TRADE_PREVENTION_CANCEL_MAKER: SelfTradePrevention
SELF_TRADE_PREVENTION_CANCEL_BOTH: SelfTradePrevention
SELF_TRADE_PREVENTION_DECREMENT: SelfTradePrevention
ORDER_STATUS_UNSPECIFIED: OrderStatus
ORDER_STATUS_NEW: OrderStatus
ORDER_STATUS_PARTIALLY_FILLED: OrderStatus
ORDER_STATUS_FILLED: OrderStatus
ORDER_STATUS_CANCELED: OrderStatus
ORDER_STATUS_REJECTED: OrderStatus
ORDER_STATUS_EXPIRED: OrderStatus
ORDER_STATUS_PENDING: OrderStatus
SYMBOL_STATUS_UNSPECIFIED: SymbolStatus
SYMBOL_STATUS_TRADING: SymbolStatus
SYMBOL_STATUS_CANCEL_ONLY: SymbolStatus
SYMBOL_STATUS_HALTED: SymbolStatus
SYMBOL_STATUS_AUCTION: SymbolStatus
LIQUIDITY_UNSPECIFIED: Liquidity
LIQUIDITY_MAKER: Liquidity
LIQUIDITY_TAKER: Liquidity
REJECT_REASON_UNSPECIFIED: RejectReason
REJECT_REASON_INSUFFICIENT_FUNDS: RejectReason
REJECT_REASON_UNKNOWN_ORDER: RejectReason
REJECT_REASON_NOT_OWNER: RejectReason
REJECT_REASON_ALREADY_CLOSED: RejectReason
REJECT_REASON_INVALID_QUANTITY: RejectReason
REJECT_REASON_INVALID_PRICE: RejectReason
REJECT_REASON_WOULD_CROSS: RejectReason
REJECT_REASON_UNKNOWN_ACCOUNT: RejectReason
REJECT_REASON_UNKNOWN_SYMBOL: RejectReason
REJECT_REASON_DUPLICATE_ID: RejectReason
REJECT_REASON_NO_LIQUIDITY: RejectReason
REJECT_REASON_OVERFLOW: RejectReason
REJECT_REASON_HALTED: RejectReason
REJECT_REASON_PRICE_BAND: RejectReason
REJECT_REASON_LIMIT_EXCEEDED: RejectReason
REJECT_REASON_CAPACITY: RejectReason
REJECT_REASON_UNKNOWN_CURRENCY: RejectReason
REJECT_REASON_INVALID_AMOUNT: RejectReason
REJECT_REASON_INVALID_COMMAND: RejectReason
REJECT_REASON_INVALID_FEE: RejectReason
REJECT_REASON_SELF_TRADE_PREVENTION: RejectReason
REJECT_REASON_INVALID_STOP_PRICE: RejectReason
REJECT_REASON_INVALID_EXPIRE_TIME: RejectReason
REJECT_REASON_INVALID_DISPLAY_QUANTITY: RejectReason
REJECT_REASON_ACCOUNT_HALTED: RejectReason
REJECT_REASON_LINKED: RejectReason
REJECT_REASON_AUCTION: RejectReason
REJECT_REASON_CANCEL_ALL_AFTER: RejectReason

class Currency(_message.Message):
    __slots__ = ("currency_id", "name", "display_name", "scale")
    CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    currency_id: int
    name: str
    display_name: str
    scale: int
    def __init__(self, currency_id: _Optional[int] = ..., name: _Optional[str] = ..., display_name: _Optional[str] = ..., scale: _Optional[int] = ...) -> None: ...

class Symbol(_message.Message):
    __slots__ = ("symbol_id", "name", "base_currency_id", "quote_currency_id", "tick", "lot", "maker_fee_ppm", "taker_fee_ppm", "self_trade_prevention", "status", "quantity_min", "quantity_max", "notional_min", "fee_account_id", "order_fee_ppm_min", "order_fee_ppm_max", "price_band_ppm", "market_protection_ppm", "open_orders_max")
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
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
    symbol_id: int
    name: str
    base_currency_id: int
    quote_currency_id: int
    tick: str
    lot: str
    maker_fee_ppm: int
    taker_fee_ppm: int
    self_trade_prevention: SelfTradePrevention
    status: SymbolStatus
    quantity_min: str
    quantity_max: str
    notional_min: str
    fee_account_id: int
    order_fee_ppm_min: int
    order_fee_ppm_max: int
    price_band_ppm: int
    market_protection_ppm: int
    open_orders_max: int
    def __init__(self, symbol_id: _Optional[int] = ..., name: _Optional[str] = ..., base_currency_id: _Optional[int] = ..., quote_currency_id: _Optional[int] = ..., tick: _Optional[str] = ..., lot: _Optional[str] = ..., maker_fee_ppm: _Optional[int] = ..., taker_fee_ppm: _Optional[int] = ..., self_trade_prevention: _Optional[_Union[SelfTradePrevention, str]] = ..., status: _Optional[_Union[SymbolStatus, str]] = ..., quantity_min: _Optional[str] = ..., quantity_max: _Optional[str] = ..., notional_min: _Optional[str] = ..., fee_account_id: _Optional[int] = ..., order_fee_ppm_min: _Optional[int] = ..., order_fee_ppm_max: _Optional[int] = ..., price_band_ppm: _Optional[int] = ..., market_protection_ppm: _Optional[int] = ..., open_orders_max: _Optional[int] = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ("order_id", "client_order_id", "account_id", "symbol_id", "side", "type", "time_in_force", "price", "quantity", "filled_quantity", "leaves_quantity", "filled_quote", "fee", "stop_price", "display_quantity", "status", "create_time_ns", "update_time_ns", "reject_reason", "trail_amount", "expire_time_ms", "linked_order_id")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TIME_IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    FILLED_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LEAVES_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    FILLED_QUOTE_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    REJECT_REASON_FIELD_NUMBER: _ClassVar[int]
    TRAIL_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_MS_FIELD_NUMBER: _ClassVar[int]
    LINKED_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: int
    client_order_id: int
    account_id: int
    symbol_id: int
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    price: str
    quantity: str
    filled_quantity: str
    leaves_quantity: str
    filled_quote: str
    fee: str
    stop_price: str
    display_quantity: str
    status: OrderStatus
    create_time_ns: int
    update_time_ns: int
    reject_reason: RejectReason
    trail_amount: str
    expire_time_ms: int
    linked_order_id: int
    def __init__(self, order_id: _Optional[int] = ..., client_order_id: _Optional[int] = ..., account_id: _Optional[int] = ..., symbol_id: _Optional[int] = ..., side: _Optional[_Union[Side, str]] = ..., type: _Optional[_Union[OrderType, str]] = ..., time_in_force: _Optional[_Union[TimeInForce, str]] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., filled_quantity: _Optional[str] = ..., leaves_quantity: _Optional[str] = ..., filled_quote: _Optional[str] = ..., fee: _Optional[str] = ..., stop_price: _Optional[str] = ..., display_quantity: _Optional[str] = ..., status: _Optional[_Union[OrderStatus, str]] = ..., create_time_ns: _Optional[int] = ..., update_time_ns: _Optional[int] = ..., reject_reason: _Optional[_Union[RejectReason, str]] = ..., trail_amount: _Optional[str] = ..., expire_time_ms: _Optional[int] = ..., linked_order_id: _Optional[int] = ...) -> None: ...

class Fill(_message.Message):
    __slots__ = ("trade_id", "price", "quantity", "liquidity", "maker_order_id", "taker_order_id", "fee", "fee_currency_id", "time_ns", "symbol_id", "side", "client_order_id", "seq")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LIQUIDITY_FIELD_NUMBER: _ClassVar[int]
    MAKER_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    TAKER_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    FEE_CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    trade_id: int
    price: str
    quantity: str
    liquidity: Liquidity
    maker_order_id: int
    taker_order_id: int
    fee: str
    fee_currency_id: int
    time_ns: int
    symbol_id: int
    side: Side
    client_order_id: int
    seq: int
    def __init__(self, trade_id: _Optional[int] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., liquidity: _Optional[_Union[Liquidity, str]] = ..., maker_order_id: _Optional[int] = ..., taker_order_id: _Optional[int] = ..., fee: _Optional[str] = ..., fee_currency_id: _Optional[int] = ..., time_ns: _Optional[int] = ..., symbol_id: _Optional[int] = ..., side: _Optional[_Union[Side, str]] = ..., client_order_id: _Optional[int] = ..., seq: _Optional[int] = ...) -> None: ...

class Balance(_message.Message):
    __slots__ = ("currency_id", "total", "available", "held")
    CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    currency_id: int
    total: str
    available: str
    held: str
    def __init__(self, currency_id: _Optional[int] = ..., total: _Optional[str] = ..., available: _Optional[str] = ..., held: _Optional[str] = ...) -> None: ...
