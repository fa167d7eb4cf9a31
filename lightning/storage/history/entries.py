"""What trades and moves did to balances: fills and ledger entries.

A trade gives each side a base leg, a quote leg and a fee leg, and its fee account both fees. Holds are no
entries: they do not change what an account has in all. So the entries of an account and currency, with what
was carried forward from those that are dropped, sum to its available + held, exactly.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from lightning.codes import EventKind, Side
from lightning.storage.history.paging import Position
from lightning.storage.history.schema import Move, Trade


class EntryKind(IntEnum):
    """Numbers are only appended to: `lightning.v1` and exports use the same ones."""

    DEPOSIT = 1
    WITHDRAWAL = 2
    TRANSFER_IN = 3
    TRANSFER_OUT = 4
    TRADE = 5
    FEE = 6
    FEE_INCOME = 7
    """Of a fee account: both fees of a trade."""
    CARRIED_FORWARD = 8
    """The sum of all entries before, which the history no longer has one by one."""


class Leg(IntEnum):
    """A position's last part, within one trade or move."""

    TAKER = 0
    TAKER_QUOTE = 1
    TAKER_FEE = 2
    MAKER = 3
    MAKER_QUOTE = 4
    MAKER_FEE = 5
    FEE_ACCOUNT = 6


class Fill(NamedTuple):
    """One account's side of a trade."""

    trade: Trade
    is_maker: bool

    @property
    def position(self) -> Position:
        return (self.trade.seq, self.trade.trade_id, Leg.MAKER if self.is_maker else Leg.TAKER)

    @property
    def account(self) -> int:
        return self.trade.maker_account if self.is_maker else self.trade.taker_account

    @property
    def order_id(self) -> int:
        return self.trade.maker_order_id if self.is_maker else self.trade.taker_order_id

    @property
    def client_order_id(self) -> int:
        trade = self.trade
        return trade.maker_client_order_id if self.is_maker else trade.taker_client_order_id

    @property
    def side(self) -> int:
        return 1 - self.trade.taker_side if self.is_maker else self.trade.taker_side

    @property
    def fee(self) -> int:
        return self.trade.maker_fee if self.is_maker else self.trade.taker_fee


class Entry(NamedTuple):
    """One line of an account's ledger; `amount` is what its balance gained."""

    seq: int
    trade_id: int
    leg: int
    time_ns: int
    kind: int
    account: int
    currency: int
    amount: int
    symbol: int
    order_id: int
    counter_account: int
    """Of a transfer, and of a fee: who else was in it."""

    @property
    def position(self) -> Position:
        return (self.seq, self.trade_id, self.leg)


def fill_entries(fill: Fill) -> Iterator[Entry]:
    """What one side of a trade gets and gives."""
    trade, first = fill.trade, fill.position[2]
    sign = 1 if fill.side == Side.BUY else -1
    legs = (
        (EntryKind.TRADE, trade.base, sign * trade.base_amount, 0),
        (EntryKind.TRADE, trade.quote, -sign * trade.quote_amount, 0),
        (EntryKind.FEE, trade.quote, -fill.fee, trade.fee_account),
    )
    for number, (kind, currency, amount, counter) in enumerate(legs):
        if amount:
            yield Entry(
                seq=trade.seq,
                trade_id=trade.trade_id,
                leg=first + number,
                time_ns=trade.time_ns,
                kind=kind,
                account=fill.account,
                currency=currency,
                amount=amount,
                symbol=trade.symbol,
                order_id=fill.order_id,
                counter_account=counter,
            )


def fee_entry(trade: Trade) -> Entry:
    """What a trade's fee account gets."""
    return Entry(
        seq=trade.seq,
        trade_id=trade.trade_id,
        leg=Leg.FEE_ACCOUNT,
        time_ns=trade.time_ns,
        kind=EntryKind.FEE_INCOME,
        account=trade.fee_account,
        currency=trade.quote,
        amount=trade.taker_fee + trade.maker_fee,
        symbol=trade.symbol,
        order_id=trade.taker_order_id,
        counter_account=trade.taker_account,
    )


_OUT = {
    EventKind.DEPOSITED: (EntryKind.DEPOSIT, 1),
    EventKind.WITHDRAWN: (EntryKind.WITHDRAWAL, -1),
    EventKind.TRANSFERRED: (EntryKind.TRANSFER_OUT, -1),
}


def move_entry(move: Move, receives: bool) -> Entry:
    """Of the account that asked for it, or with `receives` of the one that a transfer goes to."""
    kind, sign = (EntryKind.TRANSFER_IN, 1) if receives else _OUT[EventKind(move.kind)]
    return Entry(
        seq=move.seq,
        trade_id=0,
        leg=int(receives),
        time_ns=move.time_ns,
        kind=kind,
        account=move.counter_account if receives else move.account,
        currency=move.currency,
        amount=sign * move.amount,
        symbol=0,
        order_id=0,
        counter_account=move.account if receives else move.counter_account,
    )


def carried_entry(seq: int, time_ns: int, account: int, currency: int, amount: int) -> Entry:
    """The sum of what an account had of a currency up to `seq`."""
    return Entry(
        seq=seq,
        trade_id=0,
        leg=currency,
        time_ns=time_ns,
        kind=EntryKind.CARRIED_FORWARD,
        account=account,
        currency=currency,
        amount=amount,
        symbol=0,
        order_id=0,
        counter_account=0,
    )
