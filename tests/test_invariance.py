"""C1: shards, workers and batch cuts change nothing: not the events, not the state, not the window of ids."""

import random
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from lightning.engine.exchange import Exchange
from tests.flows import make_commands
from tests.oracle import describe_difference, rows_equal
from tests.oracle.rows import Rows
from tests.shapes import SHAPES

COMMANDS = 6_000
SEED = 11
NAMES = ("scarce", "money", "symbols", "fees", "storm")
"""Flows in which refusals, transfers and amends are common."""
SHARDS = (1, 2, 3, 4, 8, 16)
WORKERS = (1, 2, 3)


@cache
def commands_of(name: str) -> Rows:
    return make_commands(SHAPES[name], SEED, COMMANDS)


@cache
def outcome_of(name: str, shards: int, workers: int, cuts: int | None) -> tuple[Rows, int, int]:
    """(events, state hash, window hash); `cuts` seeds random batches, None = one batch."""
    shape = SHAPES[name]
    exchange = Exchange(config=shape.config, ledger=shape.ledger, shards=shards, workers=workers)
    commands = commands_of(name)
    parts = []
    for start, end in make_batches(len(commands), cuts):
        events = exchange.submit(commands[start:end])
        events["command"] += start
        parts.append(events)
    assert exchange.check() == []
    return np.concatenate(parts), exchange.state_hash(), exchange.window_hash()


def make_batches(count: int, cuts: int | None) -> Iterator[tuple[int, int]]:
    sizes = random.Random(f"cuts {cuts}")
    start = 0
    while start < count:
        size = (
            count if cuts is None else sizes.choice((1, 2, 3, sizes.randint(1, 50), sizes.randint(1, 2_000)))
        )
        yield start, min(start + size, count)
        start += size


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("shards", SHARDS)
@pytest.mark.parametrize("name", NAMES)
def test_outcome_does_not_depend_on_shards_workers_or_batches(name: str, shards: int, workers: int) -> None:
    expected, state, window = outcome_of(name, shards=1, workers=1, cuts=None)
    for cuts in (None, 100 * shards + workers):
        events, other_state, other_window = outcome_of(name, shards, workers, cuts)
        assert rows_equal(expected, events), describe_difference(expected, events)
        assert (state, window) == (other_state, other_window)


def test_hashes_tell_different_states_apart() -> None:
    """Not a hash that is equal because it looks at nothing."""
    shape = SHAPES["symbols"]
    commands = commands_of("symbols")
    seen: set[tuple[int, int]] = set()
    exchange = Exchange(config=shape.config)
    changes = 0
    for i in range(300):
        before = exchange.state_hash()
        events = exchange.submit(commands[i : i + 1])
        if events["kind"][0] in (1, 9, 10, 11):  # accepted, or money moved
            assert exchange.state_hash() != before or events["flags"][0]
            changes += 1
        seen.add((exchange.state_hash(), exchange.window_hash()))
    assert changes > 100
    assert len(seen) > changes
