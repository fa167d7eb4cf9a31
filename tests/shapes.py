"""The shapes of flow: which symbols, which accounts, how much of each kind of command."""

from collections.abc import Mapping
from dataclasses import dataclass

from lightning.codes import SelfTradePrevention

Config = Mapping[str, object]

CURRENCIES: list[dict[str, object]] = [
    {"id": 1, "name": "A", "scale": 2},
    {"id": 2, "name": "B", "scale": 2},
    {"id": 3, "name": "C", "scale": 0},
]


def symbol(id: int, base: str, quote: str, tick: str, lot: str, **others: object) -> dict[str, object]:
    return {
        "id": id,
        "name": f"{base}-{quote}-{id}",
        "base": base,
        "quote": quote,
        "tick": tick,
        "lot": lot,
    } | others


def config(*symbols: dict[str, object], once_window: int = 1_048_576) -> Config:
    return {"currency": CURRENCIES, "symbol": list(symbols), "limits": {"once_window": once_window}}


PLAIN = symbol(1, "A", "B", "0.01", "1")
FEES = symbol(1, "A", "B", "0.1", "0.1", maker_fee_ppm=1_500, taker_fee_ppm=2_500)
REBATE = symbol(
    2,
    "C",
    "B",
    "0.05",
    "1",
    maker_fee_ppm=-20_000,
    taker_fee_ppm=33_333,
    fee_account=7_000,
    order_fee_ppm_min=-50_000,
)
LIMITED = symbol(
    3,
    "A",
    "C",
    "10",
    "0.1",
    min_quantity="0.3",
    max_quantity="9",
    min_notional="2000",
    self_trade_prevention="decrement",
)
HALTED = symbol(4, "A", "B", "0.01", "1", status="halted")
CANCEL_ONLY = symbol(5, "A", "B", "0.01", "1", status="cancel_only")


@dataclass(frozen=True)
class Shape:
    """What a flow is made of; the numbers of `mix` are weights of `Flow.make_<name>`."""

    name: str
    config: Config
    mix: Mapping[str, int]
    accounts: tuple[int, ...]
    symbols: tuple[int, ...] = (1,)
    ledger: bool = True
    money: int = 1_000_000_000
    """Most of each currency that an account gets at the start."""
    mid: int = 1_000
    spread: int = 10
    crossing: float = 0.4
    """Part of the limit prices that may lie on the other side of the middle."""
    qty_max: int = 20
    tifs: tuple[int, int, int] = (90, 5, 5)
    """Weights of GTC, IOC, FOK."""
    post_only: float = 0.0
    modes: tuple[SelfTradePrevention, ...] = (SelfTradePrevention.DEFAULT,)
    own_fees: float = 0.0
    with_id: float = 0.5
    edgy: float = 0.0
    """Part of the commands that get numbers from the ends of int64."""


MODES = tuple(SelfTradePrevention)
TRADING_MIX = {"limit": 60, "cancel": 20, "amend": 8, "market": 6}
EVERYTHING = {
    "limit": 40,
    "market": 8,
    "spend": 6,
    "cancel": 10,
    "amend": 12,
    "cancel_all": 2,
    "deposit": 4,
    "withdraw": 4,
    "transfer": 6,
    "again": 3,
    "reuse": 2,
    "stray": 3,
    "malformed": 2,
}
MANY = tuple(range(1, 301))
FEW = (1, 2, 3, 4)
WIDE = tuple(1 + i * (2**33 + 1) for i in range(40))

SHAPES = {
    shape.name: shape
    for shape in (
        Shape("calm", config(PLAIN), TRADING_MIX, (1, 2, 3, 4, 5, 6), spread=30),
        Shape(
            "scarce",
            config(FEES),
            {"limit": 50, "market": 8, "spend": 6, "cancel": 10, "amend": 14, "deposit": 4, "transfer": 6},
            MANY,
            money=20_000,
            tifs=(70, 15, 15),
            modes=MODES,
        ),
        Shape(
            "self_trade",
            config(PLAIN, LIMITED),
            {"limit": 60, "market": 12, "spend": 8, "amend": 8, "cancel": 2},
            FEW,
            symbols=(1, 3),
            money=2_000_000,
            mid=500,
            spread=4,
            tifs=(50, 20, 30),
            post_only=0.15,
            modes=MODES,
        ),
        Shape(
            "storm",
            config(FEES),
            {"limit": 35, "amend": 40, "cancel": 12, "cancel_all": 1, "market": 2},
            tuple(range(1, 31)),
            spread=3,
            crossing=0.1,
            qty_max=200,
            post_only=0.2,
            tifs=(98, 1, 1),
            with_id=0.9,
        ),
        Shape(
            "money",
            config(FEES, REBATE, LIMITED, HALTED, CANCEL_ONLY, once_window=300),
            {
                "limit": 20,
                "cancel": 8,
                "amend": 6,
                "cancel_all": 6,
                "deposit": 10,
                "withdraw": 12,
                "transfer": 18,
                "again": 10,
                "reuse": 8,
                "stray": 12,
                "malformed": 6,
                "market": 3,
                "spend": 2,
            },
            WIDE,
            symbols=(1, 2, 3, 1, 2, 3, 4, 5),
            money=300_000,
            spread=6,
            with_id=0.9,
        ),
        Shape(
            "fees",
            config(FEES, REBATE),
            {
                "limit": 40,
                "market": 18,
                "spend": 22,
                "amend": 6,
                "cancel": 6,
                "withdraw": 6,
                "deposit": 3,
                "transfer": 3,
            },
            (0, 1, 2, 3, 4, 5, 6, 7, 8, 7_000),
            symbols=(1, 2),
            money=400_000,
            spread=5,
            tifs=(60, 20, 20),
            modes=MODES,
            own_fees=0.4,
        ),
        Shape(
            "symbols",
            config(FEES, REBATE, LIMITED, symbol(6, "C", "A", "1", "1"), once_window=2_000),
            EVERYTHING,
            tuple(range(1, 41)),
            symbols=(1, 2, 3, 6),
            money=100_000,
            mid=300,
            spread=6,
            tifs=(70, 15, 15),
            post_only=0.1,
            modes=MODES,
            own_fees=0.2,
        ),
        Shape(
            "edges",
            config(
                symbol(1, "C", "B", "0.01", "1"),
                symbol(2, "A", "C", "100", "0.01", taker_fee_ppm=1_000_000, order_fee_ppm_max=1_000_000),
                symbol(3, "A", "B", "1", "0.1", maker_fee_ppm=999, taker_fee_ppm=1_001),
                once_window=1_000,
            ),
            EVERYTHING,
            (0, 1, 2, 3, 2**63 - 1),
            symbols=(1, 2, 3),
            modes=MODES,
            spread=3,
            own_fees=0.1,
            with_id=0.2,
            edgy=0.6,
        ),
        Shape(
            "matching",
            config(PLAIN, LIMITED, REBATE),
            {
                "limit": 60,
                "market": 8,
                "spend": 6,
                "amend": 14,
                "cancel": 10,
                "cancel_all": 1,
                "again": 4,
                "stray": 2,
            },
            tuple(range(12)),
            symbols=(1, 2, 3),
            ledger=False,
            spread=5,
            tifs=(70, 15, 15),
            post_only=0.1,
            modes=MODES,
            own_fees=0.2,
        ),
    )
}
