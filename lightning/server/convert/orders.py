"""Orders of `lightning.v1` and rows."""

from lightning.codes import CommandFlag, CommandKind, EventKind, OrderType, RejectReason, Side, TimeInForce
from lightning.decimals import DecimalError, format_steps, format_units, parse_decimal
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
    read_order_type,
    read_self_trade_prevention,
    read_side,
    read_time_in_force,
)
from lightning.server.convert.fields import (
    read_steps,
    read_units,
    require_absent,
    require_account,
    require_id,
    require_not_negative,
)
from lightning.server.errors import MESSAGES, BadField, Refused
from lightning.server.gateway import Catalog, Reply

LATER = "is not supported yet: the order types that use it come later"


def place(request: pb.PlaceOrderRequest, symbol: Symbol | None) -> Command:
    """`symbol` None: unknown; then the engine gets no price or quantity, and refuses for that."""
    require_id("account_id", request.account_id)
    require_id("symbol_id", request.symbol_id)
    side = read_side("side", request.side)
    order_type = read_order_type("type", request.type)
    tif = _time_in_force(request, order_type)
    for later in ("stop_price", "trail_amount", "display_quantity", "expire_time_ms"):
        require_absent(later, getattr(request, later), LATER)
    if request.post_only and (order_type, tif) != (OrderType.LIMIT, TimeInForce.GTC):
        raise BadField("post_only", "is for ORDER_TYPE_LIMIT with TIME_IN_FORCE_GTC")
    price, qty, amount = _price_qty_amount(request, order_type, side, symbol)
    return Command(
        kind=CommandKind.PLACE,
        side=side,
        type=order_type,
        tif=tif,
        flags=CommandFlag.POST_ONLY if request.post_only else 0,
        stp=read_self_trade_prevention("self_trade_prevention", request.self_trade_prevention),
        symbol=request.symbol_id,
        account=request.account_id,
        client_order_id=request.client_order_id,
        price=price,
        qty=qty,
        amount=amount,
    )


def _time_in_force(request: pb.PlaceOrderRequest, order_type: OrderType) -> TimeInForce:
    if request.time_in_force == types.TIME_IN_FORCE_UNSPECIFIED:
        return TimeInForce.GTC if order_type == OrderType.LIMIT else TimeInForce.IOC
    return read_time_in_force("time_in_force", request.time_in_force)


def _price_qty_amount(
    request: pb.PlaceOrderRequest, order_type: OrderType, side: Side, symbol: Symbol | None
) -> tuple[int, int, int]:
    """Ticks, lots, quote units; what is representable but not allowed is left for the engine to refuse."""
    if order_type == OrderType.MARKET:
        require_absent("price", request.price, "must not be given for ORDER_TYPE_MARKET")
    elif not request.price:
        raise BadField("price", "is missing: ORDER_TYPE_LIMIT needs it")
    if request.quote_quantity:
        if (order_type, side) != (OrderType.MARKET, Side.BUY):
            raise BadField("quote_quantity", "is for ORDER_TYPE_MARKET with SIDE_BUY")
        require_absent(
            "quantity", request.quantity, "and quote_quantity exclude each other: give one of them"
        )
    elif not request.quantity:
        raise BadField("quantity", "is missing")
    if symbol is None:
        for field in ("price", "quantity", "quote_quantity"):
            _require_decimal(field, getattr(request, field))
        return 0, 0, 0
    return (
        read_steps("price", request.price, symbol.tick) if request.price else 0,
        read_steps("quantity", request.quantity, symbol.lot) if request.quantity else 0,
        read_units("quote_quantity", request.quote_quantity, symbol.quote.scale)
        if request.quote_quantity
        else 0,
    )


def _require_decimal(field: str, text: str) -> None:
    try:
        parse_decimal(text or "0")
    except DecimalError as error:
        raise BadField(field, error.reason) from None


def placed(reply: Reply, request: pb.PlaceOrderRequest, catalog: Catalog) -> pb.ExecutionReport:
    first = reply.events[0]
    if first.kind == EventKind.REJECTED:
        return _rejected(reply, _as_requested(request))
    return _executed(reply, first.create_time_ns, catalog)


