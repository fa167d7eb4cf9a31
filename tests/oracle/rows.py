"""EVENT rows of the oracle: made byte by byte, so that columns which share bytes always agree."""

import struct
from collections.abc import Sequence
from enum import IntEnum

import numpy as np

from lightning.codes import EventFlag, EventKind, RejectReason
from lightning.rows import EVENT, Command, Event
from tests.oracle.book import Order

PACK = struct.Struct("<14q2i4Bi").pack
"""The first 21 columns of EVENT in their order; the other columns are the same bytes."""

FLAGS_OFFSET = 123
COMMAND_AT = struct.Struct("<i")
COMMAND_OFFSET = 112

Rows = np.ndarray[tuple[int], np.dtype[np.void]]


def order_row(
    kind: EventKind,
    seq: int,
    order: Order,
    *,
    qty: int,
    amount: int = 0,
    currency: int = 0,
    reason: RejectReason = RejectReason.NONE,
    flags: int = 0,
    terms: int = 0,
) -> bytes:
    """ACCEPTED, CANCELED, EXPIRED, REDUCED, AMENDED, TRIGGERED: the order's state after the event."""
    return PACK(
        seq,
        order.order_id,
        order.client_order_id,
        order.account,
        order.price,
        qty,
        order.open_qty,
        order.order_qty,
        order.filled_qty,
        order.filled_quote,
        order.fee,
        order.create_time_ns,
        order.type | order.tif << 8 | terms << 16,
        amount,
        0,
        order.symbol,
        kind,
        reason,
        order.side,
        flags,
        currency,
    )


def trade_row(
    seq: int,
    trade_id: int,
    taker: Order,
    maker: Order,
    price: int,
    qty: int,
    fee: int,
    maker_fee: int,
    flags: int,
) -> bytes:
    """Both orders as they are after the trade."""
    return PACK(
        seq,
        taker.order_id,
        taker.client_order_id,
        taker.account,
        price,
        qty,
        taker.open_qty,
        fee,
        trade_id,
        maker.order_id,
        maker.client_order_id,
        maker.account,
        maker_fee,
        maker.open_qty,
        0,
        taker.symbol,
        EventKind.TRADE,
        0,
        taker.side,
        flags,
        0,
    )


def rejected_row(seq: int, command: Command, reason: RejectReason) -> bytes:
    return PACK(
        seq,
        command.order_id,
        command.client_order_id,
        command.account,
        command.price,
        command.qty,
        *[0] * 5,
        command.time_ns,
        *[0] * 3,
        command.symbol,
        EventKind.REJECTED,
        reason,
        command.side,
        0,
        0,
    )


def money_row(
    kind: EventKind, seq: int, command: Command, available: int, held: int, counter_account: int
) -> bytes:
    return PACK(
        seq,
        0,
        0,
        command.account,
        0,
        0,
        0,
        0,
        0,
        available,
        held,
        counter_account,
        0,
        command.amount,
        0,
        0,
        kind,
        0,
        0,
        0,
        command.currency,
    )


def plain_row(
    kind: EventKind,
    seq: int,
    *,
    account: int = 0,
    symbol: int = 0,
    price: int = 0,
    qty: int = 0,
    create_time_ns: int = 0,
) -> bytes:
    """Rows that are about no order and move no money."""
    return PACK(seq, 0, 0, account, price, qty, *[0] * 5, create_time_ns, *[0] * 3, symbol, kind, 0, 0, 0, 0)


def cancel_all_done_row(seq: int, command: Command, count: int) -> bytes:
    return plain_row(
        EventKind.CANCEL_ALL_DONE, seq, account=command.account, symbol=command.symbol, qty=count
    )


def uncrossed_row(seq: int, symbol: int, price: int, qty: int) -> bytes:
    return plain_row(EventKind.UNCROSSED, seq, symbol=symbol, price=price, qty=qty)


