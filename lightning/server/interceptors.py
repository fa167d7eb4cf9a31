"""What every call passes before it reaches a servicer, in this order:

access (before the request is parsed), limits, deadline, errors, parsing.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError
from grpc import StatusCode

from lightning.config import ServerConfig
from lightning.server.errors import REFUSALS, Refusal, TooSlow, Unavailable, rich_status, status_code

log = logging.getLogger(__name__)

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Unary = Callable[[bytes, Context], Awaitable[Any]]
Stream = Callable[[Any, Context], Awaitable[None]]

LOOPBACK_PEERS = (
    "ipv4:127.",
    "ipv6:[::1]",
    "ipv6:%5B::1%5D",
    "ipv6:[::ffff:127.",
    "ipv6:%5B::ffff:127.",
    "unix:",
)

PROTECTED_MODE = (
    "Protected mode: this server has no credentials configured: it serves clients of its own machine only. "
    "Connect through its loopback address, or start it with --allow-remote (server.allow_remote = true) "
    "if everyone who can reach its port may trade on every account."
)

DRAIN_S_MAX = 30.0
"""How long a stop waits for requests in flight; the deadline of each mostly ends it earlier."""
WRITE_S_MAX = 20.0
"""How long an answer to a client that writes may wait for it to read."""
FEED_WRITE_S_MAX = 4.0
"""How long what a subscriber is told may."""
QUIET_S = 0.1
"""A stop is over when nothing arrives for this long."""
REFUSED_IN_DRAIN_MAX = 10_000


class Access:
    """Who is served. Without credentials: this machine, unless remote clients are allowed."""

    def __init__(self, allow_remote: bool) -> None:
        self._allow_remote = allow_remote

    def refusal(self, peer: str) -> str | None:
        """Why this peer is not served; None if it is."""
        return None if self._allow_remote or peer.startswith(LOOPBACK_PEERS) else PROTECTED_MODE

    def unary(self, method: Unary) -> Unary:
        async def check_access(request: bytes, context: Context) -> Any:
            refusal = self.refusal(context.peer())
            if refusal is not None:
                await context.abort(StatusCode.UNAUTHENTICATED, refusal)
            return await method(request, context)

        return check_access

    def stream(self, method: Stream) -> Stream:
        async def check_access(request: Any, context: Context) -> None:
            refusal = self.refusal(context.peer())
            if refusal is not None:
                await context.abort(StatusCode.UNAUTHENTICATED, refusal)
            await method(request, context)

        return check_access


class Deadlines:
    """Cancels tasks that take too long, all with one timer: `asyncio.timeout` sets one for each.

    seconds : after so many, or an eighth more
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._is_timed = False

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Raises TimeoutError where the task was canceled for being late."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        self._began[task] = loop.time()
        if not self._is_timed:
            self._is_timed = True
            loop.call_later(self._seconds / 8, self._sweep, loop)
        try:
            yield
        except asyncio.CancelledError:
            if task in self._late and task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            del self._began[task]
            self._late.discard(task)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        over_s = loop.time() - self._seconds
        for task, began_s in self._began.items():  # the oldest first
            if began_s > over_s:
                break
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        self._is_timed = bool(self._began)
        if self._is_timed:
            loop.call_later(self._seconds / 8, self._sweep, loop)


class Limits:
    """At most `requests_in_flight_max` requests at a time, none without a deadline, and as many streams."""

    def __init__(self, requests_in_flight_max: int, deadline_ms_default: int) -> None:
        self._in_flight = 0
        self._streams = 0
        self._in_flight_max = requests_in_flight_max
        self._deadlines = Deadlines(deadline_ms_default / 1000)
        self._refused_in_drain = 0
        self._draining = False

    async def drain(self) -> None:
        """From now on refuse what arrives; return when all in flight is answered and no more arrives.

        gRPC itself cuts off calls that it has received and not yet handed over when a server stops.
        """
        self._draining = True
        for _ in range(int(DRAIN_S_MAX / QUIET_S)):
            refused = self._refused_in_drain
            await asyncio.sleep(QUIET_S)
            persistent = self._refused_in_drain > REFUSED_IN_DRAIN_MAX  # clients that will not give up
            if not self._in_flight and (persistent or refused == self._refused_in_drain):
                return

    async def _refuse_in_drain(self, context: Context) -> None:
        self._refused_in_drain += 1
        await context.abort(StatusCode.UNAVAILABLE, "The server is stopping: nothing was done")

    def unary(self, method: Unary) -> Unary:
        async def keep_limits(request: bytes, context: Context) -> Any:
            if self._draining:
                await self._refuse_in_drain(context)
            if self._in_flight >= self._in_flight_max:
                await context.abort(
                    StatusCode.RESOURCE_EXHAUSTED,
                    f"More than {self._in_flight_max} requests in flight: nothing was done, try again later",
                )
            self._in_flight += 1
            try:
                if context.time_remaining() is not None:  # the client's own, kept by gRPC
                    return await method(request, context)
                with self._deadlines.kept():
                    return await method(request, context)
            except TimeoutError:
                await context.abort(
                    StatusCode.DEADLINE_EXCEEDED, "Not answered in time: it may have been done or not"
                )
            finally:
                self._in_flight -= 1

        return keep_limits

    def stream(self, method: Stream) -> Stream:
        async def keep_limits(request: Any, context: Context) -> None:
            if self._draining:
                await self._refuse_in_drain(context)
            if self._streams >= self._in_flight_max:
                await context.abort(
                    StatusCode.RESOURCE_EXHAUSTED,
                    f"More than {self._in_flight_max} open streams: nothing was done, try again later",
                )
            self._streams += 1
            try:
                await method(request, context)
            finally:
                self._streams -= 1

        return keep_limits


