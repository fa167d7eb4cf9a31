"""Scenarios on whatever takes COMMAND rows: the oracle, and the engine in library mode."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

import numpy as np

from lightning.codes import (
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    OrderTerms,
    OrderType,
    RejectReason,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from lightning.config import Config
from lightning.decimals import DecimalError, Step, to_steps, to_units
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND, Command, Event
from tests import scenario_model
from tests.oracle import Oracle
from tests.oracle import Totals as UnitTotals
from tests.oracle.book import Levels
from tests.oracle.rows import Rows, to_events
from tests.scenario_model import Balance, Fill, Level, OpenOrder, Report

NOT_OWN = EventFlag.MAKER | EventFlag.CONSEQUENCE
WORDS = {RejectReason.INVALID_QUANTITY: "invalid_qty"}
ZERO = Decimal(0)


class Standing(NamedTuple):
    order_id: int
    account: int
    side: int
    price: int
    qty: int


class Judged(Protocol):
    """What the backend needs of an exchange, in units, ticks and lots."""

    def submit_rows(self, commands: Rows) -> Rows: ...
    def levels(self, symbol: int) -> tuple[Levels, Levels]: ...
    def resting(self, symbol: int) -> list[Standing]:
        """With what is shown, in priority order, bids first."""
        ...

    def open_orders(self, symbol: int) -> list[Standing]:
        """With all that is open, those that wait too."""
        ...

    def balance(self, account: int, currency: int) -> tuple[int, int]: ...
    def totals_of(self, currency: int) -> UnitTotals: ...
    def check(self) -> list[str]: ...


class JudgedOracle:
    def __init__(self, config: Config) -> None:
        self.oracle = Oracle(config.currencies, config.symbols)

    def submit_rows(self, commands: Rows) -> Rows:
        return self.oracle.submit_rows(commands)

    def levels(self, symbol: int) -> tuple[Levels, Levels]:
        return self.oracle.depth(symbol, 100)

    def resting(self, symbol: int) -> list[Standing]:
        return [
            Standing(order.order_id, order.account, order.side, order.price, order.shown)
            for side in self.oracle.books[symbol].sides
            for order in side.orders()
        ]

    def open_orders(self, symbol: int) -> list[Standing]:
        return [
            Standing(order.order_id, order.account, order.side, order.price, order.leaves_qty)
            for order in self.oracle.open_orders()
            if order.symbol == symbol
        ]

    def balance(self, account: int, currency: int) -> tuple[int, int]:
        return self.oracle.balances().get((account, currency), (0, 0))

    def totals_of(self, currency: int) -> UnitTotals:
        return next(totals for totals in self.oracle.totals() if totals.currency == currency)

    def check(self) -> list[str]:
        return self.oracle.check()


class JudgedExchange:
    def __init__(self, config: Config) -> None:
        self.exchange = Exchange(config)

    def submit_rows(self, commands: Rows) -> Rows:
        return self.exchange.submit(commands)

    def levels(self, symbol: int) -> tuple[Levels, Levels]:
        bids, asks = self.exchange.depth(symbol, 100)
        return [tuple(level) for level in bids.tolist()], [tuple(level) for level in asks.tolist()]

    def resting(self, symbol: int) -> list[Standing]:
        return standing(self.exchange.book_orders(symbol))

    def open_orders(self, symbol: int) -> list[Standing]:
        return standing(self.exchange.orders(symbol))

    def balance(self, account: int, currency: int) -> tuple[int, int]:
        state = self.exchange.account(account)
        rows = {row[0]: (row[1], row[2]) for row in state.balances} if state is not None else {}
        return rows.get(currency, (0, 0))

    def totals_of(self, currency: int) -> UnitTotals:
        return next(UnitTotals(*totals) for totals in self.exchange.totals() if totals.currency == currency)

    def check(self) -> list[str]:
        return self.exchange.check()


def standing(view: np.ndarray) -> list[Standing]:
    columns = (view[name].tolist() for name in ("order_id", "account", "side", "price", "leaves_qty"))
    return [Standing._make(row) for row in zip(*columns, strict=True)]


class RowsBackend:
    """Turns a scenario's text into COMMAND rows and EVENT rows into its words."""

    def __init__(self, config: Config, judged: Judged, number: int = 0) -> None:
        self.judged = judged
        self.symbol = config.symbols[number]
        self.currencies = {
            currency.name.partition(".")[2]: currency for currency in (self.symbol.base, self.symbol.quote)
        }

    def submit(self, **columns: int) -> list[Event]:
        return to_events(self.judged.submit_rows(np.array([Command(**columns)], COMMAND)))

    def deposit(self, account: int, currency: str, amount: str) -> Report:
        return self.move(CommandKind.DEPOSIT, account, currency, amount)

    def withdraw(self, account: int, currency: str, amount: str) -> Report:
        return self.move(CommandKind.WITHDRAW, account, currency, amount)

    def move(self, kind: CommandKind, account: int, currency: str, amount: str) -> Report:
        of = self.currencies[currency]
        try:
            units = to_units(amount, of.scale)
        except DecimalError:  # too precise: whether there is as much is judged first, as the server does
            too_much = (
                kind == CommandKind.WITHDRAW and Decimal(amount) > self.balance(account, currency).available
            )
            return Report(ok=False, reason="insufficient_funds" if too_much else "invalid_amount")
        events = self.submit(kind=kind, account=account, currency=of.id, amount=units)
        return Report(ok=events[0].kind != EventKind.REJECTED, reason=word_of(events[0]))

    def place(self, account: int, client_order_id: int, step: scenario_model.Step) -> Report:
        columns: dict[str, int] = {}
        tick, lot = self.symbol.tick, self.symbol.lot
        for name, text, unit in (
            ("price", step.price, tick),
            ("qty", step.qty, lot),
            ("stop_price", step.stop_price, tick),
            ("display_qty", step.display_qty, lot),
        ):
            try:
                columns[name] = to_steps(text, unit) if text else 0
            except DecimalError:
                return Report(ok=False, status="rejected", reason=f"invalid_{name}")
        if step.quote_qty:
            columns["amount"] = to_units(step.quote_qty, self.symbol.quote.scale)
        events = self.submit(
            kind=CommandKind.PLACE,
            account=account,
            client_order_id=client_order_id,
            symbol=self.symbol.id,
            side=Side[step.side.upper()],
            type=OrderType[step.type.upper()],
            tif=TimeInForce[step.tif],
            flags=CommandFlag.POST_ONLY if step.post_only else 0,
            stp=SelfTradePrevention[step.stp.upper()] if step.stp else 0,
            **columns,
        )
        return self.report(events)

    def cancel(self, account: int, order_id: int, client_order_id: int) -> Report:
        events = self.submit(
            kind=CommandKind.CANCEL,
            account=account,
            symbol=self.symbol.id,
            order_id=order_id,
            client_order_id=client_order_id,
        )
        if events[0].kind == EventKind.REJECTED:
            return Report(ok=False, reason=word_of(events[0]))
        return Report(ok=True, status="cancelled", released_qty=self.qty(events[0].qty))

    def amend(self, account: int, order_id: int, client_order_id: int, price: str, qty: str) -> Report:
        events = self.submit(
            kind=CommandKind.AMEND,
            account=account,
            symbol=self.symbol.id,
            order_id=order_id,
            client_order_id=client_order_id,
            price=to_steps(price, self.symbol.tick) if price else 0,
            qty=to_steps(qty, self.symbol.lot) if qty else 0,
        )
        return self.report(events)

    def report(self, events: Sequence[Event]) -> Report:
        """Of a PLACE or an AMEND."""
        first = events[0]
        if first.kind == EventKind.REJECTED:
            return Report(ok=False, status="rejected", reason=word_of(first))
        trades = [event for event in events if event.kind == EventKind.TRADE]
        own = [event for event in events if not event.flags & NOT_OWN]
        last = own[-1]
        leaves = last.order_qty - last.filled_qty if last.kind == EventKind.CANCELED else last.leaves_qty
        filled = first.filled_qty + sum(event.qty for event in own if event.kind == EventKind.TRADE)
        status = "partially_filled" if filled else "open"
        if last.kind == EventKind.CANCELED:
            status = "cancelled"
        elif last.kind == EventKind.TRADE and last.leaves_qty == 0:
            status = "filled"
        elif last.kind != EventKind.TRADE and last.order_terms & OrderTerms.PENDING:
            status = "pending"
        return Report(
            ok=True,
            order_id=first.order_id,
            status=status,
            fills=[
                Fill(trade.maker_order_id, trade.order_id, self.price(trade.price), self.qty(trade.qty))
                for trade in trades
            ],
            remaining=self.qty(leaves),
            filled=self.qty(filled),
        )

    def price(self, ticks: int) -> Decimal:
        return decimal_of(ticks, self.symbol.tick)

    def qty(self, lots: int) -> Decimal:
        return decimal_of(lots, self.symbol.lot)

    def money(self, units: int, currency: str) -> Decimal:
        return decimal_of(units, Step(1, self.currencies[currency].scale))

    def depth(self, levels: int) -> tuple[list[Level], list[Level]]:
        bids, asks = (
            [Level(self.price(price), self.qty(qty), orders) for price, qty, orders in side[:levels]]
            for side in self.judged.levels(self.symbol.id)
        )
        return bids, asks

    def queue(self) -> list[OpenOrder]:
        return [self.open_order(one) for one in self.judged.resting(self.symbol.id)]

    def open_orders(self, accounts: Iterable[int]) -> list[OpenOrder]:
        wanted = set(accounts)
        everything = self.judged.open_orders(self.symbol.id)
        return [self.open_order(one) for one in everything if one.account in wanted]

    def open_order(self, one: Standing) -> OpenOrder:
        side = Side(one.side).name.lower()
        return OpenOrder(one.order_id, one.account, side, self.price(one.price), self.qty(one.qty))

    def balance(self, account: int, currency: str) -> Balance:
        available, held = self.judged.balance(account, self.currencies[currency].id)
        return Balance(self.money(available, currency), self.money(held, currency))

    def totals(self, currency: str) -> scenario_model.Totals:
        units = self.judged.totals_of(self.currencies[currency].id)[1:]
        return scenario_model.Totals(*(self.money(value, currency) for value in units))

    def broken_invariants(self) -> list[str]:
        return self.judged.check()


def word_of(event: Event) -> str:
    """A refusal in the scenarios' words; '' if there is none."""
    reason = RejectReason(event.reason)
    return WORDS.get(reason, reason.name.lower()) if event.kind == EventKind.REJECTED else ""


def decimal_of(count: int, step: Step) -> Decimal:
    return (Decimal(count) * step.units).scaleb(-step.scale)
