"""The history in plain Python, event by event: what the projection is compared with."""

from collections import defaultdict
from collections.abc import Mapping

from lightning.codes import CommandKind, EventFlag, EventKind, OrderStatus, OrderTerms, RejectReason
from lightning.instruments import Symbol
from lightning.rows import Command, Event
from lightning.storage.history.projection import TERMS
from lightning.storage.history.schema import PastOrder
from tests.oracle.rows import Rows

INT64_MAX = 2**63 - 1
ABOUT_ORDERS = (
    *(EventKind.ACCEPTED, EventKind.CANCELED, EventKind.AMENDED, EventKind.REDUCED),
    *(EventKind.EXPIRED, EventKind.TRIGGERED),
)
ENDS = {EventKind.CANCELED: OrderStatus.CANCELED, EventKind.EXPIRED: OrderStatus.EXPIRED}


class PlainHistory:
    def __init__(self, symbols: Mapping[int, Symbol]) -> None:
        self.symbols = symbols
        self.orders: dict[int, PastOrder] = {}
        self.amounts: dict[tuple[int, int], list[int]] = defaultdict(list)
        """What each balance, by (account, currency), gained or lost, in order."""
        self.trades = 0

    def add(self, first_seq: int, commands: Rows, events: Rows) -> None:
        placed = [Command._make(row) for row in commands.tolist()]
        for row in events.tolist():
            event = Event._make(row)
            if not event.flags & EventFlag.REPLAYED:
                self.add_event(event, placed[event.seq - first_seq])

    def add_event(self, event: Event, command: Command) -> None:
        if event.kind == EventKind.TRADE:
            self.add_trade(event, command.time_ns)
        elif event.kind in ABOUT_ORDERS:
            self.add_state(event, command)
        elif event.kind == EventKind.REJECTED and command.kind == CommandKind.PLACE:
            self.add_rejected(event, command)
        elif event.kind == EventKind.DEPOSITED:
            self.move(event.account, event.currency, event.amount)
        elif event.kind == EventKind.WITHDRAWN:
            self.move(event.account, event.currency, -event.amount)
        elif event.kind == EventKind.TRANSFERRED:
            self.move(event.account, event.currency, -event.amount)
            self.move(event.counter_account, event.currency, event.amount)

    def move(self, account: int, currency: int, amount: int) -> None:
        if amount:
            self.amounts[account, currency].append(amount)

    def add_state(self, event: Event, command: Command) -> None:
        if event.kind == EventKind.ACCEPTED:
            terms = self.terms(event, command)
        else:
            terms = self.orders[event.order_id][-len(TERMS) :]
        sibling = terms[TERMS.index("sibling_id")]
        if event.reason == RejectReason.LINKED and sibling:
            self.orders[sibling] = self.orders[sibling]._replace(sibling_id=0)
        status = OrderStatus.PARTIALLY_FILLED if event.filled_qty else OrderStatus.NEW
        if event.order_terms & OrderTerms.PENDING and event.kind != EventKind.TRIGGERED:
            status = OrderStatus.PENDING
        self.orders[event.order_id] = PastOrder(
            *(0,) * (len(PastOrder._fields) - len(TERMS)), *terms
        )._replace(
            order_id=event.order_id,
            client_order_id=event.client_order_id,
            account=event.account,
            symbol=event.symbol,
            side=event.side,
            type=event.order_type,
            tif=event.order_tif,
            price=event.price,
            qty=event.order_qty,
            filled_qty=event.filled_qty,
            leaves_qty=event.leaves_qty,
            filled_quote=event.filled_quote,
            fee=event.filled_fee,
            status=ENDS.get(EventKind(event.kind), status),
            create_time_ns=event.create_time_ns,
            update_time_ns=command.time_ns,
            update_seq=event.seq,
            reason=event.reason,
        )

    def terms(self, event: Event, command: Command) -> tuple[int, ...]:
        """TERMS of an order that a command places; its sibling, the order before it, gets to know it."""
        first = event.order_id - 1 if event.order_terms & OrderTerms.LINKED else 0
        if first:
            self.orders[first] = self.orders[first]._replace(sibling_id=event.order_id)
        return (*(getattr(command, name) for name in TERMS[:-1]), first)

    def add_rejected(self, event: Event, command: Command) -> None:
        if command.symbol not in self.symbols or command.side > 1 or command.type > 4 or command.tif > 3:
            return
        self.orders[event.seq] = PastOrder(
            order_id=event.seq,
            client_order_id=command.client_order_id,
            account=command.account,
            symbol=command.symbol,
            side=command.side,
            type=command.type,
            tif=command.tif,
            price=command.price,
            qty=command.qty,
            filled_qty=0,
            leaves_qty=0,
            filled_quote=0,
            fee=0,
            status=OrderStatus.REJECTED,
            create_time_ns=command.time_ns,
            update_time_ns=command.time_ns,
            update_seq=event.seq,
            reason=event.reason,
            stop_price=command.stop_price,
            trail_amount=command.trail_amount,
            display_qty=command.display_qty,
            expire_time_ns=command.expire_time_ns,
            sibling_id=0,
        )

    def add_trade(self, event: Event, time_ns: int) -> None:
        self.trades += 1
        symbol = self.symbols[event.symbol]
        base, quote = event.qty * symbol.lot_value, event.price * event.qty * symbol.tick_value
        sign = 1 if event.side == 0 else -1
        both = (
            (event.taker_order_id, event.account, sign, event.fee, event.leaves_qty),
            (event.maker_order_id, event.maker_account, -sign, event.maker_fee, event.maker_leaves_qty),
        )
        for order_id, account, way, fee, leaves in both:
            self.move(account, symbol.base.id, way * base)
            self.move(account, symbol.quote.id, -way * quote)
            self.move(account, symbol.quote.id, -fee)
            self.fill(order_id, event, quote, fee, leaves, time_ns)
        self.move(symbol.fee_account, symbol.quote.id, event.fee + event.maker_fee)

    def fill(self, order_id: int, event: Event, quote: int, fee: int, leaves: int, time_ns: int) -> None:
        order = self.orders[order_id]
        filled = order.filled_qty + event.qty
        by_amount = order.qty in (0, order.filled_qty) and not order.leaves_qty
        self.orders[order_id] = order._replace(
            qty=filled if by_amount else order.qty,
            filled_qty=filled,
            leaves_qty=leaves,
            filled_quote=min(order.filled_quote + quote, INT64_MAX),
            fee=order.fee + fee,
            status=OrderStatus.PARTIALLY_FILLED if leaves else OrderStatus.FILLED,
            update_time_ns=time_ns,
            update_seq=event.seq,
        )
