"""Streams of commands, made to reach every state that an exchange can be in.

    flow = Flow(SHAPES["scarce"], seed=1)
    commands = flow.take(1000)              # COMMAND rows; flow.oracle has not seen them yet
    expected = flow.oracle.submit_rows(commands)
    commands = make_commands(SHAPES["scarce"], seed=1, count=10_000)      # the same in one go

A flow looks at its oracle to name orders that are live, so `flow.oracle` must get each chunk before the next
is taken. Order ids inside a chunk are foretold: an order's id is its seq. `shape.config` is what `Exchange`
takes as config, `shape.ledger` whether it keeps balances.
"""

from bisect import bisect_left

import numpy as np

from lightning.codes import CommandFlag, CommandKind, OrderType, Side, TimeInForce
from lightning.rows import Command
from tests.flow_base import new_oracle
from tests.flow_controls import ControlsFlow
from tests.flow_scenes import ScenesFlow
from tests.oracle import join_rows
from tests.oracle.rows import Rows
from tests.shapes import SHAPES, Shape

__all__ = ["SHAPES", "Flow", "make_commands", "new_oracle", "parts_of", "places_to_cut"]


class Flow(ScenesFlow, ControlsFlow):
    """Commands of one shape, one after another."""

    def make_limit(self) -> Command:
        command = self.order(qty=self.qty())
        tif = self.random.choices((TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK), self.shape.tifs)[0]
        flags = command.flags
        if tif == TimeInForce.GTC and self.random.random() < self.shape.post_only:
            flags |= CommandFlag.POST_ONLY
        qty = command.qty
        if tif != TimeInForce.GTC and self.random.random() < 0.5:
            qty *= 5
        price = self.price(command.symbol, command.side)
        return self.with_terms(command._replace(tif=tif, flags=flags, price=price, qty=qty))

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

    def make_cancel(self) -> Command:
        return self.about(CommandKind.CANCEL, *self.live_order())._replace(price=0, qty=0)

    def make_amend(self) -> Command:
        return self.amend_of(*self.live_order())

    def make_cancel_all(self) -> Command:
        return Command(
            kind=CommandKind.CANCEL_ALL,
            account=self.account(),
            symbol=self.random.choice((0, *self.shape.symbols)),
            flags=self.random.choice((0, CommandFlag.BUY_SIDE, CommandFlag.SELL_SIDE, 24)),
            request_id=self.new_id(),
        )

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


def places_to_cut(commands: Rows) -> list[int]:
    """Rows before which a stream may be cut: not behind a transfer that is linked with what follows."""
    linked = (commands["kind"] == CommandKind.TRANSFER) & (commands["flags"] & CommandFlag.LINKED != 0)
    return [int(row) + 1 for row in np.flatnonzero(~linked[:-1])]


def parts_of(commands: Rows, count: int) -> list[Rows]:
    """The stream in `count` parts of one size, or a few rows more where it may not be cut there."""
    places = places_to_cut(commands)
    even = [len(commands) * i // count for i in range(1, count)]
    return np.split(commands, [places[bisect_left(places, place)] for place in even])