def _executed(reply: Reply, time_ns: int, catalog: Catalog) -> pb.ExecutionReport:
    """Of an order that was accepted or amended, and then perhaps traded."""
    first = reply.events[0]
    symbol = catalog.symbols[first.symbol]
    order = _accepted(first, symbol)
    order.update_time_ns = time_ns
    report = pb.ExecutionReport(seq=reply.seq, time_ns=time_ns)
    filled_qty, filled_quote, fee = first.filled_qty, first.filled_quote, first.filled_fee
    order_qty, leaves_qty, reason = first.order_qty, first.leaves_qty, None
    for event in reply.events[1:]:
        if event.kind == EventKind.TRADE and event.taker_order_id == first.order_id:
            report.fills.append(_fill(event, symbol, time_ns, reply.seq))
            filled_qty += event.qty
            filled_quote += event.price * event.qty * symbol.tick_value
            fee += event.fee
            leaves_qty = event.leaves_qty
        elif event.order_id == first.order_id and event.kind == EventKind.REDUCED:
            order_qty, leaves_qty = event.order_qty, event.leaves_qty
        elif event.order_id == first.order_id and event.kind == EventKind.CANCELED:
            order_qty, leaves_qty, reason = event.order_qty, 0, RejectReason(event.reason)
    if reason is not None:
        order.status = types.ORDER_STATUS_CANCELED
        report.reject_reason = REJECT_REASONS[reason]
        report.reject_message = MESSAGES[reason]
    elif filled_qty == 0:
        order.status = types.ORDER_STATUS_NEW
    else:
        order.status = types.ORDER_STATUS_PARTIALLY_FILLED if leaves_qty else types.ORDER_STATUS_FILLED
    by_quantity = first.order_qty > 0
    order.quantity = format_steps(order_qty if by_quantity else filled_qty, symbol.lot)
    order.filled_quantity = format_steps(filled_qty, symbol.lot)
    order.leaves_quantity = format_steps(leaves_qty, symbol.lot)
    order.filled_quote = format_units(filled_quote, symbol.quote.scale)
    order.fee = format_units(fee, symbol.quote.scale)
    report.order.CopyFrom(order)
    return report


def _accepted(event: Event, symbol: Symbol) -> types.Order:
    return types.Order(
        order_id=event.order_id,
        client_order_id=event.client_order_id,
        account_id=event.account,
        symbol_id=event.symbol,
        side=SIDES[event.side],
        type=ORDER_TYPES[event.order_type],
        time_in_force=TIMES_IN_FORCE[event.order_tif],
        price=format_steps(event.price, symbol.tick) if event.price else "",
        create_time_ns=event.create_time_ns,
        update_time_ns=event.create_time_ns,
    )


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


def amend(request: pb.AmendOrderRequest, symbol: Symbol | None) -> Command:
    """`symbol` None: unknown, which the engine refuses for."""
    price = qty = 0
    if not request.HasField("price") and not request.HasField("quantity"):
        raise BadField("price", "is missing: give a price, a quantity or both")
    if symbol is not None and request.HasField("price"):
        price = _above_zero("price", read_steps("price", request.price, symbol.tick))
    if symbol is not None and request.HasField("quantity"):
        qty = _above_zero("quantity", read_steps("quantity", request.quantity, symbol.lot))
    return _about_order(request, CommandKind.AMEND)._replace(price=price, qty=qty)


def _above_zero(field: str, value: int) -> int:
    """Zero would be "as it is"."""
    if value <= 0:
        raise BadField(field, "must be above zero")
    return value


def amended(reply: Reply, request: pb.AmendOrderRequest, catalog: Catalog) -> pb.ExecutionReport:
    if reply.events[0].kind == EventKind.REJECTED:
        return _rejected(reply, _named(request))
    return _executed(reply, reply.time_ns, catalog)


def cancel(request: pb.CancelOrderRequest) -> Command:
    return _about_order(request, CommandKind.CANCEL)


