"""What is traded: currencies and symbols. Whatever is constructed here is valid."""

from dataclasses import dataclass, field

from lightning.codes import SelfTradePrevention, SymbolStatus
from lightning.decimals import UNITS_MAX, Step, format_steps

ID_MAX = 999_999
"""Largest id of a currency or symbol; the smallest is 1."""
SCALE_MAX = 18
"""Most decimals of a currency."""
STEP_SCALE_MAX = 36
"""Most decimals of a tick or lot."""
NAME_LENGTH_MAX = 64
PPM_MAX = 1_000_000
"""Largest rate in millionths, either sign: all of it."""
ORDERS_MAX = 2**31 - 1
"""Largest limit of open orders."""
QUANTITY_MAX = 2**62
"""Largest quantity, in lots."""


class InstrumentError(ValueError):
    """`field` is not what it must be; the message starts with its name."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field = field
        self.reason = reason


def _check_range(field: str, value: int, lowest: int, highest: int, unit: str = "") -> None:
    if not lowest <= value <= highest:
        raise InstrumentError(field, f"must be {lowest} to {highest}{unit}, not {value}")


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= NAME_LENGTH_MAX or not name.isprintable() or name != name.strip():
        raise InstrumentError(
            "name",
            f"must be 1 to {NAME_LENGTH_MAX} printable characters without spaces at the ends, not {name!r}",
        )


@dataclass(frozen=True, slots=True)
class Currency:
    id: int
    name: str
    scale: int
    """Decimals of its smallest unit."""
    display_name: str = ""

    def __post_init__(self) -> None:
        _check_range("id", self.id, 1, ID_MAX)
        _check_name(self.name)
        _check_range("scale", self.scale, 0, SCALE_MAX)


@dataclass(frozen=True, slots=True)
class Symbol:
    id: int
    name: str
    base: Currency
    quote: Currency
    tick: Step
    lot: Step
    maker_fee_ppm: int = 0
    """Millionths of a fill's notional; negative = rebate."""
    taker_fee_ppm: int = 0
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.CANCEL_TAKER
    status: SymbolStatus = SymbolStatus.TRADING
    """What its book begins with; by now it may have another."""
    quantity_min: int = 1
    """Lots, as is `quantity_max`."""
    quantity_max: int = QUANTITY_MAX
    notional_min: int = 0
    """Quote units."""
    fee_account: int = 0
    order_fee_ppm_min: int = 0
    """Lowest rate that an order may bring of its own."""
    order_fee_ppm_max: int = 100_000
    price_band_ppm: int = 0
    """Millionths of the last price that a trade may be away from it; 0: any price will do."""
    market_protection_ppm: int = 50_000
    """Millionths of its stop price that a stop order to buy may pay on top."""
    orders_max: int = 0
    """Open orders of one account; 0: any number."""
    self_trade_prevention_given: bool = False
    """Whether the configuration names the mode. Without a ledger there is none unless it does."""

    tick_value: int = field(init=False, repr=False, compare=False)
    """Quote units that one tick on one lot is worth: notional = price_ticks * qty_lots * tick_value."""
    lot_value: int = field(init=False, repr=False, compare=False)
    """Base units of one lot."""

    def __post_init__(self) -> None:
        _check_range("id", self.id, 1, ID_MAX)
        _check_name(self.name)
        if self.base.id == self.quote.id:
            raise InstrumentError("quote", "must be another currency than base")
        self._check_steps()
        self._check_fees()
        if self.self_trade_prevention == SelfTradePrevention.DEFAULT:
            raise InstrumentError("self_trade_prevention", "must be a mode of its own, not DEFAULT")
        _check_range("quantity_min", self.quantity_min, 1, QUANTITY_MAX, " lots")
        _check_range("quantity_max", self.quantity_max, self.quantity_min, QUANTITY_MAX, " lots")
        _check_range("notional_min", self.notional_min, 0, UNITS_MAX)
        _check_range("fee_account", self.fee_account, 0, UNITS_MAX)
        _check_range("price_band_ppm", self.price_band_ppm, 0, PPM_MAX)
        _check_range("market_protection_ppm", self.market_protection_ppm, 0, PPM_MAX)
        _check_range("orders_max", self.orders_max, 0, ORDERS_MAX)

    def _check_steps(self) -> None:
        tick, lot = self.tick, self.lot
        for name, step in (("tick", tick), ("lot", lot)):
            _check_range(f"{name}.units", step.units, 1, UNITS_MAX)
            _check_range(f"{name}.scale", step.scale, 0, STEP_SCALE_MAX)
        lot_text = format_steps(1, lot)
        lot_value, rest = divmod(lot.units * 10**self.base.scale, 10**lot.scale)
        if rest or lot_value > UNITS_MAX:
            raise InstrumentError(
                "lot",
                f"must be a whole number of units of {self.base.name}, which has {self.base.scale} decimals, "
                f"and fit 63 bits; {lot_text} is not",
            )
        tick_value, rest = divmod(
            tick.units * lot.units * 10**self.quote.scale, 10 ** (tick.scale + lot.scale)
        )
        if rest or tick_value > UNITS_MAX:
            raise InstrumentError(
                "tick",
                f"times lot must be a whole number of units of {self.quote.name}, "
                f"which has {self.quote.scale} decimals, and fit 63 bits; "
                f"{format_steps(1, tick)} * {lot_text} is not",
            )
        object.__setattr__(self, "lot_value", lot_value)
        object.__setattr__(self, "tick_value", tick_value)

    def _check_fees(self) -> None:
        _check_range("maker_fee_ppm", self.maker_fee_ppm, -PPM_MAX, PPM_MAX)
        _check_range("taker_fee_ppm", self.taker_fee_ppm, -PPM_MAX, PPM_MAX)
        if self.maker_fee_ppm + self.taker_fee_ppm < 0:
            raise InstrumentError(
                "maker_fee_ppm",
                f"plus taker_fee_ppm must not be below 0, it is {self.maker_fee_ppm + self.taker_fee_ppm}",
            )
        _check_range("order_fee_ppm_min", self.order_fee_ppm_min, -PPM_MAX, PPM_MAX)
        _check_range("order_fee_ppm_max", self.order_fee_ppm_max, self.order_fee_ppm_min, PPM_MAX)
