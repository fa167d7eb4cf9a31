"""A2: the engine answers and ends up as the oracle does, over every shape of flow."""

import os
from pathlib import Path

import pytest

from tests.flows import make_commands, new_oracle
from tests.lockstep import Run, describe_run
from tests.shapes import SHAPES
from tests.states import STATES, count_states

COMMANDS = int(os.environ.get("LIGHTNING_LOCKSTEP_COMMANDS", "200000"))
REGRESSIONS = Path(__file__).parent / "regressions" / "lockstep.txt"
LAYOUTS = ((10, 1), (1, 1), (3, 2), (8, 3))
"""(shards, workers) by turns."""


def read_regressions() -> list[Run]:
    """Lines of `shape seed commands shards workers`; # begins a comment."""
    lines = (line.partition("#")[0].split() for line in REGRESSIONS.read_text().splitlines())
    return [Run(line[0], *map(int, line[1:])) for line in lines if line]


@pytest.mark.parametrize("shape", SHAPES)
def test_engine_and_oracle_agree(shape: str) -> None:
    shards, workers = LAYOUTS[list(SHAPES).index(shape) % len(LAYOUTS)]
    run = Run(shape, seed=2, commands=-(-COMMANDS // len(SHAPES)), shards=shards, workers=workers)
    failure = describe_run(run)
    assert not failure, failure


@pytest.mark.parametrize("run", read_regressions(), ids=lambda run: f"{run.shape}-{run.seed}")
def test_seeds_that_failed_once_stay_equal(run: Run) -> None:
    failure = describe_run(run)
    assert not failure, failure


def test_flows_reach_every_named_state() -> None:
    missing = set(STATES)
    for shape in SHAPES.values():
        commands = make_commands(shape, seed=2, count=6_000)
        missing -= set(count_states(commands, new_oracle(shape).submit_rows(commands)))
    assert not missing
