"""`Image`: the whole state at one seq, whatever the shards; and an exchange made from it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.codes import Side
from lightning.config import Config
from lightning.engine.exchange import Exchange
from lightning.engine.tables import (
    Table,
    as_rows,
    grow_books,
    grow_directory,
    grow_totals,
    new_accounts,
    new_books,
    table,
    with_timers,
    words_of,
)
from lightning.instruments import Currency, Symbol
from lightning.kernels import candles_layout, layout, ledger_layout
from lightning.kernels.hash_state import hash_accounts
from lightning.kernels.image import hash_image_books, hash_image_ids
from lightning.kernels.layout import Accounts, Books, State
from lightning.kernels.order import EXTENDED
from lightning.kernels.restore import (
    link_siblings,
    place_accounts,
    place_books,
    place_closed,
    place_ids,
    place_orders,
    place_trades,
    queue_orders,
    queue_trailing,
    shards_of,
)
from lightning.kernels.stops import TRAILING
from lightning.rows import EVENT

WORD = 2**64

RECENT_TRADE = np.dtype(
    [
        ("trade_id", "<i8"),
        ("price", "<i8"),
        ("qty", "<i8"),
        ("maker_order_id", "<i8"),
        ("taker_order_id", "<i8"),
        ("seq", "<i8"),
        ("time", "<i8"),
        ("taker_side", "<i4"),
        ("symbol", "<i4"),
    ]
)
"""A TRADE that knows its symbol."""
assert RECENT_TRADE.itemsize == 64


@dataclass(frozen=True, slots=True)
class Catalog:
    """What is not rows."""

    config: Config
    """Of the exchange: what it was founded with, but for the limits, which are today's."""
    currencies: tuple[Currency, ...]
    symbols: tuple[Symbol, ...]
    currency_id_last: int
    """Also of those that were removed, as is the next."""
    symbol_id_last: int
    ledger: bool
    seq: int
    ids: int
    """Commands with an id so far."""
    time_ns: int
    """Of the last command, as far as whoever took the image knew it."""


class Image(NamedTuple):
    """A state in its logical form: equal states have equal images, but for `trades` and `closed`.

    Columns that only mean something in a table (slots, links, hashes under a secret) hold 0 or NIL.
    """

    catalog: Catalog
    accounts: np.ndarray  # ACCOUNT, ascending
    balances: np.ndarray  # BALANCE by account, currency
    totals: np.ndarray  # TOTAL by currency id
    fee_accounts: npt.NDArray[np.int64]  # also those that no symbol names any more
    books: np.ndarray  # BOOK by symbol id, removed ones too
    orders: np.ndarray
    """ORDER; `book` is the symbol id. By symbol id: those that rest by side and priority, then stops that
    wait by side, stop price (buys the lowest first, sells the highest) and order id."""
    details: np.ndarray  # DETAIL of the EXTENDED ones among `orders`, in their order
    trades: np.ndarray  # RECENT_TRADE, oldest first
    closed: np.ndarray  # ORDER, oldest first; `book` is the symbol id
    closed_details: np.ndarray  # DETAIL of the EXTENDED ones among `closed`, in their order
    last: np.ndarray  # LAST by symbol id, of those that were ever traded
    candles: np.ndarray  # SYMBOL_CANDLE by symbol id, interval and time
    once: np.ndarray  # ONCE by number; `answer` counts from the start of `answers`
    answers: np.ndarray  # EVENT; `command` is 0
    state_hash: int
    window_hash: int

    @property
    def seq(self) -> int:
        return self.catalog.seq


TABLES: dict[str, np.dtype[np.void] | np.dtype[np.int64]] = {
    "accounts": ledger_layout.ACCOUNT,
    "balances": ledger_layout.BALANCE,
    "totals": ledger_layout.TOTAL,
    "fee_accounts": np.dtype(np.int64),
    "books": layout.BOOK,
    "orders": layout.ORDER,
    "details": layout.DETAIL,
    "trades": RECENT_TRADE,
    "closed": layout.ORDER,
    "closed_details": layout.DETAIL,
    "last": candles_layout.LAST,
    "candles": candles_layout.SYMBOL_CANDLE,
    "once": ledger_layout.ONCE,
    "answers": EVENT,
}
"""The arrays of an image, all of one dimension."""


