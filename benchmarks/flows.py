"""The order flows that the benchmarks run on: the published ones, or two of the same kind made here."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.orderflow import HASHES, Rows, load_orderflow
from lightning.client.load import flow as made

SHARED_VARIABLE = "LIGHTNING_SHARED"
MESSAGES = 2_000_000
"""Of a synthetic flow."""
SEED = 23
ACCOUNTS = 1_000
FUNDS = 10**15
"""Each account's deposit in each currency, smallest units: nothing is refused for want of money."""
CURRENCIES = (1, 2)

WIDTHS = {"calm": made.CALM_WIDTH, "crashing": 18_000}
"""How far from the touch orders are placed, in ticks."""


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
    return Flow(f"synthetic {name}", made.synthetic_flow(width, count, SEED))


def with_accounts(rows: Rows, accounts: int = ACCOUNTS) -> Rows:
    return made.with_accounts(rows, accounts)


def deposits(accounts: int = ACCOUNTS, funds: int = FUNDS) -> Rows:
    """Of every currency for the accounts 1, 2, ..."""
    return made.deposits(accounts, CURRENCIES, (funds,) * len(CURRENCIES))


def batches(rows: Rows, size: int) -> Iterator[Rows]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
