"""The codes of rows and the enums of `lightning.v1`, by name, both ways."""

from collections.abc import Mapping
from enum import IntEnum
from typing import TypeVar

from lightning import codes
from lightning.kernels.candles_layout import Interval
from lightning.pb.v1 import accounts_pb2, admin_pb2, market_data_pb2
from lightning.pb.v1 import types_pb2 as pb
from lightning.server.errors import BadField
from lightning.storage.history.entries import EntryKind

Wire = TypeVar("Wire", bound=int)


def _table(members: type[IntEnum], wire: type[Wire], prefix: str, *absent: IntEnum) -> dict[int, Wire]:
    values: Mapping[str, Wire] = dict(wire.items())  # type: ignore[attr-defined]
    return {member: values[f"{prefix}_{member.name}"] for member in members if member not in absent}


SIDES = _table(codes.Side, pb.Side, "SIDE")
ORDER_TYPES = _table(codes.OrderType, pb.OrderType, "ORDER_TYPE")
TIMES_IN_FORCE = _table(codes.TimeInForce, pb.TimeInForce, "TIME_IN_FORCE")
ORDER_STATUSES = _table(codes.OrderStatus, pb.OrderStatus, "ORDER_STATUS")
SYMBOL_STATUSES = _table(codes.SymbolStatus, pb.SymbolStatus, "SYMBOL_STATUS")
ACCOUNT_STATUSES = _table(codes.AccountStatus, admin_pb2.AccountStatus, "ACCOUNT_STATUS")
SELF_TRADE_PREVENTIONS = _table(
    codes.SelfTradePrevention,
    pb.SelfTradePrevention,
    "SELF_TRADE_PREVENTION",
    codes.SelfTradePrevention.DEFAULT,
)
REJECT_REASONS = _table(codes.RejectReason, pb.RejectReason, "REJECT_REASON", codes.RejectReason.NONE)
REJECT_REASONS[codes.RejectReason.NONE] = pb.REJECT_REASON_UNSPECIFIED
LEDGER_ENTRY_KINDS = _table(EntryKind, accounts_pb2.LedgerEntryKind, "LEDGER_ENTRY_KIND")

_SIDES_READ: Mapping[int, codes.Side] = {number: codes.Side(side) for side, number in SIDES.items()}
_ORDER_TYPES_READ: Mapping[int, codes.OrderType] = {
    number: codes.OrderType(order_type) for order_type, number in ORDER_TYPES.items()
}
_TIMES_IN_FORCE_READ: Mapping[int, codes.TimeInForce] = {
    number: codes.TimeInForce(tif) for tif, number in TIMES_IN_FORCE.items()
}
_SELF_TRADE_PREVENTIONS_READ: Mapping[int, codes.SelfTradePrevention] = {
    int(pb.SELF_TRADE_PREVENTION_UNSPECIFIED): codes.SelfTradePrevention.DEFAULT
} | {number: codes.SelfTradePrevention(mode) for mode, number in SELF_TRADE_PREVENTIONS.items()}
_SYMBOL_STATUSES_READ: Mapping[int, codes.SymbolStatus] = {
    number: codes.SymbolStatus(status) for status, number in SYMBOL_STATUSES.items()
}
_ACCOUNT_STATUSES_READ: Mapping[int, codes.AccountStatus] = {
    number: codes.AccountStatus(status) for status, number in ACCOUNT_STATUSES.items()
}

_INTERVALS_READ: Mapping[int, Interval] = {
    market_data_pb2.CANDLE_INTERVAL_1S: Interval.SECOND,
    market_data_pb2.CANDLE_INTERVAL_1M: Interval.MINUTE,
    market_data_pb2.CANDLE_INTERVAL_5M: Interval.MINUTES_5,
    market_data_pb2.CANDLE_INTERVAL_15M: Interval.MINUTES_15,
    market_data_pb2.CANDLE_INTERVAL_1H: Interval.HOUR,
    market_data_pb2.CANDLE_INTERVAL_4H: Interval.HOURS_4,
    market_data_pb2.CANDLE_INTERVAL_1D: Interval.DAY,
}

Code = TypeVar("Code", bound=IntEnum)


def _read(field: str, number: int, table: Mapping[int, Code], wire: type[int]) -> Code:
    code = table.get(number)
    if code is None:
        names: dict[int, str] = {value: name for name, value in wire.items()}  # type: ignore[attr-defined]
        allowed = ", ".join(names[one] for one in table)
        raise BadField(field, f"must be one of {allowed}; {names.get(number, number)} is not supported")
    return code


def read_side(field: str, number: int) -> codes.Side:
    return _read(field, number, _SIDES_READ, pb.Side)


def read_order_type(field: str, number: int) -> codes.OrderType:
    return _read(field, number, _ORDER_TYPES_READ, pb.OrderType)


def read_time_in_force(field: str, number: int) -> codes.TimeInForce:
    return _read(field, number, _TIMES_IN_FORCE_READ, pb.TimeInForce)


def read_self_trade_prevention(field: str, number: int) -> codes.SelfTradePrevention:
    return _read(field, number, _SELF_TRADE_PREVENTIONS_READ, pb.SelfTradePrevention)


def read_symbol_status(field: str, number: int) -> codes.SymbolStatus:
    return _read(field, number, _SYMBOL_STATUSES_READ, pb.SymbolStatus)


def read_account_status(field: str, number: int) -> codes.AccountStatus:
    return _read(field, number, _ACCOUNT_STATUSES_READ, admin_pb2.AccountStatus)


def read_interval(field: str, number: int) -> Interval:
    return _read(field, number, _INTERVALS_READ, market_data_pb2.CandleInterval)
