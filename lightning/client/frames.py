"""Dataframes to COMMAND rows and back, column by column. Whatever Arrow can read is a dataframe."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lightning.client.arrow_numbers import codes, decimals, integers, moments_ns, numbers
from lightning.client.bulk_result import BulkResult, Rows
from lightning.client.errors import BadRequest
from lightning.client.model.market import Currency, Symbol
from lightning.codes import (
    CommandFlag,
    CommandKind,
    OrderStatus,
    OrderType,
    RejectReason,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from lightning.decimals import Step, parse_step
from lightning.rows import COMMAND

Integers = npt.NDArray[np.int64]


class ArrowTable(Protocol):
    """polars.DataFrame, pandas.DataFrame, pyarrow.Table, and others of the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


Frame = TypeVar("Frame", bound=ArrowTable)

PRICES = {"price": "price", "stop_price": "stop_price", "trail_amount": "trail_amount"}
"""Column of a frame -> of a COMMAND; as `<name>_ticks` they hold ticks."""
QUANTITIES = {"quantity": "qty", "display_quantity": "display_qty"}
"""Likewise; as `<name>_lots` they hold lots."""
CODES = {
    "kind": ("kind", CommandKind),
    "side": ("side", Side),
    "type": ("type", OrderType),
    "time_in_force": ("tif", TimeInForce),
    "self_trade_prevention": ("stp", SelfTradePrevention),
}
IDS = ("account", "client_order_id", "order_id", "request_id")
KINDS = (CommandKind.PLACE, CommandKind.CANCEL, CommandKind.AMEND)
COLUMNS = (
    *CODES,
    *IDS,
    "symbol",
    *(f"{name}{unit}" for name in PRICES for unit in ("", "_ticks")),
    *(f"{name}{unit}" for name in QUANTITIES for unit in ("", "_lots")),
    "quote_quantity",
    "post_only",
    "expire_time",
)
_PRICED = (OrderType.LIMIT, OrderType.STOP_LIMIT)


def commands_of(
    frame: ArrowTable,
    symbols: Mapping[int, Symbol],
    currencies: Mapping[int, Currency],
    constants: Mapping[str, object],
) -> Rows:
    """constants : value of a whole column, by its name; None: it is a column

    Raises BadRequest, TypeError.
    """
    table = pa.table(frame)
    for name, value in constants.items():
        if value is not None:
            if name in table.column_names:
                raise BadRequest.of_field(name, "must not be both a column and an argument")
            table = table.append_column(name, pa.repeat(pa.scalar(value), len(table)))
    unknown = [name for name in table.column_names if name not in COLUMNS]
    if unknown:
        raise BadRequest.of_field(unknown[0], f"is no column of orders; there are {', '.join(COLUMNS)}")
    return _Reader(table, symbols, currencies).rows()


