"""Orders that are canceled when their owner's stream ends."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress

from lightning.codes import EventKind, RejectReason
from lightning.rows import Command
from lightning.server.errors import Unavailable
from lightning.server.gateway import Gateway, Reply

log = logging.getLogger(__name__)

HEARTBEAT_S = 3.0


class Disconnects:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._draining = asyncio.Event()

    def drain(self) -> None:
        """End every stream and do nothing for it: it is the server that goes."""
        self._draining.set()

    async def watch(self, command: Command) -> AsyncGenerator[int, None]:
        """The time, now and then. `command` is done when whoever iterates ends it, for whatever reason.

        Raises Unavailable in a drain.
        """
        try:
            while not self._draining.is_set():
                yield self._gateway.now_ns()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._draining.wait(), HEARTBEAT_S)
        finally:
            if not self._draining.is_set():
                self._gateway.send(command).add_done_callback(_log_refusal)
        raise Unavailable("The server is stopping: the orders stay as they are")


def _log_refusal(done: "asyncio.Future[Reply]") -> None:
    if done.cancelled():
        return
    error = done.exception()
    if error is not None:
        log.warning("Orders of a lost connection may not have been canceled: %s", error)
        return
    last = done.result().events[-1]
    if last.kind == EventKind.REJECTED:
        reason = RejectReason(last.reason).name
        log.warning("Orders of account %d were not canceled on disconnect: %s", last.account, reason)
