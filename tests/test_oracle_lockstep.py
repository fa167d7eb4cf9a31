"""A2: the engine answers and ends up as the oracle does, over every shape of flow."""

import os
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.lockstep import Run, describe_run
from tests.shapes import SHAPES, divide
from tests.state_names import STATES
from tests.states import StateCounter

COMMANDS = int(os.environ.get("LIGHTNING_LOCKSTEP_COMMANDS", "200000"))
REGRESSIONS = Path(__file__).parent / "regressions" / "lockstep.txt"
LAYOUTS = ((10, 1), (1, 1), (3, 2), (8, 3))
"""(shards, workers) by turns."""
REACHED_MIN = 100


def read_regressions() -> list[Run]:
    """Lines of `shape seed commands shards workers`; # begins a comment."""
    lines = (line.partition("#")[0].split() for line in REGRESSIONS.read_text().splitlines())
    return [Run(line[0], *map(int, line[1:])) for line in lines if line]


@cache
def outcome_of(shape: str) -> tuple[str, Counter[str]]:
    """What went wrong over a shape's part of the commands, and the states that were reached."""
    shards, workers = LAYOUTS[list(SHAPES).index(shape) % len(LAYOUTS)]
    run = Run(shape, seed=2, commands=divide(COMMANDS)[shape], shards=shards, workers=workers)
    states = StateCounter(SHAPES[shape])
    return describe_run(run, states), states.counts


@pytest.mark.parametrize("shape", SHAPES)
def test_engine_and_oracle_agree(shape: str) -> None:
    failure, _ = outcome_of(shape)
    assert not failure, failure


@pytest.mark.parametrize("run", read_regressions(), ids=lambda run: f"{run.shape}-{run.seed}")
def test_seeds_that_failed_once_stay_equal(run: Run) -> None:
    failure = describe_run(run)
    assert not failure, failure


def test_flows_reach_every_named_state() -> None:
    """In the same commands, each as often as `REACHED_MIN` of 200,000."""
    reached = sum((outcome_of(shape)[1] for shape in SHAPES), Counter[str]())
    wanted = REACHED_MIN * COMMANDS // 200_000
    rare = {state: reached[state] for state in STATES if reached[state] < wanted}
    assert not rare
