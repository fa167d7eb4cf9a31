"""Requests of `lightning.v1.Admin` to changes and commands, and what came of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lightning.codes import (
    CommandFlag,
    CommandKind,
    EventKind,
    RejectReason,
    Side,
    SymbolStatus,
)
from lightning.decimals import DecimalError, Step, format_steps, parse_decimal, parse_step
from lightning.engine.changes import (
    NEW_CURRENCY_SCALE,
    ChangeRefused,
    CreateCurrency,
    CreateSymbol,
    DeleteCurrency,
    DeleteSymbol,
    RefusalKind,
    Terms,
    UpdateSymbol,
)
from lightning.instruments import NAME_LENGTH_MAX, Currency, Symbol
from lightning.pb.v1 import admin_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.rows import Command
from lightning.server.convert.enums import (
    ACCOUNT_STATUSES,
    SYMBOL_STATUSES,
    read_account_status,
    read_self_trade_prevention,
    read_side,
    read_symbol_status,
)
from lightning.server.convert.fields import require_absent, require_id, require_not_negative
from lightning.server.convert.market import known_symbol
from lightning.server.errors import BadField, Refused
from lightning.server.gateway import Catalog, Reply

SymbolRequest = pb.CreateSymbolRequest | pb.UpdateSymbolRequest

_WIRE_NAMES = {
    "base": "base_currency_id",
    "quote": "quote_currency_id",
    "fee_account": "fee_account_id",
    "orders_max": "open_orders_max",
}


@contextmanager
def refusals_by_wire_name() -> Iterator[None]:
    """A change's refusal names the field of the request, and is BadField where only that is wrong."""
    try:
        yield
    except ChangeRefused as refusal:
        field = _WIRE_NAMES.get(refusal.field, refusal.field)
        if refusal.kind == RefusalKind.INVALID:
            raise BadField(field, refusal.reason) from None
        raise ChangeRefused(refusal.kind, field, refusal.reason) from None


# currencies and symbols


def create_currency(request: pb.CreateCurrencyRequest) -> CreateCurrency:
    scale = request.scale if request.HasField("scale") else NEW_CURRENCY_SCALE
    return CreateCurrency(_name(request, "name"), _name(request, "display_name"), scale)


def retire_currency(request: pb.RetireCurrencyRequest, catalog: Catalog) -> DeleteCurrency:
    return DeleteCurrency(_known_currency("currency_id", request.currency_id, catalog))


def create_symbol(request: pb.CreateSymbolRequest, catalog: Catalog) -> CreateSymbol:
    for field in ("tick", "lot"):
        if not getattr(request, field):
            raise BadField(field, 'is missing: give a decimal, like "0.01"')
    return CreateSymbol(
        _name(request, "name"),
        _known_currency("base_currency_id", request.base_currency_id, catalog),
        _known_currency("quote_currency_id", request.quote_currency_id, catalog),
        read_symbol_status("status", request.status) if request.status else SymbolStatus.TRADING,
        _terms(request),
    )


def update_symbol(request: pb.UpdateSymbolRequest, catalog: Catalog) -> UpdateSymbol:
    base, quote = "base_currency_id", "quote_currency_id"
    return UpdateSymbol(
        known_symbol(catalog, request.symbol_id).id,
        _name(request, "name") if request.HasField("name") else None,
        _known_currency(base, request.base_currency_id, catalog) if request.HasField(base) else None,
        _known_currency(quote, request.quote_currency_id, catalog) if request.HasField(quote) else None,
        _terms(request),
    )


def retire_symbol(request: pb.RetireSymbolRequest, catalog: Catalog) -> DeleteSymbol:
    return DeleteSymbol(known_symbol(catalog, request.symbol_id).id)


def currency(of: Currency) -> types.Currency:
    return types.Currency(currency_id=of.id, name=of.name, display_name=of.display_name, scale=of.scale)


def _name(request: SymbolRequest | pb.CreateCurrencyRequest, field: str) -> str:
    """What else it must be is judged where the change is made; too long a one is not even journaled."""
    text: str = getattr(request, field)
    if len(text) > NAME_LENGTH_MAX:
        raise BadField(field, f"must be at most {NAME_LENGTH_MAX} characters")
    return text


def _known_currency(field: str, currency_id: int, catalog: Catalog) -> int:
    if require_id(field, currency_id) not in catalog.currencies:
        raise Refused(RejectReason.UNKNOWN_CURRENCY)
    return currency_id


