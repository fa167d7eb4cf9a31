"""AMEND: its checks in their order, and what it changes."""

from lightning.codes import EventKind, RejectReason, SymbolStatus
from lightning.rows import Command
from tests.oracle.book import INT64_MAX, PRICED, Book, Order
from tests.oracle.matching import Matching
from tests.oracle.placing import is_display_valid, is_price
from tests.oracle.walking import run

Reason = RejectReason


def check_amend(command: Command, book: Book, order: Order) -> RejectReason:
    """The checks that need no balance."""
    if command.price and not is_price(command.price):
        return Reason.INVALID_PRICE
    if command.price == 0 and command.qty == 0:
        return Reason.INVALID_QUANTITY
    # Decided: a new quantity obeys the symbol's limits; one that is kept is not judged again.
    if command.qty and not book.spec.quantity_min <= command.qty <= book.spec.quantity_max:
        return Reason.INVALID_QUANTITY
    if book.status == SymbolStatus.CANCEL_ONLY:
        return Reason.HALTED
    if order.is_pending and order.type not in PRICED and command.price:
        return Reason.INVALID_PRICE
    price = command.price or order.price
    qty = command.qty or order.open_qty
    if not is_display_valid(order.display_qty, qty):
        return Reason.INVALID_DISPLAY_QUANTITY
    too_large = max(
        qty * book.spec.lot_value,
        book.buy_hold(order, price, qty),
        order.order_qty + qty - order.open_qty,
    )
    return Reason.OVERFLOW if too_large > INT64_MAX else Reason.NONE


def check_new_price(command: Command, book: Book, order: Order, keeps_place: bool) -> RejectReason:
    """Of an order that rests."""
    price = command.price or order.price
    is_looked_at = order.post_only and not keeps_place and book.status == SymbolStatus.TRADING
    if is_looked_at and book.would_trade(order.side, price):
        return Reason.WOULD_CROSS
    return Reason.PRICE_BAND if price != order.price and book.is_outside_band(price) else Reason.NONE


def amend(matching: Matching, command: Command, book: Book, order: Order) -> RejectReason:
    reason = check_amend(command, book, order)
    if reason != Reason.NONE:
        return reason
    price = command.price or order.price
    qty = command.qty or order.open_qty
    more = matching.hold_for(book, order, price, qty) - order.held
    currency = book.hold_currency(order)
    ledger = matching.ledger
    if more > 0 and ledger is not None and more > ledger.available(order.account, currency):
        return Reason.INSUFFICIENT_FUNDS
    keeps_place = order.is_pending or (price == order.price and qty <= order.open_qty)
    if not order.is_pending:
        reason = check_new_price(command, book, order, keeps_place)
        if reason != Reason.NONE:
            return reason
    if not keeps_place:
        matching.leave_book(book, order)
    if ledger is not None:
        ledger.hold(order.account, currency, more)
    order.held += more
    order.order_qty += qty - order.open_qty
    order.open_qty = qty
    order.price = price
    order.shown = min(order.shown, qty)  # what is hidden goes first
    order.update_time_ns = command.time_ns
    matching.emit(EventKind.AMENDED, order, qty)
    if keeps_place:
        return Reason.NONE
    if book.status == SymbolStatus.AUCTION:
        matching.rest(book, order)
    else:
        run(matching, order, None)
    return Reason.NONE
