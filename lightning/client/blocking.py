"""Coroutines, async iterators and async contexts for callers that block.

They run on one event loop in a thread of its own, which all of a process's blocking clients share; so they
may be used where a loop runs already, as in a notebook.
"""

import asyncio
import functools
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Async_co = TypeVar("Async_co", covariant=True)


class _LoopThread:
    """A daemon: it ends with the process."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="lightning-client", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()


@functools.cache
def _loop_thread() -> _LoopThread:
    return _LoopThread()


def run(work: Coroutine[Any, Any, R]) -> R:
    """Wait for it, from any thread but the loop's own. An interrupt (Ctrl-C) cancels it."""
    running = _loop_thread()
    if threading.current_thread() is running.thread:
        work.close()
        raise RuntimeError("a blocking client cannot be used on its own event loop: use AsyncClient")
    future = asyncio.run_coroutine_threadsafe(work, running.loop)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


class Blocking(Generic[Async_co]):
    """What blocks in place of `aio`."""

    def __init__(self, aio: Async_co) -> None:
        self._aio = aio


def blocking(
    method: Callable[Concatenate[Async_co, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[Blocking[Async_co], P], R]:
    """The same method, which waits for the answer."""

    @functools.wraps(method)
    def call(self: Blocking[Async_co], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return run(method(self._aio, *args, **kwargs))

    return call


def blocking_iterator(
    method: Callable[Concatenate[Async_co, P], AsyncGenerator[R, None]],
) -> Callable[Concatenate[Blocking[Async_co], P], Iterator[R]]:
    """The same method as a generator, which waits for each item."""

    @functools.wraps(method)
    def iterate(self: Blocking[Async_co], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        items = method(self._aio, *args, **kwargs)
        try:
            while (item := run(_next(items))) is not None:
                yield item
        finally:
            _forget(items)

    return iterate


def blocking_context(
    method: Callable[Concatenate[Async_co, P], AbstractAsyncContextManager[R]],
) -> Callable[Concatenate[Blocking[Async_co], P], AbstractContextManager[R]]:
    """The same method, for `with`."""

    @contextmanager
    @functools.wraps(method)
    def enter(self: Blocking[Async_co], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        context = method(self._aio, *args, **kwargs)
        entered = run(_entered(context))
        try:
            yield entered
        finally:
            run(_left(context))

    return enter


async def _next(items: AsyncGenerator[R, None]) -> R | None:
    """None: there is no more; no iterator of a client gives it."""
    return await anext(items, None)


def _forget(items: AsyncGenerator[Any, None]) -> None:
    """Close it, without waiting: this may be called by the garbage collector, on any thread."""
    asyncio.run_coroutine_threadsafe(_closed(items), _loop_thread().loop)


async def _closed(items: AsyncGenerator[Any, None]) -> None:
    await items.aclose()


async def _entered(context: AbstractAsyncContextManager[R]) -> R:
    return await context.__aenter__()


async def _left(context: AbstractAsyncContextManager[Any]) -> None:
    await context.__aexit__(None, None, None)
