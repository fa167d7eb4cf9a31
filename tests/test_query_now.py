"""A query is read on its caller's thread while the engine has nothing to do, and only then."""

import threading
from collections.abc import Iterator
from queue import SimpleQueue

import pytest

from lightning.codes import CommandKind, EventKind, Side, TimeInForce
from lightning.engine.durable_gate import Outcome
from lightning.engine.exchange import Exchange
from lightning.engine.sequencer import Sequencer
from lightning.rows import Command
from lightning.storage.memory import MemoryJournal
from tests.desk import DEPOSIT, USDT, Desk, rows_of


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


def test_it_reads_on_the_callers_thread(desk: Desk) -> None:
    answer = desk.sequencer.query_now(lambda exchange: threading.get_ident())
    assert answer == Outcome(threading.get_ident(), 0, desk.now)


def test_nothing_is_shown_that_is_not_durable(desk: Desk) -> None:
    desk.submit("deposit", DEPOSIT)
    idle(desk)
    assert desk.exchange.seq == 1
    assert desk.sequencer.query_now(lambda exchange: exchange.seq) is None
    desk.durable(1)
    desk.answer("deposit")
    answer = desk.sequencer.query_now(lambda exchange: exchange.seq)
    assert answer is not None and answer.value == answer.seq == 1


def test_it_does_not_wait_for_a_running_engine(desk: Desk) -> None:
    with desk.busy():
        assert desk.sequencer.query_now(lambda exchange: exchange.seq) is None


def test_what_waits_for_the_engine_is_not_overtaken() -> None:
    one = Sequencer(Exchange(), MemoryJournal())
    answers: SimpleQueue[Outcome] = SimpleQueue()
    one.submit(rows_of(DEPOSIT), answers.put)
    assert one.query_now(lambda exchange: exchange.seq) is None
    one.start()
    one.stop()
    assert answers.get().value["kind"].tolist() == [EventKind.DEPOSITED] and answers.empty()


def test_a_readers_mistake_is_its_own(desk: Desk) -> None:
    with pytest.raises(KeyError):
        desk.sequencer.query_now(lambda exchange: exchange.book(99))
    assert desk.sequencer.query_now(lambda exchange: exchange.seq) is not None


def test_what_is_due_is_not_passed_over(desk: Desk) -> None:
    desk.submit("deposit", DEPOSIT)
    order = Command(kind=CommandKind.PLACE, symbol=1, account=1, side=Side.BUY, price=5, qty=1)
    desk.submit("order", order._replace(tif=TimeInForce.GTD, expire_time_ns=desk.now + 10**9))
    desk.durable(2)
    desk.answer("deposit")
    desk.answer("order")
    idle(desk)
    assert desk.sequencer.query_now(lambda exchange: len(exchange.orders(1))) is not None
    desk.now += 2 * 10**9
    seen = desk.sequencer.query_now(lambda exchange: len(exchange.orders(1)))
    assert seen is None or seen.value == 0


def test_after_the_end_there_is_nothing_to_read() -> None:
    one = Sequencer(Exchange(), MemoryJournal())
    one.start()
    one.stop()
    assert one.query_now(lambda exchange: exchange.seq) is None


def test_many_readers_see_whole_batches() -> None:
    exchange = Exchange()
    one = Sequencer(exchange, MemoryJournal())
    one.start()
    pair = [Command(kind=CommandKind.DEPOSIT, account=account, currency=USDT, amount=1) for account in (1, 2)]
    seen: SimpleQueue[tuple[object, object]] = SimpleQueue()
    end = threading.Event()

    def look() -> None:
        while not end.is_set():
            answer = one.query_now(lambda exchange: (exchange.account(1), exchange.account(2)))
            if answer is not None and answer.seq:
                first, second = answer.value
                seen.put((first.balances, second.balances))

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(500):
        one.submit(rows_of(*pair), lambda outcome: None)
    one.stop()
    end.set()
    for reader in readers:
        reader.join()
    while not seen.empty():
        first, second = seen.get()
        assert first == second
    assert exchange.seq == 1000
