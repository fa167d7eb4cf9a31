"""Applying admin changes to an exchange."""

from dataclasses import replace

from lightning.decimals import Step
from lightning.engine.changes import (
    Change,
    ChangeRefused,
    CreateCurrency,
    CreateSymbol,
    DeleteCurrency,
    DeleteSymbol,
    RefusalKind,
    SetLimits,
    UpdateCurrency,
    UpdateSymbol,
)
from lightning.engine.exchange import Exchange
from lightning.instruments import ID_MAX, Currency, InstrumentError, Symbol

NEW_CURRENCY_SCALE = 8
NEW_TICK_SCALE = 2
NEW_LOT_SCALE = 6


def apply_change(exchange: Exchange, change: Change) -> Currency | Symbol | None:
    """Make the change; it takes a seq of its own, made or refused. Raises ChangeRefused."""
    exchange.take_seq()
    try:
        match change:
            case CreateCurrency():
                return _create_currency(exchange, change)
            case UpdateCurrency():
                return _update_currency(exchange, change)
            case DeleteCurrency():
                _delete_currency(exchange, change)
            case CreateSymbol():
                return _create_symbol(exchange, change)
            case UpdateSymbol():
                return _update_symbol(exchange, change)
            case DeleteSymbol():
                _delete_symbol(exchange, change)
            case SetLimits():
                exchange.set_limits(change.orders_max, change.accounts_max)
    except InstrumentError as error:
        raise ChangeRefused(RefusalKind.INVALID, str(error)) from error
    return None


def concerned(exchange: Exchange, change: Change) -> Currency | Symbol | None:
    """The currency or symbol that a change just made, or refused, is about, as it is now; None: gone."""
    match change:
        case CreateCurrency():
            return exchange.currencies.get(exchange.currency_id_last)
        case CreateSymbol():
            return exchange.symbols.get(exchange.symbol_id_last)
        case UpdateCurrency() | DeleteCurrency():
            return exchange.currencies.get(change.id)
        case UpdateSymbol() | DeleteSymbol():
            return exchange.symbols.get(change.id)
    return None


def _free_id(used: int, what: str) -> int:
    if used >= ID_MAX:
        raise ChangeRefused(RefusalKind.IN_USE, f"every {what} id up to {ID_MAX} is used")
    return used + 1


def _check_name_free(name: str, taken: list[str], what: str) -> None:
    if name in taken:
        raise ChangeRefused(RefusalKind.IN_USE, f"name: a {what} called {name!r} exists")


def _currency(exchange: Exchange, number: int, field: str = "id") -> Currency:
    if number not in exchange.currencies:
        raise ChangeRefused(RefusalKind.NOT_FOUND, f"{field}: no currency {number}")
    return exchange.currencies[number]


def _symbol(exchange: Exchange, number: int) -> Symbol:
    if number not in exchange.symbols:
        raise ChangeRefused(RefusalKind.NOT_FOUND, f"id: no symbol {number}")
    return exchange.symbols[number]


def _create_currency(exchange: Exchange, change: CreateCurrency) -> Currency:
    _check_name_free(change.name, [one.name for one in exchange.currencies.values()], "currency")
    number = _free_id(exchange.currency_id_last, "currency")
    currency = Currency(number, change.name, NEW_CURRENCY_SCALE, change.display_name)
    exchange.create_currency(currency)
    return currency


def _update_currency(exchange: Exchange, change: UpdateCurrency) -> Currency:
    old = _currency(exchange, change.id)
    others = [one.name for one in exchange.currencies.values() if one.id != change.id]
    name = old.name if change.name is None else change.name
    _check_name_free(name, others, "currency")
    display_name = old.display_name if change.display_name is None else change.display_name
    new = replace(old, name=name, display_name=display_name)
    exchange.rename_currency(new)
    return new


def _delete_currency(exchange: Exchange, change: DeleteCurrency) -> None:
    currency = _currency(exchange, change.id)
    users = [one.name for one in exchange.symbols.values() if currency.id in (one.base.id, one.quote.id)]
    if users:
        raise ChangeRefused(RefusalKind.IN_USE, f"id: currency {currency.id} is used by symbol {users[0]}")
    if any(total.currency == currency.id and total.deposited for total in exchange.totals()):
        raise ChangeRefused(RefusalKind.IN_USE, f"id: currency {currency.id} was deposited")
    exchange.remove_currency(currency.id)


def _create_symbol(exchange: Exchange, change: CreateSymbol) -> Symbol:
    _check_name_free(change.name, [one.name for one in exchange.symbols.values()], "symbol")
    base = _currency(exchange, change.base, "base")
    quote = _currency(exchange, change.quote, "quote")
    lot_scale = min(NEW_LOT_SCALE, base.scale, quote.scale)
    tick_scale = min(NEW_TICK_SCALE, quote.scale - lot_scale)
    number = _free_id(exchange.symbol_id_last, "symbol")
    symbol = Symbol(number, change.name, base, quote, Step(1, tick_scale), Step(1, lot_scale))
    exchange.create_symbol(symbol)
    return symbol


def _update_symbol(exchange: Exchange, change: UpdateSymbol) -> Symbol:
    old = _symbol(exchange, change.id)
    others = [one.name for one in exchange.symbols.values() if one.id != change.id]
    name = old.name if change.name is None else change.name
    _check_name_free(name, others, "symbol")
    base = old.base if change.base is None else _currency(exchange, change.base, "base")
    quote = old.quote if change.quote is None else _currency(exchange, change.quote, "quote")
    moved = (base.id, quote.id) != (old.base.id, old.quote.id)
    if moved and not exchange.is_unused(old.id):
        raise ChangeRefused(RefusalKind.IN_USE, f"base, quote: symbol {old.id} has orders or trades")
    new = replace(old, name=name, base=base, quote=quote)
    exchange.replace_symbol(new)
    return new


def _delete_symbol(exchange: Exchange, change: DeleteSymbol) -> None:
    symbol = _symbol(exchange, change.id)
    if len(exchange.orders(symbol.id)):
        raise ChangeRefused(RefusalKind.IN_USE, f"id: symbol {symbol.id} has open orders")
    exchange.remove_symbol(symbol.id)
