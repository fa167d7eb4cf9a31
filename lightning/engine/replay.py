"""Applying the records of a journal again."""

from contextlib import suppress

import numpy as np

from lightning.engine.admin import apply_change
from lightning.engine.changes import ChangeRefused
from lightning.engine.exchange import Exchange
from lightning.engine.journal import AdminRecord, Record
from lightning.rows import EVENT


class ReplayError(Exception):
    """The record does not follow the exchange's state; nothing was applied."""


def apply_record(exchange: Exchange, record: Record) -> np.ndarray:
    """Apply what follows next; returns EVENT rows, those of an admin change are none. Raises ReplayError."""
    if record.first_seq != exchange.seq + 1:
        raise ReplayError(f"the record begins at seq {record.first_seq}, the exchange is at {exchange.seq}")
    if isinstance(record, AdminRecord):
        with suppress(ChangeRefused):  # it was refused the first time too; it takes its seq all the same
            apply_change(exchange, record.change)
        return np.empty(0, EVENT)
    if record.state_hash is not None and record.state_hash != exchange.state_hash():
        raise ReplayError(
            f"before seq {record.first_seq} the state hash is {exchange.state_hash():016x},"
            f" the journal says {record.state_hash:016x}"
        )
    return exchange.submit(record.rows)
