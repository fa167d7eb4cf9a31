"""BOOK_EVENT rows of what an exchange does, batch by batch, for some of its symbols or all."""

from collections.abc import Collection

import numpy as np

from lightning.analysis.flow import BOOK_EVENT, BookEventKind
from lightning.analysis.past import BookFlow
from lightning.codes import EventKind
from lightning.engine.book_orders import BookOrders, touched_symbols
from lightning.engine.exchange import Exchange
from lightning.engine.journal import Batch
from lightning.instruments import Symbol
from lightning.kernels.followed import BookOrderAction

assert all(BookEventKind[action.name].value == action.value for action in BookOrderAction)


def to_book_events(changes: np.ndarray, events: np.ndarray, batch: Batch) -> np.ndarray:
    """BOOK_EVENT rows of a batch.

    changes : BOOK_CHANGE, as `BookOrders.advance` makes them; events : (n,) EVENT, all of the batch
    """
    causes = changes["event"]
    rows = np.zeros(len(changes), BOOK_EVENT)
    for name in ("order_id", "price", "qty", "delta", "side"):
        rows[name] = changes[name]
    rows["seq"] = events["seq"][causes]
    rows["time_ns"] = batch.rows["time_ns"][rows["seq"] - batch.first_seq]
    by_trade = events["kind"][causes] == EventKind.TRADE
    of_maker = by_trade & (events["maker_order_id"][causes] == changes["order_id"])
    rows["account"] = np.where(of_maker, events["maker_account"][causes], events["account"][causes])
    traded = by_trade & (changes["action"] != BookOrderAction.ADDED)
    rows["kind"] = np.where(traded, BookEventKind.TRADED, changes["action"])
    for name, column in (
        ("trade_id", "trade_id"),
        ("taker_order_id", "order_id"),
        ("taker_account", "account"),
    ):
        rows[name] = np.where(traded, events[column][causes], 0)
    return rows


class _Followed:
    """One symbol, from a seq on."""

    def __init__(self, exchange: Exchange, symbol: int, time_ns: int) -> None:
        self.symbol: Symbol = exchange.symbols[symbol]
        self.start_seq, self.start_time_ns = exchange.seq, time_ns
        self.orders = BookOrders(exchange, symbol)
        resting = exchange.book_orders(symbol)
        opening = np.zeros(len(resting), BOOK_EVENT)
        opening["seq"], opening["time_ns"] = exchange.seq, time_ns
        opening["kind"] = BookEventKind.ADDED
        for name in ("order_id", "account", "price", "side"):
            opening[name] = resting[name]
        opening["qty"] = opening["delta"] = resting["leaves_qty"]
        self.opening = len(opening)
        self.parts = [opening]

    def flow(self, end_seq: int, end_time_ns: int) -> BookFlow:
        self.parts = [np.concatenate(self.parts)]
        return BookFlow(
            self.symbol,
            self.parts[0].view(),
            opening=self.opening,
            start_seq=self.start_seq,
            start_time_ns=self.start_time_ns,
            end_seq=end_seq,
            end_time_ns=end_time_ns,
        )


class Follower:
    """Call `prepare` before each batch that the exchange gets, and `add` after it.

    symbols : None: all, those that are created later too
    time_ns : of the last command before
    """

    def __init__(self, exchange: Exchange, symbols: Collection[int] | None = None, time_ns: int = 0) -> None:
        self._exchange = exchange
        self._symbols = symbols
        self._followed: dict[int, _Followed] = {}
        self.time_ns = time_ns
        """Of the last command."""
        self.seq = exchange.seq
        """Of the last command that was added."""
        self.prepare()

    def prepare(self) -> None:
        """Begin to follow what is new."""
        if len(self._followed) < len(self._exchange.symbols):
            for symbol in self._exchange.symbols.keys() - self._followed.keys():
                if self._symbols is None or symbol in self._symbols:
                    self._followed[symbol] = _Followed(self._exchange, symbol, self.time_ns)

    def add(self, batch: Batch, events: np.ndarray) -> None:
        for symbol in touched_symbols(events).tolist():
            one = self._followed.get(symbol)
            if one is not None:
                changes = one.orders.advance(batch, events)
                if len(changes):
                    one.parts.append(to_book_events(changes, events, batch))
        self.seq = max(self.seq, batch.last_seq)
        if len(batch.rows):
            self.time_ns = max(self.time_ns, int(batch.rows["time_ns"][-1]))

    def flow(self, symbol: int) -> BookFlow:
        """Up to the last batch; what comes later does not change it. Raises KeyError."""
        return self._followed[symbol].flow(self.seq, self.time_ns)
