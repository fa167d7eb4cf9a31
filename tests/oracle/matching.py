"""How the oracle walks an order through the book, and what that does to balances."""

from lightning.codes import (
    EventFlag,
    EventKind,
    OrderType,
    RejectReason,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from tests.oracle.book import INT64_MAX, Book, Order
from tests.oracle.ledger import Ledger
from tests.oracle.rows import order_row, trade_row

Mode = SelfTradePrevention


class Matching:
    """Books and live orders; `ledger` None = matching only. Rows are appended to `rows`."""

    def __init__(self, books: dict[int, Book], ledger: Ledger | None) -> None:
        self.books = books
        self.ledger = ledger
        self.seq = 0
        self.time_ns = 0
        self.rows: list[bytes] = []
        self.live: dict[int, Order] = {}
        self.by_client_id: dict[tuple[int, int, int], Order] = {}

    def client_key(self, order: Order) -> tuple[int, int, int]:
        return (order.account, order.symbol, order.client_order_id)

    def rest(self, book: Book, order: Order) -> None:
        book.sides[order.side].add(order)
        self.live[order.order_id] = order
        if order.client_order_id:
            self.by_client_id[self.client_key(order)] = order

    def leave_book(self, book: Book, order: Order) -> None:
        """Of a resting order; an incoming one is not in the book."""
        if self.live.pop(order.order_id, None) is None:
            return
        book.sides[order.side].remove(order)
        if order.client_order_id:
            del self.by_client_id[self.client_key(order)]

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
    ) -> None:
        currency = self.books[order.symbol].hold_currency(order) if self.ledger is not None else 0
        if kind == EventKind.AMENDED:
            currency = 0
        row = order_row(
            kind, self.seq, order, qty=qty, amount=amount, currency=currency, reason=reason, flags=flags
        )
        self.rows.append(row)

    def cancel(self, order: Order, reason: RejectReason = RejectReason.NONE, flags: int = 0) -> None:
        book = self.books[order.symbol]
        self.leave_book(book, order)
        qty, order.open_qty = order.open_qty, 0
        if order.by_amount:
            order.order_qty = order.filled_qty
        order.update_time_ns = self.time_ns
        self.emit(EventKind.CANCELED, order, qty, self.release(book, order, 0), reason, flags)

    def take_off(self, order: Order, qty: int, flags: int) -> None:
        """Decrement: `qty` lots leave the order without a trade; its quantity is restated."""
        reason = RejectReason.SELF_TRADE_PREVENTION
        if order.by_amount:
            return
        order.order_qty -= qty
        if qty == order.open_qty:
            self.cancel(order, reason, flags)
            return
        book = self.books[order.symbol]
        order.open_qty -= qty
        order.update_time_ns = self.time_ns
        held_after = order.held
        if order.type == OrderType.LIMIT or order.side == Side.SELL:
            held_after = self.hold_for(book, order, order.price, order.open_qty)
        self.emit(EventKind.REDUCED, order, qty, self.release(book, order, held_after), reason, flags)

    def is_own(self, maker: Order, taker: Order) -> bool:
        """Decided: without a ledger account 0 is nobody's."""
        owned = self.ledger is not None or taker.account != 0
        return owned and maker.account == taker.account and taker.stp != Mode.NONE

    def hold_for(self, book: Book, order: Order, price: int, qty: int) -> int:
        return 0 if self.ledger is None else book.hold_needed(order, price, qty)

    def can_fill(self, book: Book, taker: Order, money: int | None) -> bool:
        """Whether a FOK order would trade everything.

        Decided: by quantity, all lots; by amount, the money until less than a lot of the next maker
        is left. An own maker on the way is passed over by CANCEL_MAKER; in the modes that end or shrink
        the taker (CANCEL_TAKER, CANCEL_BOTH, DECREMENT) not everything can be traded once it is reached.
        """
        wanted = taker.open_qty
        traded = 0
        for maker in book.opposite(taker).orders():
            if not taker.reaches(maker.price):
                return False
            if self.is_own(maker, taker):
                if taker.stp == Mode.CANCEL_MAKER:
                    continue
                return False
            full = maker.open_qty if taker.by_amount else min(wanted - traded, maker.open_qty)
            qty = book.affordable(taker, maker.price, full, money)
            traded += qty
            if money is not None:
                money -= book.cost(taker, maker.price, qty)
            if taker.by_amount:
                if qty < full or money == 0:
                    return traded > 0
            elif qty < full:
                return False
            elif traded == wanted:
                return True
        return False

    def run(self, taker: Order, money: int | None) -> None:
        """Trade an accepted (or amended) order, then rest or cancel what is left of it.

        money : what a market buy may still spend; None = no limit of its own
        """
        book = self.books[taker.symbol]
        if taker.tif == TimeInForce.FOK and not self.can_fill(book, taker, money):
            self.cancel(taker, RejectReason.NO_LIQUIDITY)
            return
        while taker.open_qty > 0 or taker.by_amount:
            if taker.by_amount and money == 0:
                break
            maker = book.opposite(taker).best()
            if maker is None or not taker.reaches(maker.price):
                self.end_untraded(book, taker)
                return
            own = self.is_own(maker, taker)
            if own and taker.stp in (Mode.CANCEL_MAKER, Mode.CANCEL_BOTH):
                self.cancel(maker, RejectReason.SELF_TRADE_PREVENTION, EventFlag.MAKER)
            if own and taker.stp in (Mode.CANCEL_TAKER, Mode.CANCEL_BOTH):
                self.cancel(taker, RejectReason.SELF_TRADE_PREVENTION)
                return
            if own and taker.stp == Mode.CANCEL_MAKER:
                continue
            full = maker.open_qty if taker.by_amount else min(taker.open_qty, maker.open_qty)
            price = maker.price
            qty = book.affordable(taker, price, full, money)
            if money is not None:
                money -= book.cost(taker, price, qty)
            if qty and own:
                self.take_off(maker, qty, EventFlag.MAKER)
                self.take_off(taker, qty, 0)
            elif qty:
                self.trade(book, taker, maker, qty)
            if qty < full:
                self.end_by_money(book, taker)
                return
        self.end_traded(book, taker)

    def end_traded(self, book: Book, taker: Order) -> None:
        """Nothing is left of the order, or of its money."""
        if taker.by_amount:
            taker.order_qty = taker.filled_qty
            if taker.filled_qty == 0:  # all of the money went into decrements
                self.cancel(taker, RejectReason.INSUFFICIENT_FUNDS)
                return
        self.release(book, taker, 0)

    def end_by_money(self, book: Book, taker: Order) -> None:
        if taker.by_amount and taker.filled_qty > 0:
            self.end_traded(book, taker)
        else:
            self.cancel(taker, RejectReason.INSUFFICIENT_FUNDS)

    def end_untraded(self, book: Book, taker: Order) -> None:
        """No maker within the limit is left."""
        if taker.type == OrderType.LIMIT and taker.tif == TimeInForce.GTC:
            self.rest(book, taker)
        else:
            self.cancel(taker, RejectReason.NO_LIQUIDITY)

    def trade(self, book: Book, taker: Order, maker: Order, qty: int) -> None:
        notional = book.notional(maker.price, qty)
        fee = book.fee(notional, taker.taker_fee_ppm)
        maker_fee = book.fee(notional, maker.maker_fee_ppm)
        for order, its_fee in ((taker, fee), (maker, maker_fee)):
            self.settle(book, order, qty, notional, its_fee)
        if self.ledger is not None:
            self.ledger.of(book.spec.fee_account, book.spec.quote.id).available += fee + maker_fee
        if maker.open_qty == 0:
            self.leave_book(book, maker)
        book.trade_count += 1
        book.last_price = maker.price
        self.rows.append(trade_row(self.seq, book.trade_count, taker, maker, qty, fee, maker_fee))

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
        if order.type == OrderType.LIMIT:
            freed = order.held - book.hold_needed(order, order.price, order.open_qty)
        order.held -= freed
        quote.held -= freed
        quote.available += freed - spent
