"""EVENT rows about orders, and orders as queries give them, to `lightning.v1`."""

from collections.abc import Iterable
from typing import NamedTuple

from lightning.codes import EventKind, OrderStatus, OrderTerms, OrderType, RejectReason
from lightning.decimals import format_steps, format_units
from lightning.engine.views import OrderState
from lightning.instruments import Symbol
from lightning.pb.v1 import trading_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.rows import Command, Event
from lightning.server.convert.enums import (
    ORDER_STATUSES,
    ORDER_TYPES,
    REJECT_REASONS,
    SIDES,
    TIMES_IN_FORCE,
)
from lightning.server.convert.orders import NS_PER_MS
from lightning.server.errors import MESSAGES, Refused
from lightning.server.gateway import Catalog, Reply


class Terms(NamedTuple):
    """What EVENT rows do not say of an order."""

    stop_price: int = 0
    trail_amount: int = 0
    display_qty: int = 0
    expire_time_ns: int = 0
    sibling_id: int = 0


def terms_of_command(row: Command) -> Terms:
    return Terms(row.stop_price, row.trail_amount, row.display_qty, row.expire_time_ns)


def terms_of_state(state: OrderState) -> Terms:
    terms = Terms._make(getattr(state, name) for name in Terms._fields)
    moves = state.type == OrderType.TRAILING_STOP
    return terms if not moves or state.status == OrderStatus.PENDING else terms._replace(stop_price=0)


def has_terms(reply: Reply) -> bool:
    """Is it about an order of which there is more to say than its rows do?"""
    first = reply.events[0]
    return first.kind != EventKind.REJECTED and first.order_terms != 0


def placed(reply: Reply, request: pb.PlaceOrderRequest, row: Command, catalog: Catalog) -> pb.ExecutionReport:
    if reply.events[0].kind == EventKind.REJECTED:
        return _rejected(reply, _as_requested(request))
    return _executed(reply, reply.events[0].create_time_ns, terms_of_command(row), catalog)


def placed_pair(
    replies: tuple[Reply, Reply],
    request: pb.PlaceOneCancelsOtherRequest,
    rows: tuple[Command, Command],
    catalog: Catalog,
) -> pb.PlaceOneCancelsOtherResponse:
    """The first order as it is after both commands: the second one's refusal or fill cancels it."""
    first, second = replies
    first = first._replace(events=[*first.events, *second.events])
    response = pb.PlaceOneCancelsOtherResponse(
        first=placed(first, request.first, rows[0], catalog),
        second=placed(second, request.second, rows[1], catalog),
    )
    accepted = second.events[0]
    if accepted.kind == EventKind.ACCEPTED and accepted.order_terms & OrderTerms.LINKED:
        response.first.order.linked_order_id = response.second.order.order_id
        response.second.order.linked_order_id = response.first.order.order_id
    return response


def amended(
    reply: Reply, request: pb.AmendOrderRequest, terms: Terms, catalog: Catalog
) -> pb.ExecutionReport:
    if reply.events[0].kind == EventKind.REJECTED:
        return _rejected(reply, _named(request))
    return _executed(reply, reply.time_ns, terms, catalog)


def canceled(
    reply: Reply, request: pb.CancelOrderRequest, terms: Terms, catalog: Catalog
) -> pb.ExecutionReport:
    event = reply.events[0]
    if event.kind == EventKind.REJECTED:
        return _rejected(reply, _named(request))
    symbol = catalog.symbols[event.symbol]
    order = _order(event, symbol, terms)
    _put_quantities(order, _Course(event), symbol)
    order.leaves_quantity = format_steps(0, symbol.lot)
    order.status = types.ORDER_STATUS_CANCELED
    order.update_time_ns = reply.time_ns
    return pb.ExecutionReport(order=order, seq=reply.seq, time_ns=reply.time_ns)


