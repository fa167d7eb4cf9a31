"""The arrays that measures take and give."""

import numpy as np
import numpy.typing as npt

Rows = np.ndarray
"""(n,) BOOK_EVENT."""
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NIL = -1
"""No such row, key or placement."""
