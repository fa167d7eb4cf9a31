"""One stream from the server, opened again whenever it ends."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any, Generic, TypeVar

from grpc.aio import AioRpcError

from lightning.client.connection import FIRST_PAUSE_S, PAUSE_S_MAX, Connection
from lightning.client.errors import CUT_OFF, Unavailable, error_of

Message = TypeVar("Message")

STEADY_S = 5.0
"""A stream that was open for so long had come back, though it may have told nothing."""


class Subscription(Generic[Message]):
    """open_ : the method and the request that goes on from where the reader is; called for each opening"""

    def __init__(self, connection: Connection, open_: Callable[[], tuple[Any, object]]) -> None:
        self._connection = connection
        self._open = open_
        self._again = False
        self.is_first = False
        """Of the message that was given last: was it the first one of its stream?"""

    def again(self) -> None:
        """Open the stream anew before the next message."""
        self._again = True

    async def messages(self) -> AsyncGenerator[Message, None]:
        """Without end. Raises LightningError: the server's refusal, or Unavailable when it does not come back
        within the settings' `reconnect_s`.
        """
        now = asyncio.get_running_loop().time
        cut_s, pause_s = now(), FIRST_PAUSE_S
        while True:
            began_s, error = now(), None
            self._again, told = False, False
            method, request = self._open()
            call = method(request, metadata=self._connection.metadata)
            try:
                async for message in call:
                    self.is_first, told = not told, True
                    yield message
                    if self._again:
                        break
            except AioRpcError as status:
                if status.code() not in CUT_OFF:
                    raise error_of(status) from status
                error = status
            finally:
                call.cancel()
            if told or now() - began_s > STEADY_S:
                cut_s, pause_s = now(), FIRST_PAUSE_S
            if self._again:
                continue
            if now() - cut_s > self._connection.settings.reconnect_s:
                raise Unavailable(self._told(error)) from error
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, PAUSE_S_MAX)

    def _told(self, error: AioRpcError | None) -> str:
        settings = self._connection.settings
        why = "it ended without an error" if error is None else f"{error.code().name}: {error.details()}"
        return (
            f"the stream from {settings.target} did not come back within {settings.reconnect_s:g} s ({why})"
        )
