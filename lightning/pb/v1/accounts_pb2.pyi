from lightning.pb.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LedgerEntryKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEDGER_ENTRY_KIND_UNSPECIFIED: _ClassVar[LedgerEntryKind]
    LEDGER_ENTRY_KIND_DEPOSIT: _ClassVar[LedgerEntryKind]
    LEDGER_ENTRY_KIND_WITHDRAWAL: _ClassVar[LedgerEntryKind]
    LEDGER_ENTRY_KIND_TRANSFER_IN: _ClassVar[LedgerEntryKind]
    LEDGER_ENTRY_KIND_TRANSFER_OUT: _ClassVar[LedgerEntryKind]
    LEDGER_ENTRY_KIND_TRADE: _ClassVar[LedgerEntryKind]
    LEDGER_ENTRY_KIND_FEE: _ClassVar[LedgerEntryKind]
    LEDGER_ENTRY_KIND_FEE_INCOME: _ClassVar[LedgerEntryKind]
    LEDGER_ENTRY_KIND_CARRIED_FORWARD: _ClassVar[LedgerEntryKind]
LEDGER_ENTRY_KIND_UNSPECIFIED: LedgerEntryKind
LEDGER_ENTRY_KIND_DEPOSIT: LedgerEntryKind
LEDGER_ENTRY_KIND_WITHDRAWAL: LedgerEntryKind
LEDGER_ENTRY_KIND_TRANSFER_IN: LedgerEntryKind
LEDGER_ENTRY_KIND_TRANSFER_OUT: LedgerEntryKind
LEDGER_ENTRY_KIND_TRADE: LedgerEntryKind
LEDGER_ENTRY_KIND_FEE: LedgerEntryKind
LEDGER_ENTRY_KIND_FEE_INCOME: LedgerEntryKind
LEDGER_ENTRY_KIND_CARRIED_FORWARD: LedgerEntryKind

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

class TransferOfBatch(_message.Message):
    __slots__ = ("from_account_id", "to_account_id", "currency_id", "amount")
    FROM_ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    TO_ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    from_account_id: int
    to_account_id: int
    currency_id: int
    amount: str
    def __init__(self, from_account_id: _Optional[int] = ..., to_account_id: _Optional[int] = ..., currency_id: _Optional[int] = ..., amount: _Optional[str] = ...) -> None: ...

class TransferBatchRequest(_message.Message):
    __slots__ = ("transfers", "request_id")
    TRANSFERS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    transfers: _containers.RepeatedCompositeFieldContainer[TransferOfBatch]
    request_id: int
    def __init__(self, transfers: _Optional[_Iterable[_Union[TransferOfBatch, _Mapping]]] = ..., request_id: _Optional[int] = ...) -> None: ...

class TransferBatchResponse(_message.Message):
    __slots__ = ("seq", "balances")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    BALANCES_FIELD_NUMBER: _ClassVar[int]
    seq: int
    balances: _containers.RepeatedCompositeFieldContainer[_types_pb2.Balance]
    def __init__(self, seq: _Optional[int] = ..., balances: _Optional[_Iterable[_Union[_types_pb2.Balance, _Mapping]]] = ...) -> None: ...

class ListLedgerEntriesRequest(_message.Message):
    __slots__ = ("account_id", "currency_id", "page_size", "page_token", "newest_first")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NEWEST_FIRST_FIELD_NUMBER: _ClassVar[int]
    account_id: int
    currency_id: int
    page_size: int
    page_token: str
    newest_first: bool
    def __init__(self, account_id: _Optional[int] = ..., currency_id: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., newest_first: _Optional[bool] = ...) -> None: ...

class LedgerEntry(_message.Message):
    __slots__ = ("seq", "time_ns", "kind", "currency_id", "amount", "symbol_id", "trade_id", "order_id", "counter_account_id")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_ID_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    COUNTER_ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time_ns: int
    kind: LedgerEntryKind
    currency_id: int
    amount: str
    symbol_id: int
    trade_id: int
    order_id: int
    counter_account_id: int
    def __init__(self, seq: _Optional[int] = ..., time_ns: _Optional[int] = ..., kind: _Optional[_Union[LedgerEntryKind, str]] = ..., currency_id: _Optional[int] = ..., amount: _Optional[str] = ..., symbol_id: _Optional[int] = ..., trade_id: _Optional[int] = ..., order_id: _Optional[int] = ..., counter_account_id: _Optional[int] = ...) -> None: ...

class ListLedgerEntriesResponse(_message.Message):
    __slots__ = ("entries", "next_page_token", "seq")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[LedgerEntry]
    next_page_token: str
    seq: int
    def __init__(self, entries: _Optional[_Iterable[_Union[LedgerEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., seq: _Optional[int] = ...) -> None: ...
