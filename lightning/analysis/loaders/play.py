"""An OrderStream into an in-process `Exchange`, its answers against what the source says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from lightning.analysis.loaders.judge import Judged, Mismatch, judge
from lightning.analysis.loaders.stream import LoadError, OrderStream, mismatch_frame
from lightning.codes import CommandKind, EventKind, RejectReason
from lightning.engine.exchange import Exchange
from lightning.engine.journal import Batch
from lightning.engine.replay import apply
from lightning.instruments import Symbol
from lightning.rows import COMMAND, EVENT

BATCH_ROWS = 65_536
DEPOSIT = 2**60
"""Of each currency to each account, in its smallest units: all of a currency must fit 63 bits, also with what
three streams brought."""

OnBatch = Callable[[npt.NDArray[np.void], npt.NDArray[np.void]], None]
"""Told the COMMAND rows of a batch and its EVENT rows, whose `command` counts within the batch."""


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a stream."""

    events: npt.NDArray[np.void]
    """EVENT, `command` counts within the stream; none unless they were to be kept."""
    commands_judged: int
    """Those whose outcome the source tells."""
    fills: int
    """Those that the source tells."""
    fills_exact: int
    """Of these: right maker, quantity and price, in the right order."""
    mismatches: pl.DataFrame
    """MISMATCH_SCHEMA: what was found when the source was read, and what came out otherwise."""

    @property
    def exact(self) -> bool:
        """Everything came out as the source says."""
        return not len(self.mismatches)


def play(
    stream: OrderStream,
    exchange: Exchange,
    keep_events: bool = True,
    on_batch: OnBatch | None = None,
    batch_rows: int = BATCH_ROWS,
) -> Played:
    """Apply every command at the source's own time; with a ledger, accounts get money first.

    The source's times drive the exchange's clock: what is due at a time happens then. Time must not have
    passed them already.
    Raises LoadError where the accounts cannot be given the money.
    """
    if exchange.ledger and len(stream):
        check_deposits(stream, _apply(exchange, deposits(stream, exchange.symbols)))
    tally = PlayTally(stream)
    kept = []
    for first in range(0, len(stream), batch_rows):
        rows = stream.commands[first : first + batch_rows]
        events = _apply(exchange, rows)
        if on_batch is not None:
            on_batch(rows, events)
        tally.add(first, first + len(rows), events)
        if keep_events:
            events["command"] += first
            kept.append(events)
    return tally.played(np.concatenate(kept) if kept else np.empty(0, EVENT))


def _apply(exchange: Exchange, rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    return apply(exchange, Batch(exchange.seq + 1, rows)).events


def deposits(stream: OrderStream, symbols: Mapping[int, Symbol]) -> npt.NDArray[np.void]:
    """COMMAND rows that give every account of a stream money for all it does."""
    traded = [symbols[symbol] for symbol in np.unique(stream.commands["symbol"]).tolist()]
    currencies = sorted({currency.id for one in traded for currency in (one.base, one.quote)})
    accounts = np.unique(stream.commands["account"])
    rows = np.zeros(len(accounts) * len(currencies), COMMAND)
    rows["kind"] = CommandKind.DEPOSIT
    rows["account"] = np.repeat(accounts, len(currencies))
    rows["currency"] = np.tile(currencies, len(accounts))
    rows["amount"] = DEPOSIT
    rows["time_ns"] = stream.commands["time_ns"][0]
    return rows


def check_deposits(stream: OrderStream, events: npt.NDArray[np.void]) -> None:
    """Raises LoadError if one was refused."""
    refused = events[events["kind"] == EventKind.REJECTED]
    if len(refused):
        account, reason = int(refused["account"][0]), RejectReason(refused["reason"][0]).name
        raise LoadError(f"{stream.source}: account {account} cannot be given its money: {reason}")


class PlayTally:
    """Adds up what was judged, batch by batch."""

    def __init__(self, stream: OrderStream) -> None:
        self._stream = stream
        self._judged = Judged(0, 0, 0, [])

    def add(self, first: int, last: int, events: npt.NDArray[np.void]) -> None:
        before, now = self._judged, judge(self._stream, first, last, events)
        self._judged = Judged(
            before.commands + now.commands,
            before.fills + now.fills,
            before.fills_exact + now.fills_exact,
            before.mismatches + now.mismatches,
        )

    def played(self, events: npt.NDArray[np.void]) -> Played:
        judged = self._judged
        found: list[Mismatch] = judged.mismatches
        mismatches = pl.concat([self._stream.mismatches, mismatch_frame(found)])
        return Played(events, judged.commands, judged.fills, judged.fills_exact, mismatches)
