"""Bulk order entry: CommandBatch to COMMAND rows, EVENT rows to the bytes of EventBatches."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from lightning.codes import CommandFlag, CommandKind, EventKind
from lightning.pb.v1 import order_entry_pb2 as pb
from lightning.rows import COMMAND

WHOLE_BATCH = -1
"""The row of an error that is about no single one."""
EVENTS_PER_MESSAGE = 24_576
"""3 MiB of rows: clients take messages of 4 MiB, unless they are told to take larger ones."""
KINDS = (
    CommandKind.PLACE,
    CommandKind.CANCEL,
    CommandKind.AMEND,
    CommandKind.CANCEL_ALL,
    CommandKind.DEPOSIT,
    CommandKind.WITHDRAW,
    CommandKind.TRANSFER,
    CommandKind.CANCEL_ALL_AFTER,
)
NOT_FOR_CLIENTS = CommandFlag.EVERY_ACCOUNT | CommandFlag.SHARED_ID
ORDER_KINDS = (
    EventKind.ACCEPTED,
    EventKind.CANCELED,
    EventKind.AMENDED,
    EventKind.EXPIRED,
    EventKind.TRIGGERED,
    EventKind.REDUCED,
)
BALANCE_KINDS = (EventKind.DEPOSITED, EventKind.WITHDRAWN, EventKind.TRANSFERRED)
TRADE_COLUMNS = (
    "fee",
    "trade_id",
    "maker_order_id",
    "maker_client_order_id",
    "maker_account",
    "maker_fee",
    "maker_leaves_qty",
)
ORDER_COLUMNS = (
    "order_qty",
    "filled_qty",
    "filled_quote",
    "filled_fee",
    "order_type",
    "order_tif",
    "order_terms",
)
BALANCE_COLUMNS = ("available", "held", "counter_account")


class BadBatch(Exception):
    """The batch cannot be read; `field` is `rows` or a column's name, `row` counts from 0."""

    def __init__(self, field: str, row: int, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.row = row


def _table(kinds: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Which of all byte values are in `kinds`."""
    table = np.zeros(256, np.bool_)
    table[list(kinds)] = True
    return table


_FOR_CLIENTS = _table(KINDS)


def read_batch(batch: pb.CommandBatch) -> np.ndarray:
    """COMMAND rows, which may share the message's memory. Rows that no client may send have kind NONE.

    Raises BadBatch.
    """
    columns = batch.columns if batch.HasField("columns") else None
    if columns is None:
        rows = _rows_of_bytes(batch.rows)
    elif batch.rows:
        raise BadBatch("rows", WHOLE_BATCH, "rows and columns must not both be given")
    else:
        rows = _rows_of_columns(columns)
    if len(rows) == 0:
        return rows
    if rows["kind"][0] == CommandKind.PLACE and rows["flags"][0] & CommandFlag.ONE_CANCELS_OTHER:
        raise BadBatch("flags", 0, "flags must not say ONE_CANCELS_OTHER in a batch's first row")
    last = len(rows) - 1
    if rows["kind"][last] == CommandKind.TRANSFER and rows["flags"][last] & CommandFlag.LINKED:
        raise BadBatch("flags", last, "flags must not say LINKED in a batch's last row")
    allowed = _FOR_CLIENTS[rows["kind"]] & (rows["flags"] & NOT_FOR_CLIENTS == 0)
    if not allowed.all():
        rows = rows.copy()
        rows["kind"][~allowed] = CommandKind.NONE
    return rows


def _rows_of_bytes(data: bytes) -> np.ndarray:
    size = COMMAND.itemsize
    if len(data) % size != 0:
        raise BadBatch("rows", len(data) // size, f"rows must be a multiple of {size} bytes, not {len(data)}")
    return np.frombuffer(data, COMMAND)


def _rows_of_columns(columns: pb.CommandColumns) -> np.ndarray:
    given = [(field.name, np.array(values, np.int64)) for field, values in columns.ListFields()]
    count = len(columns.kind)
    rows = np.zeros(count, COMMAND)
    for name, values in given:
        if len(values) != count:
            raise BadBatch(
                name, WHOLE_BATCH, f"{name} must have {count} values, as kind has, not {len(values)}"
            )
        limits = np.iinfo(COMMAND[name])
        outside = (values < limits.min) | (values > limits.max)
        if outside.any():
            row = int(outside.argmax())
            raise BadBatch(
                name, row, f"{name} must be {limits.min} to {limits.max}, not {values[row]}, in row {row}"
            )
        rows[name] = values
    return rows


def refused(batch_id: int, error: BadBatch) -> bytes:
    """The answer to a batch that cannot be read."""
    detail = pb.BatchError(field=error.field, row=error.row, message=str(error))
    return pb.EventBatch(batch_id=batch_id, error=detail).SerializeToString()


def answers(batch_id: int, time_ns: int, events: np.ndarray, as_columns: bool) -> Iterator[bytes]:
    """The EventBatches of a batch, serialised; at least one."""
    encode = _columns if as_columns else _rows
    for first in range(0, max(len(events), 1), EVENTS_PER_MESSAGE):
        more = first + EVENTS_PER_MESSAGE < len(events)
        head = pb.EventBatch(batch_id=batch_id, time_ns=time_ns, more=more).SerializeToString()
        yield b"".join((head, *encode(events[first : first + EVENTS_PER_MESSAGE])))


def _rows(events: np.ndarray) -> list[bytes | memoryview]:
    return list(_field(pb.EventBatch.ROWS_FIELD_NUMBER, np.ascontiguousarray(events)))


def _columns(events: np.ndarray) -> list[bytes | memoryview]:
    """A message of columns is the sequence of its columns; fixed-width ones go as they are."""
    parts: list[bytes | memoryview] = []
    kind = events["kind"]
    only_of = {
        **dict.fromkeys(TRADE_COLUMNS, kind == EventKind.TRADE),
        **dict.fromkeys(ORDER_COLUMNS, _table(ORDER_KINDS)[kind]),
        **dict.fromkeys(BALANCE_COLUMNS, _table(BALANCE_KINDS)[kind]),
        "create_time_ns": _table((*ORDER_KINDS, EventKind.CANCEL_ALL_AFTER_SET))[kind],
        "amount": kind != EventKind.TRADE,
    }
    for name, number in _EVENT_COLUMNS.items():
        values = events[name]
        if name in only_of:
            values = np.where(only_of[name], values, values.dtype.type(0))
        if values.any():
            parts += _field(number, np.ascontiguousarray(values))
    size = sum(len(part) for part in parts)
    return [_head(pb.EventBatch.COLUMNS_FIELD_NUMBER, size), *parts]


_EVENT_COLUMNS: Mapping[str, int] = {field.name: field.number for field in pb.EventColumns.DESCRIPTOR.fields}
"""Bytes are below 128 in every column: as varints they are themselves."""


def _field(number: int, values: np.ndarray) -> tuple[bytes, memoryview]:
    """A length-delimited field: its tag and length, and what it holds."""
    data = values.view(np.uint8).data
    return _head(number, len(data)), data


def _head(number: int, size: int) -> bytes:
    length_delimited = 2
    return _varint(number << 3 | length_delimited) + _varint(size)


def _varint(value: int) -> bytes:
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)
