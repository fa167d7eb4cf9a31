"""Market data and account events to whoever subscribed, each batch once it is durable.

One pass over what a batch did; a subscriber that does not read costs the others nothing. Belongs to the
event loop.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from lightning.codes import EventKind, RejectReason
from lightning.engine.book_orders import BookOrders
from lightning.engine.durable_gate import Outcome
from lightning.engine.exchange import Exchange
from lightning.engine.feed import AccountSight, BookChange, BookKey, BookSight, Feed, Seen
from lightning.engine.journal import Batch
from lightning.engine.replay import Applied
from lightning.engine.sequencer import Sequencer, Stopped
from lightning.engine.views import AccountState
from lightning.instruments import Symbol
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.server.convert import feeds as convert
from lightning.server.convert.market import trades
from lightning.server.errors import Refused, TooSlow, Unavailable
from lightning.server.gateway import Gateway
from lightning.server.updates import Subscription, Update

log = logging.getLogger(__name__)

_TRADE_COLUMNS = ["trade_id", "symbol", "price", "qty", "side", "maker_order_id", "order_id", "seq"]
BOOKS_SHARE = 0.25
"""Of the event loop's time, at most, for telling of books; what comes meanwhile is told together."""

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


K = TypeVar("K")
T = TypeVar("T", bound=Topic)  # type: ignore[type-arg]  # of whatever start


