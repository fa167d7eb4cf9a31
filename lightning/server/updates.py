"""What one subscriber waits for, and how much of it."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from functools import cached_property
from typing import Any

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

UPDATES_MAX = 1024
"""That wait to be read."""
WEIGHT_MAX = 65_536
"""Of them all: levels, orders, trades."""


class Update:
    """A message to many subscribers, written once in each format that someone reads."""

    def __init__(self, message: Message, weight: int = 1) -> None:
        self.message: Any = message
        self.weight = weight
        self.frames: dict[str, bytes] = {}
        """As WebSockets send it, by what it begins with."""

    @cached_property
    def data(self) -> bytes:
        written: bytes = self.message.SerializeToString()
        return written

    @cached_property
    def json(self) -> str:
        return MessageToJson(
            self.message,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
            indent=None,
        )


class Subscription:
    """A queue with room for a little. Belongs to the event loop.

    overflow : what takes the place of all that waits, when it is too much: a fresh start, made when it is
    read, or the error that ends it
    """

    def __init__(self, overflow: Callable[[], list[Update] | Exception]) -> None:
        self._overflow = overflow
        self._waiting: deque[Update] = deque()
        self._weight = 0
        self._is_behind = False
        self._end: Exception | None = None
        self._woken: asyncio.Future[None] | None = None
        """Of a reader that waits; an asyncio.Event takes twice as long."""

    @property
    def waiting(self) -> int:
        """Updates that were not read yet."""
        return len(self._waiting)

    def put(self, update: Update) -> None:
        if self._is_behind or self._end is not None:
            return
        self._waiting.append(update)
        self._weight += update.weight
        if len(self._waiting) > UPDATES_MAX or self._weight > WEIGHT_MAX:
            self._waiting.clear()
            self._weight = 0
            self._is_behind = True
        self._wake()

    def start_anew(self) -> None:
        """What is read next is what `overflow` gives."""
        self._is_behind = True
        self._wake()

    def end(self, error: Exception) -> None:
        """Behind what waits."""
        self._end = self._end or error
        self._wake()

    async def updates(self) -> AsyncGenerator[Update, None]:
        """For ever; raises what it is ended with."""
        while True:
            yield await self._next()

    async def _next(self) -> Update:
        while not self._waiting:
            if self._is_behind:
                self._catch_up()
            elif self._end is not None:
                raise self._end
            else:
                self._woken = asyncio.get_running_loop().create_future()
                await self._woken
        update = self._waiting.popleft()
        self._weight -= update.weight
        return update

    def _wake(self) -> None:
        if self._woken is not None:
            if not self._woken.done():  # else its reader was cancelled
                self._woken.set_result(None)
            self._woken = None

    def _catch_up(self) -> None:
        anew = self._overflow()
        self._is_behind = False
        if isinstance(anew, Exception):
            self.end(anew)
        else:
            self._waiting.extend(anew)
            self._weight = sum(update.weight for update in anew)
