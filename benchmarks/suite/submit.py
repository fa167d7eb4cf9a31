"""What a command costs with ledger, journal and workers, and one alone."""

import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from benchmarks.core import BATCH, submit_seconds
from benchmarks.durability import Submitter, journal_in, running, scratch
from benchmarks.flows import batches, deposits, flow, with_accounts
from benchmarks.orderflow import Rows
from benchmarks.suite.warmed import Warmed, load_kernels
from lightning.engine import rehearsal
from lightning.engine.exchange import Exchange

MESSAGES = 100_000
DISK = Path(tempfile.gettempdir())


@cache
def flow_rows(ledger: bool) -> Rows:
    rows = flow(0, MESSAGES).rows
    return with_accounts(rows) if ledger else rows


class Submit(Warmed):
    """100,000 messages of the first order flow, 4,096 a submission.

    With a journal they go through the sequencer, and the clock stops when the last is durable.
    """

    param_names = ("ledger", "journal", "workers")
    params = ([False, True], [False, True], [1, 2])

    def setup(self, ledger: bool, journal: bool, workers: int) -> None:
        load_kernels()
        if workers > 1:
            rehearsal.stages()
        if journal:
            rehearsal.packing()
        self.rows = flow_rows(ledger)
        self.exchange = Exchange(ledger=ledger, workers=workers)
        self.open = ExitStack()
        if not journal:
            self.exchange.submit(deposits())
        else:
            kept = self.open.enter_context(journal_in(self.open.enter_context(scratch(DISK))))
            sequencer = self.open.enter_context(running(kept, self.exchange))
            self.submitter = Submitter(sequencer)

    def teardown(self, ledger: bool, journal: bool, workers: int) -> None:
        self.open.close()

    def time_submit(self, ledger: bool, journal: bool, workers: int) -> None:
        if not journal:
            submit_seconds(self.exchange, self.rows, BATCH)
            return
        for part in batches(self.rows, BATCH):
            self.submitter.submit(part)
        self.submitter.wait()


class OneRow(Warmed):
    """1,000 rows, one a `submit`."""

    param_names = ("ledger",)
    params = ([False, True],)

    def setup(self, ledger: bool) -> None:
        load_kernels()
        self.exchange = Exchange(ledger=ledger)
        self.exchange.submit(deposits())
        rows = flow_rows(ledger)
        self.exchange.submit(rows[:BATCH])
        self.parts = list(batches(rows[BATCH : BATCH + 1_000], 1))

    def time_submit(self, ledger: bool) -> None:
        for part in self.parts:
            self.exchange.submit(part)
