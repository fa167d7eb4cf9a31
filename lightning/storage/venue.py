"""A running exchange with everything that keeps it: sequencer, journal, snapshots, history."""

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from lightning.config import Config
from lightning.engine.capture import Capture
from lightning.engine.durable_gate import Outcome
from lightning.engine.exchange import Exchange
from lightning.engine.replay import Applied
from lightning.engine.sequencer import Sequencer
from lightning.storage.agreement import changed_limits, check_agreement
from lightning.storage.directory import DataDirectory
from lightning.storage.files import Files
from lightning.storage.history import History
from lightning.storage.keeper import Keeper, Snapshot, write_captured
from lightning.storage.memory import MemoryJournal
from lightning.storage.recovery import Progress, Recovered, Say, newest_image, recover
from lightning.storage.snapshots import list_snapshots, remove_snapshot
from lightning.storage.sqlite_journal import SqliteJournal

OnFailure = Callable[[BaseException], None]


class NotKept(Exception):
    """The exchange is kept in memory only."""


class StorageStatus(NamedTuple):
    snapshot_seq: int
    """0: none yet."""
    history_seq: int
    recovered_seq: int
    replayed_commands: int
    recovery_seconds: float
    history_error: str


class Venue:
    """An exchange that takes commands. `stop` ends it."""

    def __init__(self, exchange: Exchange, sequencer: Sequencer, history: History) -> None:
        self.exchange = exchange
        self.sequencer = sequencer
        self.history = history

    def stop(self) -> None:
        """Answer what was accepted, and end all threads."""
        self.sequencer.stop()
        self.history.close()

    def create_snapshot(self) -> "Future[Snapshot]":
        """Raises NotKept; SnapshotFailed is the future's."""
        raise NotKept("the exchange is kept in memory only: there are no snapshots")

    def storage_status(self) -> "StorageStatus | None":
        """None: nothing is stored."""
        return None


class MemoryVenue(Venue):
    """Gone when it stops; its history is in a temporary file."""

    def __init__(
        self, config: Config, shards: int, workers: int, on_failure: OnFailure = lambda error: None
    ) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="lightning-")
        history = History(Path(self._directory.name, "history.sqlite"), config)
        exchange = Exchange(config, shards=shards, workers=workers)
        sequencer = Sequencer(exchange, MemoryJournal(), on_failure=on_failure, listener=history.feed)
        super().__init__(exchange, sequencer, history)
        sequencer.start()

    def stop(self) -> None:
        super().stop()
        self._directory.cleanup()


