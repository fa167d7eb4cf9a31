"""What a venue does besides orders: statuses, deadlines, mass cancels, chains of transfers."""

from collections import deque

from lightning.codes import (
    AccountStatus,
    CommandFlag,
    CommandKind,
    OrderType,
    Side,
    TimeInForce,
)
from lightning.rows import Command
from tests.flow_base import BaseFlow

Link = CommandFlag.LINKED


class ControlsFlow(BaseFlow):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.chains: deque[list[Command]] = deque(maxlen=20)
        """Those that may be sent again."""

    def make(self) -> Command:
        """What stands still does not do so for long."""
        if self.standing and self.random.random() < 0.08:
            kind, thing = self.random.choice(sorted(self.standing))
            return self.status(kind, thing, 0)
        return super().make()

    def status(self, kind: int, thing: int, status: int) -> Command:
        """Of a symbol or an account."""
        of_symbol = kind == CommandKind.SET_SYMBOL_STATUS
        return Command(
            kind=kind,
            symbol=thing if of_symbol else 0,
            account=0 if of_symbol else thing,
            type=status,
            request_id=self.new_id(),
        )

    def make_status(self) -> Command:
        status = self.random.choice(self.shape.statuses)
        return self.status(CommandKind.SET_SYMBOL_STATUS, self.random.choice(self.shape.symbols), status)

    def make_halt(self) -> Command:
        status = self.random.choice((AccountStatus.HALTED, AccountStatus.HALTED, AccountStatus.ACTIVE))
        return self.status(CommandKind.SET_ACCOUNT_STATUS, self.account(), status)

    def make_deadline(self) -> Command:
        """An account's orders are canceled soon, unless it says so again; or never; or in the past."""
        ledger = self.oracle.ledger
        account = self.account()
        if ledger is not None and ledger.deadlines and self.random.random() < 0.5:
            account = self.random.choice(sorted(ledger.deadlines))
        when = self.later() if self.random.random() < 0.7 else 0
        if self.random.random() < 0.1:
            when = self.random.choice((self.time_ns, 1, -1))
        return Command(
            kind=CommandKind.CANCEL_ALL_AFTER,
            account=account,
            expire_time_ns=when,
            request_id=self.new_id(),
        )

    def make_mass_cancel(self) -> Command:
        """Of all accounts; wrongly of one."""
        account = self.account() if self.random.random() < 0.2 else 0
        sides = self.random.choice((0, 0, CommandFlag.BUY_SIDE, CommandFlag.SELL_SIDE, 24))
        return Command(
            kind=CommandKind.CANCEL_ALL,
            account=account,
            symbol=self.random.choice((0, *self.shape.symbols)),
            flags=sides | CommandFlag.EVERY_ACCOUNT,
            request_id=self.new_id(),
        )

    def make_timer(self) -> Command:
        return Command(kind=CommandKind.TIMER)

    def make_chain(self) -> Command:
        """Transfers that are done together or not at all; the rows behind the first come next."""
        draw = self.random.random()
        if self.chains and draw < 0.32:
            chain = self.random.choice(self.chains)
            if draw < 0.08:  # the id with another content
                at = self.random.randrange(len(chain))
                chain = [*chain[:at], chain[at]._replace(amount=chain[at].amount ^ 1), *chain[at + 1 :]]
        else:
            chain = self.new_chain()
            if draw < 0.42:
                chain = self.broken_chain(chain)
            elif chain[0].request_id:
                self.chains.append(chain)
        self.next.extend(chain[1:])
        return chain[0]

    def new_chain(self) -> list[Command]:
        """Each pays some of what it just got, or what it has; now and then more than that."""
        ledger = self.oracle.ledger
        currency = self.random.choice(self.currencies)
        payer = self.account()
        chain: list[Command] = []
        carried = 0
        for _ in range(self.random.choice((2, 2, 3, 3, 4, 7))):
            has = ledger.available(payer, currency) if ledger is not None else 0
            amount = self.random.choice((1, 1 + has // 3, max(1, has), has + carried, has + 1))
            if self.random.random() < 0.6:
                amount = max(1, min(amount, has))
            receiver = self.account()
            chain.append(
                Command(
                    kind=CommandKind.TRANSFER,
                    account=payer,
                    counter_account=receiver,
                    currency=currency,
                    amount=min(amount, 2**62),
                    flags=Link,
                )
            )
            carried = amount
            if self.random.random() < 0.7:
                payer = receiver
            else:
                payer, carried = self.account(), 0
        flags = self.random.choice((0, 0, CommandFlag.SHARED_ID))
        chain[0] = chain[0]._replace(request_id=self.new_id(), flags=Link | flags)
        chain[-1] = chain[-1]._replace(flags=chain[-1].flags & ~Link)
        return chain

    def broken_chain(self, chain: list[Command]) -> list[Command]:
        """Cut short by another command, without its end, or with a second id."""
        draw = self.random.random()
        if draw < 0.4:
            return [*chain[:-1], Command(kind=CommandKind.TIMER)]
        if draw < 0.6:
            deposit = Command(
                kind=CommandKind.DEPOSIT, account=self.account(), currency=self.currencies[0], amount=5
            )
            return [*chain[:-1], deposit, chain[-1]]
        return [*chain[:-1], chain[-1]._replace(request_id=self.next_id + 1_000_000)]

    def make_misplaced(self) -> Command:
        """Terms on an order that cannot have them, and controls with codes that do not exist."""
        stop, trail, limit = OrderType.STOP, OrderType.TRAILING_STOP, OrderType.STOP_LIMIT
        linked, gtd = CommandFlag.ONE_CANCELS_OTHER, TimeInForce.GTD
        later = self.later()
        wrongs: tuple[dict[str, int], ...] = (
            {"type": stop, "price": 0, "stop_price": 9, "flags": CommandFlag.POST_ONLY},
            {"type": limit, "stop_price": 9, "flags": CommandFlag.POST_ONLY, "tif": TimeInForce.FOK},
            {"type": OrderType.MARKET, "price": 0, "tif": gtd, "expire_time_ns": later},
            {"stop_price": 9},
            {"type": trail, "price": 0, "stop_price": 9, "trail_amount": 1},
            {"trail_amount": 9},
            {"type": stop, "price": 0, "stop_price": 9, "trail_amount": 1},
            {"type": OrderType.MARKET, "price": 0, "display_qty": 1},
            {"type": stop, "price": 0, "stop_price": 9, "display_qty": 1},
            {"type": limit, "stop_price": 9, "display_qty": 1, "tif": TimeInForce.IOC},
            {"display_qty": 1, "tif": TimeInForce.IOC},
            {"expire_time_ns": later},
            {"type": stop, "price": 0, "stop_price": 9, "expire_time_ns": later, "tif": TimeInForce.IOC},
            {"type": OrderType.MARKET, "price": 0, "flags": linked},
            {"flags": linked, "tif": TimeInForce.IOC},
            {"flags": linked, "tif": TimeInForce.FOK},
            {"flags": CommandFlag.LINKED},
            {"flags": CommandFlag.EVERY_ACCOUNT},
            {"type": stop, "stop_price": 9},
            {"type": trail, "trail_amount": 1},
            {"type": limit, "stop_price": 9, "price": 0},
            {"type": stop, "price": 0},
            {"type": stop, "price": 0, "stop_price": -1},
            {"type": limit, "stop_price": 2**40 + 1},
            {"type": trail, "price": 0},
            {"type": trail, "price": 0, "trail_amount": -1},
            {"type": trail, "price": 0, "trail_amount": 2**40},
            {"type": trail, "price": 0, "trail_amount": 2**62},
            {"tif": gtd},
            {"tif": gtd, "expire_time_ns": -5},
            {"tif": gtd, "expire_time_ns": self.time_ns - 1},
            {"display_qty": -1},
            {"display_qty": 1, "qty": 10_001},
            {"display_qty": -(2**63), "qty": 5},
            {"display_qty": 2**62, "qty": 5},
            {"type": stop, "price": 0, "stop_price": 9, "amount": 5, "side": Side.BUY, "qty": 0},
            {"kind": CommandKind.WITHDRAW, "currency": 1, "amount": 0},
            {"kind": CommandKind.WITHDRAW, "currency": 1, "amount": -1},
            {"kind": CommandKind.WITHDRAW, "currency": 1, "amount": 5, "account": 987_654_321},
            {"kind": CommandKind.TRANSFER, "currency": 1, "amount": 5, "counter_account": 987_654_321},
            {"kind": CommandKind.TRANSFER, "currency": 1, "amount": 0, "counter_account": 1},
            {"kind": CommandKind.SET_SYMBOL_STATUS, "type": 4},
            {"kind": CommandKind.SET_SYMBOL_STATUS, "type": 255},
            {"kind": CommandKind.SET_SYMBOL_STATUS, "type": 3, "symbol": -1},
            {"kind": CommandKind.SET_SYMBOL_STATUS, "type": 0, "symbol": 77},
            {"kind": CommandKind.SET_ACCOUNT_STATUS, "type": 2},
            {"kind": CommandKind.SET_ACCOUNT_STATUS, "type": 1, "account": 987_654_321},
            {"kind": CommandKind.CANCEL_ALL_AFTER, "account": 987_654_321},
            {"kind": CommandKind.CANCEL_ALL_AFTER, "expire_time_ns": -1},
        )
        command = self.order(qty=self.qty(), client_order_id=0)
        command = command._replace(price=self.price(command.symbol, command.side))
        return command._replace(**self.random.choice(wrongs))
