"""Time passes without traffic: the sequencer issues a TIMER when something is due, and only then."""

import threading
from collections.abc import Iterator
from queue import Queue

import numpy as np
import pytest

from lightning.codes import CommandKind, EventFlag, EventKind, Side, TimeInForce
from lightning.engine import sequencer
from lightning.engine.changes import CreateCurrency
from lightning.engine.exchange import Exchange
from lightning.engine.journal import AdminRecord, Batch
from lightning.engine.replay import apply_record
from lightning.engine.sequencer import Stopped
from lightning.kernels.intrinsics import INT64_MAX
from lightning.rows import EVENT, Command
from tests.desk import DEPOSIT, PATIENCE_S, Breakable, Desk

TIMER, DEPOSITED = CommandKind.TIMER, CommandKind.DEPOSIT
SOON, HOUR = 1_000_000, 3_600 * 10**9
"""Nanoseconds."""


class Timed(Breakable):
    """At each time of `due` one order expires, at the first command that is as late."""

    def __init__(self) -> None:
        super().__init__()
        self.due: list[int] = []
        self.sticks = False
        """Whether what is due stays so, as it would after a mistake in a kernel."""
        self.timers: Queue[int] = Queue()
        """Times of TIMER commands."""

    def set_due(self, *times: int) -> None:
        self.due = sorted(times)
        self._state.globals[0]["next_timer"] = self.due[0] if self.due else INT64_MAX

    def submit(self, commands: np.ndarray) -> np.ndarray:
        first_seq = self.seq + 1
        events = super().submit(commands)
        if not len(commands):
            return events
        now = int(commands["time_ns"][0])
        expired = np.zeros(sum(time <= now for time in self.due), EVENT)
        expired["kind"], expired["flags"] = EventKind.EXPIRED, EventFlag.CONSEQUENCE
        expired["seq"] = first_seq
        self.set_due(*self.due if self.sticks else [time for time in self.due if time > now])
        for row in commands[commands["kind"] == TIMER]:
            self.timers.put(int(row["time_ns"]))
        own = events[commands["kind"][events["command"]] != TIMER]
        joined: np.ndarray = np.concatenate([expired.view(np.ndarray), own.view(np.ndarray)])
        return joined


class Clock(Desk):
    exchange: Timed

    def set_due(self, *times: int) -> None:
        """As if orders had been placed that expire then."""

        def set_due(exchange: Exchange) -> None:
            assert isinstance(exchange, Timed)
            exchange.set_due(*times)

        self.query("set", set_due)
        self.answer("set")

    def kinds(self) -> list[list[int]]:
        """Of the commands of each record."""
        return [record.rows["kind"].tolist() for record in self.journal.records if isinstance(record, Batch)]

    def expired(self) -> int:
        """How many orders the listener was told of."""
        return sum(int((one.events["kind"] == EventKind.EXPIRED).sum()) for one in self.told)


@pytest.fixture
def desk() -> Iterator[Clock]:
    desk = Clock(exchange=Timed())
    desk.sequencer.start()
    desk.durable(2**62)
    yield desk
    desk.exchange.may_run.set()
    desk.sequencer.stop()


def test_what_is_due_happens_without_traffic(desk: Clock) -> None:
    due = desk.now + SOON
    desk.set_due(due)
    assert desk.journal.records == []
    desk.now = due + 5
    assert desk.exchange.timers.get(timeout=PATIENCE_S) == due + 5
    desk.settle()
    assert desk.kinds() == [[TIMER]]
    assert desk.expired() == 1 and desk.nothing_came()


def test_a_clock_that_was_set_forward_is_noticed_without_traffic(
    desk: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "TIMER_WAIT_S_MAX", 0.005)
    desk.set_due(desk.now + HOUR)
    desk.now += HOUR
    assert desk.exchange.timers.get(timeout=PATIENCE_S) == desk.now


