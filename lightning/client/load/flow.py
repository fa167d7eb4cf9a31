"""Order flows and movements of money, as COMMAND rows made here."""

import numpy as np

from lightning.codes import CommandKind, Side, TimeInForce
from lightning.rows import COMMAND

Rows = np.ndarray[tuple[int], np.dtype[np.void]]

SYMBOL = 1
CENTER = 34_000
CALM_WIDTH = 500
"""How far from the touch the orders of a calm market are placed, in ticks."""
LOTS_MAX = 100
CROSSING, IOC = 0.1, 0.15
"""Shares of the orders."""
MODIFIED, CANCELED = 0.2, 0.97
"""Shares of the orders that may rest. The published flows have about these."""
MOVED_MAX = 1_000
"""Most money that one movement moves, smallest units."""


def synthetic_flow(width: int, messages: int, seed: int, canceled: float = CANCELED) -> Rows:
    """Orders on both sides of a price that wanders, each modified or canceled soon after, or left to rest.

    width : how far from the touch, in ticks
    canceled : share of the orders that may rest
    """
    random = np.random.default_rng(seed)
    orders = messages * 11 // 20 + 100  # about two messages each
    side = random.integers(0, 2, orders)
    center = CENTER + np.cumsum(random.integers(-1, 2, orders)) // 8
    away = random.integers(1, width, orders)
    is_ioc = random.random(orders) < IOC
    away = np.where(is_ioc | (random.random(orders) < CROSSING), -away // 4, away)
    price = np.maximum(np.where(side == Side.BUY, center - away, center + away), 1)
    parts = []
    for kind, share in (
        (CommandKind.PLACE, 1.0),
        (CommandKind.AMEND, MODIFIED),
        (CommandKind.CANCEL, canceled),
    ):
        who = np.flatnonzero((random.random(orders) < share) & (~is_ioc | (kind == CommandKind.PLACE)))
        rows = np.zeros(len(who), COMMAND)
        rows["kind"] = kind
        rows["symbol"] = SYMBOL
        rows["client_order_id"] = who + 1
        if kind == CommandKind.PLACE:
            rows["side"] = side
            rows["tif"] = np.where(is_ioc, TimeInForce.IOC, TimeInForce.GTC)
        if kind != CommandKind.CANCEL:
            rows["price"] = price[who] if kind == CommandKind.PLACE else price[who] + 1
            rows["qty"] = random.integers(1, LOTS_MAX + 1, len(who))
        parts.append(rows)
    together = np.concatenate(parts)
    order = np.lexsort((together["kind"] == CommandKind.CANCEL, together["client_order_id"]))
    return together[order][:messages]


def with_every_order_closed(rows: Rows, seed: int) -> Rows:
    """The same flow, and orders that were left to rest are canceled at some time before it ends.

    So it can be sent over and over, under other ids, and the book does not grow.
    """
    random = np.random.default_rng(seed)
    placed = (rows["kind"] == CommandKind.PLACE) & (rows["tif"] == TimeInForce.GTC)
    canceled = rows["client_order_id"][rows["kind"] == CommandKind.CANCEL]
    left = np.flatnonzero(placed & ~np.isin(rows["client_order_id"], canceled))
    closing = np.zeros(len(left), COMMAND)
    closing["kind"] = CommandKind.CANCEL
    closing["symbol"] = rows["symbol"][left]
    closing["client_order_id"] = rows["client_order_id"][left]
    behind = np.minimum(left + 2, len(rows))  # its amend comes right after it
    return np.insert(rows, random.integers(behind, len(rows) + 1), closing)


def spread(ids: np.ndarray, count: int) -> np.ndarray:
    """A number below `count` for each id, the same for the same id."""
    mixed = ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(40)).astype(np.int64) % count


def with_accounts(rows: Rows, accounts: int) -> Rows:
    """The same messages, each from the account its order id hashes to, so that cancels find their orders."""
    owned = rows.copy()
    owned["account"] = 1 + spread(rows["client_order_id"], accounts)
    return owned


def deposits(accounts: int, currencies: tuple[int, ...], amounts: tuple[int, ...]) -> Rows:
    """So much of every currency for the accounts 1, 2, ..."""
    rows = np.zeros(accounts * len(currencies), COMMAND)
    rows["kind"] = CommandKind.DEPOSIT
    rows["account"] = np.repeat(np.arange(1, accounts + 1), len(currencies))
    rows["currency"] = np.tile(currencies, accounts)
    rows["amount"] = np.tile(amounts, accounts)
    return rows


def movements(accounts: int, currency: int, count: int, seed: int) -> Rows:
    """Deposits, withdrawals and transfers, each with a request id; together they change no balance.

    count : even
    """
    random = np.random.default_rng(seed)
    half = np.zeros(count // 2, COMMAND)
    kinds = (CommandKind.DEPOSIT, CommandKind.WITHDRAW, CommandKind.TRANSFER)
    half["kind"] = random.choice(kinds, len(half))
    half["currency"] = currency
    half["account"] = random.integers(1, accounts + 1, len(half))
    half["amount"] = random.integers(1, MOVED_MAX + 1, len(half))
    is_transfer = half["kind"] == CommandKind.TRANSFER
    other = (half["account"] + random.integers(0, accounts - 1, len(half))) % accounts + 1
    half["counter_account"] = np.where(is_transfer, other, 0)
    back = half.copy()
    back["kind"] = np.where(
        is_transfer, half["kind"], CommandKind.DEPOSIT + CommandKind.WITHDRAW - half["kind"]
    )
    back["account"] = np.where(is_transfer, half["counter_account"], half["account"])
    back["counter_account"] = np.where(is_transfer, half["account"], 0)
    rows = random.permutation(np.concatenate([half, back]))
    rows["request_id"] = np.arange(1, len(rows) + 1)
    return rows


def resting_levels(symbols: np.ndarray, levels: int) -> Rows:
    """Buys and sells of account 1 on so many levels of either side, farther away than a calm flow trades."""
    count = len(symbols) * levels * 2
    rows = np.zeros(count, COMMAND)
    rows["kind"] = CommandKind.PLACE
    rows["account"] = 1
    rows["symbol"] = np.repeat(symbols, levels * 2)
    rows["client_order_id"] = np.arange(1, count + 1)
    rows["side"] = np.tile(np.repeat([Side.BUY, Side.SELL], levels), len(symbols))
    away = CALM_WIDTH * 2 + np.tile(np.arange(levels), len(symbols) * 2)
    rows["price"] = np.where(rows["side"] == Side.BUY, CENTER - away, CENTER + away)
    rows["qty"] = LOTS_MAX
    return rows
