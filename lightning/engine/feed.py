"""What subscribers of market data and accounts are told of each batch, read between two batches."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.codes import EventFlag, EventKind, SymbolStatus
from lightning.engine.book_orders import touched_symbols
from lightning.engine.exchange import Exchange
from lightning.engine.journal import AdminRecord
from lightning.engine.replay import Applied
from lightning.engine.views import AccountState, Depth, OrderState
from lightning.kernels.book_changes import compare_depths

_OF_ORDERS = (
    EventKind.ACCEPTED,
    EventKind.TRADE,
    EventKind.CANCELED,
    EventKind.AMENDED,
    EventKind.EXPIRED,
    EventKind.TRIGGERED,
    EventKind.REDUCED,
)


class BookKey(NamedTuple):
    symbol: int
    levels: int
    """The best so many of each side."""


class BookSight(NamedTuple):
    """The best levels of a book, from `seq` on."""

    depth: Depth
    status: SymbolStatus
    seq: int
    """Of the command that brought them about, or after which they were first looked at."""


class BookChange(NamedTuple):
    key: BookKey
    changed: Depth
    """Levels that are new or changed; quantity 0: no longer among the best."""
    sight: BookSight
    previous_seq: int


class AccountSight(NamedTuple):
    """What a batch did to an account."""

    account: int
    orders: dict[int, OrderState | None]
    """Those concerned, by order id, as they are after it; None: closed so long ago that the engine forgot."""
    rows: list[int]
    """Which of the batch's events are about it."""
    balances: AccountState | None


class Seen(NamedTuple):
    """One batch, as far as someone wants to know."""

    applied: Applied
    touched: npt.NDArray[np.int32]
    """Symbols whose book or status may have changed."""
    accounts: list[AccountSight]
    gone: list[int]
    """Symbols watched that are no more."""
    books: list[BookChange]
    """What became of watched books, unless whoever is told has not asked for more."""


