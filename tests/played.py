"""Flows played by an exchange in another mode of the kernels, in a process of its own.

    python -m tests.played FOLDER

plays every FOLDER/<play>.json (a Play) with its .commands (COMMAND rows) and leaves its .events (EVENT rows)
and .hashes. Overflows and warnings are errors, in every thread. Without FOLDER it plays a little of CHECKED,
which is to say that it compiles the kernels of that mode.
"""

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND, EVENT
from tests.flows import make_commands
from tests.oracle import describe_difference, rows_equal
from tests.oracle.rows import Rows
from tests.shapes import SHAPES

ROOT = Path(__file__).parent.parent
SEED = 21


@dataclass(frozen=True)
class Play:
    shape: str
    commands: int
    shards: int = 3
    workers: int = 1

    @property
    def name(self) -> str:
        return f"{self.shape}-{self.shards}-{self.workers}"


@dataclass(frozen=True)
class Outcome:
    events: Rows
    hashes: tuple[int, int]
    """Of the state and of the once-only window."""


def play(given: Play, commands: Rows) -> Outcome:
    shape = SHAPES[given.shape]
    exchange = Exchange(shape.config, shape.ledger, given.shards, given.workers)
    events = exchange.submit(commands)
    assert exchange.check() == []
    return Outcome(events, (exchange.state_hash(), exchange.window_hash()))


def describe_differences(plays: Sequence[Play], folder: Path, mode: Mapping[str, str]) -> list[str]:
    """Play here and in a process with `mode` in its environment; what came out otherwise there."""
    expected = {}
    for given in plays:
        commands = make_commands(SHAPES[given.shape], SEED, given.commands)
        commands.tofile(folder / f"{given.name}.commands")
        (folder / f"{given.name}.json").write_text(json.dumps(asdict(given)))
        expected[given.name] = play(given, commands)
    run = subprocess.run(
        [sys.executable, "-m", "tests.played", folder],
        env={**os.environ, **mode},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        return [run.stdout + run.stderr]
    found = []
    for name, outcome in expected.items():
        events = np.fromfile(folder / f"{name}.events", EVENT)
        if not rows_equal(outcome.events, events):
            found.append(f"{name}: {describe_difference(outcome.events, events)}")
        hashes = tuple(json.loads((folder / f"{name}.hashes").read_text()))
        if hashes != outcome.hashes:
            found.append(f"{name}: hashes of state and window {outcome.hashes} here, {hashes} there")
    return found


CHECKED = [Play("edges", 1_600), Play("symbols", 1_800), Play("storm", 1_600, workers=2)]
"""With every index checked: together they reach every kernel."""


def compile_kernels() -> None:
    for given in CHECKED:
        play(given, make_commands(SHAPES[given.shape], SEED, 50))


def main(folder: Path) -> None:
    np.seterr(over="raise")
    warnings.simplefilter("error")  # which is for every thread, unlike seterr
    for path in sorted(folder.glob("*.json")):
        given = Play(**json.loads(path.read_text()))
        outcome = play(given, np.fromfile(folder / f"{given.name}.commands", COMMAND))
        outcome.events.tofile(folder / f"{given.name}.events")
        (folder / f"{given.name}.hashes").write_text(json.dumps(outcome.hashes))


if __name__ == "__main__":
    if sys.argv[1:]:
        main(Path(sys.argv[1]))
    else:
        compile_kernels()
