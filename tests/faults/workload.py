"""A small run of everything an exchange does, and what an uninterrupted exchange makes of it, seq by seq.

Time stands still but for a few steps, before which everything is waited for: what comes out depends on the
order of commands alone, and not on how they were cut into batches. When it goes on, something is due, so that
the sequencer lets it happen with one TIMER, which takes the step's seq.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import numpy as np

from lightning.codes import CommandFlag, CommandKind
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
from lightning.rows import COMMAND, EVENT, Command
from tests.flow_base import STEP_NS
from tests.flows import SHAPES, Flow
from tests.oracle import join_rows
from tests.oracle.rows import Rows
from tests.shapes import EVERYTHING

TIME_NS = 1_700_000_000_000_000_000
"""At the start."""
ONCE_WINDOW = 250
"""Smaller than the run: ids leave the window."""
RARE = dict.fromkeys(("stray", "malformed", "misplaced", "unpaired", "spend", "cancel_all", "again"), 1.0)
MIX = (
    EVERYTHING
    | RARE
    | {"stop": 9, "stop_limit": 10, "trailing": 7, "gtd": 10, "pair": 8, "push": 14, "status": 5}
)
SHAPE = replace(
    SHAPES["symbols"],
    config={**SHAPES["symbols"].config, "limits": {"once_window": ONCE_WINDOW}},
    mix=MIX,
    accounts=tuple(range(1, 9)),
    symbols=(1, 1, 1, 2, 3, 6),
    money=10_000_000,
    rich=True,
    own_fees=0.1,
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
TICKS = (12, 20, 27, 35, 42)
"""Time goes on, at these steps."""
TICK_NS = 25 * STEP_NS
ENCORE = 10
"""Steps at the end that are played twice."""
SIZES = (1, 3, 9, 1, 6, 14, 2, 1, 22, 5)


@dataclass(frozen=True)
class Tick:
    """Time goes on."""

    time_ns: int


Step = np.ndarray | Change | Tick
"""COMMAND rows submitted together, or an admin change, or neither."""


class Scene(NamedTuple):
    step: Step
    answer: np.ndarray | None
    """EVENT rows of an uninterrupted exchange; None: the step has none."""


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


class StillFlow(Flow):
    """Its time is set from outside."""

    def let_time_pass(self) -> None:
        pass


def make_steps(count: int, seed: int) -> list[Step]:
    flow = StillFlow(SHAPE, seed)
    flow.time_ns = TIME_NS
    steps: list[Step] = []
    for number in range(count):
        if number in CHANGES:
            steps.append(CHANGES[number])
            flow.seq += 1  # a change takes a seq; flow and oracle foretell order ids by it
            flow.oracle.seq += 1
        elif number in TICKS:
            flow.time_ns += TICK_NS
            steps.append(Tick(flow.time_ns))
            flow.seq += 1
            flow.oracle.submit_rows(timer_at(flow.time_ns))
        else:
            rows = take(flow, SIZES[number % len(SIZES)], deadline=number + 1 in TICKS)
            flow.oracle.submit_rows(rows)
            steps.append(rows)
    return steps


def take(flow: Flow, count: int, deadline: bool) -> Rows:
    """Commands of the flow; perhaps a deadline as the last one, so that a tick has something due."""
    rows = flow.take(count)
    if not deadline:
        return rows
    assert flow.oracle.ledger is not None
    account = flow.random.choice(sorted(flow.oracle.ledger.accounts))
    when = flow.time_ns + STEP_NS
    flow.next.appendleft(Command(kind=CommandKind.CANCEL_ALL_AFTER, account=account, expire_time_ns=when))
    return join_rows([rows, flow.take(1)])


def timer_at(time_ns: int) -> Rows:
    return np.array([Command(kind=CommandKind.TIMER, time_ns=time_ns)], COMMAND)


def play_one(exchange: Exchange, step: Step) -> Iterator[np.ndarray]:
    """The EVENT rows of one command after the other; a chain's come with its first."""
    if isinstance(step, np.ndarray):
        linked = step["flags"] & CommandFlag.LINKED != 0
        chained = linked & (step["kind"] == CommandKind.TRANSFER)
        first = 0
        for end in (np.flatnonzero(~chained) + 1).tolist():
            events = exchange.submit(step[first:end])
            events["command"] += first
            yield events
            yield from [np.empty(0, EVENT)] * (end - first - 1)
            first = end
        return
    if isinstance(step, Tick):
        exchange.submit(timer_at(step.time_ns))
    else:
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
