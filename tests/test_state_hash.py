"""I10 over a restart: the state hash at random seqs, live, after full replay, and after snapshot and tail.

At every shard and worker count, with admin changes in between.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from lightning.config import load_config
from lightning.engine.changes import CreateCurrency, CreateSymbol, SetLimits, UpdateSymbol
from lightning.engine.exchange import Exchange
from lightning.engine.image import restore
from lightning.engine.replay import apply_record
from lightning.storage.directory import DirectoryNames
from lightning.storage.rewind import Rewind, cut
from lightning.storage.snapshots import list_snapshots, read_snapshot
from lightning.storage.venue import open_venue
from tests.flows import make_commands, places_to_cut
from tests.shapes import SHAPES
from tests.test_venue import PATIENCE_S, change, hashes, submit_rows, with_storage

COUNT = 12_000
CHANGES = (
    CreateCurrency("DOGE"),
    UpdateSymbol(1, name="renamed"),
    SetLimits(orders_max=2_000, accounts_max=500),
    CreateSymbol("DOGE-X", 1, 2),
)


class Story(NamedTuple):
    data: Path
    live: dict[int, tuple[int, int]]
    """seq -> state hash and window hash, as the running exchange had them."""


@pytest.fixture(scope="module", params=["symbols", "fees", "stops", "controls"])
def story(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, warm_kernels: None
) -> Story:
    shape = SHAPES[request.param]
    rng = random.Random(request.param)
    data = tmp_path_factory.mktemp("story") / "data"
    config = with_storage(load_config(shape.config), journal_file_bytes=131_072, snapshots_kept=100)
    live = {}
    now = [1]
    """The flow's own time: its orders expire by it."""
    venue = open_venue(data, config, 4, 1, clock=lambda: now[0])
    commands = make_commands(shape, seed=31, count=COUNT)
    places = sorted(rng.sample(places_to_cut(commands), 40))
    for number, part in enumerate(np.split(commands, places)):
        now[0] = int(part["time_ns"][0])
        submit_rows(venue, part)
        if number % 10 == 5:
            change(venue, CHANGES[number // 10])
        if number in (7, 23):
            venue.create_snapshot().result(PATIENCE_S)
        seq, *both = hashes(venue)
        live[seq] = (both[0], both[1])
    venue.stop()
    return Story(data, live)


def replayed(exchange: Exchange, story: Story) -> Iterator[int]:
    """Moves the exchange on and stops where the live one was looked at."""
    stops = sorted(seq for seq in story.live if seq > exchange.seq)
    for record in Rewind(DirectoryNames(story.data)).journal.records_from(exchange.seq + 1):
        for part in cut(record, stops):
            apply_record(exchange, part)
            if exchange.seq in story.live:
                yield exchange.seq


@pytest.mark.parametrize(("shards", "workers"), [(1, 1), (3, 2), (10, 3), (16, 1)])
def test_full_replay(story: Story, shards: int, workers: int) -> None:
    exchange = Exchange(Rewind(DirectoryNames(story.data)).founding, shards=shards, workers=workers)
    found = {seq: (exchange.state_hash(), exchange.window_hash()) for seq in replayed(exchange, story)}
    assert found == story.live


@pytest.mark.parametrize(("shards", "workers"), [(1, 2), (3, 1), (10, 3), (16, 2)])
def test_snapshot_and_tail(story: Story, shards: int, workers: int) -> None:
    snapshots = list_snapshots(DirectoryNames(story.data))
    assert len(snapshots) == 3  # two on the way, one at the end
    for _, path in snapshots:
        exchange = restore(read_snapshot(path), shards, workers)
        found = {exchange.seq: (exchange.state_hash(), exchange.window_hash())}
        found |= {seq: (exchange.state_hash(), exchange.window_hash()) for seq in replayed(exchange, story)}
        assert found == {seq: both for seq, both in story.live.items() if seq >= min(found)}
        assert exchange.check() == []
