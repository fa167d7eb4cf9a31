"""A configuration given at a later start must not contradict the journal; what does is told by field."""

from typing import Any

import pytest

from lightning.config import Config, ConfigError, load_config
from lightning.decimals import Step
from lightning.engine.admin import apply_change
from lightning.engine.changes import (
    CreateCurrency,
    CreateSymbol,
    DeleteCurrency,
    DeleteSymbol,
    SetLimits,
    Terms,
    UpdateCurrency,
    UpdateSymbol,
)
from lightning.engine.exchange import Exchange
from lightning.storage.agreement import changed_limits, check_agreement

Tables = dict[str, Any]


def tables() -> Tables:
    return {
        "currency": [
            {"id": 1, "name": "BTC", "scale": 8},
            {"id": 2, "name": "USDT", "scale": 6},
            {"id": 3, "name": "OLD", "scale": 2},
        ],
        "symbol": [
            {"id": 1, "name": "BTC-USDT", "base": "BTC", "quote": "USDT", "tick": "0.01", "lot": "0.0001"}
        ],
        "limits": {"orders_max": 100, "once_window": 1_000},
    }


FOUNDING = load_config(tables())


def contradiction(given: Config, exchange: Exchange | None = None) -> str:
    with pytest.raises(ConfigError) as raised:
        check_agreement(given, FOUNDING, exchange or Exchange(FOUNDING, shards=1))
    return str(raised.value)


def edited(table: str, index: int, **values: object) -> Config:
    changed = tables()
    changed[table][index] |= values
    return load_config(changed)


def test_the_same_configuration_agrees() -> None:
    check_agreement(load_config(tables()), FOUNDING, Exchange(FOUNDING, shards=1))


def test_no_configuration_and_one_of_the_server_only_agree_with_anything() -> None:
    exchange = Exchange(FOUNDING, shards=1)
    for given in (load_config(), load_config({"server": {"port": 1}})):
        check_agreement(given, FOUNDING, exchange)
        assert changed_limits(given, exchange) is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (edited("currency", 1, scale=8), "currency 2: scale is 6 in the journal and 8 in the configuration"),
        (edited("symbol", 0, tick="0.1"), "symbol 1: tick is "),
        (edited("symbol", 0, lot="0.001"), "symbol 1: lot is "),
        (edited("symbol", 0, taker_fee_ppm=5), "symbol 1: taker_fee_ppm is 0 in the journal and 5 in"),
        (edited("symbol", 0, price_band_ppm=5), "symbol 1: price_band_ppm is 0 in the journal and 5 in"),
        (edited("symbol", 0, market_protection_ppm=5), "symbol 1: market_protection_ppm is 50000 in the"),
        (edited("symbol", 0, max_open_orders=5), "symbol 1: max_open_orders is 0 in the journal"),
        (edited("symbol", 0, status="halted"), "symbol 1: status is "),
        (edited("symbol", 0, quote="OLD", lot="1", tick="1"), "symbol 1: quote is 2 in the journal and 3 in"),
        (edited("symbol", 0, id=7), "symbol 7 (BTC-USDT) is not in the journal"),
        (
            load_config(tables() | {"limits": {"once_window": 2_000}}),
            "limits.once_window is 1000 in the journal and 2000 in the configuration",
        ),
    ],
)
def test_a_contradiction_names_the_field(given: Config, words: str) -> None:
    assert contradiction(given).startswith(words)


def test_a_renamed_currency_contradicts() -> None:
    renamed = tables()
    renamed["currency"][2]["name"] = "OLDER"
    assert contradiction(load_config(renamed)).startswith("currency 3: name is OLD in the journal")


def test_a_currency_or_symbol_that_is_left_out_contradicts() -> None:
    fewer = tables()
    del fewer["currency"][2]
    assert contradiction(load_config(fewer)).startswith("currency 3 (OLD) is in the journal and missing")


def test_a_file_that_was_not_edited_agrees_after_changes_at_run_time() -> None:
    exchange = Exchange(FOUNDING, shards=1)
    for change in (
        UpdateCurrency(3, name="NEW"),
        UpdateSymbol(1, "XBT-USDT", terms=Terms(lot=Step(1, 3), taker_fee_ppm=5, price_band_ppm=100_000)),
        CreateCurrency("DOGE"),
        CreateSymbol("DOGE-USDT", 4, 2),
    ):
        apply_change(exchange, change)
    check_agreement(load_config(tables()), FOUNDING, exchange)


def test_a_file_that_says_what_is_so_by_now_agrees() -> None:
    exchange = Exchange(FOUNDING, shards=1)
    apply_change(exchange, UpdateSymbol(1, "XBT-USDT", terms=Terms(taker_fee_ppm=5, orders_max=7)))
    given = edited("symbol", 0, name="XBT-USDT", taker_fee_ppm=5, max_open_orders=7)
    check_agreement(given, FOUNDING, exchange)
    assert "name is XBT-USDT" in contradiction(edited("symbol", 0, name="other"), exchange)


def test_what_was_deleted_may_be_in_the_file_or_not() -> None:
    exchange = Exchange(FOUNDING, shards=1)
    apply_change(exchange, DeleteSymbol(1))
    apply_change(exchange, DeleteCurrency(3))
    check_agreement(load_config(tables()), FOUNDING, exchange)
    fewer = tables()
    del fewer["currency"][2], fewer["symbol"]
    check_agreement(load_config(fewer), FOUNDING, exchange)


def test_limits_may_change_and_only_those_that_are_given() -> None:
    exchange = Exchange(FOUNDING, shards=1)
    accounts_max = exchange.config.limits.accounts_max
    given = load_config({"limits": {"orders_max": 200}})
    assert changed_limits(given, exchange) == SetLimits(200, accounts_max)
    apply_change(exchange, SetLimits(200, accounts_max))
    assert changed_limits(given, exchange) is None
    assert changed_limits(load_config({"limits": {"accounts_max": 5}}), exchange) == SetLimits(200, 5)