class Publisher:
    def __init__(self, gateway: Gateway, sequencer: Sequencer, exchange: Exchange) -> None:
        self._gateway = gateway
        self._loop = asyncio.get_running_loop()
        self._feed = Feed(exchange)
        self._books: dict[BookKey, BookTopic] = {}
        self._orders: dict[int, OrdersTopic] = {}
        self._trades: dict[int, TradesTopic] = {}
        self._accounts: dict[int, AccountTopic] = {}
        self._dirty: set[Dirty] = set()
        self._draining = False
        self._background: set[asyncio.Task[None]] = set()
        sequencer.observe(self._feed.observe, self._on_seen)

    def drain(self) -> None:
        """The server is about to stop: every subscription ends."""
        self._draining = True
        self._end_all(Unavailable("The server is stopping: subscribe again"))

    # topics; each method opens one, for as long as the context lasts

    def book(self, symbol: Symbol, levels: int) -> AbstractAsyncContextManager[BookTopic]:
        key = BookKey(symbol.id, levels)

        def watch(exchange: Exchange) -> BookSight:
            _require(symbol, exchange)
            return self._feed.watch_book(key)

        def unwatch(exchange: Exchange) -> None:
            self._feed.unwatch_book(key)

        return self._open(self._books, key, partial(BookTopic, symbol), watch, unwatch)

    def book_orders(self, symbol: Symbol) -> AbstractAsyncContextManager[OrdersTopic]:
        def watch(exchange: Exchange) -> BookOrders:
            _require(symbol, exchange)
            self._feed.watch(1)
            return BookOrders(exchange, symbol.id)

        return self._open(self._orders, symbol.id, partial(OrdersTopic, symbol), watch, self._unwatch)

    def trades(self, symbol: Symbol) -> AbstractAsyncContextManager[TradesTopic]:
        def watch(exchange: Exchange) -> TradesStart:
            _require(symbol, exchange)
            self._feed.watch(1)
            return TradesStart(exchange.uses(symbol.id).trades, exchange.seq)

        return self._open(self._trades, symbol.id, partial(TradesTopic, symbol), watch, self._unwatch)

    def account(self, account: int) -> AbstractAsyncContextManager[AccountTopic]:
        def watch(exchange: Exchange) -> AccountStart:
            state = exchange.account(account)
            if state is None:
                raise Refused(RejectReason.UNKNOWN_ACCOUNT)
            self._feed.watch_account(account)
            return AccountStart(state, exchange.seq)

        def unwatch(exchange: Exchange) -> None:
            self._feed.unwatch_account(account)

        return self._open(self._accounts, account, partial(AccountTopic, self._gateway), watch, unwatch)

    @asynccontextmanager
    async def changes(self, symbols: frozenset[int] | None) -> AsyncGenerator[Dirty, None]:
        """symbols : None: all"""
        self._refuse_in_drain()
        dirty = Dirty(symbols)
        await self._gateway.query(lambda exchange: self._feed.watch(1))
        self._dirty.add(dirty)
        try:
            yield dirty
        finally:
            self._dirty.discard(dirty)
            self._later(self._unwatch)

    def _unwatch(self, exchange: Exchange) -> None:
        self._feed.watch(-1)

    @asynccontextmanager
    async def _open(
        self,
        topics: dict[K, T],
        key: K,
        make: Callable[[Callable[[], None]], T],
        watch: Callable[[Exchange], object],
        unwatch: Callable[[Exchange], None],
    ) -> AsyncGenerator[T, None]:
        self._refuse_in_drain()
        topic = topics.get(key)
        if topic is None:

            def close() -> None:
                if topics.get(key) is made:
                    del topics[key]
                    self._later(unwatch)

            topic = topics[key] = made = make(close)
            self._run(self._begin(topics, key, made, watch))
        topic.users += 1
        try:
            await asyncio.shield(topic.opened)
            yield topic
        finally:
            topic.users -= 1
            if not topic.users:
                topic.close()

    async def _begin(self, topics: dict[K, T], key: K, topic: T, watch: Callable[[Exchange], object]) -> None:
        try:
            answer = await self._gateway.query(watch)
        except Exception as error:
            if topics.get(key) is topic:
                del topics[key]
            if topic.users:
                topic.opened.set_exception(error)
            return
        topic.begin(answer.value, answer.time_ns)
        topic.opened.set_result(None)
        for tell in topic.early:
            tell()

    def _refuse_in_drain(self) -> None:
        if self._draining:
            raise Unavailable("The server is stopping: subscribe again")

    def _later(self, read: Callable[[Exchange], None]) -> None:
        async def run() -> None:
            with suppress(Unavailable):
                await self._gateway.query(read)

        self._run(run())

    def _run(self, work: Coroutine[object, object, None]) -> None:
        task = self._loop.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # publishing

    def _on_seen(self, outcome: Outcome) -> None:
        """On another thread."""
        self._loop.call_soon_threadsafe(self._publish, outcome)

    def _publish(self, outcome: Outcome) -> None:
        if outcome.error is not None:
            self._give_up(outcome.error)
            return
        seen: Seen = outcome.value
        if seen.books:
            self._tell_books(seen.books, outcome.time_ns)
        for symbol in seen.gone:
            self._end_symbol(symbol)
        touched = set(seen.touched.tolist())
        for dirty in self._dirty:
            dirty.touch(touched)
        if isinstance(seen.applied.record, Batch):
            self._tell_orders(seen.applied, seen.applied.record, touched, outcome.time_ns)
            self._tell_trades(seen.applied, touched, outcome.time_ns)
        for sight in seen.accounts:
            topic = self._accounts.get(sight.account)
            if topic is not None:
                topic.when_open(partial(topic.tell, sight, seen.applied, outcome.time_ns))

    def _tell_books(self, changes: list[BookChange], time_ns: int) -> None:
        began_s = time.perf_counter()
        for change in changes:
            topic = self._books.get(change.key)
            if topic is not None:
                topic.when_open(partial(topic.tell, change, time_ns))
        pause_s = (time.perf_counter() - began_s) * (1 / BOOKS_SHARE - 1)
        self._loop.call_later(pause_s, self._ask_for_books)

    def _ask_for_books(self) -> None:
        async def ask() -> None:
            try:
                answer = await self._gateway.query(
                    lambda exchange: self._feed.next_book_changes(), quick=True
                )
            except Exception as error:
                self._give_up(error)
                return
            if answer.value:
                self._tell_books(answer.value, answer.time_ns)

        self._run(ask())

    def _give_up(self, error: BaseException) -> None:
        """End every subscription: something happened that nobody can be told of."""
        if not self._draining and not isinstance(error, Unavailable | Stopped):
            log.error("Subscribers could not be told of a batch", exc_info=error)
        self._end_all(Unavailable("Not all that happened can be told: subscribe again"))

    def _tell_orders(self, applied: Applied, batch: Batch, touched: set[int], time_ns: int) -> None:
        for symbol in touched & self._orders.keys():
            book = self._orders[symbol]
            book.when_open(partial(book.tell, batch, applied.events, time_ns))

    def _tell_trades(self, applied: Applied, touched: set[int], time_ns: int) -> None:
        followed = touched & self._trades.keys()
        if not followed:
            return
        rows = applied.events[applied.events["kind"] == EventKind.TRADE]
        for symbol in followed:
            topic = self._trades[symbol]
            topic.when_open(partial(topic.tell, rows[rows["symbol"] == symbol], time_ns))

    def _end_symbol(self, symbol: int) -> None:
        books = [topic for key, topic in self._books.items() if key.symbol == symbol]
        others = [topics[symbol] for topics in (self._orders, self._trades) if symbol in topics]
        for topic in (*books, *others):
            topic.end(Refused(RejectReason.UNKNOWN_SYMBOL))

    def _end_all(self, error: Exception) -> None:
        topics = (self._books, self._orders, self._trades, self._accounts)
        for topic in [topic for kind in topics for topic in kind.values()]:
            topic.end(error)
        for dirty in self._dirty:
            dirty.end(error)


def _require(symbol: Symbol, exchange: Exchange) -> None:
    if symbol.id not in exchange.symbols:
        raise Refused(RejectReason.UNKNOWN_SYMBOL)