def test_what_is_due_comes_before_the_first_row_of_a_batch_and_into_nobodys_answer(desk: Clock) -> None:
    desk.set_due(desk.now + HOUR)
    with desk.busy():
        desk.now += HOUR
        desk.submit("one", DEPOSIT)
        desk.submit("two", DEPOSIT, DEPOSIT)
    desk.answer("busy")
    one, two = desk.answer("one"), desk.answer("two")
    assert desk.kinds() == [[DEPOSITED], [TIMER, DEPOSITED, DEPOSITED, DEPOSITED]]
    assert desk.batches() == [(1, 1), (2, 5)]
    for outcome, seqs in ((one, [3]), (two, [4, 5])):
        assert outcome.value["kind"].tolist() == [EventKind.DEPOSITED] * len(seqs)
        assert outcome.value["seq"].tolist() == seqs
        assert outcome.value["command"].tolist() == list(range(len(seqs)))
        assert (outcome.seq, outcome.time_ns) == (5, desk.now)
    assert desk.expired() == 1
    record = desk.journal.records[1]
    assert isinstance(record, Batch) and set(record.rows["time_ns"].tolist()) == {desk.now}


def test_an_empty_submission_lets_time_pass_too(desk: Clock) -> None:
    desk.set_due(desk.now + HOUR)
    desk.now += HOUR
    desk.submit("empty")
    assert len(desk.answer("empty").value) == 0
    assert desk.kinds() == [[TIMER]] and desk.expired() == 1


def test_a_query_and_a_change_find_done_what_is_due(desk: Clock) -> None:
    desk.set_due(desk.now + HOUR, desk.now + 2 * HOUR)
    desk.now += HOUR
    desk.query("seq")
    assert desk.answer("seq").value == 1
    desk.now += HOUR
    desk.change("create", CreateCurrency("DOGE"))
    assert desk.answer("create").seq == 3
    assert desk.kinds() == [[TIMER], [TIMER]] and isinstance(desk.journal.records[2], AdminRecord)
    assert desk.expired() == 2


def test_nothing_is_issued_while_nothing_is_due(desk: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "TIMER_WAIT_S_MAX", 0.001)
    desk.set_due(desk.now + HOUR)
    looked = threading.Semaphore(0)
    read = desk.exchange.next_timer

    def next_timer() -> int | None:
        looked.release()
        return read()

    monkeypatch.setattr(desk.exchange, "next_timer", next_timer)
    desk.query("wake up")
    for _ in range(10):
        assert looked.acquire(timeout=PATIENCE_S)
    desk.answer("wake up")
    desk.submit("deposit", DEPOSIT)
    desk.change("create", CreateCurrency("DOGE"))
    assert [desk.answer(name).seq for name in ("deposit", "create")] == [1, 2]
    assert desk.kinds() == [[DEPOSITED]] and desk.expired() == 0


def test_each_due_time_has_one_timer_and_what_is_due_together_has_one_for_all(desk: Clock) -> None:
    start = desk.now
    desk.set_due(*(start + at * HOUR for at in (1, 2, 3, 4)))
    desk.now = start + HOUR
    desk.submit("first", DEPOSIT)
    desk.now = start + 3 * HOUR
    desk.submit("second", DEPOSIT)
    desk.submit("third", DEPOSIT)
    for name in ("first", "second", "third"):
        desk.answer(name)
    assert sum(kinds.count(TIMER) for kinds in desk.kinds()) == desk.exchange.timers.qsize() <= 2
    desk.query("seq")
    assert desk.answer("seq").value == 3 + desk.exchange.timers.qsize()
    assert desk.expired() == 3
    assert desk.exchange.next_timer() == start + 4 * HOUR


