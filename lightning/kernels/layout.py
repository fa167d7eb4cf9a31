"""Every table of the exchange: one structured dtype per table, one row per thing.

A table is a 2-D record array of shape (shards, capacity). A row is addressed by (shard, slot);
`NIL` ends a list. Free rows hang on a list through their first link column; rows that were never
used lie behind `<table>_used`, so that a big empty table costs no memory. Money is in the
smallest unit of its currency, prices in ticks, quantities in lots, times in ns.
"""

from typing import NamedTuple

import numpy as np

NIL = -1
BITS = 6
FAN_OUT = 64
NODES_PER_LEVEL_MAX = 8
"""Most trie nodes that opening one price level can need: 7 of its own and 1 above the root."""

ORDER = np.dtype(
    [
        ("order_id", "<i8"),
        ("client_order_id", "<i8"),
        ("account", "<i8"),
        ("leaves", "<i8"),  # lots open
        ("next", "<i4"),  # next in the level's queue, or next free row
        ("prev", "<i4"),
        ("level", "<i4"),  # NIL: not resting
        ("book", "<i4"),
        ("price", "<i8"),  # ticks, 0 for market
        ("maker_fee_ppm", "<i4"),
        ("taker_fee_ppm", "<i4"),
        ("qty", "<i8"),  # lots ordered = leaves + filled + taken off
        ("filled", "<i8"),  # lots
        ("filled_quote", "<i8"),  # money, saturating
        ("fee", "<i8"),  # money, saturating
        ("create_time", "<i8"),
        ("update_time", "<i8"),
        ("trader", "<i4"),
        ("trader_next", "<i4"),
        ("trader_prev", "<i4"),
        ("side", "u1"),
        ("type", "u1"),
        ("tif", "u1"),
        ("flags", "u1"),  # `order.py` says which bits
    ]
)
assert ORDER.itemsize == 128

DETAIL = np.dtype(  # what only some orders have: the row of an EXTENDED order, in the same slot
    [
        ("stop_price", "<i8"),  # ticks; of a pending trailing stop: see `trailing.py`
        ("trail_amount", "<i8"),  # ticks
        ("display_qty", "<i8"),  # lots shown at most; 0: all
        ("hidden", "<i8"),  # lots open and not shown
        ("expire_time", "<i8"),  # 0: never
        ("sibling_id", "<i8"),  # order_id of the order that it takes along; 0: none
        ("watermark", "<i8"),  # root of a trailing group: the best last price it followed
        ("counted", "<i8"),  # the last FOK walk that counted its sibling: scratch
        ("sibling", "<i4"),  # slot, or NIL
        ("pending", "<i4"),  # RESTING_OR_NEW, STATIC: in its stop ladder, TRAILING: in a trailing group
        ("group_next", "<i4"),  # root of a trailing group: the one that follows a farther price, or NIL
        ("group_prev", "<i4"),
        ("left", "<i4"),  # heap of a group, by trail_amount, order_id
        ("right", "<i4"),
        ("up", "<i4"),
        ("best_left", "<i4"),  # heap of a side's group roots, by stop price, order_id
        ("best_right", "<i4"),
        ("best_up", "<i4"),
    ]
)
assert DETAIL.itemsize == 104

LEVEL = np.dtype(
    [
        ("price", "<i8"),
        ("qty", "<i8"),  # sum of leaves, hidden ones included
        ("head", "<i4"),  # oldest order; next free row when free
        ("tail", "<i4"),
        ("count", "<i4"),
        ("node", "<i4"),  # leaf node of the ladder
    ]
)
assert LEVEL.itemsize == 32

NODE = np.dtype(
    [
        ("bits", "<i8"),  # which of the 64 children exist
        ("parent", "<i4"),  # NIL: root; next free row when free
        ("pad", "<i4"),
    ]
)
assert NODE.itemsize == 16

