"""A market that is an `Exchange` of this process: it shows what the exchange is at each call."""

from typing import ClassVar, NamedTuple

import numpy as np

from lightning.analysis import frames
from lightning.analysis.book import BOOK_ORDER, Book
from lightning.analysis.frames import Instruments
from lightning.analysis.market import Balances, Market, Orders, Symbols, Trades
from lightning.analysis.past import BookFlow
from lightning.analysis.recorder import Recorder
from lightning.engine.exchange import Exchange
from lightning.engine.tables import TRADES_KEPT


class Tables(NamedTuple):
    """Views of the exchange's own tables, read only, shape (shards, rows); nothing is copied.

    They show what the exchange does next, until a table grows: then take them anew. Rows that are free hold
    what was there last; `kernels/layout.py` and `kernels/ledger_layout.py` say what is in a row.
    """

    books: np.ndarray  # BOOK
    levels: np.ndarray  # LEVEL
    orders: np.ndarray  # ORDER
    details: np.ndarray  # DETAIL, in the slot of the order
    trades: np.ndarray  # TRADE, a ring
    closed: np.ndarray  # ORDER, a ring
    accounts: np.ndarray  # ACCOUNT
    balances: np.ndarray  # BALANCE


class ExchangeMarket(Market):
    """Books, orders, balances and trades are copies, as of the call; `tables` are views.

    exchange : is not changed
    """

    kind: ClassVar[str] = "an in-process Exchange"

    def __init__(self, exchange: Exchange, source: str = "in process") -> None:
        super().__init__(source)
        self.exchange = exchange
        self._recorder: Recorder | None = None

    @property
    def seq(self) -> int:
        return self.exchange.seq

    @property
    def time_ns(self) -> int:
        """Of the last command; 0: not known."""
        return 0

    @property
    def symbols(self) -> Symbols:
        return Symbols(list(self.exchange.symbols.values()))

    def _id(self, symbol: int | str) -> int:
        return self.symbols.named(symbol).id

    def _instruments(self) -> Instruments:
        return Instruments(self.exchange.symbols.values(), self.exchange.currencies.values())

    def _present_book(self, symbol: int | str) -> Book:
        number = self._id(symbol)
        resting = self.exchange.book_orders(number)
        orders = np.zeros(len(resting), BOOK_ORDER)
        for name, column in (
            ("order_id",) * 2,
            ("account",) * 2,
            ("price",) * 2,
            ("side",) * 2,
            ("qty", "leaves_qty"),
        ):
            orders[name] = resting[column]
        return Book(
            self.exchange.symbols[number],
            orders,
            self.seq,
            self.time_ns,
            lambda at: self._past_book(number, at),
        )

    def orders(self, symbol: int | str | None = None, account: int | None = None) -> Orders:
        exchange = self.exchange
        if account is not None:
            rows = exchange.open_orders(account, 0 if symbol is None else self._id(symbol))
        else:
            wanted = list(exchange.symbols) if symbol is None else [self._id(symbol)]
            parts = [exchange.orders(one) for one in wanted]
            rows = np.concatenate(parts) if parts else exchange.open_orders(0)
            rows = rows[np.argsort(rows["order_id"])]
        instruments = self._instruments()
        return Orders(lambda: frames.orders_frame(rows, instruments), rows)

    def balances(self, account: int | None = None) -> Balances:
        rows = self.exchange.balances()
        if account is not None:
            rows = rows[rows["account"] == account]
        instruments = self._instruments()
        return Balances(lambda: frames.balances_frame(rows, instruments), rows)

    def trades(self, symbol: int | str, last: int | None = None) -> Trades:
        """The exchange keeps the last 16,384 of all symbols of a shard."""
        limit = TRADES_KEPT if last is None else min(last, TRADES_KEPT)
        rows = self.exchange.trades(self._id(symbol), limit=limit)
        instruments = self._instruments()
        return Trades(lambda: frames.trades_frame(rows, instruments), rows)

    def tables(self) -> Tables:
        state = self.exchange._state
        books, accounts = state.books, state.accounts
        of_books = (books.books, books.levels, books.orders, books.details, books.trades, books.closed)
        return Tables(*(_read_only(one) for one in (*of_books, accounts.accounts, accounts.balances)))

    def record(self) -> Recorder:
        """From now on `flow` has what happens to every book, and `book` has a past."""
        if self._recorder is None:
            self._recorder = Recorder(self.exchange)
        return self._recorder

    def flow(self, symbol: int | str) -> BookFlow:
        """Since `record` was called."""
        if self._recorder is None:
            raise self._not_given("what happened to a book", "call record() before it happens")
        return self._recorder.flow(self._id(symbol))

    def close(self) -> None:
        if self._recorder is not None:
            self._recorder.close()
            self._recorder = None


def _read_only(rows: np.ndarray) -> np.ndarray:
    view = rows.view(np.ndarray)
    view.flags.writeable = False
    return view
