"""What can be asked of an exchange. Nothing here changes it."""

import numpy as np
import numpy.typing as npt

from lightning.codes import Side, SymbolStatus
from lightning.engine.statistics import Held, Statistics
from lightning.engine.tables import TRADES_KEPT, as_rows, words_of
from lightning.engine.views import (
    BALANCE_VIEW,
    DETAIL_COLUMNS,
    TRADE_VIEW,
    AccountControls,
    AccountState,
    Depth,
    Depths,
    Indication,
    OrderState,
    Tickers,
    Totals,
    Uses,
    order_view,
)
from lightning.instruments import Currency, Symbol
from lightning.kernels.auction import find_uncross
from lightning.kernels.candles_layout import Interval
from lightning.kernels.check import Broken, check_accounts, check_books
from lightning.kernels.check_stops import check_stops
from lightning.kernels.check_timers import check_timers
from lightning.kernels.hash_state import hash_accounts, hash_books, hash_once
from lightning.kernels.intrinsics import INT64_MAX
from lightning.kernels.layout import NIL, State
from lightning.kernels.ledger import account_find, shard_of
from lightning.kernels.order import EXTENDED
from lightning.kernels.read import (
    read_depths,
    read_level,
    read_side,
    read_stops,
    read_trader,
    read_trades,
    write_stops,
)
from lightning.kernels.registry import order_by_client_id, order_by_id, trader_find

PROBLEMS_MAX = 100
WORD = 2**64


