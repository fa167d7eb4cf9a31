"""What the clients of the load trade, and who they are."""

from dataclasses import dataclass

ACCOUNTS = range(1, 17)
NOBODY = 999
"""An account that never was."""
HALTED_AT_TIMES = 15
"""An account."""


def gives_way(account: int) -> bool:
    """Does it use every mode of self-trade prevention? Then its orders may end unasked."""
    return account % 4 == 0


def has_deadlines(account: int) -> bool:
    """Does it have all its orders canceled now and then unless it says otherwise?"""
    return account % 8 == 1


def decimal(units: int, scale: int) -> str:
    return f"{units // 10**scale}.{units % 10**scale:0{scale}}"


@dataclass(frozen=True)
class Market:
    symbol: int
    base: int
    quote: int
    mid_ticks: int
    tick_scale: int
    lot_scale: int
    lots_max: int


MARKETS = (
    Market(1, 1, 2, 5_000_000, 2, 6, 60_000),
    Market(2, 3, 2, 300_000, 2, 5, 90_000),
    Market(3, 3, 1, 60_000, 6, 2, 90),
)
AUCTIONED = 3
"""The symbol whose status changes; there an order that rests may be a taker, and a stop may be due unseen."""
