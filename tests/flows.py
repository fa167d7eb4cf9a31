"""Streams of commands, made to reach every state that an exchange can be in.

    flow = Flow(SHAPES["scarce"], seed=1)
    commands = flow.take(1000)              # COMMAND rows; flow.oracle has not seen them yet
    expected = flow.oracle.submit_rows(commands)
    commands = make_commands(SHAPES["scarce"], seed=1, count=10_000)      # the same in one go

A flow looks at its oracle to name orders that are live, so `flow.oracle` must get each chunk before the next
is taken. Order ids inside a chunk are foretold: an order's id is its seq. `shape.config` is what `Exchange`
takes as config, `shape.ledger` whether it keeps balances.
"""

import random
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from lightning.codes import (
    CommandFlag,
    CommandKind,
    OrderType,
    Side,
    TimeInForce,
)
from lightning.config import load_config
from lightning.rows import COMMAND, Command
from tests.edge_values import INT64_MAX, make_edgy
from tests.oracle import Oracle, join_rows
from tests.oracle.rows import Rows
from tests.shapes import SHAPES, Shape

__all__ = ["SHAPES", "Flow", "make_commands", "new_oracle"]


def new_oracle(shape: Shape) -> Oracle:
    settings = load_config(shape.config)
    return Oracle(settings.currencies, settings.symbols, shape.ledger, settings.limits.once_window)


