"""Lightning as the other engines are called, an order a call; and as it is meant to be, a batch a call."""

import time
from collections.abc import Iterable

import numpy as np

from benchmarks.books import fill
from benchmarks.flows import ACCOUNTS, FUNDS, batches, deposits
from benchmarks.orderflow import SYMBOL, Rows
from benchmarks.peers.engine import Trade
from lightning.codes import CommandKind, EventKind, Side
from lightning.config import Config, load_config
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND, EVENT

CONFIG: dict[str, object] = {
    "currency": [{"id": 1, "name": "BTC", "scale": 8}, {"id": 2, "name": "USDT", "scale": 8}],
    "symbol": [
        {
            "id": SYMBOL,
            "name": "BTC-USDT",
            "base": "BTC",
            "quote": "USDT",
            "tick": "0.01",
            "lot": "0.000001",
            "self_trade_prevention": "none",  # the others have no accounts
        }
    ],
}


def exchange(ledger: bool) -> Exchange:
    """With a ledger: 1,000 accounts that can pay."""
    config: Config = load_config(CONFIG)
    opened = Exchange(config, ledger=ledger)
    if ledger:
        opened.submit(deposits(ACCOUNTS, FUNDS))
    return opened


def account_of(order_id: int) -> int:
    return 1 + order_id % ACCOUNTS


def owned(rows: Rows) -> Rows:
    """The same rows, of the accounts that `account_of` says."""
    with_owner = rows.copy()
    with_owner["account"] = 1 + rows["client_order_id"] % ACCOUNTS
    return with_owner


def trades_of(events: Rows) -> Iterable[Trade]:
    seen = events[events["kind"] == EventKind.TRADE]
    names = ("price", "qty", "maker_client_order_id", "taker_client_order_id")
    return (Trade(*row) for row in zip(*(seen[name].tolist() for name in names), strict=True))


def batched(rows: Rows, resting: Rows, ledger: bool, size: int) -> tuple[float, list[Trade]]:
    """Seconds, and the trades. The clock runs while trades are picked out of the events, too."""
    opened = exchange(ledger)
    if ledger:
        rows, resting = owned(rows), owned(resting)
    fill(opened, resting)
    told = [np.empty(0, EVENT)]
    begin = time.perf_counter()
    for part in batches(rows, size):
        events = opened.submit(part)
        told.append(events[events["kind"] == EventKind.TRADE])
    seconds = time.perf_counter() - begin
    return seconds, list(trades_of(np.concatenate(told)))


class OneByOne:
    """A row is written and submitted for every call."""

    def __init__(self, ledger: bool = False) -> None:
        self._exchange = exchange(ledger)
        self._ledger = ledger
        self._row = np.zeros(1, COMMAND)
        self._row["symbol"] = SYMBOL
        self._kind, self._side = self._row["kind"], self._row["side"]
        self._id, self._account = self._row["client_order_id"], self._row["account"]
        self._price, self._qty = self._row["price"], self._row["qty"]
        self._told: list[Rows] = []

    def place(self, order_id: int, is_buy: bool, price: int, qty: int) -> None:
        self._write(CommandKind.PLACE, order_id, Side.BUY if is_buy else Side.SELL, price, qty)
        events = self._exchange.submit(self._row)
        if len(events) > 1:
            self._told.append(events)

    def cancel(self, order_id: int) -> None:
        self._write(CommandKind.CANCEL, order_id, 0, 0, 0)
        self._exchange.submit(self._row)

    def trades(self) -> Iterable[Trade]:
        return trades_of(np.concatenate([np.empty(0, EVENT), *self._told]))

    def _write(self, kind: int, order_id: int, side: int, price: int, qty: int) -> None:
        self._kind[0], self._side[0] = kind, side
        self._id[0], self._price[0], self._qty[0] = order_id, price, qty
        if self._ledger:
            self._account[0] = account_of(order_id)


class OneByOneWithLedger(OneByOne):
    def __init__(self) -> None:
        super().__init__(ledger=True)
