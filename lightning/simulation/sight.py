"""What an agent may know when it decides, and what a simulation keeps of its accounts."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.codes import Side


class Sight(NamedTuple):
    """Nothing in it is younger than the agent's latency."""

    now_ns: int
    """When it decides."""
    until_ns: int
    """When it decides again."""
    book_ns: int
    """The book is as it was then."""
    bids: npt.NDArray[np.int64]
    """(levels, 3): price_ticks, qty_lots, order_count, best first; zeros where there is no level."""
    asks: npt.NDArray[np.int64]
    events: npt.NDArray[np.void]
    """(n,) EVENT: about the agent's account, that it has not been told before."""
    event_times: npt.NDArray[np.int64]
    """(n,) ns: when they happened at the exchange."""


class Fill(NamedTuple):
    """Part of an order traded."""

    time_ns: int
    """At the exchange."""
    client_order_id: int
    side: Side
    price: int
    """Ticks."""
    qty: int
    """Lots."""
    leaves_qty: int
    """Lots of the order that are still open."""
    fee: int
    """Quote units; negative: paid to the account."""
    is_maker: bool


FILL = np.dtype(
    [
        ("time_ns", "<i8"),
        ("seq", "<i8"),
        ("trade_id", "<i8"),
        ("account", "<i8"),
        ("order_id", "<i8"),
        ("client_order_id", "<i8"),
        ("price", "<i8"),  # ticks
        ("qty", "<i8"),  # lots
        ("leaves_qty", "<i8"),  # lots of the order that are still open
        ("fee", "<i8"),  # quote units; negative: paid to it
        ("side", "u1"),  # Side of the account
        ("is_maker", "u1"),
        ("pad", "u1", (6,)),
    ]
)
"""One row per fill of an account."""

BOOK_SERIES = np.dtype(
    [
        ("time_ns", "<i8"),
        ("seq", "<i8"),
        ("bid", "<i8"),  # ticks, as is `ask`; 0: none
        ("ask", "<i8"),
        ("bid_qty", "<i8"),  # lots
        ("ask_qty", "<i8"),
    ]
)
"""One row per step: the best of the book behind it."""

ACCOUNT_SERIES = np.dtype(
    [
        ("time_ns", "<i8"),
        ("account", "<i8"),
        ("inventory", "<i8"),  # lots more than at the beginning
        ("cash", "<i8"),  # quote units more than at the beginning, fees paid
        ("pnl", "<i8"),  # quote units: cash and the inventory at the middle of the book
    ]
)
"""One row per account and sample, from the exchange's own balances."""
