"""Order streams of any making: a CSV file, a Parquet file or a dataframe with one row an order, cancel or
amend, under column names of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
import polars as pl

from lightning.analysis.loaders.order_table import OrderTable, read_source
from lightning.analysis.loaders.stream import EXPECTED_FILL, Expect, OrderStream
from lightning.codes import CommandFlag, CommandKind, OrderType, Side, TimeInForce
from lightning.instruments import Symbol
from lightning.rows import COMMAND

MATCHED_AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)


class Action(IntEnum):
    """What a row may ask for."""

    LIMIT = 0
    POST_ONLY = 1
    IOC = 2
    FOK = 3
    MARKET = 4
    CANCEL = 5
    """All that is left."""
    AMEND = 6
    """To the row's price and open quantity; one that is empty is kept."""


ACTIONS: Mapping[str, Action] = {
    **{action.name.lower(): action for action in Action},
    **dict.fromkeys(("place", "new", "add", "submit", "created"), Action.LIMIT),
    **dict.fromkeys(("delete", "deleted", "remove"), Action.CANCEL),
    **dict.fromkeys(("modify", "change", "replace", "changed"), Action.AMEND),
}
SIDES: Mapping[str, Side] = {
    **dict.fromkeys(("buy", "b", "bid", "1"), Side.BUY),
    **dict.fromkeys(("sell", "s", "ask", "-1"), Side.SELL),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """What the source calls its columns; those that are None it does not have."""

    side: str = "side"
    """May be empty where an order is named that was placed before."""
    price: str = "price"
    """Empty: none, as a market order has none."""
    quantity: str = "quantity"
    order_id: str | None = "order_id"
    """Whole numbers above 0, or any text, which is numbered from 1. None: no row names another's order."""
    action: str | None = "action"
    """None: all rows are limit orders."""
    time: str | None = None
    """None: all times are 0."""
    account: str | None = None
    """None: one account buys, another sells."""


DEFAULT_COLUMNS = Columns()


def read_orders(
    source: Path | str | pl.DataFrame,
    symbol: Symbol,
    columns: Columns = DEFAULT_COLUMNS,
    *,
    actions: Mapping[str, Action] = ACTIONS,
    sides: Mapping[str, Side] = SIDES,
    time_unit: str = "ns",
    buyer: int = 1,
    seller: int = 2,
) -> OrderStream:
    """Rows in their order.

    source : *.csv, *.csv.gz or *.parquet, or a frame (of pandas: `polars.from_pandas`)
    symbol : where it will be played; prices must be multiples of its tick, quantities of its lot. Floats are
        what they print as
    actions, sides : what their columns' values mean; letter case makes no difference
    time_unit : s, ms, us or ns since 1970, where times are numbers; else they are timestamps, or ISO 8601
    buyer, seller : the accounts of all buys, of all sells, unless there is a column of accounts

    Raises LoadError naming line (of Parquet and frames: row, from 0) and column.
    """
    frame, place = read_source(source)
    table = OrderTable(frame, place)
    act = table.meanings(columns.action, actions, Action.LIMIT)
    cancels, names_order = act == Action.CANCEL, act >= Action.CANCEL
    market = act == Action.MARKET
    ids = table.ids(columns.order_id, names_order)
    side = table.sides(columns.side, sides, names_order, ids)
    commands = np.zeros(len(frame), COMMAND)
    commands["kind"] = np.where(names_order, act + (CommandKind.CANCEL - Action.CANCEL), CommandKind.PLACE)
    commands["type"] = np.where(market, OrderType.MARKET, OrderType.LIMIT)
    commands["tif"] = np.select([(act == Action.IOC) | market, act == Action.FOK], [*MATCHED_AT_ONCE], 0)
    commands["flags"] = np.where(act == Action.POST_ONLY, CommandFlag.POST_ONLY, 0)
    commands["side"] = np.where(names_order, Side.BUY, side)
    commands["symbol"] = symbol.id
    commands["account"] = table.accounts(columns.account, side, buyer, seller)
    commands["client_order_id"] = ids
    wants_price = ~(cancels | market)
    commands["price"] = table.counts(columns.price, symbol.tick, wants_price, act == Action.AMEND)
    commands["qty"] = table.counts(columns.quantity, symbol.lot, ~cancels, act == Action.AMEND)
    commands["time_ns"] = table.times(columns.time, time_unit)
    return OrderStream(
        source=str(place.path),
        commands=commands,
        lines=np.arange(place.first_line, place.first_line + len(frame)),
        expect=np.full(len(frame), Expect.NOTHING, np.uint8),
        left=np.zeros(len(frame), np.int64),
        fills=np.zeros(0, EXPECTED_FILL),
    )
