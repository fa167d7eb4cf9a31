"""Histories without a server: an exchange, what it was given, and a history that is fed by hand."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from lightning.config import Config, load_config
from lightning.engine.changes import Change
from lightning.engine.exchange import Exchange
from lightning.engine.image import Image
from lightning.engine.journal import AdminRecord, Batch, Record
from lightning.engine.replay import Applied, apply
from lightning.storage.history import History
from lightning.storage.history.history import QUEUE_BYTES_MAX
from lightning.storage.history.paging import Asked, Page, Placed
from lightning.storage.history.schema import TABLES
from tests.flows import SHAPES, make_commands
from tests.oracle.rows import Rows
from tests.plain_history import PlainHistory

PATIENCE_S = 60
DAY_NS = 86_400 * 10**9

Item = TypeVar("Item", bound=Placed)


@dataclass
class Kept:
    """A journal and snapshots in memory."""

    records: list[Record] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    first_seq: int = 1
    reads: int = 0

    def read_from(self, seq: int) -> Iterator[Record]:
        self.reads += 1
        if seq < self.first_seq:
            raise LookupError(f"seq {seq} is no longer kept")
        return iter([record for record in self.records if record.last_seq >= seq])

    def image_before(self, seq: int) -> Image | None:
        return max((one for one in self.images if one.seq <= seq), key=lambda one: one.seq, default=None)


@dataclass
class Venue:
    """An exchange and everything it did."""

    config: Config
    exchange: Exchange = field(init=False)
    kept: Kept = field(default_factory=Kept)
    applied: list[Applied] = field(default_factory=list)
    plain: PlainHistory = field(init=False)

    def __post_init__(self) -> None:
        self.exchange = Exchange(self.config, shards=3)
        self.plain = PlainHistory(self.exchange.symbols)

    def submit(self, rows: Rows) -> Applied:
        first_seq = self.exchange.seq + 1
        events = self.exchange.submit(rows)
        self.plain.add(first_seq, rows, events)
        return self.keep(Applied(Batch(first_seq, rows), events))

    def change(self, change: Change, time_ns: int = 1) -> Applied:
        return self.keep(apply(self.exchange, AdminRecord(self.exchange.seq + 1, time_ns, change)))

    def keep(self, applied: Applied) -> Applied:
        self.applied.append(applied)
        self.kept.records.append(applied.record)
        return applied

    def accounts(self) -> list[int]:
        return sorted(
            {*self.exchange.balances()["account"].tolist(), *(key[0] for key in self.plain.amounts)}
        )


def played(shape: str, seed: int, count: int) -> Venue:
    """A flow, cut into batches of random size."""
    venue = Venue(load_config(SHAPES[shape].config))
    commands = make_commands(SHAPES[shape], seed, count)
    cut = random.Random(seed)
    start = 0
    while start < count:
        end = start + cut.choice((1, 2, 7, 50, 100))
        venue.submit(commands[start:end].copy())
        start = end
    return venue


def open_history(
    path: Path,
    venue: Venue,
    say: Callable[[str], None] = lambda text: None,
    retention_days: int = 0,
    queue_bytes_max: int = QUEUE_BYTES_MAX,
) -> History:
    """One that can follow the venue's journal."""
    kept = venue.kept
    return History(
        path,
        venue.config,
        kept.read_from,
        kept.image_before,
        retention_days=retention_days,
        say=say,
        queue_bytes_max=queue_bytes_max,
    )


def feed(history: History, venue: Venue) -> None:
    """All that the venue did; returns when it is written."""
    for applied in venue.applied:
        history.feed(applied)
    assert history.wait_for(venue.exchange.seq, PATIENCE_S)


def all_pages(history: History, query: Callable[..., Page[Item]], asked: Asked) -> list[Item]:
    items: list[Item] = []
    while True:
        page = history.read(partial(query, asked=asked))
        items += page.items
        if page.next is None:
            return items
        asked = asked._replace(after=page.next)


def dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as connection:
        return {table: sorted(connection.execute(f"SELECT * FROM {table}")) for table in TABLES}
