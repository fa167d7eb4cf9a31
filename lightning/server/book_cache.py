"""Order books that were asked for, as they were answered."""

from collections.abc import Callable
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from lightning.engine.exchange import Exchange
from lightning.instruments import Symbol
from lightning.server.gateway import Gateway

KEPT_MAX = 1000
"""Books; when there are more, all go."""

T = TypeVar("T")


class Book(NamedTuple):
    body: bytes
    """A message without its seq and time: with these in a second message's bytes behind it, it has them."""
    seq: int
    time_ns: int


class BookCache(Generic[T]):
    """Many ask for the same books, and between two commands all of them are told the same.

    read : what is told of a book, on the engine thread; write : it, as bytes
    """

    def __init__(
        self,
        gateway: Gateway,
        read: Callable[[Symbol, int, Exchange], T],
        write: Callable[[Symbol, T], bytes],
    ) -> None:
        self._gateway = gateway
        self._read = read
        self._write = write
        self._kept: dict[tuple[int, int], tuple[int, Symbol, bytes]] = {}

    async def get(self, symbol: Symbol, levels: int) -> Book:
        answer = await self._gateway.query(partial(self._find, symbol, levels), quick=True)
        if isinstance(answer.value, bytes):
            return Book(answer.value, answer.seq, answer.time_ns)
        body = self._write(symbol, answer.value)
        if len(self._kept) >= KEPT_MAX:
            self._kept.clear()
        self._kept[symbol.id, levels] = answer.seq, symbol, body
        return Book(body, answer.seq, answer.time_ns)

    def _find(self, symbol: Symbol, levels: int, exchange: Exchange) -> T | bytes:
        kept = self._kept.get((symbol.id, levels))
        if kept is not None and kept[0] == exchange.seq and kept[1] is symbol:
            return kept[2]
        return self._read(symbol, levels, exchange)
