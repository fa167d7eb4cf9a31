"""A data directory's exchange at any seq: a snapshot before it, and the journal from there.

The directory may be in use: nothing in it is changed.
"""

from collections.abc import Iterator
from pathlib import Path

from lightning.engine.chains import goes_on
from lightning.engine.exchange import Exchange
from lightning.engine.image import restore
from lightning.engine.journal import Batch, Record
from lightning.engine.replay import Applied, ReplayError, apply_record
from lightning.storage.damage import Damaged
from lightning.storage.directory import DirectoryNames
from lightning.storage.journal_reader import JournalReader, file_numbers
from lightning.storage.records import decode_config
from lightning.storage.recovery import REPLAY_REMEDY, Progress
from lightning.storage.snapshots import list_snapshots, read_snapshot
from lightning.storage.watermark import read_mark

SHARDS = 10


class Rewind:
    """Reads a directory. All of it raises Damaged where what is needed is not whole."""

    def __init__(self, names: DirectoryNames) -> None:
        numbers = file_numbers(names)
        if not numbers:
            raise Damaged(names.journal, "there is no journal here", "Name the directory that --data names.")
        self.names = names
        self.journal = JournalReader(names)
        head = self.journal.head(numbers[0])
        self.first_seq = head.first_seq
        """The oldest in the journal."""
        self.founding = decode_config(head.founding)
        """What the exchange began with."""

    def last_seq(self) -> int:
        """The journal's end, after everything in it was verified."""
        return self.journal.tail_from(self.first_seq, read_mark(self.names.watermark)).last_seq

    def earliest(self) -> Exchange:
        """The oldest state that the journal goes on from."""
        return self._start(list_snapshots(self.names)) if self.first_seq > 1 else self._founded()

    def nearest(self, seq: int) -> Exchange:
        """The newest state up to `seq` that the journal goes on from."""
        return self._start([one for one in reversed(list_snapshots(self.names)) if one[0] <= seq])

    def _founded(self) -> Exchange:
        return Exchange(self.founding, shards=SHARDS)

    def _start(self, snapshots: list[tuple[int, Path]]) -> Exchange:
        """Of the first snapshot that is whole and that the journal goes on from; else from the beginning."""
        damage = Damaged(
            self.names.snapshots,
            f"there is no snapshot from seq {self.first_seq - 1} on, where the journal begins",
            "Restore older files of the journal from a copy.",
        )
        for seq, path in snapshots:
            if seq >= self.first_seq - 1:
                try:
                    return restore(read_snapshot(path), SHARDS, workers=1)
                except Damaged as error:
                    damage = error
        if self.first_seq > 1:
            raise damage
        return self._founded()

    def replay(self, exchange: Exchange, stops: list[int], progress: Progress) -> Iterator[int]:
        """Move `exchange` on to the last of `stops`, ascending; yields each when it is there.

        Raises LookupError, as `cut` does.
        """
        start = exchange.seq
        left = [stop for stop in stops if stop >= start]
        if left and left[0] == start:
            yield left.pop(0)
        for _ in self.steps(exchange, left) if left else ():
            progress(exchange.seq - start, left[-1] - start)
            if exchange.seq in left:
                yield exchange.seq

    def steps(self, exchange: Exchange, stops: list[int]) -> Iterator[Applied]:
        """Move `exchange` on to the last of `stops`, ascending; yields what was applied, in parts that end at
        each. A stop behind the journal's end is not reached.

        Raises LookupError, as `cut` does.
        """
        for record in self.journal.records_from(exchange.seq + 1):
            for part in cut(record, stops):
                if part.first_seq > stops[-1]:
                    return
                try:
                    yield apply_record(exchange, part)
                except ReplayError as error:
                    raise Damaged(
                        self.names.journal, str(error), REPLAY_REMEDY, seq=part.first_seq
                    ) from error


def exchange_at(names: DirectoryNames, seq: int | None, progress: Progress) -> Exchange:
    """As it was at `seq`; None: at the journal's end. Raises Damaged, LookupError."""
    rewind = Rewind(names)
    last_seq = rewind.last_seq()
    end = last_seq if seq is None else seq
    if not 0 <= end <= last_seq:
        raise LookupError(f"seq {end} is not in the journal, which ends at seq {last_seq}")
    exchange = rewind.nearest(end)
    for _ in rewind.replay(exchange, [end], progress):
        pass
    return exchange


def cut(record: Record, stops: list[int]) -> Iterator[Record]:
    """The record in parts, none of which goes over a stop.

    Raises LookupError for a stop within a chain of transfers: there is no state between them.
    """
    if isinstance(record, Batch):
        for stop in stops:
            if record.first_seq <= stop < record.last_seq:
                count = stop + 1 - record.first_seq
                if goes_on(record.rows[count - 1 : count + 1])[0]:
                    raise LookupError(
                        f"seq {stop} is of a chain of transfers that ends later: there is no state between"
                    )
                yield record._replace(rows=record.rows[:count])
                record = Batch(stop + 1, record.rows[count:])
    yield record
