"""Ticks, lots and nanoseconds as figures show them: floats and datetimes."""

from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from lightning.decimals import Step
from lightning.instruments import Symbol

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Clock = Literal["time", "seq"]
Span = tuple[int, int]
"""First and last: ns since 1970, or seqs."""


class SymbolBook(Protocol):
    """A book by its levels, best first: int64 of shape (levels, 3): price_ticks, qty_lots, order_count."""

    @property
    def symbol(self) -> Symbol: ...

    @property
    def bids(self) -> Integers: ...

    @property
    def asks(self) -> Integers: ...


class Levels(NamedTuple):
    """A SymbolBook of arrays: `Levels(symbol, *exchange.depth(symbol.id))`."""

    symbol: Symbol
    bids: Integers
    asks: Integers


class SymbolFlow(Protocol):
    """What happened to a symbol's book; it is empty before the first row. A `BookFlow` is one."""

    @property
    def symbol(self) -> Symbol: ...

    @property
    def rows(self) -> np.ndarray:
        """(n,) BOOK_EVENT."""

    @property
    def opening(self) -> int:
        """How many rows, the first ones, only say what stood when the flow begins."""


class Along(NamedTuple):
    """What a figure's time axis says of each row."""

    numbers: Integers
    """(n,) ns since 1970 or seqs, never falling."""
    clock: Clock
    title: str

    def shown(self, numbers: npt.ArrayLike) -> np.ndarray:
        """Numbers of this axis as plotly takes them: datetime64[ns] or seqs."""
        values = np.asarray(numbers, np.int64)
        return values.astype("datetime64[ns]") if self.clock == "time" else values

    def span(self, opening: int = 0) -> Span:
        """From the first row behind the opening to the last."""
        found = self.numbers[opening:] if opening < len(self.numbers) else self.numbers
        return (int(found[0]), int(found[-1])) if len(found) else (0, 0)


def clock_of(time_ns: Integers) -> Clock:
    """By time, unless all have the same."""
    return "time" if len(time_ns) and time_ns[0] != time_ns[-1] else "seq"


def along(time_ns: Integers, seq: Integers, clock: Clock | None = None, opening: int = 0) -> Along:
    """clock : None: that of what is behind the opening. Time that was set back stands still."""
    clock = clock or clock_of(time_ns[opening:])
    if clock == "time":
        return Along(np.maximum.accumulate(time_ns), clock, "Time (UTC)")
    return Along(np.ascontiguousarray(seq), clock, "Sequence number")


def size_of(step: Step) -> float:
    return float(step.units / 10**step.scale)


def prices(ticks: npt.ArrayLike, symbol: Symbol) -> Floats:
    return np.asarray(ticks, np.float64) * size_of(symbol.tick)


def quantities(lots: npt.ArrayLike, symbol: Symbol) -> Floats:
    return np.asarray(lots, np.float64) * size_of(symbol.lot)


def price_title(symbol: Symbol) -> str:
    return f"Price ({symbol.quote.name})"


def quantity_title(symbol: Symbol) -> str:
    return f"Quantity ({symbol.base.name})"


def decimals_format(step: Step) -> str:
    """The d3 format of a float that is so many steps."""
    return f",.{step.scale}f"
