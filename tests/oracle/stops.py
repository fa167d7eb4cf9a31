"""Stops of the oracle: all that wait are looked at again after everything that may set one off."""

from lightning.codes import EventFlag, EventKind, OrderType, RejectReason, Side, SymbolStatus
from tests.oracle.book import Book, Order
from tests.oracle.matching import Matching
from tests.oracle.walking import run


def is_set_off(book: Book, order: Order) -> bool:
    """By the last trade, at entry too."""
    if book.status != SymbolStatus.TRADING or book.last_price == 0:
        return False
    if order.side == Side.BUY:
        return book.last_price >= order.stop_price
    return book.last_price <= order.stop_price


def enter_stop(matching: Matching, book: Book, order: Order) -> None:
    """An accepted one: it is set off at once, or waits."""
    if order.type == OrderType.TRAILING_STOP:
        order.watermark = book.last_price
    matching.wait(book, order)
    if is_set_off(book, order):
        set_off(matching, book, order)


def set_off(matching: Matching, book: Book, order: Order) -> None:
    """It waits no longer and goes to the book as market or limit order."""
    matching.leave_book(book, order)
    # Decided: being set off is a change of the order, so its update time is this one.
    order.update_time_ns = matching.time_ns
    matching.emit(EventKind.TRIGGERED, order, order.open_qty)
    if order.type == OrderType.STOP_LIMIT:
        if book.is_outside_band(order.price):
            matching.end(order, RejectReason.PRICE_BAND)
            return
        if order.post_only and book.would_trade(order.side, order.price):
            matching.end(order, RejectReason.WOULD_CROSS)
            return
    run(matching, order, None)


def set_off_all(matching: Matching, book: Book) -> None:
    """One after another, the last price looked at anew after each, until none is left: consequences."""
    own_flags, matching.flags = matching.flags, EventFlag.CONSEQUENCE
    while book.pending:
        orders = [order for order in book.pending.values() if is_set_off(book, order)]
        if not orders:
            break
        set_off(matching, book, min(orders, key=lambda order: order.stop_rank))
    matching.flags = own_flags
