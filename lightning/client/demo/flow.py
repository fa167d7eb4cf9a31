"""What a living market sends, and when."""

from collections.abc import Iterator
from typing import NamedTuple

from lightning.codes import CommandKind, Side
from lightning.rows import Command

FIRST_TRADER = 101
"""Accounts of the traders are counted on from here; 1 and 2 are left to whoever watches."""


class Step(NamedTuple):
    at_s: float
    """Since the beginning, at speed 1."""
    commands: list[Command]


Flow = Iterator[Step]
"""Without end, by time. The same arguments make the same flow."""


class DemoSymbol(NamedTuple):
    id: int
    base: str
    """Name of the currency."""
    quote: str
    tick: float
    lot: float

    def ticks(self, price: float) -> int:
        return max(1, round(price / self.tick))

    def lots(self, quantity: float) -> int:
        return max(1, round(quantity / self.lot))


def opposite(side: Side) -> Side:
    return Side.SELL if side == Side.BUY else Side.BUY


def cancel(symbol: DemoSymbol, account: int, client_order_id: int) -> Command:
    return Command(
        kind=CommandKind.CANCEL, symbol=symbol.id, account=account, client_order_id=client_order_id
    )


def cancel_all(account: int) -> Command:
    return Command(kind=CommandKind.CANCEL_ALL, account=account)
