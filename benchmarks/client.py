"""A dataframe of orders into a durable server through the Python client, every row acknowledged.

    ./run bench client [--messages 1000000] [--rounds 5] [--directory .]

Server and client have a process each. The clock runs from the dataframe, whose prices and quantities are
decimals, to the dataframe with the results beside it. A quarter of the orders trade at once.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from benchmarks.durability import scratch
from benchmarks.unary import cpu_seconds
from lightning.client import Client
from lightning.client.arrow_numbers import decimals
from lightning.client.load.config import config_text
from lightning.client.load.flow import deposits
from lightning.client.own_server import own_durable_server
from lightning.decimals import Step

ORDERS = 1_000_000
ACCOUNTS = 1_000
FUNDS = 10**15
"""Of each currency, for each account."""
CENTER = 5_000_000
"""Of the prices, in ticks; each order is up to SPREAD away from it, on its own side or a little beyond."""
SPREAD, BEYOND = 200, 50
LOTS_MAX = 1_000
SEED = 31
AIM_S = 3.0


class Round(NamedTuple):
    seconds: float
    client_cpu_s: float
    server_cpu_s: float
    acknowledged: int
    statuses: dict[str, int]


def order_frame(orders: int) -> pl.DataFrame:
    """Limit orders of many accounts, as they would be read from a file."""
    random = np.random.default_rng(SEED)
    side = random.integers(0, 2, orders)
    away = random.integers(-BEYOND, SPREAD, orders)
    price = np.where(side == 0, CENTER - away, CENTER + away)
    one = np.zeros(orders, np.int64)
    return pl.DataFrame(
        {
            "account": random.integers(1, ACCOUNTS + 1, orders),
            "side": np.where(side == 0, "buy", "sell"),
            "price": pl.Series(pl.from_arrow(decimals(price, one, {0: Step(1, 2)}))),
            "quantity": pl.Series(
                pl.from_arrow(decimals(random.integers(1, LOTS_MAX, orders), one, {0: Step(1, 6)}))
            ),
        }
    )


def measure(orders: int, rounds: int, directory: Path) -> list[Round]:
    frame = order_frame(orders)
    with scratch(directory) as path, tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "server.toml")
        config.write_text(config_text(1), encoding="utf-8")
        with own_durable_server(path / "data", config) as serving, Client(serving.address) as client:
            client.submit(deposits(ACCOUNTS, (1, 2), (FUNDS, FUNDS)))
            return [_round(client, frame, serving.pid) for _ in range(rounds)]


def _round(client: Client, frame: pl.DataFrame, pid: int) -> Round:
    server, own, begin = cpu_seconds(pid), time.process_time(), time.perf_counter()
    answered = client.submit_orders(frame, symbol=1)
    seconds = time.perf_counter() - begin
    own, server = time.process_time() - own, cpu_seconds(pid) - server
    statuses = answered["status"].cast(pl.String).value_counts()
    client.submit_orders(
        answered.select("account", "client_order_id", kind=pl.lit("cancel")), symbol=1
    )  # so that every round begins with an empty book
    return Round(
        seconds,
        own,
        server,
        int(answered["acknowledged"].sum()),
        dict(zip(statuses["status"], statuses["count"], strict=True)),
    )


def print_tables(orders: int, rounds: int, console: Console, directory: Path) -> None:
    measured = measure(orders, rounds, directory)
    table = Table("", title=f"{orders:,} orders from a dataframe, of {rounds} rounds", title_justify="left")
    for name in ("min", "median", "max"):
        table.add_column(name, justify="right")
    for name, values in (
        ("seconds", [one.seconds for one in measured]),
        ("client's CPU seconds", [one.client_cpu_s for one in measured]),
        ("server's CPU seconds", [one.server_cpu_s for one in measured]),
    ):
        table.add_row(name, *(f"{of(values):.2f}" for of in (min, statistics.median, max)))
    console.print(table)
    for one in measured[-1:]:
        console.print(", ".join(f"{count:,} {status}" for status, count in sorted(one.statuses.items())))
    unanswered = sum(orders - one.acknowledged for one in measured)
    console.print(f"not acknowledged: {unanswered:,}")
    median = statistics.median(one.seconds for one in measured)
    reached = "reached" if median < AIM_S * orders / ORDERS else "NOT reached"
    console.print(f"aim: {ORDERS:,} in {AIM_S:g} s: {reached} ({orders / median:,.0f} orders/s)")
