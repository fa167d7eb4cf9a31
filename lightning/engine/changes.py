"""Admin changes: currencies and symbols come, change and go while the exchange runs.

A change is sequenced like a command and runs alone.
"""

from dataclasses import dataclass
from enum import IntEnum


class RefusalKind(IntEnum):
    INVALID = 1
    NOT_FOUND = 2
    IN_USE = 3


class ChangeRefused(Exception):
    """The change was not made; the message says why."""

    def __init__(self, kind: RefusalKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True, slots=True)
class CreateCurrency:
    name: str
    display_name: str = ""


@dataclass(frozen=True, slots=True)
class UpdateCurrency:
    id: int
    name: str | None = None
    display_name: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteCurrency:
    id: int


@dataclass(frozen=True, slots=True)
class CreateSymbol:
    name: str
    base: int
    quote: int


@dataclass(frozen=True, slots=True)
class UpdateSymbol:
    id: int
    name: str | None = None
    base: int | None = None
    quote: int | None = None


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
