"""I1-I6 of the oracle's own state, each recomputed from scratch."""

from collections.abc import Iterator, Sequence

from lightning.codes import OrderType, Side, SymbolStatus, TimeInForce
from tests.oracle.book import PRICED, RESTING, STOPS, Book, Order
from tests.oracle.ledger import Ledger, Totals
from tests.oracle.matching import Matching
from tests.oracle.stops import is_set_off


def check(
    books: dict[int, Book], matching: Matching, ledger: Ledger | None, totals: Sequence[Totals]
) -> list[str]:
    broken = [*book_shape(books, matching), *arithmetic(matching), *terms(books, matching)]
    if ledger is not None:
        broken += [*conservation(totals), *signs(ledger), *holds(books, matching, ledger), *controls(ledger)]
    return broken


def conservation(totals: Sequence[Totals]) -> Iterator[str]:
    for total in totals:
        if total.available + total.held + total.fees != total.deposited - total.withdrawn:
            yield f"I1: {total}"


def signs(ledger: Ledger) -> Iterator[str]:
    for (account, currency), row in ledger.rows.items():
        if row.held < 0 or (row.available < 0 and account not in ledger.fee_accounts):
            yield f"I2: account {account} currency {currency}: available {row.available} held {row.held}"


def holds(books: dict[int, Book], matching: Matching, ledger: Ledger) -> Iterator[str]:
    """Of pending orders as of resting ones."""
    needed: dict[tuple[int, int], int] = {}
    for order in matching.live.values():
        book = books[order.symbol]
        hold = book.hold_needed(order, order.price, order.open_qty)
        if hold != order.held:
            yield f"I3: order {order.order_id} holds {order.held}, needs {hold}"
        key = (order.account, book.hold_currency(order))
        needed[key] = needed.get(key, 0) + hold
    for key in needed.keys() | ledger.rows.keys():
        held = ledger.rows[key].held if key in ledger.rows else 0
        if held != needed.get(key, 0):
            yield f"I3: (account, currency) {key}: held {held}, open orders need {needed.get(key, 0)}"


def book_shape(books: dict[int, Book], matching: Matching) -> Iterator[str]:
    there: set[int] = set()
    for symbol, book in books.items():
        for side in book.sides:
            if side.prices != sorted(side.levels) or not all(side.levels.values()):
                yield f"I4: symbol {symbol}: prices {side.prices} for levels {sorted(side.levels)}"
            for price, level in side.levels.items():
                if any(order.price != price or order.open_qty < 1 for order in level.values()):
                    yield f"I4: symbol {symbol}: level {price} has an order of another price, or an empty one"
            there.update(order.order_id for order in side.orders())
        if book.status == SymbolStatus.TRADING and book.is_crossed():
            yield f"I4: symbol {symbol} is crossed: {book.sides[0].best()} {book.sides[1].best()}"
        there.update(book.pending)
    if there != matching.live.keys():
        yield f"I4: in a book but not live, or live but in none: {sorted(there ^ matching.live.keys())}"
    named = {matching.client_key(order): order for order in matching.live.values() if order.client_order_id}
    if named != matching.by_client_id:
        yield "I4: the index by client order id is not that of the live orders"


def arithmetic(matching: Matching) -> Iterator[str]:
    for order in matching.live.values():
        if order.filled_qty < 0 or order.filled_qty + order.open_qty != order.order_qty:
            yield f"I6: {order}"
        if order.side not in (Side.BUY, Side.SELL):
            yield f"I6: order {order.order_id} has side {order.side}"


def terms(books: dict[int, Book], matching: Matching) -> Iterator[str]:
    """What only some orders have: shown slices, siblings, stop prices, expiry."""
    for order in matching.live.values():
        book = books[order.symbol]
        if order.is_pending:
            yield from pending(book, order)
        elif order.type not in PRICED or order.tif not in RESTING:
            yield f"rests, but never may: {order}"
        elif not 1 <= order.shown <= min(order.display_qty or order.open_qty, order.open_qty):
            yield f"shows {order.shown}: {order}"
        elif order.display_qty == 0 and order.shown != order.open_qty:
            yield f"hides some without a display quantity: {order}"
        sibling = order.sibling
        if sibling is not None:
            mine, its = ((one.account, one.symbol, one.side) for one in (order, sibling))
            if sibling.sibling is not order or mine != its or order.filled_qty:
                yield f"linked one-sidedly, or traded: {order} and {sibling}"
            if matching.live.get(sibling.order_id) is not sibling:
                yield f"its sibling is not open: {order}"
        if bool(order.expire_time_ns) != (order.tif == TimeInForce.GTD):
            yield f"expires without GTD, or the other way round: {order}"
        if 0 < order.expire_time_ns <= matching.time_ns:
            yield f"expired: {order} at {matching.time_ns}"
    expiring = {order.order_id for order in matching.live.values() if order.expire_time_ns}
    if expiring != matching.expiring.keys():
        yield f"timers: {sorted(expiring ^ matching.expiring.keys())}"


def pending(book: Book, order: Order) -> Iterator[str]:
    if order.type not in STOPS or order.filled_qty or order.shown:
        yield f"waits, but never may, or traded: {order}"
    if is_set_off(book, order):
        yield f"waits, but the last price is {book.last_price}: {order}"
    if order.type == OrderType.TRAILING_STOP:
        sign = 1 if order.side == Side.BUY else -1
        is_behind = sign * (book.last_price - order.watermark) >= 0
        if order.stop_price != order.watermark + sign * order.trail_amount or not is_behind:
            yield f"does not trail {book.last_price}: {order}"


def controls(ledger: Ledger) -> Iterator[str]:
    for account in ledger.halted | ledger.deadlines.keys():
        if account not in ledger.accounts:
            yield f"halted, or with a deadline, but unknown: account {account}"
