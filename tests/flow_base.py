"""What every flow has: its oracle, its time, and the parts that commands are made of."""

import random
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from lightning.codes import CommandFlag, CommandKind, Side
from lightning.config import load_config
from lightning.rows import COMMAND, Command
from tests.edge_values import INT64_MAX, make_edgy
from tests.oracle import Oracle
from tests.oracle.money import is_linked
from tests.oracle.rows import Rows
from tests.shapes import Shape

STEP_NS = 1_000
"""What time usually goes on by between two commands."""


def new_oracle(shape: Shape) -> Oracle:
    settings = load_config(shape.config)
    return Oracle(settings.currencies, settings.symbols, shape.ledger, settings.limits.once_window)


@dataclass
class BaseFlow:
    shape: Shape
    seed: int
    oracle: Oracle = field(init=False)

    def __post_init__(self) -> None:
        self.oracle = new_oracle(self.shape)
        self.currencies = list(self.oracle.currencies)
        self.random = random.Random(f"{self.shape.name} {self.seed}")
        self.clock = random.Random(f"clock {self.shape.name} {self.seed}")
        self.time_ns = 1_000_000_000
        self.seq = 0
        self.next_id = 1
        self.mids = dict.fromkeys(self.shape.symbols, self.shape.mid)
        self.past: deque[Command] = deque(maxlen=400)
        """Commands that may be sent again."""
        self.orders: deque[tuple[int, Command]] = deque(maxlen=600)
        """Seq and command of the last PLACEs: those that may still be live."""
        self.standing: set[tuple[int, int]] = set()
        """(kind, id) of the symbols and accounts that were set to anything but their usual status."""
        self.names = list(self.shape.mix)
        self.weights = list(self.shape.mix.values())
        self.next: deque[Command] = deque(self.opening() if self.shape.ledger else [])
        """What comes before anything else is made: the opening, the rest of a chain or of a pair."""

    def opening(self) -> list[Command]:
        """Deposits: every account some of each currency, few accounts none at all."""
        most = self.shape.money
        if self.shape.rich:
            return [
                Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=most)
                for account in self.shape.accounts
                for currency in self.currencies
            ]
        return [
            Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=amount)
            for account in self.shape.accounts
            for currency in self.currencies
            if (amount := self.random.choice((most, most, most, most // 2, most // 2, most // 10, 0)))
        ]

    def take(self, count: int) -> Rows:
        """The next `count` commands. A chain that would go on beyond them ends with the last."""
        rows = np.zeros(count, COMMAND)
        in_chain = False
        for i in range(count):
            command = self.next.popleft() if self.next else self.make()
            if i == count - 1 and is_linked(command):
                command = command._replace(flags=command.flags & ~CommandFlag.LINKED)
            self.seq += 1
            if not in_chain:
                self.let_time_pass()
            in_chain = is_linked(command)
            command = command._replace(time_ns=self.time_ns)
            self.note(command)
            self.past.append(command)
            rows[i] = command
        return rows

    def note(self, command: Command) -> None:
        """Remember what later commands may be about."""
        if command.kind == CommandKind.PLACE:
            self.orders.append((self.seq, command))
        elif command.kind in (CommandKind.SET_SYMBOL_STATUS, CommandKind.SET_ACCOUNT_STATUS):
            is_symbol = command.kind == CommandKind.SET_SYMBOL_STATUS
            key = (command.kind, command.symbol if is_symbol else command.account)
            (self.standing.add if command.type else self.standing.discard)(key)

    def let_time_pass(self) -> None:
        """It stands still now and then, and sometimes jumps; a chain has one time."""
        draw = self.clock.random()
        if draw < self.shape.jumps:
            self.time_ns += STEP_NS * self.clock.randint(10, 100)
        elif draw < 0.75:
            self.time_ns += STEP_NS

    def later(self) -> int:
        """When an order may end by itself."""
        steps = self.random.choice((2, 3, 10, self.random.randint(2, 60), self.random.randint(2, 60)))
        return self.time_ns + STEP_NS * steps - self.random.choice((0, 0, 1))

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