class _Reader:
    def __init__(self, table: Any, symbols: Mapping[int, Symbol], currencies: Mapping[int, Currency]) -> None:
        self._table = table
        self._symbols = symbols
        self._currencies = currencies
        self._rows: Rows = np.zeros(len(table), COMMAND)

    def rows(self) -> Rows:
        rows = self._rows
        rows["kind"] = CommandKind.PLACE
        for name in IDS:
            if self._has(name):
                rows[name] = integers(name, self._table[name])
        for name, (column, members) in CODES.items():
            if self._has(name):
                rows[column] = codes(name, self._table[name], _words(members))
        if not np.isin(rows["kind"], KINDS).all():
            raise BadRequest.of_field("kind", "must be place, cancel or amend")
        self._put_symbols()
        self._put_amounts()
        if self._has("post_only"):
            rows["flags"] = np.where(self._table["post_only"].fill_null(False), CommandFlag.POST_ONLY, 0)
        if self._has("expire_time"):
            rows["expire_time_ns"] = moments_ns("expire_time", self._table["expire_time"])
        self._put_defaults()
        return rows

    def _has(self, name: str) -> bool:
        return name in self._table.column_names

    def _put_symbols(self) -> None:
        if not self._has("symbol"):
            raise BadRequest.of_field("symbol", "is missing: give a column or an argument")
        ids: dict[str | int, int] = {one.name: one.symbol_id for one in self._symbols.values()}
        ids |= {one: one for one in self._symbols}
        self._rows["symbol"] = codes("symbol", self._table["symbol"], ids)

    def _put_amounts(self) -> None:
        for names, unit, size in ((PRICES, "ticks", "tick"), (QUANTITIES, "lots", "lot")):
            for name, column in names.items():
                if self._has(name) and self._has(f"{name}_{unit}"):
                    raise BadRequest.of_field(name, f"and {name}_{unit} exclude each other")
                if self._has(f"{name}_{unit}"):
                    self._rows[column] = integers(f"{name}_{unit}", self._table[f"{name}_{unit}"])
                elif self._has(name):
                    steps = {key: step_of(one, size) for key, one in self._symbols.items()}
                    self._rows[column] = numbers(name, self._table[name], self._rows["symbol"], steps)
        if self._has("quote_quantity"):
            units = {
                key: Step(1, self._currencies[one.quote_currency_id].scale)
                for key, one in self._symbols.items()
            }
            column = self._table["quote_quantity"]
            self._rows["amount"] = numbers("quote_quantity", column, self._rows["symbol"], units)

    def _put_defaults(self) -> None:
        """Type and time in force by what else is given, as of a single order."""
        rows = self._rows
        place = rows["kind"] == CommandKind.PLACE
        if not self._has("type"):
            stop, trail, priced = rows["stop_price"] != 0, rows["trail_amount"] != 0, rows["price"] != 0
            kinds = [OrderType.TRAILING_STOP, OrderType.STOP_LIMIT, OrderType.STOP, OrderType.LIMIT]
            chosen = np.select([trail, stop & priced, stop, priced], kinds, OrderType.MARKET)
            rows["type"] = np.where(place, chosen, 0)
        if not self._has("time_in_force"):
            priced = np.isin(rows["type"], _PRICED)
            until = np.where(rows["expire_time_ns"] != 0, TimeInForce.GTD, TimeInForce.GTC)
            rows["tif"] = np.where(place, np.where(priced, until, TimeInForce.IOC), 0)


def _words(members: Any) -> dict[str | int, int]:
    """Names in small letters and in capitals, and numbers."""
    names = {name: one.value for name, one in members.__members__.items()}
    return names | {name.lower(): value for name, value in names.items()} | {n: n for n in names.values()}


def step_of(symbol: Symbol, size: str) -> Step:
    """size : tick, lot"""
    return parse_step(format(getattr(symbol, size), "f"))


def with_results(frame: Frame, result: BulkResult, symbols: Mapping[int, Symbol]) -> Frame:
    """The frame, and beside it what became of each row: a frame of the same kind."""
    rows = result.rows
    lots = {key: step_of(one, "lot") for key, one in symbols.items()}
    symbol = result.commands["symbol"]
    told = {
        "client_order_id": result.commands["client_order_id"],
        "order_id": rows["order_id"],
        "seq": rows["seq"],
        "acknowledged": rows["acknowledged"],
        "replayed": rows["replayed"],
        "status": _names(rows["status"], OrderStatus),
        "filled_quantity": decimals(rows["filled_qty"], symbol, lots),
        "leaves_quantity": decimals(rows["leaves_qty"], symbol, lots),
        "reject_reason": _names(rows["reject_reason"], RejectReason),
    }
    table = pa.table(frame)
    columns = {name: table[name] for name in table.column_names}
    columns |= {
        name: column if isinstance(column, pa.Array) else pa.array(column) for name, column in told.items()
    }
    return _of_kind(frame, pa.table(columns))


def _names(values: npt.NDArray[np.uint8], members: Any) -> Any:
    """Codes as their names, null for the first."""
    names = [one.name for one in members]
    return pa.DictionaryArray.from_arrays(pa.array(values, mask=values == 0), pa.array(names))


def _of_kind(frame: Frame, table: Any) -> Frame:
    """An Arrow table as the library of `frame` has it; as it is, if that is another one."""
    library = type(frame).__module__.partition(".")[0]
    made: Frame = table
    if library == "polars":
        made = import_module("polars").from_arrow(table)
    elif library == "pandas":
        made = table.to_pandas()
    return made
