"""A3: the published hashes of the two order flows, whatever the shards, the workers and the batches."""

import os
from functools import cache
from pathlib import Path

import pytest

from benchmarks.orderflow import HASHES, Rows, load_orderflow, report_sha256
from lightning.engine.exchange import Exchange
from tests.oracle import Oracle, describe_difference, join_rows, rows_equal

SHARED_VARIABLE = "LIGHTNING_SHARED"
FULL = os.environ.get("LIGHTNING_FULL") == "1"
"""All messages in small batches too; takes minutes."""
LAYOUTS = [(shards, workers) for shards in (1, 10) for workers in (1, 2)]
MESSAGES_ONE_BY_ONE = 20_000
MESSAGES_BY_SEVEN = None if FULL else 200_000
MESSAGES_OF_ORACLE = 20_000


@cache
def commands_of(name: str) -> Rows:
    shared = os.environ.get(SHARED_VARIABLE)
    if not shared:
        pytest.skip(f"{SHARED_VARIABLE} is not set: its directory holds data/orderflow_{name}.npz")
    return load_orderflow(Path(shared, "data"), name)


def submit(commands: Rows, shards: int, workers: int, batch: int) -> Rows:
    """Events in batches of `batch`, `command` counted from the first batch on."""
    exchange = Exchange(ledger=False, shards=shards, workers=workers)
    parts = []
    for start in range(0, len(commands), batch):
        events = exchange.submit(commands[start : start + batch])
        events["command"] += start
        parts.append(events)
    return join_rows(parts)


@cache
def events_in_one_batch(name: str) -> Rows:
    return submit(commands_of(name), shards=1, workers=1, batch=len(commands_of(name)))


def events_of_first(name: str, messages: int | None) -> Rows:
    """The one batch's events of the first so many messages."""
    events = events_in_one_batch(name)
    return events if messages is None else events[events["command"] < messages]


@pytest.mark.parametrize("name", HASHES)
def test_published_hash(name: str) -> None:
    assert report_sha256(commands_of(name), events_in_one_batch(name)) == HASHES[name]


@pytest.mark.parametrize(("shards", "workers"), LAYOUTS)
@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize(
    ("batch", "messages"), [(1, MESSAGES_ONE_BY_ONE), (7, MESSAGES_BY_SEVEN), (4096, None), (10**9, None)]
)
def test_batches_shards_and_workers_change_no_event(
    name: str, shards: int, workers: int, batch: int, messages: int | None
) -> None:
    expected = events_of_first(name, messages)
    events = submit(commands_of(name)[:messages], shards, workers, batch)
    assert rows_equal(expected, events), describe_difference(expected, events)


@pytest.mark.parametrize("name", HASHES)
def test_oracle_has_the_same_events(name: str) -> None:
    exchange = Exchange(ledger=False)
    oracle = Oracle(exchange.config.currencies, exchange.config.symbols, ledger=False)
    expected = oracle.submit_rows(commands_of(name)[:MESSAGES_OF_ORACLE])
    events = events_of_first(name, MESSAGES_OF_ORACLE)
    assert rows_equal(expected, events), describe_difference(expected, events)
