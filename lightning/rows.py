"""COMMAND and EVENT: the one format of the journal, the bulk stream and `Exchange.submit`.

Both rows are 128 bytes, little endian. In every column zero means "not given".
Prices are ticks, quantities lots, money the smallest unit of its currency, times ns.
"""

from typing import NamedTuple

import numpy as np

PRICE_TICKS_MAX = 2**40
"""Largest price, in ticks."""

COMMAND = np.dtype(
    {
        "names": [
            "kind",  # CommandKind
            "side",  # Side
            "type",  # OrderType; SET_SYMBOL_STATUS: SymbolStatus; SET_ACCOUNT_STATUS: AccountStatus
            "tif",  # TimeInForce
            "flags",  # CommandFlag
            "stp",  # SelfTradePrevention
            "reserved",  # 0; without it the rows would have a gap, which NumPy drops when it joins arrays
            "currency",  # DEPOSIT, WITHDRAW, TRANSFER
            "symbol",
            "account",
            "client_order_id",  # PLACE: the order's, once only; CANCEL, AMEND: the order to find
            "order_id",  # CANCEL, AMEND: the order to find; wins over client_order_id
            "request_id",  # once-only id of anything but a PLACE; 0 = no protection
            "price",  # ticks
            "qty",  # lots; AMEND: the new open quantity
            "stop_price",  # ticks
            "display_qty",  # lots
            "amount",  # money: DEPOSIT, WITHDRAW, TRANSFER; PLACE: spend at most this (market buy)
            "counter_account",  # TRANSFER: who receives
            "expire_time_ns",  # PLACE: GTD; CANCEL_ALL_AFTER: when
            "time_ns",  # set by the sequencer
            "taker_fee_ppm",  # with OWN_FEES
            "maker_fee_ppm",  # with OWN_FEES
            "trail_amount",  # ticks
        ],
        "formats": ["u1"] * 6 + ["<u2"] + ["<i4"] * 2 + ["<i8"] * 12 + ["<i4"] * 2 + ["<i8"],
        "offsets": [0, 1, 2, 3, 4, 5, 6, 8, 12, *range(16, 112, 8), 112, 116, 120],
        "itemsize": 128,
    }
)

EVENT = np.dtype(
    {
        "names": [
            "seq",  # of the command
            "order_id",
            "client_order_id",
            "account",
            "price",  # ticks; TRADE: the maker's
            "qty",  # lots; CANCELED, REDUCED: taken off now
            "leaves_qty",  # lots open afterwards (TRADE: of the taker)
            "fee",  # TRADE: the taker's, quote units (negative: paid to it)
            "trade_id",  # counts up per symbol from 1
            "maker_order_id",
            "maker_client_order_id",
            "maker_account",
            "maker_fee",
            "amount",  # money: moved, or CANCELED: released from hold
            "command",  # index in the submitted array
            "symbol",
            "kind",  # EventKind
            "reason",  # RejectReason
            "side",  # Side (TRADE: of the taker)
            "flags",  # EventFlag
            "currency",  # of `amount`
            # the same bytes under the names that TRADE uses
            "taker_order_id",
            "taker_client_order_id",
            "maker_leaves_qty",
            # the same bytes under the names that order states use (ACCEPTED to TRIGGERED, REDUCED)
            "order_qty",
            "filled_qty",
            "filled_quote",
            "filled_fee",
            "create_time_ns",
            "order_type",
            "order_tif",
            "order_terms",  # OrderTerms
            # the same bytes under the names that DEPOSITED, WITHDRAWN, TRANSFERRED use
            "available",
            "held",
            "counter_account",
        ],
        "formats": ["<i8"] * 14 + ["<i4"] * 2 + ["u1"] * 4 + ["<i4"] + ["<i8"] * 8 + ["u1"] * 3 + ["<i8"] * 3,
        "offsets": [*range(0, 112, 8), 112, 116, 120, 121, 122, 123, 124]
        + [8, 16, 104]
        + [56, 64, 72, 80, 88, 96, 97, 98]
        + [72, 80, 88],
        "itemsize": 128,
    }
)


class Command(NamedTuple):
    """One COMMAND row as Python values; `np.array([command, ...], COMMAND)` makes the rows."""

    kind: int = 0
    side: int = 0
    type: int = 0
    tif: int = 0
    flags: int = 0
    stp: int = 0
    reserved: int = 0
    currency: int = 0
    symbol: int = 0
    account: int = 0
    client_order_id: int = 0
    order_id: int = 0
    request_id: int = 0
    price: int = 0
    qty: int = 0
    stop_price: int = 0
    display_qty: int = 0
    amount: int = 0
    counter_account: int = 0
    expire_time_ns: int = 0
    time_ns: int = 0
    taker_fee_ppm: int = 0
    maker_fee_ppm: int = 0
    trail_amount: int = 0


class Event(NamedTuple):
    """One EVENT row as Python values: `Event._make(row)` for each of `events.tolist()`."""

    seq: int
    order_id: int
    client_order_id: int
    account: int
    price: int
    qty: int
    leaves_qty: int
    fee: int
    trade_id: int
    maker_order_id: int
    maker_client_order_id: int
    maker_account: int
    maker_fee: int
    amount: int
    command: int
    symbol: int
    kind: int
    reason: int
    side: int
    flags: int
    currency: int
    taker_order_id: int
    taker_client_order_id: int
    maker_leaves_qty: int
    order_qty: int
    filled_qty: int
    filled_quote: int
    filled_fee: int
    create_time_ns: int
    order_type: int
    order_tif: int
    order_terms: int
    available: int
    held: int
    counter_account: int


assert COMMAND.itemsize == 128 and COMMAND.names == Command._fields
assert EVENT.itemsize == 128 and EVENT.names == Event._fields
