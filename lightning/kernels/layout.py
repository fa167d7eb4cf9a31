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
        ("flags", "u1"),  # CommandFlag
    ]
)
assert ORDER.itemsize == 128

LEVEL = np.dtype(
    [
        ("price", "<i8"),
        ("qty", "<i8"),  # sum of leaves
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
        ("root", "<i4"),
        ("height", "<i4"),  # of the root; 0: the root is a leaf
        ("best", "<i4"),  # level
        ("pad", "<i4"),
    ]
)
assert LADDER.itemsize == 48

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
        ("fee_slot", "<i4"),  # the fee account's balance in the quote currency
        ("base", "<i4"),
        ("quote", "<i4"),
        ("maker_fee_ppm", "<i4"),
        ("taker_fee_ppm", "<i4"),
        ("order_fee_ppm_min", "<i4"),
        ("order_fee_ppm_max", "<i4"),
        ("stp", "u1"),
        ("status", "u1"),
        ("pad", "<i2"),
    ]
)
assert BOOK.itemsize == 112

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

ACCOUNT = np.dtype(
    [
        ("account", "<i8"),
        ("segment", "<i8"),  # the last parallel segment that touched it
        ("balances", "<i4"),  # first of its balances
        ("open_orders", "<i4"),
    ]
)
assert ACCOUNT.itemsize == 24

BALANCE = np.dtype(
    [
        ("account", "<i8"),
        ("available", "<i8"),
        ("held", "<i8"),
        ("currency", "<i4"),
        ("owner", "<i4"),  # slot of the account
        ("next", "<i4"),  # the account's next balance
        ("credited", "<i4"),  # 1 once anything was ever added
    ]
)
assert BALANCE.itemsize == 40

ONCE = np.dtype(  # a ring: one row per remembered id
    [
        ("account", "<i8"),
        ("id", "<i8"),
        ("content", "<i8"),  # hash of the command
        ("seq", "<i8"),
        ("number", "<i8"),  # how many commands with an id there had been, this one included
        ("answer", "<i8"),  # where its answer starts in the answers ring
        ("answer_rows", "<i4"),
        ("space", "<i4"),
        ("hash", "<i8"),
    ]
)
assert ONCE.itemsize == 64

INDEX = np.dtype([("hash", "<u4"), ("slot", "<i4")])  # slot counts from 1; 0: empty
assert INDEX.itemsize == 8

TOTAL = np.dtype(  # per currency id; each sum is hi * 2**62 + lo
    [
        ("deposited_hi", "<i8"),
        ("deposited_lo", "<i8"),
        ("withdrawn_hi", "<i8"),
        ("withdrawn_lo", "<i8"),
        ("net", "<i8"),  # deposited - withdrawn
        ("exists", "<i8"),
    ]
)
assert TOTAL.itemsize == 48

BOOKS_HEAD = np.dtype(
    [
        (name, "<i8")
        for table in ("orders", "levels", "nodes", "traders")
        for name in (f"{table}_used", f"{table}_free", f"{table}_live")
    ]
    + [("books_used", "<i8"), ("trades_used", "<i8"), ("closed_used", "<i8"), ("pad", "<i8")]
)
assert BOOKS_HEAD.itemsize == 128

ACCOUNTS_HEAD = np.dtype(
    [
        (name, "<i8")
        for name in (
            "accounts_used",
            "balances_used",
            "once_first",
            "once_end",
            "answers_first",
            "answers_end",
        )
    ]
    + [("pad", "<i8", (2,))]
)
assert ACCOUNTS_HEAD.itemsize == 64

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
    ]
)
assert GLOBALS.itemsize == 64

POSTING = np.dtype(
    [
        ("account", "<i8"),
        ("slot", "<i4"),  # of the balance
        ("closed", "<i4"),  # open orders that ended
        ("available", "<i8"),  # change
        ("held", "<i8"),  # change
    ]
)
assert POSTING.itemsize == 32

STAGED = np.dtype(  # what the hold stage hands to the match stage, one row per command
    [
        ("hold", "<i8"),
        ("base_slot", "<i4"),
        ("quote_slot", "<i4"),
        ("maker_fee_ppm", "<i4"),
        ("taker_fee_ppm", "<i4"),
        ("reason", "<i4"),  # RejectReason, or REPLAY
        ("account_shard", "<i4"),
        ("id_number", "<i8"),  # commands with an id so far, this one included
        ("symbol_shard", "<i4"),
        ("book_slot", "<i4"),  # NIL: no such symbol
        ("answer", "<i8"),  # REPLAY: place of the kept answer; base_slot: its rows
        ("entry", "<i4"),  # its own place in the once-only ring, or NIL
        ("pad", "<i4"),
    ]
)
assert STAGED.itemsize == 64


class Books(NamedTuple):
    """The symbol shards: books with their ladders, orders and recent trades."""

    head: np.ndarray  # (shards,) BOOKS_HEAD
    books: np.ndarray  # (shards, books) BOOK
    ladders: np.ndarray  # (shards, 2 * books) LADDER
    orders: np.ndarray  # (shards, n) ORDER
    levels: np.ndarray  # (shards, n) LEVEL
    nodes: np.ndarray  # (shards, n) NODE
    children: np.ndarray  # (shards, 64 * n) int32: levels below a leaf, nodes below others
    traders: np.ndarray  # (shards, n) TRADER
    order_index: np.ndarray  # (shards, 2 * n) INDEX by order_id
    client_index: np.ndarray  # (shards, 2 * n) INDEX by (account, client_order_id)
    trader_index: np.ndarray  # (shards, 2 * n) INDEX by (account, book)
    trades: np.ndarray  # (shards, 2**k) TRADE, a ring
    closed: np.ndarray  # (shards, 2**k) ORDER, a ring of the last that left


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
    totals: np.ndarray  # (currency ids,) TOTAL
    directory: np.ndarray  # (symbol ids, 2) int32: shard and book slot; shard NIL: no such symbol
    symbols: np.ndarray  # (n,) int32: the symbol ids that exist, ascending
    fee_accounts: np.ndarray  # (n,) int64: the accounts that some symbol's fees go to
    globals: np.ndarray  # (1,) GLOBALS


class Out(NamedTuple):
    """Where a kernel writes: events, and in parallel runs the postings that settle later."""

    events: np.ndarray  # (n,) EVENT
    postings: np.ndarray  # (n,) POSTING; empty: postings are applied at once
    cursor: np.ndarray  # (2,) int64: rows written to each
