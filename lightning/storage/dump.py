"""The journal in words: one mapping per command or admin change."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from enum import IntEnum

import numpy as np

from lightning.codes import (
    AccountStatus,
    CommandFlag,
    CommandKind,
    OrderType,
    SelfTradePrevention,
    Side,
    SymbolStatus,
    TimeInForce,
)
from lightning.engine.journal import AdminRecord, Batch, Record
from lightning.rows import Command

Line = dict[str, object]

_CODES: Mapping[str, type[IntEnum]] = {
    "kind": CommandKind,
    "side": Side,
    "type": OrderType,
    "tif": TimeInForce,
    "stp": SelfTradePrevention,
}
_STATUSES: Mapping[int, type[IntEnum]] = {
    CommandKind.SET_SYMBOL_STATUS: SymbolStatus,
    CommandKind.SET_ACCOUNT_STATUS: AccountStatus,
}
"""Kinds whose `type` is a status."""
_ORDER_COLUMNS = ("side", "type", "tif")
"""Columns in which zero has a meaning, of an order."""


def dump(records: Iterable[Record], from_seq: int) -> Iterator[Line]:
    """What the records hold from `from_seq` on, in order; columns that are not given are left out."""
    for record in records:
        if isinstance(record, AdminRecord):
            if record.first_seq >= from_seq:
                yield _change(record)
        else:
            yield from _batch(record, from_seq)


def _change(record: AdminRecord) -> Line:
    change = record.change
    return {
        "seq": record.first_seq,
        "time_ns": record.time_ns,
        "kind": type(change).__name__,
        **_given(asdict(change)),
    }


def _given(fields: Mapping[str, object]) -> Line:
    """Without what a change does not say."""
    nested = {name: _given(value) if isinstance(value, dict) else value for name, value in fields.items()}
    return {name: value for name, value in nested.items() if value not in (None, {})}


def _batch(record: Batch, from_seq: int) -> Iterator[Line]:
    first = max(record.first_seq, from_seq)
    if record.state_hash is not None and first == record.first_seq:
        yield {"before_seq": record.first_seq, "state_hash": f"{record.state_hash:016x}"}
    rows = record.rows[first - record.first_seq :].view(np.ndarray)
    for seq, row in enumerate(rows.tolist(), start=first):
        yield {"seq": seq, **_command(Command._make(row))}


def _command(command: Command) -> Line:
    line: Line = {"time_ns": command.time_ns}
    for name, value in command._asdict().items():
        if name == "type" and command.kind in _STATUSES:
            line["status"] = _named(value, _STATUSES[command.kind])
            continue
        is_order = command.kind == CommandKind.PLACE and name in _ORDER_COLUMNS
        if name == "time_ns" or (value == 0 and not is_order):
            continue
        line[name] = _flags(value) if name == "flags" else _named(value, _CODES.get(name))
    return line


def _named(value: int, codes: type[IntEnum] | None) -> int | str:
    """A code's name, where it has one."""
    return value if codes is None or value not in codes.__members__.values() else codes(value).name


def _flags(value: int) -> str:
    names = [flag.name for flag in CommandFlag if value & flag]
    rest = value & ~sum(CommandFlag)
    return "|".join(names + ([hex(rest)] if rest else []))
