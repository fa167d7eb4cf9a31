"""What the calls of every service stand on."""

from collections.abc import AsyncGenerator
from typing import Any

from lightning.client.catalog import Catalog
from lightning.client.connection import Connection, Method
from lightning.client.ids import Ids


class Calls:
    """timeout : of a call, in seconds; not given: that of the client"""

    def __init__(self, connection: Connection, catalog: Catalog, ids: Ids) -> None:
        self._connection = connection
        self._catalog = catalog
        self._ids = ids

    def _once_id(self, given: int | None) -> int:
        return self._ids.take() if given is None else given

    async def _command(self, method: Method, request: Any, once_id: int, timeout: float | None) -> Any:
        """A command with its id: asked again, unless its caller wants none (0)."""
        if not once_id:
            return await self._connection.do_unprotected(method, request, timeout)
        return await self._connection.do(method, request, once_id, timeout)

    async def _pages(self, method: Method, request: Any, timeout: float | None) -> AsyncGenerator[Any, None]:
        """Of a list: the answers, one after the other."""
        while True:
            page = await self._connection.ask(method, request, timeout)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