LADDER = np.dtype(  # slot = 2 * book + side
    [
        ("prefix", "<i8"),  # key bits above the root's
        ("qty", "<i8"),  # sum over levels
        ("orders", "<i8"),
        ("levels", "<i8"),
        ("slices", "<i8"),  # refills that its icebergs still have at most
        ("root", "<i4"),
        ("height", "<i4"),  # of the root; 0: the root is a leaf
        ("best", "<i4"),  # level
        ("icebergs", "<i4"),  # resting orders with a display quantity
        ("linked", "<i4"),  # resting orders with a sibling
        ("pad", "<i4"),
    ]
)
assert LADDER.itemsize == 64

TRAIL = np.dtype(  # slot = 2 * book + side: the trailing stops that wait
    [
        ("top", "<i4"),  # root of the group that follows the nearest price
        ("best", "<i4"),  # root of the group whose stop triggers first
        ("count", "<i8"),
    ]
)
assert TRAIL.itemsize == 16

BOOK = np.dtype(
    [
        ("symbol", "<i8"),
        ("tick_value", "<i8"),  # quote units of one tick on one lot
        ("lot_value", "<i8"),  # base units of one lot
        ("qty_min", "<i8"),
        ("qty_max", "<i8"),
        ("notional_min", "<i8"),
        ("fee_account", "<i8"),
        ("last_price", "<i8"),  # 0: never traded
        ("trades", "<i8"),  # how many so far = the last trade_id
        ("last_trade", "<i8"),  # place in the trades ring, counted from 1
        ("buy_trigger", "<i8"),  # lowest stop price of a pending buy; INT64_MAX: none
        ("sell_trigger", "<i8"),  # highest stop price of a pending sell; 0: none
        ("fee_slot", "<i4"),  # the fee account's balance in the quote currency
        ("base", "<i4"),
        ("quote", "<i4"),
        ("maker_fee_ppm", "<i4"),
        ("taker_fee_ppm", "<i4"),
        ("order_fee_ppm_min", "<i4"),
        ("order_fee_ppm_max", "<i4"),
        ("price_band_ppm", "<i4"),  # 0: none
        ("market_protection_ppm", "<i4"),
        ("orders_max", "<i4"),  # open orders of one account; 0: any number
        ("pending", "<i4"),  # stops that wait
        ("trailing", "<i4"),  # of them, those that follow the price
        ("stp", "u1"),
        ("status", "u1"),
        ("pad", "<i2", (3,)),
    ]
)
assert BOOK.itemsize == 152

TRADER = np.dtype(  # an account that has open orders in a book
    [
        ("account", "<i8"),
        ("book", "<i4"),
        ("base_slot", "<i4"),  # its balances
        ("quote_slot", "<i4"),
        ("head", "<i4"),  # its oldest open order; next free row when free
        ("tail", "<i4"),
        ("buys", "<i4"),
        ("sells", "<i4"),
        ("pad", "<i4"),
    ]
)
assert TRADER.itemsize == 40

TRADE = np.dtype(
    [
        ("trade_id", "<i8"),
        ("price", "<i8"),
        ("qty", "<i8"),
        ("maker_order_id", "<i8"),
        ("taker_order_id", "<i8"),
        ("seq", "<i8"),
        ("time", "<i8"),
        ("before", "<i4"),  # rows back to the same symbol's trade before
        ("taker_side", "<i4"),
    ]
)
assert TRADE.itemsize == 64


INDEX = np.dtype([("hash", "<u4"), ("slot", "<i4")])  # slot counts from 1; 0: empty
assert INDEX.itemsize == 8

TIMER = np.dtype(  # a heap by expire_time, symbol, id; entries whose thing is gone are passed over
    [
        ("expire_time", "<i8"),
        ("id", "<i8"),  # order_id, or an account
        ("symbol", "<i4"),  # 0: an account's orders are canceled
        ("pad", "<i4"),
    ]
)
assert TIMER.itemsize == 24