def _about_order(request: pb.AmendOrderRequest | pb.CancelOrderRequest, kind: CommandKind) -> Command:
    require_not_negative("order_id", request.order_id)
    if not request.order_id and not request.client_order_id:
        raise BadField("order_id", "is missing: give order_id or client_order_id")
    return Command(
        kind=kind,
        account=require_id("account_id", request.account_id),
        symbol=require_id("symbol_id", request.symbol_id),
        order_id=request.order_id,
        client_order_id=0 if request.order_id else request.client_order_id,
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


def canceled(reply: Reply, request: pb.CancelOrderRequest, catalog: Catalog) -> pb.ExecutionReport:
    event = reply.events[0]
    if event.kind == EventKind.REJECTED:
        return _rejected(reply, _named(request))
    symbol = catalog.symbols[event.symbol]
    order = _accepted(event, symbol)
    order.quantity = format_steps(event.order_qty, symbol.lot)
    order.filled_quantity = format_steps(event.filled_qty, symbol.lot)
    order.leaves_quantity = format_steps(0, symbol.lot)
    order.filled_quote = format_units(event.filled_quote, symbol.quote.scale)
    order.fee = format_units(event.filled_fee, symbol.quote.scale)
    order.status = types.ORDER_STATUS_CANCELED
    order.update_time_ns = reply.time_ns
    return pb.ExecutionReport(order=order, seq=reply.seq, time_ns=reply.time_ns)


def cancel_all(request: pb.CancelAllOrdersRequest) -> Command:
    flags = 0
    if request.side:
        flags = CommandFlag.BUY_SIDE if read_side("side", request.side) == Side.BUY else CommandFlag.SELL_SIDE
    return Command(
        kind=CommandKind.CANCEL_ALL,
        flags=flags,
        account=require_id("account_id", request.account_id),
        symbol=require_not_negative("symbol_id", request.symbol_id),
    )


def canceled_all(reply: Reply) -> pb.CancelAllOrdersResponse:
    last = reply.events[-1]
    if last.kind == EventKind.REJECTED:
        raise Refused(last.reason)
    return pb.CancelAllOrdersResponse(
        canceled_count=last.qty,
        order_ids=[event.order_id for event in reply.events if event.kind == EventKind.CANCELED],
    )


def get(request: pb.GetOrderRequest) -> tuple[int, int]:
    """order_id and client_order_id; one of them is 0."""
    require_id("account_id", request.account_id)
    require_not_negative("order_id", request.order_id)
    if not request.order_id and not request.client_order_id:
        raise BadField("order_id", "is missing: give order_id or client_order_id")
    return request.order_id, 0 if request.order_id else request.client_order_id


def order(state: OrderState | None, catalog: Catalog) -> types.Order:
    if state is None:
        raise Refused(RejectReason.UNKNOWN_ORDER)
    symbol = catalog.symbols[state.symbol]
    return types.Order(
        order_id=state.order_id,
        client_order_id=state.client_order_id,
        account_id=state.account,
        symbol_id=state.symbol,
        side=SIDES[state.side],
        type=ORDER_TYPES[state.type],
        time_in_force=TIMES_IN_FORCE[state.tif],
        price=format_steps(state.price, symbol.tick) if state.price else "",
        quantity=format_steps(state.qty, symbol.lot),
        filled_quantity=format_steps(state.filled_qty, symbol.lot),
        leaves_quantity=format_steps(state.leaves_qty, symbol.lot),
        filled_quote=format_units(state.filled_quote, symbol.quote.scale),
        fee=format_units(state.fee, symbol.quote.scale),
        status=ORDER_STATUSES[state.status],
        create_time_ns=state.create_time_ns,
        update_time_ns=state.update_time_ns,
    )


def list_filters(request: pb.ListOrdersRequest) -> tuple[int, int, bool]:
    """What decides which orders are listed."""
    require_id("account_id", request.account_id)
    require_not_negative("symbol_id", request.symbol_id)
    return request.account_id, request.symbol_id, request.open_only


def fill_filters(request: pb.ListFillsRequest) -> tuple[int, int, int]:
    """Account, symbol and order id; 0: any."""
    require_account("account_id", request.account_id)
    require_not_negative("symbol_id", request.symbol_id)
    require_not_negative("order_id", request.order_id)
    return request.account_id, request.symbol_id, request.order_id
