"""`Capture`: a copy of the tables between two batches; an image is made of it while the exchange goes on.

capture = Capture.prepare(exchange)     any thread: takes memory
capture.take(exchange)                  the engine's thread: this is how long the exchange stands still
capture.finish()                        any thread: RingLapped if the exchange was too quick
image = capture.image()
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.engine import statistics
from lightning.engine.exchange import Exchange
from lightning.engine.image import RECENT_TRADE, Catalog, Image, is_extended, with_hashes
from lightning.engine.tables import EVENT_ROWS, Table, as_rows
from lightning.kernels import layout, ledger_layout
from lightning.kernels.image import (
    SLOT_BITS,
    gather_accounts,
    gather_ids,
    gather_orders,
    queue_heads,
    trade_symbols,
    write_stop_prices,
)
from lightning.kernels.layout import State
from lightning.rows import EVENT

PAGE_BYTES = 4096
PIECE_BYTES = 2**21
"""The copy is shared out between two threads in pieces of this size."""
SPARE = 8
"""One row in so many more than are used is prepared, for what comes until the copy is made."""
IDS_AT_ONCE = 65_536
"""Ids that are copied from the live rings between two looks at how far these have been written."""

_COPIED = (
    ("books", "books", "books_used"),
    ("books", "orders", "orders_used"),
    ("books", "details", "details_used"),
    ("books", "trades", "trades_used"),
    ("books", "closed", "closed_used"),
    ("books", "closed_details", "closed_used"),
    ("accounts", "accounts", "accounts_used"),
    ("accounts", "balances", "balances_used"),
)
_RINGS = (("accounts", "once", "once_end"), ("accounts", "answers", "answers_end"))
"""(which half of the state, table, column of its head that counts the rows ever used)"""
_DETAIL_LINKS = (
    *("sibling", "group_next", "group_prev"),
    *("left", "right", "up", "best_left", "best_right", "best_up"),
)

_Piece = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
"""Where to and where from, of one length."""


class RingLapped(Exception):
    """The exchange has overwritten ids or candles before they were copied: copy them in the pause."""


class _Source(NamedTuple):
    name: str
    table: Table
    used: list[int]
    """Rows of each shard."""


def _sources(state: State, names: tuple[tuple[str, str, str], ...]) -> Iterator[_Source]:
    for half, name, column in names:
        tables = getattr(state, half)
        rows: Table = getattr(tables, name)
        used = np.minimum(tables.head[column], rows.shape[1])
        if name == "closed_details":
            used = np.where(tables.head["details_used"] == 0, 0, used)
        yield _Source(name, rows, used.tolist())


def _bytes_of(rows: Table, shard: int) -> npt.NDArray[np.uint8]:
    """A shard's rows, sharing memory."""
    plain: npt.NDArray[np.uint8] = rows[shard].view(np.ndarray).view(np.uint8)
    return plain


