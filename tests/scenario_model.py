"""Scenarios as data: the JSON form of the shared scenarios' README, and what a backend answers."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import msgspec

from lightning.config import Config, load_config

INT64_DIGITS = 18
PPM = 1_000_000


class ScenarioSymbol(msgspec.Struct):
    base: str
    quote: str
    tick: str
    lot: str
    maker_fee: str = "0"
    taker_fee: str = "0"


class Trade(msgspec.Struct, frozen=True):
    """`maker` and `taker` are the scenario's names of the orders."""

    maker: str
    taker: str
    price: Decimal
    qty: Decimal


class Level(msgspec.Struct, frozen=True, array_like=True):
    price: Decimal
    qty: Decimal
    orders: int


class Balance(msgspec.Struct, frozen=True):
    available: Decimal = Decimal(0)
    held: Decimal = Decimal(0)


Words = str | list[str] | None
Numbers = Decimal | list[Decimal] | None


class Expect(msgspec.Struct):
    """What is None is not judged."""

    ok: bool | None = None
    status: Words = None
    reason: Words = None
    trades: list[Trade] | None = None
    remaining: Numbers = None
    filled: Numbers = None
    released_qty: Numbers = None
    bids: list[Level] | None = None
    asks: list[Level] | None = None
    best_bid: Numbers = None
    best_ask: Numbers = None
    spread: Numbers = None


class Step(msgspec.Struct):
    op: str
    expect: msgspec.Raw = msgspec.Raw(b"{}")
    account: str = ""
    id: str = ""
    currency: str = ""
    amount: str = ""
    side: str = ""
    type: str = ""
    tif: str = "GTC"
    qty: str = ""
    price: str = ""
    quote_qty: str = ""
    stop_price: str = ""
    display_qty: str = ""
    open_qty: str = ""
    reduce_by: str = ""
    stp: str = ""
    post_only: bool = False
    levels: int | None = None


class Final(msgspec.Struct):
    book: Expect | None = None
    balances: dict[str, dict[str, Balance]] = {}
    fees: dict[str, Decimal] = {}
    totals: dict[str, Decimal] = {}


class Scenario(msgspec.Struct):
    name: str
    symbol: ScenarioSymbol
    accounts: dict[str, dict[str, str]]
    steps: list[Step]
    final: Final
    needs: list[str] = []
    quirk: bool = False


class OpenOrder(msgspec.Struct, frozen=True):
    """As a book shows it, or as its account sees it: then `open_qty` has what is hidden too."""

    order_id: int
    account: int
    side: str
    price: Decimal
    open_qty: Decimal


class Fill(msgspec.Struct, frozen=True):
    maker_id: int
    taker_id: int
    price: Decimal
    qty: Decimal


class Report(msgspec.Struct):
    """Answer to one command; `status` as in the scenarios, `reason` only of a refusal.

    `fills` are all trades that it caused, those of stops that it set off too.
    """

    ok: bool
    order_id: int = 0
    status: str = ""
    reason: str = ""
    fills: list[Fill] = []
    remaining: Decimal = Decimal(0)
    filled: Decimal = Decimal(0)
    released_qty: Decimal = Decimal(0)


class Totals(msgspec.Struct, frozen=True):
    deposited: Decimal
    withdrawn: Decimal
    available: Decimal
    held: Decimal
    fees: Decimal


def load_scenarios(directory: Path, features: Iterable[str]) -> list[Scenario]:
    """Those of the directory's files that need no more than `features` and are no quirks."""
    scenarios: list[Scenario] = []
    for path in sorted(directory.glob("*.json")):
        scenarios += msgspec.json.decode(path.read_bytes(), type=list[Scenario])
    return [scenario for scenario in scenarios if not scenario.quirk and set(scenario.needs) <= set(features)]


def make_config(scenarios: Iterable[Scenario]) -> dict[str, object]:
    """Every scenario has a symbol and two currencies of its own: number i has symbol i + 1."""
    currencies: list[dict[str, object]] = []
    symbols: list[dict[str, object]] = []
    for i, scenario in enumerate(scenarios):
        spec = scenario.symbol
        base, quote = currency_name(i, spec.base), currency_name(i, spec.quote)
        scales = {base: decimals(spec.lot), quote: decimals(spec.tick) + decimals(spec.lot) + 4}
        for name, scale in scales.items():
            room = INT64_DIGITS - len(str(int(deposited(scenario, name.partition(".")[2]))))
            currencies.append({"id": len(currencies) + 1, "name": name, "scale": min(scale, room)})
        symbols.append(
            {
                "id": i + 1,
                "name": f"{i}.{scenario.name}"[:64],
                "base": base,
                "quote": quote,
                "tick": spec.tick,
                "lot": spec.lot,
                "maker_fee_ppm": int(Decimal(spec.maker_fee) * PPM),
                "taker_fee_ppm": int(Decimal(spec.taker_fee) * PPM),
            }
        )
    return {"currency": currencies, "symbol": symbols}


def currency_name(number: int, name: str) -> str:
    return f"S{number}.{name}"


def decimals(text: str) -> int:
    return len(text.partition(".")[2])


def deposited(scenario: Scenario, currency: str) -> Decimal:
    """All that the scenario ever deposits of a currency."""
    at_start = [Decimal(money.get(currency, "0")) for money in scenario.accounts.values()]
    later = [
        Decimal(step.amount) for step in scenario.steps if step.op == "deposit" and step.currency == currency
    ]
    return sum(at_start + later, Decimal(1))


def scenario_config(scenario: Scenario) -> Config:
    return load_config(make_config([scenario]))
