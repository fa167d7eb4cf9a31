"""The history's file: its tables, and rows into and out of them.

Rows go in by the hundreds in one statement, and a query's rows come out as one JSON text: sqlite3 gives up
the interpreter's lock at every step, and beside busy threads getting it back costs far more than a row.

Prices are ticks, quantities lots, money the smallest unit of its currency, times ns.
"""

import sqlite3
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from lightning.codes import EventKind, OrderStatus
from lightning.instruments import Currency, Symbol

Ints = npt.NDArray[np.int64]
Row = tuple[int, ...]

FORMAT = 2
"""Goes up with every change of a table; a file of another format is made anew from the journal."""
APPLICATION_ID = 0x4C484953
CHUNKS = (512, 64, 8, 1)
"""Rows of one INSERT; few sizes, so that few statements are prepared."""
CHECKPOINT_PAGES = 4096


class Trade(NamedTuple):
    """A row of `trades`: everything that its ledger entries say, whatever became of the symbol since."""

    seq: int
    trade_id: int
    symbol: int
    time_ns: int
    price: int
    qty: int
    taker_side: int
    taker_account: int
    maker_account: int
    taker_order_id: int
    maker_order_id: int
    taker_client_order_id: int
    maker_client_order_id: int
    taker_fee: int
    maker_fee: int
    fee_account: int
    base: int
    quote: int
    base_amount: int
    quote_amount: int


class PastOrder(NamedTuple):
    """A row of `orders`: an order as it is or ended. A rejected one has the seq of its command as id."""

    order_id: int
    client_order_id: int
    account: int
    symbol: int
    side: int
    type: int
    tif: int
    price: int
    qty: int
    filled_qty: int
    leaves_qty: int
    filled_quote: int
    fee: int
    status: int
    create_time_ns: int
    update_time_ns: int
    update_seq: int
    reason: int
    stop_price: int
    """0 of a trailing stop, which moves with every trade."""
    trail_amount: int
    display_qty: int
    expire_time_ns: int
    sibling_id: int
    """The other one of two that take each other along; 0 once that one was canceled because of this one."""


class Move(NamedTuple):
    """A row of `moves`: a deposit, withdrawal or transfer; `kind` is its EventKind."""

    seq: int
    kind: int
    account: int
    counter_account: int
    currency: int
    amount: int
    time_ns: int


TRADES, ORDERS, MOVES = "trades", "orders", "moves"
OPEN = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED, OrderStatus.PENDING)

_INTEGERS = {
    TRADES: ", ".join(f"{name} INTEGER NOT NULL" for name in Trade._fields),
    ORDERS: ", ".join(f"{name} INTEGER NOT NULL" for name in PastOrder._fields[1:]),
    MOVES: ", ".join(f"{name} INTEGER NOT NULL" for name in Move._fields[1:]),
}
FEES_LEFT = "taker_fee + maker_fee <> 0"
"""Of a trade that leaves its fee account something, or takes something from it."""

TRANSFERS = f"kind = {EventKind.TRANSFERRED:d}"

DDL = f"""
CREATE TABLE head (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE currencies (id INTEGER PRIMARY KEY, name TEXT, scale INTEGER);
CREATE TABLE symbols (
    id INTEGER PRIMARY KEY, name TEXT, base INTEGER, quote INTEGER, tick_units INTEGER, tick_scale INTEGER,
    lot_units INTEGER, lot_scale INTEGER, tick_value INTEGER, lot_value INTEGER, fee_account INTEGER
);
CREATE TABLE {TRADES} ({_INTEGERS[TRADES]}, PRIMARY KEY (seq, trade_id)) WITHOUT ROWID;
CREATE UNIQUE INDEX trades_by_symbol ON {TRADES} (symbol, trade_id);
CREATE INDEX trades_by_taker ON {TRADES} (taker_account);
CREATE INDEX trades_by_maker ON {TRADES} (maker_account);
CREATE INDEX trades_by_fee_account ON {TRADES} (fee_account) WHERE {FEES_LEFT};
CREATE TABLE {ORDERS} (order_id INTEGER PRIMARY KEY, {_INTEGERS[ORDERS]});
CREATE INDEX orders_by_account ON {ORDERS} (account);
CREATE INDEX orders_by_client ON {ORDERS} (account, client_order_id) WHERE client_order_id <> 0;
CREATE TABLE {MOVES} (seq INTEGER PRIMARY KEY, {_INTEGERS[MOVES]});
CREATE INDEX moves_by_account ON {MOVES} (account);
CREATE INDEX moves_by_receiver ON {MOVES} (counter_account) WHERE {TRANSFERS};
CREATE TABLE carried (
    account INTEGER, currency INTEGER, amount INTEGER, PRIMARY KEY (account, currency)
) WITHOUT ROWID;
PRAGMA user_version = {FORMAT};
PRAGMA application_id = {APPLICATION_ID};
"""
TABLES = ("head", "currencies", "symbols", TRADES, ORDERS, MOVES, "carried")


