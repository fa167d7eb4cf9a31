"""Small things are done on their caller's thread while the engine's has nothing to do, and only then."""

import threading
from collections.abc import Iterator
from queue import SimpleQueue

import numpy as np
import pytest

from lightning.codes import CommandKind, EventKind, Side, TimeInForce
from lightning.engine import sequencer
from lightning.engine.durable_gate import Outcome
from lightning.engine.exchange import Exchange
from lightning.engine.journal import Batch
from lightning.engine.sequencer import Sequencer, Stopped
from lightning.rows import Command
from lightning.storage.memory import MemoryJournal
from tests.desk import DEPOSIT, PATIENCE_S, USDT, Desk, rows_of


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    desk.sequencer.start()
    yield desk
    desk.exchange.may_run.set()
    desk.durable(2**62)
    desk.sequencer.stop()


def idle(desk: Desk) -> None:
    """Wait until the engine's thread has nothing to do."""
    desk.settle()
    end = threading.Event()
    while desk.sequencer._handed:
        end.wait(0.001)


def test_what_is_done_here_waits_for_durable_as_ever(desk: Desk) -> None:
    desk.sequencer.submit(rows_of(DEPOSIT, DEPOSIT), desk.deliver("deposits"), here=True)
    assert desk.exchange.seq == 2 and desk.batches() == [(1, 2)] and desk.nothing_came()
    assert desk.sequencer.query_here(lambda exchange: exchange.seq, desk.deliver("seq"))
    assert desk.nothing_came()
    desk.durable(2)
    assert desk.answer("deposits").value["kind"].tolist() == [EventKind.DEPOSITED] * 2
    assert desk.answer("seq").value == 2
    assert desk.sequencer.query_here(lambda exchange: exchange.seq, desk.deliver("again"))
    assert not desk.nothing_came() and desk.answer("again").value == 2


def test_it_is_done_on_the_callers_thread(desk: Desk) -> None:
    threads = list[int]()
    assert desk.sequencer.query_here(lambda exchange: threads.append(threading.get_ident()), desk.deliver(""))
    assert threads == [threading.get_ident()]


def test_nothing_overtakes_what_was_handed_in_before(desk: Desk) -> None:
    with desk.busy():
        desk.submit("first", DEPOSIT)
        desk.sequencer.submit(rows_of(DEPOSIT._replace(amount=7)), desk.deliver("second"), here=True)
        assert not desk.sequencer.query_here(lambda exchange: exchange.seq, desk.deliver("never"))
    desk.durable(99)
    assert [desk.answer(name).value["amount"].tolist() for name in ("busy", "first", "second")] == [
        [10**12],
        [10**12],
        [7],
    ]


def test_what_waits_for_the_engine_is_not_overtaken() -> None:
    one = Sequencer(Exchange(), MemoryJournal())
    answers: SimpleQueue[Outcome] = SimpleQueue()
    one.submit(rows_of(DEPOSIT), answers.put)
    assert not one.query_here(lambda exchange: exchange.seq, answers.put)
    one.start()
    one.stop()
    assert answers.get().value["kind"].tolist() == [EventKind.DEPOSITED] and answers.empty()


@pytest.mark.parametrize(
    "rows",
    [
        rows_of(*[DEPOSIT] * (sequencer.HERE_ROWS_MAX + 1)),
        rows_of(DEPOSIT, Command(kind=CommandKind.CANCEL_ALL, account=1)),
    ],
)
def test_what_may_take_long_is_handed_over(desk: Desk, rows: np.ndarray) -> None:
    idle(desk)
    desk.exchange.may_run.clear()
    desk.exchange.waits.clear()
    desk.sequencer.submit(rows, desk.deliver("long"), here=True)  # it would wait here for ever
    assert desk.exchange.waits.wait(PATIENCE_S)
    desk.exchange.may_run.set()
    desk.durable(999)
    assert len(desk.answer("long").value) >= len(rows)


def test_a_journal_that_is_behind_makes_nobody_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "HERE_UNDURABLE_MAX", 2)
    desk.sequencer.submit(rows_of(DEPOSIT, DEPOSIT), desk.deliver("two"), here=True)
    desk.sequencer.submit(rows_of(DEPOSIT), desk.deliver("three"), here=True)
    assert not desk.sequencer.query_here(lambda exchange: exchange.seq, desk.deliver("never"))
    desk.durable(3)
    idle(desk)
    assert desk.sequencer.query_here(lambda exchange: exchange.seq, desk.deliver("now"))


def test_a_listener_that_would_wait_makes_nobody_wait() -> None:
    full = threading.Event()
    one = Sequencer(Exchange(), MemoryJournal(), listener_waits=full.is_set)
    one.start()
    answers: SimpleQueue[Outcome] = SimpleQueue()
    assert one.query_here(lambda exchange: exchange.seq, answers.put)
    full.set()
    assert not one.query_here(lambda exchange: exchange.seq, answers.put)
    one.stop()
    assert answers.qsize() == 1


def test_a_kernel_that_fails_here_fails_everything(desk: Desk) -> None:
    desk.exchange.broken = True
    desk.sequencer.submit(rows_of(DEPOSIT), desk.deliver("broken"), here=True)
    assert isinstance(desk.answer("broken").error, Stopped)
    assert [str(error) for error in desk.failures] == ["broken invariant"]
    with pytest.raises(Stopped):
        desk.sequencer.submit(rows_of(DEPOSIT), desk.deliver("late"), here=True)


def test_a_timer_that_was_set_here_rings(desk: Desk) -> None:
    desk.sequencer.submit(rows_of(DEPOSIT), desk.deliver("deposit"), here=True)
    order = Command(kind=CommandKind.PLACE, symbol=1, account=1, side=Side.BUY, price=5, qty=1)
    expires = order._replace(tif=TimeInForce.GTD, expire_time_ns=desk.now + 1)
    desk.sequencer.submit(rows_of(expires), desk.deliver("order"), here=True)
    desk.now += 10
    desk.durable(99)
    desk.answer("deposit")
    assert desk.answer("order").value["kind"].tolist() == [EventKind.ACCEPTED]
    end = threading.Event()
    while len(desk.exchange.orders(1)):
        end.wait(0.001)
    idle(desk)
    last = desk.journal.records[-1]
    assert isinstance(last, Batch) and last.rows["kind"].tolist() == [CommandKind.TIMER]


def test_many_callers_at_once_are_one_order() -> None:
    exchange = Exchange()
    one = Sequencer(exchange, MemoryJournal())
    one.start()
    answers: SimpleQueue[tuple[int, Outcome]] = SimpleQueue()

    def call(account: int) -> None:
        def deliver(outcome: Outcome) -> None:
            answers.put((account, outcome))

        for n in range(300):
            size = 1 + (n + account) % 3
            rows = rows_of(
                *[Command(kind=CommandKind.DEPOSIT, account=account, currency=USDT, amount=1)] * size
            )
            one.submit(rows, deliver, here=n % 4 != 0)
            one.query_here(lambda exchange: exchange.seq, lambda outcome: None)

    threads = [threading.Thread(target=call, args=(account,)) for account in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one.stop()
    assert answers.qsize() == 4 * 300
    seqs, last = list[int](), dict[int, int]()
    for _ in range(4 * 300):
        account, outcome = answers.get()
        assert set(outcome.value["account"].tolist()) == {account}
        got = outcome.value["seq"].tolist()
        assert got[0] > last.get(account, 0)
        last[account] = got[-1]
        seqs += got
    assert sorted(seqs) == list(range(1, exchange.seq + 1)) and exchange.check() == []
