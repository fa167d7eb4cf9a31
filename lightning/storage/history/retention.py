"""Dropping what is too old, in small steps; the sums of what goes are carried forward."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator

from lightning.codes import EventKind
from lightning.storage.history.entries import Entry, Fill, fee_entry, fill_entries, move_entry
from lightning.storage.history.paging import INT64_MAX
from lightning.storage.history.schema import MOVES, OPEN, ORDERS, TRADES, Move, Trade, fetch, set_head
from lightning.storage.history.writer import Writer

SWEEP_S = 600.0
"""From one look for what is too old to the next."""
STEP_ROWS = 2000


def sweep(writer: Writer, before_ns: int) -> Iterator[None]:
    """Drop everything older than `before_ns`, a step at a time."""
    while _drop_entries(writer, before_ns):
        yield
    last = 0
    while True:
        last = _drop_orders(writer, before_ns, last)
        if not last:
            return
        yield


def _drop_entries(writer: Writer, before_ns: int) -> bool:
    """The oldest trades and moves, in the order they came in; False: none is left that is old enough."""
    connection = writer.connection
    by_trade, by_move = f"FROM {TRADES} ORDER BY seq, trade_id LIMIT ?", f"FROM {MOVES} ORDER BY seq LIMIT ?"
    trades = [Trade._make(row) for row in fetch(connection, Trade._fields, by_trade, (STEP_ROWS,))]
    moves = [Move._make(row) for row in fetch(connection, Move._fields, by_move, (STEP_ROWS,))]
    # where a step is full, what lies behind its last row is not known
    last = min((part[-1].seq for part in (trades, moves) if len(part) == STEP_ROWS), default=INT64_MAX)
    trades = [one for one in trades if one.seq <= last and one.time_ns < before_ns]
    moves = [one for one in moves if one.seq <= last and one.time_ns < before_ns]
    if not trades and not moves:
        return False
    newest = max(
        [(one.seq, one.time_ns) for one in trades[-1:]] + [(one.seq, one.time_ns) for one in moves[-1:]]
    )
    with writer.transaction():
        _carry(connection, [*_entries_of_trades(trades), *_entries_of_moves(moves)])
        if trades:
            end = (trades[-1].seq, trades[-1].trade_id)
            connection.execute(f"DELETE FROM {TRADES} WHERE (seq, trade_id) <= (?, ?)", end)
        if moves:
            connection.execute(f"DELETE FROM {MOVES} WHERE seq <= ?", (moves[-1].seq,))
        set_head(connection, "carried_seq", newest[0])
        set_head(connection, "carried_time_ns", newest[1])
    return True


def _entries_of_trades(trades: Iterable[Trade]) -> Iterator[Entry]:
    for trade in trades:
        yield from fill_entries(Fill(trade, is_maker=False))
        yield from fill_entries(Fill(trade, is_maker=True))
        yield fee_entry(trade)


def _entries_of_moves(moves: Iterable[Move]) -> Iterator[Entry]:
    for move in moves:
        yield move_entry(move, receives=False)
        if move.kind == EventKind.TRANSFERRED:
            yield move_entry(move, receives=True)


def _carry(connection: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for entry in entries:
        sums[entry.account, entry.currency] += entry.amount
    for (account, currency), amount in sums.items():
        key = (account, currency)
        row = connection.execute(
            "SELECT amount FROM carried WHERE account = ? AND currency = ?", key
        ).fetchone()
        total = amount + (row[0] if row else 0)  # a balance of that time, so within int64
        connection.execute("INSERT OR REPLACE INTO carried VALUES (?, ?, ?)", (*key, total))


def _drop_orders(writer: Writer, before_ns: int, after: int) -> int:
    """Closed ones among the next orders by id. Returns where to go on; 0: the rest is younger."""
    columns = ("order_id", "status", "create_time_ns", "update_time_ns")
    rest = f"FROM {ORDERS} WHERE order_id > ? ORDER BY order_id LIMIT ?"
    rows = fetch(writer.connection, columns, rest, (after, STEP_ROWS))
    old = [(number,) for number, status, _, time_ns in rows if status not in OPEN and time_ns < before_ns]
    with writer.transaction():
        writer.connection.executemany(f"DELETE FROM {ORDERS} WHERE order_id = ?", old)
    return rows[-1][0] if len(rows) == STEP_ROWS and rows[-1][2] < before_ns else 0
