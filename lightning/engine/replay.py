"""Applying records: as they are made, and again when they are read from a journal."""

from typing import NamedTuple

import numpy as np

from lightning.engine.admin import apply_change, concerned
from lightning.engine.changes import ChangeRefused
from lightning.engine.exchange import Exchange
from lightning.engine.journal import AdminRecord, Record
from lightning.instruments import Currency, Symbol
from lightning.rows import EVENT

NO_EVENTS = np.empty(0, EVENT)


class ReplayError(Exception):
    """The record does not follow the exchange's state; nothing was applied."""


class Applied(NamedTuple):
    """One record and what came of it."""

    record: Record
    events: np.ndarray
    """EVENT rows, none for an admin change; `command` means nothing here."""
    instrument: Currency | Symbol | None = None
    """What an admin change is about, as it is after it."""
    refusal: ChangeRefused | None = None
    """Why an admin change was not made."""


def apply(exchange: Exchange, record: Record) -> Applied:
    """Apply what follows next."""
    if not isinstance(record, AdminRecord):
        events = exchange.submit(record.rows)
        exchange.statistics.add_trades(record.rows, events)
        return Applied(record, events)
    refusal = None
    try:
        apply_change(exchange, record.change)
    except ChangeRefused as error:  # it takes its seq all the same
        refusal = error
    return Applied(record, NO_EVENTS, concerned(exchange, record.change), refusal)


def apply_record(exchange: Exchange, record: Record) -> Applied:
    """Apply a record of a journal, if it is what follows next. Raises ReplayError."""
    if record.first_seq != exchange.seq + 1:
        raise ReplayError(f"the record begins at seq {record.first_seq}, the exchange is at {exchange.seq}")
    carried = None if isinstance(record, AdminRecord) else record.state_hash
    if carried is not None and carried != exchange.state_hash():
        raise ReplayError(
            f"before seq {record.first_seq} the state hash is {exchange.state_hash():016x},"
            f" the journal says {carried:016x}"
        )
    return apply(exchange, record)
