"""I1-I6 of the oracle's own state, each recomputed from scratch."""

from collections.abc import Iterator, Sequence

from lightning.codes import Side
from tests.oracle.book import Book
from tests.oracle.ledger import Ledger, Totals
from tests.oracle.matching import Matching


def check(
    books: dict[int, Book], matching: Matching, ledger: Ledger | None, totals: Sequence[Totals]
) -> list[str]:
    broken = [*book_shape(books, matching), *arithmetic(matching)]
    if ledger is not None:
        broken += [*conservation(totals), *signs(ledger), *holds(books, matching, ledger)]
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
    resting: set[int] = set()
    for symbol, book in books.items():
        for side in book.sides:
            if side.prices != sorted(side.levels) or not all(side.levels.values()):
                yield f"I4: symbol {symbol}: prices {side.prices} for levels {sorted(side.levels)}"
            for price, level in side.levels.items():
                if any(order.price != price or order.open_qty < 1 for order in level.values()):
                    yield f"I4: symbol {symbol}: level {price} has an order of another price, or an empty one"
            resting.update(order.order_id for order in side.orders())
        bid, ask = (side.best() for side in book.sides)
        if bid is not None and ask is not None and bid.price >= ask.price:
            yield f"I4: symbol {symbol} is crossed: bid {bid.price} ask {ask.price}"
    if resting != matching.live.keys():
        yield f"I4: resting but not live, or live but not resting: {sorted(resting ^ matching.live.keys())}"
    named = {matching.client_key(order): order for order in matching.live.values() if order.client_order_id}
    if named != matching.by_client_id:
        yield "I4: the index by client order id is not that of the live orders"


def arithmetic(matching: Matching) -> Iterator[str]:
    for order in matching.live.values():
        if order.filled_qty < 0 or order.filled_qty + order.open_qty != order.order_qty:
            yield f"I6: {order}"
        if order.side not in (Side.BUY, Side.SELL):
            yield f"I6: order {order.order_id} has side {order.side}"
