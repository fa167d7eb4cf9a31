"""Statistics after a restart are those of an exchange that never stopped."""

from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path

import pytest

from lightning.config import load_config
from lightning.engine.durable_gate import Outcome
from lightning.engine.exchange import Exchange
from lightning.storage.directory import DataDirectory, DirectoryNames
from lightning.storage.snapshots import list_snapshots, remove_snapshot
from lightning.storage.venue import Venue, open_venue
from tests.oracle.rows import Rows
from tests.plain_statistics import MINUTE
from tests.shapes import SHAPES
from tests.test_statistics import applied, batches, everything_of, flow
from tests.test_venue import PATIENCE_S, submit_rows, with_storage

NAME = "money"
CONFIG = with_storage(load_config(SHAPES[NAME].config))


class Clock:
    """Of the command that comes next."""

    def __init__(self) -> None:
        self.now = int(flow(NAME)["time_ns"][0])

    def __call__(self) -> int:
        return self.now


def told(venue: Venue, now: int) -> list[object]:
    answer: Future[Outcome] = Future()
    venue.sequencer.query(lambda exchange: everything_of(exchange, now), answer.set_result)
    outcome = answer.result(PATIENCE_S)
    assert outcome.error is None
    found: list[object] = outcome.value
    return found


def play(venue: Venue, clock: Clock, parts: Iterable[Rows]) -> None:
    """Each part at the time of its first command."""
    for rows in parts:
        clock.now = int(rows["time_ns"][0])
        submit_rows(venue, rows)


def drop_snapshots(path: Path, kept: int) -> None:
    """As if those after the first so many had never been."""
    with DataDirectory(path) as directory:
        for seq, _ in list_snapshots(directory)[kept:]:
            remove_snapshot(directory, seq)


@pytest.mark.parametrize("kept", [2, 1, 0], ids=["snapshot", "snapshot and tail", "whole journal"])
def test_a_restart_tells_the_same(tmp_path: Path, kept: int) -> None:
    clock, parts = Clock(), list(batches(flow(NAME), 3))
    half, path = len(parts) // 2, tmp_path / "data"
    venue = open_venue(path, CONFIG, 3, 1, clock=clock)
    play(venue, clock, parts[:half])
    venue.create_snapshot().result(PATIENCE_S)
    play(venue, clock, parts[half : half + half // 2])
    before = told(venue, clock.now + 60 * MINUTE)
    venue.stop()
    assert len(list_snapshots(DirectoryNames(path))) == 2
    drop_snapshots(path, kept)
    venue = open_venue(path, CONFIG, 7, 2, clock=clock)
    assert told(venue, clock.now + 60 * MINUTE) == before
    assert (venue.recovered.snapshot_seq > 0) == (kept > 0)
    play(venue, clock, parts[half + half // 2 :])
    found = told(venue, clock.now)
    venue.stop()
    assert found == everything_of(uninterrupted(parts), clock.now)


def uninterrupted(parts: Iterable[Rows]) -> Exchange:
    copies = [rows.copy() for rows in parts]
    for rows in copies:
        rows["time_ns"] = rows["time_ns"][0]
    return applied(NAME, copies)
