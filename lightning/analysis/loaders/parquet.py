"""What came of a stream as Parquet: events, trades, BOOK_EVENT rows, book snapshots by level.

Prices and quantities are exact decimals, times UTC with nanoseconds, codes their names; a file's metadata
keeps its symbol's tick and lot, so that `read_*` gives the same rows back. Events are about any symbol and
stay integers; what a column means for a kind of event stands in lightning/rows.py.
"""

import json
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lightning.analysis.flow import BOOK_EVENT, BookEventKind
from lightning.analysis.loaders.stream import LoadError
from lightning.codes import EventKind, RejectReason, Side
from lightning.decimals import Step, format_steps, parse_step, to_steps
from lightning.engine.views import TRADE_VIEW, Depth
from lightning.instruments import Symbol
from lightning.rows import EVENT
from lightning.storage.export_columns import Decimals, names, times

Rows = npt.NDArray[np.void]
Ints = npt.NDArray[np.int64]

METADATA = b"lightning"
"""Key of a file's own metadata: JSON of its kind, symbol, tick and lot."""
EVENTS = "events"

LEVEL = np.dtype(
    [
        ("time_ns", "<i8"),
        ("seq", "<i8"),
        ("side", "u1"),  # Side
        ("level", "<i4"),  # 1: the best
        ("price", "<i8"),  # ticks
        ("qty", "<i8"),  # lots
        ("orders", "<i8"),
    ]
)
"""One row per level of a book snapshot."""


class Kind(NamedTuple):
    """How rows of a dtype are written: what is not named stays a whole number."""

    name: str
    dtype: np.dtype[np.void]
    codes: Mapping[str, type[IntEnum]]
    prices: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    """Named without their _ns in the file."""
    left_out: tuple[str, ...] = ()


FLOW = Kind(
    name="book events",
    dtype=BOOK_EVENT,
    codes={"kind": BookEventKind, "side": Side},
    prices=("price",),
    quantities=("qty", "delta"),
    times=("time_ns",),
    left_out=("pad",),
)
TRADES = Kind(
    name="trades",
    dtype=TRADE_VIEW,
    codes={"taker_side": Side},
    prices=("price",),
    quantities=("qty",),
    times=("time_ns",),
)
BOOKS = Kind(
    name="books",
    dtype=LEVEL,
    codes={"side": Side},
    prices=("price",),
    quantities=("qty",),
    times=("time_ns",),
)
"""Snapshots by level."""


def write_rows(path: Path | str, rows: Rows, kind: Kind, symbol: Symbol) -> None:
    """Rows of one symbol. Raises OSError; what bears the name is whole."""
    columns: dict[str, pa.Array] = {}
    for name in kind.dtype.names or ():
        if name in kind.left_out:
            continue
        values = np.ascontiguousarray(rows[name])
        if name in kind.prices or name in kind.quantities:
            step = symbol.tick if name in kind.prices else symbol.lot
            columns[name] = Decimals({0: step}).array(values, np.zeros(len(values), np.int64))
        elif name in kind.times:
            columns[name.removesuffix("_ns")] = times(values)
        elif name in kind.codes:
            columns[name] = _named(values, kind.codes[name])
        else:
            columns[name] = pa.array(values)
    steps = {"tick": format_steps(1, symbol.tick), "lot": format_steps(1, symbol.lot)}
    _write(path, pa.table(columns), {"kind": kind.name, "symbol": symbol.name, **steps})


def read_rows(path: Path | str, kind: Kind) -> Rows:
    """The rows that `write_rows` wrote. Raises LoadError."""
    table, about = _read(path, kind.name)
    steps = {**dict.fromkeys(kind.prices, about["tick"]), **dict.fromkeys(kind.quantities, about["lot"])}
    rows = np.zeros(table.num_rows, kind.dtype)
    for name in kind.dtype.names or ():
        if name in kind.left_out:
            continue
        column = table.column(name.removesuffix("_ns") if name in kind.times else name).combine_chunks()
        if name in steps:
            rows[name] = _counts(column, parse_step(steps[name]))
        elif name in kind.codes:
            rows[name] = _numbers(column, kind.codes[name])
        else:
            rows[name] = column.cast(pa.int64()).to_numpy()
    return rows


def trade_rows(commands: Rows, events: Rows) -> Rows:
    """TRADE_VIEW of the TRADE rows among `events`, whose `command` is a row of `commands`."""
    trades = events[events["kind"] == EventKind.TRADE]
    rows = np.zeros(len(trades), TRADE_VIEW)
    for name in ("trade_id", "symbol", "price", "qty", "maker_order_id", "taker_order_id", "seq"):
        rows[name] = trades[name]
    rows["taker_side"] = trades["side"]
    rows["time_ns"] = commands["time_ns"][trades["command"]]
    return rows


