"""What Lightning does here and now, in figures.

    ./run bench [matching] [ledger] [latency] [unary] [ladder] [durability] [scale] [--rounds 5] ...
    ./run bench size
    ./run bench connections
    ./run bench overload
    ./run bench peers
    ./run bench workers
    ./run bench websocket
    ./run bench past
    ./run bench client
    ./run bench simulation
    ./run bench publish

Without names: every part of the first line. `publish` runs the asv suite and makes its pages
(docs/benchmarks.md). More by themselves: python -m benchmarks.history (lists out of a long history),
python -m benchmarks.ladders. Floors and aims stand beside; on a shared machine only figures of one run
compare. What each figure measures stands in the docstring of the function of its name.
"""

import argparse
import os
import platform
import statistics
from collections.abc import Iterable
from pathlib import Path

import numba
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import (
    client,
    connections,
    core,
    durability,
    ladders,
    overload,
    past,
    publish,
    scale,
    simulation,
    size,
    unary,
    websocket,
    workers,
)
from benchmarks.flows import SHARED_VARIABLE, Flow, flows
from benchmarks.peers import table as peers
from lightning.engine import warm

ALL = ("matching", "ledger", "latency", "unary", "ladder", "durability", "scale")
PARTS = (
    *ALL,
    "size",
    "connections",
    "overload",
    "peers",
    "workers",
    "websocket",
    "past",
    "client",
    "simulation",
    "publish",
)
WITHOUT_FLOWS = {"unary", "scale", *PARTS[len(ALL) :]}


def rates(part: str, given: list[Flow], rounds: int) -> Iterable[core.Rate]:
    for flow in given:
        for batch in (core.BATCH, core.WHOLE):
            if part == "matching":
                yield core.matching(flow, batch, rounds)
            else:
                for count in (1, 2):
                    yield core.with_ledger(flow, batch, count, rounds)
    if part == "matching":
        for batch in (core.BATCH, core.WHOLE):
            yield core.matching_deep(batch, rounds)


def rate_table(title: str, rows: Iterable[core.Rate]) -> Table:
    table = Table("flow", "work", title=title, title_justify="left")
    for name in ("min", "median", "max", "floor", "aim"):
        table.add_column(name, justify="right")
    for flow, work, per_s, floor, aim in rows:
        low, middle, high = min(per_s), statistics.median(per_s), max(per_s)
        bounds = ("" if bound is None else f"{bound:,}" for bound in (floor, aim))
        table.add_row(flow, work, f"{low:,.0f}", f"{middle:,.0f}", f"{high:,.0f}", *bounds)
    return table


def latency_table(rows: Iterable[core.Latency]) -> Table:
    table = Table("flow", "work", title="In process, microseconds", title_justify="left")
    table.add_column("p50", justify="right")
    table.add_column("p99", justify="right")
    for flow, work, p50, p99 in rows:
        table.add_row(flow, work, f"{p50:.1f}", f"{p99:.1f}")
    return table


def machine() -> str:
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, numba {numba.__version__}"
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.machine()}, {versions}"


def print_part(part: str, given: list[Flow], arguments: argparse.Namespace, console: Console) -> None:
    rounds = arguments.rounds
    if part in ("matching", "ledger"):
        unit = "messages/s" if part == "matching" else "commands/s"
        console.print(rate_table(f"{unit}, of {rounds} rounds", rates(part, given, rounds)))
    elif part == "latency":
        measured = (core.latency(flow, ledger) for flow in given for ledger in (False, True))
        console.print(latency_table(measured))
    elif part == "unary":
        calls = range(len(unary.CALLS))
        comparisons = unary.compare(
            calls, unary.IN_FLIGHT, arguments.seconds, min(rounds, 3), arguments.directory
        )
        unary.print_comparisons(comparisons, arguments.seconds, min(rounds, 3))
    elif part == "durability":
        durability.print_tables(given[0], rounds, console, arguments.directory, arguments.size)
    elif part == "scale":
        scale.print_table(rounds, console)
    elif part == "size":
        size.print_tables(rounds, console)
    elif part == "connections":
        connections.print_tables(console, arguments.directory)
    elif part == "overload":
        overload.print_tables(console, arguments.directory)
    elif part == "peers":
        messages = arguments.messages or peers.MESSAGES
        peers.print_tables(messages, min(rounds, 3), console)
    elif part == "workers":
        workers.print_tables(arguments.messages or workers.MESSAGES, min(rounds, 3), console)
    elif part == "websocket":
        websocket.print_tables(console, arguments.directory, min(rounds, 3))
    elif part == "past":
        past.print_table(min(rounds, 3), console, arguments.messages)
    elif part == "client":
        orders = arguments.messages or client.ORDERS
        client.print_tables(orders, rounds, console, arguments.directory)
    elif part == "simulation":
        simulation.print_tables(min(rounds, 3), console, arguments.messages or simulation.COMMANDS)
    elif part == "publish":
        console.print(f"{publish.publish()}")
    else:
        ladders.print_tables(given, rounds, console)


def arguments_of(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--messages", type=int, help="of each flow; default: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each unary measurement")
    parser.add_argument("--directory", type=Path, default=Path(), help="of the disk that is measured")
    parser.add_argument(
        "--size", type=int, default=durability.SIZE, help="accounts, and resting orders, of `durability`"
    )
    arguments = parser.parse_args(words)
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"no such part: {unknown[0]} (there are: {', '.join(PARTS)})")
    return arguments


def main(words: list[str] | None = None) -> None:
    arguments = arguments_of(words)
    console = Console()
    console.print(machine())
    chosen = [part for part in PARTS if part in arguments.parts] if arguments.parts else list(ALL)
    given = flows(arguments.messages) if set(chosen) - WITHOUT_FLOWS else []
    if given:
        shared = os.environ.get(SHARED_VARIABLE)
        source = f"of {SHARED_VARIABLE}" if shared else f"made here ({SHARED_VARIABLE} is not set)"
        names = ", ".join(f"{flow.name} {len(flow.rows):,} messages" for flow in given)
        console.print(f"order flows {source}: {names}")
    for _, step in warm.kernels():
        step()
    for part in chosen:
        print_part(part, given, arguments, console)


if __name__ == "__main__":
    main()