@dataclass
class Flow:
    shape: Shape
    seed: int
    oracle: Oracle = field(init=False)

    def __post_init__(self) -> None:
        self.oracle = new_oracle(self.shape)
        self.currencies = list(self.oracle.currencies)
        self.random = random.Random(f"{self.shape.name} {self.seed}")
        self.seq = 0
        self.next_id = 1
        self.mids = dict.fromkeys(self.shape.symbols, self.shape.mid)
        self.past: deque[Command] = deque(maxlen=400)
        """Commands that may be sent again."""
        self.orders: deque[tuple[int, Command]] = deque(maxlen=600)
        """Seq and command of the last PLACEs: those that may still be live."""
        self.names = list(self.shape.mix)
        self.weights = list(self.shape.mix.values())
        self.start: deque[Command] = deque(self.opening() if self.shape.ledger else [])

    def opening(self) -> list[Command]:
        """Deposits: every account some of each currency, few accounts none at all."""
        most = self.shape.money
        return [
            Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=amount)
            for account in self.shape.accounts
            for currency in self.currencies
            if (amount := self.random.choice((most, most, most, most // 2, most // 2, most // 10, 0)))
        ]

    def take(self, count: int) -> Rows:
        rows = np.zeros(count, COMMAND)
        for i in range(count):
            command = self.start.popleft() if self.start else self.make()
            self.seq += 1
            command = command._replace(time_ns=1_000_000_000 + 1_000 * self.seq)
            if command.kind == CommandKind.PLACE:
                self.orders.append((self.seq, command))
            self.past.append(command)
            rows[i] = command
        return rows

    def make(self) -> Command:
        name = self.random.choices(self.names, self.weights)[0]
        command: Command = getattr(self, f"make_{name}")()
        if self.random.random() < self.shape.edgy:
            command = make_edgy(command, self.random)
        return command

    def account(self) -> int:
        return self.random.choice(self.shape.accounts)

    def new_id(self) -> int:
        if self.random.random() >= self.shape.with_id:
            return 0
        self.next_id += 1
        return self.next_id

    def price(self, symbol: int, side: int) -> int:
        mid = self.mids.get(symbol, self.shape.mid)
        if self.random.random() < 0.02:
            self.mids[symbol] = max(2, mid + self.random.randint(-1, 1))
        crosses = self.random.random() < self.shape.crossing
        away = self.random.randint(-self.shape.spread if crosses else 0, self.shape.spread)
        return max(1, mid - away if side == Side.BUY else mid + away)

    def qty(self) -> int:
        return self.random.randint(1, self.shape.qty_max)

    def order(self, **columns: int) -> Command:
        """A PLACE with what limit and market orders share."""
        chance = self.random.random
        fees = {}
        flags = 0
        if chance() < self.shape.own_fees:
            flags = CommandFlag.OWN_FEES
            fees = {
                "taker_fee_ppm": self.random.choice((0, 500, 500, 12_345, 12_345, 100_000, -300, 100_001)),
                "maker_fee_ppm": self.random.choice((0, 0, 100, 100, 777, 777, 100_000, -400, -12_345)),
            }
        side = self.random.choice((Side.BUY, Side.SELL))
        command = Command(
            kind=CommandKind.PLACE,
            account=self.account(),
            symbol=self.random.choice(self.shape.symbols),
            side=side,
            stp=self.random.choice(self.shape.modes),
            flags=flags,
            client_order_id=self.new_id(),
        )
        return command._replace(**fees, **columns)

    def make_limit(self) -> Command:
        command = self.order(qty=self.qty())
        tif = self.random.choices((TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK), self.shape.tifs)[0]
        flags = command.flags
        if tif == TimeInForce.GTC and self.random.random() < self.shape.post_only:
            flags |= CommandFlag.POST_ONLY
        qty = command.qty
        if tif != TimeInForce.GTC and self.random.random() < 0.5:
            qty *= 5
        return command._replace(tif=tif, flags=flags, price=self.price(command.symbol, command.side), qty=qty)

    def make_market(self) -> Command:
        tif = self.random.choice((TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK))
        return self.order(type=OrderType.MARKET, tif=tif, qty=self.qty() * self.random.choice((1, 4)))

    def make_spend(self) -> Command:
        """A market buy for an amount of money: for nothing, for a few lots, for all there is."""
        command = self.order(type=OrderType.MARKET, tif=self.random.choice(list(TimeInForce)[:3]))
        one_lot = self.mids[command.symbol] * self.oracle.books[command.symbol].spec.tick_value
        amount = self.random.choice(
            (1, one_lot // 2, one_lot, one_lot * self.qty(), one_lot * self.qty() + 1)
        )
        ledger = self.oracle.ledger
        if ledger is not None and self.random.random() < 0.3:
            quote = self.oracle.books[command.symbol].spec.quote.id
            amount = ledger.available(command.account, quote)
        return command._replace(side=Side.BUY, amount=max(amount, 1))

    def live_order(self) -> tuple[int, Command]:
        """One that is open, if a few tries find one; else any of the last."""
        if not self.orders:
            return 1, Command(account=self.account(), symbol=self.shape.symbols[0], price=1, qty=1)
        for _ in range(10):
            seq, command = self.random.choice(self.orders)
            is_new = seq > self.oracle.seq and self.random.random() < 0.2
            if is_new or seq in self.oracle.matching.live:
                break
        return seq, command

    def about(self, kind: CommandKind, seq: int, placed: Command) -> Command:
        """A command about an order, found by order id or by client order id."""
        by_id = placed.client_order_id == 0 or self.random.random() < 0.5
        return Command(
            kind=kind,
            account=placed.account,
            symbol=placed.symbol,
            order_id=seq if by_id else 0,
            client_order_id=0 if by_id else placed.client_order_id,
            request_id=self.new_id(),
            flags=self.random.choice((0, 0, CommandFlag.SHARED_ID)),
            price=placed.price,
            qty=placed.qty,
        )

    def make_cancel(self) -> Command:
        return self.about(CommandKind.CANCEL, *self.live_order())._replace(price=0, qty=0)

    def make_amend(self) -> Command:
        seq, placed = self.live_order()
        command = self.about(CommandKind.AMEND, seq, placed)
        price = self.random.choice((0, 0, command.price, self.price(command.symbol, placed.side)))
        qty = self.random.choice((0, command.qty, max(1, command.qty // 2), 1, self.qty(), 3 * self.qty()))
        return command._replace(price=price, qty=qty)

    def make_cancel_all(self) -> Command:
        return Command(
            kind=CommandKind.CANCEL_ALL,
            account=self.account(),
            symbol=self.random.choice((0, *self.shape.symbols)),
            flags=self.random.choice((0, CommandFlag.BUY_SIDE, CommandFlag.SELL_SIDE, 24)),
            request_id=self.new_id(),
        )

    def amount(self) -> int:
        return self.random.choice((1, 10, self.shape.money // 100 + 1, self.shape.money // 10 + 1))

    def move(self, kind: CommandKind, **columns: int) -> Command:
        command = Command(
            kind=kind,
            account=self.account(),
            currency=self.random.choice(self.currencies),
            amount=self.amount(),
            request_id=self.new_id(),
            flags=self.random.choice((0, 0, CommandFlag.SHARED_ID)),
        )
        ledger = self.oracle.ledger
        if kind != CommandKind.DEPOSIT and ledger is not None and self.random.random() < 0.3:
            all_there_is = ledger.available(command.account, command.currency)
            command = command._replace(amount=min(all_there_is + self.random.choice((0, 0, 1)), INT64_MAX))
        return command._replace(**columns)

    def make_deposit(self) -> Command:
        return self.move(CommandKind.DEPOSIT)

    def make_withdraw(self) -> Command:
        return self.move(CommandKind.WITHDRAW)

    def make_transfer(self) -> Command:
        return self.move(CommandKind.TRANSFER, counter_account=self.account())

    def make_again(self) -> Command:
        """A retry: the same once more."""
        return self.random.choice(self.past) if self.past else self.make_deposit()

    def make_reuse(self) -> Command:
        """The id of another command under a new content."""
        command = self.make_again()
        return command._replace(
            **self.random.choice(({"qty": command.qty ^ 1}, {"amount": command.amount ^ 1}, {"price": 77}))
        )

    def make_stray(self) -> Command:
        """About something that is not there, or is another account's."""
        kind = self.random.choice((CommandKind.CANCEL, CommandKind.AMEND))
        command = self.about(kind, *self.live_order())
        wrongs: tuple[dict[str, int], ...] = (
            {"account": self.account()},
            {"account": 987_654_321},
            {"symbol": 999_999},
            {"symbol": -5},
            {"symbol": self.random.choice(self.shape.symbols)},
            {"order_id": 2**40, "client_order_id": 0},
            {"order_id": 0, "client_order_id": 0},
            {"order_id": 0, "client_order_id": 2**41},
            {"price": -1},
            {"price": 2**40 + 1},
            {"price": 0, "qty": -3},
            {"kind": CommandKind.CANCEL_ALL, "symbol": 77},
            {"kind": CommandKind.CANCEL_ALL, "account": 987_654_321},
            {"kind": CommandKind.TRANSFER, "currency": 2, "amount": 5, "counter_account": 987_654_321},
            {
                "kind": CommandKind.TRANSFER,
                "currency": 2,
                "amount": 5,
                "counter_account": command.account,
            },
            {"kind": CommandKind.WITHDRAW, "currency": 2, "amount": 5, "account": 987_654_321},
            {"kind": CommandKind.WITHDRAW, "currency": 77, "amount": 5},
            {"kind": CommandKind.DEPOSIT, "currency": -1, "amount": 5},
            {"kind": CommandKind.DEPOSIT, "currency": 1, "amount": 0},
            {"kind": CommandKind.DEPOSIT, "currency": 1, "amount": 5, "account": -1},
        )
        return command._replace(**self.random.choice(wrongs))

    def make_malformed(self) -> Command:
        """An order that may not even be looked at, or one beyond its symbol's limits."""
        wrongs: tuple[dict[str, int], ...] = (
            {"side": 2},
            {"type": OrderType.STOP},
            {"type": 200},
            {"tif": TimeInForce.GTD},
            {"stp": 6},
            {"flags": CommandFlag.POST_ONLY, "tif": TimeInForce.IOC},
            {"flags": CommandFlag.SHARED_ID},
            {"taker_fee_ppm": 1},
            {"display_qty": 1},
            {"stop_price": 1},
            {"trail_amount": 1},
            {"expire_time_ns": 1},
            {"order_id": 3},
            {"request_id": 3},
            {"counter_account": 3},
            {"currency": 1},
            {"kind": CommandKind.NONE},
            {"kind": CommandKind.CREATE_SYMBOL},
            {"kind": 255},
            {"price": 0},
            {"price": -1},
            {"price": 2**40 + 1},
            {"type": OrderType.MARKET},
            {"qty": 0},
            {"qty": -1},
            {"qty": 2**62 + 1},
            {"amount": 1},
            {"account": 987_654_321},
            {"symbol": 12},
        )
        return self.make_limit()._replace(**self.random.choice(wrongs))


def make_commands(shape: Shape, seed: int, count: int, chunk: int = 256) -> Rows:
    """`count` commands of a flow; its oracle has seen all but the last chunk."""
    flow = Flow(shape, seed)
    parts = []
    for start in range(0, count, chunk):
        parts.append(flow.take(min(chunk, count - start)))
        flow.oracle.submit_rows(parts[-1])
    return join_rows(parts)
