"""The history as Parquet files, for anything that reads them.

Amounts are decimal128 of one scale per column, the largest that any symbol or currency in it needs, so that
they are exact; a column in which one would not fit 38 digits is of strings. Times are UTC with nanoseconds.
All files show one seq. Rows are read and written in groups, and the history may be in use meanwhile.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lightning.codes import OrderStatus, OrderType, RejectReason, Side, TimeInForce
from lightning.decimals import Step
from lightning.storage.export_columns import (
    INT64_MAX,
    LEGS,
    Columns,
    Decimals,
    carried_legs,
    codes,
    move_legs,
    names,
    times,
    trade_legs,
)
from lightning.storage.history.entries import EntryKind
from lightning.storage.history.schema import (
    MOVES,
    ORDERS,
    TRADES,
    Move,
    OtherFormat,
    PastOrder,
    Trade,
    check_format,
    get_head,
    open_for_reading,
)

LEDGER = "ledger"
EXPORTS = (TRADES, ORDERS, LEDGER)
GROUP_ROWS = 131_072

Progress = Callable[[str, int, int], None]
"""Told (what, rows done, rows in all)."""


class CannotExport(Exception):
    """There is no history to export, or none that this program reads."""


class Exported(NamedTuple):
    path: Path
    rows: int


def export(
    history: Path,
    out: Path,
    wanted: Sequence[str] = EXPORTS,
    progress: Progress = lambda what, done, total: None,
) -> tuple[int, list[Exported]]:
    """Write OUT/<name>.parquet of each of `wanted`; returns the seq that they show, and the files.

    Raises CannotExport, OSError.
    """
    if not history.exists():
        raise CannotExport(f"{history}: there is no history")
    out.mkdir(parents=True, exist_ok=True)
    try:
        with closing(open_for_reading(history)) as connection:
            check_format(connection)
            connection.execute("BEGIN")
            seq = get_head(connection, "applied_seq")
            return seq, [_write(connection, out, name, progress) for name in wanted]
    except OtherFormat as error:
        raise CannotExport(f"{history}: {error}") from error
    except sqlite3.Error as error:
        raise CannotExport(f"{history}: cannot be read: {error}") from error


def _write(connection: sqlite3.Connection, out: Path, name: str, progress: Progress) -> Exported:
    """Beside first, then renamed: what bears the name is whole."""
    tables = _Tables(connection)
    groups = {TRADES: tables.trades, ORDERS: tables.orders, LEDGER: tables.ledger}[name]
    path, beside = out / f"{name}.parquet", out / f"{name}.parquet.tmp"
    written = 0
    writer: pq.ParquetWriter | None = None
    try:
        for group, done, total in groups():
            if writer is None:
                writer = pq.ParquetWriter(beside, group.schema, compression="zstd")
            writer.write_table(group)
            written += group.num_rows
            progress(name, done, total)
    finally:
        if writer is not None:
            writer.close()
    beside.replace(path)
    return Exported(path, written)


class _Tables:
    """Groups of rows, with how much of how much is done; at least one group, which may be empty."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        columns = "id, name, base, quote, tick_units, tick_scale, lot_units, lot_scale"
        symbols = connection.execute(f"SELECT {columns} FROM symbols").fetchall()
        currencies = connection.execute("SELECT id, name, scale FROM currencies").fetchall()
        units = {number: Step(1, scale) for number, _, scale in currencies}
        self._money = Decimals(units)
        self._prices = Decimals({row[0]: Step(row[4], row[5]) for row in symbols})
        self._quantities = Decimals({row[0]: Step(row[6], row[7]) for row in symbols})
        self._quotes = Decimals({row[0]: units[row[3]] for row in symbols})
        self._symbol_names = {0: "", **{row[0]: row[1] for row in symbols}}
        self._currency_names = {row[0]: row[1] for row in currencies}

    def _total(self, *tables: str) -> int:
        counts = (self._connection.execute(f"SELECT count(*) FROM {table}") for table in tables)
        return sum(int(row.fetchone()[0]) for row in counts)

    def trades(self) -> Iterator[tuple[pa.Table, int, int]]:
        total, done = self._total(TRADES), 0
        for rows in self._groups(Trade._fields, f"FROM {TRADES} ORDER BY seq, trade_id"):
            done += len(rows.rows)
            yield self._trade_table(rows), done, total

    def orders(self) -> Iterator[tuple[pa.Table, int, int]]:
        total, done = self._total(ORDERS), 0
        for rows in self._groups(PastOrder._fields, f"FROM {ORDERS} ORDER BY order_id"):
            done += len(rows.rows)
            yield self._order_table(rows), done, total

    def ledger(self) -> Iterator[tuple[pa.Table, int, int]]:
        """What was carried forward first."""
        total, done = self._total(TRADES, MOVES), 0
        seq, time_ns = (get_head(self._connection, name) for name in ("carried_seq", "carried_time_ns"))
        rest = "FROM carried WHERE amount <> 0 ORDER BY account, currency"
        for rows in self._groups(("account", "currency", "amount"), rest):
            yield self._ledger_table(carried_legs(rows, seq, time_ns)), 0, total
        for trades, moves in self._windows():
            done += len(trades.rows) + len(moves.rows)
            legs = np.concatenate([trade_legs(trades), move_legs(moves)])
            legs = legs[np.lexsort((legs[:, 2], legs[:, 1], legs[:, 0]))]
            yield self._ledger_table(Columns(LEGS, legs)), done, total

    def _groups(self, columns: Sequence[str], rest: str) -> Iterator[Columns]:
        cursor = self._connection.execute(f"SELECT {', '.join(columns)} {rest}")
        for number in count():
            rows = cursor.fetchmany(GROUP_ROWS)
            if not rows and number:
                return
            yield Columns(columns, np.array(rows, np.int64).reshape(-1, len(columns)))

    def _windows(self) -> Iterator[tuple[Columns, Columns]]:
        """Trades and moves of the same stretches of seqs."""
        place, end = (0, 0), (INT64_MAX, INT64_MAX)
        while place != end:
            sources = (
                (
                    Trade._fields,
                    f"FROM {TRADES} WHERE (seq, trade_id) > (?, ?) ORDER BY seq, trade_id",
                    place,
                ),
                (Move._fields, f"FROM {MOVES} WHERE seq > ? ORDER BY seq", place[:1]),
            )
            parts = []
            for columns, rest, given in sources:
                sql = f"SELECT {', '.join(columns)} {rest} LIMIT {GROUP_ROWS}"
                rows = np.array(self._connection.execute(sql, given).fetchall(), np.int64)
                parts.append(Columns(columns, rows.reshape(-1, len(columns))))
            trades, moves = parts
            # where a source is full, what lies behind its last row is not known
            ends = [end]
            if len(trades.rows) == GROUP_ROWS:
                ends.append((int(trades.column("seq")[-1]), int(trades.column("trade_id")[-1])))
            if len(moves.rows) == GROUP_ROWS:
                ends.append((int(moves.column("seq")[-1]), INT64_MAX))
            place = min(ends)
            within = (trades.column("seq") < place[0]) | (
                (trades.column("seq") == place[0]) & (trades.column("trade_id") <= place[1])
            )
            yield (
                Columns(Trade._fields, trades.rows[within]),
                Columns(Move._fields, moves.rows[moves.column("seq") <= place[0]]),
            )

    def _trade_table(self, rows: Columns) -> pa.Table:
        symbol = rows.column("symbol")
        return pa.table(
            {
                "seq": rows.column("seq"),
                "trade_id": rows.column("trade_id"),
                "time": times(rows.column("time_ns")),
                "symbol_id": symbol,
                "symbol": names(symbol, self._symbol_names),
                "price": self._prices.array(rows.column("price"), symbol),
                "quantity": self._quantities.array(rows.column("qty"), symbol),
                "taker_side": codes(rows.column("taker_side"), Side),
                **{
                    name: rows.column(name)
                    for name in (
                        *("taker_account", "maker_account", "taker_order_id", "maker_order_id"),
                        *("taker_client_order_id", "maker_client_order_id"),
                    )
                },
                "taker_fee": self._money.array(rows.column("taker_fee"), rows.column("quote")),
                "maker_fee": self._money.array(rows.column("maker_fee"), rows.column("quote")),
                "fee_account": rows.column("fee_account"),
                "base_currency": names(rows.column("base"), self._currency_names),
                "quote_currency": names(rows.column("quote"), self._currency_names),
                "base_amount": self._money.array(rows.column("base_amount"), rows.column("base")),
                "quote_amount": self._money.array(rows.column("quote_amount"), rows.column("quote")),
            }
        )

    def _order_table(self, rows: Columns) -> pa.Table:
        symbol = rows.column("symbol")
        return pa.table(
            {
                "order_id": rows.column("order_id"),
                "client_order_id": rows.column("client_order_id"),
                "account": rows.column("account"),
                "symbol_id": symbol,
                "symbol": names(symbol, self._symbol_names),
                "side": codes(rows.column("side"), Side),
                "type": codes(rows.column("type"), OrderType),
                "time_in_force": codes(rows.column("tif"), TimeInForce),
                "price": self._prices.array(rows.column("price"), symbol),
                "quantity": self._quantities.array(rows.column("qty"), symbol),
                "filled_quantity": self._quantities.array(rows.column("filled_qty"), symbol),
                "leaves_quantity": self._quantities.array(rows.column("leaves_qty"), symbol),
                "filled_quote": self._quotes.array(rows.column("filled_quote"), symbol),
                "fee": self._quotes.array(rows.column("fee"), symbol),
                "status": codes(rows.column("status"), OrderStatus),
                "reject_reason": codes(rows.column("reason"), RejectReason),
                "create_time": times(rows.column("create_time_ns")),
                "update_time": times(rows.column("update_time_ns")),
                "update_seq": rows.column("update_seq"),
            }
        )

    def _ledger_table(self, rows: Columns) -> pa.Table:
        return pa.table(
            {
                "seq": rows.column("seq"),
                "time": times(rows.column("time_ns")),
                "kind": codes(rows.column("kind"), EntryKind),
                "account": rows.column("account"),
                "currency_id": rows.column("currency"),
                "currency": names(rows.column("currency"), self._currency_names),
                "amount": self._money.array(rows.column("amount"), rows.column("currency")),
                "symbol": names(rows.column("symbol"), self._symbol_names),
                "trade_id": rows.column("trade_id"),
                "order_id": rows.column("order_id"),
                "counter_account": rows.column("counter_account"),
            }
        )
