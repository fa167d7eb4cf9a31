"""Markets read from an exchange's files: a data directory, a snapshot. Nothing is changed, nothing locked."""

from itertools import chain
from pathlib import Path
from typing import ClassVar

import numpy as np

from lightning.analysis import frames
from lightning.analysis.book import Book
from lightning.analysis.following import Follower
from lightning.analysis.history import older_trades
from lightning.analysis.in_process import ExchangeMarket
from lightning.analysis.market import Trades
from lightning.analysis.moments import When, to_moment
from lightning.analysis.past import BookFlow
from lightning.engine.image import restore
from lightning.engine.journal import AdminRecord
from lightning.engine.replay import Applied
from lightning.storage.directory import DirectoryNames
from lightning.storage.rewind import SHARDS, Rewind
from lightning.storage.snapshots import list_snapshots, read_manifest, read_snapshot
from lightning.storage.timeline import seq_at
from lightning.storage.watermark import read_mark

SEQ_MAX = 2**62


class SnapshotMarket(ExchangeMarket):
    """One moment, and the trades just before it. Raises Damaged, FormatRefused.

    path : a directory below `snapshots` of a data directory
    """

    kind: ClassVar[str] = "a snapshot"

    def __init__(self, path: Path) -> None:
        image = read_snapshot(path)
        super().__init__(restore(image, SHARDS, workers=1), str(path))
        self._time_ns = image.catalog.time_ns

    @property
    def time_ns(self) -> int:
        return self._time_ns


class DirectoryMarket(ExchangeMarket):
    """As it was when this was made, or at a moment before that; a server may be writing meanwhile.

    at : a seq or time that the directory reaches back to; None: its end
    Raises Damaged, and LookupError for another moment.
    """

    kind: ClassVar[str] = "a data directory"

    def __init__(self, path: Path, at: When | None = None) -> None:
        self._names = DirectoryNames(path)
        self._rewind = Rewind(self._names)
        end = SEQ_MAX if at is None else self._seq_of(at)
        exchange = self._rewind.nearest(end)
        self._time_ns = self._time_of_start(exchange.seq)
        if at is None:
            end = self._rewind.journal.tail_from(exchange.seq + 1, read_mark(self._names.watermark)).last_seq
        if end > exchange.seq:
            for applied in self._rewind.steps(exchange, [end]):
                self._time_ns = _time_after(applied, self._time_ns)
        if exchange.seq != end:
            raise LookupError(f"seq {end} is not in the journal, which ends at seq {exchange.seq}")
        super().__init__(exchange, str(path))
        self._flows: dict[int, list[BookFlow]] = {}

    @property
    def time_ns(self) -> int:
        """Of the last command."""
        return self._time_ns

    def at(self, when: When) -> "DirectoryMarket":
        """All of it at another moment. Raises LookupError."""
        return DirectoryMarket(self._names.path, when)

    def refreshed(self) -> "DirectoryMarket":
        """As it is by now."""
        return DirectoryMarket(self._names.path)

    def _seq_of(self, when: When) -> int:
        seq, time_ns = to_moment(when)
        if seq is None:
            assert time_ns is not None
            return seq_at(self._names, time_ns)
        if seq < 0:
            raise LookupError(f"there is no seq {seq}")
        return seq

    def _time_of_start(self, seq: int) -> int:
        """Of a state that the journal goes on from."""
        return read_manifest(self._names.snapshot(seq)).time_ns if seq else 0

    def flow(self, symbol: int | str, start: When | None = None, end: When | None = None) -> BookFlow:
        """By replay.

        start : None: as far back as the directory reaches; else from the nearest snapshot before
        end : None: where this market is
        Raises LookupError for moments that are not in the directory, Damaged.
        """
        number = self._id(symbol)
        last = self.seq if end is None else min(self._seq_of(end), self.seq)
        if start is None and last == self.seq:
            for one in self._flows.get(number, ()):
                if one.start_seq == self._earliest_seq() and one.end_seq == last:
                    return one
        exchange = self._rewind.earliest() if start is None else self._rewind.nearest(self._seq_of(start))
        follower = Follower(exchange, {number}, self._time_of_start(exchange.seq))
        for applied in self._rewind.steps(exchange, [last]) if last > exchange.seq else ():
            if not isinstance(applied.record, AdminRecord):
                follower.add(applied.record, applied.events)
            follower.prepare()
        found = follower.flow(number)
        self._flows.setdefault(number, []).append(found)
        return found

    def _earliest_seq(self) -> int:
        first = self._rewind.first_seq
        return (
            0
            if first == 1
            else min((seq for seq, _ in list_snapshots(self._names) if seq >= first - 1), default=0)
        )

    def _past_book(self, symbol: int | str, at: When) -> Book:
        """Of the flow from the snapshot before it to the one behind it, which is kept for the next."""
        seq = self._seq_of(at)
        if seq > self.seq and to_moment(at).time_ns is None:
            raise LookupError(f"seq {seq} is not in this market, which is at seq {self.seq}")
        seq, number = min(seq, self.seq), self._id(symbol)
        for flow in self._flows.get(number, ()):
            if flow.start_seq <= seq <= flow.end_seq:
                return self._with_past(flow, seq)
        later = (one for one, _ in list_snapshots(self._names) if one > seq)
        end = min(chain(later, [self.seq]))
        return self._with_past(self.flow(number, start=seq, end=end), seq)

    def _with_past(self, flow: BookFlow, seq: int) -> Book:
        """A book of a part whose other moments are those of the whole."""
        return flow.book_at(seq=seq).leading_to(lambda at: self._past_book(flow.symbol.id, at))

    def trades(self, symbol: int | str, last: int | None = None) -> Trades:
        """All that the history has up to here; what came after it was dropped or lost is not in it.

        Raises NotGiven where the history is behind and the exchange no longer has what is missing.
        """
        number = self._id(symbol)
        count = self.exchange.uses(number).trades
        recent = super().trades(number, last).array
        missing = (count if last is None else min(last, count)) - len(recent)
        rows = recent
        if missing > 0:
            older = older_trades(self._names.history, number, count - len(recent), missing)
            rows = np.concatenate([older, recent])
        instruments = self._instruments()
        return Trades(lambda: frames.trades_frame(rows, instruments), rows)


def _time_after(applied: Applied, time_ns: int) -> int:
    record = applied.record
    return max(
        time_ns, record.time_ns if isinstance(record, AdminRecord) else int(record.rows["time_ns"][-1])
    )
