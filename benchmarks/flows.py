"""The order flows that the benchmarks run on: the published ones, or two of the same kind made here."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.orderflow import HASHES, SYMBOL, Rows, load_orderflow
from lightning.codes import CommandKind, Side, TimeInForce
from lightning.rows import COMMAND

SHARED_VARIABLE = "LIGHTNING_SHARED"
MESSAGES = 2_000_000
"""Of a synthetic flow."""
SEED = 23
ACCOUNTS = 1_000
FUNDS = 10**15
"""Each account's deposit in each currency, smallest units: nothing is refused for want of money."""
CURRENCIES = (1, 2)

CENTER = 34_000
WIDTHS = {"calm": 500, "crashing": 18_000}
"""How far from the touch orders are placed, in ticks."""
CROSSING, IOC = 0.1, 0.15
"""Shares of the orders."""
MODIFIED, CANCELED = 0.2, 0.97
"""Shares of the orders that may rest. The published flows have about these."""


class Flow(NamedTuple):
    name: str
    rows: Rows
    """COMMAND rows of one symbol, for an exchange without a ledger."""


def flows(messages: int | None = None) -> list[Flow]:
    """The published flows if LIGHTNING_SHARED names the directory that holds `data/`, else two synthetic
    ones.

    messages : only the first so many
    """
    return [flow(number, messages) for number in range(len(HASHES))]


def flow(number: int, messages: int | None = None) -> Flow:
    """One of `flows`."""
    shared = os.environ.get(SHARED_VARIABLE)
    if shared:
        name = list(HASHES)[number]
        return Flow(name, load_orderflow(Path(shared, "data"), name, messages))
    name, width = list(WIDTHS.items())[number]
    count = MESSAGES if messages is None else messages
    return Flow(f"synthetic {name}", synthetic_flow(width, count, SEED))


def synthetic_flow(width: int, messages: int, seed: int) -> Rows:
    """Orders on both sides of a price that wanders, each modified or canceled soon after, or left to rest."""
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
        (CommandKind.CANCEL, CANCELED),
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
            rows["qty"] = random.integers(1, 101, len(who))
        parts.append(rows)
    together = np.concatenate(parts)
    order = np.lexsort((together["kind"] == CommandKind.CANCEL, together["client_order_id"]))
    return together[order][:messages]


def with_accounts(rows: Rows, accounts: int = ACCOUNTS) -> Rows:
    """The same messages, each from the account its order id hashes to, so that cancels find their orders."""
    owned = rows.copy()
    mixed = rows["client_order_id"].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    owned["account"] = 1 + (mixed >> np.uint64(40)).astype(np.int64) % accounts
    return owned


def deposits(accounts: int = ACCOUNTS, funds: int = FUNDS) -> Rows:
    """Of every currency for the accounts 1, 2, ..."""
    rows = np.zeros(accounts * len(CURRENCIES), COMMAND)
    rows["kind"] = CommandKind.DEPOSIT
    rows["account"] = np.repeat(np.arange(1, accounts + 1), len(CURRENCIES))
    rows["currency"] = np.tile(CURRENCIES, accounts)
    rows["amount"] = funds
    return rows


def batches(rows: Rows, size: int) -> Iterator[Rows]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