def statistics_begun(
    catalog: Catalog, books: np.ndarray, trades: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(last, candles) of an image that was taken before there were statistics: they begin with it."""
    traded = books[
        np.isin(books["symbol"], [symbol.id for symbol in catalog.symbols]) & (books["trades"] != 0)
    ]
    last = np.zeros(len(traded), candles_layout.LAST)
    last["symbol"], last["price"] = traded["symbol"], traded["last_price"]
    for row in last:
        row["qty"] = trades["qty"][trades["symbol"] == row["symbol"]][-1:].sum()
    last["since"] = catalog.time_ns + 1
    return last, np.empty(0, candles_layout.SYMBOL_CANDLE)


def with_hashes(image: Image) -> Image:
    """The image with the hashes of its content: those that its exchange has."""
    ids = [symbol.id for symbol in image.catalog.symbols]
    live = np.isin(image.books["symbol"], ids)
    rows = (as_rows(image.books), live, as_rows(image.orders), as_rows(image.details))
    books = int(hash_image_books(*rows))
    window = int(hash_image_ids(as_rows(image.once), words_of(image.answers)[None]))
    accounts = int(hash_accounts(_accounts_only(image)))
    return image._replace(state_hash=(books + accounts) % WORD, window_hash=window % WORD)


def _accounts_only(image: Image) -> State:
    """One shard with the accounts and balances; slots and links are not set."""
    head = table((1,), ledger_layout.ACCOUNTS_HEAD)
    head["accounts_used"] = len(image.accounts)
    head["balances_used"] = len(image.balances)
    tables = new_accounts(1, 0)._replace(
        head=head,
        accounts=as_rows(image.accounts.reshape(1, -1)),
        balances=as_rows(image.balances.reshape(1, -1)),
    )
    return State(
        books=new_books(1),
        accounts=tables,
        timers=table((0,), layout.TIMER),
        totals=as_rows(image.totals),
        directory=np.empty((0, 2), np.int32),
        symbols=np.empty(0, np.int32),
        fee_accounts=image.fee_accounts,
        globals=table((1,), layout.GLOBALS),
    )


def restore(image: Image, shards: int = 10, workers: int = 1) -> Exchange:
    """An exchange that goes on from the image exactly as the one that it was taken of.

    Raises ValueError if the arrays contradict each other.
    """
    catalog = image.catalog
    empty = Config((), (), catalog.config.server, catalog.config.limits)
    exchange = Exchange(empty, catalog.ledger, shards, workers)
    exchange.config = catalog.config
    exchange.currencies = {currency.id: currency for currency in catalog.currencies}
    exchange.symbols = {symbol.id: symbol for symbol in catalog.symbols}
    exchange.currency_id_last = catalog.currency_id_last
    exchange.symbol_id_last = catalog.symbol_id_last
    exchange._state = _filled(exchange._state, image, shards)
    for symbol in catalog.symbols:
        exchange.statistics.add_symbol(symbol.id)
    exchange.statistics.restore(image.last, image.candles)
    return exchange


def _filled(state: State, image: Image, shards: int) -> State:
    state.globals[0]["seq"] = image.catalog.seq
    state.globals[0]["ids"] = image.catalog.ids
    symbols = sorted(symbol.id for symbol in image.catalog.symbols)
    state = grow_directory(grow_totals(state, len(image.totals) - 1), image.catalog.symbol_id_last)
    state.totals[: len(image.totals)] = image.totals
    state = state._replace(
        accounts=_roomy_accounts(state.accounts, image, shards),
        books=_roomy_books(state.books, image, shards),
        symbols=np.array(symbols, np.int32),
        fee_accounts=image.fee_accounts.copy(),
    )
    secret = state.globals[0]["secret"]
    with ThreadPoolExecutor(1, thread_name_prefix="restore") as other:
        ids = other.submit(place_ids, state.accounts, secret, as_rows(image.once), as_rows(image.answers))
        state = _place(state, image)
        ids.result()
    removed = np.setdiff1d(image.books["symbol"], symbols)
    state.directory[removed] = layout.NIL
    return with_timers(state, _timers_of(image))


def _place(state: State, image: Image) -> State:
    """Accounts, books, orders, recent trades and orders closed of late."""
    secret = state.globals[0]["secret"]
    placed = place_accounts(state.accounts, secret, as_rows(image.accounts), as_rows(image.balances))
    if int(placed) != len(image.balances):
        raise ValueError("the image has balances of accounts that it has not")
    place_books(state, as_rows(image.books))
    state = _place_orders(state, image)
    place_trades(state.books, state.directory, as_rows(image.trades))
    closed, details = as_rows(image.closed), as_rows(image.closed_details)
    place_closed(state.books, state.directory, closed, details, _detail_of(image.closed))
    return state


def _place_orders(state: State, image: Image) -> State:
    orders, details = as_rows(image.orders), as_rows(image.details)
    slots = np.empty(len(orders), np.int64)
    oldest_first = np.argsort(image.orders["order_id"])
    place_orders(state, orders, details, _detail_of(image.orders), oldest_first, slots)
    if int(link_siblings(state, orders, slots)) < len(orders):
        raise ValueError("the image has an order whose sibling is not open")
    reached = 0
    while reached < len(orders):
        reached = int(queue_orders(state, orders, slots, reached))
        if reached < len(orders):
            state = state._replace(books=grow_books(state.books))
    extended = np.flatnonzero(is_extended(image.orders))
    trailing = np.flatnonzero(image.details["pending"] == TRAILING)
    rows, watermarks = extended[trailing], image.details["watermark"][trailing]
    farthest = np.where(image.orders["side"][rows] == Side.BUY, watermarks, -watermarks)
    rows, watermarks = rows[np.argsort(farthest)], watermarks[np.argsort(farthest)]
    queue_trailing(state, image.orders["book"][rows].astype(np.int64), slots[rows], watermarks)
    return state


def is_extended(orders: np.ndarray) -> npt.NDArray[np.bool_]:
    """Which of the ORDER rows have a DETAIL."""
    return np.asarray(orders["flags"] & EXTENDED != 0)


def _detail_of(orders: np.ndarray) -> npt.NDArray[np.int64]:
    """Where the DETAIL of each row is, as the kernels want it. Means nothing where there is none."""
    return np.cumsum(is_extended(orders), dtype=np.int64) - 1


def _timers_of(image: Image) -> Table:
    """One for each order that expires and each account's deadline."""
    orders = image.orders[is_extended(image.orders)]
    expiring = np.flatnonzero(image.details["expire_time"])
    accounts = image.accounts[image.accounts["cancel_all_after"] != 0]
    timers = table((len(expiring) + len(accounts),), layout.TIMER)
    first, last = timers[: len(expiring)], timers[len(expiring) :]
    first["expire_time"] = image.details["expire_time"][expiring]
    first["symbol"], first["id"] = orders["book"][expiring], orders["order_id"][expiring]
    last["expire_time"], last["id"] = accounts["cancel_all_after"], accounts["account"]
    return timers


def _count(ids: npt.NDArray[np.int64], shards: int, weights: np.ndarray | None = None) -> int:
    """The most that one shard gets, each id counted once or by its weight."""
    of = np.empty(len(ids), np.int64)
    shards_of(np.ascontiguousarray(ids, np.int64), shards, of)
    return int(np.bincount(of, weights, minlength=shards).max())


def _capacity(count: int, least: int) -> int:
    """A power of two with room for `count` rows and more."""
    return max(least, 1 << int(count).bit_length())


def _roomy_accounts(first: Accounts, image: Image, shards: int) -> Accounts:
    accounts = _capacity(_count(image.accounts["account"], shards), first.accounts.shape[1])
    balances = _capacity(_count(image.balances["account"], shards), first.balances.shape[1])
    owners = image.once["account"]
    once = _capacity(_count(owners, shards), first.once.shape[1])
    answers = _capacity(_count(owners, shards, image.once["answer_rows"]), first.answers.shape[1])
    return Accounts(
        head=first.head,
        accounts=table((shards, accounts), ledger_layout.ACCOUNT),
        balances=table((shards, balances), ledger_layout.BALANCE),
        account_index=table((shards, 2 * accounts), layout.INDEX),
        balance_index=table((shards, 2 * balances), layout.INDEX),
        once=table((shards, once), ledger_layout.ONCE),
        once_index=table((shards, 2 * once), layout.INDEX),
        answers=table((shards, answers), EVENT),
    )


def _roomy_books(first: Books, image: Image, shards: int) -> Books:
    """Room for all but the nodes of the ladders, which grow as they come."""
    books = _capacity(_count(image.books["symbol"], shards), first.books.shape[1])
    orders = _capacity(_count(image.orders["book"], shards), first.orders.shape[1])
    levels = _capacity(_count(_level_symbols(image), shards), first.levels.shape[1])
    return first._replace(
        books=table((shards, books), layout.BOOK),
        ladders=table((shards, 2 * books), layout.LADDER),
        stop_ladders=table((shards, 2 * books), layout.LADDER),
        trails=table((shards, 2 * books), layout.TRAIL),
        orders=table((shards, orders), layout.ORDER),
        details=table((shards, orders), layout.DETAIL),
        levels=table((shards, levels), layout.LEVEL),
        hidden=np.zeros((shards, levels), np.int64),
        traders=table((shards, orders), layout.TRADER),
        order_index=table((shards, 2 * orders), layout.INDEX),
        client_index=table((shards, 2 * orders), layout.INDEX),
        trader_index=table((shards, 2 * orders), layout.INDEX),
    )


def _level_symbols(image: Image) -> np.ndarray:
    """The symbol of every level; stops that wait have levels by their stop price."""
    orders = image.orders
    prices, waits = orders["price"].copy(), np.zeros(len(orders), np.int32)
    extended = np.flatnonzero(is_extended(orders))
    waiting = np.flatnonzero(image.details["pending"])
    prices[extended[waiting]] = image.details["stop_price"][waiting]
    waits[extended[waiting]] = 1
    first = np.ones(len(orders), np.bool_)
    first[1:] = False
    for values in (orders["book"], orders["side"], prices, waits):
        first[1:] |= values[1:] != values[:-1]
    return np.asarray(orders["book"][first])
