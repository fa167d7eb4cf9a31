"""Row blocks for a session, over and over, each time with ids that were never used."""

import numpy as np

from lightning.client.load.flow import Rows


class RowBlocks:
    """Blocks of `size` rows out of `rows`, round and round. No object per row.

    rows : ids in column `ids` from 1 to at most `ids_per_round`
    first_id : what is added to them in the first round
    """

    def __init__(self, rows: Rows, ids: str, ids_per_round: int, size: int, first_id: int) -> None:
        self.size = size
        self._ids = ids
        self._ids_per_round = ids_per_round
        self._first_id = first_id
        self._length = len(rows)
        again = np.resize(rows, size)  # a block may reach over the end
        again[ids] += ids_per_round * (1 + np.arange(size) // len(rows))
        self._rows = np.concatenate([rows, again])
        self._block = np.empty(size, rows.dtype)
        self._next = 0

    def take(self) -> Rows:
        """The next block; good until the next call."""
        start = self._next % self._length
        rounds = self._next // self._length
        self._block[:] = self._rows[start : start + self.size]
        self._block[self._ids] += self._first_id + rounds * self._ids_per_round
        self._next += self.size
        return self._block
