from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ServerState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SERVER_STATE_UNSPECIFIED: _ClassVar[ServerState]
    SERVER_STATE_SERVING: _ClassVar[ServerState]
    SERVER_STATE_DRAINING: _ClassVar[ServerState]
SERVER_STATE_UNSPECIFIED: ServerState
SERVER_STATE_SERVING: ServerState
SERVER_STATE_DRAINING: ServerState

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
    __slots__ = ("version", "state", "seq", "start_time_ns", "time_ns", "storage")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    START_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    STORAGE_FIELD_NUMBER: _ClassVar[int]
    version: str
    state: ServerState
    seq: int
    start_time_ns: int
    time_ns: int
    storage: Storage
    def __init__(self, version: _Optional[str] = ..., state: _Optional[_Union[ServerState, str]] = ..., seq: _Optional[int] = ..., start_time_ns: _Optional[int] = ..., time_ns: _Optional[int] = ..., storage: _Optional[_Union[Storage, _Mapping]] = ...) -> None: ...

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
