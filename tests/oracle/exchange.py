"""The oracle itself: commands in, what is due before them, the checks in their order, rows out."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from lightning.codes import AccountStatus, CommandFlag, CommandKind, EventFlag, RejectReason, SymbolStatus
from lightning.instruments import Currency, Symbol
from lightning.rows import Command, Event
from tests.oracle import invariants
from tests.oracle.amending import amend
from tests.oracle.book import Book, Levels, Order
from tests.oracle.controls import cancel_all, cancel_all_after, set_account_status, set_symbol_status
from tests.oracle.ledger import Ledger, OnceWindow, Totals
from tests.oracle.matching import Matching
from tests.oracle.money import Money, chain_rows, is_linked, refused_chain
from tests.oracle.placing import cancel_first_leg, place
from tests.oracle.rows import Rows, at_command, own_rows, rejected_row, to_array, to_events
from tests.oracle.stops import set_off_all
from tests.oracle.timers import expire
from tests.oracle.views import OpenOrder, open_order

Reason = RejectReason


class Oracle:
    def __init__(
        self,
        currencies: Iterable[Currency],
        symbols: Iterable[Symbol],
        ledger: bool = True,
        once_window: int = 1_048_576,
    ) -> None:
        self.currencies = {currency.id: currency for currency in currencies}
        self.books = {
            symbol.id: Book(symbol, fees=ledger) for symbol in sorted(symbols, key=lambda symbol: symbol.id)
        }
        fee_accounts = {book.spec.fee_account for book in self.books.values()}
        self.ledger = Ledger(fee_accounts) if ledger else None
        self.once = OnceWindow(once_window)
        self.matching = Matching(self.books, self.ledger)
        self.money = Money(self.currencies, self.ledger)
        self.seq = 0
        self.kinds: dict[int, Callable[[Command], RejectReason]] = {
            CommandKind.PLACE: self.place,
            CommandKind.CANCEL: self.change,
            CommandKind.AMEND: self.change,
            CommandKind.CANCEL_ALL: lambda command: cancel_all(self.matching, command),
            CommandKind.DEPOSIT: self.move_money,
            CommandKind.WITHDRAW: self.move_money,
            CommandKind.TRANSFER: self.move_money,
            CommandKind.TIMER: lambda command: Reason.NONE,
            CommandKind.SET_SYMBOL_STATUS: lambda command: set_symbol_status(self.matching, command),
            CommandKind.SET_ACCOUNT_STATUS: lambda command: set_account_status(self.matching, command),
            CommandKind.CANCEL_ALL_AFTER: lambda command: cancel_all_after(self.matching, command),
        }

    def submit(self, commands: Sequence[Command] | Rows) -> list[Event]:
        return to_events(self.submit_rows(commands))

    def submit_rows(self, commands: Sequence[Command] | Rows) -> Rows:
        given = as_commands(commands)
        answers: list[bytes] = []
        start = 0
        while start < len(given):
            rows = chain_rows(given, start)
            chain = given[start : start + rows]
            answers.extend(at_command(row, start) for row in self.begin(chain[0]))
            if rows == 1:
                answers.extend(at_command(row, start) for row in self.apply(chain[0]))
            else:
                answers.extend(at_command(row, start + i) for i, row in enumerate(self.apply_chain(chain)))
            start += rows
        return to_array(answers)

    def begin(self, command: Command) -> list[bytes]:
        """The command takes its seq, and everything that is due at its time happens."""
        self.seq += 1
        matching = self.matching
        matching.seq, matching.time_ns, matching.rows = self.seq, command.time_ns, []
        expire(matching, self.ledger, command.time_ns)
        return matching.rows

    def apply(self, command: Command) -> list[bytes]:
        return self.once_only([command], lambda: self.execute(command))

    def apply_chain(self, chain: Sequence[Command]) -> list[bytes]:
        """One row for each TRANSFER; the first has its seq already."""
        first_seq = self.seq
        self.seq += len(chain) - 1
        return self.once_only(chain, lambda: self.money.move_chain(first_seq, chain))

    def once_only(self, commands: Sequence[Command], execute: Callable[[], list[bytes]]) -> list[bytes]:
        """The first answer to an id, or that answer again; `commands` are one, or a chain."""
        key = OnceWindow.key(commands[0]) if self.ledger is not None else None
        if key is None:
            return execute()
        first = self.once.look_up(key)
        if first is None:
            rows = execute()
            self.once.remember(key, commands, own_rows(rows))
            return rows
        if first.content == OnceWindow.content(commands):
            return [at_command(row, 0, EventFlag.REPLAYED) for row in first.rows]
        return refused_chain(self.seq - len(commands) + 1, commands, Reason.DUPLICATE_ID)

    def execute(self, command: Command) -> list[bytes]:
        matching = self.matching
        matching.rows = []
        kind = self.kinds.get(command.kind)
        reason = Reason.INVALID_COMMAND if kind is None else kind(command)
        if reason != Reason.NONE:
            matching.rows.append(rejected_row(self.seq, command, reason))
            if command.kind == CommandKind.PLACE and command.flags & CommandFlag.ONE_CANCELS_OTHER:
                cancel_first_leg(matching, command)
        elif command.kind in (CommandKind.PLACE, CommandKind.AMEND):
            set_off_all(matching, self.books[command.symbol])
        return matching.rows

    def place(self, command: Command) -> RejectReason:
        return place(self.matching, command)

    def find(self, command: Command) -> Order | RejectReason:
        if command.order_id:
            order = self.matching.live.get(command.order_id)
            if order is None or order.symbol != command.symbol:
                return Reason.UNKNOWN_ORDER
            return order if order.account == command.account else Reason.NOT_OWNER
        key = (command.account, command.symbol, command.client_order_id)
        return self.matching.by_client_id.get(key, Reason.UNKNOWN_ORDER)

    def change(self, command: Command) -> RejectReason:
        """CANCEL and AMEND."""
        book = self.books.get(command.symbol)
        if book is None:
            return Reason.UNKNOWN_SYMBOL
        if self.ledger is not None:
            if command.account not in self.ledger.accounts:
                return Reason.UNKNOWN_ACCOUNT
            if command.kind == CommandKind.AMEND and command.account in self.ledger.halted:
                return Reason.ACCOUNT_HALTED
        if book.status == SymbolStatus.HALTED:
            return Reason.HALTED
        order = self.find(command)
        if isinstance(order, RejectReason):
            return order
        if command.kind == CommandKind.AMEND:
            return amend(self.matching, command, book, order)
        self.matching.end(order)
        return Reason.NONE

    def move_money(self, command: Command) -> RejectReason:
        if is_linked(command):
            return Reason.INVALID_COMMAND  # of a chain that is cut short
        row = self.money.move(self.seq, command)
        if isinstance(row, RejectReason):
            return row
        self.matching.rows.append(row)
        return Reason.NONE

    def balances(self) -> dict[tuple[int, int], tuple[int, int]]:
        rows = self.ledger.rows.items() if self.ledger is not None else ()
        return {key: (row.available, row.held) for key, row in rows if row.available or row.held}

    def totals(self) -> list[Totals]:
        """Of every currency, ascending. Fees: all that the fee accounts have, wherever it came from."""
        if self.ledger is None:
            return [Totals(currency, 0, 0, 0, 0, 0) for currency in sorted(self.currencies)]
        return [self.ledger.total_of(currency) for currency in sorted(self.currencies)]

    def depth(self, symbol: int, levels: int) -> tuple[Levels, Levels]:
        bids, asks = self.books[symbol].sides
        return bids.depth(levels), asks.depth(levels)

    def queue(self, symbol: int, side: int) -> list[int]:
        """Order ids of one side in priority order."""
        return [order.order_id for order in self.books[symbol].sides[side].orders()]

    def open_orders(self) -> list[OpenOrder]:
        """Resting and pending, ascending order_id."""
        return [open_order(self.matching.live[order_id]) for order_id in sorted(self.matching.live)]

    def account_status(self, account: int) -> tuple[int, int]:
        """(AccountStatus, when all its orders are canceled; 0: never)."""
        if self.ledger is None:
            return (AccountStatus.ACTIVE, 0)
        halted = account in self.ledger.halted
        return (
            AccountStatus.HALTED if halted else AccountStatus.ACTIVE,
            self.ledger.deadlines.get(account, 0),
        )

    def check(self) -> list[str]:
        return invariants.check(self.books, self.matching, self.ledger, self.totals())


def as_commands(commands: Sequence[Command] | Rows) -> Sequence[Command]:
    if isinstance(commands, np.ndarray):
        return [Command._make(row) for row in commands.tolist()]
    return commands
