"""The driver of scenarios: cases in the form of the shared scenarios' README, played on any backend.

A backend answers in decimals and in the scenarios' own words; the driver compares, and checks after every
step that money is conserved, that nothing is negative, that held is what the open orders need, that the book
is not crossed, that a level is the sum of its orders, and that a refused step changed nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Protocol

import msgspec

from lightning.instruments import Symbol
from tests.scenario_model import (
    PPM,
    Balance,
    Expect,
    Level,
    OpenOrder,
    Report,
    Scenario,
    Step,
    Totals,
    Trade,
)

ACCOUNTS_PER_SCENARIO = 100


class Backend(Protocol):
    """One symbol of an exchange. Amounts, prices and quantities go in as the scenario's text."""

    symbol: Symbol

    def deposit(self, account: int, currency: str, amount: str) -> Report: ...
    def withdraw(self, account: int, currency: str, amount: str) -> Report: ...
    def place(self, account: int, client_order_id: int, step: Step) -> Report: ...
    def cancel(self, account: int, order_id: int, client_order_id: int) -> Report: ...
    def amend(self, account: int, order_id: int, client_order_id: int, price: str, qty: str) -> Report: ...
    def depth(self, levels: int) -> tuple[list[Level], list[Level]]: ...
    def queue(self) -> list[OpenOrder]:
        """What the book shows of its orders, in priority order, bids first; accounts may be left 0."""
        ...

    def open_orders(self, accounts: Iterable[int]) -> list[OpenOrder]:
        """All of the accounts, those that wait for a stop price too, with all that they have open."""
        ...

    def balance(self, account: int, currency: str) -> Balance: ...
    def totals(self, currency: str) -> Totals: ...
    def broken_invariants(self) -> list[str]: ...


class Wrong(AssertionError):
    """A scenario came out otherwise."""


