"""PLACE: its checks, in the order that ARCHITECTURE.md gives them, and the order that it makes."""

from lightning.codes import (
    CommandFlag,
    EventFlag,
    EventKind,
    OrderType,
    RejectReason,
    SelfTradePrevention,
    Side,
    SymbolStatus,
    TimeInForce,
)
from lightning.rows import PRICE_TICKS_MAX, Command
from tests.oracle.book import INT64_MAX, PRICED, RESTING, STOPS, Book, Order
from tests.oracle.ledger import Ledger
from tests.oracle.matching import Matching
from tests.oracle.stops import enter_stop
from tests.oracle.walking import run

SLICES_MAX = 10_000
"""Most shown slices that an order may be cut into."""
Reason = RejectReason


def is_price(price: int) -> bool:
    return 1 <= price <= PRICE_TICKS_MAX


def is_malformed(command: Command) -> bool:
    is_priced, may_rest = command.type in PRICED, command.tif in RESTING
    post_only = command.flags & CommandFlag.POST_ONLY
    own_fees = command.flags & CommandFlag.OWN_FEES
    linked = command.flags & CommandFlag.ONE_CANCELS_OTHER
    # Decided: the flags that mean something only to other commands are malformed here.
    known = CommandFlag.POST_ONLY | CommandFlag.OWN_FEES | CommandFlag.ONE_CANCELS_OTHER
    never_waits = command.type == OrderType.MARKET or (command.type == OrderType.LIMIT and not may_rest)
    return bool(
        command.side > max(Side)
        or command.type > max(OrderType)
        or command.tif > max(TimeInForce)
        or command.stp > max(SelfTradePrevention)
        or command.flags & ~known
        or (post_only and not (is_priced and may_rest))
        or (command.type == OrderType.MARKET and command.tif == TimeInForce.GTD)
        or (command.stop_price and command.type not in (OrderType.STOP, OrderType.STOP_LIMIT))
        or (command.trail_amount and command.type != OrderType.TRAILING_STOP)
        or (command.display_qty and not (is_priced and may_rest))
        or (command.expire_time_ns and command.tif != TimeInForce.GTD)
        or (linked and never_waits)
        or (not own_fees and (command.taker_fee_ppm or command.maker_fee_ppm))
        or command.reserved
        or command.order_id
        or command.request_id
        or command.counter_account
        or command.currency
    )


def check_place(command: Command, books: dict[int, Book], ledger: Ledger | None) -> RejectReason:
    """The checks that need neither the account's money nor its other orders."""
    if is_malformed(command):
        return Reason.INVALID_COMMAND
    book = books.get(command.symbol)
    if book is None:
        return Reason.UNKNOWN_SYMBOL
    if ledger is not None and command.account not in ledger.accounts:
        return Reason.UNKNOWN_ACCOUNT
    if ledger is not None and command.account in ledger.halted:
        return Reason.ACCOUNT_HALTED
    if book.status in (SymbolStatus.CANCEL_ONLY, SymbolStatus.HALTED):
        return Reason.HALTED
    if book.status == SymbolStatus.AUCTION and not is_for_auction(command):
        return Reason.AUCTION
    if not (is_price(command.price) if command.type in PRICED else command.price == 0):
        return Reason.INVALID_PRICE
    if command.type in STOPS and not is_stop_valid(command, book):
        return Reason.INVALID_STOP_PRICE
    if command.tif == TimeInForce.GTD and command.expire_time_ns <= command.time_ns:
        return Reason.INVALID_EXPIRE_TIME
    if not is_quantity_valid(command, book):
        return Reason.INVALID_QUANTITY
    if not is_display_valid(command.display_qty, command.qty):
        return Reason.INVALID_DISPLAY_QUANTITY
    if command.flags & CommandFlag.OWN_FEES and not are_fees_valid(command, book):
        return Reason.INVALID_FEE
    return check_notional(command, book)


def is_for_auction(command: Command) -> bool:
    return command.type in STOPS or (command.type == OrderType.LIMIT and command.tif in RESTING)


def is_stop_valid(command: Command, book: Book) -> bool:
    if command.type != OrderType.TRAILING_STOP:
        return is_price(command.stop_price)
    return is_price(command.trail_amount) and book.last_price != 0 and is_price(first_stop(command, book))


def first_stop(command: Command, book: Book) -> int:
    """The stop price that an order begins with; 0 if it is no stop."""
    if command.type != OrderType.TRAILING_STOP:
        return command.stop_price
    trail = command.trail_amount
    return book.last_price + (trail if command.side == Side.BUY else -trail)


def is_quantity_valid(command: Command, book: Book) -> bool:
    if command.amount:
        is_market_buy = command.type == OrderType.MARKET and command.side == Side.BUY
        return is_market_buy and command.amount > 0 and command.qty == 0
    return book.spec.quantity_min <= command.qty <= book.spec.quantity_max


def is_display_valid(display_qty: int, qty: int) -> bool:
    return display_qty >= 0 and (display_qty == 0 or qty <= SLICES_MAX * display_qty)


def are_fees_valid(command: Command, book: Book) -> bool:
    lowest, highest = book.spec.order_fee_ppm_min, book.spec.order_fee_ppm_max
    return (
        lowest <= command.taker_fee_ppm <= highest
        and lowest <= command.maker_fee_ppm <= highest
        and command.taker_fee_ppm + command.maker_fee_ppm >= 0
    )


