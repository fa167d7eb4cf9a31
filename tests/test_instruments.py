"""Currencies and symbols: what can be constructed is valid."""

from dataclasses import FrozenInstanceError, replace

import pytest

from lightning.codes import SelfTradePrevention
from lightning.decimals import Step, parse_step
from lightning.instruments import QUANTITY_MAX, Currency, InstrumentError, Symbol

BTC = Currency(1, "BTC", 8)
USDT = Currency(2, "USDT", 8)
SYMBOL = Symbol(1, "BTC-USDT", BTC, USDT, tick=Step(1, 2), lot=Step(1, 6))


@pytest.mark.parametrize(
    ("base_scale", "quote_scale", "tick", "lot", "tick_value", "lot_value"),
    [
        (8, 8, "0.01", "0.000001", 1, 100),
        (8, 8, "0.01", "0.00001", 10, 1_000),
        (8, 2, "0.01", "1", 1, 100_000_000),
        (0, 0, "1", "1", 1, 1),
        (0, 0, "5", "100", 500, 100),
        (8, 8, "0.25", "0.00000004", 1, 4),
        (18, 18, "0.000000001", "0.000000001", 1, 10**9),
    ],
)
def test_tick_value_and_lot_value_are_whole_units(
    base_scale: int, quote_scale: int, tick: str, lot: str, tick_value: int, lot_value: int
) -> None:
    symbol = Symbol(
        1,
        "A-B",
        Currency(1, "A", base_scale),
        Currency(2, "B", quote_scale),
        parse_step(tick),
        parse_step(lot),
    )
    assert (symbol.tick_value, symbol.lot_value) == (tick_value, lot_value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": 0}, "id must be 1 to 999999, not 0"),
        ({"id": 1_000_000}, "id must be 1 to 999999, not 1000000"),
        ({"name": ""}, "name must be 1 to 64"),
        ({"name": " A"}, "name must be 1 to 64"),
        ({"name": "A\n"}, "name must be 1 to 64"),
        ({"name": "A" * 65}, "name must be 1 to 64"),
        ({"quote": BTC}, "quote must be another currency than base"),
        (
            {"tick": Step(1, 3)},
            "tick times lot must be a whole number of units of USDT.* 0.001 \\* 0.000001 is not",
        ),
        ({"tick": Step(0, 2)}, "tick.units must be 1 to"),
        ({"tick": Step(1, -1)}, "tick.scale must be 0 to"),
        ({"tick": Step(2**62, 0), "lot": Step(1, 0)}, "tick times lot .* fit 63 bits"),
        (
            {"lot": Step(1, 9)},
            "lot must be a whole number of units of BTC, which has 8 decimals.* 0.000000001 is not",
        ),
        ({"lot": Step(-1, 6)}, "lot.units must be 1 to"),
        ({"lot": Step(2**60, 0)}, "lot must be .* fit 63 bits"),
        ({"maker_fee_ppm": -1}, "maker_fee_ppm plus taker_fee_ppm must not be below 0, it is -1"),
        (
            {"maker_fee_ppm": -1_000_001, "taker_fee_ppm": 1_000_000},
            "maker_fee_ppm must be -1000000 to 1000000",
        ),
        ({"taker_fee_ppm": 1_000_001}, "taker_fee_ppm must be -1000000 to 1000000"),
        ({"order_fee_ppm_min": 100_001}, "order_fee_ppm_max must be 100001 to 1000000, not 100000"),
        ({"order_fee_ppm_max": 1_000_001}, "order_fee_ppm_max must be 0 to 1000000"),
        ({"self_trade_prevention": SelfTradePrevention.DEFAULT}, "self_trade_prevention must be a mode"),
        ({"quantity_min": 0}, "quantity_min must be 1 to"),
        ({"quantity_min": 3, "quantity_max": 2}, "quantity_max must be 3 to"),
        ({"quantity_max": QUANTITY_MAX + 1}, "quantity_max must be 1 to"),
        ({"notional_min": -1}, "notional_min must be 0 to"),
        ({"notional_min": 2**63}, "notional_min must be 0 to"),
        ({"fee_account": -1}, "fee_account must be 0 to"),
        ({"price_band_ppm": -1}, "price_band_ppm must be 0 to 1000000, not -1"),
        ({"price_band_ppm": 1_000_001}, "price_band_ppm must be 0 to 1000000"),
        ({"market_protection_ppm": -1}, "market_protection_ppm must be 0 to 1000000"),
        ({"market_protection_ppm": 1_000_001}, "market_protection_ppm must be 0 to 1000000"),
        ({"orders_max": -1}, "orders_max must be 0 to 2147483647"),
        ({"orders_max": 2**31}, "orders_max must be 0 to 2147483647"),
    ],
)
def test_a_symbol_that_cannot_be_is_refused_with_the_field(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InstrumentError, match=f"^{message}") as caught:
        replace(SYMBOL, **changes)  # type: ignore[arg-type]
    assert str(caught.value).startswith(caught.value.field)


@pytest.mark.parametrize(
    ("id", "name", "scale", "field"),
    [(0, "A", 8, "id"), (1, "", 8, "name"), (1, "A", 19, "scale"), (1, "A", -1, "scale")],
)
def test_a_currency_that_cannot_be_is_refused_with_the_field(
    id: int, name: str, scale: int, field: str
) -> None:
    with pytest.raises(InstrumentError) as caught:
        Currency(id, name, scale)
    assert caught.value.field == field


def test_values_at_the_edges_are_allowed() -> None:
    replace(SYMBOL, id=999_999, maker_fee_ppm=-1_000_000, taker_fee_ppm=1_000_000)
    replace(SYMBOL, quantity_min=QUANTITY_MAX, notional_min=2**63 - 1, fee_account=2**63 - 1)
    replace(SYMBOL, price_band_ppm=1_000_000, market_protection_ppm=1_000_000, orders_max=2**31 - 1)
    replace(SYMBOL, price_band_ppm=0, market_protection_ppm=0, orders_max=0)
    Currency(999_999, "A" * 64, 18)


def test_changing_a_step_changes_what_is_computed_from_it() -> None:
    assert replace(SYMBOL, tick=Step(5, 2)).tick_value == 5
    assert replace(SYMBOL, lot=Step(1, 5)).lot_value == 1_000


def test_instruments_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        SYMBOL.tick_value = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        BTC.scale = 2  # type: ignore[misc]
