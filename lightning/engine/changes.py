"""Admin changes: currencies and symbols come, change and go while the exchange runs.

A change is sequenced like a command and runs alone.
"""

from dataclasses import dataclass
from enum import IntEnum

from lightning.codes import SelfTradePrevention, SymbolStatus
from lightning.decimals import Step

NEW_CURRENCY_SCALE = 8
"""Where a change gives none."""


class RefusalKind(IntEnum):
    INVALID = 1
    NOT_FOUND = 2
    IN_USE = 3


class ChangeRefused(Exception):
    """The change was not made, because of `field`; the message starts with its name, `reason` is the rest."""

    def __init__(self, kind: RefusalKind, field: str, reason: str) -> None:
        self.kind = kind
        self.field = field
        self.reason = reason
        super().__init__(f"{field} {reason}")


@dataclass(frozen=True, slots=True)
class CreateCurrency:
    name: str
    display_name: str = ""
    scale: int = NEW_CURRENCY_SCALE


@dataclass(frozen=True, slots=True)
class UpdateCurrency:
    id: int
    name: str | None = None
    display_name: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteCurrency:
    id: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What a change says of a symbol; None: it stays, or is the default of a new symbol."""

    tick: Step | None = None
    lot: Step | None = None
    maker_fee_ppm: int | None = None
    taker_fee_ppm: int | None = None
    self_trade_prevention: SelfTradePrevention | None = None
    quantity_min: str | None = None
    """A decimal, as are the next two: what it is in lots or units depends on the spec that it comes to."""
    quantity_max: str | None = None
    notional_min: str | None = None
    fee_account: int | None = None
    order_fee_ppm_min: int | None = None
    order_fee_ppm_max: int | None = None
    price_band_ppm: int | None = None
    market_protection_ppm: int | None = None
    orders_max: int | None = None


@dataclass(frozen=True, slots=True)
class CreateSymbol:
    name: str
    base: int
    quote: int
    status: SymbolStatus = SymbolStatus.TRADING
    terms: Terms = Terms()


@dataclass(frozen=True, slots=True)
class UpdateSymbol:
    id: int
    name: str | None = None
    base: int | None = None
    quote: int | None = None
    terms: Terms = Terms()


@dataclass(frozen=True, slots=True)
class DeleteSymbol:
    id: int


@dataclass(frozen=True, slots=True)
class SetLimits:
    """How many open orders and accounts there may be; what is there already stays."""

    orders_max: int
    accounts_max: int


Change = (
    CreateCurrency | UpdateCurrency | DeleteCurrency | CreateSymbol | UpdateSymbol | DeleteSymbol | SetLimits
)
