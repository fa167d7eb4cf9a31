"""The sequencer: one order for everything, and no answer before what it shows is durable."""

import random
import threading
from collections.abc import Iterator
from queue import SimpleQueue

import numpy as np
import pytest

from lightning.codes import CommandFlag, CommandKind, EventKind, RejectReason, Side
from lightning.engine.changes import (
    Change,
    ChangeRefused,
    CreateCurrency,
    CreateSymbol,
    DeleteCurrency,
    RefusalKind,
    UpdateSymbol,
)
from lightning.engine.exchange import Exchange
from lightning.engine.journal import AdminRecord, Batch, Record
from lightning.engine.replay import Applied, apply_record
from lightning.engine.sequencer import BATCH_ROWS_MAX, Sequencer, Stopped
from lightning.rows import Command
from tests.desk import DEPOSIT, PATIENCE_S, USDT, Desk, HandJournal, rows_of
from tests.flows import make_commands, places_to_cut
from tests.shapes import SHAPES

TOO_MUCH = Command(kind=CommandKind.WITHDRAW, account=1, currency=USDT, amount=10**15)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    desk.sequencer.start()
    yield desk
    desk.exchange.may_run.set()
    desk.durable(2**62)
    desk.sequencer.stop()


def test_an_answer_waits_until_its_seq_is_durable(desk: Desk) -> None:
    desk.submit("deposit", DEPOSIT)
    desk.settle()
    assert desk.exchange.seq == 1 and desk.nothing_came()
    desk.durable(0)
    assert desk.nothing_came()
    desk.durable(1)
    outcome = desk.answer("deposit")
    assert outcome.seq == 1 and outcome.error is None
    assert outcome.value["kind"].tolist() == [EventKind.DEPOSITED]


def test_it_tells_what_waits_for_the_engine_and_what_for_the_disk(desk: Desk) -> None:
    desk.exchange.may_run.clear()
    desk.submit("first", DEPOSIT)
    assert desk.exchange.waits.wait(PATIENCE_S)
    desk.submit("second", DEPOSIT)
    assert desk.sequencer.waiting == (2, 0)
    desk.exchange.may_run.set()
    desk.settle()
    assert desk.sequencer.waiting[1] >= 2  # what it was settled with waits, too
    desk.durable(2)
    desk.answer("first")
    desk.answer("second")
    assert desk.sequencer.waiting[1] == 0


def test_a_refusal_waits_too(desk: Desk) -> None:
    desk.submit("withdraw", TOO_MUCH)
    desk.settle()
    assert desk.nothing_came()
    desk.durable(1)
    assert desk.answer("withdraw").value["reason"].tolist() == [RejectReason.UNKNOWN_ACCOUNT]


def test_a_query_waits_for_everything_it_could_see(desk: Desk) -> None:
    desk.submit("deposit", DEPOSIT)
    desk.query("account", lambda exchange: exchange.account(1))
    desk.settle()
    assert desk.nothing_came()
    desk.durable(1)
    desk.answer("deposit")
    outcome = desk.answer("account")
    assert outcome.value.balances == [(USDT, 10**12, 0)] and outcome.seq == 1


def test_a_query_of_an_exchange_whose_state_is_durable_is_answered_at_once(desk: Desk) -> None:
    desk.query("seq")
    assert desk.answer("seq").value == 0


def test_an_admin_change_waits_too_made_or_refused(desk: Desk) -> None:
    desk.change("create", CreateCurrency("DOGE"))
    desk.change("again", CreateCurrency("DOGE"))
    desk.settle()
    assert desk.nothing_came()
    desk.durable(1)
    created = desk.answer("create")
    assert (created.value.name, created.seq) == ("DOGE", 1)
    assert desk.nothing_came()
    desk.durable(2)
    refused = desk.answer("again")
    assert isinstance(refused.error, ChangeRefused) and refused.error.kind == RefusalKind.IN_USE


def test_one_report_of_the_journal_can_release_several_batches_in_order(desk: Desk) -> None:
    for name in ("one", "two", "three"):
        desk.submit(name, DEPOSIT)
        desk.settle()
    assert desk.batches() == [(1, 1), (2, 2), (3, 3)]
    desk.durable(2)
    assert [desk.answer(name).seq for name in ("one", "two")] == [1, 2]
    assert desk.nothing_came()
    desk.durable(3)
    assert desk.answer("three").seq == 3


