"""A journal in memory: gone with the process, bounded, durable as soon as it is appended."""

from collections import deque
from collections.abc import Callable, Iterator

from lightning.engine.journal import Batch, Fenced, Record


class MemoryJournal:
    """Keeps the last records, `rows_kept` commands or a little more."""

    def __init__(self, rows_kept: int = 65_536) -> None:
        self.on_durable: Callable[[int], None] = lambda seq: None
        self.on_failure: Callable[[BaseException], None] = lambda error: None
        self._records: deque[Record] = deque()
        self._rows_kept = rows_kept
        self._rows = 0
        self._epoch = 0

    def append(self, record: Record, epoch: int) -> None:
        self._refuse_below(epoch)
        self._records.append(record)
        self._rows += _rows_of(record)
        while self._rows - _rows_of(self._records[0]) >= self._rows_kept:
            self._rows -= _rows_of(self._records.popleft())
        self.on_durable(record.last_seq)

    def read_from(self, seq: int) -> Iterator[Record]:
        records = list(self._records)
        if records and seq < records[0].first_seq:
            raise LookupError(f"seq {seq} is no longer kept; the oldest is {records[0].first_seq}")
        return (record for record in records if record.last_seq >= seq)

    def fence(self, epoch: int) -> None:
        self._refuse_below(epoch)
        self._epoch = epoch

    def _refuse_below(self, epoch: int) -> None:
        if epoch < self._epoch:
            raise Fenced(f"epoch {epoch} is behind epoch {self._epoch}")


def _rows_of(record: Record) -> int:
    return len(record.rows) if isinstance(record, Batch) else 1
