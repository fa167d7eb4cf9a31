"""A journal in memory: gone with the process, bounded, durable as soon as it is appended."""

from collections import deque
from collections.abc import Callable, Iterator

from lightning.engine.journal import Batch, Record


class MemoryJournal:
    """Keeps the last records, `rows_kept` commands or a little more."""

    def __init__(self, rows_kept: int = 65_536) -> None:
        self.on_durable: Callable[[int], None] = lambda seq: None
        self._records: deque[Record] = deque()
        self._rows_kept = rows_kept
        self._rows = 0
        self._epoch = 0

    def append(self, record: Record) -> None:
        self._records.append(record)
        self._rows += _rows_of(record)
        while self._rows - _rows_of(self._records[0]) >= self._rows_kept:
            self._rows -= _rows_of(self._records.popleft())
        self.on_durable(record.last_seq)

    def read_from(self, seq: int) -> Iterator[Record]:
        """Raises LookupError when `seq` is no longer kept."""
        records = list(self._records)
        if records and seq < records[0].first_seq:
            raise LookupError(f"seq {seq} is no longer kept; the oldest is {records[0].first_seq}")
        return (record for record in records if record.last_seq >= seq)

    def fence(self, epoch: int) -> None:
        """Raises PermissionError for an epoch below the last."""
        if epoch < self._epoch:
            raise PermissionError(f"epoch {epoch} is behind epoch {self._epoch}")
        self._epoch = epoch


def _rows_of(record: Record) -> int:
    return len(record.rows) if isinstance(record, Batch) else 1
