"""Applying admin changes to an exchange."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from lightning.decimals import DecimalError, Step, format_steps, format_units, to_steps, to_units
from lightning.engine.changes import (
    Change,
    ChangeRefused,
    CreateCurrency,
    CreateSymbol,
    DeleteCurrency,
    DeleteSymbol,
    RefusalKind,
    SetLimits,
    Terms,
    UpdateCurrency,
    UpdateSymbol,
)
from lightning.engine.exchange import Exchange
from lightning.instruments import ID_MAX, QUANTITY_MAX, Currency, InstrumentError, Symbol

NEW_TICK_SCALE = 2
NEW_LOT_SCALE = 6

Given = TypeVar("Given")


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
        raise ChangeRefused(RefusalKind.INVALID, error.field, error.reason) from error
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
        raise ChangeRefused(RefusalKind.IN_USE, "id", f"of a {what} is at most {ID_MAX}: every one was given")
    return used + 1


def _check_name_free(name: str, taken: list[str], what: str) -> None:
    if name in taken:
        raise ChangeRefused(RefusalKind.IN_USE, "name", f"must be free: a {what} called {name!r} exists")


def _currency(exchange: Exchange, number: int, field: str = "id") -> Currency:
    if number not in exchange.currencies:
        raise ChangeRefused(RefusalKind.NOT_FOUND, field, f"must name a currency: there is no {number}")
    return exchange.currencies[number]


def _symbol(exchange: Exchange, number: int) -> Symbol:
    if number not in exchange.symbols:
        raise ChangeRefused(RefusalKind.NOT_FOUND, "id", f"must name a symbol: there is no {number}")
    return exchange.symbols[number]


def _create_currency(exchange: Exchange, change: CreateCurrency) -> Currency:
    _check_name_free(change.name, [one.name for one in exchange.currencies.values()], "currency")
    number = _free_id(exchange.currency_id_last, "currency")
    currency = Currency(number, change.name, change.scale, change.display_name)
    exchange.create_currency(currency)
    return currency


def _update_currency(exchange: Exchange, change: UpdateCurrency) -> Currency:
    old = _currency(exchange, change.id)
    others = [one.name for one in exchange.currencies.values() if one.id != change.id]
    name = _or(change.name, old.name)
    _check_name_free(name, others, "currency")
    display_name = _or(change.display_name, old.display_name)
    new = replace(old, name=name, display_name=display_name)
    exchange.rename_currency(new)
    return new


def _delete_currency(exchange: Exchange, change: DeleteCurrency) -> None:
    currency = _currency(exchange, change.id)
    traded = (one for one in exchange.symbols.values() if currency.id in (one.base.id, one.quote.id))
    uses = [f"symbol {one.id} ({one.name})" for one in traded]
    if holders := exchange.holders(currency.id):
        uses.append(f"balances of {holders} account{'s' * (holders > 1)}")
    if uses:
        raise ChangeRefused(RefusalKind.IN_USE, "id", f"{currency.id} is in use: {', '.join(uses)}")
    exchange.remove_currency(currency.id)


def _create_symbol(exchange: Exchange, change: CreateSymbol) -> Symbol:
    _check_name_free(change.name, [one.name for one in exchange.symbols.values()], "symbol")
    base = _currency(exchange, change.base, "base")
    quote = _currency(exchange, change.quote, "quote")
    lot = change.terms.lot or Step(1, min(NEW_LOT_SCALE, base.scale, quote.scale))
    tick = change.terms.tick or Step(1, max(0, min(NEW_TICK_SCALE, quote.scale - lot.scale)))
    number = _free_id(exchange.symbol_id_last, "symbol")
    plain = Symbol(number, change.name, base, quote, tick, lot, status=change.status)
    symbol = _with_terms(plain, plain, change.terms)
    exchange.create_symbol(symbol)
    return symbol


def _update_symbol(exchange: Exchange, change: UpdateSymbol) -> Symbol:
    old = _symbol(exchange, change.id)
    others = [one.name for one in exchange.symbols.values() if one.id != change.id]
    name = _or(change.name, old.name)
    _check_name_free(name, others, "symbol")
    base = old.base if change.base is None else _currency(exchange, change.base, "base")
    quote = old.quote if change.quote is None else _currency(exchange, change.quote, "quote")
    moved = replace(
        old,
        name=name,
        base=base,
        quote=quote,
        tick=change.terms.tick or old.tick,
        lot=change.terms.lot or old.lot,
    )
    _check_may_move(exchange, old, moved)
    new = _with_terms(old, moved, change.terms)
    exchange.replace_symbol(new)
    return new


def _check_may_move(exchange: Exchange, old: Symbol, new: Symbol) -> None:
    """Only a symbol that nobody uses changes what its prices and quantities mean."""
    uses = exchange.uses(old.id)
    for field in ("base", "quote", "tick", "lot"):
        if getattr(old, field) != getattr(new, field) and any(uses):
            raise ChangeRefused(RefusalKind.IN_USE, field, f"must stay: symbol {old.id} has {uses.words()}")


def _with_terms(old: Symbol, new: Symbol, terms: Terms) -> Symbol:
    """`new` with what the terms say of it; what they do not say is worth what it was in `old`."""
    return replace(
        new,
        maker_fee_ppm=_or(terms.maker_fee_ppm, new.maker_fee_ppm),
        taker_fee_ppm=_or(terms.taker_fee_ppm, new.taker_fee_ppm),
        self_trade_prevention=_or(terms.self_trade_prevention, new.self_trade_prevention),
        self_trade_prevention_given=new.self_trade_prevention_given
        or terms.self_trade_prevention is not None,
        quantity_min=_lots("quantity_min", terms.quantity_min, old.quantity_min, old.lot, new.lot),
        quantity_max=_lots("quantity_max", terms.quantity_max, old.quantity_max, old.lot, new.lot),
        notional_min=_notional_min(terms.notional_min, old, new.quote),
        fee_account=_or(terms.fee_account, new.fee_account),
        order_fee_ppm_min=_or(terms.order_fee_ppm_min, new.order_fee_ppm_min),
        order_fee_ppm_max=_or(terms.order_fee_ppm_max, new.order_fee_ppm_max),
        price_band_ppm=_or(terms.price_band_ppm, new.price_band_ppm),
        market_protection_ppm=_or(terms.market_protection_ppm, new.market_protection_ppm),
        orders_max=_or(terms.orders_max, new.orders_max),
    )


def _or(given: Given | None, kept: Given) -> Given:
    return kept if given is None else given


def _lots(field: str, text: str | None, kept: int, old_lot: Step, lot: Step) -> int:
    if text is None:
        if old_lot == lot or kept in (1, QUANTITY_MAX):
            return kept
        text = format_steps(kept, old_lot)
    return _converted(field, text, lambda: to_steps(text, lot))


def _notional_min(text: str | None, old: Symbol, quote: Currency) -> int:
    if text is None:
        text = format_units(old.notional_min, old.quote.scale)
    return _converted("notional_min", text, lambda: to_units(text, quote.scale))


def _converted(field: str, text: str, convert: Callable[[], int]) -> int:
    try:
        return convert()
    except DecimalError as error:
        raise ChangeRefused(RefusalKind.INVALID, field, f"{error.reason}: {text!r}") from error


def _delete_symbol(exchange: Exchange, change: DeleteSymbol) -> None:
    symbol = _symbol(exchange, change.id)
    uses = exchange.uses(symbol.id)._replace(trades=0)
    if any(uses):
        raise ChangeRefused(RefusalKind.IN_USE, "id", f"{symbol.id} is in use: {uses.words()}")
    exchange.remove_symbol(symbol.id)
