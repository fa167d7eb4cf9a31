"""An iterator that is worked off ahead of its reader, on a thread."""

import threading
from collections.abc import Iterator
from queue import Queue
from typing import TypeVar

T = TypeVar("T")


class _Failed:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def prefetch(items: Iterator[T], ahead: int) -> Iterator[T]:
    """The same items; at most `ahead` wait. The thread starts with the first step, ends with the iterator."""
    queue: Queue[T | _Failed | None] = Queue(ahead)
    stopped = threading.Event()

    def work() -> None:
        last: _Failed | None = None
        try:
            for item in items:
                queue.put(item)
                if stopped.is_set():
                    break
        except BaseException as error:  # raised again where the items are read
            last = _Failed(error)
        queue.put(last)

    thread = threading.Thread(target=work, name="journal-reader", daemon=True)
    thread.start()
    try:
        while (item := queue.get()) is not None:
            if isinstance(item, _Failed):
                raise item.error
            yield item
    finally:
        stopped.set()
        while thread.is_alive():  # it may be waiting for room
            while not queue.empty():
                queue.get()
            thread.join(0.001)
