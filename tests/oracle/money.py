"""DEPOSIT, WITHDRAW, TRANSFER, and chains of transfers."""

from collections.abc import Mapping, Sequence

from lightning.codes import CommandFlag, CommandKind, EventKind, RejectReason
from lightning.instruments import Currency
from lightning.rows import Command
from tests.oracle.book import INT64_MAX
from tests.oracle.ledger import Ledger
from tests.oracle.rows import money_row, rejected_row

CHAIN_MAX = 1_000
"""Most transfers that are done together."""
Reason = RejectReason


class Money:
    def __init__(self, currencies: Mapping[int, Currency], ledger: Ledger | None) -> None:
        self.currencies = currencies
        self.ledger = ledger

    def move(self, seq: int, command: Command) -> bytes | RejectReason:
        """The row that tells of it, or why not."""
        ledger = self.ledger
        reason = self.check(command, ledger)
        if reason != Reason.NONE or ledger is None:
            return reason
        balance = ledger.of(command.account, command.currency)
        kind, counter = EventKind.DEPOSITED, 0
        if command.kind == CommandKind.DEPOSIT:
            ledger.accounts.add(command.account)
            ledger.deposited[command.currency] = ledger.deposited.get(command.currency, 0) + command.amount
            balance.available += command.amount
        elif command.kind == CommandKind.WITHDRAW:
            kind = EventKind.WITHDRAWN
            ledger.withdrawn[command.currency] = ledger.withdrawn.get(command.currency, 0) + command.amount
            balance.available -= command.amount
        else:
            kind, counter = EventKind.TRANSFERRED, command.counter_account
            balance.available -= command.amount
            ledger.of(counter, command.currency).available += command.amount
        return money_row(kind, seq, command, balance.available, balance.held, counter)

    def check(self, command: Command, ledger: Ledger | None) -> RejectReason:
        if ledger is None:
            return Reason.INVALID_COMMAND
        if command.currency not in self.currencies:
            return Reason.UNKNOWN_CURRENCY
        if command.kind == CommandKind.DEPOSIT:
            return check_deposit(command, ledger)
        if command.account not in ledger.accounts:
            return Reason.UNKNOWN_ACCOUNT
        if command.amount <= 0:
            return Reason.INVALID_AMOUNT
        # Decided: the receiver is judged after the amount and before the funds.
        if command.kind == CommandKind.TRANSFER:
            if command.counter_account not in ledger.accounts:
                return Reason.UNKNOWN_ACCOUNT
            if command.counter_account == command.account:
                return Reason.INVALID_COMMAND
        is_there = command.amount <= ledger.available(command.account, command.currency)
        return Reason.NONE if is_there else Reason.INSUFFICIENT_FUNDS

    def move_chain(self, first_seq: int, chain: Sequence[Command]) -> list[bytes]:
        """All of the transfers, in their order, or none."""
        rows: list[bytes] = []
        if self.ledger is None or any(command.request_id for command in chain[1:]):
            return [
                rejected_row(first_seq + i, command, Reason.INVALID_COMMAND)
                for i, command in enumerate(chain)
            ]
        for command in chain:
            row = self.move(first_seq + len(rows), command)
            if isinstance(row, RejectReason):
                self.undo(chain[: len(rows)])
                return refused_chain(first_seq, chain, row, len(rows))
            rows.append(row)
        return rows

    def undo(self, done: Sequence[Command]) -> None:
        for command in reversed(done):
            assert self.ledger is not None
            self.ledger.of(command.account, command.currency).available += command.amount
            self.ledger.of(command.counter_account, command.currency).available -= command.amount


def check_deposit(command: Command, ledger: Ledger) -> RejectReason:
    if command.account < 0:
        return Reason.UNKNOWN_ACCOUNT
    if command.amount <= 0:
        return Reason.INVALID_AMOUNT
    there = ledger.deposited.get(command.currency, 0) - ledger.withdrawn.get(command.currency, 0)
    return Reason.OVERFLOW if there + command.amount > INT64_MAX else Reason.NONE


def refused_chain(first_seq: int, chain: Sequence[Command], reason: RejectReason, at: int = 0) -> list[bytes]:
    """Row number `at` is the one that was refused."""
    return [
        rejected_row(first_seq + i, command, reason if i == at else Reason.LINKED)
        for i, command in enumerate(chain)
    ]


def is_linked(command: Command) -> bool:
    return command.kind == CommandKind.TRANSFER and bool(command.flags & CommandFlag.LINKED)


def chain_rows(commands: Sequence[Command], start: int) -> int:
    """How many commands from `start` on are one chain; 1: the command stands alone.

    Decided: the rows of a chain that is cut short stand alone. They are refused one by one, each after
    the once-only window has looked at its id; the TRANSFER that ends a chain too late is done as usual.
    """
    if start > 0 and is_linked(commands[start - 1]):
        return 1
    end = start
    while end < len(commands) and is_linked(commands[end]):
        end += 1
    is_whole = end < len(commands) and commands[end].kind == CommandKind.TRANSFER
    return end - start + 1 if is_whole and end - start < CHAIN_MAX else 1
