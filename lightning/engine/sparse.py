"""Tables of which only little is ever touched, here and there."""

import math
import mmap
import sys
from contextlib import suppress
from typing import Any

import numpy as np


def sparse_table(shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
    """A zeroed table that takes memory by the page.

    One of NumPy's takes it by 2 MiB where the system lets it, and a page of each symbol is then all of them.
    """
    size = math.prod(shape) * dtype.itemsize
    room = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if sys.platform == "linux":
        with suppress(OSError):  # a kernel that has no large pages says so
            room.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(room, dtype).reshape(shape)
