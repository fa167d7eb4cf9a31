"""Accounts and money."""

from decimal import Decimal
from typing import NamedTuple

from lightning.client.values import Amount, wire_name
from lightning.pb.v1 import accounts_pb2 as pb
from lightning.pb.v1 import types_pb2 as types


class Balance(NamedTuple):
    currency_id: int
    total: Decimal
    available: Decimal
    held: Decimal


class Account(NamedTuple):
    account_id: int
    balances: tuple[Balance, ...]
    seq: int

    def balance(self, currency_id: int) -> Balance:
        """Zeros for a currency that the account never had."""
        found = (one for one in self.balances if one.currency_id == currency_id)
        return next(found, Balance(currency_id, Decimal(), Decimal(), Decimal()))


class BalanceChange(NamedTuple):
    """The balance after a change, of who pays if there are two."""

    balance: Balance
    seq: int


class Transfer(NamedTuple):
    from_account: int
    to_account: int
    currency: int | str
    amount: Amount


class TransferBatch(NamedTuple):
    seq: int
    """Of the first transfer; each of the others has the next one."""
    balances: tuple[Balance, ...]
    """Of each transfer's sender, right after it."""


class LedgerEntry(NamedTuple):
    """The amounts of an account and currency sum to its total, exactly."""

    seq: int
    time_ns: int
    kind: str
    """DEPOSIT, WITHDRAWAL, TRANSFER_IN, TRANSFER_OUT, TRADE, FEE, FEE_INCOME, CARRIED_FORWARD"""
    currency_id: int
    amount: Decimal
    """What the balance gained; negative: lost."""
    symbol_id: int
    trade_id: int
    order_id: int
    counter_account_id: int


def balance(message: types.Balance) -> Balance:
    return Balance(
        message.currency_id, Decimal(message.total), Decimal(message.available), Decimal(message.held)
    )


def account(message: pb.Account) -> Account:
    return Account(message.account_id, tuple(map(balance, message.balances)), message.seq)


def balance_change(message: pb.BalanceChange | pb.TransferResponse) -> BalanceChange:
    return BalanceChange(balance(message.balance), message.seq)


def ledger_entry(message: pb.LedgerEntry) -> LedgerEntry:
    return LedgerEntry(
        seq=message.seq,
        time_ns=message.time_ns,
        kind=wire_name(pb.LedgerEntryKind, message.kind),
        currency_id=message.currency_id,
        amount=Decimal(message.amount),
        symbol_id=message.symbol_id,
        trade_id=message.trade_id,
        order_id=message.order_id,
        counter_account_id=message.counter_account_id,
    )
