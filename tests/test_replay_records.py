"""Records applied again lead to the same events and the same state, or are refused and change nothing."""

from functools import cache

import numpy as np
import pytest

from lightning.codes import EventKind, RejectReason
from lightning.engine.admin import apply_change
from lightning.engine.changes import Change, ChangeRefused, CreateCurrency, DeleteCurrency
from lightning.engine.exchange import Exchange
from lightning.engine.journal import AdminRecord, Batch, Record
from lightning.engine.replay import ReplayError, apply_record
from lightning.rows import EVENT
from tests.shapes import SHAPES
from tests.stories import make_story


@cache
def story() -> list[Record]:
    return make_story("symbols", 5, 2_000)


def new_exchange(shards: int = 10, workers: int = 1) -> Exchange:
    return Exchange(SHAPES["symbols"].config, shards=shards, workers=workers)


def test_a_story_has_all_that_a_replay_may_meet() -> None:
    exchange = new_exchange()
    refused: set[type[Change]] = set()
    made: set[type[Change]] = set()
    reasons: set[int] = set()
    traded: set[int] = set()
    for record in story():
        assert record.first_seq == exchange.seq + 1
        if isinstance(record, AdminRecord):
            try:
                apply_change(exchange, record.change)
                made.add(type(record.change))
            except ChangeRefused:
                refused.add(type(record.change))
        else:
            events = exchange.submit(record.rows)
            reasons |= set(events["reason"].tolist())
            traded |= set(events["symbol"][events["kind"] == EventKind.TRADE].tolist())
        assert exchange.seq == record.last_seq
    assert len(made) == 7 and len(refused) > 1
    assert {RejectReason.CAPACITY, RejectReason.DUPLICATE_ID} <= reasons
    assert max(traded) > 6  # also in a symbol made on the way


@pytest.mark.parametrize(("shards", "workers"), [(1, 1), (10, 1), (4, 2)])
def test_a_replay_gives_the_events_and_the_state_of_the_first_time(shards: int, workers: int) -> None:
    live, again = new_exchange(), new_exchange(shards, workers)
    for record in story():
        events = apply_record(live, record).events
        checked = record
        if isinstance(record, Batch):
            checked = record._replace(state_hash=again.state_hash())
        assert apply_record(again, checked).events.tobytes() == events.tobytes()
        assert again.seq == record.last_seq
    assert (live.state_hash(), live.window_hash()) == (again.state_hash(), again.window_hash())


def test_batches_may_be_joined() -> None:
    live, again = new_exchange(), new_exchange()
    waiting: list[Batch] = []
    for record in story():
        apply_record(live, record)
        if isinstance(record, Batch):
            waiting.append(record)
            continue
        if waiting:
            apply_record(again, Batch(waiting[0].first_seq, np.concatenate([one.rows for one in waiting])))
            waiting = []
        apply_record(again, record)
    apply_record(again, Batch(waiting[0].first_seq, np.concatenate([one.rows for one in waiting])))
    assert (live.seq, live.state_hash()) == (again.seq, again.state_hash())


def begun() -> tuple[Exchange, Batch]:
    """An exchange before its first change, and the batch that comes next."""
    records = story()
    first_change = next(at for at, record in enumerate(records) if isinstance(record, AdminRecord))
    exchange = new_exchange()
    for record in records[: first_change - 1]:
        apply_record(exchange, record)
    batch = records[first_change - 1]
    assert exchange.seq > 0 and isinstance(batch, Batch)
    return exchange, batch


@pytest.mark.parametrize("off", [-1, 1, 1_000])
def test_a_record_that_does_not_follow_is_refused_and_changes_nothing(off: int) -> None:
    exchange, batch = begun()
    seq, state = exchange.seq, exchange.state_hash()
    wrong: list[Record] = [
        batch._replace(first_seq=batch.first_seq + off),
        AdminRecord(seq + 1 + off, 1, CreateCurrency("D")),
    ]
    for record in wrong:
        with pytest.raises(ReplayError, match=f"begins at seq {seq + 1 + off}, the exchange is at {seq}$"):
            apply_record(exchange, record)
    assert (exchange.seq, exchange.state_hash(), len(exchange.currencies)) == (seq, state, 3)


def test_another_state_than_the_journal_says_is_refused_by_seq_and_hashes() -> None:
    exchange, batch = begun()
    seq, state = exchange.seq, exchange.state_hash()
    with pytest.raises(ReplayError) as refusal:
        apply_record(exchange, batch._replace(state_hash=state ^ 1))
    for part in (f"seq {seq + 1}", f"{state:016x}", f"{state ^ 1:016x}"):
        assert part in str(refusal.value)
    assert (exchange.seq, exchange.state_hash()) == (seq, state)
    assert len(apply_record(exchange, batch._replace(state_hash=state)).events) > 0


def test_a_change_that_was_refused_takes_its_seq_again() -> None:
    exchange = new_exchange()
    state = exchange.state_hash()
    applied = apply_record(exchange, AdminRecord(1, 5, DeleteCurrency(1)))
    assert len(applied.events) == 0 and applied.events.dtype == EVENT
    assert applied.refusal is not None and applied.instrument == exchange.currencies[1]
    assert (exchange.seq, exchange.state_hash()) == (1, state)
    assert list(exchange.currencies) == [1, 2, 3]