class Queries:
    """The reading half of an `Exchange`."""

    _state: State
    currencies: dict[int, Currency]
    symbols: dict[int, Symbol]
    ledger: bool
    statistics: Statistics

    def _place_of(self, symbol: int) -> tuple[int, int]:
        """(shard, book slot); KeyError for an unknown symbol."""
        if symbol not in self.symbols:
            raise KeyError(f"no symbol {symbol}")
        shard, slot = self._state.directory[symbol]
        return int(shard), int(slot)

    def depth(self, symbol: int, levels: int = 20) -> Depth:
        """The best `levels` of both sides."""
        rows, counts, _ = self.depths(np.array([symbol]), np.array([levels]))
        return Depth(rows[: counts[0, 0]], rows[counts[0, 0] :])

    def depths(self, symbols: npt.NDArray[np.int64], levels: npt.NDArray[np.int64]) -> Depths:
        """Of many books, the best so many levels of each; KeyError for an unknown symbol."""
        books, directory = self._state.books, self._state.directory
        known = (symbols > 0) & (symbols < len(directory))
        if not known.all():
            raise KeyError(f"no symbol {symbols[~known][0]}")
        shards, slots = places = directory[symbols].astype(np.int64).T
        if (slots == NIL).any():
            raise KeyError(f"no symbol {symbols[slots == NIL][0]}")
        sides = np.stack([2 * slots, 2 * slots + 1])
        room = np.minimum(books.ladders["levels"][shards, sides], levels).sum()
        rows, counts = np.empty((room, 3), np.int64), np.empty((len(symbols), 2), np.int64)
        read_depths(books, np.ascontiguousarray(places.T), levels, rows, counts)
        return Depths(rows, counts, books.books["status"][shards, slots])

    def book(self, symbol: int) -> Depth:
        """Every level of both sides."""
        return self.depth(symbol, 2**31 - 1)

    def _orders_at(self, shard: int, slots: np.ndarray, stops: np.ndarray | None = None) -> np.ndarray:
        """ORDER_VIEW rows. stops : their present stop prices, where these are known and all have one"""
        books = self._state.books
        rows = books.orders[shard, slots]
        extended = slots[rows["flags"] & EXTENDED != 0]
        details = as_rows(books.details[shard, extended])
        if stops is not None:
            details["stop_price"] = stops
        elif len(details):
            write_stops(books, shard, extended, details)
        return order_view(rows, books.books["symbol"][shard, rows["book"]], details)

    def _resting(self, symbol: int, side: int | None = None, price: int | None = None) -> np.ndarray:
        """ORDER_VIEW rows in priority order, bids before asks; of one side or one price if given."""
        shard, slot = self._place_of(symbol)
        books = self._state.books
        parts = []
        for one in (Side.BUY, Side.SELL) if side is None else (side,):
            ladder = 2 * slot + one
            slots = np.empty(int(books.ladders[shard, ladder]["orders"]), np.int64)
            if price is None:
                count = read_side(books, shard, ladder, slots)
            else:
                count = read_level(books, shard, ladder, price, slots)
            parts.append(slots[:count])
        return self._orders_at(shard, np.concatenate(parts))

    def book_orders(self, symbol: int, side: int | None = None, price: int | None = None) -> np.ndarray:
        """What everybody may see of orders that rest: ORDER_VIEW rows in priority order, bids before asks.

        `leaves_qty` is what is shown. Of one side or one price if given.
        """
        view = self._resting(symbol, side, price)
        view["leaves_qty"] -= view["hidden_qty"]
        for name in DETAIL_COLUMNS:
            view[name] = 0
        return view

    def pending_orders(self, symbol: int) -> np.ndarray:
        """ORDER_VIEW rows of the stops that wait: buys, then sells, each in the order they trigger."""
        shard, slot = self._place_of(symbol)
        books = self._state.books
        waiting = int(books.books[shard, slot]["pending"])
        parts = []
        for ladder in (2 * slot, 2 * slot + 1) if waiting else ():
            slots, prices = np.empty((2, waiting), np.int64)
            count = int(read_stops(books, shard, ladder, slots, prices))
            slots, prices = slots[:count], prices[:count]
            distance = prices if ladder % 2 == Side.BUY else -prices
            order = np.lexsort((books.orders["order_id"][shard, slots], distance))
            parts.append(self._orders_at(shard, slots[order], prices[order]))
        return np.concatenate(parts) if parts else self._orders_at(shard, np.empty(0, np.int64))

    def orders(self, symbol: int) -> np.ndarray:
        """Every open order of a book: those that rest in priority order, then stops that wait."""
        return np.concatenate([self._resting(symbol), self.pending_orders(symbol)])

    def open_orders(self, account: int, symbol: int = 0) -> np.ndarray:
        """ORDER_VIEW rows of an account, ascending order_id; symbol 0 = all."""
        books, secret = self._state.books, self._state.globals[0]["secret"]
        parts = []
        for one in (symbol,) if symbol else self._state.symbols.tolist():
            shard, slot = self._place_of(one)
            trader = trader_find(books, secret, shard, slot, account)
            if trader != NIL:
                row = books.traders[shard, trader]
                slots = np.empty(int(row["buys"]) + int(row["sells"]), np.int64)
                read_trader(books, shard, trader, slots)
                parts.append(self._orders_at(shard, slots))
        if not parts:
            return self._orders_at(0, np.empty(0, np.int64))
        view = np.concatenate(parts)
        return view[np.argsort(view["order_id"])]

    def order(
        self, account: int, symbol: int = 0, order_id: int = 0, client_order_id: int = 0
    ) -> OrderState | None:
        """An order by either id: an open one, or one of those that closed last; symbol 0 = any."""
        for one in (symbol,) if symbol else self._state.symbols.tolist():
            shard, slot = self._place_of(one)
            found = self._open_order(shard, slot, account, order_id, client_order_id)
            if found is None:
                found = self._closed_order(shard, slot, account, order_id, client_order_id)
            if found is not None:
                return OrderState(*found.tolist())
        return None

    def _open_order(
        self, shard: int, book: int, account: int, order_id: int, client_order_id: int
    ) -> np.void | None:
        books, secret = self._state.books, self._state.globals[0]["secret"]
        if order_id:
            slot = order_by_id(books, secret, shard, order_id)
        else:
            slot = order_by_client_id(books, secret, shard, book, account, client_order_id)
        if slot == NIL:
            return None
        row = books.orders[shard, slot]
        if row["book"] != book or row["account"] != account:
            return None
        view: np.void = self._orders_at(shard, np.array([slot]))[0]
        return view

    def _closed_order(
        self, shard: int, book: int, account: int, order_id: int, client_order_id: int
    ) -> np.void | None:
        books = self._state.books
        used = min(int(books.head[shard]["closed_used"]), books.closed.shape[1])
        rows = books.closed[shard, :used]
        name, number = ("order_id", order_id) if order_id else ("client_order_id", client_order_id)
        hits = np.flatnonzero((rows[name] == number) & (rows["account"] == account) & (rows["book"] == book))
        if not len(hits) or number == 0:
            return None
        last = hits[np.argmax(rows["order_id"][hits])]
        symbol = self._state.books.books["symbol"][shard, book]
        one = rows[last : last + 1]
        detail = books.closed_details[shard, last : last + 1][one["flags"] & EXTENDED != 0]
        view: np.void = order_view(one, np.array([symbol]), detail)[0]
        return view

    def trades(self, symbol: int, after_trade_id: int | None = None, limit: int = 100) -> np.ndarray:
        """TRADE_VIEW rows, oldest first: after an id, or the latest; a shard keeps its last 16,384."""
        shard, slot = self._place_of(symbol)
        books = self._state.books
        places = np.empty(limit if after_trade_id is None else TRADES_KEPT, np.int64)
        after = -1 if after_trade_id is None else after_trade_id
        count = int(read_trades(books, shard, slot, after, places))
        rows = books.trades[shard, places[:count][::-1][:limit]]
        view = np.zeros(len(rows), TRADE_VIEW)
        view["symbol"] = symbol
        for name in ("trade_id", "price", "qty", "taker_side", "maker_order_id", "taker_order_id", "seq"):
            view[name] = rows[name]
        view["time_ns"] = rows["time"]
        return view

    def last_price(self, symbol: int) -> int:
        """Ticks; 0 = never traded."""
        shard, slot = self._place_of(symbol)
        return int(self._state.books.books[shard, slot]["last_price"])

    def tickers(self, now_ns: int, symbols: npt.NDArray[np.int64] | None = None) -> Tickers:
        """Of all symbols, or of some, as of `now_ns`; KeyError for an unknown one.

        The statistics are of what was applied as records (`replay.apply`).
        """
        if symbols is None:
            symbols = self._state.symbols.astype(np.int64)
        depths = self.depths(symbols, np.ones(len(symbols), np.int64))
        best = np.zeros((len(symbols), 2, 2), np.int64)
        best[depths.counts == 1] = depths.rows[:, :2]
        return Tickers(symbols, self.statistics.days(symbols, now_ns), best)

    def candles(
        self,
        symbol: int,
        interval: Interval,
        start_ns: int | None = None,
        end_ns: int | None = None,
        limit: int = 500,
    ) -> Held:
        """As `Statistics.candles`; KeyError for an unknown symbol."""
        self._place_of(symbol)
        return self.statistics.candles(symbol, interval, start_ns, end_ns, limit)

    def symbol_status(self, symbol: int) -> SymbolStatus:
        """As it is now."""
        shard, slot = self._place_of(symbol)
        return SymbolStatus(int(self._state.books.books[shard, slot]["status"]))

    def symbol_statuses(self) -> dict[int, SymbolStatus]:
        """Of every symbol."""
        ids = self._state.symbols
        shards, slots = self._state.directory[ids].T
        statuses = self._state.books.books["status"][shards, slots]
        return {
            symbol: SymbolStatus(one) for symbol, one in zip(ids.tolist(), statuses.tolist(), strict=True)
        }

    def uses(self, symbol: int) -> Uses:
        shard, slot = self._place_of(symbol)
        books = self._state.books
        resting = books.ladders["orders"][shard, 2 * slot : 2 * slot + 2].sum()
        book = books.books[shard, slot]
        return Uses(int(resting), int(book["pending"]), int(book["trades"]))

    def holders(self, currency: int) -> int:
        """How many accounts have any of it."""
        count = 0
        for shard, used in enumerate(self._state.accounts.head["balances_used"].tolist()):
            rows = self._state.accounts.balances[shard, :used]
            held = (rows["available"] != 0) | (rows["held"] != 0)
            count += int(np.count_nonzero(held & (rows["currency"] == currency)))
        return count

    def next_timer(self) -> int | None:
        """When time has to pass for something to happen; None: nothing waits for it."""
        due = int(self._state.globals[0]["next_timer"])
        return None if due == INT64_MAX else due

    def account(self, account: int) -> AccountState | None:
        """All balances that ever had something, of currencies that are; None if the account never was."""
        accounts = self._state.accounts
        shard = shard_of(account, accounts.head.shape[0])
        owner = account_find(accounts, self._state.globals[0]["secret"], shard, account)
        if owner == NIL:
            return None
        balances = []
        slot = int(accounts.accounts[shard, owner]["balances"])
        while slot != NIL:
            row = accounts.balances[shard, slot]
            if row["credited"] and row["currency"] in self.currencies:
                balances.append((int(row["currency"]), int(row["available"]), int(row["held"])))
            slot = int(row["next"])
        return AccountState(account, sorted(balances))

    def account_status(self, account: int) -> AccountControls | None:
        """None if the account never was."""
        accounts = self._state.accounts
        shard = shard_of(account, accounts.head.shape[0])
        owner = account_find(accounts, self._state.globals[0]["secret"], shard, account)
        if owner == NIL:
            return None
        row = accounts.accounts[shard, owner]
        return AccountControls(int(row["status"]), int(row["cancel_all_after"]))

    def indicative(self, symbol: int) -> Indication | None:
        """What the auction would trade if it ended now; None: none is on."""
        shard, slot = self._place_of(symbol)
        if int(self._state.books.books[shard, slot]["status"]) != SymbolStatus.AUCTION:
            return None
        price, qty = find_uncross(self._state.books, shard, slot)
        return Indication(int(price), int(qty))

    def balances(self) -> np.ndarray:
        """BALANCE_VIEW rows of every balance that is not zero, by account and currency."""
        parts = []
        for shard in range(self._state.accounts.head.shape[0]):
            used = int(self._state.accounts.head[shard]["balances_used"])
            rows = self._state.accounts.balances[shard, :used]
            rows = rows[(rows["available"] != 0) | (rows["held"] != 0)]
            view = np.zeros(len(rows), BALANCE_VIEW)
            for name in BALANCE_VIEW.names or ():
                view[name] = rows[name]
            parts.append(view)
        everything = np.concatenate(parts)
        return everything[np.lexsort((everything["currency"], everything["account"]))]

    def totals(self) -> list[Totals]:
        """Per currency, ascending."""
        rows = self.balances()
        of_fees = np.isin(rows["account"], self._state.fee_accounts)
        result = []
        for currency in np.flatnonzero(self._state.totals["exists"]).tolist():
            total = self._state.totals[currency]
            mine = rows["currency"] == currency
            users, fees = rows[mine & ~of_fees], rows[mine & of_fees]
            result.append(
                Totals(
                    currency,
                    (int(total["deposited_hi"]) << 62) + int(total["deposited_lo"]),
                    (int(total["withdrawn_hi"]) << 62) + int(total["withdrawn_lo"]),
                    sum(users["available"].tolist()),
                    sum(users["held"].tolist()),
                    sum(fees["available"].tolist()) + sum(fees["held"].tolist()),
                )
            )
        return result

    def size(self) -> int:
        """Accounts and open orders."""
        accounts, books = self._state.accounts.head, self._state.books.head
        return int(accounts["accounts_used"].sum()) + int(books["orders_live"].sum())

    def state_hash(self) -> int:
        """Of everything but seq and the once-only window; the same for every sharding of the same state."""
        scratch = np.empty((2, int(self._state.books.books["pending"].max())), np.int64)
        return (int(hash_books(self._state, *scratch)) + int(hash_accounts(self._state))) % WORD

    def window_hash(self) -> int:
        """Of the once-only window."""
        answers = words_of(self._state.accounts.answers)
        return int(hash_once(self._state, answers)) % WORD

    def check(self) -> list[str]:
        """Every broken invariant in words; [] is good. Takes time proportional to the state."""
        st = self._state
        held = np.zeros(st.accounts.balances.shape, np.int64)
        opened = np.zeros(st.accounts.accounts.shape, np.int64)
        problems = np.zeros((PROBLEMS_MAX, 3), np.int64)
        found = check_books(st, held, opened, np.zeros(3, np.int64), problems)
        found = check_stops(st, held, opened, np.zeros(2, np.int64), problems, found)
        timed = np.zeros(st.books.orders.shape, np.uint8), np.zeros(st.accounts.accounts.shape, np.uint8)
        found = check_timers(st, *timed, problems, found)
        if self.ledger:
            found = check_accounts(st, held, opened, st.fee_accounts, problems, found)
        words = [
            f"{Broken(code).name} in shard {shard}, slot {slot}"
            for code, shard, slot in problems[: min(int(found), PROBLEMS_MAX)].tolist()
        ]
        for total in self.totals() if self.ledger else ():
            if total.available + total.held + total.fees != total.deposited - total.withdrawn:
                words.append(f"MONEY_NOT_CONSERVED in currency {total.currency}: {total}")
        return words
