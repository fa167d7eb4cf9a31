"""CANCEL_ALL, CANCEL_ALL_AFTER and the statuses of symbols and accounts."""

from collections.abc import Iterator

from lightning.codes import (
    AccountStatus,
    CommandFlag,
    EventKind,
    RejectReason,
    Side,
    SymbolStatus,
)
from lightning.rows import Command
from tests.oracle.auction import uncross
from tests.oracle.book import Book, Order
from tests.oracle.matching import Matching
from tests.oracle.rows import cancel_all_done_row, plain_row
from tests.oracle.stops import set_off_all

Reason = RejectReason


def cancel_all(matching: Matching, command: Command) -> RejectReason:
    of_every_account = bool(command.flags & CommandFlag.EVERY_ACCOUNT)
    ledger = matching.ledger
    if of_every_account:
        if command.account != 0:
            return Reason.INVALID_COMMAND
    elif ledger is not None and command.account not in ledger.accounts:
        return Reason.UNKNOWN_ACCOUNT
    if command.symbol:
        book = matching.books.get(command.symbol)
        if book is None:
            return Reason.UNKNOWN_SYMBOL
        if book.status == SymbolStatus.HALTED:
            return Reason.HALTED
    books = [
        book
        for symbol, book in matching.books.items()
        if command.symbol in (0, symbol) and book.status != SymbolStatus.HALTED
    ]
    sides = sides_of(command.flags)
    count = 0
    for book in books:
        orders = all_orders(book) if of_every_account else orders_of(matching, book, command.account)
        count += matching.cancel_each([order for order in orders if order.side in sides])
    matching.rows.append(cancel_all_done_row(matching.seq, command, count))
    return Reason.NONE


def sides_of(flags: int) -> list[Side]:
    buys, sells = flags & CommandFlag.BUY_SIDE, flags & CommandFlag.SELL_SIDE
    if bool(buys) == bool(sells):
        return [Side.BUY, Side.SELL]
    return [Side.BUY if buys else Side.SELL]


def all_orders(book: Book) -> Iterator[Order]:
    """Bids and asks by priority, then stops in the order in which they would be set off."""
    for side in book.sides:
        yield from side.orders()
    yield from sorted(book.pending.values(), key=lambda order: order.stop_rank)


def orders_of(matching: Matching, book: Book, account: int) -> Iterator[Order]:
    """Oldest first. Decided: without a ledger account 0 is nobody, so its orders are not found."""
    if matching.ledger is None and account == 0:
        return
    for order_id in sorted(matching.live):
        order = matching.live[order_id]
        if (order.account, order.symbol) == (account, book.spec.id):
            yield order


def set_symbol_status(matching: Matching, command: Command) -> RejectReason:
    if command.type > max(SymbolStatus):
        return Reason.INVALID_COMMAND
    book = matching.books.get(command.symbol)
    if book is None:
        return Reason.UNKNOWN_SYMBOL
    book.status = SymbolStatus(command.type)
    matching.rows.append(
        plain_row(EventKind.SYMBOL_STATUS_CHANGED, matching.seq, symbol=command.symbol, qty=int(book.status))
    )
    if book.status == SymbolStatus.TRADING:
        uncross(matching, book)
        set_off_all(matching, book)
    return Reason.NONE


def set_account_status(matching: Matching, command: Command) -> RejectReason:
    ledger = matching.ledger
    if ledger is None or command.type > max(AccountStatus):
        return Reason.INVALID_COMMAND
    if command.account not in ledger.accounts:
        return Reason.UNKNOWN_ACCOUNT
    if command.type == AccountStatus.HALTED:
        ledger.halted.add(command.account)
    else:
        ledger.halted.discard(command.account)
    matching.rows.append(
        plain_row(EventKind.ACCOUNT_STATUS_CHANGED, matching.seq, account=command.account, qty=command.type)
    )
    return Reason.NONE


def cancel_all_after(matching: Matching, command: Command) -> RejectReason:
    ledger = matching.ledger
    if ledger is None:
        return Reason.INVALID_COMMAND
    if command.account not in ledger.accounts:
        return Reason.UNKNOWN_ACCOUNT
    when = command.expire_time_ns
    if when != 0 and when <= command.time_ns:
        return Reason.INVALID_EXPIRE_TIME
    ledger.deadlines.pop(command.account, None)
    if when:
        ledger.deadlines[command.account] = when
    matching.rows.append(
        plain_row(EventKind.CANCEL_ALL_AFTER_SET, matching.seq, account=command.account, create_time_ns=when)
    )
    return Reason.NONE
