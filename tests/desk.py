"""A sequencer with all around it in the test's hand: journal, clock, kernels, answers."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Queue

import numpy as np

from lightning.codes import CommandKind
from lightning.engine.changes import Change
from lightning.engine.durable_gate import Outcome
from lightning.engine.exchange import Exchange
from lightning.engine.journal import Record
from lightning.engine.replay import Applied
from lightning.engine.sequencer import Sequencer
from lightning.rows import COMMAND, Command
from tests.oracle.rows import Rows

PATIENCE_S = 20
USDT = 2
DEPOSIT = Command(kind=CommandKind.DEPOSIT, account=1, currency=USDT, amount=10**12)


def rows_of(*commands: Command) -> Rows:
    return np.array(list(commands), COMMAND)


class HandJournal:
    """Durable only as far as the test says."""

    def __init__(self) -> None:
        self.on_durable: Callable[[int], None] = lambda seq: None
        self.on_failure: Callable[[BaseException], None] = lambda error: None
        self.records: list[Record] = []
        self.fails = False

    def append(self, record: Record, epoch: int) -> None:
        if self.fails:
            raise OSError("no space left")
        self.records.append(record)

    def read_from(self, seq: int) -> Iterator[Record]:
        return (record for record in self.records if record.last_seq >= seq)

    def fence(self, epoch: int) -> None:
        raise NotImplementedError


class Breakable(Exchange):
    """An exchange whose kernels can be told to fail, or to wait."""

    broken = False

    def __init__(self) -> None:
        super().__init__(shards=2)
        self.may_run = threading.Event()
        self.may_run.set()
        self.waits = threading.Event()

    def submit(self, commands: np.ndarray) -> np.ndarray:
        self.waits.set()
        assert self.may_run.wait(PATIENCE_S)
        if self.broken:
            raise AssertionError("broken invariant")
        return super().submit(commands)


@dataclass
class Desk:
    """Answers arrive under the names that they were asked for."""

    exchange: Breakable = field(default_factory=Breakable)
    journal: HandJournal = field(default_factory=HandJournal)
    failures: list[BaseException] = field(default_factory=list)
    answers: "Queue[tuple[str, Outcome]]" = field(default_factory=Queue)
    told: list[Applied] = field(default_factory=list)
    now: int = 1_000

    def __post_init__(self) -> None:
        self.sequencer = Sequencer(
            self.exchange, self.journal, lambda: self.now, self.failures.append, self.told.append
        )

    def deliver(self, name: str) -> Callable[[Outcome], None]:
        return lambda outcome: self.answers.put((name, outcome))

    def submit(self, name: str, *commands: Command) -> None:
        self.sequencer.submit(rows_of(*commands), self.deliver(name))

    def query(self, name: str, read: Callable[[Exchange], object] = lambda exchange: exchange.seq) -> None:
        self.sequencer.query(read, self.deliver(name))

    def change(self, name: str, change: Change) -> None:
        self.sequencer.change(change, self.deliver(name))

    def answer(self, name: str) -> Outcome:
        """The next answer, which must be that one's."""
        got, outcome = self.answers.get(timeout=PATIENCE_S)
        assert got == name
        return outcome

    def nothing_came(self) -> bool:
        return self.answers.empty()

    def settle(self) -> None:
        """Wait until everything handed in before was applied."""
        seen = threading.Event()

        def look(exchange: Exchange) -> None:
            seen.set()

        self.sequencer.query(look, lambda outcome: None)
        assert seen.wait(PATIENCE_S)

    def durable(self, seq: int) -> None:
        self.journal.on_durable(seq)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """The engine is kept at a batch of its own, so that what is handed in meanwhile waits together."""
        self.exchange.may_run.clear()
        self.exchange.waits.clear()
        self.submit("busy", DEPOSIT)
        assert self.exchange.waits.wait(PATIENCE_S)
        yield
        self.exchange.may_run.set()

    def batches(self) -> list[tuple[int, int]]:
        return [(record.first_seq, record.last_seq) for record in self.journal.records]
