"""Agents against the exchange in process: commands/s, and how long a day of trading takes.

    ./run bench simulation

A compiled crowd without intelligence, with a ledger: every command is an order, or a cancel, of an account
with money. The rest stands in the docstrings.
"""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from lightning.codes import Side
from lightning.engine.exchange import Exchange
from lightning.simulation import (
    Agent,
    CompiledAgent,
    Desk,
    MarketMaker,
    Rates,
    Sight,
    Simulation,
    zero_intelligence,
)

NS = 10**9
MS = 10**6
PRICE = 5_000_000
AIM = 1_000_000
DAY_S = 23_400
"""Half past nine to four."""
COMMANDS = 1_000_000
BUSY = Rates(limit=100.0, market=1_000.0, cancel=10.0)
"""About 22,000 commands per second of simulated time."""
LIQUID = Rates(limit=1.5, market=12.0, cancel=0.15)
"""About 300 commands per second of simulated time, 7 million a day."""

Make = Callable[[], Simulation]


class Measured(NamedTuple):
    work: str
    commands: int
    per_s: Sequence[float]
    simulated_s: float
    aim: int | None = None


class Flooder(Agent):
    """A Python agent that places and cancels, one object call per command."""

    def __init__(self, account: int, orders: int) -> None:
        super().__init__(account)
        self._orders = orders

    def on_book(self, desk: Desk, sight: Sight) -> None:
        for order_id in list(desk.open_orders):
            desk.cancel(order_id)
        for number in range(self._orders):
            desk.place(Side(number & 1), PRICE - 1 - number + (number & 1) * (2 * number + 2), 1)


def crowd_alone(step_ns: int, rates: Rates) -> Make:
    return lambda: Simulation(Exchange(), 1, [zero_intelligence(1, PRICE, rates)], seed=1, step_ns=step_ns)


def crowd_and_maker() -> Simulation:
    """A market maker in Python, with 5 ms of latency, looks at the book every second."""
    agents: list[Agent | CompiledAgent] = [
        zero_intelligence(1, PRICE, LIQUID),
        MarketMaker(2, latency_ns=5 * MS),
    ]
    return Simulation(Exchange(), 1, agents, seed=1, step_ns=NS)


def flooders() -> Simulation:
    """Ten Python agents, each with ten orders and ten cancels a step."""
    agents = [Flooder(account, 10) for account in range(1, 11)]
    return Simulation(Exchange(), 1, agents, seed=1, step_ns=MS)


def measure(
    work: str, make: Make, rounds: int, commands: int, seconds: int | None = None, aim: int | None = None
) -> Measured:
    """A fresh simulation each round; the clock runs over its steps, from the second on.

    seconds : of simulated time; None: until there were so many commands
    """
    per_s = []
    for _ in range(rounds):
        gc.collect()
        simulation = make()
        simulation.step()  # the kernels are loaded, the book is opened
        before, start_ns = simulation.commands, simulation.now_ns
        begin = time.perf_counter()
        if seconds is not None:
            simulation.run(seconds * NS)
        else:
            while simulation.commands - before < commands:
                simulation.step()
        per_s.append((simulation.commands - before) / (time.perf_counter() - begin))
    done = simulation.commands - before
    return Measured(work, done, per_s, (simulation.now_ns - start_ns) / NS, aim)


def measured(rounds: int, commands: int) -> list[Measured]:
    python = commands // 10
    return [
        measure("compiled crowd, steps of 10 ms", crowd_alone(10 * MS, BUSY), rounds, commands, aim=AIM),
        measure("compiled crowd, steps of 100 ms", crowd_alone(100 * MS, BUSY), rounds, commands, aim=AIM),
        measure("a day, compiled crowd, steps of 1 s", crowd_alone(NS, LIQUID), rounds, 0, DAY_S, AIM),
        measure("a day, with a Python market maker", crowd_and_maker, rounds, 0, DAY_S),
        measure("ten Python agents, 200 commands a step", flooders, rounds, python),
    ]


def print_tables(rounds: int, console: Console, commands: int = COMMANDS) -> None:
    table = Table("work", title=f"Simulation, commands/s of {rounds} rounds", title_justify="left")
    for name in ("commands", "simulated", "took", "min", "median", "max", "aim"):
        table.add_column(name, justify="right")
    for work, count, per_s, simulated_s, aim in measured(rounds, commands):
        middle = statistics.median(per_s)
        rates = (f"{rate:,.0f}" for rate in (min(per_s), middle, max(per_s)))
        bound = "" if aim is None else f"{aim:,}"
        took = f"{count / middle:,.2f} s"
        table.add_row(work, f"{count:,}", f"{simulated_s:,.1f} s", took, *rates, bound)
    console.print(table)
