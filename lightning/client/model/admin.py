"""What an operator asks for."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from lightning.client.values import (
    ACCOUNT_STATUS_OF,
    SYMBOL_STATUS_OF,
    Amount,
    SelfTradePreventionLike,
    wire_name,
)
from lightning.codes import AccountStatus, SymbolStatus
from lightning.pb.v1 import admin_pb2 as pb


@dataclass(frozen=True, kw_only=True, slots=True)
class SymbolTerms:
    """What a symbol may be made or changed with; what is not given is the default, or stays."""

    maker_fee_ppm: int | None = None
    """Millionths, as all that is named so."""
    taker_fee_ppm: int | None = None
    self_trade_prevention: SelfTradePreventionLike | None = None
    quantity_min: Amount | None = None
    quantity_max: Amount | None = None
    notional_min: Amount | None = None
    fee_account_id: int | None = None
    order_fee_ppm_min: int | None = None
    order_fee_ppm_max: int | None = None
    price_band_ppm: int | None = None
    market_protection_ppm: int | None = None
    open_orders_max: int | None = None


class Uncross(NamedTuple):
    price: Decimal
    """Of all its trades."""
    quantity: Decimal


class SymbolStatusSet(NamedTuple):
    status: SymbolStatus
    uncrosses: tuple[Uncross, ...]
    """Orders that crossed when trading began; mostly one, or none."""
    seq: int


class AccountStatusSet(NamedTuple):
    status: AccountStatus
    canceled_count: int
    seq: int


class StateHash(NamedTuple):
    seq: int
    hash: str


class Totals(NamedTuple):
    """available + held + fees = deposited - withdrawn"""

    currency_id: int
    deposited: Decimal
    withdrawn: Decimal
    available: Decimal
    held: Decimal
    fees: Decimal
    """What the fee accounts have."""


class ExchangeTotals(NamedTuple):
    seq: int
    totals: tuple[Totals, ...]


class Storage(NamedTuple):
    snapshot_seq: int
    history_seq: int
    recovered_seq: int
    replayed_commands: int
    recovery_seconds: float
    history_error: str
    """Empty: the history is kept."""


class Queues(NamedTuple):
    """What waits in the server."""

    engine: int
    """Submissions and queries that are not done yet."""
    journal: int
    """Answers that are held back until what they tell is on disk."""
    subscribers: int
    """Of books, trades and accounts."""
    updates: int
    """That those have not taken yet."""


class Status(NamedTuple):
    version: str
    state: str
    """SERVING, DRAINING"""
    seq: int
    start_time_ns: int
    time_ns: int
    storage: Storage | None
    """None: the exchange is kept in memory only."""
    queues: Queues


class Snapshot(NamedTuple):
    seq: int
    state_hash: str
    pause_ms: float
    """How long nothing was matched."""
    seconds: float
    """Until it was on disk."""


def symbol_status_set(message: pb.SetSymbolStatusResponse) -> SymbolStatusSet:
    uncrosses = (Uncross(Decimal(one.price), Decimal(one.quantity)) for one in message.uncrosses)
    return SymbolStatusSet(SYMBOL_STATUS_OF[message.status], tuple(uncrosses), message.seq)


def account_status_set(message: pb.SetAccountStatusResponse) -> AccountStatusSet:
    return AccountStatusSet(ACCOUNT_STATUS_OF[message.status], message.canceled_count, message.seq)


def totals(message: pb.GetTotalsResponse) -> ExchangeTotals:
    return ExchangeTotals(
        message.seq,
        tuple(
            Totals(
                one.currency_id,
                Decimal(one.deposited),
                Decimal(one.withdrawn),
                Decimal(one.available),
                Decimal(one.held),
                Decimal(one.fees),
            )
            for one in message.totals
        ),
    )


def status(message: pb.GetStatusResponse) -> Status:
    of, waiting = message.storage, message.queues
    return Status(
        version=message.version,
        state=wire_name(pb.ServerState, message.state),
        seq=message.seq,
        start_time_ns=message.start_time_ns,
        time_ns=message.time_ns,
        storage=Storage(
            of.snapshot_seq,
            of.history_seq,
            of.recovered_seq,
            of.replayed_commands,
            of.recovery_seconds,
            of.history_error,
        )
        if message.HasField("storage")
        else None,
        queues=Queues(waiting.engine, waiting.journal, waiting.subscribers, waiting.updates),
    )