def test_a_late_report_of_the_journal_takes_nothing_back(desk: Desk) -> None:
    desk.durable(2)
    desk.durable(1)
    desk.submit("one", DEPOSIT)
    desk.submit("two", DEPOSIT)
    assert [desk.answer(name).error for name in ("one", "two")] == [None, None]


def test_the_next_batch_is_matched_while_the_one_before_is_not_durable(desk: Desk) -> None:
    desk.submit("deposit", DEPOSIT)
    desk.settle()
    desk.submit("withdraw", DEPOSIT._replace(kind=CommandKind.WITHDRAW))
    desk.settle()
    assert desk.exchange.seq == 2 and desk.nothing_came()
    desk.durable(2)
    desk.answer("deposit")
    assert desk.answer("withdraw").value["kind"].tolist() == [EventKind.WITHDRAWN]


def test_what_waits_together_is_one_batch_and_one_record(desk: Desk) -> None:
    with desk.busy():
        desk.submit("one", DEPOSIT)
        desk.submit("two", DEPOSIT, TOO_MUCH, DEPOSIT)
        desk.submit("three", DEPOSIT)
    desk.settle()
    assert desk.batches() == [(1, 1), (2, 6)]
    record = desk.journal.records[1]
    assert isinstance(record, Batch)
    assert record.rows["amount"].tolist() == [10**12, 10**12, 10**15, 10**12, 10**12]


def test_every_submission_counts_its_own_commands(desk: Desk) -> None:
    with desk.busy():
        desk.submit("one", DEPOSIT)
        desk.submit("two", DEPOSIT, TOO_MUCH)
        desk.submit("three", TOO_MUCH, DEPOSIT, DEPOSIT)
    desk.durable(2**62)
    desk.answer("busy")
    outcomes = [desk.answer(name) for name in ("one", "two", "three")]
    assert [outcome.value["command"].tolist() for outcome in outcomes] == [[0], [0, 1], [0, 1, 2]]
    assert [outcome.value["seq"].tolist() for outcome in outcomes] == [[2], [3, 4], [5, 6, 7]]


def test_a_command_with_several_events_keeps_them_together(desk: Desk) -> None:
    order = Command(kind=CommandKind.PLACE, account=1, symbol=1, side=Side.BUY, price=100, qty=1)
    with desk.busy():
        desk.submit("orders", order, order, order)
        desk.submit("all", Command(kind=CommandKind.CANCEL_ALL, account=1), order)
    desk.durable(2**62)
    desk.answer("busy")
    desk.answer("orders")
    events = desk.answer("all").value
    canceled = [EventKind.CANCELED] * 3
    assert events["kind"].tolist() == [*canceled, EventKind.CANCEL_ALL_DONE, EventKind.ACCEPTED]
    assert events["command"].tolist() == [0, 0, 0, 0, 1]


