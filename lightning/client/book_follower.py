"""Keeps a LocalBook current in the background."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager

from lightning.client.errors import LightningError
from lightning.client.local_book import BrokenBook, LocalBook
from lightning.client.model.market import BookUpdate

Subscribe = Callable[[], AsyncGenerator[BookUpdate, None]]


@asynccontextmanager
async def followed(book: LocalBook, subscribe: Subscribe) -> AsyncGenerator[LocalBook, None]:
    """Entered when the book is whole. Raises LightningError."""
    whole: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    following = asyncio.create_task(_follow(book, subscribe, whole))
    try:
        await asyncio.wait({whole, following}, return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            await following
        yield book
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _follow(book: LocalBook, subscribe: Subscribe, whole: "asyncio.Future[None]") -> None:
    error: LightningError | None = None
    try:
        while True:
            async with aclosing(subscribe()) as updates:
                await _apply_each(book, updates, whole)
    except LightningError as refusal:
        error = refusal
        raise
    finally:
        book.end(error)


async def _apply_each(
    book: LocalBook, updates: AsyncGenerator[BookUpdate, None], whole: "asyncio.Future[None]"
) -> None:
    """Until the book is broken."""
    async for update in updates:
        try:
            book.apply(update)
        except BrokenBook:
            return
        if not whole.done():
            whole.set_result(None)
