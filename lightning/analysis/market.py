"""`Market`: what there is to see of an exchange, whatever it is read from.

What a kind of market cannot give raises NotGiven, which says who can.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import ClassVar, Self, overload

import numpy as np
import polars as pl

from lightning.analysis import frames
from lightning.analysis.book import Book
from lightning.analysis.frames import NotGiven
from lightning.analysis.html import frame_html
from lightning.analysis.moments import When
from lightning.analysis.past import BookFlow
from lightning.instruments import Symbol


class Rows:
    """Rows of one kind, as they are counted and as they are read."""

    def __init__(self, make_frame: Callable[[], pl.DataFrame], array: np.ndarray | None = None) -> None:
        self._make_frame = make_frame
        self._array = array
        if array is not None:
            array.flags.writeable = False

    @property
    def array(self) -> np.ndarray:
        """A copy, read only: prices in ticks, quantities in lots, money in its smallest unit, times in ns."""
        if self._array is None:
            raise NotGiven("a Parquet export has decimals, no ticks and lots: take frame()")
        return self._array

    @cached_property
    def _frame(self) -> pl.DataFrame:
        return self._make_frame()

    def frame(self) -> pl.DataFrame:
        """Exact decimals, times in UTC; the columns are those of the function of this kind in `frames`."""
        return self._frame

    def __len__(self) -> int:
        return self._frame.height if self._array is None else len(self._array)

    def _repr_html_(self) -> str:
        return frame_html(type(self).__name__, self.frame())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self):,} rows)"


class Orders(Rows):
    """`array`: ORDER_VIEW."""


class Balances(Rows):
    """`array`: BALANCE_VIEW."""


class Trades(Rows):
    """`array`: TRADE_VIEW."""


class Symbols(Sequence[Symbol]):
    """By place, as any sequence; `named` finds one by id or name."""

    def __init__(self, symbols: Sequence[Symbol]) -> None:
        self._symbols = sorted(symbols, key=lambda one: one.id)

    @overload
    def __getitem__(self, place: int) -> Symbol: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Symbol]: ...
    def __getitem__(self, place: int | slice) -> Symbol | Sequence[Symbol]:
        return self._symbols[place]

    def __len__(self) -> int:
        return len(self._symbols)

    def __iter__(self) -> Iterator[Symbol]:
        return iter(self._symbols)

    def named(self, symbol: int | str) -> Symbol:
        """Raises KeyError."""
        for one in self._symbols:
            if symbol in (one.id, one.name):
                return one
        known = ", ".join(f"{one.id} {one.name}" for one in self._symbols[:20])
        raise KeyError(f"there is no symbol {symbol!r}; there are: {known or 'none'}")

    def frame(self) -> pl.DataFrame:
        return frames.symbols_frame(self._symbols)

    def _repr_html_(self) -> str:
        return frame_html("Symbols", self.frame())

    def __repr__(self) -> str:
        return f"Symbols({', '.join(one.name for one in self._symbols)})"


class Market:
    """A symbol is given by its id or its name; an unknown one raises KeyError."""

    kind: ClassVar[str]
    """What it is read from, for messages."""

    def __init__(self, source: str) -> None:
        self.source = source

    @property
    def seq(self) -> int:
        """Of the last command that it shows."""
        raise self._not_given(
            "a seq", "a server, a data directory, a snapshot or an in-process Exchange has one"
        )

    @property
    def symbols(self) -> Symbols:
        raise self._not_given("symbols", _WHO_HAS_STATE)

    def book(self, symbol: int | str, levels: int | None = None, at: When | None = None) -> Book:
        """The visible book, of the best `levels` of each side or all; now, or right after a seq or time.

        The past needs a data directory, or a `Recorder`.
        """
        found = self._present_book(symbol) if at is None else self._past_book(symbol, at)
        return found if levels is None else found.head(levels)

    def _present_book(self, symbol: int | str) -> Book:
        raise self._not_given("books", _WHO_HAS_STATE)

    def _past_book(self, symbol: int | str, at: When) -> Book:
        return self.flow(symbol).book_at(at)

    def orders(self, symbol: int | str | None = None, account: int | None = None) -> Orders:
        """Open orders, by order id; of one symbol, of one account if given. Stops that wait are PENDING."""
        raise self._not_given("orders", _WHO_HAS_STATE)

    def balances(self, account: int | None = None) -> Balances:
        """What is not zero, by account and currency."""
        raise self._not_given("balances", _WHO_HAS_STATE)

    def trades(self, symbol: int | str, last: int | None = None) -> Trades:
        """By trade id, all that the source has, or the last so many."""
        raise self._not_given("trades", _WHO_HAS_STATE)

    def flow(self, symbol: int | str) -> BookFlow:
        """Everything that happened to the visible book, as far back as the source goes."""
        raise self._not_given(
            "what happened to a book", "a data directory has it, and a `Recorder` of a server or an Exchange"
        )

    def close(self) -> None:
        """Give back what it holds of the source."""

    def _not_given(self, what: str, who: str) -> NotGiven:
        return NotGiven(f"{self.kind} does not give {what}; {who}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.source})"


_WHO_HAS_STATE = "open a server, a data directory, a snapshot or an in-process Exchange"
