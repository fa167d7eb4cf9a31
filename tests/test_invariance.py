"""C1: shards, workers and batch cuts change nothing: not the events, not the state, not the window of ids."""

import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from lightning.codes import CommandFlag, CommandKind, EventFlag, EventKind
from lightning.engine.exchange import Exchange
from lightning.engine.pipeline import Parallel
from tests.flows import make_commands
from tests.oracle import describe_difference, join_rows, rows_equal
from tests.oracle.rows import Rows
from tests.segments import segment_grain
from tests.shapes import SHAPES

COMMANDS = 6_000
COMMANDS_HASHED = 600
SEED = 11
NAMES = (
    "scarce",
    "money",
    "symbols",
    "fees",
    "storm",
    "stops",
    "oco",
    "gtd",
    "auction",
    "controls",
    "chains",
)
"""Flows in which refusals, transfers and amends are common, and those of all terms and controls."""
MOVING = ([EventKind.DEPOSITED], [EventKind.WITHDRAWN], [EventKind.TRANSFERRED])
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
    with segment_grain(0 if cuts is None else cuts):
        for start, end in make_batches(commands, cuts):
            events = exchange.submit(commands[start:end])
            events["command"] += start
            parts.append(events)
    assert exchange.check() == []
    return join_rows(parts), exchange.state_hash(), exchange.window_hash()


def make_batches(commands: Rows, cuts: int | None) -> Iterator[tuple[int, int]]:
    """Random ones; a chain of transfers is submitted together."""
    count = len(commands)
    linked = (commands["kind"] == CommandKind.TRANSFER) & (commands["flags"] & CommandFlag.LINKED != 0)
    sizes = random.Random(f"cuts {cuts}")
    start = 0
    while start < count:
        size = (
            count if cuts is None else sizes.choice((1, 2, 3, sizes.randint(1, 50), sizes.randint(1, 2_000)))
        )
        end = min(start + size, count)
        while end < count and linked[end - 1]:
            end += 1
        yield start, end
        start = end


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("shards", SHARDS)
@pytest.mark.parametrize("name", NAMES)
def test_outcome_does_not_depend_on_shards_workers_or_batches(name: str, shards: int, workers: int) -> None:
    expected, state, window = outcome_of(name, shards=1, workers=1, cuts=None)
    for cuts in (None, 100 * shards + workers):
        events, other_state, other_window = outcome_of(name, shards, workers, cuts)
        assert rows_equal(expected, events), describe_difference(expected, events)
        assert (state, window) == (other_state, other_window)


def test_several_workers_really_run_segments_and_cut_them(monkeypatch: pytest.MonkeyPatch) -> None:
    segments: list[tuple[int, int]] = []  # (planned, cut at)
    hold = Parallel._hold

    def noting(self: Parallel, *given: Any) -> int:
        cut = hold(self, *given)
        segments.append((given[-1] - given[-2], cut - given[-2]))
        return cut

    monkeypatch.setattr(Parallel, "_hold", noting)
    outcome_of.__wrapped__("scarce", 3, 2, None)
    assert len(segments) > 100
    assert sum(cut < planned for planned, cut in segments) > 20
    assert sum(cut for _, cut in segments) > COMMANDS // 2


@pytest.mark.parametrize("name", ["money", "symbols"])
def test_a_refused_or_repeated_command_leaves_the_state_hash(name: str) -> None:
    """I11. And what moves money or rests an order changes it."""
    exchange = Exchange(config=SHAPES[name].config)
    commands = commands_of(name)
    refused = changed = 0
    before = exchange.state_hash()
    for i in range(COMMANDS_HASHED):
        events = exchange.submit(commands[i : i + 1])
        after = exchange.state_hash()
        kinds = events["kind"].tolist()
        consequences = (events["flags"] & EventFlag.CONSEQUENCE).any()
        is_replayed = (events["flags"] & EventFlag.REPLAYED).any()
        if kinds == [EventKind.REJECTED] or (is_replayed and not consequences):
            assert after == before, commands[i]
            refused += 1
        elif not consequences and (kinds == [EventKind.ACCEPTED] or kinds[-1:] in MOVING):
            assert after != before, commands[i]
            changed += 1
        before = after
    assert min(refused, changed) > COMMANDS_HASHED // 8