async def abort_with(context: Context, refusal: Refusal) -> None:
    details = (("grpc-status-details-bin", rich_status(refusal).SerializeToString()),)
    await context.abort(status_code(refusal), str(refusal), details)


async def _abort_malformed(context: Context) -> None:
    await context.abort(
        StatusCode.INVALID_ARGUMENT, "The request's bytes are not the method's protobuf message"
    )


async def _abort_fault(context: Context, method: str) -> None:
    """A fault of ours: the log has it, the client is told nothing of our insides."""
    log.exception("%s failed", method)
    await context.abort(StatusCode.INTERNAL, "Internal error: it may have been done or not")


def parsed_unary(
    name: str, method: Callable[[Any, Context], Awaitable[Any]], parse: Callable[[bytes], Any]
) -> Unary:
    """`method` on parsed requests, its refusals as statuses and its faults without their text."""

    async def call(data: bytes, context: Context) -> Any:
        try:
            request = parse(data)
        except DecodeError:
            return await _abort_malformed(context)
        try:
            return await method(request, context)
        except REFUSALS as refusal:
            await abort_with(context, refusal)
        except Unavailable as error:
            await context.abort(StatusCode.UNAVAILABLE, str(error))
        except (grpc.aio.AbortError, TimeoutError):
            raise
        except Exception:
            await _abort_fault(context, name)

    return call


def parsed_stream(
    name: str, method: Callable[[Any, Context], Any], parse: Callable[[bytes], Any], many: bool
) -> Stream:
    """The same for a method that streams its answers, and with `many` its requests too."""

    async def call(data: Any, context: Context) -> None:
        write_s_max = WRITE_S_MAX if many else FEED_WRITE_S_MAX
        try:
            answers = method(_parse_each(data, parse) if many else parse(data), context)
            if inspect.isasyncgen(answers):
                await _write_each(answers, context, write_s_max)
            else:
                await answers
        except DecodeError:
            await _abort_malformed(context)
        except REFUSALS as refusal:
            await abort_with(context, refusal)
        except Unavailable as error:
            await context.abort(StatusCode.UNAVAILABLE, str(error))
        except TooSlow as error:
            await context.abort(StatusCode.RESOURCE_EXHAUSTED, str(error))
        except TimeoutError:
            await context.abort(StatusCode.RESOURCE_EXHAUSTED, f"Nothing was read for {write_s_max:g} s")
        except grpc.aio.AbortError:
            raise
        except Exception:
            await _abort_fault(context, name)

    return call


async def _write_each(answers: AsyncGenerator[Any, Any], context: Context, write_s_max: float) -> None:
    """All of them; the generator is closed at once, however it ends. Raises TimeoutError: nobody reads."""
    async with aclosing(answers):
        async for answer in answers:
            async with asyncio.timeout(write_s_max):
                await context.write(answer)


async def _parse_each(requests: AsyncIterator[bytes], parse: Callable[[bytes], Any]) -> AsyncIterator[Any]:
    async for data in requests:
        yield parse(data)


def _serialized(serialize: Any) -> Callable[[Any], bytes]:
    """For methods that may answer with a message's bytes, too."""
    return lambda answer: answer if isinstance(answer, bytes) else serialize(answer)


RECOVERING = "The exchange is recovering its state: nothing was done"


async def _not_yet(requests: object, context: Context) -> None:
    await context.abort(StatusCode.UNAVAILABLE, RECOVERING)


NOT_YET: Handler = grpc.stream_stream_rpc_method_handler(_not_yet)


class Guard(grpc.GenericRpcHandler):
    """All methods of a server, each with all of the above put around it once.

    Generated code takes it for the server to register with. A `grpc.aio.ServerInterceptor` would do this work
    for every call.
    """

    def __init__(self, config: ServerConfig) -> None:
        self._access = Access(config.allow_remote)
        self._limits = Limits(config.requests_in_flight_max, config.deadline_ms_default)
        self._methods: dict[str, Handler] = {}
        self.opened = False
        """All services are there. Before, those that are not yet answer UNAVAILABLE."""

    async def drain(self) -> None:
        await self._limits.drain()

    def unary(self, name: str) -> Unary:
        """The method of this name as gRPC calls it, for other doors. Raises Unavailable: not yet."""
        handler = self._methods.get(name)
        if handler is None and not self.opened:
            raise Unavailable(RECOVERING)
        unary: Any = self._methods[name].unary_unary
        return unary  # type: ignore[no-any-return]

    def service(self, details: grpc.HandlerCallDetails) -> Handler | None:
        """What gRPC asks for at each call (grpc.GenericRpcHandler)."""
        method = self._methods.get(details.method)
        return method if method is not None or self.opened else NOT_YET

    def add_generic_rpc_handlers(self, handlers: object) -> None:
        """The same methods in a form that cannot be looked into; not used."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Handler]) -> None:
        for method, handler in handlers.items():
            name = f"/{service}/{method}"
            self._methods[name] = self._guarded(name, handler)

    def _guarded(self, name: str, handler: Handler) -> Handler:
        parse: Any = handler.request_deserializer
        serialize = _serialized(handler.response_serializer)
        method: Any = handler.unary_unary or handler.unary_stream or handler.stream_stream
        if handler.unary_unary:
            unary = self._access.unary(self._limits.unary(parsed_unary(name, method, parse)))
            return grpc.unary_unary_rpc_method_handler(unary, response_serializer=serialize)
        parsed = parsed_stream(name, method, parse, many=handler.request_streaming)
        stream = self._access.stream(self._limits.stream(parsed))
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(stream, response_serializer=serialize)
        return grpc.stream_stream_rpc_method_handler(stream, response_serializer=serialize)
