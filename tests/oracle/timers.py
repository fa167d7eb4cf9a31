"""What is due at a time: orders that expire, and accounts whose orders are canceled."""

from collections.abc import Iterator

from lightning.codes import EventFlag, EventKind, RejectReason
from tests.oracle.ledger import Ledger
from tests.oracle.matching import Matching

Due = tuple[int, int, int]
"""(when, symbol or 0 for an account's deadline, order id or account): it happens in this order."""


def all_due(matching: Matching, ledger: Ledger | None, time_ns: int) -> Iterator[Due]:
    for order in matching.expiring.values():
        if order.expire_time_ns <= time_ns:
            yield (order.expire_time_ns, order.symbol, order.order_id)
    for account, deadline in ledger.deadlines.items() if ledger is not None else ():
        if deadline <= time_ns:
            yield (deadline, 0, account)


def expire(matching: Matching, ledger: Ledger | None, time_ns: int) -> None:
    """Let everything that is due happen, one after another: one may take the next along."""
    matching.flags = EventFlag.CONSEQUENCE
    while due := min(all_due(matching, ledger, time_ns), default=None):
        _, symbol, thing = due
        if symbol:
            matching.end(matching.live[thing], kind=EventKind.EXPIRED)
        else:
            assert ledger is not None
            del ledger.deadlines[thing]
            orders = [order for order in matching.live.values() if order.account == thing]
            orders.sort(key=lambda order: (order.symbol, order.order_id))
            matching.cancel_each(orders, RejectReason.CANCEL_ALL_AFTER)
    matching.flags = 0
