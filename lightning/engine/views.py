"""What queries answer with: plain tuples and arrays, copied out of the tables."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.codes import OrderStatus
from lightning.kernels.order import WAS_CANCELED

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


assert ORDER_VIEW.names == OrderState._fields


class Depth(NamedTuple):
    """Both sides, best level first: int64 of shape (levels, 3): price_ticks, qty_lots, order_count."""

    bids: npt.NDArray[np.int64]
    asks: npt.NDArray[np.int64]


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


def order_view(rows: np.ndarray, symbols: np.ndarray) -> np.ndarray:
    """Rows of the order table as ORDER_VIEW; `symbols` is the symbol id of each."""
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
    canceled = rows["flags"] & WAS_CANCELED != 0
    closed_status = np.where(canceled, OrderStatus.CANCELED, OrderStatus.FILLED)
    view["status"] = np.where(leaves > 0, open_status, closed_status)
    return view
