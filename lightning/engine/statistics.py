"""Candles and the last 24 hours of every symbol. They follow records (`replay.apply`), not `Exchange.submit`.

They are no part of the state hash: nothing that happens to an order depends on them.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.engine.sparse import sparse_table
from lightning.engine.tables import as_rows, table
from lightning.kernels import candles_layout as layout
from lightning.kernels.candles import add_trades, find_candles, gather_candles, place_candles, read_days
from lightning.kernels.candles_layout import FIRST, INTERVALS, KEPT, ROOM, Interval
from lightning.kernels.intrinsics import INT64_MAX
from lightning.kernels.layout import NIL

SLOTS_MIN = 4
SLOTS_MORE_MAX = 1024
"""Tables grow by so many slots at most."""


class Candle(NamedTuple):
    """What was traded in one interval. Prices are ticks; sums are exact, however large."""

    open_time_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    """Lots."""
    turnover: int
    """Ticks * lots: times the symbol's tick value it is money."""
    trade_count: int


def candle_of(row: np.void) -> Candle:
    """Of a CANDLE row."""
    time, first, high, low, close, volume, turnover, count, volume_high, turnover_high = row.item()
    volume, turnover = wide(volume_high, volume), wide(turnover_high, turnover)
    return Candle(time, first, high, low, close, volume, turnover, count)


def wide(high: int, low: int) -> int:
    """A sum as the tables have it."""
    return (high << 62) + low


class Held(NamedTuple):
    """Candles of one symbol and interval that are in memory."""

    rows: np.ndarray
    """CANDLE, oldest first, copied."""
    from_ns: int
    """All that open at or after it are in memory; 0: all that ever were."""


class Copied(NamedTuple):
    """What of the statistics has to be copied while nothing changes them; the rest is gathered later.

    Of the symbols that were ever traded, ascending.
    """

    live: layout.Statistics
    slots: npt.NDArray[np.int64]
    last: np.ndarray
    ended: npt.NDArray[np.int64]
    present: np.ndarray


class Statistics:
    """Of the symbols of one exchange."""

    def __init__(self) -> None:
        self._slots = 0
        self._tables = _new_tables(SLOTS_MIN)

    def add_symbol(self, symbol: int) -> None:
        """Its slot is never another's, so that a capture may read it when the symbol is gone."""
        if self._slots == len(self._tables.last):
            self._tables = _grown(self._tables)
        if symbol >= len(self._tables.directory):
            self._tables = self._tables._replace(directory=_longer(self._tables.directory, symbol))
        self._tables.directory[symbol] = self._slots
        self._tables.last["symbol"][self._slots] = symbol
        self._slots += 1

    def remove_symbol(self, symbol: int) -> None:
        self._tables.last["symbol"][self._tables.directory[symbol]] = 0
        self._tables.directory[symbol] = NIL

    def add_trades(self, commands: np.ndarray, events: np.ndarray) -> None:
        """commands, events : COMMAND rows and what came of them"""
        if len(events):
            add_trades(self._tables, as_rows(commands), as_rows(events))

    def days(self, symbols: npt.NDArray[np.int64], now_ns: int) -> np.ndarray:
        """DAY rows of symbols that are there."""
        slots = self._tables.directory[symbols].astype(np.int64)
        rows = as_rows(np.zeros(len(slots), layout.DAY))
        read_days(self._tables, slots, np.int64(now_ns), rows)
        return rows

    def candles(
        self, symbol: int, interval: Interval, start_ns: int | None, end_ns: int | None, limit: int
    ) -> Held:
        """Those that open at or after `start_ns` and before `end_ns`; beyond the limit the first, or without
        a start the last of them."""
        st = self._tables
        slot = int(st.directory[symbol])
        earliest = max(start_ns or 0, int(st.last["since"][slot]))
        latest = INT64_MAX if end_ns is None else end_ns
        first, end = map(int, find_candles(st, slot, int(interval), earliest, latest))
        ended = int(st.ended[slot, interval])
        if start_ns is None:
            first = max(first, end - limit)
        else:
            end = min(end, first + limit)
        places = FIRST[interval] + np.arange(first, max(first, end)) % ROOM[interval]
        rows = st.candles[slot, places]
        if first <= ended < end:
            rows[-1] = st.present[slot, interval]
        return Held(rows, self._from_ns(slot, interval))

    def _from_ns(self, slot: int, interval: Interval) -> int:
        since, ended = int(self._tables.last["since"][slot]), int(self._tables.ended[slot, interval])
        if ended < KEPT[interval]:
            return since
        oldest = FIRST[interval] + (ended - KEPT[interval]) % ROOM[interval]
        return max(since, int(self._tables.candles["open_time"][slot, oldest]))

    # images

    def copy(self) -> Copied:
        st = self._tables
        slots = np.flatnonzero((st.last["price"] != 0) & (st.last["symbol"] != 0))
        slots = slots[np.argsort(st.last["symbol"][slots])]
        return Copied(st, slots, st.last[slots], st.ended[slots], as_rows(st.present[slots]))

    def restore(self, last: np.ndarray, candles: np.ndarray) -> None:
        """What an image has, of symbols that were added."""
        slots = self._tables.directory[last["symbol"]]
        self._tables.last[slots] = last
        place_candles(self._tables, as_rows(candles))