def test_a_batch_takes_no_more_than_its_limit(desk: Desk) -> None:
    half = [TOO_MUCH] * (BATCH_ROWS_MAX // 2)
    with desk.busy():
        for name in ("a", "b", "c"):
            desk.submit(name, *half)
    desk.settle()
    assert desk.batches() == [(1, 1), (2, BATCH_ROWS_MAX + 1), (BATCH_ROWS_MAX + 2, 3 * len(half) + 1)]


def test_an_empty_submission_is_answered_and_leaves_no_record(desk: Desk) -> None:
    desk.submit("empty")
    assert len(desk.answer("empty").value) == 0
    assert desk.batches() == []


def test_rows_of_another_kind_are_refused_to_their_owner_alone(desk: Desk) -> None:
    with pytest.raises(TypeError, match="COMMAND"):
        desk.sequencer.submit(np.zeros(3, np.int64), desk.deliver("wrong"))
    desk.durable(1)
    desk.submit("deposit", DEPOSIT)
    assert desk.answer("deposit").error is None


def test_a_chain_that_would_go_on_in_what_others_submit_is_refused_to_its_owner_alone(desk: Desk) -> None:
    transfer = Command(kind=CommandKind.TRANSFER, account=1, counter_account=2, currency=USDT, amount=1)
    linked = transfer._replace(flags=CommandFlag.LINKED)
    for rows in ([linked], [transfer, linked, linked]):
        with pytest.raises(ValueError, match="LINKED"):
            desk.submit("open", *rows)
    desk.durable(2**62)
    desk.submit("whole", linked, linked, transfer)
    assert len(desk.answer("whole").value) == 3
    desk.submit("not a transfer", DEPOSIT._replace(flags=CommandFlag.LINKED))
    assert len(desk.answer("not a transfer").value) == 1


def test_the_caller_keeps_its_rows(desk: Desk) -> None:
    mine = rows_of(DEPOSIT)
    desk.sequencer.submit(mine, desk.deliver("deposit"))
    desk.settle()
    assert mine["time_ns"].tolist() == [0]
    record = desk.journal.records[0]
    assert isinstance(record, Batch) and record.rows["time_ns"].tolist() == [1_000]


def test_times_never_run_backwards(desk: Desk) -> None:
    desk.durable(2**62)
    times = []
    for i, now in enumerate((5_000, 4_000, 0, 5_001)):
        desk.now = now
        desk.submit(f"{i}", DEPOSIT)
        times.append(desk.answer(f"{i}").time_ns)
        desk.query("query")
        assert desk.answer("query").time_ns == times[-1]
    assert times == [5_000, 5_000, 5_000, 5_001]
    written = [
        record.rows["time_ns"].tolist() for record in desk.journal.records if isinstance(record, Batch)
    ]
    assert written == [[time] for time in times]


def test_a_change_runs_alone_at_its_place(desk: Desk) -> None:
    with desk.busy():
        desk.submit("before", DEPOSIT)
        desk.change("currency", CreateCurrency("DOGE"))
        desk.change("symbol", CreateSymbol("DOGE-USDT", 4, USDT))
        desk.submit("after", DEPOSIT._replace(currency=4), DEPOSIT)
    desk.durable(2**62)
    desk.answer("busy")
    assert [desk.answer(name).seq for name in ("before", "currency", "symbol")] == [2, 3, 4]
    assert desk.answer("after").value["kind"].tolist() == [EventKind.DEPOSITED] * 2
    kinds = [type(record) for record in desk.journal.records]
    assert kinds == [Batch, Batch, AdminRecord, AdminRecord, Batch]
    assert desk.batches() == [(1, 1), (2, 2), (3, 3), (4, 4), (5, 6)]


def test_the_exception_of_a_query_reaches_only_who_asked(desk: Desk) -> None:
    desk.durable(2**62)
    with desk.busy():
        desk.query("wrong", lambda exchange: exchange.depth(77))
        desk.query("right", lambda exchange: exchange.depth(1))
        desk.submit("deposit", DEPOSIT)
    desk.answer("busy")
    assert desk.answer("deposit").error is None
    assert isinstance(desk.answer("wrong").error, KeyError)
    assert desk.answer("right").error is None
    assert desk.failures == []


def test_a_query_sees_everything_submitted_before_it(desk: Desk) -> None:
    desk.durable(2**62)
    for i in range(50):
        desk.submit("deposit", DEPOSIT)
        desk.query("seq")
        desk.answer("deposit")
        assert desk.answer("seq").value == i + 1


def test_stop_answers_everything_that_was_accepted_once_it_is_durable(desk: Desk) -> None:
    with desk.busy():
        for i in range(100):
            desk.submit(f"{i}", DEPOSIT)
        desk.query("seq")
        stopper = threading.Thread(target=desk.sequencer.stop)
        stopper.start()
    while desk.exchange.seq < 101:
        stopper.join(0.01)
    desk.durable(100)
    assert desk.answer("busy").error is None
    stopper.join(0.05)
    assert desk.nothing_came() and stopper.is_alive()
    desk.durable(101)
    assert all(desk.answer(f"{i}").error is None for i in range(100))
    assert desk.answer("seq").value == 101
    stopper.join(PATIENCE_S)
    assert not stopper.is_alive()


def test_nothing_is_taken_after_stop(desk: Desk) -> None:
    desk.sequencer.stop()
    with pytest.raises(Stopped):
        desk.submit("deposit", DEPOSIT)
    with pytest.raises(Stopped):
        desk.query("seq")
    with pytest.raises(Stopped):
        desk.change("create", CreateCurrency("DOGE"))
    desk.sequencer.stop()
    assert desk.nothing_came() and desk.failures == []


class HesitantInbox:
    """Holds an item back in `put`, which its owner has been let into, until the sequencer has ended.

    Or for a moment, if the sequencer waits for it.
    """

    def __init__(self, inbox: "SimpleQueue[object]") -> None:
        self.inbox = inbox
        self.held_back = threading.Event()
        self.ended = threading.Event()
        self.get, self.empty = inbox.get, inbox.empty

    def put(self, item: object) -> None:
        if item is not None and not self.held_back.is_set():
            self.held_back.set()
            self.ended.wait(0.2)
        self.inbox.put(item)


@pytest.mark.parametrize("end", ["stop", "failure"])
def test_what_is_being_handed_in_at_the_end_is_answered(
    desk: Desk, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.busy():
        inbox = HesitantInbox(desk.sequencer._inbox)  # type: ignore[arg-type]
        monkeypatch.setattr(desk.sequencer, "_inbox", inbox)
        late = threading.Thread(target=desk.query, args=["late"])
        late.start()
        assert inbox.held_back.wait(PATIENCE_S)
        desk.exchange.broken = end == "failure"
        desk.durable(1)
    desk.sequencer.stop()
    inbox.ended.set()
    late.join()
    desk.answer("busy")
    assert desk.answer("late")


def all_stopped(desk: Desk, *names: str) -> bool:
    """Everyone asked was told, once, that the exchange has stopped."""
    outcomes = [desk.answer(name) for name in names]
    desk.sequencer.stop()
    return desk.nothing_came() and all(isinstance(outcome.error, Stopped) for outcome in outcomes)


def test_a_failing_journal_fails_everything_that_waits(desk: Desk) -> None:
    desk.submit("applied, not durable", DEPOSIT)
    desk.settle()
    with desk.busy():
        desk.submit("in the batch", DEPOSIT)
        desk.query("asked beside it")
        desk.change("changed behind it", CreateCurrency("DOGE"))
        desk.journal.fails = True
    assert all_stopped(
        desk, "applied, not durable", "busy", "in the batch", "changed behind it", "asked beside it"
    )
    assert [str(failure) for failure in desk.failures] == ["no space left"]
    with pytest.raises(Stopped):
        desk.submit("later", DEPOSIT)


def test_a_failing_kernel_fails_everything_that_waits(desk: Desk) -> None:
    desk.durable(1)
    desk.submit("good", DEPOSIT)
    assert desk.answer("good").error is None
    with desk.busy():
        desk.submit("in the batch", DEPOSIT)
        desk.query("asked beside it")
        desk.exchange.broken = True
    assert all_stopped(desk, "busy", "in the batch", "asked beside it")
    assert [str(failure) for failure in desk.failures] == ["broken invariant"]


def test_what_was_answered_before_a_failure_is_not_answered_again(desk: Desk) -> None:
    """The commands of a drain succeed; the change behind them fails to be written."""
    desk.durable(2**62)
    append = desk.journal.append

    def append_batches_only(record: Record, epoch: int) -> None:
        if isinstance(record, AdminRecord):
            raise OSError("no space left")
        append(record, epoch)

    desk.journal.append = append_batches_only  # type: ignore[method-assign]
    with desk.busy():
        desk.submit("commands", DEPOSIT)
        desk.change("change", DeleteCurrency(3))
    assert desk.answer("busy").error is None
    assert desk.answer("commands").error is None
    assert all_stopped(desk, "change")
    assert len(desk.failures) == 1


def test_nothing_durable_after_a_failure_is_answered_twice(desk: Desk) -> None:
    desk.submit("deposit", DEPOSIT)
    desk.settle()
    desk.exchange.broken = True
    desk.submit("next", DEPOSIT)
    assert all_stopped(desk, "deposit", "next")
    desk.durable(2)
    assert desk.nothing_came()


def test_a_journal_that_fails_later_fails_everything_that_is_not_durable(desk: Desk) -> None:
    desk.submit("kept", DEPOSIT)
    desk.settle()
    desk.durable(1)
    assert desk.answer("kept").error is None
    desk.submit("lost", DEPOSIT)
    desk.query("shows it")
    desk.settle()
    desk.journal.on_failure(OSError("no space left"))
    assert all_stopped(desk, "lost", "shows it")
    with pytest.raises(Stopped):
        desk.submit("later", DEPOSIT)
    desk.sequencer.stop()
    assert [str(failure) for failure in desk.failures] == ["no space left"]


def test_the_listener_is_told_each_durable_record_once_and_before_its_answers(desk: Desk) -> None:
    with desk.busy():
        desk.submit("commands", DEPOSIT, TOO_MUCH)
        desk.change("change", CreateCurrency("DOGE"))
    desk.settle()
    assert desk.told == []
    desk.durable(3)
    for name in ("busy", "commands"):
        desk.answer(name)
    assert [(one.record.first_seq, one.record.last_seq, len(one.events)) for one in desk.told] == [
        (1, 1, 1),
        (2, 3, 2),
    ]
    desk.durable(4)
    desk.answer("change")
    assert isinstance(desk.told[2].record, AdminRecord) and len(desk.told[2].events) == 0
    desk.journal.on_failure(OSError("no space left"))
    assert len(desk.told) == 3


def test_small_states_are_hashed_into_the_journal_every_so_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lightning.engine.sequencer.HASH_ROWS", 2)
    desk = Desk()
    desk.sequencer.start()
    desk.durable(2**62)
    before = []
    for _ in range(6):
        before.append(desk.exchange.state_hash())
        desk.submit("deposit", DEPOSIT)
        desk.answer("deposit")
    desk.sequencer.stop()
    carried = [record.state_hash for record in desk.journal.records if isinstance(record, Batch)]
    assert carried == [None, before[1], None, before[3], None, before[5]]


CHANGES: tuple[Change, ...] = (
    CreateCurrency("DOGE"),
    CreateSymbol("DOGE-A", 4, 1),
    CreateSymbol("DOGE-A", 4, 1),
    UpdateSymbol(1, name="renamed"),
    DeleteCurrency(1),
)
"""Made and refused ones."""


def test_the_journal_replayed_gives_the_same_exchange() -> None:
    """I10: however the batches were cut; admin changes, made or refused, at their place."""
    shape = SHAPES["symbols"]
    commands = make_commands(shape, seed=5, count=4_000)
    first, journal = Exchange(shape.config, shards=3), HandJournal()
    clock = iter(range(10**9, 2 * 10**9, 7))
    sequencer = Sequencer(first, journal, lambda: next(clock))
    sequencer.start()
    places = sorted(random.Random(5).sample(places_to_cut(commands), 39))
    for i, part in enumerate(np.split(commands, places)):
        sequencer.submit(part, lambda outcome: None)
        if i % 8 == 4:
            sequencer.change(CHANGES[i // 8], lambda outcome: None)
    journal.on_durable(2**62)
    sequencer.stop()
    assert first.seq >= len(commands) + len(CHANGES)  # and the timers

    for shards, workers in ((3, 1), (1, 1), (8, 2)):
        second = Exchange(shape.config, shards=shards, workers=workers)
        for record in journal.read_from(1):
            apply_record(second, record)
        assert second.seq == first.seq
        assert second.symbols == first.symbols and second.currencies == first.currencies
        assert second.state_hash() == first.state_hash()
        assert second.window_hash() == first.window_hash()


def test_what_an_observer_saw_goes_out_behind_the_answers_once_it_is_durable(desk: Desk) -> None:
    desk.sequencer.observe(lambda applied: applied.record.last_seq, desk.deliver("seen"))
    desk.submit("deposit", DEPOSIT)
    desk.settle()
    assert desk.nothing_came()
    desk.durable(1)
    assert desk.answer("deposit").error is None
    assert desk.answer("seen").value == 1


def test_an_observer_that_fails_fails_alone(desk: Desk) -> None:
    def fail(applied: Applied) -> None:
        raise LookupError("not the exchange's")

    desk.sequencer.observe(fail, desk.deliver("seen"))
    desk.submit("deposit", DEPOSIT)
    desk.durable(1)
    assert desk.answer("deposit").error is None
    assert isinstance(desk.answer("seen").error, LookupError)
    assert desk.failures == []


def test_an_observer_that_saw_nothing_of_interest_says_nothing(desk: Desk) -> None:
    desk.sequencer.observe(lambda applied: None, desk.deliver("seen"))
    desk.submit("deposit", DEPOSIT)
    desk.durable(1)
    assert desk.answer("deposit").error is None
    desk.settle()
    assert desk.nothing_came()