@dataclass
class Play:
    """One scenario on one backend, which may have others running on other symbols and accounts."""

    scenario: Scenario
    number: int
    backend: Backend
    accounts: dict[str, int] = field(default_factory=dict)
    client_ids: dict[str, int] = field(default_factory=dict)
    order_ids: dict[str, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    """The scenario's name of each order id."""

    def run(self) -> None:
        """Raises Wrong at the first step that is not as expected."""
        for name in self.account_names():
            self.accounts[name] = self.number * ACCOUNTS_PER_SCENARIO + len(self.accounts) + 1
            self.open_account(name, self.scenario.accounts.get(name, {}))
        for i, step in enumerate(self.scenario.steps):
            before = self.snapshot()
            try:
                refused = not self.take(step)
                self.check_invariants()
                if refused and self.snapshot() != before:
                    raise Wrong(f"was refused, but changed {before} to {self.snapshot()}")
            except Wrong as wrong:
                raise Wrong(f"{self.scenario.name} step {i} {step.op} {step.id}: {wrong}") from None
        self.check_final()

    def account_names(self) -> list[str]:
        used = [step.account for step in self.scenario.steps if step.account]
        return list(dict.fromkeys([*self.scenario.accounts, *used]))

    def open_account(self, name: str, money: Mapping[str, str]) -> None:
        """An account that the scenario gives nothing exists too."""
        account = self.accounts[name]
        one_unit = f"{Decimal(1).scaleb(-self.backend.symbol.quote.scale):f}"
        quote = self.scenario.symbol.quote
        for report in (
            self.backend.deposit(account, quote, one_unit),
            self.backend.withdraw(account, quote, one_unit),
            *(self.backend.deposit(account, currency, amount) for currency, amount in money.items()),
        ):
            if not report.ok:
                raise Wrong(f"{self.scenario.name}: opening account {name}: {report.reason}")

    def take(self, step: Step) -> bool:
        """One step; False if it was refused."""
        if step.op == "depth":
            self.judge_depth(msgspec.json.decode(step.expect, type=Expect, strict=False), step.levels or 100)
            return True
        if step.op == "queue":
            self.judge_queue(step)
            return True
        if step.op == "balance":
            expected = msgspec.json.decode(step.expect, type=dict[str, Balance], strict=False)
            self.judge_balances(step.account, expected)
            return True
        report = self.command(step)
        self.judge_report(report, msgspec.json.decode(step.expect, type=Expect, strict=False))
        return report.ok

    def command(self, step: Step) -> Report:
        backend, account = self.backend, self.accounts[step.account]
        order_id, client_id = self.order_ids.get(step.id, 0), self.client_ids.get(step.id, 0)
        if step.op == "deposit":
            return backend.deposit(account, step.currency, step.amount)
        if step.op == "withdraw":
            return backend.withdraw(account, step.currency, step.amount)
        if step.op == "cancel":
            return backend.cancel(account, order_id, client_id or 999_999)
        if step.op == "amend":
            return backend.amend(account, order_id, client_id or 999_999, step.price, self.new_open_qty(step))
        if step.op != "place":
            raise Wrong(f"unknown op {step.op}")
        client_id = len(self.names) + len(self.client_ids) + 1 + self.number * 1_000_000
        report = backend.place(account, client_id, step)
        self.client_ids[step.id] = client_id
        if report.order_id:
            self.order_ids[step.id] = report.order_id
            self.names[report.order_id] = step.id
        return report

    def new_open_qty(self, step: Step) -> str:
        """`reduce_by` as the new open quantity; what does not reduce is handed on as it is, to be refused."""
        if not step.reduce_by or Decimal(step.reduce_by) <= 0:
            return step.open_qty or step.reduce_by
        order_id = self.order_ids.get(step.id, 0)
        orders = self.backend.open_orders(self.accounts.values())
        open_qty = [order.open_qty for order in orders if order.order_id == order_id]
        return str(open_qty[0] - Decimal(step.reduce_by)) if open_qty else step.reduce_by

    def judge_report(self, report: Report, expected: Expect) -> None:
        pairs: list[tuple[str, object, object]] = [
            ("ok", expected.ok, report.ok),
            ("status", expected.status, report.status),
            ("remaining", expected.remaining, report.remaining),
            ("filled", expected.filled, report.filled),
            ("released_qty", expected.released_qty, report.released_qty),
            ("trades", expected.trades and [expected.trades], self.trades_of(report)),
            ("reason", expected.reason, report.reason),
        ]
        for name, wanted, got in pairs:
            is_wrong = got not in wanted if isinstance(wanted, list) else wanted is not None and got != wanted
            if wanted != [] and is_wrong:
                raise Wrong(f"{name}: expected {wanted}, got {got} ({report})")
        if expected.trades == [] and report.fills:
            raise Wrong(f"expected no trades, got {report.fills}")

    def trades_of(self, report: Report) -> list[Trade]:
        """In the scenario's names; neighbours of the same maker, taker and price are one."""
        trades: list[Trade] = []
        for fill in report.fills:
            maker, taker = self.names[fill.maker_id], self.names[fill.taker_id]
            trade = Trade(maker, taker, fill.price, fill.qty)
            if trades and (trades[-1].maker, trades[-1].taker, trades[-1].price) == (
                maker,
                taker,
                fill.price,
            ):
                trade = Trade(maker, taker, fill.price, trades.pop().qty + fill.qty)
            trades.append(trade)
        return trades

    def judge_depth(self, expected: Expect, levels: int) -> None:
        bids, asks = self.backend.depth(levels)
        best_bid = bids[0].price if bids else None
        best_ask = asks[0].price if asks else None
        spread = best_ask - best_bid if best_ask is not None and best_bid is not None else None
        for name, wanted, got in (
            ("bids", expected.bids, bids),
            ("asks", expected.asks, asks),
            ("best_bid", expected.best_bid, best_bid),
            ("best_ask", expected.best_ask, best_ask),
            ("spread", expected.spread, spread),
        ):
            if wanted is not None and wanted != got:
                raise Wrong(f"{name}: expected {wanted}, got {got}")

    def judge_queue(self, step: Step) -> None:
        expected = msgspec.json.decode(step.expect, type=list[str])
        orders = [
            self.names[order.order_id]
            for order in self.backend.queue()
            if order.side == step.side and order.price == Decimal(step.price)
        ]
        if orders != expected:
            raise Wrong(f"expected {expected}, got {orders}")

    def judge_balances(self, account: str, expected: Mapping[str, Balance]) -> None:
        for currency, wanted in expected.items():
            got = self.backend.balance(self.accounts[account], currency)
            if got != wanted:
                raise Wrong(f"balance of {account} in {currency}: expected {wanted}, got {got}")

    def check_final(self) -> None:
        final, name = self.scenario.final, self.scenario.name
        try:
            if final.book is not None:
                self.judge_depth(final.book, 100)
            for account, balances in final.balances.items():
                self.judge_balances(account, balances)
            for currency, fees in final.fees.items():
                if self.backend.totals(currency).fees != fees:
                    raise Wrong(f"fees in {currency}: expected {fees}, got {self.backend.totals(currency)}")
            for currency, there in final.totals.items():
                totals = self.backend.totals(currency)
                if totals.available + totals.held + totals.fees != there:
                    raise Wrong(f"totals of {currency}: expected {there}, got {totals}")
        except Wrong as wrong:
            raise Wrong(f"{name} at its end: {wrong}") from None

    def snapshot(self) -> tuple[object, ...]:
        """All that a refused command must leave as it was."""
        return (
            dict(self.balances()),
            self.backend.queue(),
            self.backend.open_orders(self.accounts.values()),
            self.backend.depth(100),
        )

    def balances(self) -> Iterator[tuple[tuple[int, str], Balance]]:
        for account in self.accounts.values():
            for currency in (self.scenario.symbol.base, self.scenario.symbol.quote):
                yield (account, currency), self.backend.balance(account, currency)

    def check_invariants(self) -> None:
        broken = self.backend.broken_invariants()
        if broken:
            raise Wrong(f"invariants: {broken}")
        self.check_money()
        self.check_holds()
        self.check_book()

    def check_money(self) -> None:
        balances = dict(self.balances())
        for key, balance in balances.items():
            if balance.available < 0 or balance.held < 0:
                raise Wrong(f"negative: {key} {balance}")
        for currency in (self.scenario.symbol.base, self.scenario.symbol.quote):
            totals = self.backend.totals(currency)
            mine = [balance for (_, of), balance in balances.items() if of == currency]
            available = sum((balance.available for balance in mine), Decimal(0))
            held = sum((balance.held for balance in mine), Decimal(0))
            if (available, held) != (totals.available, totals.held):
                raise Wrong(f"{currency}: accounts have {available} and {held} held, totals say {totals}")
            if available + held + totals.fees != totals.deposited - totals.withdrawn:
                raise Wrong(f"{currency} is not conserved: {totals}")

    def check_holds(self) -> None:
        symbol = self.backend.symbol
        rate = Decimal(max(symbol.maker_fee_ppm, symbol.taker_fee_ppm, 0)) / PPM
        unit = Decimal(1).scaleb(-symbol.quote.scale)
        needed: dict[tuple[int, str], Decimal] = {}
        for order in self.backend.open_orders(self.accounts.values()):
            if order.side == "sell":
                key, hold = (order.account, self.scenario.symbol.base), order.open_qty
            else:
                notional = order.price * order.open_qty
                fee = (notional * rate).quantize(unit, ROUND_DOWN)
                key, hold = (order.account, self.scenario.symbol.quote), notional + fee
            needed[key] = needed.get(key, Decimal(0)) + hold
        for key, balance in self.balances():
            if balance.held != needed.get(key, 0):
                raise Wrong(f"{key} has {balance.held} held, its open orders need {needed.get(key, 0)}")

    def check_book(self) -> None:
        bids, asks = self.backend.depth(100)
        if bids and asks and bids[0].price >= asks[0].price:
            raise Wrong(f"the book is crossed: {bids[0]} {asks[0]}")
        levels: dict[tuple[str, Decimal], tuple[Decimal, int]] = {}
        for order in self.backend.queue():
            qty, count = levels.get((order.side, order.price), (Decimal(0), 0))
            levels[order.side, order.price] = (qty + order.open_qty, count + 1)
        shown = {
            (side, level.price): (level.qty, level.orders)
            for side, of in (("buy", bids), ("sell", asks))
            for level in of
        }
        if levels != shown:
            raise Wrong(f"levels show {shown}, their orders sum to {levels}")