class OtherFormat(Exception):
    """The file is of another version of the program, or no history at all."""


def is_damage(error: sqlite3.Error) -> bool:
    """Is it the file's content, not the disk or its room?"""
    return error.sqlite_errorcode & 0xFF in (
        sqlite3.SQLITE_ERROR,  # a table is missing
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_NOTADB,
    )


def create(path: Path) -> sqlite3.Connection:
    """A new file; there must be none."""
    connection = _connect(path)
    connection.executescript(DDL)
    return connection


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Raises OtherFormat, sqlite3.Error."""
    connection = _connect(path)
    try:
        check_format(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def check_format(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID or found != FORMAT:
        raise OtherFormat(f"is in format {found}, this program's is {FORMAT}")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute("PRAGMA cache_size = -65536")
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )


def fetch(
    connection: sqlite3.Connection, columns: Sequence[str], rest: str, given: Sequence[int]
) -> list[Row]:
    """Rows of integers; `rest` is the SELECT from its FROM on."""
    names = ", ".join(columns)
    sql = f"SELECT json_group_array(json_array({names})) FROM (SELECT {names} {rest})"
    return msgspec.json.decode(connection.execute(sql, given).fetchone()[0], type=list[Row])


def insert(connection: sqlite3.Connection, table: str, rows: Ints, conflict: str = "") -> None:
    """Rows of as many columns as the table has; `conflict` is what follows on one that is there already."""
    start = 0
    for size in CHUNKS:
        while len(rows) - start >= size:
            sql = _insert_sql(table, size, rows.shape[1], conflict)
            connection.execute(sql, rows[start : start + size].ravel().tolist())
            start += size


def link(connection: sqlite3.Connection, order_ids: Ints) -> None:
    """Tell each order before one of these, by id, that the two take each other along."""
    _set_siblings(connection, "order_id + 1", "SELECT value - 1 FROM json_each(?)", order_ids)


def unlink(connection: sqlite3.Connection, order_ids: Ints) -> None:
    """Tell the siblings of these, which were canceled, that they are alone."""
    gone = f"SELECT sibling_id FROM {ORDERS} WHERE order_id IN (SELECT value FROM json_each(?))"
    _set_siblings(connection, "0", gone, order_ids)


def _set_siblings(connection: sqlite3.Connection, value: str, whose: str, order_ids: Ints) -> None:
    if len(order_ids):
        ids = msgspec.json.encode(order_ids.tolist()).decode()
        connection.execute(f"UPDATE {ORDERS} SET sibling_id = {value} WHERE order_id IN ({whose})", (ids,))


@cache
def _insert_sql(table: str, rows: int, columns: int, conflict: str) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"INSERT INTO {table} VALUES {', '.join([row] * rows)} {conflict}"


def get_head(connection: sqlite3.Connection, name: str) -> int:
    """0 when it was never set."""
    row = connection.execute("SELECT value FROM head WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def set_head(connection: sqlite3.Connection, name: str, value: int) -> None:
    connection.execute("INSERT OR REPLACE INTO head VALUES (?, ?)", (name, value))


def put_currency(connection: sqlite3.Connection, currency: Currency) -> None:
    values = (currency.id, currency.name, currency.scale)
    connection.execute("INSERT OR REPLACE INTO currencies VALUES (?, ?, ?)", values)


def put_symbol(connection: sqlite3.Connection, symbol: Symbol) -> None:
    values = (
        *(symbol.id, symbol.name, symbol.base.id, symbol.quote.id, *symbol.tick, *symbol.lot),
        *(symbol.tick_value, symbol.lot_value, symbol.fee_account),
    )
    connection.execute(f"INSERT OR REPLACE INTO symbols VALUES ({', '.join('?' * len(values))})", values)
