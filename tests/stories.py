"""Streams of journal records: commands of a flow, with admin changes in between."""

import random
from collections.abc import Iterator

import numpy as np

from lightning.codes import CommandKind
from lightning.decimals import Step
from lightning.engine.changes import (
    Change,
    CreateCurrency,
    CreateSymbol,
    DeleteCurrency,
    DeleteSymbol,
    SetLimits,
    Terms,
    UpdateCurrency,
    UpdateSymbol,
)
from lightning.engine.journal import AdminRecord, Batch, Record
from lightning.rows import COMMAND
from tests.flows import make_commands
from tests.oracle.rows import Rows
from tests.shapes import SHAPES

MANY = 4_194_304
CURRENCY_NEW = 4
"""Id of the first currency that a story makes; the shapes have three."""


def make_changes(symbol_new: int, chance: random.Random) -> list[Change]:
    """Made ones and refused ones; `symbol_new` is the id of the first symbol they make."""
    return [
        CreateCurrency("D", "a new one"),
        CreateSymbol("NEW", base=1, quote=2),
        SetLimits(orders_max=chance.randint(20, 60), accounts_max=MANY),
        CreateSymbol("NEW", base=1, quote=2),
        UpdateSymbol(1, name="RENAMED", terms=Terms(taker_fee_ppm=900, fee_account=7, orders_max=40)),
        CreateSymbol("EMPTY", base=2, quote=1),
        UpdateSymbol(1, terms=Terms(lot=Step(1, 0))),
        UpdateSymbol(2, terms=Terms(price_band_ppm=500_000, market_protection_ppm=0, maker_fee_ppm=1)),
        UpdateCurrency(1, display_name="renamed"),
        DeleteSymbol(symbol_new + 1),
        DeleteSymbol(symbol_new),
        DeleteCurrency(CURRENCY_NEW),
        SetLimits(orders_max=MANY, accounts_max=chance.randint(30, 40)),
        DeleteCurrency(1),
        CreateCurrency("E"),
        CreateSymbol("LAST", base=CURRENCY_NEW + 1, quote=2),
    ]


def make_story(name: str, seed: int, count: int) -> list[Record]:
    """`count` commands of the shape `name` in batches of random sizes, and the changes at random places."""
    chance = random.Random(f"story {name} {seed}")
    rows = make_commands(SHAPES[name], seed, count)
    symbol_new = 1 + int(max(table["id"] for table in SHAPES[name].config["symbol"]))  # type: ignore[attr-defined]
    changes = make_changes(symbol_new, chance)
    places = sorted(chance.sample(range(count // 4, count), len(changes)))
    _send_some_to(rows, symbol_new, places[1], chance)
    _foretell_order_ids(rows, places)
    records: list[Record] = []
    seq = start = 0
    for place, change in zip([*places, count], [*changes, None], strict=True):
        for batch in _batches(rows[start:place], seq + 1, chance):
            records.append(batch)
            seq = batch.last_seq
        if change is not None:
            seq += 1
            records.append(AdminRecord(seq, seq, change))
        start = place
    return records


def _send_some_to(rows: Rows, symbol: int, after: int, chance: random.Random) -> None:
    """Every eighth order goes to a symbol that the flow knows nothing of."""
    for at in range(after, len(rows)):
        if rows[at]["kind"] == CommandKind.PLACE and chance.random() < 0.125:
            rows[at]["symbol"] = symbol


def _foretell_order_ids(rows: Rows, places: list[int]) -> None:
    """The flow knows of no changes, each of which takes a seq."""
    of_order = (rows["order_id"] > 0) & (rows["order_id"] <= len(rows))
    ids = rows["order_id"][of_order]
    rows["order_id"][of_order] = ids + np.searchsorted(places, ids - 1, side="right")


def _batches(rows: Rows, first_seq: int, chance: random.Random) -> Iterator[Batch]:
    start = 0
    while start < len(rows):
        size = chance.choice((1, 5, chance.randint(1, 60), chance.randint(1, 400)))
        part = np.array(rows[start : start + size], COMMAND)
        yield Batch(first_seq + start, part)
        start += len(part)