class DurableVenue(Venue):
    """Kept in a data directory."""

    def __init__(self, parts: "_Parts", on_failure: OnFailure, say: Say, clock: Callable[[], int]) -> None:
        self.recovered = parts.recovered
        self._say = say
        self._stopped = False
        self._directory = parts.directory
        self.journal = parts.journal
        self._kept = parts.given.storage.snapshots_kept
        epoch = parts.journal.epoch + 1
        parts.journal.fence(epoch)
        exchange = parts.recovered.exchange
        self._recovered_seq = exchange.seq
        sequencer = Sequencer(
            exchange,
            parts.journal,
            clock,
            on_failure=on_failure,
            listener=self._on_applied,
            epoch=epoch,
            time_ns=parts.recovered.time_ns,
        )
        super().__init__(exchange, sequencer, parts.history)
        self._keeper = Keeper(
            exchange,
            sequencer,
            parts.directory,
            parts.given.storage,
            parts.recovered.snapshot_seq,
            self._retain,
            say,
        )
        sequencer.start()
        self._keeper.start()
        self._set_limits(parts.given)

    def _set_limits(self, given: Config) -> None:
        change = changed_limits(given, self.exchange)
        if change is not None:
            made: Future[Outcome] = Future()
            self.sequencer.change(change, made.set_result)
            error = made.result().error
            if error is not None:
                raise error

    def _on_applied(self, applied: Applied) -> None:
        self.history.feed(applied)
        self._keeper.note(applied.record.last_seq)

    def _retain(self, seq: int) -> None:
        """Drop snapshots that are not needed any more, and the journal before those that are."""
        reached = min(seq, self.history.make_durable())
        seqs = [one for one, _ in list_snapshots(self._directory)]
        needed = {*seqs[-self._kept :], *[one for one in seqs if one <= reached][-1:]}
        for one in seqs:
            if one not in needed:
                remove_snapshot(self._directory, one)
        self.journal.drop_before(min([reached, *needed]) + 1)

    def create_snapshot(self) -> "Future[Snapshot]":
        return self._keeper.request()

    def storage_status(self) -> StorageStatus:
        return StorageStatus(
            self._keeper.snapshot_seq,
            self.history.applied_seq,
            self._recovered_seq,
            self.recovered.replayed,
            self.recovered.seconds,
            "" if self.history.failure is None else str(self.history.failure),
        )

    def stop(self) -> None:
        """Once is enough; more does no harm."""
        if self._stopped:
            return
        self._stopped = True
        self._keeper.stop()
        self.sequencer.stop()
        if self.sequencer.failure is None and self.exchange.seq > self._keeper.snapshot_seq:
            try:
                self._take_last_snapshot()
            except Exception as error:  # of whatever kind: the journal has everything
                self._say(f"no snapshot was taken at the end: {error}")
        self.history.close()
        self.journal.close()
        self._directory.close()

    def _take_last_snapshot(self) -> None:
        """So that the next start has nothing to replay."""
        capture = Capture.prepare(self.exchange, rings_in_pause=True)
        capture.take(self.exchange, self.sequencer.time_ns)
        capture.finish()
        self._retain(write_captured(self._directory, capture).seq)


class _Parts(NamedTuple):
    given: Config
    directory: DataDirectory
    journal: SqliteJournal
    history: History
    recovered: Recovered


def open_venue(
    path: Path,
    given: Config,
    shards: int,
    workers: int,
    on_failure: OnFailure = lambda error: None,
    say: Say = lambda text: None,
    progress: Progress = lambda done, total: None,
    files: Files | None = None,
    vfs: str | None = None,
    clock: Callable[[], int] = time.time_ns,
) -> DurableVenue:
    """Recover what `path` holds, or make it; the exchange runs when this returns.

    given : what of it the caller set must agree with the journal; an exchange is founded with it
    say : is told of everything that was not as it should be
    progress : may raise to give up
    files, vfs : how storage does its own I/O, and SQLite its
    Raises DirectoryInUse, Damaged, ConfigError, JournalFailed, OSError.
    """
    directory = DataDirectory(path, files)
    closing: list[Callable[[], None]] = [directory.close]
    try:
        parts = _open(directory, vfs, given, shards, workers, say, progress, closing)
        return DurableVenue(parts, on_failure, say, clock)
    except BaseException:
        for close in reversed(closing):
            close()
        raise


def _open(
    directory: DataDirectory,
    vfs: str | None,
    given: Config,
    shards: int,
    workers: int,
    say: Say,
    progress: Progress,
    closing: list[Callable[[], None]],
) -> _Parts:
    file_bytes_max = given.storage.journal_file_bytes
    if not SqliteJournal.exists(directory):
        SqliteJournal.create(directory, given, vfs=vfs)
    image = newest_image(directory, None, say)
    from_seq = 0 if image is None else image.catalog.seq + 1
    journal = SqliteJournal.open(directory, from_seq, say, file_bytes_max=file_bytes_max, vfs=vfs)
    closing.append(journal.close)
    history = History(
        directory.history,
        journal.founding,
        read_from=journal.read_from,
        image_before=lambda seq: newest_image(directory, seq, say),
        retention_days=given.storage.history_days,
        say=say,
        files=directory.files,
    )
    closing.append(history.close)
    recovered = recover(journal, image, shards, workers, history.feed, progress)
    check_agreement(given, journal.founding, recovered.exchange)
    history.reach(recovered.exchange.seq)
    return _Parts(given, directory, journal, history, recovered)
