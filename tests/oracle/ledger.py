"""Balances of the oracle and its once-only window."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from lightning.codes import CommandFlag, CommandKind
from lightning.rows import Command


class Totals(NamedTuple):
    currency: int
    deposited: int
    withdrawn: int
    available: int
    held: int
    fees: int


class Balance:
    __slots__ = ("available", "held")

    def __init__(self) -> None:
        self.available = 0
        self.held = 0


class Ledger:
    def __init__(self, fee_accounts: set[int]) -> None:
        # Decided: a symbol's fee account exists from the start, so that its fees can be withdrawn.
        self.fee_accounts = fee_accounts
        self.accounts = set(fee_accounts)
        self.rows: dict[tuple[int, int], Balance] = {}
        self.deposited: dict[int, int] = {}
        self.withdrawn: dict[int, int] = {}
        self.halted: set[int] = set()
        self.deadlines: dict[int, int] = {}
        """When all orders of an account are canceled."""

    def of(self, account: int, currency: int) -> Balance:
        key = (account, currency)
        balance = self.rows.get(key)
        if balance is None:
            balance = self.rows[key] = Balance()
        return balance

    def available(self, account: int, currency: int) -> int:
        balance = self.rows.get((account, currency))
        return 0 if balance is None else balance.available

    def hold(self, account: int, currency: int, amount: int) -> None:
        balance = self.of(account, currency)
        balance.available -= amount
        balance.held += amount

    def total_of(self, currency: int) -> Totals:
        rows = [(account, row) for (account, of), row in self.rows.items() if of == currency]
        return Totals(
            currency,
            self.deposited.get(currency, 0),
            self.withdrawn.get(currency, 0),
            sum(row.available for account, row in rows if account not in self.fee_accounts),
            sum(row.held for account, row in rows if account not in self.fee_accounts),
            sum(row.available + row.held for account, row in rows if account in self.fee_accounts),
        )


class Answer(NamedTuple):
    number: int
    """How many commands with an id there had been, this one included."""
    content: tuple[int, ...]
    rows: list[bytes]
    """Of a chain: one for each of its commands."""


TIME_AT = Command._fields.index("time_ns")
Key = tuple[int, bool, int]


class OnceWindow:
    """The first answers to the last `size` commands that carried an id."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.count = 0
        self.answers: dict[Key, Answer] = {}
        self.order: deque[tuple[int, Key]] = deque()

    @staticmethod
    def key(command: Command) -> Key | None:
        if command.kind == CommandKind.PLACE:
            return (command.account, True, command.client_order_id) if command.client_order_id else None
        shared = bool(command.flags & CommandFlag.SHARED_ID)
        return (command.account, shared, command.request_id) if command.request_id else None

    @staticmethod
    def content(commands: Sequence[Command]) -> tuple[int, ...]:
        """All columns but the time, of all rows of a chain."""
        return tuple(value for command in commands for value in command[:TIME_AT] + command[TIME_AT + 1 :])

    def look_up(self, key: Key) -> Answer | None:
        """Counts the command. An id is forgotten once `size` commands came between."""
        self.count += 1
        while self.order and self.count - self.order[0][0] > self.size:
            _, forgotten = self.order.popleft()
            del self.answers[forgotten]
        return self.answers.get(key)

    def remember(self, key: Key, commands: Sequence[Command], rows: list[bytes]) -> None:
        self.answers[key] = Answer(self.count, self.content(commands), rows)
        self.order.append((self.count, key))
