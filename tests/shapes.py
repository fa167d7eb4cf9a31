"""The shapes of flow: which symbols, which accounts, how much of each kind of command."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from lightning.codes import SelfTradePrevention, SymbolStatus

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
THIN = symbol(1, "A", "B", "0.1", "0.1", market_protection_ppm=4_000, taker_fee_ppm=700)
BANDED = symbol(2, "C", "B", "0.05", "1", price_band_ppm=6_000, maker_fee_ppm=150, taker_fee_ppm=300)
NARROW = symbol(3, "A", "B", "0.01", "1", price_band_ppm=3_000)
CAPPED = symbol(3, "A", "C", "10", "0.1", price_band_ppm=12_000, max_open_orders=3)
HALTED = symbol(4, "A", "B", "0.01", "1", status="halted")
CANCEL_ONLY = symbol(5, "A", "B", "0.01", "1", status="cancel_only")


@dataclass(frozen=True)
class Shape:
    """What a flow is made of; the numbers of `mix` are weights of `Flow.make_<name>`."""

    name: str
    config: Config
    mix: Mapping[str, float]
    accounts: tuple[int, ...]
    symbols: tuple[int, ...] = (1,)
    ledger: bool = True
    money: int = 1_000_000_000
    """Most of each currency that an account gets at the start."""
    rich: bool = False
    """Whether every account gets all of that."""
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
    icebergs: float = 0.0
    """Part of the limits that are shown in slices."""
    gtd: float = 0.0
    """Part of the GTC limits that expire instead."""
    stop_reach: int = 8
    """How far from the last price stops are set, in ticks."""
    statuses: tuple[SymbolStatus, ...] = tuple(SymbolStatus)
    """What symbols are set to."""
    jumps: float = 0.01
    """Part of the commands before which time jumps."""
    share: float = 1.0
    """Weight when commands are divided among shapes."""


MODES = tuple(SelfTradePrevention)
TRADING_MIX: dict[str, float] = {"limit": 60, "cancel": 20, "amend": 8, "market": 6}
EVERYTHING: dict[str, float] = {
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
    "stop": 3,
    "stop_limit": 3,
    "trailing": 2,
    "iceberg": 3,
    "gtd": 3,
    "fok": 1,
    "pair": 2,
    "unpaired": 1,
    "reshape": 3,
    "sweep": 2,
    "status": 2,
    "halt": 1,
    "deadline": 1,
    "mass_cancel": 0.2,
    "timer": 1,
    "chain": 1,
    "misplaced": 2,
    "costly": 4,
}
MANY = tuple(range(1, 301))
FEW = (1, 2, 3, 4)
WIDE = tuple(1 + i * (2**33 + 1) for i in range(40))

SHAPES = {
    shape.name: shape
    for shape in (
        Shape("calm", config(PLAIN), TRADING_MIX, (1, 2, 3, 4, 5, 6), spread=30, share=0.4),
        Shape(
            "scarce",
            config(FEES),
            {"limit": 50, "market": 8, "spend": 6, "cancel": 10, "amend": 14, "deposit": 4, "transfer": 6},
            MANY,
            money=20_000,
            tifs=(70, 15, 15),
            modes=MODES,
            share=0.9,
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
            share=0.8,
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
            share=0.8,
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
            share=0.6,
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
            icebergs=0.1,
            gtd=0.1,
            share=0.8,
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
            share=0.8,
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
            share=0.5,
        ),
        Shape(
            "stops",
            config(THIN, BANDED),
            {
                "limit": 34,
                "market": 4,
                "sweep": 9,
                "stop": 16,
                "stop_limit": 20,
                "cancel_all": 2,
                "trailing": 9,
                "push": 14,
                "cancel": 5,
                "reshape": 12,
                "misplaced": 2,
                "halt": 0.5,
                "mass_cancel": 0.3,
            },
            tuple(range(1, 9)),
            symbols=(1, 1, 2),
            money=3_000_000,
            spread=8,
            crossing=0.15,
            qty_max=6,
            tifs=(90, 5, 5),
            post_only=0.1,
            modes=MODES,
            icebergs=0.2,
            gtd=0.05,
            stop_reach=5,
            share=2,
        ),
        Shape(
            "iceberg",
            config(PLAIN, FEES | {"id": 2, "name": "A-B-2"}),
            {
                "limit": 30,
                "iceberg": 30,
                "fok": 10,
                "market": 6,
                "spend": 4,
                "sweep": 4,
                "cancel": 6,
                "drop": 8,
                "reshape": 14,
                "misplaced": 1,
            },
            FEW,
            symbols=(1, 1, 2),
            spread=4,
            crossing=0.25,
            tifs=(80, 10, 10),
            modes=MODES,
            gtd=0.05,
            share=1.1,
        ),
        Shape(
            "gtd",
            config(PLAIN, FEES | {"id": 2, "name": "A-B-2"}),
            {
                "limit": 20,
                "gtd": 40,
                "stop": 5,
                "stop_limit": 6,
                "trailing": 3,
                "iceberg": 4,
                "pair": 4,
                "cancel": 8,
                "amend": 8,
                "again": 9,
                "status": 3,
                "timer": 6,
                "late": 28,
                "reshape": 4,
                "push": 2,
                "market": 4,
                "misplaced": 1,
            },
            tuple(range(1, 13)),
            symbols=(1, 2),
            spread=6,
            gtd=0.6,
            icebergs=0.2,
            statuses=(SymbolStatus.HALTED, SymbolStatus.CANCEL_ONLY, SymbolStatus.AUCTION),
            with_id=0.9,
            jumps=0.04,
            share=1.6,
        ),
        Shape(
            "oco",
            config(PLAIN, BANDED),
            {
                "pair": 40,
                "unpaired": 4,
                "push": 14,
                "limit": 25,
                "market": 8,
                "fok": 8,
                "sweep": 6,
                "cancel": 6,
                "drop": 5,
                "reshape": 8,
                "again": 3,
                "cancel_all": 1,
                "mass_cancel": 0.4,
                "status": 0.5,
                "deadline": 0.5,
            },
            (1, 2, 3, 4, 5),
            symbols=(1, 1, 2),
            spread=6,
            tifs=(70, 10, 20),
            modes=(*MODES, SelfTradePrevention.DECREMENT),
            gtd=0.25,
            icebergs=0.1,
            jumps=0.02,
            share=1.6,
        ),
        Shape(
            "auction",
            config(FEES, REBATE),
            {
                "limit": 50,
                "iceberg": 10,
                "pair": 8,
                "stop": 5,
                "stop_limit": 5,
                "trailing": 2,
                "market": 3,
                "amend": 6,
                "reshape": 4,
                "cancel": 5,
                "push": 2,
                "status": 16,
            },
            tuple(range(1, 11)),
            symbols=(1, 2),
            money=100_000_000,
            spread=6,
            crossing=0.6,
            qty_max=8,
            post_only=0.3,
            modes=MODES,
            icebergs=0.1,
            gtd=0.05,
            statuses=(
                SymbolStatus.AUCTION,
                SymbolStatus.AUCTION,
                SymbolStatus.AUCTION,
                SymbolStatus.CANCEL_ONLY,
            ),
        ),
        Shape(
            "chains",
            config(PLAIN, once_window=2_000),
            {
                "chain": 60,
                "transfer": 8,
                "deposit": 4,
                "withdraw": 3,
                "again": 4,
                "reuse": 2,
                "limit": 10,
                "gtd": 3,
                "halt": 1,
                "timer": 1,
            },
            tuple(range(1, 16)),
            money=1_000,
            with_id=0.8,
            jumps=0.05,
        ),
        Shape(
            "controls",
            config(THIN | {"max_open_orders": 12}, BANDED, CAPPED, HALTED, CANCEL_ONLY),
            {
                "limit": 45,
                "market": 8,
                "sweep": 4,
                "stop": 5,
                "stop_limit": 4,
                "iceberg": 3,
                "pair": 2,
                "cancel": 8,
                "amend": 10,
                "status": 9,
                "halt": 3,
                "push": 3,
                "deadline": 8,
                "cancel_all": 5,
                "mass_cancel": 1.5,
                "timer": 2,
                "again": 2,
                "stray": 8,
                "misplaced": 11,
            },
            tuple(range(1, 9)),
            symbols=(1, 1, 2, 2, 3, 3, 4, 5),
            spread=12,
            with_id=0.3,
            gtd=0.1,
            modes=MODES,
            jumps=0.03,
            share=1.5,
        ),
        Shape(
            "rivals",
            config(FEES, REBATE, LIMITED, once_window=500),
            {
                "limit": 34,
                "market": 5,
                "spend": 16,
                "amend": 4,
                "push": 14,
                "cancel": 3,
                "cancel_all": 3,
                "deposit": 4,
                "withdraw": 3,
                "again": 17,
                "reuse": 6,
                "stray": 32,
                "mass_cancel": 7,
                "theft": 20,
                "own_book": 8,
                "rebate": 6,
                "borrowed": 3,
                "flood": 3,
                "malformed": 2,
            },
            FEW,
            symbols=(1, 2, 3),
            money=2_000_000,
            spread=4,
            qty_max=6,
            tifs=(80, 10, 10),
            post_only=0.5,
            modes=(*MODES, SelfTradePrevention.DECREMENT, SelfTradePrevention.DECREMENT),
            own_fees=0.4,
            with_id=0.9,
            share=2,
        ),
        Shape(
            "scenes",
            config(
                PLAIN,
                THIN | {"id": 2, "name": "A-B-2"},
                NARROW,
                CAPPED | {"id": 4},
                PLAIN | {"id": 9, "name": "A-B-9"},
            ),
            {
                "cascade": 8,
                "spark": 6,
                "expiring": 4,
                "cross_fire": 7,
                "fok_of_pair": 6,
                "own_pair": 11,
                "waiting_pair": 6,
                "crowd": 4,
                "halted_deadline": 7,
                "halted_stop": 7,
                "band": 15,
                "early_trail": 4,
                "late": 2,
                "limit": 5,
                "market": 2,
            },
            tuple(range(1, 25)),
            symbols=(1, 2, 3),
            rich=True,
            modes=MODES,
            with_id=0.2,
            share=3,
        ),
        Shape(
            "uncross",
            config(PLAIN, FEES | {"id": 2, "name": "A-B-2"}),
            {
                "auction_round": 15,
                "tie": 12,
                "quiet_auction": 6,
                "limit": 10,
                "market": 2,
            },
            tuple(range(1, 9)),
            symbols=(1, 1, 2),
            rich=True,
            money=100_000_000,
            spread=5,
            with_id=0.2,
            share=1.5,
        ),
        Shape(
            "bare",
            config(PLAIN, BANDED, LIMITED),
            {
                "limit": 40,
                "market": 5,
                "sweep": 5,
                "stop": 8,
                "stop_limit": 8,
                "trailing": 5,
                "iceberg": 8,
                "gtd": 6,
                "fok": 3,
                "pair": 6,
                "amend": 6,
                "reshape": 6,
                "cancel": 8,
                "cancel_all": 1,
                "mass_cancel": 0.5,
                "status": 2,
                "chain": 0.5,
                "deadline": 0.5,
                "halt": 0.5,
                "misplaced": 2,
            },
            tuple(range(12)),
            symbols=(1, 2, 3),
            ledger=False,
            spread=5,
            stop_reach=5,
            qty_max=9,
            tifs=(70, 15, 15),
            post_only=0.1,
            modes=MODES,
            share=0.8,
        ),
    )
}


def divide(count: int) -> dict[str, int]:
    """`count` commands among all shapes by their shares; a few more in all, for none gets less."""
    whole = sum(shape.share for shape in SHAPES.values())
    return {name: ceil(count * shape.share / whole) for name, shape in SHAPES.items()}