def _terms(request: SymbolRequest) -> Terms:
    mode = _given(request, "self_trade_prevention")
    return Terms(
        tick=_step(request, "tick"),
        lot=_step(request, "lot"),
        maker_fee_ppm=_given(request, "maker_fee_ppm"),
        taker_fee_ppm=_given(request, "taker_fee_ppm"),
        self_trade_prevention=None
        if mode is None
        else read_self_trade_prevention("self_trade_prevention", mode),
        quantity_min=_decimal(request, "quantity_min"),
        quantity_max=_decimal(request, "quantity_max"),
        notional_min=_decimal(request, "notional_min"),
        fee_account=_given(request, "fee_account_id"),
        order_fee_ppm_min=_given(request, "order_fee_ppm_min"),
        order_fee_ppm_max=_given(request, "order_fee_ppm_max"),
        price_band_ppm=_given(request, "price_band_ppm"),
        market_protection_ppm=_given(request, "market_protection_ppm"),
        orders_max=_given(request, "open_orders_max"),
    )


def _is_given(request: SymbolRequest, field: str) -> bool:
    if request.DESCRIPTOR.fields_by_name[field].has_presence:
        return request.HasField(field)
    return bool(getattr(request, field))


def _given(request: SymbolRequest, field: str) -> int | None:
    return int(getattr(request, field)) if _is_given(request, field) else None


def _decimal(request: SymbolRequest, field: str) -> str | None:
    """Its text: how many units or lots it is shows only where the change is made."""
    if not _is_given(request, field):
        return None
    text: str = getattr(request, field)
    try:
        parse_decimal(text)
    except DecimalError as error:
        raise BadField(field, error.reason) from None
    return text


def _step(request: SymbolRequest, field: str) -> Step | None:
    if not _is_given(request, field):
        return None
    try:
        return parse_step(getattr(request, field))
    except DecimalError as error:
        raise BadField(field, error.reason) from None


# controls


def set_symbol_status(request: pb.SetSymbolStatusRequest, symbol: Symbol) -> Command:
    return Command(
        kind=CommandKind.SET_SYMBOL_STATUS,
        symbol=symbol.id,
        type=read_symbol_status("status", request.status),
        request_id=request.request_id,
    )


def symbol_status_set(reply: Reply, symbol: Symbol) -> pb.SetSymbolStatusResponse:
    _require_done(reply)
    return pb.SetSymbolStatusResponse(
        status=SYMBOL_STATUSES[reply.events[0].qty],
        uncrosses=[
            pb.Uncross(
                price=format_steps(event.price, symbol.tick), quantity=format_steps(event.qty, symbol.lot)
            )
            for event in reply.events
            if event.kind == EventKind.UNCROSSED
        ],
        seq=reply.seq,
    )


def set_account_status(request: pb.SetAccountStatusRequest) -> list[Command]:
    """The cancel has a once-only id of its own: a key stands for one command."""
    account = require_id("account_id", request.account_id)
    request_id = require_not_negative("request_id", request.request_id)
    status = read_account_status("status", request.status)
    commands = [
        Command(kind=CommandKind.SET_ACCOUNT_STATUS, account=account, type=status, request_id=request_id)
    ]
    if request.cancel_orders:
        commands.append(Command(kind=CommandKind.CANCEL_ALL, account=account, request_id=-request_id))
    return commands


def account_status_set(replies: Sequence[Reply]) -> pb.SetAccountStatusResponse:
    for reply in replies:
        _require_done(reply)
    return pb.SetAccountStatusResponse(
        status=ACCOUNT_STATUSES[replies[0].events[0].qty],
        canceled_count=sum(reply.events[-1].qty for reply in replies[1:]),
        seq=replies[-1].seq,
    )


def cancel_all(request: pb.AdminCancelAllOrdersRequest, catalog: Catalog) -> Command:
    flags = 0
    if request.HasField("account_id"):
        require_id("account_id", request.account_id)
        require_absent("every_account", request.every_account, "and account_id exclude each other")
    elif request.every_account:
        flags |= CommandFlag.EVERY_ACCOUNT
    else:
        raise BadField("account_id", "is missing: name one, or set every_account")
    if request.HasField("side"):
        is_buy = read_side("side", request.side) == Side.BUY
        flags |= CommandFlag.BUY_SIDE if is_buy else CommandFlag.SELL_SIDE
    return Command(
        kind=CommandKind.CANCEL_ALL,
        flags=flags,
        account=request.account_id,
        symbol=known_symbol(catalog, request.symbol_id).id if request.HasField("symbol_id") else 0,
        request_id=request.request_id,
    )


def canceled_all(reply: Reply) -> pb.AdminCancelAllOrdersResponse:
    _require_done(reply)
    return pb.AdminCancelAllOrdersResponse(canceled_count=reply.events[-1].qty, seq=reply.seq)


def _require_done(reply: Reply) -> None:
    if reply.events[0].kind == EventKind.REJECTED:
        raise Refused(reply.events[0].reason)
