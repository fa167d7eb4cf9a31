"""What queries answer with: plain tuples and arrays, copied out of the tables."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.codes import OrderStatus
from lightning.kernels.order import EXTENDED, WAS_CANCELED, WAS_EXPIRED

ORDER_VIEW = np.dtype(
    [
        ("order_id", "<i8"),
        ("client_order_id", "<i8"),
        ("account", "<i8"),
        ("symbol", "<i8"),
        ("side", "u1"),
        ("type", "u1"),
        ("tif", "u1"),
        ("price", "<i8"),  # ticks
        ("qty", "<i8"),  # lots, as are the next two
        ("filled_qty", "<i8"),
        ("leaves_qty", "<i8"),
        ("filled_quote", "<i8"),  # quote units
        ("fee", "<i8"),  # quote units
        ("status", "u1"),  # OrderStatus
        ("create_time_ns", "<i8"),
        ("update_time_ns", "<i8"),
        ("stop_price", "<i8"),  # ticks; of a trailing stop that waits: the present one; 0: none
        ("trail_amount", "<i8"),  # ticks
        ("display_qty", "<i8"),  # lots, as is the next; 0: all is shown
        ("hidden_qty", "<i8"),  # open and not shown
        ("expire_time_ns", "<i8"),  # 0: never
        ("sibling_id", "<i8"),  # order_id of the order that it takes along; 0: none
    ]
)
"""One row per order."""

TRADE_VIEW = np.dtype(
    [
        ("trade_id", "<i8"),
        ("symbol", "<i8"),
        ("price", "<i8"),  # ticks
        ("qty", "<i8"),  # lots
        ("taker_side", "u1"),
        ("maker_order_id", "<i8"),
        ("taker_order_id", "<i8"),
        ("seq", "<i8"),
        ("time_ns", "<i8"),
    ]
)
"""One row per trade."""

BALANCE_VIEW = np.dtype([("account", "<i8"), ("currency", "<i8"), ("available", "<i8"), ("held", "<i8")])
"""One row per balance, in the smallest unit of its currency."""


class OrderState(NamedTuple):
    """One row of ORDER_VIEW as Python values."""

    order_id: int
    client_order_id: int
    account: int
    symbol: int
    side: int
    type: int
    tif: int
    price: int
    qty: int
    filled_qty: int
    leaves_qty: int
    filled_quote: int
    fee: int
    status: int
    create_time_ns: int
    update_time_ns: int
    stop_price: int
    trail_amount: int
    display_qty: int
    hidden_qty: int
    expire_time_ns: int
    sibling_id: int


assert ORDER_VIEW.names == OrderState._fields
DETAIL_COLUMNS = OrderState._fields[OrderState._fields.index("stop_price") :]
"""Those that only some orders have."""


class Depth(NamedTuple):
    """Both sides, best level first: int64 of shape (levels, 3): price_ticks, qty_lots, order_count."""

    bids: npt.NDArray[np.int64]
    asks: npt.NDArray[np.int64]


class Depths(NamedTuple):
    """The shown levels of many books, one after the other, bids before asks."""

    rows: npt.NDArray[np.int64]
    """(levels, 3): price_ticks, qty_lots, order_count."""
    counts: npt.NDArray[np.int64]
    """(books, 2): how many are bids, how many asks."""
    statuses: npt.NDArray[np.uint8]
    """(books,): SymbolStatus."""


class Tickers(NamedTuple):
    """Of many symbols: what was traded in the last 24 hours, and the best of the book."""

    symbols: npt.NDArray[np.int64]
    days: np.ndarray
    """(n,) DAY of `kernels/candles_layout.py`."""
    best: npt.NDArray[np.int64]
    """(n, 2, 2): of bids, asks: price_ticks and what is shown in lots; 0, 0: none."""


class Uses(NamedTuple):
    """What a symbol is used by."""

    open_orders: int
    pending_orders: int
    """Stops that wait."""
    trades: int

    def words(self) -> str:
        """Those that there are: "3 open orders, 1 trade"."""
        counted = zip(self, ("open order", "pending order", "trade"), strict=True)
        return ", ".join(f"{count} {what}{'s' * (count > 1)}" for count, what in counted if count)


class AccountState(NamedTuple):
    account: int
    balances: list[tuple[int, int, int]]
    """(currency, available, held), ascending by currency."""


class Totals(NamedTuple):
    """Of one currency, all at one seq: available + held + fees = deposited - withdrawn."""

    currency: int
    deposited: int
    withdrawn: int
    available: int
    held: int
    fees: int
    """What the fee accounts have; not counted in `available` and `held`."""


class AccountControls(NamedTuple):
    """What the venue, or the account itself, has set for it."""

    status: int
    """AccountStatus."""
    cancel_all_after: int
    """When all its orders are canceled, ns; 0: never."""


class Indication(NamedTuple):
    """What an auction would trade if it ended now; no quantity: nothing."""

    price: int
    """Ticks."""
    qty: int
    """Lots."""


def order_view(rows: np.ndarray, symbols: np.ndarray, details: np.ndarray) -> np.ndarray:
    """Rows of the order table as ORDER_VIEW.

    symbols : the symbol id of each
    details : DETAIL of the EXTENDED ones among them, in their order
    """
    view = np.zeros(len(rows), ORDER_VIEW)
    view["symbol"] = symbols
    for name in ("order_id", "client_order_id", "account", "side", "type", "tif", "price", "qty"):
        view[name] = rows[name]
    view["filled_qty"] = rows["filled"]
    view["leaves_qty"] = rows["leaves"]
    for name in ("filled_quote", "fee"):
        view[name] = rows[name]
    view["create_time_ns"] = rows["create_time"]
    view["update_time_ns"] = rows["update_time"]
    filled, leaves = view["filled_qty"], view["leaves_qty"]
    open_status = np.where(filled > 0, OrderStatus.PARTIALLY_FILLED, OrderStatus.NEW)
    canceled, expired = rows["flags"] & WAS_CANCELED != 0, rows["flags"] & WAS_EXPIRED != 0
    closed_status = np.where(canceled, OrderStatus.CANCELED, OrderStatus.FILLED)
    closed_status = np.where(expired, OrderStatus.EXPIRED, closed_status)
    view["status"] = np.where(leaves > 0, open_status, closed_status)
    if len(details):
        _add_details(view, rows["flags"] & EXTENDED != 0, details)
    return view


def _add_details(view: np.ndarray, extended: npt.NDArray[np.bool_], details: np.ndarray) -> None:
    for name in ("stop_price", "trail_amount", "display_qty", "sibling_id"):
        view[name][extended] = details[name]
    view["expire_time_ns"][extended] = details["expire_time"]
    is_open = view["leaves_qty"][extended] > 0
    view["hidden_qty"][extended] = np.where(is_open, details["hidden"], 0)
    waits = is_open & (details["pending"] != 0)
    view["status"][extended] = np.where(waits, OrderStatus.PENDING, view["status"][extended])
