"""An order book of one's own that follows the server's."""

import threading
from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from zlib import crc32

from lightning.client.model.market import BookUpdate, Level, OrderBook
from lightning.codes import SymbolStatus

CHECKED_LEVELS = 10
"""The checksum is over so many of each side."""


class BrokenBook(Exception):
    """An update does not follow from the one before, or the checksum is another: take a fresh snapshot."""


class _Side:
    """Levels by price, best first."""

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._keys: list[Decimal] = []
        """Rising; of bids the prices' negatives."""
        self.levels: list[Level] = []

    def take(self, level: Level) -> None:
        key = level.price * self._sign
        place = bisect_left(self._keys, key)
        known = place < len(self._keys) and self._keys[place] == key
        if not level.quantity:
            if known:
                del self._keys[place], self.levels[place]
        elif known:
            self.levels[place] = level
        else:
            self._keys.insert(place, key)
            self.levels.insert(place, level)

    def clear(self) -> None:
        self._keys.clear()
        self.levels.clear()


class LocalBook:
    """May be read from any thread while another applies updates. A book that is broken is empty, at seq 0,
    until there is a snapshot.

    What is read raises the LightningError that ended the following of the book, if one did.
    """

    def __init__(self, symbol_id: int) -> None:
        self.symbol_id = symbol_id
        self.seq = 0
        """Of the last update; 0: there was none yet."""
        self.time_ns = 0
        self.status = SymbolStatus.TRADING
        self.snapshots = 0
        """How many there were: each but the first stands for something that was missed."""
        self._bids = _Side(-1)
        self._asks = _Side(1)
        self._changed = threading.Condition()
        self._is_over = False
        self._error: BaseException | None = None

    def apply(self, update: BookUpdate) -> None:
        """Raises BrokenBook; then only a snapshot will do."""
        with self._changed:
            if update.snapshot:
                self._bids.clear()
                self._asks.clear()
                self.snapshots += 1
            elif update.previous_seq != self.seq:
                raise self._broken(f"seq {update.seq} follows {update.previous_seq}, known is {self.seq}")
            for side, levels in ((self._bids, update.bids), (self._asks, update.asks)):
                for level in levels:
                    side.take(level)
            if checksum(self._bids.levels, self._asks.levels) != update.checksum:
                raise self._broken(f"another checksum at seq {update.seq}")
            self.seq, self.time_ns, self.status = update.seq, update.time_ns, update.status
            self._changed.notify_all()

    def end(self, error: BaseException | None) -> None:
        """Nothing more will be applied, because of the error if there is one."""
        with self._changed:
            self._error, self._is_over = error, True
            self._changed.notify_all()

    def wait(self, seq: int, timeout: float) -> bool:
        """Block until the book is at `seq` or later; False: it is not after `timeout` seconds.

        Not for the event loop that follows the book.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.seq >= seq or self._is_over, timeout)
            self._require_no_error()
            return self.seq >= seq

    def bids(self, levels: int | None = None) -> tuple[Level, ...]:
        """Best first; not given: all that are followed."""
        with self._changed:
            self._require_no_error()
            return tuple(self._bids.levels[:levels])

    def asks(self, levels: int | None = None) -> tuple[Level, ...]:
        with self._changed:
            self._require_no_error()
            return tuple(self._asks.levels[:levels])

    @property
    def best_bid(self) -> Level | None:
        return next(iter(self.bids(1)), None)

    @property
    def best_ask(self) -> Level | None:
        return next(iter(self.asks(1)), None)

    @property
    def mid(self) -> Decimal | None:
        """None where a side is empty."""
        book = self.shown(1)
        if book.best_bid is None or book.best_ask is None:
            return None
        return (book.best_bid.price + book.best_ask.price) / 2

    def shown(self, levels: int | None = None) -> OrderBook:
        """Both sides at one seq."""
        with self._changed:
            self._require_no_error()
            return OrderBook(
                symbol_id=self.symbol_id,
                seq=self.seq,
                bids=tuple(self._bids.levels[:levels]),
                asks=tuple(self._asks.levels[:levels]),
                status=self.status,
                indicative_price=None,
                indicative_quantity=None,
                time_ns=self.time_ns,
            )

    def _broken(self, why: str) -> BrokenBook:
        self._bids.clear()
        self._asks.clear()
        self.seq = 0
        return BrokenBook(why)

    def _require_no_error(self) -> None:
        if self._error is not None:
            raise self._error


def checksum(bids: Sequence[Level], asks: Sequence[Level]) -> int:
    """CRC-32 of the ten best asks, then of the ten best bids: price and quantity as sent, without the
    point and leading zeros, all joined (the recipe of Kraken's WebSocket API v2).
    """
    best = (*asks[:CHECKED_LEVELS], *bids[:CHECKED_LEVELS])
    return crc32("".join(_bare(one.price) + _bare(one.quantity) for one in best).encode())


def _bare(number: Decimal) -> str:
    return format(number, "f").replace(".", "").lstrip("0")
