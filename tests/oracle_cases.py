"""Commands and readings for hand cases of the oracle."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lightning.codes import CommandKind, EventFlag, EventKind, OrderType, RejectReason, Side, SymbolStatus
from lightning.config import load_config
from lightning.rows import Command, Event
from tests.oracle import OpenOrder, Oracle
from tests.shapes import config, symbol

A, B = 1, 2


def make_oracle(ledger: bool = True, once_window: int = 1_000, **spec: object) -> Oracle:
    settings = load_config(config(symbol(1, "A", "B", "0.01", "1", **spec)))
    return Oracle(settings.currencies, settings.symbols, ledger, once_window)


def funded(oracle: Oracle, accounts: Iterable[int] = (1, 2)) -> Oracle:
    """Each with 1,000,000 units of both currencies. One lot is 100 units of A."""
    for account in accounts:
        for currency in (A, B):
            deposit = Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=1_000_000)
            oracle.submit([deposit])
    return oracle


def place(account: int, side: Side, price: int, qty: int, **columns: int) -> Command:
    return Command(
        kind=CommandKind.PLACE, symbol=1, account=account, side=side, price=price, qty=qty, **columns
    )


def buy(account: int, price: int, qty: int, **columns: int) -> Command:
    return place(account, Side.BUY, price, qty, **columns)


def sell(account: int, price: int, qty: int, **columns: int) -> Command:
    return place(account, Side.SELL, price, qty, **columns)


def market(side: Side, account: int, **columns: int) -> Command:
    given = {"type": OrderType.MARKET, "price": 0, "qty": 0} | columns
    return Command(kind=CommandKind.PLACE, symbol=1, account=account, side=side, **given)


def kinds(events: list[Event]) -> list[str]:
    return [EventKind(event.kind).name for event in events]


def told(events: list[Event]) -> Iterator[tuple[str, int, str]]:
    """(kind, quantity, reason) of each row."""
    for event in events:
        yield EventKind(event.kind).name, event.qty, RejectReason(event.reason).name


def stop(account: int, side: Side, stop_price: int, qty: int, **columns: int) -> Command:
    """A STOP, or with a price a STOP_LIMIT."""
    kind = OrderType.STOP_LIMIT if columns.get("price") else OrderType.STOP
    given = {"type": kind, "price": 0, "stop_price": stop_price} | columns
    return Command(kind=CommandKind.PLACE, symbol=1, account=account, side=side, qty=qty, **given)


def trail(account: int, side: Side, amount: int, qty: int, **columns: int) -> Command:
    return Command(
        kind=CommandKind.PLACE,
        symbol=1,
        account=account,
        side=side,
        type=OrderType.TRAILING_STOP,
        trail_amount=amount,
        qty=qty,
        **columns,
    )


def cancel(account: int, order_id: int) -> Command:
    return Command(kind=CommandKind.CANCEL, symbol=1, account=account, order_id=order_id)


def amend(account: int, order_id: int, price: int = 0, qty: int = 0) -> Command:
    return Command(kind=CommandKind.AMEND, symbol=1, account=account, order_id=order_id, price=price, qty=qty)


def status(new: SymbolStatus) -> Command:
    return Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=1, type=new)


def print_at(price: int, maker: int = 8, taker: int = 9) -> list[Command]:
    """A trade of one lot at `price`; the best of what rests must be worse."""
    return [sell(maker, price, 1), buy(taker, price, 1)]


@dataclass
class Stage:
    """An oracle with funded accounts; orders are numbered by their commands, from 1."""

    oracle: Oracle
    base: int

    def do(self, *commands: Command) -> list[str]:
        """A line for each row: what happened to which order, how many lots, why; * marks consequences.

        Whatever the commands did, the oracle's invariants hold.
        """
        given = [
            command._replace(order_id=command.order_id + self.base if command.order_id else 0)
            for command in commands
        ]
        lines = [self.line(event) for event in self.oracle.submit(given)]
        assert self.oracle.check() == []
        return lines

    def number(self, order_id: int) -> int:
        return order_id - self.base if order_id else 0

    def line(self, event: Event) -> str:
        words = [EventKind(event.kind).name]
        if event.kind == EventKind.TRADE:
            makers = f"{self.number(event.maker_order_id)}/{self.number(event.order_id)}"
            words += [makers, f"{event.qty}@{event.price}"]
        elif event.kind == EventKind.UNCROSSED:
            words += [f"{event.qty}@{event.price}"]
        elif event.order_id and event.kind != EventKind.REJECTED:
            words += [str(self.number(event.order_id)), str(event.qty)]
        if event.reason:
            words.append(RejectReason(event.reason).name)
        return " ".join(words) + (" *" if event.flags & EventFlag.CONSEQUENCE else "")

    def queue(self, side: Side) -> list[int]:
        return [self.number(order_id) for order_id in self.oracle.queue(1, side)]

    def order(self, number: int) -> OpenOrder:
        return next(o for o in self.oracle.open_orders() if o.order_id == number + self.base)

    def open_numbers(self) -> list[int]:
        return [self.number(order.order_id) for order in self.oracle.open_orders()]

    def held(self, account: int, currency: int) -> int:
        return self.oracle.balances().get((account, currency), (0, 0))[1]


def make_stage(ledger: bool = True, **spec: object) -> Stage:
    """Accounts 1 to 9 have money."""
    oracle = make_oracle(ledger, 1_000, **spec)
    if ledger:
        funded(oracle, range(1, 10))
    return Stage(oracle, oracle.seq)


def reasons(lines: list[str]) -> list[str]:
    """Of the refusals."""
    return [line.split()[1] for line in lines if line.startswith("REJECTED")]
