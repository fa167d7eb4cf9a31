"""Market data and account events to whoever subscribed, each batch once it is durable.

One pass over what a batch did; a subscriber that does not read costs the others nothing. Belongs to the
event loop.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from lightning.codes import EventKind, RejectReason
from lightning.engine.book_orders import BookOrders
from lightning.engine.durable_gate import Outcome
from lightning.engine.exchange import Exchange
from lightning.engine.feed import BookChange, BookKey, BookSight, Feed, Seen
from lightning.engine.journal import Batch
from lightning.engine.replay import Applied
from lightning.engine.sequencer import Sequencer, Stopped
from lightning.instruments import Symbol
from lightning.server.errors import Refused, Unavailable
from lightning.server.gateway import Gateway
from lightning.server.topics import (
    AccountStart,
    AccountTopic,
    BookTopic,
    Dirty,
    OrdersTopic,
    Topic,
    TradesStart,
    TradesTopic,
)

log = logging.getLogger(__name__)

BOOKS_SHARE = 0.25
"""Of the event loop's time, at most, for telling of books; what comes meanwhile is told together."""

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

    @property
    def waiting(self) -> tuple[int, int]:
        """Subscribers of books, trades and accounts, and updates that they have not taken yet."""
        found = [each for topic in self._topics() for each in topic.subscribers]
        return len(found), sum(each.waiting for each in found)

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
                    if made.opened.done():
                        self._later(unwatch)

            topic = topics[key] = made = make(close)
            self._run(self._begin(topics, key, made, watch, unwatch))
        topic.users += 1
        try:
            await asyncio.shield(topic.opened)
            yield topic
        finally:
            topic.users -= 1
            if not topic.users:
                topic.close()

    async def _begin(
        self,
        topics: dict[K, T],
        key: K,
        topic: T,
        watch: Callable[[Exchange], object],
        unwatch: Callable[[Exchange], None],
    ) -> None:
        try:
            answer = await self._gateway.query(watch)
        except Exception as error:
            if topics.get(key) is topic:
                del topics[key]
            if topic.users:
                topic.opened.set_exception(error)
            return
        if topics.get(key) is not topic:  # nobody waited for it
            self._later(unwatch)
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

    def _topics(self) -> list[Topic[Any]]:
        kinds: tuple[dict[Any, Any], ...] = (self._books, self._orders, self._trades, self._accounts)
        return [topic for kind in kinds for topic in kind.values()]

    def _end_all(self, error: Exception) -> None:
        for topic in self._topics():
            topic.end(error)
        for dirty in self._dirty:
            dirty.end(error)


def _require(symbol: Symbol, exchange: Exchange) -> None:
    if symbol.id not in exchange.symbols:
        raise Refused(RejectReason.UNKNOWN_SYMBOL)