def gather(copied: Copied) -> tuple[np.ndarray, np.ndarray] | None:
    """(LAST by symbol, SYMBOL_CANDLE by symbol, interval and time) of those that were ever traded.

    The exchange may go on meanwhile. None: it was too quick, and has overwritten what was to be copied.
    """
    live, ended = copied.live, copied.ended
    kept = np.minimum(ended, KEPT)
    rows = as_rows(np.empty(int((kept + 1).sum()), layout.SYMBOL_CANDLE))
    symbols = np.ascontiguousarray(copied.last["symbol"])
    gather_candles(live, copied.slots, symbols, ended, copied.present, rows)
    ahead = live.ended[copied.slots] - (ended - kept)
    if (ahead >= ROOM).any():  # what is being written right now may not be counted yet
        return None
    return copied.last, rows


def _new_tables(slots: int) -> layout.Statistics:
    return layout.Statistics(
        directory=np.full(8, NIL, np.int32),
        last=table((slots,), layout.LAST),
        present=table((slots, INTERVALS), layout.CANDLE),
        ended=np.zeros((slots, INTERVALS), np.int64),
        candles=as_rows(sparse_table((slots, FIRST[-1]), layout.CANDLE)),
        past=table((slots,), layout.SUMS),
        before=as_rows(sparse_table((slots, layout.MINUTES_ROOM), layout.SUMS)),
        queues=table((slots, 2), layout.QUEUE),
        queued=sparse_table((slots, 2, layout.MINUTES_ROOM), np.dtype(np.int64)),
    )


def _longer(directory: npt.NDArray[np.int32], symbol: int) -> npt.NDArray[np.int32]:
    longer = np.full(max(symbol + 1, 2 * len(directory)), NIL, np.int32)
    longer[: len(directory)] = directory
    return longer


def _grown(old: layout.Statistics) -> layout.Statistics:
    """With more slots. Only what was used is copied: memory that was never touched stays so."""
    used = len(old.last)
    new = _new_tables(used + min(used, SLOTS_MORE_MAX))._replace(directory=old.directory)
    for name in ("last", "present", "ended", "past", "queues"):
        getattr(new, name)[:used] = getattr(old, name)
    for slot in np.flatnonzero(old.ended.any(axis=1)).tolist():
        for source, target, rows in _used(old, new, slot):
            target[slot, rows] = source[slot, rows]
    return new


def _used(
    old: layout.Statistics, new: layout.Statistics, slot: int
) -> Iterable[tuple[np.ndarray, np.ndarray, slice]]:
    """The tables with rings, and what of each was used."""
    for interval, count in enumerate(old.ended[slot].tolist()):
        yield old.candles, new.candles, slice(FIRST[interval], FIRST[interval] + min(count, ROOM[interval]))
    minutes = slice(int(old.ended[slot, Interval.MINUTE]))
    yield old.before, new.before, minutes
    for side in range(2):
        end = slice(int(old.queues["end"][slot, side]))
        yield old.queued[:, side], new.queued[:, side], end
