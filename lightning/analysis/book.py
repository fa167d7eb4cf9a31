"""`Book`: one symbol's visible book at one moment, order by order and by levels."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from lightning.analysis import frames
from lightning.analysis.html import book_html
from lightning.analysis.moments import When
from lightning.codes import Side
from lightning.decimals import Step
from lightning.instruments import Symbol

BOOK_ORDER = np.dtype(
    [
        ("order_id", "<i8"),
        ("account", "<i8"),  # 0: not known
        ("price", "<i8"),  # ticks
        ("qty", "<i8"),  # lots shown
        ("side", "u1"),  # Side
        ("pad", "u1", (7,)),
    ]
)
"""An order that rests, as everybody may see it."""
assert BOOK_ORDER.itemsize == 40

Levels = npt.NDArray[np.int64]
"""Shape (levels, 3), best first: price_ticks, qty_lots, order_count."""


class Book:
    """A copy: nothing that happens later changes it.

    orders : BOOK_ORDER rows in priority order, bids first, read only
    """

    def __init__(
        self,
        symbol: Symbol,
        orders: np.ndarray,
        seq: int,
        time_ns: int = 0,
        past: "Callable[[When], Book] | None" = None,
    ) -> None:
        self.symbol = symbol
        self.orders = orders
        self.orders.flags.writeable = False
        self.seq = seq
        """Of the last command that it shows."""
        self.time_ns = time_ns
        """Of the command that last changed it, or later; 0: not known."""
        self._past = past

    @property
    def time(self) -> datetime | None:
        return frames.time_of(self.time_ns)

    @cached_property
    def _ask_at(self) -> int:
        return int(np.count_nonzero(self.orders["side"] == Side.BUY))

    @cached_property
    def bids(self) -> Levels:
        return _levels(self.orders[: self._ask_at])

    @cached_property
    def asks(self) -> Levels:
        return _levels(self.orders[self._ask_at :])

    @property
    def best_bid(self) -> Decimal | None:
        return _best(self.bids, self.symbol.tick)

    @property
    def best_ask(self) -> Decimal | None:
        return _best(self.asks, self.symbol.tick)

    @property
    def mid(self) -> Decimal | None:
        bid, ask = self.best_bid, self.best_ask
        return None if bid is None or ask is None else (bid + ask) / 2

    @property
    def spread(self) -> Decimal | None:
        """Below zero where an auction collects orders that cross."""
        bid, ask = self.best_bid, self.best_ask
        return None if bid is None or ask is None else ask - bid

    def head(self, levels: int) -> "Book":
        """The best `levels` of each side."""
        if levels < 0:
            raise ValueError(f"levels must not be negative, not {levels}")
        bids, asks = (int(side[:levels, 2].sum()) for side in (self.bids, self.asks))
        kept = np.concatenate([self.orders[:bids], self.orders[self._ask_at : self._ask_at + asks]])
        return Book(self.symbol, kept, self.seq, self.time_ns, self._past)

    def at(self, when: When) -> "Book":
        """The same symbol's book at another moment: a seq, or a time.

        Raises NotGiven where the book comes from what has no past, LookupError.
        """
        if self._past is None:
            raise frames.NotGiven(
                "the source of this book keeps no past: open a data directory, or record with `Recorder`"
            )
        return self._past(when)

    def leading_to(self, past: "Callable[[When], Book]") -> "Book":
        """The same book, whose `at` is `past`."""
        return Book(self.symbol, self.orders, self.seq, self.time_ns, past)

    def queue(self, side: Side, price_ticks: int) -> np.ndarray:
        """BOOK_ORDER rows of one price, first the one that trades first. A view."""
        half = self.orders[: self._ask_at] if side == Side.BUY else self.orders[self._ask_at :]
        keys = -half["price"] if side == Side.BUY else half["price"]
        wanted = -price_ticks if side == Side.BUY else price_ticks
        first, last = (int(np.searchsorted(keys, wanted, one)) for one in ("left", "right"))
        return half[first:last]

    def frame(self) -> pl.DataFrame:
        """By levels: side, level (1 = best), price, quantity, orders."""
        return frames.levels_frame(self.symbol, self.bids, self.asks)

    def queues(self) -> pl.DataFrame:
        """By orders: side, price, place (1 = first at its price), order_id, quantity, ahead.

        ahead : quantity at its price that trades first
        """
        return frames.queues_frame(self.symbol, self.orders)

    def _repr_html_(self) -> str:
        when = f", {self.time:%Y-%m-%d %H:%M:%S.%f} UTC" if self.time else ""
        return book_html(self, note=f"seq {self.seq:,}{when}")

    def __repr__(self) -> str:
        bids, asks = len(self.bids), len(self.asks)
        return (
            f"Book({self.symbol.name} at seq {self.seq}: {self.best_bid} / {self.best_ask},"
            f" {bids} + {asks} levels, {len(self.orders)} orders)"
        )


def _levels(orders: np.ndarray) -> Levels:
    """orders : of one side, in priority order"""
    prices = orders["price"]
    begins = np.ones(len(orders), np.bool_)
    begins[1:] = prices[1:] != prices[:-1]
    first = np.flatnonzero(begins)
    levels = np.empty((len(first), 3), np.int64)
    levels[:, 0] = prices[first]
    levels[:, 1] = np.add.reduceat(orders["qty"], first) if len(first) else 0
    levels[:, 2] = np.diff(np.append(first, len(orders)))
    levels.flags.writeable = False
    return levels


def _best(levels: Levels, tick: Step) -> Decimal | None:
    return frames.to_decimal(int(levels[0, 0]), tick) if len(levels) else None