class Capture:
    """One copy of one state; see the module. It can be taken once."""

    def __init__(self, rings_in_pause: bool) -> None:
        self._names = (*_COPIED, *_RINGS) if rings_in_pause else _COPIED
        self._rings_in_pause = rings_in_pause
        self._tables: dict[str, Table] = {}
        self._helper = ThreadPoolExecutor(1, thread_name_prefix="capture")

    @classmethod
    def prepare(cls, exchange: Exchange, rings_in_pause: bool = False) -> "Capture":
        """Take the memory that the exchange needs as it is now; with some to spare."""
        capture = cls(rings_in_pause)
        for source in _sources(exchange._state, capture._names):
            copy = as_rows(np.empty(source.table.shape, source.table.dtype))
            row = source.table.dtype.itemsize
            for shard, used in enumerate(source.used):
                _bytes_of(copy, shard)[: (used + used // SPARE + PAGE_BYTES) * row : PAGE_BYTES] = 0
            capture._tables[source.name] = copy
        capture._helper.submit(int).result()  # so that its thread runs
        return capture

    def take(self, exchange: Exchange, time_ns: int = 0) -> None:
        """Copy the state. Nothing may change it meanwhile.

        time_ns : of the last command
        """
        state = exchange._state
        pieces: deque[_Piece] = deque()
        for source in _sources(state, self._names):
            copy = self._tables[source.name]
            if copy.shape != source.table.shape:  # it has grown since
                self._tables[source.name] = copy = as_rows(np.empty(source.table.shape, source.table.dtype))
            for shard, used in enumerate(source.used):
                size = used * source.table.dtype.itemsize
                target, rows = _bytes_of(copy, shard)[:size], _bytes_of(source.table, shard)[:size]
                for start in range(0, size, PIECE_BYTES):
                    pieces.append((target[start : start + PIECE_BYTES], rows[start : start + PIECE_BYTES]))
        helped = self._helper.submit(_copy, pieces)
        _copy(pieces)
        helped.result()
        self._helper.shutdown(wait=False)
        self._take_rest(exchange, time_ns)

    def _take_rest(self, exchange: Exchange, time_ns: int) -> None:
        state = exchange._state
        self._books_head = state.books.head.copy()
        self._accounts_head = state.accounts.head.copy()
        self._live_head = state.accounts.head
        if not self._rings_in_pause:
            self._tables |= {"once": state.accounts.once, "answers": state.accounts.answers}
        self._totals = np.array(state.totals[: exchange.currency_id_last + 1], ledger_layout.TOTAL)
        self._fee_accounts = state.fee_accounts
        self._statistics = exchange.statistics.copy()
        if self._rings_in_pause:
            self._gather_statistics()
        self._oldest = int(state.globals[0]["ids"] - state.globals[0]["once_window"])
        self._catalog = Catalog(
            exchange.config,
            tuple(exchange.currencies.values()),
            tuple(exchange.symbols.values()),
            exchange.currency_id_last,
            exchange.symbol_id_last,
            exchange.ledger,
            exchange.seq,
            int(state.globals[0]["ids"]),
            time_ns,
        )

    def finish(self) -> None:
        """Copy candles, and remembered ids and their answers, which only ever grow at their end.

        Raises RingLapped.
        """
        if not self._rings_in_pause:
            self._gather_statistics()
        head = self._accounts_head
        once, answers = self._tables["once"], self._tables["answers"]
        rows = as_rows(np.empty(int((head["once_end"] - head["once_first"]).sum()), ledger_layout.ONCE))
        kept = as_rows(np.empty(int((head["answers_end"] - head["answers_first"]).sum()), EVENT))
        cursors, ends = head["once_first"].copy(), head["once_end"].copy()
        counts, numbers = np.zeros(2, np.int64), np.empty(len(head), np.int64)
        left = int((ends - cursors).sum())
        while left:
            at = np.arange(len(head)), cursors & (once.shape[1] - 1)
            first, first_answers = cursors.copy(), once["answer"][at]
            left = int(
                gather_ids(
                    once, answers, cursors, ends, counts, numbers, self._oldest, IDS_AT_ONCE, rows, kept
                )
            )
            if left < 0 or not self._is_intact(first, ends, first_answers):
                raise RingLapped
        self._once, self._answers = rows[: counts[0]], kept[: counts[1]]

    def _gather_statistics(self) -> None:
        gathered = statistics.gather(self._statistics)
        if gathered is None:
            raise RingLapped
        self._last, self._candles = gathered

    def _is_intact(self, first: np.ndarray, ends: np.ndarray, first_answers: np.ndarray) -> bool:
        """Has nothing been written over places from `first` to `ends`?"""
        if self._rings_in_pause:
            return True
        once, answers, live = self._tables["once"], self._tables["answers"], self._live_head
        room = first + once.shape[1] - live["once_end"]
        room_for_answers = first_answers + answers.shape[1] - live["answers_end"]
        # what is being written right now, an id and the rows of its answer, may not be counted yet
        return bool(((room > 1) & (room_for_answers > EVENT_ROWS))[first < ends].all())

    def image(self) -> Image:
        """What was copied, in its logical form."""
        accounts, balances = self._gather_accounts()
        orders, details = self._gather_orders()
        closed, closed_details = self._gather_closed()
        image = Image(
            catalog=self._catalog,
            accounts=accounts,
            balances=balances,
            totals=self._totals,
            fee_accounts=self._fee_accounts,
            books=self._gather_books(),
            orders=orders,
            details=details,
            trades=self._gather_trades(),
            closed=closed,
            closed_details=closed_details,
            last=self._last,
            candles=self._candles,
            once=self._once,
            answers=self._answers,
            state_hash=0,
            window_hash=0,
        )
        return with_hashes(image)

    def _gather_accounts(self) -> tuple[np.ndarray, np.ndarray]:
        accounts, balances = self._tables["accounts"], self._tables["balances"]
        used = self._accounts_head["accounts_used"]
        ids = np.concatenate(
            [accounts["account"][shard, :count] for shard, count in enumerate(used.tolist())]
        )
        places = np.concatenate(
            [(shard << SLOT_BITS) + np.arange(count) for shard, count in enumerate(used.tolist())]
        )
        places = places[np.argsort(ids)]
        owners = as_rows(np.empty(len(places), ledger_layout.ACCOUNT))
        rows = as_rows(np.empty(int(self._accounts_head["balances_used"].sum()), ledger_layout.BALANCE))
        gather_accounts(accounts, balances, places, owners, rows)
        return owners, rows

    def _gather_books(self) -> np.ndarray:
        books, used = self._tables["books"], self._books_head["books_used"].tolist()
        rows = np.concatenate([books[shard, :count] for shard, count in enumerate(used)])
        rows["last_trade"] = 0
        rows["fee_slot"] = layout.NIL
        for name in ("buy_trigger", "sell_trigger", "pending", "trailing"):
            rows[name] = 0
        return rows[np.argsort(rows["symbol"])]

    def _gather_orders(self) -> tuple[np.ndarray, np.ndarray]:
        """With their details."""
        books, orders, details = self._tables["books"], self._tables["orders"], self._tables["details"]
        head = self._books_head
        live = int(head["orders_live"].sum())
        keys, ids, places = np.empty(live, np.int64), np.empty(live, np.int64), np.empty(live, np.int64)
        used = self._books_head["books_used"].tolist()
        waiting = any(books["pending"][shard, :count].any() for shard, count in enumerate(used))
        if waiting:
            write_stop_prices(head["details_used"].copy(), orders, details)
        count = int(queue_heads(head["orders_used"].copy(), books, orders, details, keys, ids, places))
        keys, ids, places = keys[:count], ids[:count], places[:count]
        first = np.lexsort((ids, keys)) if waiting else np.argsort(keys)
        rows = as_rows(np.empty(live, layout.ORDER))
        kept = as_rows(np.empty(live if head["details_used"].any() else 0, layout.DETAIL))
        _, extended = gather_orders(books, orders, details, places[first], rows, kept)
        return rows, kept[: int(extended)]

    def _gather_trades(self) -> np.ndarray:
        """Of all shards by seq: a command trades in one symbol only."""
        books, trades, head = self._tables["books"], self._tables["trades"], self._books_head
        symbols = np.zeros(trades.shape, np.int32)
        trade_symbols(head["books_used"].copy(), head["trades_used"].copy(), books, trades, symbols)
        shard, slot = np.nonzero(symbols)
        found = trades[shard, slot]
        rows = np.zeros(len(found), RECENT_TRADE)
        for name in RECENT_TRADE.names or ():
            rows[name] = symbols[shard, slot] if name == "symbol" else found[name]
        return rows[np.lexsort((rows["trade_id"], rows["seq"]))]

    def _gather_closed(self) -> tuple[np.ndarray, np.ndarray]:
        """By time, in the order of their shard where times go backwards; and the details of some."""
        books, closed, details = (self._tables[name] for name in ("books", "closed", "closed_details"))
        parts, some, times = [], [], []
        for shard, end in enumerate(self._books_head["closed_used"].tolist()):
            places = np.arange(max(0, end - closed.shape[1]), end) & (closed.shape[1] - 1)
            rows = closed[shard, places]
            rows["book"] = books["symbol"][shard, rows["book"]]
            parts.append(rows)
            some.append(details[shard, places[is_extended(rows)]])
            times.append(np.maximum.accumulate(rows["update_time"]))
        order = np.argsort(np.concatenate(times), kind="stable")
        rows = np.concatenate(parts)
        extended = is_extended(rows)
        kept = np.concatenate(some)[(np.cumsum(extended) - 1)[order[extended[order]]]]
        for name in ("next", "prev", "level", "trader", "trader_next", "trader_prev"):
            rows[name] = layout.NIL
        for name in ("counted", "watermark", "pending"):
            kept[name] = 0
        for name in _DETAIL_LINKS:
            kept[name] = layout.NIL
        return rows[order], kept


def _copy(pieces: deque[_Piece]) -> None:
    """As many as there are left; two threads may share them."""
    while pieces:
        with suppress(IndexError):  # the other one took the last
            target, source = pieces.popleft()
            np.copyto(target, source)


def image_of_exchange(exchange: Exchange, time_ns: int = 0) -> Image:
    """Of an exchange that nobody changes meanwhile."""
    capture = Capture.prepare(exchange, rings_in_pause=True)
    capture.take(exchange, time_ns)
    capture.finish()
    return capture.image()
