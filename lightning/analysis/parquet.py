"""A market that is read from what `lightning export` wrote: frames of the same columns, no ticks and lots."""

from pathlib import Path
from typing import ClassVar

import polars as pl

from lightning.analysis import frames
from lightning.analysis.market import Balances, Market, Orders, Trades
from lightning.codes import OrderStatus, OrderType, Side, TimeInForce
from lightning.storage.export import LEDGER
from lightning.storage.history.schema import OPEN, ORDERS, TRADES

_NAMES_OF = {
    "side": Side,
    "taker_side": Side,
    "type": OrderType,
    "time_in_force": TimeInForce,
    "status": OrderStatus,
}
_TRADE_COLUMNS = (
    *("seq", "trade_id", "time", "symbol_id", "symbol", "price", "quantity", "taker_side"),
    *("taker_order_id", "maker_order_id"),
)
_ORDER_COLUMNS = (
    *(
        "order_id",
        "client_order_id",
        "account",
        "symbol_id",
        "symbol",
        "side",
        "type",
        "time_in_force",
        "price",
    ),
    *("quantity", "filled_quantity", "leaves_quantity", "filled_quote", "fee", "status", "create_time"),
    "update_time",
)


class ParquetMarket(Market):
    """Every trade, open orders, and what the ledger sums to.

    Of orders `stop_price`, `trail_amount`, `display_quantity` and `expire_time` are null, of balances
    `available` and `held`: an export does not have them.
    path : a directory with trades.parquet, orders.parquet, ledger.parquet, or some of them
    """

    kind: ClassVar[str] = "a Parquet export"

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self._path = path

    def _scan(self, name: str) -> pl.LazyFrame:
        path = self._path / f"{name}.parquet"
        if not path.exists():
            raise frames.NotGiven(f"{path} is not there: `lightning export --{name}` writes it")
        scanned = pl.scan_parquet(path)
        columns = scanned.collect_schema().names()
        named = [pl.col(one).cast(pl.String) for one in ("symbol", "currency") if one in columns]
        coded = [
            pl.col(one).cast(pl.String).cast(pl.Enum([member.name for member in members]))
            for one, members in _NAMES_OF.items()
            if one in columns
        ]
        return scanned.with_columns(*named, *coded)

    def trades(self, symbol: int | str, last: int | None = None) -> Trades:
        found = self._scan(TRADES).filter(_is(symbol)).select(_TRADE_COLUMNS).sort("trade_id").collect()
        return Trades(lambda: found if last is None else found.tail(last))

    def orders(self, symbol: int | str | None = None, account: int | None = None) -> Orders:
        wanted = self._scan(ORDERS).filter(pl.col("status").is_in([status.name for status in OPEN]))
        if symbol is not None:
            wanted = wanted.filter(_is(symbol))
        if account is not None:
            wanted = wanted.filter(pl.col("account") == account)
        found = wanted.select(_ORDER_COLUMNS).sort("order_id").collect()
        price, quantity = found.schema["price"], found.schema["quantity"]
        full = found.with_columns(
            price=pl.when(pl.col("price") != 0).then(pl.col("price")),
            stop_price=pl.lit(None, price),
            trail_amount=pl.lit(None, price),
            display_quantity=pl.lit(None, quantity),
            expire_time=pl.lit(None, frames.TIME),
        )
        return Orders(lambda: full)

    def balances(self, account: int | None = None) -> Balances:
        """`total` alone."""
        ledger = self._scan(LEDGER)
        if account is not None:
            ledger = ledger.filter(pl.col("account") == account)
        keys = ["account", "currency_id", "currency"]
        sums = ledger.group_by(keys).agg(total=pl.col("amount").sum()).filter(pl.col("total") != 0)
        found = sums.sort("account", "currency_id").collect()
        money = found.schema["total"]
        unknown = (pl.lit(None, money).alias(name) for name in ("available", "held"))
        full = found.select(*keys, *unknown, "total")
        return Balances(lambda: full)


def _is(symbol: int | str) -> pl.Expr:
    return pl.col("symbol" if isinstance(symbol, str) else "symbol_id") == symbol
