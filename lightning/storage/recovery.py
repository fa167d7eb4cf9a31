"""From a data directory to the exchange it holds: newest good snapshot, then the journal's tail."""

import time
from collections.abc import Callable
from typing import NamedTuple

from lightning.config import Config
from lightning.engine.exchange import Exchange
from lightning.engine.image import Image, restore
from lightning.engine.journal import AdminRecord, Record
from lightning.engine.replay import Applied, ReplayError, apply_record
from lightning.storage.damage import Damaged
from lightning.storage.directory import DirectoryNames
from lightning.storage.snapshots import list_snapshots, read_snapshot
from lightning.storage.sqlite_journal import SqliteJournal

Say = Callable[[str], None]
Progress = Callable[[int, int], None]
"""Told (commands replayed, commands to replay)."""


class Recovered(NamedTuple):
    exchange: Exchange
    founding: Config
    time_ns: int
    """Of the last command."""
    snapshot_seq: int
    """Where the replay began."""
    replayed: int
    seconds: float


def newest_image(directory: DirectoryNames, seq_max: int | None, say: Say) -> Image | None:
    """The newest snapshot that is whole, of those up to `seq_max`; damaged ones are passed over aloud."""
    for seq, path in reversed(list_snapshots(directory)):
        if seq_max is not None and seq > seq_max:
            continue
        try:
            return read_snapshot(path)
        except Damaged as damage:
            say(str(damage))
    return None


def recover(
    journal: SqliteJournal,
    image: Image | None,
    shards: int,
    workers: int,
    listener: Callable[[Applied], None] = lambda applied: None,
    progress: Progress = lambda done, total: None,
) -> Recovered:
    """Replay what `journal` holds after `image` (None: from the beginning). Raises Damaged."""
    began_s = time.monotonic()
    if image is None:
        exchange, time_ns = Exchange(journal.founding, shards=shards, workers=workers), 0
    else:
        exchange, time_ns = restore(image, shards, workers), image.catalog.time_ns
    start = exchange.seq
    if start > journal.last_seq:
        raise Damaged(
            journal.path,
            offset=None,
            seq=journal.last_seq + 1,
            what=f"the snapshot at seq {start} is ahead of the journal, which ends at seq {journal.last_seq}",
            remedy="Restore the journal files from a copy.",
        )
    total = journal.last_seq - start
    progress(0, total)
    for record in journal.read_from(start + 1) if total else ():
        try:
            applied = apply_record(exchange, record)
        except ReplayError as error:
            raise Damaged(
                journal.path, offset=None, seq=record.first_seq, what=str(error), remedy=REPLAY_REMEDY
            ) from error
        listener(applied)
        time_ns = max(time_ns, _time_of(record))
        progress(exchange.seq - start, total)
    if exchange.seq != journal.last_seq:
        what = (
            f"it ended with seq {exchange.seq} when replayed, and had been verified up to {journal.last_seq}"
        )
        raise Damaged(journal.path, what, REPLAY_REMEDY, seq=exchange.seq + 1)
    seconds = time.monotonic() - began_s
    return Recovered(exchange, journal.founding, time_ns, start, total, seconds)


REPLAY_REMEDY = (
    "Run `lightning verify` on the directory. If the program was changed since, start the version that"
    " wrote it."
)


def _time_of(record: Record) -> int:
    return record.time_ns if isinstance(record, AdminRecord) else int(record.rows["time_ns"][-1])
