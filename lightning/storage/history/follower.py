"""Following the journal: an exchange of its own does again what the history has missed."""

from collections.abc import Callable, Iterator

from lightning.config import Config
from lightning.engine.exchange import Exchange
from lightning.engine.image import Image, restore
from lightning.engine.journal import AdminRecord, Batch, Record
from lightning.engine.replay import Applied, apply_record
from lightning.storage.history.writer import time_of

ReadFrom = Callable[[int], Iterator[Record]]
ImageBefore = Callable[[int], Image | None]

SHARDS = 10
NEWEST = 2**63 - 1


class Kept:
    """Where past states and records can be had.

    founding : the exchange at seq 0
    read_from : of the journal
    image_before : the newest image of at most that seq
    """

    def __init__(self, founding: Config, read_from: ReadFrom, image_before: ImageBefore) -> None:
        self._founding = founding
        self._read_from = read_from
        self._image_before = image_before

    def has(self, seq: int, time_ns: int) -> bool:
        """Is there a command `seq` of that time in the journal, as far as that is still kept?"""
        if seq == 0:
            return True
        try:
            record = next(iter(self._read_from(seq)), None)
        except LookupError:
            return True
        return record is not None and time_of(record, seq) == time_ns

    def exchange_before(self, seq: int) -> Exchange | None:
        """The newest one of at most `seq` that the journal goes on from; None: there is none."""
        for exchange in (self._restored(seq), Exchange(self._founding, shards=SHARDS)):
            if exchange is not None and self._goes_on(exchange.seq):
                return exchange
        return None

    def oldest_exchange(self) -> Exchange:
        """The oldest snapshot that the journal goes on from. Raises LookupError."""
        oldest, older = None, self._restored(NEWEST)
        while older is not None and self._goes_on(older.seq):
            oldest, older = older, self._restored(older.seq - 1)
        if oldest is None:
            raise LookupError("there is no snapshot that the journal goes on from")
        return oldest

    def _restored(self, seq: int) -> Exchange | None:
        image = self._image_before(seq)
        return None if image is None else restore(image, shards=SHARDS, workers=1)

    def _goes_on(self, seq: int) -> bool:
        try:
            next(iter(self._read_from(seq + 1)), None)
        except LookupError:
            return False
        return True

    def records_after(self, exchange: Exchange) -> Iterator[Applied]:
        """What the journal has beyond the exchange, each applied to it; none left: it ends."""
        for record in self._read_from(exchange.seq + 1):
            yield apply_record(exchange, _from(record, exchange.seq + 1))


def _from(record: Record, seq: int) -> Record:
    """A record without its commands before `seq`."""
    if record.first_seq >= seq or isinstance(record, AdminRecord):
        return record
    return Batch(seq, record.rows[seq - record.first_seq :])
