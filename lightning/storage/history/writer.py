"""The writing end of the history's file. Belongs to one thread."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import numpy as np

from lightning.codes import OrderType
from lightning.engine.exchange import Exchange
from lightning.engine.journal import AdminRecord, Record
from lightning.engine.replay import Applied
from lightning.instruments import Currency, Symbol
from lightning.storage.history.projection import ADD, REPLACE, Specs, gather, project
from lightning.storage.history.schema import (
    MOVES,
    OPEN,
    ORDERS,
    TRADES,
    PastOrder,
    create,
    get_head,
    insert,
    link,
    open_for_writing,
    put_currency,
    put_symbol,
    set_head,
    unlink,
)


class Writer:
    """Everything up to `applied_seq` is in the file; nothing before `first_seq` is."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._specs = Specs()
        names = ", ".join(Specs.NAMES)
        for symbol, *values in connection.execute(f"SELECT id, {names} FROM symbols"):
            self._specs.put_row(symbol, values)
        self.applied_seq = get_head(connection, "applied_seq")
        self.applied_time_ns = get_head(connection, "applied_time_ns")
        self.first_seq = get_head(connection, "first_seq")

    @classmethod
    def open(cls, path: Path) -> "Writer":
        """Raises OtherFormat, sqlite3.Error."""
        return cls(open_for_writing(path))

    @classmethod
    def create(cls, path: Path, exchange: Exchange) -> "Writer":
        """A history that begins behind what the exchange has done: with its balances and open orders."""
        writer = cls(create(path))
        with writer.transaction():
            writer._begin_with(exchange)
        return writer

    def _begin_with(self, exchange: Exchange) -> None:
        self._put([*exchange.currencies.values(), *exchange.symbols.values()])
        balances = exchange.balances()
        totals = balances["available"] + balances["held"]
        carried = np.column_stack([balances["account"], balances["currency"], totals])
        insert(self.connection, "carried", carried[totals != 0])
        for symbol in exchange.symbols:
            insert(self.connection, ORDERS, _order_rows(exchange.orders(symbol), exchange.seq))
        self.applied_seq, self.first_seq = exchange.seq, exchange.seq + 1
        for name, value in (
            ("applied_seq", exchange.seq),
            ("first_seq", exchange.seq + 1),
            ("carried_seq", exchange.seq),
        ):
            set_head(self.connection, name, value)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def write(self, applied: Sequence[Applied]) -> None:
        """The next records, in one transaction; the last of them goes beyond `applied_seq`."""
        with self.transaction():
            for is_change, group in groupby(applied, key=lambda one: isinstance(one.record, AdminRecord)):
                if is_change:
                    self._put(one.instrument for one in group)
                else:
                    self._write_commands(list(group))
            last = applied[-1].record
            set_head(self.connection, "applied_seq", last.last_seq)
            set_head(self.connection, "applied_time_ns", time_of(last))
        self.applied_seq, self.applied_time_ns = last.last_seq, time_of(last)

    def _write_commands(self, applied: Sequence[Applied]) -> None:
        rows = project(gather(applied, self.applied_seq), self._specs)
        insert(self.connection, TRADES, rows.trades)
        insert(self.connection, ORDERS, rows.orders, REPLACE)
        insert(self.connection, ORDERS, rows.filled, ADD)
        link(self.connection, rows.linked)
        unlink(self.connection, rows.unlinked)
        insert(self.connection, MOVES, rows.moves)

    def _put(self, made: Iterable[Currency | Symbol | None]) -> None:
        """Deleted ones stay: past trades need them."""
        for one in made:
            if isinstance(one, Symbol):
                self._specs.put(one)
                put_symbol(self.connection, one)
            elif one is not None:
                put_currency(self.connection, one)

    def close(self) -> None:
        self.connection.close()


def time_of(record: Record, seq: int | None = None) -> int:
    """Of its command `seq`; None: of its last."""
    if isinstance(record, AdminRecord):
        return record.time_ns
    return int(record.rows["time_ns"][-1 if seq is None else seq - record.first_seq])


def _order_rows(view: np.ndarray, seq: int) -> np.ndarray:
    """ORDER_VIEW rows of open orders as rows of the table."""
    assert np.isin(view["status"], OPEN).all()
    nothing = np.zeros(len(view), np.int64)
    columns = {name: view[name].astype(np.int64) for name in view.dtype.names or ()}
    columns |= {"update_seq": nothing + seq, "reason": nothing}
    columns["stop_price"][view["type"] == OrderType.TRAILING_STOP] = 0
    return np.column_stack([columns[name] for name in PastOrder._fields])
