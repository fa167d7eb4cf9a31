"""Package `schema` and rows."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from lightning.codes import CommandFlag, CommandKind, EventKind, OrderType, RejectReason, Side, TimeInForce
from lightning.decimals import format_steps, format_units
from lightning.engine.changes import CreateCurrency, CreateSymbol, UpdateCurrency, UpdateSymbol
from lightning.engine.exchange import Exchange
from lightning.engine.views import AccountState, Depth
from lightning.instruments import NAME_LENGTH_MAX, Currency, Symbol
from lightning.pb.schema import lightning_pb2 as pb
from lightning.pb.schema import management_pb2 as management
from lightning.rows import Command, Event
from lightning.server.convert.fields import (
    read_amount,
    read_ppm,
    read_price,
    read_quantity,
    require_absent,
    require_account,
    require_id,
)
from lightning.server.errors import BadField, Refused
from lightning.server.gateway import Catalog, Reply

SUCCESS = "Success"
LEVELS_DEFAULT = 20
LEVELS_MAX = 100
PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1000

Listed = TypeVar("Listed")


def known_symbol(catalog: Catalog, field: str, symbol_id: int) -> Symbol:
    symbol = catalog.symbols.get(require_id(field, symbol_id))
    if symbol is None:
        raise Refused(RejectReason.UNKNOWN_SYMBOL)
    return symbol


def known_currency(catalog: Catalog, field: str, currency_id: int) -> Currency:
    currency = catalog.currencies.get(require_id(field, currency_id))
    if currency is None:
        raise Refused(RejectReason.UNKNOWN_CURRENCY)
    return currency


def outcome(reply: Reply) -> Event:
    """The first event of a command that was done; else Refused."""
    first = reply.events[0]
    if first.kind == EventKind.REJECTED:
        raise Refused(first.reason)
    return first


# accounts


def increase(request: pb.IncreaseRequest, catalog: Catalog) -> Command:
    require_id("accountId", request.accountId)
    return _movement(CommandKind.DEPOSIT, request, catalog)


def decrease(request: pb.DecreaseRequest, catalog: Catalog) -> Command:
    require_account("accountId", request.accountId)
    return _movement(CommandKind.WITHDRAW, request, catalog)


def _movement(
    kind: CommandKind, request: pb.IncreaseRequest | pb.DecreaseRequest, catalog: Catalog
) -> Command:
    currency = known_currency(catalog, "currencyId", request.currencyId)
    return Command(
        kind=kind,
        flags=CommandFlag.SHARED_ID,
        account=request.accountId,
        currency=currency.id,
        amount=read_amount("amount", request.amount, currency.scale),
        request_id=request.requestId,
    )


def moved_balance(reply: Reply, catalog: Catalog) -> pb.Balance:
    event = outcome(reply)
    return balance(catalog.currencies[event.currency], event.available, event.held)


def balance(currency: Currency, available: int, held: int) -> pb.Balance:
    return pb.Balance(
        currency=str(currency.id),
        value=format_units(available + held, currency.scale),
        frozen=format_units(held, currency.scale),
        available=format_units(available, currency.scale),
    )


def account_query(request: pb.GetAccountRequest, catalog: Catalog) -> Currency | None:
    """The currency asked for; None: all that the account has."""
    require_account("accountId", request.accountId)
    return (
        known_currency(catalog, "currencyId", request.currencyId) if request.HasField("currencyId") else None
    )


def balances(account: AccountState | None, only: Currency | None, catalog: Catalog) -> dict[int, pb.Balance]:
    if account is None:
        raise Refused(RejectReason.UNKNOWN_ACCOUNT)
    found = {
        currency: balance(catalog.currencies[currency], available, held)
        for currency, available, held in account.balances
    }
    return found if only is None else {only.id: found.get(only.id) or balance(only, 0, 0)}


# orders


def place(request: pb.PlaceOrderRequest, catalog: Catalog) -> Command:
    require_id("accountId", request.accountId)
    if request.type not in (pb.LIMIT, pb.MARKET):
        raise BadField("type", f"must be LIMIT (0) or MARKET (1), not {request.type}")
    if request.side not in (pb.BID, pb.ASK):
        raise BadField("side", f"must be BID (0) or ASK (1), not {request.side}")
    symbol = known_symbol(catalog, "symbolId", request.symbolId)
    price = qty = amount = 0
    if request.type == pb.LIMIT:
        require_absent("volume", request.volume, "is for a MARKET order on side BID")
        price = read_price("price", request.price, symbol)
    else:
        require_absent("price", request.price, "must not be given for a MARKET order")
    if request.volume:
        if request.side != pb.BID:
            raise BadField("volume", "is for a MARKET order on side BID: give quantity")
        require_absent("quantity", request.quantity, "and volume exclude each other: give one of them")
        amount = read_amount("volume", request.volume, symbol.quote.scale)
    else:
        qty = read_quantity("quantity", request.quantity, symbol)
    own_fees = request.HasField("takerRate") or request.HasField("makerRate")
    return Command(
        kind=CommandKind.PLACE,
        side=Side.BUY if request.side == pb.BID else Side.SELL,
        type=OrderType.LIMIT if request.type == pb.LIMIT else OrderType.MARKET,
        tif=TimeInForce.GTC if request.type == pb.LIMIT else TimeInForce.IOC,
        flags=CommandFlag.OWN_FEES if own_fees else 0,
        symbol=symbol.id,
        account=request.accountId,
        client_order_id=request.requestId,
        price=price,
        qty=qty,
        amount=amount,
        taker_fee_ppm=_own_fee(request, "takerRate", symbol.taker_fee_ppm, symbol) if own_fees else 0,
        maker_fee_ppm=_own_fee(request, "makerRate", symbol.maker_fee_ppm, symbol) if own_fees else 0,
    )


def _own_fee(request: pb.PlaceOrderRequest, field: str, of_symbol: int, symbol: Symbol) -> int:
    return read_ppm(field, getattr(request, field), symbol) if request.HasField(field) else of_symbol


def cancel(request: pb.CancelOrderRequest, catalog: Catalog) -> Command:
    return Command(
        kind=CommandKind.CANCEL,
        flags=CommandFlag.SHARED_ID,
        account=require_id("accountId", request.accountId),
        symbol=known_symbol(catalog, "symbolId", request.symbolId).id,
        order_id=require_id("orderId", request.orderId),
        request_id=request.requestId,
    )


def canceled(reply: Reply, catalog: Catalog) -> pb.CancelOrderResponse:
    event = outcome(reply)
    return pb.CancelOrderResponse(
        message=SUCCESS,
        orderId=event.order_id,
        cancelledQuantity=format_steps(event.qty, catalog.symbols[event.symbol].lot),
        refundAmount=format_units(event.amount, catalog.currencies[event.currency].scale),
    )


# order book


def levels(request: pb.GetOrderBookRequest) -> int:
    return min(request.levels, LEVELS_MAX) if request.levels > 0 else LEVELS_DEFAULT


def read_book(symbol: Symbol, levels: int, exchange: Exchange) -> Depth:
    return exchange.depth(symbol.id, levels)


def book_body(symbol: Symbol, depth: Depth) -> bytes:
    """A GetOrderBookResponse without its timestamp."""
    bids, asks = depth.bids.tolist(), depth.asks.tolist()
    book = pb.GetOrderBookResponse(
        message=SUCCESS,
        symbolId=symbol.id,
        bids=_price_levels(symbol, bids),
        asks=_price_levels(symbol, asks),
    )
    if bids:
        book.bestBid = book.bids[0].price
    if asks:
        book.bestAsk = book.asks[0].price
    if bids and asks and asks[0][0] >= bids[0][0]:  # an auction's book may be crossed
        book.spread = format_steps(asks[0][0] - bids[0][0], symbol.tick)
    data: bytes = book.SerializeToString()
    return data


def _price_levels(symbol: Symbol, side: Sequence[Sequence[int]]) -> list[pb.PriceLevel]:
    return [
        pb.PriceLevel(price=format_steps(price, symbol.tick), quantity=format_steps(qty, symbol.lot))
        for price, qty, _ in side
    ]


# currencies and symbols


def currency(of: Currency) -> management.Currency:
    return management.Currency(id=of.id, name=of.name, displayName=of.display_name)


def symbol(of: Symbol) -> management.Symbol:
    return management.Symbol(id=of.id, name=of.name, base=of.base.id, quote=of.quote.id)


def create_currency(request: management.CreateCurrencyRequest) -> CreateCurrency:
    return CreateCurrency(request.name, _display_name("displayName", request.displayName))


def update_currency(request: management.UpdateCurrencyRequest) -> UpdateCurrency:
    return UpdateCurrency(
        require_id("id", request.id),
        request.name if request.HasField("name") else None,
        _display_name("display_name", request.display_name) if request.HasField("display_name") else None,
    )


def _display_name(field: str, text: str) -> str:
    if len(text) > NAME_LENGTH_MAX:
        raise BadField(field, f"must be at most {NAME_LENGTH_MAX} characters")
    return text


def create_symbol(request: management.CreateSymbolRequest) -> CreateSymbol:
    return CreateSymbol(request.name, require_id("base", request.base), require_id("quote", request.quote))


def update_symbol(request: management.UpdateSymbolRequest) -> UpdateSymbol:
    return UpdateSymbol(
        require_id("id", request.id),
        request.name if request.HasField("name") else None,
        require_id("base", request.base) if request.HasField("base") else None,
        require_id("quote", request.quote) if request.HasField("quote") else None,
    )


def page(
    request: management.ListCurrenciesRequest | management.ListSymbolsRequest,
    everything: Mapping[int, Listed],
) -> list[Listed]:
    """The page asked for, in ascending id."""
    number = request.page if request.HasField("page") else 1
    size = request.pageSize if request.HasField("pageSize") else PAGE_SIZE_DEFAULT
    if number < 1:
        raise BadField("page", f"must be 1 or more, not {number}")
    if not 1 <= size <= PAGE_SIZE_MAX:
        raise BadField("pageSize", f"must be 1 to {PAGE_SIZE_MAX}, not {size}")
    ids = sorted(everything)[(number - 1) * size : number * size]
    return [everything[one] for one in ids]