BOOKS_HEAD = np.dtype(
    [
        (name, "<i8")
        for table in ("orders", "levels", "nodes", "traders")
        for name in (f"{table}_used", f"{table}_free", f"{table}_live")
    ]
    + [
        ("books_used", "<i8"),
        ("trades_used", "<i8"),
        ("closed_used", "<i8"),
        ("details_used", "<i8"),  # 1 + the highest slot that ever had a detail
        ("stops_to_rest", "<i8"),  # stops that wait and may come to rest
        ("walks", "<i8"),  # FOK walks so far: marks what one has counted
    ]
)
assert BOOKS_HEAD.itemsize == 144


GLOBALS = np.dtype(
    [
        ("seq", "<i8"),  # of the last command
        ("ids", "<i8"),  # commands with an id so far
        ("ledger", "<i8"),  # 1: balances are kept
        ("secret", "<i8"),  # makes index hashes unpredictable to clients
        ("once_window", "<i8"),
        ("orders_max", "<i8"),
        ("accounts_max", "<i8"),
        ("orders_room", "<i8"),  # orders that surely still fit under orders_max
        ("next_timer", "<i8"),  # expire_time of the first timer; INT64_MAX: none
        ("timers_used", "<i8"),
    ]
)
assert GLOBALS.itemsize == 80


class Books(NamedTuple):
    """The symbol shards: books with their ladders, orders and recent trades."""

    head: np.ndarray  # (shards,) BOOKS_HEAD
    books: np.ndarray  # (shards, books) BOOK
    ladders: np.ndarray  # (shards, 2 * books) LADDER
    stop_ladders: np.ndarray  # (shards, 2 * books) LADDER of pending stops, by stop price
    trails: np.ndarray  # (shards, 2 * books) TRAIL
    orders: np.ndarray  # (shards, n) ORDER
    details: np.ndarray  # (shards, n) DETAIL, of the orders in the same slots
    levels: np.ndarray  # (shards, n) LEVEL
    hidden: np.ndarray  # (shards, n) int64: lots of the level in the same slot that are not shown
    nodes: np.ndarray  # (shards, n) NODE
    children: np.ndarray  # (shards, 64 * n) int32: levels below a leaf, nodes below others
    traders: np.ndarray  # (shards, n) TRADER
    order_index: np.ndarray  # (shards, 2 * n) INDEX by order_id
    client_index: np.ndarray  # (shards, 2 * n) INDEX by (account, client_order_id)
    trader_index: np.ndarray  # (shards, 2 * n) INDEX by (account, book)
    trades: np.ndarray  # (shards, 2**k) TRADE, a ring
    closed: np.ndarray  # (shards, 2**k) ORDER, a ring of the last that left
    closed_details: np.ndarray  # (shards, 2**k) DETAIL of the EXTENDED ones among them


class Accounts(NamedTuple):
    """The account shards: balances and the once-only window."""

    head: np.ndarray  # (shards,) ACCOUNTS_HEAD
    accounts: np.ndarray  # (shards, n) ACCOUNT
    balances: np.ndarray  # (shards, n) BALANCE
    account_index: np.ndarray  # (shards, 2 * n) INDEX by account
    balance_index: np.ndarray  # (shards, 2 * n) INDEX by (account, currency)
    once: np.ndarray  # (shards, 2**k) ONCE, a ring
    once_index: np.ndarray  # (shards, 2**(k+1)) INDEX by (account, space, id)
    answers: np.ndarray  # (shards, 2**k) EVENT, a ring


class State(NamedTuple):
    """The whole exchange."""

    books: Books
    accounts: Accounts
    timers: np.ndarray  # (n,) TIMER
    totals: np.ndarray  # (currency ids,) TOTAL
    directory: np.ndarray  # (symbol ids, 2) int32: shard and book slot; shard NIL: no such symbol
    symbols: np.ndarray  # (n,) int32: the symbol ids that exist, ascending
    fee_accounts: np.ndarray  # (n,) int64: the accounts that some symbol's fees go to
    globals: np.ndarray  # (1,) GLOBALS
