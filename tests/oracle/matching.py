"""Open orders of the oracle: how they are opened, filled and ended, and what that does to balances."""

from collections.abc import Iterable

from lightning.codes import (
    EventFlag,
    EventKind,
    OrderType,
    RejectReason,
    SelfTradePrevention,
    Side,
)
from tests.oracle.book import INT64_MAX, Book, Order
from tests.oracle.ledger import Ledger
from tests.oracle.rows import order_row, trade_row

LINKED = RejectReason.LINKED


class Matching:
    """Books and live orders; `ledger` None = matching only. Rows are appended to `rows`."""

    def __init__(self, books: dict[int, Book], ledger: Ledger | None) -> None:
        self.books = books
        self.ledger = ledger
        self.seq = 0
        self.time_ns = 0
        self.rows: list[bytes] = []
        self.flags = 0
        """Added to every row: EventFlag.CONSEQUENCE while what was due, or set off, happens."""
        self.live: dict[int, Order] = {}
        """Resting and pending."""
        self.by_client_id: dict[tuple[int, int, int], Order] = {}
        self.expiring: dict[int, Order] = {}
        """The live ones that end by themselves."""

    def client_key(self, order: Order) -> tuple[int, int, int]:
        return (order.account, order.symbol, order.client_order_id)

    def rest(self, book: Book, order: Order) -> None:
        book.sides[order.side].add(order)
        self._open(order)

    def wait(self, book: Book, order: Order) -> None:
        """For its stop price."""
        order.is_pending = True
        book.pending[order.order_id] = order
        self._open(order)

    def _open(self, order: Order) -> None:
        self.live[order.order_id] = order
        if order.client_order_id:
            self.by_client_id[self.client_key(order)] = order
        if order.expire_time_ns:
            self.expiring[order.order_id] = order

    def leave_book(self, book: Book, order: Order) -> None:
        """Of a live order; an incoming one is not in the book."""
        if self.live.pop(order.order_id, None) is None:
            return
        if order.is_pending:
            del book.pending[order.order_id]
            order.is_pending = False
        else:
            book.sides[order.side].remove(order)
        if order.client_order_id:
            del self.by_client_id[self.client_key(order)]
        self.expiring.pop(order.order_id, None)

    def release(self, book: Book, order: Order, held_after: int) -> int:
        """Bring the order's hold down to `held_after`; returns what came back."""
        back = order.held - held_after
        order.held = held_after
        if self.ledger is not None:
            self.ledger.hold(order.account, book.hold_currency(order), -back)
        return back

    def emit(
        self,
        kind: EventKind,
        order: Order,
        qty: int,
        amount: int = 0,
        reason: RejectReason = RejectReason.NONE,
        flags: int = 0,
        terms: int | None = None,
    ) -> None:
        currency = self.books[order.symbol].hold_currency(order) if self.ledger is not None else 0
        if kind in (EventKind.AMENDED, EventKind.TRIGGERED):
            currency = 0
        row = order_row(
            kind,
            self.seq,
            order,
            qty=qty,
            amount=amount,
            currency=currency,
            reason=reason,
            flags=flags | self.flags,
            terms=order.terms if terms is None else terms,
        )
        self.rows.append(row)

    def end(
        self,
        order: Order,
        reason: RejectReason = RejectReason.NONE,
        flags: int = 0,
        kind: EventKind = EventKind.CANCELED,
    ) -> None:
        """CANCELED or EXPIRED: what is left is taken off, and the sibling goes with it."""
        book = self.books[order.symbol]
        terms = order.terms
        self.leave_book(book, order)
        qty, order.open_qty = order.open_qty, 0
        if order.by_amount:
            order.order_qty = order.filled_qty
        order.update_time_ns = self.time_ns
        self.emit(kind, order, qty, self.release(book, order, 0), reason, flags, terms)
        self.cancel_sibling(order)

    def cancel_sibling(self, order: Order) -> None:
        """Of an order that traded or ended, if it has one.

        Decided: the link is gone by then, so that the sibling's own row has no LINKED bit.
        """
        sibling = self.unlink(order)
        if sibling is not None:
            self.end(sibling, LINKED, EventFlag.MAKER)

    def unlink(self, order: Order) -> Order | None:
        sibling, order.sibling = order.sibling, None
        if sibling is not None:
            sibling.sibling = None
        return sibling

    def cancel_each(self, orders: Iterable[Order], reason: RejectReason = RejectReason.NONE) -> int:
        """Mass cancel: every order for its own sake, siblings too. Returns how many there were."""
        count = 0
        for order in orders:
            self.unlink(order)
            self.end(order, reason)
            count += 1
        return count

    def take_off(self, order: Order, qty: int, flags: int) -> None:
        """Decrement: `qty` lots leave the order without a trade; its quantity is restated."""
        reason = RejectReason.SELF_TRADE_PREVENTION
        if order.by_amount:
            return
        order.order_qty -= qty
        if qty == order.open_qty:
            self.end(order, reason, flags)
            return
        book = self.books[order.symbol]
        order.open_qty -= qty
        order.update_time_ns = self.time_ns
        held_after = order.held
        if order.type != OrderType.MARKET or order.side == Side.SELL:
            held_after = self.hold_for(book, order, order.price, order.open_qty)
        self.emit(EventKind.REDUCED, order, qty, self.release(book, order, held_after), reason, flags)
        if order.order_id in self.live:
            book.sides[order.side].take_shown(order, qty)

    def is_own(self, maker: Order, taker: Order) -> bool:
        """Decided: without a ledger account 0 is nobody's."""
        owned = self.ledger is not None or taker.account != 0
        return owned and maker.account == taker.account and taker.stp != SelfTradePrevention.NONE

    def hold_for(self, book: Book, order: Order, price: int, qty: int) -> int:
        return 0 if self.ledger is None else book.hold_needed(order, price, qty)

    def trade(self, book: Book, taker: Order, maker: Order, price: int, qty: int) -> None:
        """Settle both sides and print; what still rests of them shows the rest."""
        notional = book.notional(price, qty)
        fee = book.fee(notional, taker.taker_fee_ppm)
        maker_fee = book.fee(notional, maker.maker_fee_ppm)
        for order, its_fee in ((taker, fee), (maker, maker_fee)):
            self.settle(book, order, qty, notional, its_fee)
        if self.ledger is not None:
            self.ledger.of(book.spec.fee_account, book.spec.quote.id).available += fee + maker_fee
        for order in (maker, taker):
            if order.order_id not in self.live:
                continue
            if order.open_qty:
                book.sides[order.side].take_shown(order, qty)
            else:
                self.leave_book(book, order)
        book.trade_count += 1
        book.last_price = price
        follow_last_price(book)
        self.rows.append(
            trade_row(self.seq, book.trade_count, taker, maker, price, qty, fee, maker_fee, self.flags)
        )

    def settle(self, book: Book, order: Order, qty: int, notional: int, fee: int) -> None:
        """One side of a trade."""
        if not order.by_amount:
            order.open_qty -= qty
        order.filled_qty += qty
        # what an order tells of itself does not wrap: it stays at the largest number
        order.filled_quote = min(order.filled_quote + notional, INT64_MAX)
        order.fee = max(min(order.fee + fee, INT64_MAX), -INT64_MAX - 1)
        order.update_time_ns = self.time_ns
        if self.ledger is None:
            return
        base = self.ledger.of(order.account, book.spec.base.id)
        quote = self.ledger.of(order.account, book.spec.quote.id)
        if order.side == Side.SELL:
            sold = qty * book.spec.lot_value
            order.held -= sold
            base.held -= sold
            quote.available += notional - fee
            return
        base.available += qty * book.spec.lot_value
        spent = notional + fee
        freed = spent
        if order.type != OrderType.MARKET:
            freed = order.held - book.hold_needed(order, order.price, order.open_qty)
        order.held -= freed
        quote.held -= freed
        quote.available += freed - spent


def follow_last_price(book: Book) -> None:
    """Every trade moves the trailing stops that wait, in their favour only."""
    for order in book.pending.values():
        if order.type != OrderType.TRAILING_STOP:
            continue
        if order.side == Side.SELL:
            order.watermark = max(order.watermark, book.last_price)
            order.stop_price = order.watermark - order.trail_amount
        else:
            order.watermark = min(order.watermark, book.last_price)
            order.stop_price = order.watermark + order.trail_amount
