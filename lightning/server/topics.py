"""What subscribers follow, and how it becomes messages."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from lightning.engine.book_orders import BookOrders
from lightning.engine.feed import AccountSight, BookChange, BookSight
from lightning.engine.journal import Batch
from lightning.engine.replay import Applied
from lightning.engine.views import AccountState
from lightning.instruments import Symbol
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.server.convert import feeds as convert
from lightning.server.convert.market import trades
from lightning.server.errors import TooSlow
from lightning.server.gateway import Gateway
from lightning.server.updates import Subscription, Update

_TRADE_COLUMNS = ["trade_id", "symbol", "price", "qty", "side", "maker_order_id", "order_id", "seq"]

Start = TypeVar("Start")
"""What a topic begins with: as the engine had it when it was opened."""


class Topic(Generic[Start]):
    """What several subscribers follow: `begin` with its start, then `tell` for each batch behind that.

    close : to be called when nobody follows it any more
    """

    def __init__(self, close: Callable[[], None]) -> None:
        self.users = 0
        """Subscribers, and those who are about to be."""
        self.subscribers: set[Subscription] = set()
        self.close = close
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.early: list[Callable[[], None]] = []
        """What came before the start did."""

    def begin(self, start: Start, time_ns: int) -> None:
        raise NotImplementedError

    def overflow(self) -> list[Update] | Exception:
        """What a subscriber gets in place of what it did not read in time."""
        raise NotImplementedError

    def when_open(self, tell: Callable[[], None]) -> None:
        if self.opened.done():
            tell()
        else:
            self.early.append(tell)

    def put(self, update: Update) -> None:
        for subscriber in self.subscribers:
            subscriber.put(update)

    def end(self, error: Exception) -> None:
        for subscriber in self.subscribers:
            subscriber.end(error)

    @contextmanager
    def subscribed(self) -> Iterator[Subscription]:
        subscription = Subscription(self.overflow)
        self.subscribers.add(subscription)
        try:
            yield subscription
        finally:
            self.subscribers.discard(subscription)


class BookTopic(Topic[BookSight]):
    """The best levels of a book. Who reads too slowly gets them anew."""

    def __init__(self, symbol: Symbol, close: Callable[[], None]) -> None:
        super().__init__(close)
        self._symbol = symbol

    def begin(self, start: BookSight, time_ns: int) -> None:
        self._sight, self._time_ns = start, time_ns

    def tell(self, change: BookChange, time_ns: int) -> None:
        if change.sight.seq <= self._sight.seq:
            return
        self._sight, self._time_ns = change.sight, time_ns
        levels = len(change.changed.bids) + len(change.changed.asks)
        self.put(Update(convert.book_change(self._symbol, change, time_ns), levels))

    def overflow(self) -> list[Update]:
        levels = len(self._sight.depth.bids) + len(self._sight.depth.asks)
        return [Update(convert.book_snapshot(self._symbol, self._sight, self._time_ns), levels)]


class OrdersTopic(Topic[BookOrders]):
    """A book order by order. Who reads too slowly gets it anew."""

    def __init__(self, symbol: Symbol, close: Callable[[], None]) -> None:
        super().__init__(close)
        self._symbol = symbol

    def begin(self, start: BookOrders, time_ns: int) -> None:
        self._book, self._time_ns = start, time_ns
        self._seq = start.seq

    def tell(self, batch: Batch, events: np.ndarray, time_ns: int) -> None:
        changes = self._book.advance(batch, events)
        if not len(changes):
            return
        for message in convert.book_orders(self._symbol, changes, batch.last_seq, self._seq, time_ns):
            self.put(Update(message, len(changes)))
        self._seq, self._time_ns = batch.last_seq, time_ns

    def overflow(self) -> list[Update]:
        orders = self._book.snapshot()
        messages = convert.book_orders(self._symbol, orders, self._seq, 0, self._time_ns)
        return [Update(message) for message in messages]


class TradesStart(NamedTuple):
    last_trade_id: int
    seq: int


class TradesTopic(Topic[TradesStart]):
    """Every trade of a symbol. Who reads too slowly is cut off."""

    def __init__(self, symbol: Symbol, close: Callable[[], None]) -> None:
        super().__init__(close)
        self._symbol = symbol

    def begin(self, start: TradesStart, time_ns: int) -> None:
        self.last_trade_id, self.seq = start

    def tell(self, rows: np.ndarray, time_ns: int) -> None:
        """rows : TRADE rows of the symbol"""
        fresh = rows[rows["trade_id"] > self.last_trade_id]
        if not len(fresh):
            return
        self.last_trade_id, self.seq = int(fresh["trade_id"][-1]), int(fresh["seq"][-1])
        told = trades(self._symbol, [(*row, time_ns) for row in fresh[_TRADE_COLUMNS].tolist()])
        self.put(Update(pb.SubscribeTradesResponse(trades=told), len(fresh)))

    def overflow(self) -> Exception:
        return TooSlow("after_trade_id = the last that was read")


class AccountStart(NamedTuple):
    state: AccountState
    seq: int
    """Everything of the account up to here is in the state."""


class AccountTopic(Topic[AccountStart]):
    """All that becomes of an account's orders and balances. Who reads too slowly is cut off."""

    def __init__(self, gateway: Gateway, close: Callable[[], None]) -> None:
        super().__init__(close)
        self._gateway = gateway

    def begin(self, start: AccountStart, time_ns: int) -> None:
        self.balances: AccountState | None = start.state
        self.seq = start.seq
        self.time_ns = time_ns

    def tell(self, sight: AccountSight, applied: Applied, time_ns: int) -> None:
        last_seq = int(applied.events["seq"][sight.rows[-1]])
        if last_seq <= self.seq:
            return
        if None in sight.orders.values():  # closed, and more orders closed since than the engine remembers
            self.end(TooSlow(f"from_seq = {self.seq + 1}"))
            return
        catalog = self._gateway.catalog
        event = convert.account_event(sight, self.balances, applied, self.seq, time_ns, catalog)
        self.balances, self.time_ns = sight.balances, time_ns
        if event.reports or event.balances:
            self.seq = last_seq
            self.put(Update(event, len(sight.rows)))

    def overflow(self) -> Exception:
        return TooSlow("from_seq = the last seq that was read + 1")


class Dirty:
    """Symbols of which someone is told the latest, and that changed since."""

    def __init__(self, symbols: frozenset[int] | None) -> None:
        self._symbols = symbols
        self._changed = asyncio.Event()
        self._dirty: set[int] = set()
        self._end: Exception | None = None

    def touch(self, touched: set[int]) -> None:
        more = touched if self._symbols is None else touched & self._symbols
        if more:
            self._dirty |= more
            self._changed.set()

    def end(self, error: Exception) -> None:
        self._end = error
        self._changed.set()

    async def take(self) -> set[int]:
        await self._changed.wait()
        self._changed.clear()
        if self._end is not None:
            raise self._end
        dirty, self._dirty = self._dirty, set()
        return dirty
