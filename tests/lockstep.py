"""Engine and oracle side by side over one flow, compared after every chunk.

    python -m tests.lockstep --shape scarce --seed 7 --commands 20000
    python -m tests.lockstep --commands 10000000      # all shapes, seeds 0, 1, 2, ...; tells how far it is

A seed that failed belongs into tests/regressions/lockstep.txt.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lightning.engine.exchange import Exchange
from tests.flows import Flow
from tests.oracle import OpenOrder, Oracle, Totals, describe_difference, rows_equal
from tests.oracle.rows import Rows
from tests.segments import segment_grain
from tests.shapes import SHAPES, Shape
from tests.states import StateCounter

CHUNK_MAX = 400
COMMANDS_PER_FLOW = 25_000
PROGRESS_SECONDS = 5.0


@dataclass(frozen=True)
class Run:
    """One flow through one engine; all that is needed to do it again."""

    shape: str
    seed: int
    commands: int
    shards: int = 10
    workers: int = 1

    def command_line(self) -> str:
        return (
            f"python -m tests.lockstep --shape {self.shape} --seed {self.seed} --commands {self.commands} "
            f"--shards {self.shards} --workers {self.workers}"
        )


def chunk_sizes(seed: int, count: int) -> Iterator[int]:
    """Random sizes, small ones often, that sum to `count`."""
    sizes = random.Random(f"chunks {seed}")
    while count > 0:
        size = min(count, sizes.choice((1, 2, 7, sizes.randint(1, 60), sizes.randint(1, CHUNK_MAX))))
        yield size
        count -= size


def describe_run(run: Run, states: StateCounter | None = None) -> str:
    """'' if engine and oracle agree on everything, else where they part and how to see it again.

    states : counts what the flow reached
    """
    with segment_grain(run.seed // 4):
        return _describe_run(run, states)


def _describe_run(run: Run, states: StateCounter | None) -> str:
    shape: Shape = SHAPES[run.shape]
    flow = Flow(shape, run.seed)
    exchange = Exchange(config=shape.config, ledger=shape.ledger, shards=run.shards, workers=run.workers)
    for size in chunk_sizes(run.seed, run.commands):
        first = flow.oracle.seq + 1
        commands = flow.take(size)
        expected = flow.oracle.submit_rows(commands)
        if states is not None:
            states.add(commands, expected)
        difference = describe_answers(commands, expected, exchange.submit(commands))
        difference = difference or describe_state(flow.oracle, exchange)
        if difference:
            return f"{run.command_line()}\ncommands {first} to {first + size - 1}: {difference}"
    return ""


def describe_answers(commands: Rows, expected: Rows, got: Rows) -> str:
    if rows_equal(expected, got):
        return ""
    differs = expected[: len(got)] != got[: len(expected)]
    at = int(np.argmax(differs)) if differs.any() else min(len(expected), len(got)) - 1
    command = commands[int(expected[at]["command"])]
    given = {name: int(command[name]) for name in command.dtype.names or () if command[name]}
    return f"{describe_difference(expected, got)}\n  command  {given}"


def describe_state(oracle: Oracle, exchange: Exchange) -> str:
    """'' if balances, totals, books and open orders agree and no invariant is broken."""
    pairs: tuple[tuple[str, object, object], ...] = (
        ("balances", oracle.balances(), balances_of(exchange)),
        ("totals", oracle.totals() if oracle.ledger else [], totals_of(exchange)),
        ("depth", depth_of_oracle(oracle), depth_of(exchange)),
        ("open orders", oracle.open_orders(), open_orders_of(exchange)),
        ("queues", queues_of_oracle(oracle), queues_of(exchange)),
        ("accounts", accounts_of_oracle(oracle), accounts_of(oracle, exchange)),
        ("invariants of the oracle", [], oracle.check()),
        ("invariants of the engine", [], exchange.check()),
    )
    for name, expected, got in pairs:
        if expected != got:
            wanted = only_differing(expected, got)
            return f"{name}\n  expected {wanted}\n  got      {only_differing(got, expected)}"
    return ""


def only_differing(mine: object, other: object) -> object:
    """The entries of `mine` that `other` has not."""
    if isinstance(mine, dict) and isinstance(other, dict):
        return {key: value for key, value in mine.items() if other.get(key) != value}
    if isinstance(mine, list) and isinstance(other, list):
        return [value for value in mine if value not in other] or mine[:3]
    return mine


def balances_of(exchange: Exchange) -> dict[tuple[int, int], tuple[int, int]]:
    rows = exchange.balances()
    columns = [rows[name].tolist() for name in ("account", "currency", "available", "held")]
    return {
        (account, currency): (available, held)
        for account, currency, available, held in zip(*columns, strict=True)
        if available or held
    }


def totals_of(exchange: Exchange) -> list[Totals]:
    totals = [Totals(*map(int, total)) for total in exchange.totals()]
    return totals if exchange.ledger else []


LEVELS = 50


def depth_of_oracle(oracle: Oracle) -> dict[int, object]:
    return {symbol: oracle.depth(symbol, LEVELS) for symbol in oracle.books}


def depth_of(exchange: Exchange) -> dict[int, object]:
    return {
        symbol: tuple([tuple(level) for level in side.tolist()] for side in exchange.depth(symbol, LEVELS))
        for symbol in exchange.symbols
    }


def queues_of_oracle(oracle: Oracle) -> dict[int, list[int]]:
    return {symbol: oracle.queue(symbol, 0) + oracle.queue(symbol, 1) for symbol in oracle.books}


def queues_of(exchange: Exchange) -> dict[int, list[int]]:
    return {symbol: exchange.book_orders(symbol)["order_id"].tolist() for symbol in exchange.symbols}


def open_orders_of(exchange: Exchange) -> list[OpenOrder]:
    """Of all accounts, by order id; stops that wait are among them."""
    orders = [
        OpenOrder(*row)
        for symbol in exchange.symbols
        for row in exchange.orders(symbol)[list(OpenOrder._fields)].tolist()
    ]
    return sorted(orders)


def accounts_of_oracle(oracle: Oracle) -> dict[int, tuple[int, int]]:
    """(status, when all orders are canceled) of every account."""
    accounts = oracle.ledger.accounts if oracle.ledger is not None else ()
    return {account: oracle.account_status(account) for account in accounts}


def accounts_of(oracle: Oracle, exchange: Exchange) -> dict[int, tuple[int, int] | None]:
    accounts = oracle.ledger.accounts if oracle.ledger is not None else ()
    found = ((account, exchange.account_status(account)) for account in accounts)
    return {account: (one.status, one.cancel_all_after) for account, one in found if one is not None}


def make_runs(commands: int, first_seed: int = 0) -> Iterator[Run]:
    """Flows of every shape in turn, on different shards and workers, `commands` in all."""
    layouts = ((10, 1), (1, 1), (3, 2), (8, 3))
    left = commands
    seed = first_seed
    while left > 0:
        for shape in SHAPES:
            count = min(left, COMMANDS_PER_FLOW)
            if count:
                shards, workers = layouts[seed % len(layouts)]
                yield Run(shape, seed, count, shards, workers)
            left -= count
        seed += 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.lockstep")
    parser.add_argument("--shape", choices=sorted(SHAPES), help="only this shape, this one seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", type=int, default=20_000)
    parser.add_argument("--shards", type=int, default=10)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    runs = make_runs(given.commands, given.seed)
    if given.shape:
        runs = iter([Run(given.shape, given.seed, given.commands, given.shards, given.workers)])
    start = told = time.monotonic()
    done = 0
    for run in runs:
        failure = describe_run(run)
        if failure:
            print(failure)
            return 1
        done += run.commands
        if time.monotonic() - told > PROGRESS_SECONDS or done == given.commands:
            told = time.monotonic()
            rate = done / (told - start)
            print(
                f"{done:,} of {given.commands:,} commands equal, {rate:,.0f}/s, seed {run.seed}", flush=True
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
