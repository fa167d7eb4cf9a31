"""The journal in memory: at once durable, bounded, readable from any seq it still has."""

import numpy as np
import pytest

from lightning.engine.changes import CreateCurrency
from lightning.engine.journal import AdminRecord, Batch, Fenced, Journal
from lightning.rows import COMMAND
from lightning.storage.memory import MemoryJournal


def batch(first_seq: int, count: int) -> Batch:
    return Batch(first_seq, np.zeros(count, COMMAND))


def seqs(journal: MemoryJournal, seq: int) -> list[tuple[int, int]]:
    return [(record.first_seq, record.last_seq) for record in journal.read_from(seq)]


def test_it_is_a_journal() -> None:
    journal: Journal = MemoryJournal()
    assert list(journal.read_from(1)) == []


def test_what_is_appended_is_durable_at_once() -> None:
    journal, durable = MemoryJournal(), list[int]()
    journal.on_durable = durable.append
    journal.append(batch(1, 3), 0)
    journal.append(AdminRecord(4, 0, CreateCurrency("DOGE")), 0)
    journal.append(batch(5, 1), 0)
    assert durable == [3, 4, 5]


def test_reading_starts_with_the_record_that_holds_the_seq() -> None:
    journal = MemoryJournal()
    journal.append(batch(1, 3), 0)
    journal.append(AdminRecord(4, 0, CreateCurrency("DOGE")), 0)
    journal.append(batch(5, 2), 0)
    assert seqs(journal, 1) == seqs(journal, 3) == [(1, 3), (4, 4), (5, 6)]
    assert seqs(journal, 4) == [(4, 4), (5, 6)]
    assert seqs(journal, 6) == [(5, 6)]
    assert seqs(journal, 7) == []


def test_it_keeps_the_last_records_and_says_what_is_gone() -> None:
    journal = MemoryJournal(rows_kept=10)
    for first in range(1, 1_000, 3):
        journal.append(batch(first, 3), 0)
    assert seqs(journal, 991) == [(991, 993), (994, 996), (997, 999)]
    assert seqs(journal, 988)[0] == (988, 990)
    with pytest.raises(LookupError, match="987 is no longer kept; the oldest is 988"):
        journal.read_from(987)


def test_a_record_larger_than_its_limit_is_kept_until_the_next() -> None:
    journal = MemoryJournal(rows_kept=10)
    journal.append(batch(1, 100), 0)
    assert seqs(journal, 50) == [(1, 100)]
    journal.append(batch(101, 10), 0)
    assert seqs(journal, 101) == [(101, 110)]


def test_a_lower_epoch_is_refused() -> None:
    journal = MemoryJournal()
    journal.fence(2)
    journal.fence(2)
    with pytest.raises(Fenced, match="epoch 1 is behind epoch 2"):
        journal.fence(1)
    with pytest.raises(Fenced, match="epoch 1 is behind epoch 2"):
        journal.append(batch(1, 1), 1)
    journal.append(batch(1, 1), 2)
    assert seqs(journal, 1) == [(1, 1)]
