from lightning.pb.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetAccountRequest(_message.Message):
    __slots__ = ("account_id",)
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    def __init__(self, account_id: _Optional[int] = ...) -> None: ...

class Account(_message.Message):
    __slots__ = ("account_id", "balances", "seq")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    BALANCES_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    balances: _containers.RepeatedCompositeFieldContainer[_types_pb2.Balance]
    seq: int
    def __init__(self, account_id: _Optional[int] = ..., balances: _Optional[_Iterable[_Union[_types_pb2.Balance, _Mapping]]] = ..., seq: _Optional[int] = ...) -> None: ...

class DepositRequest(_message.Message):
    __slots__ = ("account_id", "currency_id", "amount", "request_id")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    currency_id: int
    amount: str
    request_id: int
    def __init__(self, account_id: _Optional[int] = ..., currency_id: _Optional[int] = ..., amount: _Optional[str] = ..., request_id: _Optional[int] = ...) -> None: ...

class WithdrawRequest(_message.Message):
    __slots__ = ("account_id", "currency_id", "amount", "request_id")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    currency_id: int
    amount: str
    request_id: int
    def __init__(self, account_id: _Optional[int] = ..., currency_id: _Optional[int] = ..., amount: _Optional[str] = ..., request_id: _Optional[int] = ...) -> None: ...

class BalanceChange(_message.Message):
    __slots__ = ("balance", "seq")
    BALANCE_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    balance: _types_pb2.Balance
    seq: int
    def __init__(self, balance: _Optional[_Union[_types_pb2.Balance, _Mapping]] = ..., seq: _Optional[int] = ...) -> None: ...

class TransferRequest(_message.Message):
    __slots__ = ("from_account_id", "to_account_id", "currency_id", "amount", "request_id")
    FROM_ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    TO_ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    from_account_id: int
    to_account_id: int
    currency_id: int
    amount: str
    request_id: int
    def __init__(self, from_account_id: _Optional[int] = ..., to_account_id: _Optional[int] = ..., currency_id: _Optional[int] = ..., amount: _Optional[str] = ..., request_id: _Optional[int] = ...) -> None: ...

class TransferResponse(_message.Message):
    __slots__ = ("balance", "seq")
    BALANCE_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    balance: _types_pb2.Balance
    seq: int
    def __init__(self, balance: _Optional[_Union[_types_pb2.Balance, _Mapping]] = ..., seq: _Optional[int] = ...) -> None: ...
