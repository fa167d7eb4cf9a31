"""What callers give, as the wire has it, and back: decimals, times, codes by name."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from operator import index
from typing import Any, Literal, TypeVar

from lightning import codes
from lightning.client.errors import BadRequest
from lightning.pb.v1 import admin_pb2, market_data_pb2
from lightning.pb.v1 import types_pb2 as pb

Amount = Decimal | str | int
"""Money, a price or a quantity, exactly. A float is refused: 0.1 is none of the numbers that it can be."""
Moment = datetime | int
"""A datetime with its time zone, or ms since 1970."""
SideLike = codes.Side | Literal["buy", "sell"]
OrderTypeLike = codes.OrderType | Literal["limit", "market", "stop", "stop_limit", "trailing_stop"]
TimeInForceLike = codes.TimeInForce | Literal["gtc", "ioc", "fok", "gtd"]
SelfTradePreventionLike = (
    codes.SelfTradePrevention
    | Literal["default", "none", "cancel_taker", "cancel_maker", "cancel_both", "decrement"]
)
SymbolStatusLike = codes.SymbolStatus | Literal["trading", "cancel_only", "halted", "auction"]
AccountStatusLike = codes.AccountStatus | Literal["active", "halted"]
Interval = Literal["1s", "1m", "5m", "15m", "1h", "4h", "1d"]

Code = TypeVar("Code", bound=IntEnum)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# decimals


def amount_text(name: str, value: Amount) -> str:
    """Raises TypeError for what is no exact number, BadRequest for what is no number."""
    if isinstance(value, str):
        if not value:
            raise BadRequest.of_field(name, "is empty: leave it out, or give a number")
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise BadRequest.of_field(name, f"must be a number, not {value}")
        return format(value, "f")
    if isinstance(value, bool | float) or not hasattr(value, "__index__"):
        raise TypeError(
            f"{name} must be a Decimal, a str or an int, not {type(value).__name__} {value!r}: "
            "a float is not the decimal number that it looks like"
        )
    return str(index(value))


def amount_text_or_empty(name: str, value: Amount | None) -> str:
    """Empty is "not given" on the wire."""
    return "" if value is None else amount_text(name, value)


def decimal_or_none(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def decimal_or_zero(text: str) -> Decimal:
    return Decimal(text) if text else Decimal()


# times


def time_ms(name: str, value: Moment) -> int:
    if not isinstance(value, datetime):
        return index(value)
    if value.tzinfo is None:
        raise BadRequest.of_field(name, f"must have a time zone, {value} has none")
    return (value - _EPOCH) // timedelta(milliseconds=1)


# codes


def code_of(name: str, members: type[Code], value: Code | str | int) -> Code:
    """One of `members`, which may be given by its name, in small letters or not."""
    try:
        return members[value.upper()] if isinstance(value, str) else members(value)
    except (KeyError, ValueError):
        known = ", ".join(one.name.lower() for one in members)
        raise BadRequest.of_field(name, f"must be one of {known}, not {value!r}") from None


def _numbers(members: type[IntEnum], wire: Any, prefix: str) -> dict[int, int]:
    """Of each member its number on the wire; a member that is "none" or "as by default" is 0."""
    numbers: Mapping[str, int] = dict(wire.items())
    return {one: numbers.get(f"{prefix}_{one.name}", 0) for one in members}


def _read(members: type[Code], numbers: Mapping[int, int]) -> dict[int, Code]:
    return {number: members(one) for one, number in numbers.items()}


SIDES = _numbers(codes.Side, pb.Side, "SIDE")
ORDER_TYPES = _numbers(codes.OrderType, pb.OrderType, "ORDER_TYPE")
TIMES_IN_FORCE = _numbers(codes.TimeInForce, pb.TimeInForce, "TIME_IN_FORCE")
SELF_TRADE_PREVENTIONS = _numbers(codes.SelfTradePrevention, pb.SelfTradePrevention, "SELF_TRADE_PREVENTION")
SYMBOL_STATUSES = _numbers(codes.SymbolStatus, pb.SymbolStatus, "SYMBOL_STATUS")
ACCOUNT_STATUSES = _numbers(codes.AccountStatus, admin_pb2.AccountStatus, "ACCOUNT_STATUS")

SIDE_OF = _read(codes.Side, SIDES)
ORDER_TYPE_OF = _read(codes.OrderType, ORDER_TYPES)
TIME_IN_FORCE_OF = _read(codes.TimeInForce, TIMES_IN_FORCE)
SELF_TRADE_PREVENTION_OF = _read(codes.SelfTradePrevention, SELF_TRADE_PREVENTIONS)
SYMBOL_STATUS_OF = _read(codes.SymbolStatus, SYMBOL_STATUSES)
ACCOUNT_STATUS_OF = _read(codes.AccountStatus, ACCOUNT_STATUSES)
ORDER_STATUS_OF = _read(codes.OrderStatus, _numbers(codes.OrderStatus, pb.OrderStatus, "ORDER_STATUS"))
REJECT_REASON_OF = _read(codes.RejectReason, _numbers(codes.RejectReason, pb.RejectReason, "REJECT_REASON"))


def interval_number(interval: Interval) -> int:
    try:
        return int(market_data_pb2.CandleInterval.Value(f"CANDLE_INTERVAL_{interval.upper()}"))
    except ValueError:
        raise BadRequest.of_field(
            "interval", f"must be one of 1s, 1m, 5m, 15m, 1h, 4h, 1d, not {interval!r}"
        ) from None


def wire_name(wire: Any, number: int) -> str:
    """LEDGER_ENTRY_KIND_TRADE: TRADE. A number that is not known stays one."""
    names = {value: name for name, value in wire.items()}
    prefix: str = names[0].removesuffix("UNSPECIFIED")
    return str(names.get(number, number)).removeprefix(prefix)
