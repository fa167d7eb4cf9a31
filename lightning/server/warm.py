"""Everything that is compiled before a server answers: the engine's kernels, and the server's own."""

from collections.abc import Callable

import numpy as np

from lightning.config import default_config
from lightning.engine import warm
from lightning.engine.exchange import Exchange
from lightning.server.convert.book_bytes import encode_books, steps_of


def kernels() -> list[tuple[str, Callable[[], None]]]:
    """Named steps; each compiles one group of kernels, or loads it from the cache."""
    return [*warm.kernels(), ("order books as bytes", _books)]


def _books() -> None:
    symbol = default_config().symbols[0]
    depths = Exchange().depths(np.array([symbol.id]), np.array([1]))
    encode_books(steps_of([symbol]), depths, np.zeros((1, 2), np.int64), 0, 0, in_list=True)