class Feed:
    """Belongs to whoever has the engine: call it between two batches only."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._books: dict[BookKey, BookSight] = {}
        self._watched: Counter[BookKey] = Counter()
        self._keys_of: dict[int, list[BookKey]] = {}
        self._stale: set[int] = set()
        """Symbols watched whose books may have changed since they were looked at."""
        self._accounts: Counter[int] = Counter()
        self._others = 0
        self._ready = True
        """The next change of a book is told at once; otherwise when `next_book_changes` asks."""

    def watch_book(self, key: BookKey) -> BookSight:
        """Follow a book; as it was told last. KeyError for an unknown symbol."""
        if key not in self._books:
            self._books |= self._look([key])
            self._keys_of.setdefault(key.symbol, []).append(key)
        self._watched[key] += 1
        return self._books[key]

    def unwatch_book(self, key: BookKey) -> None:
        self._watched[key] -= 1
        if not self._watched[key]:
            self._forget(key)

    def sight(self, key: BookKey) -> BookSight | None:
        """Of a book that is watched, as it was told last."""
        return self._books.get(key)

    def watch_account(self, account: int) -> None:
        self._accounts[account] += 1

    def unwatch_account(self, account: int) -> None:
        self._accounts[account] -= 1
        if not self._accounts[account]:
            del self._accounts[account]

    def watch(self, count: int) -> None:
        """So many more who want to know of every batch."""
        self._others += count

    def observe(self, applied: Applied) -> Seen | None:
        """To be called after every record. None: it concerns nobody."""
        if not (self._books or self._accounts or self._others):
            return None
        gone = self._gone() if isinstance(applied.record, AdminRecord) else []
        touched = touched_symbols(applied.events)
        if self._books:
            self._stale.update(one for one in touched.tolist() if one in self._keys_of)
        accounts = self._account_sights(applied.events) if self._accounts else []
        books = self._book_changes() if self._ready else []
        self._ready = self._ready and not books
        if not (len(touched) or accounts or gone):
            return None
        return Seen(applied, touched, accounts, gone, books)

    def next_book_changes(self) -> list[BookChange]:
        """What came while those told before were dealt with; if nothing did, the next are told at once."""
        changes = self._book_changes()
        self._ready = not changes
        return changes

    def _book_changes(self) -> list[BookChange]:
        keys = [key for symbol in sorted(self._stale) for key in self._keys_of.get(symbol, ())]
        self._stale.clear()
        if not keys:
            return []
        before = {key: self._books[key] for key in keys}
        after = self._look(keys)
        changes = []
        for key, changed in zip(keys, _compare(before.values(), after.values()), strict=True):
            told, now = before[key], after[key]
            if len(changed.bids) or len(changed.asks) or told.status != now.status:
                self._books[key] = now
                changes.append(BookChange(key, changed, now, told.seq))
        return changes

    def _look(self, keys: list[BookKey]) -> dict[BookKey, BookSight]:
        symbols, levels = np.array(keys, np.int64).T
        rows, counts, statuses = self._exchange.depths(
            np.ascontiguousarray(symbols), np.ascontiguousarray(levels)
        )
        seq = self._exchange.seq
        return {
            key: BookSight(depth, SymbolStatus(status), seq)
            for key, depth, status in zip(keys, _depths(rows, counts), statuses.tolist(), strict=True)
        }

    def _forget(self, key: BookKey) -> None:
        del self._watched[key], self._books[key]
        self._keys_of[key.symbol].remove(key)
        if not self._keys_of[key.symbol]:
            del self._keys_of[key.symbol]
            self._stale.discard(key.symbol)

    def _gone(self) -> list[int]:
        gone = [symbol for symbol in self._keys_of if symbol not in self._exchange.symbols]
        for symbol in gone:
            self._stale.discard(symbol)
        return gone

    def _account_sights(self, events: np.ndarray) -> list[AccountSight]:
        accounts = np.array(list(self._accounts), np.int64)
        has_counterpart = (events["kind"] == EventKind.TRADE) | (events["kind"] == EventKind.TRANSFERRED)
        mine = np.isin(events["account"], accounts)
        others = has_counterpart & np.isin(events["maker_account"], accounts)
        fresh = events["flags"] & EventFlag.REPLAYED == 0
        found: dict[int, list[int]] = {}
        for row in np.flatnonzero((mine | others) & fresh).tolist():
            event = events[row]
            concerned = {int(event["account"]), int(event["maker_account"]) if has_counterpart[row] else 0}
            for account in concerned & self._accounts.keys():
                found.setdefault(account, []).append(row)
        for account, rows in self._fee_rows(events):
            found[account] = sorted({*found.get(account, ()), *rows})
        return [self._account_sight(account, rows, events) for account, rows in found.items()]

    def _fee_rows(self, events: np.ndarray) -> Iterator[tuple[int, list[int]]]:
        """Trades that left something to a watched account that fees go to, or took something from it."""
        charged = (events["kind"] == EventKind.TRADE) & (events["fee"] + events["maker_fee"] != 0)
        for symbol in np.unique(events["symbol"][charged]).tolist():
            account = self._exchange.symbols[symbol].fee_account
            if account in self._accounts:
                yield account, np.flatnonzero(charged & (events["symbol"] == symbol)).tolist()

    def _account_sight(self, account: int, rows: list[int], events: np.ndarray) -> AccountSight:
        orders: dict[int, OrderState | None] = {}
        for event in events[rows]:
            kind = event["kind"]
            if kind not in _OF_ORDERS:
                continue
            ids = [int(event["order_id"])] if event["account"] == account else []
            if kind == EventKind.TRADE and event["maker_account"] == account:
                ids.append(int(event["maker_order_id"]))
            for order_id in ids:
                if order_id not in orders:
                    orders[order_id] = self._exchange.order(account, int(event["symbol"]), order_id)
        return AccountSight(account, orders, rows, self._exchange.account(account))


def _depths(rows: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> list[Depth]:
    """Cut up again."""
    depths = []
    row = 0
    for bids, asks in counts.tolist():
        depths.append(Depth(rows[row : row + bids], rows[row + bids : row + bids + asks]))
        row += bids + asks
    return depths


def _compare(before: Iterable[BookSight], after: Iterable[BookSight]) -> list[Depth]:
    (old, old_counts), (new, new_counts) = _joined(before), _joined(after)
    out = np.empty((len(old) + len(new), 3), np.int64)
    counts = np.empty_like(new_counts)
    compare_depths(old, old_counts, new, new_counts, out, counts)
    return _depths(out, counts)


def _joined(sights: Iterable[BookSight]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    depths = [sight.depth for sight in sights]
    counts = np.array([(len(depth.bids), len(depth.asks)) for depth in depths], np.int64)
    return np.concatenate([side for depth in depths for side in depth]), counts
