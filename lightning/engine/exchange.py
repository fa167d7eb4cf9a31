"""`Exchange`: the whole venue in process. COMMAND rows in, EVENT rows out; no I/O."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lightning.codes import SelfTradePrevention
from lightning.config import SHARDS_MAX, Config, load_config
from lightning.engine.pipeline import Parallel, Serial
from lightning.engine.queries import Queries
from lightning.engine.statistics import Statistics
from lightning.engine.tables import (
    EVENT_ROWS,
    as_rows,
    grow_directory,
    grow_shelf,
    grow_totals,
    make_room,
    new_accounts,
    new_books,
    table,
    words_of,
)
from lightning.instruments import Currency, Symbol
from lightning.kernels import layout, ledger_layout
from lightning.kernels.intrinsics import INT64_MAX
from lightning.kernels.layout import NIL, State
from lightning.kernels.ledger import account_find, account_new, balance_open, shard_of
from lightning.rows import COMMAND, EVENT


class Exchange(Queries):
    """Balances and books, moved on by commands.

    config : a path or a mapping in the TOML's shape, None = the built-in default
    ledger : False = matching only: no balances, no once-only window, accounts are free
    shards : account shards and symbol shards, 1..64 each; the outcome does not depend on it
    workers : threads; the outcome does not depend on it
    """

    def __init__(
        self,
        config: str | Path | Mapping[str, object] | Config | None = None,
        ledger: bool = True,
        shards: int = 10,
        workers: int = 1,
    ) -> None:
        self.config = config if isinstance(config, Config) else load_config(config)
        if not 1 <= shards <= SHARDS_MAX:
            raise ValueError(f"shards must be 1 to {SHARDS_MAX}, not {shards}")
        if not 1 <= workers <= SHARDS_MAX:
            raise ValueError(f"workers must be 1 to {SHARDS_MAX}, not {workers}")
        self.ledger = ledger
        self.shards = shards
        self.currencies: dict[int, Currency] = {}
        self.symbols: dict[int, Symbol] = {}
        self.currency_id_last = 0
        self.symbol_id_last = 0
        self.statistics = Statistics()
        self._state = self._new_state()
        self._pipeline = Serial() if workers == 1 else Parallel(workers)
        for currency in self.config.currencies:
            self.create_currency(currency)
        for symbol in self.config.symbols:
            self.create_symbol(symbol)

    def _new_state(self) -> State:
        state = State(
            books=new_books(self.shards),
            accounts=new_accounts(self.shards, self.config.limits.once_window if self.ledger else 0),
            timers=table((64,), layout.TIMER),
            totals=table((8,), ledger_layout.TOTAL),
            directory=np.full((8, 2), NIL, np.int32),
            symbols=np.empty(0, np.int32),
            fee_accounts=np.empty(0, np.int64),
            globals=table((1,), layout.GLOBALS),
        )
        limits = self.config.limits
        row = state.globals[0]
        row["ledger"] = int(self.ledger)
        row["secret"] = int.from_bytes(os.urandom(8), "little", signed=True)
        row["once_window"] = limits.once_window
        row["orders_max"] = limits.orders_max
        row["accounts_max"] = limits.accounts_max
        row["next_timer"] = INT64_MAX
        return state

    @property
    def seq(self) -> int:
        """Of the last command."""
        return int(self._state.globals[0]["seq"])

    def take_seq(self) -> int:
        """The next seq, for something that is not a COMMAND row."""
        self._state.globals[0]["seq"] += 1
        return self.seq

    def set_limits(self, orders_max: int, accounts_max: int) -> None:
        limits = replace(self.config.limits, orders_max=orders_max, accounts_max=accounts_max)
        self.config = replace(self.config, limits=limits)
        self._state.globals[0]["orders_max"] = orders_max
        self._state.globals[0]["accounts_max"] = accounts_max
        self._state.globals[0]["orders_room"] = 0  # counted again under the new limit

    def create_currency(self, currency: Currency) -> None:
        self._state = grow_totals(self._state, currency.id)
        self._state.totals[currency.id]["exists"] = 1
        self.currencies[currency.id] = currency
        self.currency_id_last = max(self.currency_id_last, currency.id)

    def rename_currency(self, currency: Currency) -> None:
        """Replace a currency by one that differs in its names only."""
        self.currencies[currency.id] = currency
        for symbol in list(self.symbols.values()):
            if currency.id in (symbol.base.id, symbol.quote.id):
                base, quote = self.currencies[symbol.base.id], self.currencies[symbol.quote.id]
                self.symbols[symbol.id] = replace(symbol, base=base, quote=quote)

    def remove_currency(self, currency: int) -> None:
        """Forget a currency that no symbol and no balance uses."""
        del self.currencies[currency]
        self._state.totals[currency]["exists"] = 0

    def create_symbol(self, symbol: Symbol) -> None:
        """Open an empty book."""
        shard = int(shard_of(symbol.id, self.shards))
        slot = int(self._state.books.head[shard]["books_used"])
        if slot == self._state.books.books.shape[1]:
            self._state = grow_shelf(self._state)
        self._state = grow_directory(self._state, symbol.id)
        state = self._state
        state.books.head[shard]["books_used"] = slot + 1
        for side in (0, 1):
            for ladders in (state.books.ladders, state.books.stop_ladders):
                ladder = ladders[shard, 2 * slot + side]
                ladder["root"] = ladder["best"] = NIL
            trail = state.books.trails[shard, 2 * slot + side]
            trail["top"] = trail["best"] = NIL
        book = state.books.books[shard, slot]
        book["status"] = symbol.status
        book["buy_trigger"] = INT64_MAX
        state.directory[symbol.id] = shard, slot
        place = int(np.searchsorted(state.symbols, symbol.id))
        self._state = state._replace(symbols=np.insert(state.symbols, place, symbol.id))
        self.symbols[symbol.id] = symbol
        self.symbol_id_last = max(self.symbol_id_last, symbol.id)
        self.statistics.add_symbol(symbol.id)
        self._write_spec(symbol)

    def replace_symbol(self, symbol: Symbol) -> None:
        """Give a symbol another spec; its currencies may change only while it is unused."""
        self.symbols[symbol.id] = symbol
        self._write_spec(symbol)

    def remove_symbol(self, symbol: int) -> None:
        """Close an empty book. Its id is never given again."""
        self._state.directory[symbol] = NIL
        left = self._state.symbols[self._state.symbols != symbol]
        self._state = self._state._replace(symbols=left)
        del self.symbols[symbol]
        self.statistics.remove_symbol(symbol)

    def _write_spec(self, symbol: Symbol) -> None:
        shard, slot = self._state.directory[symbol.id]
        book = self._state.books.books[shard, slot]
        book["symbol"] = symbol.id
        book["tick_value"] = symbol.tick_value
        book["lot_value"] = symbol.lot_value
        book["qty_min"] = symbol.quantity_min
        book["qty_max"] = symbol.quantity_max
        book["notional_min"] = symbol.notional_min
        book["base"] = symbol.base.id
        book["quote"] = symbol.quote.id
        book["maker_fee_ppm"] = symbol.maker_fee_ppm
        book["taker_fee_ppm"] = symbol.taker_fee_ppm
        book["order_fee_ppm_min"] = symbol.order_fee_ppm_min
        book["order_fee_ppm_max"] = symbol.order_fee_ppm_max
        book["price_band_ppm"] = symbol.price_band_ppm
        book["market_protection_ppm"] = symbol.market_protection_ppm
        book["orders_max"] = symbol.orders_max
        modes = self.ledger or symbol.self_trade_prevention_given
        book["stp"] = symbol.self_trade_prevention if modes else SelfTradePrevention.NONE
        book["fee_account"] = symbol.fee_account
        if symbol.fee_account not in self._state.fee_accounts:
            fee_accounts = np.append(self._state.fee_accounts, symbol.fee_account)
            self._state = self._state._replace(fee_accounts=fee_accounts)
        if self.ledger:
            book["fee_slot"] = self._fee_balance(symbol)

    def _fee_balance(self, symbol: Symbol) -> int:
        """The balance that the symbol's fees go to; its account exists from now on."""
        self._state = make_room(self._state, 0)
        accounts, secret = self._state.accounts, self._state.globals[0]["secret"]
        shard = shard_of(symbol.fee_account, self.shards)
        owner = account_find(accounts, secret, shard, symbol.fee_account)
        if owner == NIL:
            owner = account_new(accounts, secret, shard, symbol.fee_account)
        return int(balance_open(accounts, secret, shard, owner, symbol.quote.id))

    def submit(self, commands: np.ndarray) -> np.ndarray:
        """Apply rows of dtype COMMAND in order; returns rows of dtype EVENT, in the order of their commands.

        The commands are not changed; the array returned is the caller's. Raises TypeError for another dtype.
        """
        rows = _own_layout(commands)
        words = words_of(rows)
        result = np.empty((2 * len(rows) if len(rows) > EVENT_ROWS else 0, 16), np.int64)
        used = 0
        start = 0
        while start < len(rows):
            self._state, start = self._pipeline.step(self._state, rows, words, start, len(rows))
            written = self._pipeline.taken()
            result = _append(result, used, written)
            used += len(written)
        return result[:used].view(EVENT).reshape(used)


def _own_layout(commands: np.ndarray) -> np.ndarray:
    """The same rows as kernels take them."""
    known = isinstance(commands, np.ndarray) and commands.ndim == 1
    if not known or (commands.dtype is not COMMAND and commands.dtype.names != COMMAND.names):
        raise TypeError("commands must be a one-dimensional array of dtype lightning.COMMAND")
    rows = np.ascontiguousarray(commands, COMMAND)
    if not rows.flags.behaved:
        rows = rows.copy()
    return as_rows(rows)


def _append(result: npt.NDArray[np.int64], used: int, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    if used == 0 and len(result) == 0:
        return rows.copy()
    if used + len(rows) > len(result):
        wider = np.empty((2 * (used + len(rows)), 16), np.int64)
        wider[:used] = result[:used]
        result = wider
    result[used : used + len(rows)] = rows
    return result
