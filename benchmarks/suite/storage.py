"""What a start does with a data directory."""

import tempfile
from pathlib import Path

from benchmarks.core import BATCH
from benchmarks.durability import journal_in, submit_seconds
from benchmarks.flows import flow, with_accounts
from benchmarks.suite.warmed import Warmed, load_kernels
from lightning.config import default_config
from lightning.engine import rehearsal
from lightning.storage.recovery import recover
from lightning.storage.venue import open_venue

MESSAGES = 100_000


class Kept(Warmed):
    """100,000 commands of the first order flow with 1,000 accounts, in the journal of a data directory."""

    def setup(self) -> None:
        load_kernels()
        rehearsal.packing()
        rehearsal.images()
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name)
        with journal_in(self.path) as journal:
            submit_seconds(journal, with_accounts(flow(0, MESSAGES).rows), BATCH)

    def teardown(self) -> None:
        self.directory.cleanup()


class Recovery(Kept):
    def time_journal_replayed(self) -> None:
        with journal_in(self.path) as journal:
            recover(journal, None, shards=10, workers=1)


class Restart(Kept):
    """From the snapshot that the last stop took; and the stop, which has nothing new to keep."""

    def setup(self) -> None:
        super().setup()
        self.time_opened_and_stopped()

    def time_opened_and_stopped(self) -> None:
        open_venue(self.path, default_config(), shards=10, workers=1).stop()