def test_a_timer_that_does_not_go_is_not_issued_for_ever(desk: Clock) -> None:
    desk.exchange.sticks = True
    desk.set_due(desk.now + SOON)
    desk.now += SOON
    assert desk.exchange.timers.get(timeout=PATIENCE_S) == desk.now
    for i in range(3):
        desk.now += SOON
        desk.submit(f"{i}", DEPOSIT)
        desk.answer(f"{i}")
    desk.settle()
    assert desk.kinds() == [[TIMER], [DEPOSITED], [DEPOSITED], [DEPOSITED]]


def test_a_start_finds_due_what_became_so_while_nothing_ran() -> None:
    desk = Clock(exchange=Timed())
    desk.exchange.set_due(desk.now - 10, desk.now)
    desk.durable(2**62)
    desk.sequencer.start()
    assert desk.exchange.timers.get(timeout=PATIENCE_S) == desk.now
    desk.sequencer.stop()
    assert desk.kinds() == [[TIMER]] and desk.expired() == 2


def test_stop_ends_a_wait_for_a_timer(desk: Clock) -> None:
    desk.set_due(desk.now + HOUR)
    stopper = threading.Thread(target=desk.sequencer.stop)
    stopper.start()
    stopper.join(PATIENCE_S)
    assert not stopper.is_alive() and desk.journal.records == []


def test_a_failure_while_time_passes_fails_everything(desk: Clock) -> None:
    desk.exchange.broken = True
    desk.set_due(desk.now + SOON)
    desk.now += SOON
    desk.sequencer._thread.join(PATIENCE_S)
    assert [str(failure) for failure in desk.failures] == ["broken invariant"]
    with pytest.raises(Stopped):
        desk.submit("later", DEPOSIT)


def test_how_long_the_engine_sleeps() -> None:
    desk = Clock(exchange=Timed())
    assert desk.sequencer._timer_wait_s() is None
    waits = []
    for due in (desk.now + 1, desk.now + 20_000_000, desk.now + HOUR, desk.now, desk.now - HOUR, 2**62):
        desk.exchange.set_due(due)
        waits.append(desk.sequencer._timer_wait_s())
    assert waits == [0.001, 0.02, 10.0, 0.001, 0.001, 10.0]


def test_a_clock_that_was_set_back_makes_the_engine_sleep_by_the_clock() -> None:
    """`time_ns` does not follow it, and would stand just before the timer until the clock is there again."""
    desk = Clock(exchange=Timed(), now=2 * HOUR)
    desk.sequencer._now()
    desk.exchange.set_due(2 * HOUR + 1)
    desk.now = HOUR
    assert desk.sequencer._timer_wait_s() == 10.0
    assert not desk.sequencer._is_due()


def test_an_order_good_till_date_expires_without_traffic_and_gives_back_what_it_held() -> None:
    """The real kernels, and the listener's record replayed."""
    desk = Desk()
    desk.sequencer.start()
    desk.durable(2**62)
    due = desk.now + SOON
    order = Command(kind=CommandKind.PLACE, account=1, symbol=1, side=Side.BUY, price=100, qty=5)
    gtd = order._replace(tif=TimeInForce.GTD, expire_time_ns=due)
    desk.submit("orders", DEPOSIT, gtd, order, gtd._replace(expire_time_ns=due + HOUR))
    kept = desk.answer("orders").value["order_id"].tolist()[2:]
    desk.now = due
    while len(desk.told) < 2:
        desk.settle()
    desk.sequencer.stop()
    assert desk.nothing_came()
    record, events = desk.told[1].record, desk.told[1].events
    assert isinstance(record, Batch) and record.rows["kind"].tolist() == [TIMER]
    assert events["kind"].tolist() == [EventKind.EXPIRED] and events["amount"].tolist() == [500]
    assert desk.exchange.open_orders(1)["order_id"].tolist() == kept
    assert desk.exchange.next_timer() == due + HOUR
    assert desk.exchange.check() == []
    again = Exchange(shards=5)
    for one in desk.told:
        apply_record(again, one.record)
    assert again.state_hash() == desk.exchange.state_hash() and again.next_timer() == due + HOUR
