"""The client for programs that have an event loop."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Self

import grpc

from lightning.client.accounts import AccountCalls
from lightning.client.admin import AdminCalls
from lightning.client.book_follower import followed
from lightning.client.bulk import BulkCalls
from lightning.client.catalog import Catalog, SymbolRef
from lightning.client.connection import Connection, Settings
from lightning.client.ids import Ids
from lightning.client.local_book import LocalBook
from lightning.client.streams import StreamCalls
from lightning.client.trading import TradingCalls

TARGET = "localhost:50051"
BOOK_LEVELS = 1000


class AsyncClient(TradingCalls, AccountCalls, StreamCalls, BulkCalls):
    """A server's accounts, orders and market data. `admin` is the operator's part.

    Numbers go in as Decimal, str or int, and come out as Decimal. Symbols and currencies are named by
    their id or their name. Whatever goes wrong with a call is a LightningError.

    target : HOST:PORT
    token : a bearer token, sent with every call
    credentials : for TLS; not given: none
    timeout : of a call in seconds, with all that is asked again
    attempt_timeout : after so many seconds without an answer a call is asked again, if it may be; then
        after twice as long, and so on
    reconnect_timeout : for so many seconds a stream tries to come back before it ends
    """

    def __init__(
        self,
        target: str = TARGET,
        *,
        token: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        timeout: float = 30.0,
        attempt_timeout: float = 5.0,
        reconnect_timeout: float = 60.0,
    ) -> None:
        settings = Settings(
            target=target,
            token=token,
            credentials=credentials,
            timeout_s=timeout,
            attempt_timeout_s=attempt_timeout,
            reconnect_s=reconnect_timeout,
        )
        connection = Connection(settings)
        catalog, ids = Catalog(connection), Ids()
        super().__init__(connection, catalog, ids)
        self.admin = AdminCalls(connection, catalog, ids)

    async def close(self) -> None:
        """End all calls and streams. A later call connects again."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @asynccontextmanager
    async def follow_book(
        self, symbol: SymbolRef, levels: int = BOOK_LEVELS
    ) -> AsyncGenerator[LocalBook, None]:
        """A book that is kept current and checked while this is entered; it begins with the present one.

        levels : of each side, at most 1,000
        """
        symbol_id = await self._catalog.symbol_id(symbol)
        subscribe = partial(self.subscribe_order_book, symbol_id, levels)
        async with followed(LocalBook(symbol_id), subscribe) as book:
            yield book
