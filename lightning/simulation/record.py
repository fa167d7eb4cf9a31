"""What is kept of a run: fills and balances of some accounts, and the best of the book."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lightning.engine.tables import table
from lightning.simulation.kernels.mail import gather_fills
from lightning.simulation.sight import ACCOUNT_SERIES, BOOK_SERIES, FILL
from lightning.simulation.simulation import Simulation

Rows = npt.NDArray[np.void]
ROWS_MIN = 1024


class Record:
    """Follows a simulation from now on. `polars.DataFrame(array)` makes a frame of what it has."""

    def __init__(self, simulation: Simulation, accounts: Sequence[int] = (), every_ns: int = 0) -> None:
        """accounts : whose fills and balances; the exchange must have a ledger for balances
        every_ns : how often balances are looked at; 0: behind every step
        """
        self._simulation = simulation
        self._accounts = np.array(accounts, np.int64)
        self._every_ns = every_ns
        self._next_ns = simulation.now_ns + every_ns
        self._fills, self._book, self._series = _Rows(FILL), _Rows(BOOK_SERIES), _Rows(ACCOUNT_SERIES)
        self._first = {account: self._balances(account) for account in accounts}
        self._middle = 0
        """Twice the last middle of the book, ticks."""
        simulation.hooks.append(self._take_events)
        simulation.after_step.append(self._take_step)

    @property
    def fills(self) -> Rows:
        """FILL, in order."""
        return self._fills.array

    @property
    def book(self) -> Rows:
        """BOOK_SERIES, one row per step."""
        return self._book.array

    @property
    def accounts(self) -> Rows:
        """ACCOUNT_SERIES, in order of time."""
        return self._series.array

    def _take_events(self, commands: Rows, events: Rows) -> None:
        if len(self._accounts):
            times = commands["time_ns"][events["command"]]
            rows, used = self._fills.room(2 * len(events))
            self._fills.used = int(gather_fills(events, times, self._accounts, rows, used))

    def _take_step(self) -> None:
        simulation = self._simulation
        bids, asks = simulation.book()
        now_ns, bid, ask = simulation.now_ns, int(bids[0, 0]), int(asks[0, 0])
        if bid and ask:
            self._middle = bid + ask
        self._book.append((now_ns, simulation.exchange.seq, bid, ask, int(bids[0, 1]), int(asks[0, 1])))
        if now_ns >= self._next_ns:
            self._next_ns += max(self._every_ns, simulation.step_ns)
            for account in self._first if simulation.exchange.ledger else ():
                self._series.append((now_ns, account, *self._worth(account)))

    def _worth(self, account: int) -> tuple[int, int, int]:
        """(inventory, cash, PnL)"""
        symbol, first = self._simulation.symbol, self._first[account]
        base, quote = self._balances(account)
        inventory, cash = (base - first[0]) // symbol.lot_value, quote - first[1]
        return inventory, cash, cash + inventory * self._middle * symbol.tick_value // 2

    def _balances(self, account: int) -> tuple[int, int]:
        """All of the base and of the quote currency, held or not."""
        state = self._simulation.exchange.account(account)
        owned = {} if state is None else {currency: free + held for currency, free, held in state.balances}
        symbol = self._simulation.symbol
        return owned.get(symbol.base.id, 0), owned.get(symbol.quote.id, 0)


class _Rows:
    """An array that grows."""

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self._rows = table((ROWS_MIN,), dtype)
        self.used = 0

    @property
    def array(self) -> Rows:
        return self._rows[: self.used].view(np.ndarray)

    def room(self, count: int) -> tuple[Rows, int]:
        """The whole table, with room for so many more rows, and how many are used."""
        if self.used + count > len(self._rows):
            wider = table((2 * (self.used + count),), self._rows.dtype)
            wider[: self.used] = self._rows[: self.used]
            self._rows = wider
        return self._rows, self.used

    def append(self, row: tuple[int, ...]) -> None:
        rows, used = self.room(1)
        rows[used] = row
        self.used += 1
