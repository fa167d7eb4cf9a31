"""The price ladder: structures measured against each other.

    python -m benchmarks.ladders [--messages 1000000] [--levels 100000] [--rounds 5]

Each structure of `ladder_kernels` is driven by the same operations: recorded from the two order flows,
and a deep, adversarial stream (`ladder_streams`). All give the same answers, or the run ends with an
error.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import ladder_kernels as kernels
from benchmarks.flows import Flow, flows
from benchmarks.ladder_kernels import CLOSE, FIND, OPEN, WALK
from benchmarks.ladder_streams import Stream, deep, names_of, recorded

MESSAGES = 1_000_000
"""Of each flow, recorded at most."""
LEVELS = 100_000
"""Of the deep stream."""
NODES_PER_LEVEL = 2
NODES_BESIDES = 1_000

Drive = Callable[..., int]
"""(tables, operations, start, end, slots, checksum) -> checksum"""


class Structure(NamedTuple):
    name: str
    new: Callable[[int, int], Any]
    """Tables with room for so many levels and trie nodes."""
    make_drive: Callable[[], Drive]
    bytes_used: Callable[[Any], int]
    """Beyond the level rows that every structure has."""


STRUCTURES = (
    Structure("trie (the engine's)", kernels.new_trie, kernels.drive_trie, kernels.trie_bytes),
    Structure("hash + trie for next", kernels.new_hashed, kernels.drive_hashed, kernels.hashed_bytes),
    Structure("sorted arrays", kernels.new_sorted, kernels.drive_sorted, kernels.sorted_bytes),
)


class Measured(NamedTuple):
    structure: str
    stream: str
    section: str
    operations: int
    ns: list[float]
    """Per operation, one figure a round. The driver's loop over the operations is in it."""
    bytes_used: int
    checksum: int


def measure(structure: Structure, stream: Stream, rounds: int) -> list[Measured]:
    """Fresh tables each round, one thread; one figure for each section of the stream."""
    drive = structure.make_drive()
    names = names_of(stream.operations)
    room = names + 1, NODES_PER_LEVEL * names + NODES_BESIDES
    slots = np.zeros(names, np.int64)
    drive(structure.new(*room), stream.operations, 0, 0, slots, 0)  # compiles
    ns: dict[str, list[float]] = {section: [] for section, _ in stream.sections}
    checksums, used = dict[str, int](), 0
    for _ in range(rounds):
        tables, start, checksum = structure.new(*room), 0, 0
        for section, end in stream.sections:
            begin = time.perf_counter_ns()
            checksum = drive(tables, stream.operations, start, end, slots, checksum)
            ns[section].append((time.perf_counter_ns() - begin) / max(end - start, 1))
            checksums[section], start = checksum, end
        used = structure.bytes_used(tables)
    starts = [0, *(end for _, end in stream.sections)]
    return [
        Measured(structure.name, stream.name, name, end - start, ns[name], used, checksums[name])
        for start, (name, end) in zip(starts, stream.sections, strict=False)
    ]


def compare(streams: Iterable[Stream], rounds: int) -> list[list[Measured]]:
    """A line per section of a stream, an entry per structure. Raises ValueError where answers differ."""
    lines = []
    for stream in streams:
        by_structure = [measure(structure, stream, rounds) for structure in STRUCTURES]
        for line in zip(*by_structure, strict=True):
            if len({one.checksum for one in line}) != 1:
                raise ValueError(f"the ladders differ on {line[0].stream}, {line[0].section}")
            lines.append(list(line))
    return lines


def kinds_table(streams: Iterable[Stream]) -> Table:
    table = Table("stream", title="Operations on the ladder", title_justify="left")
    for name in ("find", "open", "close", "walk", "levels at most"):
        table.add_column(name, justify="right")
    for stream in streams:
        counts = np.bincount(stream.operations[:, 0], minlength=4)
        shown = (f"{counts[kind]:,}" for kind in (FIND, OPEN, CLOSE, WALK))
        table.add_row(stream.name, *shown, f"{names_of(stream.operations):,}")
    return table


def ladder_table(lines: Iterable[list[Measured]], rounds: int) -> Table:
    title = f"Price ladders: ns an operation, median of {rounds} (min..max); memory beyond the level rows"
    table = Table("stream", "part", title=title, title_justify="left")
    table.add_column("operations", justify="right")
    for structure in STRUCTURES:
        table.add_column(structure.name, justify="right")
    for line in lines:
        cells = [
            f"{statistics.median(ns):,.1f} ({min(ns):,.1f}..{max(ns):,.1f}) {used / 1024:,.0f} KiB"
            for *_, ns, used, _ in line
        ]
        table.add_row(line[0].stream, line[0].section, f"{line[0].operations:,}", *cells)
    return table


def print_tables(given: Iterable[Flow], rounds: int, console: Console, levels: int | None = None) -> None:
    """Record the flows, make the deep stream with that many levels (LEVELS), measure, print."""
    levels = LEVELS if levels is None else levels
    streams = [recorded(flow.name, flow.rows[:MESSAGES]) for flow in given]
    streams.append(deep(levels, 10 * levels))
    console.print(kinds_table(streams))
    console.print(ladder_table(compare(streams, rounds), rounds))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--levels", type=int, default=LEVELS)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print_tables(flows(arguments.messages), arguments.rounds, Console(), arguments.levels)


if __name__ == "__main__":
    main()
