"""How the oracle walks an order through the other side of the book."""

from collections import deque

from lightning.codes import EventFlag, RejectReason, SelfTradePrevention, TimeInForce
from tests.oracle.book import Book, Limits, Order, is_within
from tests.oracle.matching import Matching

Mode = SelfTradePrevention
PREVENTED = RejectReason.SELF_TRADE_PREVENTION


def run(matching: Matching, taker: Order, money: int | None) -> None:
    """Trade an accepted, amended or triggered order, then rest or cancel what is left of it.

    money : what a market buy may still spend; None = no limit of its own
    """
    book = matching.books[taker.symbol]
    # Decided: the band is the one around the last price before the order's own trades.
    limits = book.limits(taker)
    if taker.tif == TimeInForce.FOK and not can_fill(matching, book, taker, limits.banded, money):
        end_taker(matching, taker, RejectReason.NO_LIQUIDITY)
        return
    while taker.open_qty > 0 or taker.by_amount:
        if taker.by_amount and money == 0:
            break
        maker = book.opposite(taker).best()
        if maker is None or not is_within(taker.side, maker.price, limits.banded):
            end_untraded(matching, book, taker, limits)
            return
        own = matching.is_own(maker, taker)
        if own and taker.stp in (Mode.CANCEL_MAKER, Mode.CANCEL_BOTH):
            matching.end(maker, PREVENTED, EventFlag.MAKER)
        if own and taker.stp in (Mode.CANCEL_TAKER, Mode.CANCEL_BOTH):
            end_taker(matching, taker, PREVENTED)
            return
        if own and taker.stp == Mode.CANCEL_MAKER:
            continue
        full = maker.shown if taker.by_amount else min(taker.open_qty, maker.shown)
        price = maker.price
        qty = book.affordable(taker, price, full, money)
        if money is not None:
            money -= book.cost(taker, price, qty)
        if qty and own:
            matching.take_off(maker, qty, EventFlag.MAKER)
            matching.take_off(taker, qty, 0)
        elif qty:
            matching.trade(book, taker, maker, price, qty)
            matching.cancel_sibling(maker)
        if qty < full:
            end_by_money(matching, book, taker)
            return
    end_traded(matching, book, taker)


def can_fill(matching: Matching, book: Book, taker: Order, limit: int, money: int | None) -> bool:
    """Whether a FOK order would trade everything: the walk itself, done on a copy of the queues.

    Decided: by quantity, all lots; by amount, the money until less than a lot of the next maker
    is left. An own maker on the way is passed over by CANCEL_MAKER; in the modes that end or shrink
    the taker (CANCEL_TAKER, CANCEL_BOTH, DECREMENT) not everything can be traded once it is reached.
    """
    side = book.opposite(taker)
    wanted, traded = taker.open_qty, 0
    gone: set[Order] = set()  # siblings of those that would have traded
    for price in side.prices_best_first():
        if not is_within(taker.side, price, limit):
            return False
        queue = deque((maker, maker.shown, maker.open_qty) for maker in side.levels[price].values())
        while queue:
            maker, shown, open_qty = queue.popleft()
            if maker in gone:
                continue
            if matching.is_own(maker, taker):
                if taker.stp == Mode.CANCEL_MAKER:
                    continue
                return False
            if maker.sibling is not None:
                gone.add(maker.sibling)
            full = shown if taker.by_amount else min(wanted - traded, shown)
            qty = book.affordable(taker, price, full, money)
            traded += qty
            if money is not None:
                money -= book.cost(taker, price, qty)
            if taker.by_amount:
                if qty < full or money == 0:
                    return traded > 0
            elif qty < full:
                return False
            elif traded == wanted:
                return True
            if open_qty > qty:
                queue.append((maker, min(maker.display_qty, open_qty - qty), open_qty - qty))
    return False


def end_taker(matching: Matching, taker: Order, reason: RejectReason) -> None:
    """CANCELED; if it traded, its sibling went before it."""
    if taker.filled_qty:
        matching.cancel_sibling(taker)
    matching.end(taker, reason)


def end_traded(matching: Matching, book: Book, taker: Order) -> None:
    """Nothing is left of the order, or of its money."""
    if taker.by_amount:
        taker.order_qty = taker.filled_qty
        if taker.filled_qty == 0:  # all of the money went into decrements
            matching.end(taker, RejectReason.INSUFFICIENT_FUNDS)
            return
    matching.release(book, taker, 0)
    if taker.filled_qty:
        matching.cancel_sibling(taker)


def end_by_money(matching: Matching, book: Book, taker: Order) -> None:
    if taker.by_amount and taker.filled_qty > 0:
        end_traded(matching, book, taker)
    else:
        end_taker(matching, taker, RejectReason.INSUFFICIENT_FUNDS)


def end_untraded(matching: Matching, book: Book, taker: Order, limits: Limits) -> None:
    """No maker within the limit is left."""
    if taker.may_rest:
        matching.rest(book, taker)
        if taker.filled_qty:
            matching.cancel_sibling(taker)
        return
    best = book.opposite(taker).best()
    banded = best is not None and is_within(taker.side, best.price, limits.own)
    end_taker(matching, taker, RejectReason.PRICE_BAND if banded else RejectReason.NO_LIQUIDITY)
