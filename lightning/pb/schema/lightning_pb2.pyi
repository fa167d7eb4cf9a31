from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIMIT: _ClassVar[Type]
    MARKET: _ClassVar[Type]

class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BID: _ClassVar[Side]
    ASK: _ClassVar[Side]
LIMIT: Type
MARKET: Type
BID: Side
ASK: Side

class Balance(_message.Message):
    __slots__ = ("currency", "value", "frozen", "available")
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    currency: str
    value: str
    frozen: str
    available: str
    def __init__(self, currency: _Optional[str] = ..., value: _Optional[str] = ..., frozen: _Optional[str] = ..., available: _Optional[str] = ...) -> None: ...

class GetAccountRequest(_message.Message):
    __slots__ = ("accountId", "currencyId")
    ACCOUNTID_FIELD_NUMBER: _ClassVar[int]
    CURRENCYID_FIELD_NUMBER: _ClassVar[int]
    accountId: int
    currencyId: int
    def __init__(self, accountId: _Optional[int] = ..., currencyId: _Optional[int] = ...) -> None: ...

class GetAccountResponse(_message.Message):
    __slots__ = ("code", "message", "data")
    class DataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: Balance
        def __init__(self, key: _Optional[int] = ..., value: _Optional[_Union[Balance, _Mapping]] = ...) -> None: ...
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    data: _containers.MessageMap[int, Balance]
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ..., data: _Optional[_Mapping[int, Balance]] = ...) -> None: ...

class IncreaseRequest(_message.Message):
    __slots__ = ("requestId", "accountId", "currencyId", "amount")
    REQUESTID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTID_FIELD_NUMBER: _ClassVar[int]
    CURRENCYID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    requestId: int
    accountId: int
    currencyId: int
    amount: str
    def __init__(self, requestId: _Optional[int] = ..., accountId: _Optional[int] = ..., currencyId: _Optional[int] = ..., amount: _Optional[str] = ...) -> None: ...

class IncreaseResponse(_message.Message):
    __slots__ = ("code", "message", "data")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    data: Balance
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ..., data: _Optional[_Union[Balance, _Mapping]] = ...) -> None: ...

class DecreaseRequest(_message.Message):
    __slots__ = ("requestId", "accountId", "currencyId", "amount")
    REQUESTID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTID_FIELD_NUMBER: _ClassVar[int]
    CURRENCYID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    requestId: int
    accountId: int
    currencyId: int
    amount: str
    def __init__(self, requestId: _Optional[int] = ..., accountId: _Optional[int] = ..., currencyId: _Optional[int] = ..., amount: _Optional[str] = ...) -> None: ...

class DecreaseResponse(_message.Message):
    __slots__ = ("code", "message", "data")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    data: Balance
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ..., data: _Optional[_Union[Balance, _Mapping]] = ...) -> None: ...

class PlaceOrderRequest(_message.Message):
    __slots__ = ("requestId", "symbolId", "accountId", "type", "side", "price", "quantity", "volume", "takerRate", "makerRate")
    REQUESTID_FIELD_NUMBER: _ClassVar[int]
    SYMBOLID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    TAKERRATE_FIELD_NUMBER: _ClassVar[int]
    MAKERRATE_FIELD_NUMBER: _ClassVar[int]
    requestId: int
    symbolId: int
    accountId: int
    type: Type
    side: Side
    price: str
    quantity: str
    volume: str
    takerRate: int
    makerRate: int
    def __init__(self, requestId: _Optional[int] = ..., symbolId: _Optional[int] = ..., accountId: _Optional[int] = ..., type: _Optional[_Union[Type, str]] = ..., side: _Optional[_Union[Side, str]] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., volume: _Optional[str] = ..., takerRate: _Optional[int] = ..., makerRate: _Optional[int] = ...) -> None: ...

class PlaceOrderResponse(_message.Message):
    __slots__ = ("code", "message", "id")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    id: int
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ..., id: _Optional[int] = ...) -> None: ...

class PriceLevel(_message.Message):
    __slots__ = ("price", "quantity")
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    price: str
    quantity: str
    def __init__(self, price: _Optional[str] = ..., quantity: _Optional[str] = ...) -> None: ...

class GetOrderBookRequest(_message.Message):
    __slots__ = ("requestId", "symbolId", "levels")
    REQUESTID_FIELD_NUMBER: _ClassVar[int]
    SYMBOLID_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    requestId: int
    symbolId: int
    levels: int
    def __init__(self, requestId: _Optional[int] = ..., symbolId: _Optional[int] = ..., levels: _Optional[int] = ...) -> None: ...

class GetOrderBookResponse(_message.Message):
    __slots__ = ("code", "message", "symbolId", "bids", "asks", "bestBid", "bestAsk", "spread", "timestamp")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SYMBOLID_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    ASKS_FIELD_NUMBER: _ClassVar[int]
    BESTBID_FIELD_NUMBER: _ClassVar[int]
    BESTASK_FIELD_NUMBER: _ClassVar[int]
    SPREAD_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    symbolId: int
    bids: _containers.RepeatedCompositeFieldContainer[PriceLevel]
    asks: _containers.RepeatedCompositeFieldContainer[PriceLevel]
    bestBid: str
    bestAsk: str
    spread: str
    timestamp: int
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ..., symbolId: _Optional[int] = ..., bids: _Optional[_Iterable[_Union[PriceLevel, _Mapping]]] = ..., asks: _Optional[_Iterable[_Union[PriceLevel, _Mapping]]] = ..., bestBid: _Optional[str] = ..., bestAsk: _Optional[str] = ..., spread: _Optional[str] = ..., timestamp: _Optional[int] = ...) -> None: ...

class CancelOrderRequest(_message.Message):
    __slots__ = ("requestId", "symbolId", "accountId", "orderId")
    REQUESTID_FIELD_NUMBER: _ClassVar[int]
    SYMBOLID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTID_FIELD_NUMBER: _ClassVar[int]
    ORDERID_FIELD_NUMBER: _ClassVar[int]
    requestId: int
    symbolId: int
    accountId: int
    orderId: int
    def __init__(self, requestId: _Optional[int] = ..., symbolId: _Optional[int] = ..., accountId: _Optional[int] = ..., orderId: _Optional[int] = ...) -> None: ...

class CancelOrderResponse(_message.Message):
    __slots__ = ("code", "message", "orderId", "cancelledQuantity", "refundAmount")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ORDERID_FIELD_NUMBER: _ClassVar[int]
    CANCELLEDQUANTITY_FIELD_NUMBER: _ClassVar[int]
    REFUNDAMOUNT_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    orderId: int
    cancelledQuantity: str
    refundAmount: str
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ..., orderId: _Optional[int] = ..., cancelledQuantity: _Optional[str] = ..., refundAmount: _Optional[str] = ...) -> None: ...