def level_rows(depth: Depth, time_ns: int, seq: int) -> Rows:
    """LEVEL of one book snapshot: bids, then asks, best first."""
    rows = np.zeros(len(depth.bids) + len(depth.asks), LEVEL)
    rows["time_ns"], rows["seq"] = time_ns, seq
    rows["side"][len(depth.bids) :] = Side.SELL
    for side, part in ((depth.bids, rows[: len(depth.bids)]), (depth.asks, rows[len(depth.bids) :])):
        part["level"] = np.arange(1, len(side) + 1)
        part["price"], part["qty"], part["orders"] = side.T
    return rows


OF_TRADES = (
    *("fee", "trade_id", "maker_order_id", "maker_client_order_id", "maker_account", "maker_fee"),
    "maker_leaves_qty",
)
OF_MONEY = ("available", "held", "counter_account", "amount")
OF_ORDERS = (
    *("order_qty", "filled_qty", "filled_quote", "filled_fee", "create_time_ns"),
    *("order_type", "order_tif", "order_terms", "amount"),
)
OF_ALL = (
    *("seq", "order_id", "client_order_id", "account", "price", "qty", "leaves_qty", "command", "symbol"),
    *("flags", "currency"),
)
MONEY_KINDS = (EventKind.DEPOSITED, EventKind.WITHDRAWN, EventKind.TRANSFERRED)


def write_events(path: Path | str, events: Rows) -> None:
    """EVENT rows; a column that means nothing for an event's kind is null there. Raises OSError."""
    columns: dict[str, pa.Array] = {
        "kind": _named(events["kind"], EventKind),
        "reason": _named(events["reason"], RejectReason),
        "side": _named(events["side"], Side),
    }
    for name in OF_ALL:
        columns[name] = pa.array(np.ascontiguousarray(events[name]))
    masks = _masks(events["kind"])
    for name in dict.fromkeys((*OF_TRADES, *OF_MONEY, *OF_ORDERS)):
        means = np.logical_or.reduce([mask for group, mask in masks if name in group])
        columns[name] = pa.array(np.ascontiguousarray(events[name]), mask=~means)
    _write(path, pa.table(columns), {"kind": EVENTS})


def read_events(path: Path | str) -> Rows:
    """The EVENT rows that `write_events` wrote. Raises LoadError."""
    table, _ = _read(path, EVENTS)
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    events = np.zeros(table.num_rows, EVENT)
    for name, members in (("kind", EventKind), ("reason", RejectReason), ("side", Side)):
        events[name] = _numbers(columns[name], members)
    for name in OF_ALL:
        events[name] = columns[name].to_numpy()
    for group, mask in _masks(events["kind"]):
        for name in group:
            events[name][mask] = pc.fill_null(columns[name], 0).to_numpy()[mask]
    return events


def _masks(kinds: npt.NDArray[np.uint8]) -> list[tuple[tuple[str, ...], npt.NDArray[np.bool_]]]:
    trades, money = kinds == EventKind.TRADE, np.isin(kinds, MONEY_KINDS)
    return [(OF_TRADES, trades), (OF_MONEY, money), (OF_ORDERS, ~(trades | money))]


def _counts(column: pa.Array, step: Step) -> Ints:
    """How many steps decimals are that were made of whole ones."""
    if pa.types.is_decimal(column.type):
        words = np.frombuffer(column.buffers()[1], np.int64)[2 * column.offset :][: 2 * len(column)]
        low, high = words[::2], words[1::2]
        if (high == low >> 63).all():  # the low word says all
            return np.asarray(low // (step.units * 10 ** (column.type.scale - step.scale)))
    texts = (str(value) for value in column.to_pylist())
    return np.array([to_steps(text, step) for text in texts], np.int64)


def _named(numbers: npt.NDArray[np.uint8], members: type[IntEnum]) -> pa.Array:
    """What codes are called; one that is none of them, as a refused command may have, by its number."""
    known = {int(number): str(number) for number in np.unique(numbers)}
    return names(numbers.astype(np.int64), known | {member.value: member.name for member in members})


def _numbers(column: pa.Array, members: type[IntEnum]) -> Ints:
    known = column.dictionary.to_pylist()
    codes = [int(name) if name.isdigit() else members[name].value for name in known]
    numbers = np.array(codes, np.int64)
    return np.asarray(numbers[column.indices.to_numpy()])


def _write(path: Path | str, table: pa.Table, about: Mapping[str, str]) -> None:
    path = Path(path)
    beside = path.with_name(f"{path.name}.tmp")
    pq.write_table(table.replace_schema_metadata({METADATA: json.dumps(about)}), beside, compression="zstd")
    beside.replace(path)


def _read(path: Path | str, kind: str) -> tuple[pa.Table, dict[str, str]]:
    try:
        table = pq.read_table(path)
    except OSError as error:
        raise LoadError(f"{path}: cannot be read: {error.strerror or error}") from error
    except pa.ArrowException as error:
        raise LoadError(f"{path}: is not a Parquet file: {error}") from error
    about: dict[str, str] = json.loads((table.schema.metadata or {}).get(METADATA, b"{}"))
    if about.get("kind") != kind:
        raise LoadError(
            f"{path}: has no {kind} that were written here, but {about.get('kind', 'other rows')}"
        )
    return table, about
