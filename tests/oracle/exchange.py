"""The oracle itself: commands in, the checks in their order, rows out."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from lightning.codes import (
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    OrderStatus,
    RejectReason,
    Side,
    SymbolStatus,
)
from lightning.instruments import Currency, Symbol
from lightning.rows import Command, Event
from tests.oracle import invariants
from tests.oracle.book import INT64_MAX, Book, Order
from tests.oracle.ledger import Ledger, OnceWindow, Totals
from tests.oracle.matching import Matching
from tests.oracle.placing import check_amend, check_place, money_of, new_order, prevention
from tests.oracle.rows import (
    Rows,
    at_command,
    cancel_all_done_row,
    money_row,
    rejected_row,
    to_array,
    to_events,
)


class OpenOrder(NamedTuple):
    order_id: int
    client_order_id: int
    account: int
    symbol: int
    side: int
    type: int
    tif: int
    price: int
    qty: int
    filled_qty: int
    leaves_qty: int
    filled_quote: int
    fee: int
    status: int
    create_time_ns: int
    update_time_ns: int


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
        self.seq = 0

    def submit(self, commands: Sequence[Command] | Rows) -> list[Event]:
        return to_events(self.submit_rows(commands))

    def submit_rows(self, commands: Sequence[Command] | Rows) -> Rows:
        answers: list[bytes] = []
        for i, command in enumerate(as_commands(commands)):
            answers.extend(at_command(row, i) for row in self.apply(command))
        return to_array(answers)

    def apply(self, command: Command) -> list[bytes]:
        self.seq += 1
        key = OnceWindow.key(command) if self.ledger is not None else None
        if key is None:
            return self.execute(command)
        first = self.once.look_up(key)
        if first is None:
            rows = self.execute(command)
            self.once.remember(key, command, rows)
            return rows
        if first.content == OnceWindow.content(command):
            return [at_command(row, 0, EventFlag.REPLAYED) for row in first.rows]
        return [rejected_row(self.seq, command, RejectReason.DUPLICATE_ID)]

    def execute(self, command: Command) -> list[bytes]:
        matching = self.matching
        matching.seq, matching.time_ns, matching.rows = self.seq, command.time_ns, []
        if command.kind == CommandKind.PLACE:
            reason = self.place(command)
        elif command.kind in (CommandKind.CANCEL, CommandKind.AMEND):
            reason = self.change(command)
        elif command.kind == CommandKind.CANCEL_ALL:
            reason = self.cancel_all(command)
        elif command.kind in (CommandKind.DEPOSIT, CommandKind.WITHDRAW, CommandKind.TRANSFER):
            reason = self.move_money(command)
        else:
            reason = RejectReason.INVALID_COMMAND
        if reason != RejectReason.NONE:
            return [rejected_row(self.seq, command, reason)]
        return matching.rows

    def place(self, command: Command) -> RejectReason:
        reason = check_place(command, self.books, self.ledger)
        if reason != RejectReason.NONE:
            return reason
        matching = self.matching
        book = self.books[command.symbol]
        order = new_order(command, self.seq, book)
        order.stp = prevention(order.stp, book, self.ledger)
        money = money_of(order, command, book, self.ledger)
        hold = matching.hold_for(book, order, order.price, order.open_qty)
        if self.ledger is not None:
            hold = hold if money is None else money
            if self.ledger.available(order.account, book.hold_currency(order)) < max(hold, 1):
                return RejectReason.INSUFFICIENT_FUNDS
        # Decided: with a ledger too, for the once-only window may have forgotten the id of a resting order.
        if order.client_order_id and matching.client_key(order) in matching.by_client_id:
            return RejectReason.DUPLICATE_ID
        if order.post_only and book.would_trade(order):
            return RejectReason.WOULD_CROSS
        order.held = hold
        if self.ledger is not None:
            self.ledger.hold(order.account, book.hold_currency(order), hold)
        matching.emit(EventKind.ACCEPTED, order, order.open_qty, hold)
        matching.run(order, money)
        return RejectReason.NONE

    def find(self, command: Command) -> Order | RejectReason:
        if command.order_id:
            order = self.matching.live.get(command.order_id)
            if order is None or order.symbol != command.symbol:
                return RejectReason.UNKNOWN_ORDER
            return order if order.account == command.account else RejectReason.NOT_OWNER
        key = (command.account, command.symbol, command.client_order_id)
        return self.matching.by_client_id.get(key, RejectReason.UNKNOWN_ORDER)

    def change(self, command: Command) -> RejectReason:
        """CANCEL and AMEND."""
        book = self.books.get(command.symbol)
        if book is None:
            return RejectReason.UNKNOWN_SYMBOL
        if self.is_unknown(command.account):
            return RejectReason.UNKNOWN_ACCOUNT
        if book.spec.status == SymbolStatus.HALTED:
            return RejectReason.HALTED
        order = self.find(command)
        if isinstance(order, RejectReason):
            return order
        if command.kind == CommandKind.CANCEL:
            self.matching.cancel(order)
            return RejectReason.NONE
        return self.amend(command, book, order)

    def amend(self, command: Command, book: Book, order: Order) -> RejectReason:
        reason = check_amend(command, book, order)
        if reason != RejectReason.NONE:
            return reason
        matching = self.matching
        price = command.price or order.price
        qty = command.qty or order.open_qty
        more = matching.hold_for(book, order, price, qty) - order.held
        currency = book.hold_currency(order)
        if more > 0 and self.ledger is not None and more > self.ledger.available(order.account, currency):
            return RejectReason.INSUFFICIENT_FUNDS
        keeps_place = price == order.price and qty <= order.open_qty
        if order.post_only and not keeps_place:
            best = book.opposite(order).best()
            if best is not None and (price >= best.price if order.side == Side.BUY else price <= best.price):
                return RejectReason.WOULD_CROSS
        if not keeps_place:
            matching.leave_book(book, order)
        if self.ledger is not None:
            self.ledger.hold(order.account, currency, more)
        order.held += more
        order.order_qty += qty - order.open_qty
        order.open_qty = qty
        order.price = price
        order.update_time_ns = command.time_ns
        matching.emit(EventKind.AMENDED, order, qty)
        if not keeps_place:
            matching.run(order, None)
        return RejectReason.NONE

    def cancel_all(self, command: Command) -> RejectReason:
        if self.is_unknown(command.account):
            return RejectReason.UNKNOWN_ACCOUNT
        if command.symbol:
            if command.symbol not in self.books:
                return RejectReason.UNKNOWN_SYMBOL
            if self.books[command.symbol].spec.status == SymbolStatus.HALTED:
                return RejectReason.HALTED
        buys = bool(command.flags & CommandFlag.BUY_SIDE)
        sells = bool(command.flags & CommandFlag.SELL_SIDE)
        sides = [Side.BUY, Side.SELL] if buys == sells else [Side.BUY if buys else Side.SELL]
        orders = [
            order
            for order in self.matching.live.values()
            if order.account == command.account
            and (self.ledger is not None or order.account != 0)
            and order.side in sides
            and command.symbol in (0, order.symbol)
            and self.books[order.symbol].spec.status != SymbolStatus.HALTED
        ]
        for order in sorted(orders, key=lambda order: (order.symbol, order.order_id)):
            self.matching.cancel(order)
        self.matching.rows.append(cancel_all_done_row(self.seq, command, len(orders)))
        return RejectReason.NONE

    def is_unknown(self, account: int) -> bool:
        return self.ledger is not None and account not in self.ledger.accounts

    def move_money(self, command: Command) -> RejectReason:
        """DEPOSIT, WITHDRAW, TRANSFER."""
        ledger = self.ledger
        if ledger is None:
            return RejectReason.INVALID_COMMAND
        if command.currency not in self.currencies:
            return RejectReason.UNKNOWN_CURRENCY
        if command.kind == CommandKind.DEPOSIT:
            return self.deposit(command, ledger)
        if self.is_unknown(command.account):
            return RejectReason.UNKNOWN_ACCOUNT
        if command.amount <= 0:
            return RejectReason.INVALID_AMOUNT
        # Decided: the receiver is judged after the amount and before the funds.
        if command.kind == CommandKind.TRANSFER:
            if self.is_unknown(command.counter_account):
                return RejectReason.UNKNOWN_ACCOUNT
            if command.counter_account == command.account:
                return RejectReason.INVALID_COMMAND
        if command.amount > ledger.available(command.account, command.currency):
            return RejectReason.INSUFFICIENT_FUNDS
        ledger.of(command.account, command.currency).available -= command.amount
        kind = EventKind.WITHDRAWN
        if command.kind == CommandKind.TRANSFER:
            kind = EventKind.TRANSFERRED
            ledger.of(command.counter_account, command.currency).available += command.amount
        else:
            ledger.withdrawn[command.currency] = ledger.withdrawn.get(command.currency, 0) + command.amount
        self.emit_money(kind, command, ledger)
        return RejectReason.NONE

    def deposit(self, command: Command, ledger: Ledger) -> RejectReason:
        currency, amount = command.currency, command.amount
        if command.account < 0:
            return RejectReason.UNKNOWN_ACCOUNT
        if amount <= 0:
            return RejectReason.INVALID_AMOUNT
        deposited = ledger.deposited.get(currency, 0)
        if deposited - ledger.withdrawn.get(currency, 0) + amount > INT64_MAX:
            return RejectReason.OVERFLOW
        ledger.deposited[currency] = deposited + amount
        ledger.accounts.add(command.account)
        ledger.of(command.account, currency).available += amount
        self.emit_money(EventKind.DEPOSITED, command, ledger)
        return RejectReason.NONE

    def emit_money(self, kind: EventKind, command: Command, ledger: Ledger) -> None:
        balance = ledger.of(command.account, command.currency)
        counter = command.counter_account if kind == EventKind.TRANSFERRED else 0
        row = money_row(kind, self.seq, command, balance.available, balance.held, counter)
        self.matching.rows.append(row)

    def balances(self) -> dict[tuple[int, int], tuple[int, int]]:
        rows = self.ledger.rows.items() if self.ledger is not None else ()
        return {key: (row.available, row.held) for key, row in rows if row.available or row.held}

    def totals(self) -> list[Totals]:
        """Of every currency, ascending. Fees: all that the fee accounts have, wherever it came from."""
        return [Totals(currency, *self.total_of(currency)) for currency in sorted(self.currencies)]

    def total_of(self, currency: int) -> tuple[int, int, int, int, int]:
        ledger = self.ledger
        if ledger is None:
            return (0, 0, 0, 0, 0)
        rows = [(account, row) for (account, of), row in ledger.rows.items() if of == currency]
        return (
            ledger.deposited.get(currency, 0),
            ledger.withdrawn.get(currency, 0),
            sum(row.available for account, row in rows if account not in ledger.fee_accounts),
            sum(row.held for account, row in rows if account not in ledger.fee_accounts),
            sum(row.available + row.held for account, row in rows if account in ledger.fee_accounts),
        )

    def depth(
        self, symbol: int, levels: int
    ) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
        bids, asks = self.books[symbol].sides
        return bids.depth(levels), asks.depth(levels)

    def queue(self, symbol: int, side: int) -> list[int]:
        """Order ids of one side in priority order."""
        return [order.order_id for order in self.books[symbol].sides[side].orders()]

    def open_orders(self) -> list[OpenOrder]:
        return [open_order(self.matching.live[order_id]) for order_id in sorted(self.matching.live)]

    def check(self) -> list[str]:
        return invariants.check(self.books, self.matching, self.ledger, self.totals())


def open_order(order: Order) -> OpenOrder:
    status = OrderStatus.PARTIALLY_FILLED if order.filled_qty else OrderStatus.NEW
    return OpenOrder(
        order.order_id,
        order.client_order_id,
        order.account,
        order.symbol,
        order.side,
        order.type,
        order.tif,
        order.price,
        order.order_qty,
        order.filled_qty,
        order.open_qty,
        order.filled_quote,
        order.fee,
        status,
        order.create_time_ns,
        order.update_time_ns,
    )


def as_commands(commands: Sequence[Command] | Rows) -> Iterator[Command]:
    if isinstance(commands, np.ndarray):
        return map(Command._make, commands.tolist())
    return iter(commands)
