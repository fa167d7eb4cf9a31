"""Does a configuration given at start agree with the exchange that the journal holds?"""

from collections.abc import Mapping
from dataclasses import fields

from lightning.config import KEY_OF_FIELD, Config, ConfigError
from lightning.engine.changes import SetLimits
from lightning.engine.exchange import Exchange
from lightning.instruments import Currency, Symbol


def check_agreement(given: Config, founding: Config, exchange: Exchange) -> None:
    """Raises ConfigError naming the field that contradicts.

    A value agrees with what the exchange was founded with, or with what it is by now: a file that has
    not been edited since the first start always agrees.
    """
    if "instruments" in given.given:
        _check_table("currency", given.currencies, founding.currencies, exchange.currencies)
        _check_table("symbol", given.symbols, founding.symbols, exchange.symbols)
    if "once_window" in given.given and given.limits.once_window != exchange.config.limits.once_window:
        raise _contradiction(
            "limits.once_window", exchange.config.limits.once_window, given.limits.once_window
        )


def changed_limits(given: Config, exchange: Exchange) -> SetLimits | None:
    """The change that brings the limits to what the configuration sets; None: they are that already."""
    now = exchange.config.limits
    wanted = SetLimits(
        given.limits.orders_max if "orders_max" in given.given else now.orders_max,
        given.limits.accounts_max if "accounts_max" in given.given else now.accounts_max,
    )
    return None if wanted == SetLimits(now.orders_max, now.accounts_max) else wanted


def _check_table(
    table: str,
    given: tuple[Currency, ...] | tuple[Symbol, ...],
    founding: tuple[Currency, ...] | tuple[Symbol, ...],
    now: Mapping[int, Currency] | Mapping[int, Symbol],
) -> None:
    founders = {one.id: one for one in founding}
    for one in given:
        founder, current = founders.get(one.id), now.get(one.id)
        if founder is None and current is None:
            raise ConfigError(
                f"{table} {one.id} ({one.name}) is not in the journal: leave it out of the configuration; "
                "a running exchange gets new ones through lightning.v1.Admin or schema.Management"
            )
        _check_fields(f"{table} {one.id}", one, founder, current)
    for number, founder in founders.items():
        if number in now and number not in {one.id for one in given}:
            raise ConfigError(
                f"{table} {number} ({founder.name}) is in the journal and missing in the configuration"
            )


def _check_fields(
    owner: str, given: Currency | Symbol, founder: Currency | Symbol | None, current: Currency | Symbol | None
) -> None:
    for name in (field.name for field in fields(given) if field.compare):
        value = _value(given, name)
        known = [_value(one, name) for one in (founder, current) if one is not None]
        if value not in known:
            raise _contradiction(f"{owner}: {KEY_OF_FIELD.get(name, name)}", known[-1], value)


def _value(one: Currency | Symbol, name: str) -> object:
    """Of a symbol's currencies the id: their own fields are compared as currencies."""
    value: object = getattr(one, name)
    return value.id if isinstance(value, Currency) else value


def _contradiction(field: str, journal: object, configuration: object) -> ConfigError:
    return ConfigError(
        f"{field} is {journal} in the journal and {configuration} in the configuration; "
        "start without --config, or with the configuration that the data directory was made with; "
        "a running exchange is changed through lightning.v1.Admin"
    )
