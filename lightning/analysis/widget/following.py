"""Where a widget's books come from: an exchange that is looked at, or a stream that is read."""

import asyncio
import threading
from collections.abc import AsyncIterable, Callable, Coroutine, Iterable
from typing import Protocol

import numpy as np

from lightning.analysis.widget.told import AnyBook
from lightning.codes import SymbolStatus
from lightning.engine.exchange import Exchange
from lightning.engine.views import Depth

LOOK_EVERY_S = 0.1
"""Between two looks at an exchange."""


class Show(Protocol):
    def __call__(
        self, book: AnyBook, moment: str = "", status: SymbolStatus = SymbolStatus.TRADING
    ) -> None: ...


class Following(Protocol):
    def stop(self) -> None:
        """Show nothing more."""


class ExchangeFollowed:
    """Looks at one symbol of an exchange again and again, from the event loop that runs now."""

    def __init__(self, exchange: Exchange, symbol: int, levels: int, show: Show) -> None:
        self._exchange = exchange
        self._symbol, self._levels = np.array([symbol]), np.array([levels])
        self._show = show
        self._seq = -1
        self.look()
        self._task = _start(self._look_again)

    def look(self) -> None:
        """Show the book as it is now, if anything has happened since the last look."""
        if self._exchange.seq == self._seq:
            return
        self._seq = self._exchange.seq
        rows, counts, statuses = self._exchange.depths(self._symbol, self._levels)
        bids = int(counts[0, 0])
        self._show(Depth(rows[:bids], rows[bids:]), f"seq {self._seq}", SymbolStatus(statuses[0]))

    def stop(self) -> None:
        self._task.cancel()

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.look()


class StreamFollowed:
    """Reads an async iterable in the event loop that runs now."""

    def __init__(self, books: AsyncIterable[AnyBook], show: Show) -> None:
        self._books = books
        self._show = show
        self._task = _start(self._read)

    def stop(self) -> None:
        self._task.cancel()

    async def _read(self) -> None:
        async for book in self._books:
            self._show(book)


class BooksFollowed:
    """Reads an iterable in a thread of its own."""

    def __init__(self, books: Iterable[AnyBook], show: Show) -> None:
        self._books = books
        self._show = show
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def _read(self) -> None:
        try:
            for book in self._books:
                if self._stopped.is_set():
                    return
                self._show(book)
        except Exception:
            if not self._stopped.is_set():  # else it ended because its client was closed
                raise


def _start(work: Callable[[], Coroutine[None, None, None]]) -> "asyncio.Task[None]":
    """Raises RuntimeError where no event loop runs."""
    return asyncio.get_running_loop().create_task(work())
