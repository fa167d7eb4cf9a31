"""What is known while a stream is read: one command with its rows, and all that is open around it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from lightning.codes import (
    AccountStatus,
    EventFlag,
    EventKind,
    OrderTerms,
    OrderType,
    RejectReason,
    Side,
    SymbolStatus,
)
from lightning.instruments import Symbol
from lightning.rows import Command, Event

STATE_ROWS = (EventKind.ACCEPTED, EventKind.AMENDED, EventKind.REDUCED, EventKind.TRIGGERED)
END_ROWS = (EventKind.CANCELED, EventKind.EXPIRED)


def is_pending(order: Event) -> bool:
    return bool(order.order_terms & OrderTerms.PENDING)


@dataclass
class Known:
    """The state of the exchange as its rows tell it."""

    specs: Mapping[int, Symbol]
    open: dict[int, Event] = field(default_factory=dict)
    """The last state row of every open order; `leaves_qty` and `filled_qty` are kept current."""
    placed: dict[int, Command] = field(default_factory=dict)
    """What made each order that was accepted."""
    siblings: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    """Last price of each symbol that traded."""
    status: dict[int, int] = field(default_factory=dict)
    """Of the symbols that were set to one."""
    halted: set[int] = field(default_factory=set)
    deadlines: dict[int, int] = field(default_factory=dict)
    lows: dict[int, int] = field(default_factory=dict)
    """Of pending trailing stops: the last price when they came, or a better one since."""
    moved: set[int] = field(default_factory=set)
    """Trailing stops whose stop price moved."""

    def status_of(self, symbol: int) -> int:
        return self.status.get(symbol, SymbolStatus.TRADING)

    def resting(self, symbol: int, side: int) -> Iterator[Event]:
        for order in self.open.values():
            if (order.symbol, order.side) == (symbol, side) and not is_pending(order):
                yield order

    def follow(self, event: Event) -> None:
        """Bring it up to date with the next row."""
        if event.kind in STATE_ROWS:
            self.open[event.order_id] = event
        elif event.kind in END_ROWS:
            self.close(event.order_id)
        elif event.kind == EventKind.TRADE:
            self.last[event.symbol] = event.price
            self.trail(event)
            for order_id in (event.maker_order_id, event.order_id):
                self.fill(order_id, event.qty)
        elif event.kind == EventKind.SYMBOL_STATUS_CHANGED:
            self.status[event.symbol] = event.qty
        elif event.kind == EventKind.ACCOUNT_STATUS_CHANGED:
            change = self.halted.add if event.qty == AccountStatus.HALTED else self.halted.discard
            change(event.account)
        elif event.kind == EventKind.CANCEL_ALL_AFTER_SET:
            self.deadlines[event.account] = event.create_time_ns

    def accept(self, order_id: int, command: Command) -> None:
        self.placed[order_id] = command
        if command.type == OrderType.TRAILING_STOP:
            self.lows[order_id] = self.last[command.symbol]

    def link(self, order_id: int) -> None:
        self.siblings[order_id], self.siblings[order_id - 1] = order_id - 1, order_id

    def trail(self, trade: Event) -> None:
        for order_id, best in self.lows.items():
            placed = self.placed[order_id]
            if placed.symbol != trade.symbol:
                continue
            better = trade.price < best if placed.side == Side.BUY else trade.price > best
            if better:
                self.lows[order_id] = trade.price
                self.moved.add(order_id)

    def fill(self, order_id: int, qty: int) -> None:
        order = self.open[order_id]
        leaves = max(order.leaves_qty - qty, 0)
        self.unlink(order_id)
        if leaves == 0 and order.order_qty:  # of a market buy by amount nothing is open
            self.close(order_id)
        else:
            self.open[order_id] = order._replace(leaves_qty=leaves, filled_qty=order.filled_qty + qty)

    def unlink(self, order_id: int) -> None:
        sibling = self.siblings.pop(order_id, None)
        if sibling is not None:
            self.siblings.pop(sibling, None)

    def close(self, order_id: int) -> None:
        self.open.pop(order_id, None)
        self.lows.pop(order_id, None)
        self.unlink(order_id)


class Step(NamedTuple):
    """One command and its rows. `known` is what was known right before its own rows."""

    command: Command
    due: list[Event]
    """What happened before it because its time had come."""
    events: list[Event]
    """The command's own rows."""
    after: list[Event]
    """What the stops did that it set off."""
    known: Known

    def of(self, kind: EventKind) -> list[Event]:
        return [event for event in self.events if event.kind == kind]

    @property
    def open(self) -> dict[int, Event]:
        return self.known.open

    @property
    def trades(self) -> list[Event]:
        return self.of(EventKind.TRADE)

    @property
    def refusal(self) -> int:
        first = self.events[0] if self.events else None
        return first.reason if first is not None and first.kind == EventKind.REJECTED else RejectReason.NONE

    @property
    def is_replayed(self) -> bool:
        return any(event.flags & EventFlag.REPLAYED for event in self.events[:1])

    @property
    def ends(self) -> list[Event]:
        """CANCELED rows of the commanded order itself."""
        return [event for event in self.of(EventKind.CANCELED) if not event.flags & EventFlag.MAKER]

    @property
    def makers_out(self) -> list[Event]:
        """Removed by self-trade prevention."""
        return [
            event
            for event in self.of(EventKind.CANCELED)
            if event.flags & EventFlag.MAKER and event.reason != RejectReason.LINKED
        ]

    def ended_by(self, reason: RejectReason) -> bool:
        return any(event.reason == reason for event in self.ends)

    def opposite(self) -> list[Event]:
        """Orders that the placed one could meet, its own account's included."""
        placed = self.command
        is_market = placed.type == OrderType.MARKET
        return [
            order
            for order in self.known.resting(placed.symbol, 1 - placed.side)
            if is_market or reaches(placed.side, placed.price, order.price)
        ]

    def own_opposite(self) -> bool:
        return any(order.account == self.command.account for order in self.opposite())

    def quantity_there(self) -> bool:
        return sum(order.leaves_qty for order in self.opposite()) >= self.command.qty > 0

    def has_too_many_orders(self) -> bool:
        """Whether the account already has as many open orders in the symbol as it may."""
        key = (self.command.account, self.command.symbol)
        mine = sum((order.account, order.symbol) == key for order in self.open.values())
        return mine >= self.known.specs[self.command.symbol].orders_max > 0

    def legs_are_missing(self) -> bool:
        """Whether there is too little once only one of each linked pair is counted, even the larger."""
        there = self.opposite()
        here = {order.order_id for order in there}
        legs = {
            order.order_id: order.leaves_qty
            for order in there
            if self.known.siblings.get(order.order_id, 0) in here
        }
        lost = sum(
            min(qty, legs[self.known.siblings[order_id]])
            for order_id, qty in legs.items()
            if order_id < self.known.siblings[order_id]
        )
        return lost > 0 and sum(order.leaves_qty for order in there) - lost < self.command.qty


def reaches(side: int, limit: int, price: int) -> bool:
    return price <= limit if side == Side.BUY else price >= limit


def set_off(rows: list[Event]) -> Iterator[list[Event]]:
    """The rows of each stop that was set off, its TRIGGERED row first."""
    part: list[Event] = []
    for row in rows:
        if row.kind == EventKind.TRIGGERED:
            if part:
                yield part
            part = []
        if part or row.kind == EventKind.TRIGGERED:
            part.append(row)
    if part:
        yield part