def check_notional(command: Command, book: Book) -> RejectReason:
    if command.qty * book.spec.lot_value > INT64_MAX:
        return Reason.OVERFLOW
    if command.type == OrderType.MARKET:
        return Reason.NONE
    order = new_order(command, 0, book)
    given = command.price if command.type in PRICED else order.stop_price
    worst = given if order.price == 0 else order.price
    if book.buy_hold(order, worst, command.qty) > INT64_MAX:
        return Reason.OVERFLOW
    is_too_small = book.notional(given, command.qty) < book.spec.notional_min
    return Reason.LIMIT_EXCEEDED if is_too_small else Reason.NONE


def new_order(command: Command, order_id: int, book: Book) -> Order:
    own_fees = bool(command.flags & CommandFlag.OWN_FEES)
    stop = first_stop(command, book)
    protects = command.type in STOPS - PRICED and command.side == Side.BUY
    return Order(
        order_id=order_id,
        client_order_id=command.client_order_id,
        account=command.account,
        symbol=command.symbol,
        side=command.side,
        type=command.type,
        tif=command.tif,
        price=book.protection_price(stop) if protects else command.price,
        order_qty=command.qty,
        open_qty=command.qty,
        post_only=bool(command.flags & CommandFlag.POST_ONLY),
        by_amount=command.amount > 0,
        stp=SelfTradePrevention(command.stp),
        taker_fee_ppm=command.taker_fee_ppm if own_fees else book.spec.taker_fee_ppm,
        maker_fee_ppm=command.maker_fee_ppm if own_fees else book.spec.maker_fee_ppm,
        create_time_ns=command.time_ns,
        update_time_ns=command.time_ns,
        stop_price=stop,
        trail_amount=command.trail_amount,
        display_qty=command.display_qty,
        expire_time_ns=command.expire_time_ns,
    )


def prevention(stp: SelfTradePrevention, book: Book, ledger: Ledger | None) -> SelfTradePrevention:
    """The order's own mode, or the symbol's: without a ledger only if the configuration names it."""
    if stp != SelfTradePrevention.DEFAULT:
        return stp
    if ledger is None and not book.spec.self_trade_prevention_given:
        return SelfTradePrevention.NONE
    return book.spec.self_trade_prevention


def money_of(order: Order, command: Command, book: Book, ledger: Ledger | None) -> int | None:
    """What a market buy may spend; None for any other order, and for one by quantity without a ledger."""
    if order.type != OrderType.MARKET or order.side != Side.BUY:
        return None
    if order.by_amount:
        return command.amount
    return None if ledger is None else ledger.available(order.account, book.spec.quote.id)


def place(matching: Matching, command: Command) -> RejectReason:
    ledger = matching.ledger
    reason = check_place(command, matching.books, ledger)
    if reason != Reason.NONE:
        return reason
    book = matching.books[command.symbol]
    order = new_order(command, matching.seq, book)
    order.stp = prevention(order.stp, book, ledger)
    money = money_of(order, command, book, ledger)
    hold = matching.hold_for(book, order, order.price, order.open_qty)
    if ledger is not None:
        hold = hold if money is None else money
        if ledger.available(order.account, book.hold_currency(order)) < max(hold, 1):
            return Reason.INSUFFICIENT_FUNDS
    reason = check_against_book(matching, command, book, order)
    if reason != Reason.NONE:
        return reason
    if command.flags & CommandFlag.ONE_CANCELS_OTHER:
        order.sibling = matching.live[order.order_id - 1]
        order.sibling.sibling = order
    order.held = hold
    if ledger is not None:
        ledger.hold(order.account, book.hold_currency(order), hold)
    order.is_pending = order.type in STOPS
    matching.emit(EventKind.ACCEPTED, order, order.open_qty, hold)
    if order.is_pending:
        enter_stop(matching, book, order)
    elif book.status == SymbolStatus.AUCTION:
        matching.rest(book, order)
    else:
        run(matching, order, money)
    return Reason.NONE


def check_against_book(matching: Matching, command: Command, book: Book, order: Order) -> RejectReason:
    # Decided: with a ledger too, for the once-only window may have forgotten the id of a resting order.
    if order.client_order_id and matching.client_key(order) in matching.by_client_id:
        return Reason.DUPLICATE_ID
    if command.flags & CommandFlag.ONE_CANCELS_OTHER:
        first = first_leg(matching, command)
        if first is None or first.side != order.side:
            return Reason.LINKED
    if order.type == OrderType.LIMIT:
        trading = book.status == SymbolStatus.TRADING
        if order.post_only and trading and book.would_trade(order.side, order.price):
            return Reason.WOULD_CROSS
        if book.is_outside_band(order.price):
            return Reason.PRICE_BAND
    if (order.type in STOPS or order.may_rest) and has_too_many_orders(matching, book, order.account):
        return Reason.LIMIT_EXCEEDED
    return Reason.NONE


def first_leg(matching: Matching, command: Command) -> Order | None:
    """The order of the command before, if this one may be linked with it (of whatever side)."""
    order = matching.live.get(matching.seq - 1)
    if order is None or (order.account, order.symbol) != (command.account, command.symbol):
        return None
    return order if order.filled_qty == 0 and order.sibling is None else None


def has_too_many_orders(matching: Matching, book: Book, account: int) -> bool:
    most = book.spec.orders_max
    if most == 0 or (matching.ledger is None and account == 0):
        return False
    key = (account, book.spec.id)
    return sum((order.account, order.symbol) == key for order in matching.live.values()) >= most


def cancel_first_leg(matching: Matching, command: Command) -> None:
    """The second of two that were to take each other along was refused, for whatever reason."""
    first = first_leg(matching, command)
    if first is not None:
        matching.end(first, Reason.LINKED, EventFlag.MAKER)
