"""A book as the browser is told it: decimal text, which JavaScript's numbers could not hold."""

from collections.abc import Sequence
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Protocol, TypedDict

import numpy as np
import numpy.typing as npt

from lightning.analysis.widget.module import compose
from lightning.codes import SymbolStatus
from lightning.decimals import format_steps
from lightning.instruments import Symbol

STATIC = [Path(str(files(package)), "static") for package in (__package__, "lightning.server.web")]

Levels = npt.NDArray[np.int64] | Sequence[tuple[Decimal, Decimal, int]]
"""Best first: rows of price_ticks, qty_lots, order_count; or price, quantity, order_count."""


class AnyBook(Protocol):
    """A book from the exchange, in ticks and lots, or from a client, in decimals."""

    @property
    def bids(self) -> Levels: ...

    @property
    def asks(self) -> Levels: ...


class ToldSymbol(TypedDict):
    name: str
    tick: str
    lot: str


class ToldBook(TypedDict):
    bids: list[list[str]]
    """Price, quantity, order_count; best first."""
    asks: list[list[str]]
    status: str
    moment: str
    """When it was so, in words."""


EMPTY: ToldBook = {"bids": [], "asks": [], "status": "", "moment": ""}


def told_symbol(symbol: Symbol) -> ToldSymbol:
    return {
        "name": symbol.name,
        "tick": format_steps(1, symbol.tick),
        "lot": format_steps(1, symbol.lot),
    }


def told_book(
    book: AnyBook, symbol: Symbol, levels: int, moment: str = "", status: SymbolStatus = SymbolStatus.TRADING
) -> ToldBook:
    return {
        "bids": _told(book.bids[:levels], symbol),
        "asks": _told(book.asks[:levels], symbol),
        "status": f"SYMBOL_STATUS_{status.name}",
        "moment": moment,
    }


def _told(levels: Levels, symbol: Symbol) -> list[list[str]]:
    if isinstance(levels, np.ndarray):
        tick, lot = symbol.tick, symbol.lot
        return [
            [format_steps(price, tick), format_steps(qty, lot), str(orders)]
            for price, qty, orders in levels.tolist()
        ]
    return [[f"{price:f}", f"{quantity:f}", str(orders)] for price, quantity, orders in levels]


def module_of(entry: str) -> str:
    """The JavaScript of a widget: its own files, and the page's that they import."""
    return compose(entry, STATIC)
