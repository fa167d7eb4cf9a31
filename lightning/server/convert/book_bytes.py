"""Order books as bytes of `lightning.v1`: what `market.order_book` says, without an object a level."""

import numpy as np
import numpy.typing as npt

from lightning.codes import SymbolStatus
from lightning.engine.views import Depths
from lightning.instruments import SCALE_MAX, Symbol
from lightning.rows import PRICE_TICKS_MAX
from lightning.server.convert.book_writer import write_books
from lightning.server.convert.enums import SYMBOL_STATUSES

LEVEL_BYTES_MAX = 64
"""Tag and length, two decimals of 22 bytes at most with theirs, a count of 6."""
BOOK_BYTES_MAX = 128
"""Everything else of a book."""
_STATUS_NUMBERS = np.array([SYMBOL_STATUSES[status] for status in SymbolStatus], np.int64)


def can_encode(symbol: Symbol) -> bool:
    """Does every price of the symbol, and every quantity, fit int64 when counted in its own decimals?"""
    tick, lot = symbol.tick, symbol.lot
    prices = tick.units * PRICE_TICKS_MAX < 2**63 and tick.scale <= SCALE_MAX
    return prices and lot.scale <= symbol.base.scale  # then a lot is no more than its units of money


def steps_of(symbols: list[Symbol]) -> npt.NDArray[np.int64]:
    """(n, 5): id, units and scale of the tick, units and scale of the lot."""
    return np.array([(one.id, *one.tick, *one.lot) for one in symbols], np.int64).reshape(-1, 5)


def encode_books(
    steps: npt.NDArray[np.int64],
    depths: Depths,
    indicative: npt.NDArray[np.int64],
    seq: int,
    time_ns: int,
    in_list: bool,
) -> npt.NDArray[np.uint8]:
    """One OrderBook, or with `in_list` the BatchGetOrderBooksResponse of all of them.

    steps : of their symbols, as `steps_of` says
    indicative : (n, 2): price and quantity of an uncross now; quantity 0: there would be none
    """
    out = np.empty(LEVEL_BYTES_MAX * len(depths.rows) + BOOK_BYTES_MAX * len(steps), np.uint8)
    statuses = _STATUS_NUMBERS[depths.statuses]
    size = write_books(
        steps, statuses, indicative, depths.counts, depths.rows, seq, time_ns, int(in_list), out
    )
    return out[:size]
