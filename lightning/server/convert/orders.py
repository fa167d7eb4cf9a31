"""Requests about orders of `lightning.v1` to COMMAND rows.

Whatever the kernels would call an INVALID_COMMAND is found here, where the field can be named.
"""

from lightning.codes import CommandFlag, CommandKind, OrderType, Side, TimeInForce
from lightning.decimals import DecimalError, parse_decimal
from lightning.instruments import Symbol
from lightning.pb.v1 import trading_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.rows import Command
from lightning.server.convert.enums import (
    ORDER_TYPES,
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
from lightning.server.errors import BadField

NS_PER_MS = 1_000_000
EXPIRE_TIME_MS_MAX = (2**63 - 1) // NS_PER_MS
TIMEOUT_MS_MAX = 24 * 3_600_000

_PRICED = (OrderType.LIMIT, OrderType.STOP_LIMIT)
_RESTING = (TimeInForce.GTC, TimeInForce.GTD)
_TYPES_WITH = {
    "price": _PRICED,
    "stop_price": (OrderType.STOP, OrderType.STOP_LIMIT),
    "trail_amount": (OrderType.TRAILING_STOP,),
}
"""The types that need the field; all others must not have it."""
_AMOUNTS = ("price", "quantity", "quote_quantity", "stop_price", "trail_amount", "display_quantity")


def place(request: pb.PlaceOrderRequest, symbol: Symbol | None) -> Command:
    """`symbol` None: unknown; then the engine gets no price or quantity, and refuses for that."""
    require_id("account_id", request.account_id)
    require_id("symbol_id", request.symbol_id)
    side = read_side("side", request.side)
    order_type = read_order_type("type", request.type)
    tif = _time_in_force(request, order_type)
    _require_fields_of_type(request, order_type, side)
    _require_rest(request, order_type, tif)
    row = Command(
        kind=CommandKind.PLACE,
        side=side,
        type=order_type,
        tif=tif,
        flags=CommandFlag.POST_ONLY if request.post_only else 0,
        stp=read_self_trade_prevention("self_trade_prevention", request.self_trade_prevention),
        symbol=request.symbol_id,
        account=request.account_id,
        client_order_id=request.client_order_id,
        expire_time_ns=_expire_time_ns(request, tif),
    )
    if symbol is not None:
        return _with_amounts(row, request, symbol)
    for field in _AMOUNTS:
        _require_decimal(field, getattr(request, field))
    return row


def _time_in_force(request: pb.PlaceOrderRequest, order_type: OrderType) -> TimeInForce:
    if request.time_in_force == types.TIME_IN_FORCE_UNSPECIFIED:
        return TimeInForce.GTC if order_type in _PRICED else TimeInForce.IOC
    tif = read_time_in_force("time_in_force", request.time_in_force)
    if (order_type, tif) == (OrderType.MARKET, TimeInForce.GTD):
        raise BadField("time_in_force", "must not be TIME_IN_FORCE_GTD for ORDER_TYPE_MARKET: it never rests")
    return tif


def _require_fields_of_type(request: pb.PlaceOrderRequest, order_type: OrderType, side: Side) -> None:
    for field, of_types in _TYPES_WITH.items():
        given = bool(getattr(request, field))
        if order_type in of_types and not given:
            raise BadField(field, f"is missing: {_type_name(order_type)} needs it")
        if order_type not in of_types:
            allowed = " and ".join(map(_type_name, of_types))
            require_absent(field, given, f"is for {allowed}, not {_type_name(order_type)}")
    if request.quote_quantity:
        if (order_type, side) != (OrderType.MARKET, Side.BUY):
            raise BadField("quote_quantity", "is for ORDER_TYPE_MARKET with SIDE_BUY")
        require_absent(
            "quantity", request.quantity, "and quote_quantity exclude each other: give one of them"
        )
    elif not request.quantity:
        raise BadField("quantity", "is missing")


def _require_rest(request: pb.PlaceOrderRequest, order_type: OrderType, tif: TimeInForce) -> None:
    """Some things are only for orders that may rest."""
    if order_type in _PRICED and tif in _RESTING:
        return
    allowed = (
        "is for ORDER_TYPE_LIMIT and ORDER_TYPE_STOP_LIMIT with TIME_IN_FORCE_GTC or TIME_IN_FORCE_GTD, "
        f"not {_type_name(order_type)} with {_tif_name(tif)}"
    )
    require_absent("post_only", request.post_only, allowed)
    require_absent("display_quantity", request.display_quantity, allowed)


def _expire_time_ns(request: pb.PlaceOrderRequest, tif: TimeInForce) -> int:
    given = require_not_negative("expire_time_ms", request.expire_time_ms)
    if tif != TimeInForce.GTD:
        require_absent("expire_time_ms", given, f"is for TIME_IN_FORCE_GTD, not {_tif_name(tif)}")
    elif not given:
        raise BadField("expire_time_ms", "is missing: TIME_IN_FORCE_GTD needs it")
    if given > EXPIRE_TIME_MS_MAX:
        raise BadField("expire_time_ms", f"must be at most {EXPIRE_TIME_MS_MAX}, not {given}")
    return given * NS_PER_MS


def _with_amounts(row: Command, request: pb.PlaceOrderRequest, symbol: Symbol) -> Command:
    """Ticks, lots, quote units; what is representable but not allowed is left for the engine to refuse."""

    def ticks(field: str, text: str) -> int:
        return read_steps(field, text, symbol.tick) if text else 0

    def lots(field: str, text: str) -> int:
        return read_steps(field, text, symbol.lot) if text else 0

    quote, display = request.quote_quantity, request.display_quantity
    return row._replace(
        price=ticks("price", request.price),
        qty=lots("quantity", request.quantity),
        amount=read_units("quote_quantity", quote, symbol.quote.scale) if quote else 0,
        stop_price=ticks("stop_price", request.stop_price),
        trail_amount=ticks("trail_amount", request.trail_amount),
        display_qty=_above_zero("display_quantity", lots("display_quantity", display)) if display else 0,
    )


def _require_decimal(field: str, text: str) -> None:
    try:
        parse_decimal(text or "0")
    except DecimalError as error:
        raise BadField(field, error.reason) from None


def _above_zero(field: str, value: int) -> int:
    """Zero would be "not given" in a row."""
    if value <= 0:
        raise BadField(field, "must be above zero")
    return value


def _type_name(order_type: OrderType) -> str:
    return types.OrderType.Name(ORDER_TYPES[order_type])


def _tif_name(tif: TimeInForce) -> str:
    return types.TimeInForce.Name(TIMES_IN_FORCE[tif])


def place_pair(
    request: pb.PlaceOneCancelsOtherRequest, first_symbol: Symbol | None, second_symbol: Symbol | None
) -> tuple[Command, Command]:
    """Both rows; the second is linked with the first if its seq is the next."""
    first = _place_half(request, "first", first_symbol)
    second = _place_half(request, "second", second_symbol)
    for field in ("account_id", "symbol_id", "side"):
        if getattr(request.first, field) != getattr(request.second, field):
            raise BadField(f"second.{field}", f"must be the same as first.{field}")
    ids = request.first.client_order_id, request.second.client_order_id
    if bool(ids[0]) != bool(ids[1]):
        raise BadField(
            f"{'second' if ids[0] else 'first'}.client_order_id",
            "is missing: give one to both orders or to neither, or a retry could place one of them alone",
        )
    if ids[0] and ids[0] == ids[1]:
        raise BadField("second.client_order_id", "must be another one than first.client_order_id")
    return first, second._replace(flags=second.flags | CommandFlag.ONE_CANCELS_OTHER)


def _place_half(request: pb.PlaceOneCancelsOtherRequest, half: str, symbol: Symbol | None) -> Command:
    if not request.HasField(half):
        raise BadField(half, "is missing: give both orders")
    try:
        row = place(getattr(request, half), symbol)
    except BadField as error:
        raise BadField(f"{half}.{error.field}", error.reason) from None
    if row.type == OrderType.MARKET:
        raise BadField(f"{half}.type", "must not be ORDER_TYPE_MARKET: only orders that wait can be linked")
    if row.type == OrderType.LIMIT and row.tif not in _RESTING:
        raise BadField(
            f"{half}.time_in_force",
            "must be TIME_IN_FORCE_GTC or TIME_IN_FORCE_GTD for ORDER_TYPE_LIMIT, "
            f"not {_tif_name(TimeInForce(row.tif))}: only orders that wait can be linked",
        )
    return row


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


def cancel_all(request: pb.CancelAllOrdersRequest) -> Command:
    flags = 0
    if request.side:
        flags = CommandFlag.BUY_SIDE if read_side("side", request.side) == Side.BUY else CommandFlag.SELL_SIDE
    return _cancel_all(request)._replace(flags=flags)


def cancel_on_disconnect(request: pb.CancelOnDisconnectRequest) -> Command:
    """What is to be done when the stream ends."""
    return _cancel_all(request)


def _cancel_all(request: pb.CancelAllOrdersRequest | pb.CancelOnDisconnectRequest) -> Command:
    return Command(
        kind=CommandKind.CANCEL_ALL,
        account=require_id("account_id", request.account_id),
        symbol=require_not_negative("symbol_id", request.symbol_id),
    )


def cancel_all_after(request: pb.CancelAllAfterRequest, now_ns: int) -> Command:
    timeout_ms = request.timeout_ms
    if not 0 <= timeout_ms <= TIMEOUT_MS_MAX:
        raise BadField("timeout_ms", f"must be 0 to {TIMEOUT_MS_MAX}, not {timeout_ms}; 0 is never")
    return Command(
        kind=CommandKind.CANCEL_ALL_AFTER,
        account=require_id("account_id", request.account_id),
        expire_time_ns=now_ns + timeout_ms * NS_PER_MS if timeout_ms else 0,
    )


def get(request: pb.GetOrderRequest) -> tuple[int, int]:
    """order_id and client_order_id; one of them is 0."""
    require_id("account_id", request.account_id)
    require_not_negative("order_id", request.order_id)
    if not request.order_id and not request.client_order_id:
        raise BadField("order_id", "is missing: give order_id or client_order_id")
    return request.order_id, 0 if request.order_id else request.client_order_id


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
