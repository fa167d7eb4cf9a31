"""The checks of PLACE and AMEND that need no balance, in the order that ARCHITECTURE.md gives them."""

from lightning.codes import (
    CommandFlag,
    OrderType,
    RejectReason,
    SelfTradePrevention,
    Side,
    SymbolStatus,
    TimeInForce,
)
from lightning.rows import PRICE_TICKS_MAX, Command
from tests.oracle.book import INT64_MAX, Book, Order
from tests.oracle.ledger import Ledger


def is_malformed(command: Command) -> bool:
    own_fees = bool(command.flags & CommandFlag.OWN_FEES)
    unused = (
        command.currency,
        command.order_id,
        command.request_id,
        command.stop_price,
        command.display_qty,
        command.counter_account,
        command.expire_time_ns,
        command.trail_amount,
        0 if own_fees else command.taker_fee_ppm,
        0 if own_fees else command.maker_fee_ppm,
    )
    is_limit_gtc = command.type == OrderType.LIMIT and command.tif == TimeInForce.GTC
    return (
        command.side not in (Side.BUY, Side.SELL)
        or command.type not in (OrderType.LIMIT, OrderType.MARKET)
        or command.tif not in (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)
        or command.stp > max(SelfTradePrevention)
        # Decided: the flags that mean something only to other commands are malformed here.
        or bool(command.flags & ~(CommandFlag.POST_ONLY | CommandFlag.OWN_FEES))
        or (bool(command.flags & CommandFlag.POST_ONLY) and not is_limit_gtc)
        or any(unused)
    )


def check_place(command: Command, books: dict[int, Book], ledger: Ledger | None) -> RejectReason:
    if is_malformed(command):
        return RejectReason.INVALID_COMMAND
    book = books.get(command.symbol)
    if book is None:
        return RejectReason.UNKNOWN_SYMBOL
    if ledger is not None and command.account not in ledger.accounts:
        return RejectReason.UNKNOWN_ACCOUNT
    if book.spec.status != SymbolStatus.TRADING:
        return RejectReason.HALTED
    is_limit = command.type == OrderType.LIMIT
    if not (1 <= command.price <= PRICE_TICKS_MAX if is_limit else command.price == 0):
        return RejectReason.INVALID_PRICE
    if not is_quantity_valid(command, book):
        return RejectReason.INVALID_QUANTITY
    if command.flags & CommandFlag.OWN_FEES and not are_fees_valid(command, book):
        return RejectReason.INVALID_FEE
    if command.qty * book.spec.lot_value > INT64_MAX:
        return RejectReason.OVERFLOW
    if not is_limit:
        return RejectReason.NONE
    notional = book.notional(command.price, command.qty)
    if book.buy_hold(new_order(command, 0, book), command.price, command.qty) > INT64_MAX:
        return RejectReason.OVERFLOW
    return RejectReason.LIMIT_EXCEEDED if notional < book.spec.notional_min else RejectReason.NONE


def is_quantity_valid(command: Command, book: Book) -> bool:
    if command.amount:
        is_market_buy = command.type == OrderType.MARKET and command.side == Side.BUY
        return is_market_buy and command.amount > 0 and command.qty == 0
    return book.spec.quantity_min <= command.qty <= book.spec.quantity_max


def are_fees_valid(command: Command, book: Book) -> bool:
    lowest, highest = book.spec.order_fee_ppm_min, book.spec.order_fee_ppm_max
    return (
        lowest <= command.taker_fee_ppm <= highest
        and lowest <= command.maker_fee_ppm <= highest
        and command.taker_fee_ppm + command.maker_fee_ppm >= 0
    )


def check_amend(command: Command, book: Book, order: Order) -> RejectReason:
    if command.price and not 1 <= command.price <= PRICE_TICKS_MAX:
        return RejectReason.INVALID_PRICE
    if command.price == 0 and command.qty == 0:
        return RejectReason.INVALID_QUANTITY
    # Decided: a new quantity obeys the symbol's limits; one that is kept is not judged again.
    if command.qty and not book.spec.quantity_min <= command.qty <= book.spec.quantity_max:
        return RejectReason.INVALID_QUANTITY
    if book.spec.status != SymbolStatus.TRADING:
        return RejectReason.HALTED
    price = command.price or order.price
    qty = command.qty or order.open_qty
    too_large = max(
        qty * book.spec.lot_value,
        book.buy_hold(order, price, qty),
        order.order_qty + qty - order.open_qty,
    )
    return RejectReason.OVERFLOW if too_large > INT64_MAX else RejectReason.NONE


def new_order(command: Command, order_id: int, book: Book) -> Order:
    own_fees = bool(command.flags & CommandFlag.OWN_FEES)
    return Order(
        order_id=order_id,
        client_order_id=command.client_order_id,
        account=command.account,
        symbol=command.symbol,
        side=command.side,
        type=command.type,
        tif=command.tif,
        price=command.price,
        order_qty=command.qty,
        open_qty=command.qty,
        post_only=bool(command.flags & CommandFlag.POST_ONLY),
        by_amount=command.amount > 0,
        stp=SelfTradePrevention(command.stp),
        taker_fee_ppm=command.taker_fee_ppm if own_fees else book.spec.taker_fee_ppm,
        maker_fee_ppm=command.maker_fee_ppm if own_fees else book.spec.maker_fee_ppm,
        create_time_ns=command.time_ns,
        update_time_ns=command.time_ns,
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
