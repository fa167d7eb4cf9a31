"""What the entries of a history sum to, account by account and currency by currency."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lightning.storage.export_columns import LEGS, Columns, carried_legs, move_legs, trade_legs
from lightning.storage.history.schema import (
    MOVES,
    TRADES,
    Move,
    OtherFormat,
    Trade,
    check_format,
    get_head,
    open_for_reading,
)

ROWS = 131_072
WORD = 2**64


class CannotAudit(Exception):
    """The history cannot be read."""


class Sums(NamedTuple):
    seq: int
    entries: int
    amounts: dict[tuple[int, int], int]
    """By (account, currency); none that are zero."""


def entry_sums(history: Path) -> Sums:
    """Raises CannotAudit."""
    try:
        with closing(open_for_reading(history)) as connection:
            check_format(connection)
            connection.execute("BEGIN")
            return _sums(connection)
    except OtherFormat as error:
        raise CannotAudit(f"{history}: {error}") from error
    except sqlite3.Error as error:
        raise CannotAudit(f"{history}: cannot be read: {error}") from error


def _sums(connection: sqlite3.Connection) -> Sums:
    amounts: dict[tuple[int, int], int] = {}
    entries = 0
    for legs in _legs(connection):
        entries += len(legs.rows)
        keys = np.column_stack([legs.column("account"), legs.column("currency")])
        unique, place = np.unique(keys, axis=0, return_inverse=True)
        sums = np.zeros(len(unique), np.int64)
        np.add.at(sums, place.reshape(-1), legs.column("amount"))  # wraps, as the sum of all does not
        for (account, currency), amount in zip(unique.tolist(), sums.tolist(), strict=True):
            amounts[account, currency] = amounts.get((account, currency), 0) + amount
    exact = {key: (amount + WORD // 2) % WORD - WORD // 2 for key, amount in amounts.items()}
    seq = get_head(connection, "applied_seq")
    return Sums(seq, entries, {key: amount for key, amount in exact.items() if amount})


def _legs(connection: sqlite3.Connection) -> Iterator[Columns]:
    """Every entry; columns LEGS."""
    seq, time_ns = (get_head(connection, name) for name in ("carried_seq", "carried_time_ns"))
    for rows in _groups(connection, "carried", ("account", "currency", "amount")):
        yield carried_legs(rows, seq, time_ns)
    for rows in _groups(connection, TRADES, Trade._fields):
        yield Columns(LEGS, trade_legs(rows))
    for rows in _groups(connection, MOVES, Move._fields):
        yield Columns(LEGS, move_legs(rows))


def _groups(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> Iterator[Columns]:
    cursor = connection.execute(f"SELECT {', '.join(columns)} FROM {table}")
    while rows := cursor.fetchmany(ROWS):
        yield Columns(columns, np.array(rows, np.int64).reshape(-1, len(columns)))