def canceled_all(reply: Reply) -> pb.CancelAllOrdersResponse:
    last = reply.events[-1]
    if last.kind == EventKind.REJECTED:
        raise Refused(last.reason)
    return pb.CancelAllOrdersResponse(
        canceled_count=last.qty,
        order_ids=[event.order_id for event in reply.events if event.kind == EventKind.CANCELED],
    )


def cancel_all_after_set(reply: Reply) -> pb.CancelAllAfterResponse:
    event = reply.events[0]
    if event.kind == EventKind.REJECTED:
        raise Refused(event.reason)
    return pb.CancelAllAfterResponse(cancel_time_ms=event.create_time_ns // NS_PER_MS)


class _Course:
    """One order from its first row through all others that are about it."""

    def __init__(self, first: Event) -> None:
        self.order_id = first.order_id
        self.qty, self.leaves = first.order_qty, first.leaves_qty
        self.filled, self.filled_quote, self.fee = first.filled_qty, first.filled_quote, first.filled_fee
        self.waits = first.order_terms & OrderTerms.PENDING != 0
        self.reason: RejectReason | None = None
        """Why it was canceled, if it was."""
        self.by_quantity = first.order_qty > 0
        self.trades: list[Event] = []

    def follow(self, events: Iterable[Event], symbol: Symbol) -> None:
        for event in events:
            if event.order_id != self.order_id:
                continue
            if event.kind == EventKind.TRADE:  # `order_id` is the taker's
                self.trades.append(event)
                self.filled += event.qty
                self.filled_quote += event.price * event.qty * symbol.tick_value
                self.fee += event.fee
                self.leaves = event.leaves_qty
            elif event.kind == EventKind.TRIGGERED:
                self.waits = False
            elif event.kind == EventKind.REDUCED:
                self.qty, self.leaves = event.order_qty, event.leaves_qty
            elif event.kind == EventKind.CANCELED:
                self.qty, self.leaves, self.reason = event.order_qty, 0, RejectReason(event.reason)

    def status(self) -> types.OrderStatus:
        if self.reason is not None:
            return types.ORDER_STATUS_CANCELED
        if self.waits:
            return types.ORDER_STATUS_PENDING
        if not self.filled:
            return types.ORDER_STATUS_NEW
        return types.ORDER_STATUS_PARTIALLY_FILLED if self.leaves else types.ORDER_STATUS_FILLED


def _executed(reply: Reply, time_ns: int, terms: Terms, catalog: Catalog) -> pb.ExecutionReport:
    """Of an order that was accepted or amended, and then perhaps triggered, traded or canceled."""
    first = reply.events[0]
    symbol = catalog.symbols[first.symbol]
    course = _Course(first)
    course.follow(reply.events[1:], symbol)
    order = _order(first, symbol, terms)
    _put_quantities(order, course, symbol)
    order.status = course.status()
    order.update_time_ns = time_ns
    reason = course.reason or RejectReason.NONE
    return pb.ExecutionReport(
        order=order,
        fills=[_fill(trade, symbol, time_ns, reply.seq) for trade in course.trades],
        reject_reason=REJECT_REASONS[reason],
        reject_message=MESSAGES[reason],
        seq=reply.seq,
        time_ns=time_ns,
    )


def _order(event: Event, symbol: Symbol, terms: Terms) -> types.Order:
    order = types.Order(
        order_id=event.order_id,
        client_order_id=event.client_order_id,
        account_id=event.account,
        symbol_id=event.symbol,
        side=SIDES[event.side],
        type=ORDER_TYPES[event.order_type],
        time_in_force=TIMES_IN_FORCE[event.order_tif],
        price=_price(event.price, symbol),
        create_time_ns=event.create_time_ns,
        update_time_ns=event.create_time_ns,
    )
    if any(terms):
        _put_terms(order, terms, symbol)
    return order


def _put_terms(order: types.Order, terms: Terms, symbol: Symbol) -> None:
    order.stop_price = _price(terms.stop_price, symbol)
    order.trail_amount = _price(terms.trail_amount, symbol)
    order.display_quantity = format_steps(terms.display_qty, symbol.lot) if terms.display_qty else ""
    order.expire_time_ms = terms.expire_time_ns // NS_PER_MS
    order.linked_order_id = terms.sibling_id


def _price(ticks: int, symbol: Symbol) -> str:
    return format_steps(ticks, symbol.tick) if ticks else ""


def _put_quantities(order: types.Order, course: _Course, symbol: Symbol) -> None:
    order.quantity = format_steps(course.qty if course.by_quantity else course.filled, symbol.lot)
    order.filled_quantity = format_steps(course.filled, symbol.lot)
    order.leaves_quantity = format_steps(course.leaves, symbol.lot)
    order.filled_quote = format_units(course.filled_quote, symbol.quote.scale)
    order.fee = format_units(course.fee, symbol.quote.scale)


def _fill(event: Event, symbol: Symbol, time_ns: int, seq: int) -> types.Fill:
    return types.Fill(
        trade_id=event.trade_id,
        price=format_steps(event.price, symbol.tick),
        quantity=format_steps(event.qty, symbol.lot),
        liquidity=types.LIQUIDITY_TAKER,
        maker_order_id=event.maker_order_id,
        taker_order_id=event.taker_order_id,
        fee=format_units(event.fee, symbol.quote.scale),
        fee_currency_id=symbol.quote.id,
        time_ns=time_ns,
        symbol_id=symbol.id,
        side=SIDES[event.side],
        client_order_id=event.taker_client_order_id,
        seq=seq,
    )


def _as_requested(request: pb.PlaceOrderRequest) -> types.Order:
    return types.Order(
        client_order_id=request.client_order_id,
        account_id=request.account_id,
        symbol_id=request.symbol_id,
        side=request.side,
        type=request.type,
        time_in_force=request.time_in_force,
        price=request.price,
        quantity=request.quantity or "0.0",
        filled_quantity="0.0",
        leaves_quantity="0.0",
        filled_quote="0.0",
        fee="0.0",
        stop_price=request.stop_price,
        trail_amount=request.trail_amount,
        display_quantity=request.display_quantity,
        expire_time_ms=request.expire_time_ms,
        status=types.ORDER_STATUS_REJECTED,
    )


def _named(request: pb.AmendOrderRequest | pb.CancelOrderRequest) -> types.Order:
    """What a refused request says of its order."""
    return types.Order(
        order_id=request.order_id,
        client_order_id=request.client_order_id,
        account_id=request.account_id,
        symbol_id=request.symbol_id,
        status=types.ORDER_STATUS_REJECTED,
    )


def _rejected(reply: Reply, order: types.Order) -> pb.ExecutionReport:
    reason = RejectReason(reply.events[0].reason)
    return pb.ExecutionReport(
        order=order,
        reject_reason=REJECT_REASONS[reason],
        reject_message=MESSAGES[reason],
        seq=reply.seq,
        time_ns=reply.events[0].create_time_ns,
    )


def order(state: OrderState, catalog: Catalog, reason: int = RejectReason.NONE) -> types.Order:
    """reason : of a closed one: why it was rejected or canceled"""
    symbol = catalog.symbols[state.symbol]
    message = types.Order(
        order_id=state.order_id,
        client_order_id=state.client_order_id,
        account_id=state.account,
        symbol_id=state.symbol,
        side=SIDES[state.side],
        type=ORDER_TYPES[state.type],
        time_in_force=TIMES_IN_FORCE[state.tif],
        price=_price(state.price, symbol),
        quantity=format_steps(state.qty, symbol.lot),
        filled_quantity=format_steps(state.filled_qty, symbol.lot),
        leaves_quantity=format_steps(state.leaves_qty, symbol.lot),
        filled_quote=format_units(state.filled_quote, symbol.quote.scale),
        fee=format_units(state.fee, symbol.quote.scale),
        status=ORDER_STATUSES[state.status],
        create_time_ns=state.create_time_ns,
        update_time_ns=state.update_time_ns,
        reject_reason=REJECT_REASONS[reason],
    )
    _put_terms(message, terms_of_state(state), symbol)
    return message
