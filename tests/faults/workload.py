"""A small run of everything an exchange does, and what an uninterrupted exchange makes of it, seq by seq.

Every command carries the same time, so that what comes out depends on the order of commands alone, and not
on how they were cut into batches.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import numpy as np

from lightning.config import Config, load_config
from lightning.engine.admin import apply_change
from lightning.engine.changes import (
    Change,
    ChangeRefused,
    CreateCurrency,
    CreateSymbol,
    DeleteCurrency,
    SetLimits,
    UpdateCurrency,
)
from lightning.engine.exchange import Exchange
from lightning.rows import EVENT
from tests.flows import SHAPES, Flow

TIME_NS = 1_700_000_000_000_000_000
ONCE_WINDOW = 250
"""Smaller than the run: ids leave the window."""
SHAPE = replace(
    SHAPES["symbols"],
    config={**SHAPES["symbols"].config, "limits": {"once_window": ONCE_WINDOW}},
    accounts=tuple(range(1, 13)),
    with_id=0.9,
)
CHANGES: dict[int, Change] = {
    6: CreateCurrency("DOGE"),
    13: CreateSymbol("DOGE-A", 4, 1),
    21: CreateSymbol("DOGE-A", 4, 1),  # refused
    30: UpdateCurrency(4, display_name="Dogecoin"),
    38: SetLimits(orders_max=5_000, accounts_max=6_000),
    47: DeleteCurrency(4),  # refused: a symbol uses it
}
"""Instead of commands, at these steps."""
ENCORE = 10
"""Steps at the end that are played twice."""
SIZES = (1, 3, 8, 1, 5, 12, 2, 1, 20, 4)


Step = np.ndarray | Change
"""COMMAND rows submitted together, or an admin change."""


class Scene(NamedTuple):
    step: Step
    answer: np.ndarray | None
    """EVENT rows of an uninterrupted exchange; None: the step is a change."""


@dataclass(frozen=True)
class Workload:
    config: Config
    scenes: list[Scene]
    encore: list[Scene]
    """The last commands once more, after all the others: retries."""
    state_hashes: list[int]
    """Of an uninterrupted exchange at every seq of `scenes`, from 0 on."""
    window_hashes: list[int]

    def behind(self, seq: int) -> list[Scene]:
        """What is left after `seq`, the encore included."""
        left: list[Scene] = []
        at = 0
        for scene in [*self.scenes, *self.encore]:
            done = seq - at
            at += length(scene.step)
            if at > seq:
                left.append(scene if done <= 0 else cut(scene, done))
        return left


def length(step: Step) -> int:
    return len(step) if isinstance(step, np.ndarray) else 1


def cut(scene: Scene, done: int) -> Scene:
    """Without its first `done` commands."""
    assert isinstance(scene.step, np.ndarray) and scene.answer is not None
    answer = scene.answer[scene.answer["command"] >= done].copy()
    answer["command"] -= done
    return Scene(scene.step[done:], answer)


def make_steps(count: int, seed: int) -> list[Step]:
    flow = Flow(SHAPE, seed)
    steps: list[Step] = []
    for number in range(count):
        if number in CHANGES:
            steps.append(CHANGES[number])
            flow.seq += 1  # a change takes a seq; flow and oracle foretell order ids by it
            flow.oracle.seq += 1
            continue
        rows = flow.take(SIZES[number % len(SIZES)])
        flow.oracle.submit_rows(rows)
        rows["time_ns"] = TIME_NS
        steps.append(rows)
    return steps


def play_one(exchange: Exchange, step: Step) -> Iterator[np.ndarray]:
    """The EVENT rows of one command after the other."""
    if isinstance(step, np.ndarray):
        for i in range(len(step)):
            events = exchange.submit(step[i : i + 1])
            events["command"] = i
            yield events
        return
    with suppress(ChangeRefused):  # it takes its seq all the same
        apply_change(exchange, step)
    yield np.empty(0, EVENT)


@cache
def workload(count: int = 60, seed: int = 1) -> Workload:
    config = load_config(SHAPE.config)
    steps = make_steps(count, seed)
    exchange = Exchange(config, shards=2)
    states, windows = [exchange.state_hash()], [exchange.window_hash()]
    scenes = []
    for number, step in enumerate([*steps, *steps[-ENCORE:]]):
        events = []
        for answer in play_one(exchange, step):
            events.append(answer)
            if number < count:
                states.append(exchange.state_hash())
                windows.append(exchange.window_hash())
        joined = np.concatenate(events, dtype=EVENT) if isinstance(step, np.ndarray) else None
        scenes.append(Scene(step, joined))
    return Workload(config, scenes[:count], scenes[count:], states, windows)
