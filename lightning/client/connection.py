"""The way to one server: a channel that reconnects, a token, deadlines, and what is asked again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
from grpc import StatusCode
from grpc.aio import AioRpcError

from lightning.client.errors import LOST, OutcomeUnknown, Unavailable, error_of

Method = Callable[..., Awaitable[Any]]
Stub = TypeVar("Stub")

FIRST_PAUSE_S = 0.05
PAUSE_S_MAX = 1.0
KEEPALIVE_MS = 10_000
KEEPALIVE_LATE_MS = 5_000
MESSAGE_BYTES_MAX = 64 * 2**20
"""Of one answer; those about many rows are the largest."""
OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.keepalive_time_ms", KEEPALIVE_MS),
    ("grpc.keepalive_timeout_ms", KEEPALIVE_LATE_MS),
    ("grpc.http2.ping_timeout_ms", KEEPALIVE_LATE_MS),
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.use_local_subchannel_pool", 1),  # a client's streams wait for no other client's
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """timeout_s : of a call, with all that is asked again
    attempt_timeout_s : then a call is asked again, if it may be; then after twice as long, and so on
    reconnect_s : how long a stream tries to come back before it ends
    """

    target: str
    token: str | None = field(default=None, repr=False)
    credentials: grpc.ChannelCredentials | None = None
    timeout_s: float = 30.0
    attempt_timeout_s: float = 5.0
    reconnect_s: float = 60.0


class Connection:
    """Belongs to the event loop that it is first used in."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._channel: grpc.aio.Channel | None = None
        self._stubs: dict[object, Any] = {}
        self._metadata = (("authorization", f"Bearer {settings.token}"),) if settings.token else ()

    @property
    def metadata(self) -> Sequence[tuple[str, str]]:
        """To be sent with every call."""
        return self._metadata

    @property
    def channel(self) -> grpc.aio.Channel:
        if self._channel is None:
            target, credentials = self.settings.target, self.settings.credentials
            if credentials is None:
                self._channel = grpc.aio.insecure_channel(target, OPTIONS)
            else:
                self._channel = grpc.aio.secure_channel(target, credentials, OPTIONS)
        return self._channel

    def stub(self, of: Callable[[grpc.aio.Channel], Stub]) -> Stub:
        if of not in self._stubs:
            self._stubs[of] = of(self.channel)
        stub: Stub = self._stubs[of]
        return stub

    async def close(self) -> None:
        channel, self._channel = self._channel, None
        self._stubs.clear()
        if channel is not None:
            await channel.close()

    async def ask(self, method: Method, request: object, timeout_s: float | None = None) -> Any:
        """A call that changes nothing: asked again until it is answered. Raises LightningError."""
        try:
            return await self._until_answered(method, request, timeout_s)
        except _Unanswered as error:
            raise Unavailable(str(error)) from error.__cause__

    async def do(self, method: Method, request: object, once_id: int, timeout_s: float | None = None) -> Any:
        """A command that the exchange does once under its id: asked again until it is answered."""
        try:
            return await self._until_answered(method, request, timeout_s)
        except _Unanswered as error:
            raise OutcomeUnknown(str(error), once_id) from error.__cause__

    async def do_unprotected(self, method: Method, request: object, timeout_s: float | None = None) -> Any:
        """A command that has no id: sent once, when there is a connection, and never again."""
        timeout = self.settings.timeout_s if timeout_s is None else timeout_s
        try:
            return await method(request, timeout=timeout, metadata=self._metadata, wait_for_ready=True)
        except AioRpcError as error:
            if error.code() in LOST:
                raise OutcomeUnknown(self._told(error, timeout), 0) from error
            raise error_of(error) from error

    async def _until_answered(self, method: Method, request: object, timeout_s: float | None) -> Any:
        """Raises _Unanswered, or the LightningError that is the answer."""
        timeout = self.settings.timeout_s if timeout_s is None else timeout_s
        now, pause_s = asyncio.get_running_loop().time, FIRST_PAUSE_S
        ends, patience_s = now() + timeout, self.settings.attempt_timeout_s
        while True:
            attempt_s = max(min(patience_s, ends - now()), 0.001)
            patience_s *= 2  # what takes long is not asked again and again in vain
            try:
                return await method(request, timeout=attempt_s, metadata=self._metadata)
            except AioRpcError as error:
                if error.code() not in LOST:
                    raise error_of(error) from error
                if now() + pause_s >= ends:
                    raise _Unanswered(self._told(error, timeout)) from error
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, PAUSE_S_MAX)

    def _told(self, error: AioRpcError, timeout_s: float) -> str:
        late = error.code() == StatusCode.DEADLINE_EXCEEDED
        why = "" if late else f" ({error.code().name}: {error.details()})"
        return f"{self.settings.target} did not answer within {timeout_s:g} s{why}"


class _Unanswered(Exception):
    """Nobody knows what became of it."""