def at_command(row: bytes, command: int, flags: int = 0) -> bytes:
    """The row as answer to the submission's command number `command`, with `flags` added."""
    changed = bytearray(row)
    COMMAND_AT.pack_into(changed, COMMAND_OFFSET, command)
    changed[FLAGS_OFFSET] |= flags
    return bytes(changed)


def own_rows(rows: Sequence[bytes]) -> list[bytes]:
    """Those of the command itself: what was due before it, and what it set off, is left out."""
    return [row for row in rows if not row[FLAGS_OFFSET] & EventFlag.CONSEQUENCE]


def to_array(rows: Sequence[bytes]) -> Rows:
    return np.frombuffer(b"".join(rows), EVENT)


def to_events(rows: Rows) -> list[Event]:
    return [Event._make(row) for row in rows.tolist()]


def join_rows(parts: Sequence[Rows]) -> Rows:
    """COMMAND or EVENT rows in one array. `np.concatenate` would lay the columns out anew."""
    return np.concatenate([part.view("V128") for part in parts]).view(parts[0].dtype)


def rows_equal(a: Rows, b: Rows) -> bool:
    """Whether two arrays of EVENT (or COMMAND) rows are the same, to the last byte."""
    return len(a) == len(b) and a.tobytes() == b.tobytes()


BASE_COLUMNS = Event._fields[:21]
OF_TRADE = {"order_id": "taker_order_id", "amount": "maker_leaves_qty"}
OF_MONEY = {
    "maker_order_id": "available",
    "maker_client_order_id": "held",
    "maker_account": "counter_account",
}
OF_ORDER = {
    "fee": "order_qty",
    "trade_id": "filled_qty",
    "maker_order_id": "filled_quote",
    "maker_client_order_id": "filled_fee",
    "maker_account": "create_time_ns",
    "maker_fee": "order_type + 256 * order_tif + 65536 * order_terms",
}
ALIASES: dict[int, dict[str, str]] = {
    EventKind.TRADE: OF_TRADE,
    EventKind.ACCEPTED: OF_ORDER,
    EventKind.CANCELED: OF_ORDER,
    EventKind.REDUCED: OF_ORDER,
    EventKind.AMENDED: OF_ORDER,
    EventKind.EXPIRED: OF_ORDER,
    EventKind.TRIGGERED: OF_ORDER,
    EventKind.DEPOSITED: OF_MONEY,
    EventKind.WITHDRAWN: OF_MONEY,
    EventKind.TRANSFERRED: OF_MONEY,
}
NO_ALIASES: dict[str, str] = {}


def describe(row: np.void) -> str:
    """An EVENT row in words: its kind and the columns that are not zero."""
    values = dict(zip(Event._fields, row.tolist(), strict=True))
    names = ALIASES.get(values["kind"], NO_ALIASES)
    shown = [name for name in BASE_COLUMNS if values[name] and name not in ("kind", "reason")]
    words = [code_name(EventKind, values["kind"])]
    words += [f"{names.get(name, name)}={values[name]}" for name in shown]
    if values["reason"]:
        words.append(code_name(RejectReason, values["reason"]))
    return " ".join(words)


def code_name(codes: type[IntEnum], value: int) -> str:
    return codes(value).name if value in list(codes) else f"{codes.__name__} {value}"


def describe_difference(expected: Rows, got: Rows) -> str:
    """The first row in which two answers differ, its columns named; '' if there is none."""
    for i in range(max(len(expected), len(got))):
        if i >= len(got):
            return f"row {i} is missing\n  expected {describe(expected[i])}"
        if i >= len(expected):
            return f"row {i} is too much\n  got      {describe(got[i])}"
        if expected[i].tobytes() == got[i].tobytes():
            continue
        names = ALIASES.get(int(expected[i]["kind"]), NO_ALIASES)
        columns = [
            f"{names.get(name, name)}: expected {expected[i][name]} got {got[i][name]}"
            for name in BASE_COLUMNS
            if expected[i][name] != got[i][name]
        ]
        both = f"  expected {describe(expected[i])}\n  got      {describe(got[i])}"
        return f"row {i} differs in {'; '.join(columns)}\n{both}"
    return ""
