"""The event loop's door to the history."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from lightning.instruments import Currency, Symbol
from lightning.server.errors import Unavailable
from lightning.server.gateway import Catalog, Gateway
from lightning.storage.history import History, HistoryUnavailable
from lightning.storage.history.queries import currency_of, symbol_of

T = TypeVar("T")

THREADS = 2


class Past:
    """What is read is as of a seq, or later: whoever has an answer finds what it told."""

    def __init__(self, gateway: Gateway, history: History) -> None:
        self._gateway = gateway
        self._history = history
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="history-reader")

    @property
    def first_seq(self) -> int:
        """The first that is kept."""
        return self._history.first_seq

    async def read(self, seq: int, query: Callable[[sqlite3.Connection], T]) -> T:
        """What the history has, once it has everything up to `seq`. Raises Unavailable."""
        try:
            await self._reached(seq)
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._history.read, query)
        except HistoryUnavailable as error:
            raise Unavailable(f"Nothing was done: {error}") from error

    async def _reached(self, seq: int) -> None:
        if seq <= self._history.applied_seq and self._history.failure is None:
            return
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def settle(failure: HistoryUnavailable | None) -> None:
            if done.done():  # its caller gave up waiting
                return
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(failure)

        def reached(failure: HistoryUnavailable | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, failure)

        self._history.when(seq, reached)
        await done

    async def catalog(self, symbols: Iterable[int], currencies: Iterable[int] = ()) -> Catalog:
        """What is traded, and of what is named also what was, as it was last."""
        known = self._gateway.catalog
        gone = set(symbols) - set(known.symbols)
        spent = set(currencies) - set(known.currencies)
        if not gone and not spent:
            return known
        found = await self.read(0, lambda connection: [symbol_of(connection, one) for one in gone])
        rest = await self.read(0, lambda connection: [currency_of(connection, one) for one in spent])
        old: dict[int, Currency] = {one.id: one for each in found for one in (each.base, each.quote)}
        old |= {one.id: one for one in rest}
        past: dict[int, Symbol] = {one.id: one for one in found}
        return Catalog({**old, **known.currencies}, {**past, **known.symbols})
