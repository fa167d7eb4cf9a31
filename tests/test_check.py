"""Each invariant that `check` looks up, broken by hand in a state that has something of everything."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from lightning.codes import CommandFlag, CommandKind, OrderType, Side, SymbolStatus, TimeInForce
from lightning.engine.exchange import Exchange
from lightning.kernels.check import Broken
from lightning.kernels.layout import NIL, Books
from lightning.rows import COMMAND, Command
from tests.shapes import PLAIN, config

A, B = 1, 2
SOON, LATER = 1_000, 2_000


def deposit(account: int, currency: int) -> Command:
    return Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=10**9)


def place(account: int, side: Side, price: int, qty: int, **columns: int) -> Command:
    command = Command(kind=CommandKind.PLACE, symbol=1, side=side, account=account, price=price, qty=qty)
    return command._replace(**columns)


def stop(account: int, side: Side, stop_price: int, **columns: int) -> Command:
    return place(account, side, 0, 2, type=OrderType.STOP, stop_price=stop_price)._replace(**columns)


def trailing(account: int, side: Side, trail_amount: int) -> Command:
    return place(account, side, 0, 1, type=OrderType.TRAILING_STOP, trail_amount=trail_amount)


def trade_at(price: int) -> list[Command]:
    return [place(3, Side.SELL, price, 1), place(4, Side.BUY, price, 1)]


PAIR = CommandFlag.ONE_CANCELS_OTHER
LIMIT_STOP = OrderType.STOP_LIMIT
COMMANDS = [
    *(deposit(account, currency) for account in (1, 2, 3, 4) for currency in (A, B)),
    *trade_at(1_000),
    place(1, Side.SELL, 1_100, 20, display_qty=3),
    place(1, Side.SELL, 1_100, 5),
    place(1, Side.BUY, 900, 7, tif=TimeInForce.GTD, expire_time_ns=LATER),
    place(2, Side.BUY, 800, 4),
    place(2, Side.BUY, 810, 4, flags=PAIR),
    stop(2, Side.SELL, 700),
    stop(1, Side.SELL, 700),
    stop(2, Side.SELL, 650),
    stop(1, Side.BUY, 1_500, type=LIMIT_STOP, price=1_600, qty=9, display_qty=2),
    *(trailing(1, Side.SELL, 400 + 10 * n) for n in (3, 1, 2)),
    *(trailing(2, Side.BUY, 300 + 10 * n) for n in (1, 2)),
    *trade_at(950),
    *(trailing(2, Side.SELL, 300 + n) for n in (2, 1)),
    *trade_at(940),
    trailing(2, Side.SELL, 350),
    Command(kind=CommandKind.CANCEL_ALL_AFTER, account=2, expire_time_ns=SOON),
]


def rows_of(*commands: Command) -> np.ndarray:
    return np.array(list(commands), COMMAND)


@pytest.fixture
def exchange() -> Exchange:
    made = Exchange(config(PLAIN), shards=1)
    made.submit(rows_of(*COMMANDS))
    return made


class Inside:
    """The tables of one shard, and where in them things are."""

    def __init__(self, exchange: Exchange) -> None:
        self.state = exchange._state
        self.books: Books = self.state.books
        self.book = self.books.books[0, 0]
        self.head = self.books.head[0]
        self.orders = self.books.orders[0]
        self.details = self.books.details[0]

    def slots(self, **columns: int) -> list[int]:
        """Of open orders that have these values, oldest first."""
        found = self.orders["order_id"] != 0
        for name, value in columns.items():
            found &= self.orders[name] == value
        slots = np.flatnonzero(found)
        in_age = slots[np.argsort(self.orders["order_id"][slots])]
        return [int(slot) for slot in in_age]

    @property
    def iceberg(self) -> int:
        return self.slots(price=1_100)[0]

    @property
    def expiring(self) -> int:
        return self.slots(price=900)[0]

    @property
    def pair(self) -> list[int]:
        return self.slots(price=800) + self.slots(price=810)

    @property
    def stops(self) -> list[int]:
        return self.slots(type=OrderType.STOP)

    @property
    def top(self) -> int:
        """The first of the group of sells that follows the nearest price."""
        return int(self.books.trails["top"][0, Side.SELL])

    def level(self, slot: int) -> np.void:
        row: np.void = self.books.levels[0, self.orders["level"][slot]]
        return row


def test_a_state_with_something_of_everything_is_sound(exchange: Exchange) -> None:
    assert exchange.check() == []
    inside = Inside(exchange)
    assert inside.book["pending"] == 12 and inside.book["trailing"] == 8
    assert inside.details["group_next"][inside.top] != NIL
    assert exchange._state.globals[0]["timers_used"] == 2


@dataclass(frozen=True)
class Break:
    name: str
    broken: Broken
    make: Callable[[Inside], None]


def add(table: str, column: str, place: int, inside: Inside) -> None:
    getattr(inside.books, table)[column][0, place] += 1


def hide(inside: Inside, lots: int) -> None:
    """Change what the iceberg hides, and what its level says of it."""
    slot = inside.iceberg
    inside.books.hidden[0, inside.orders["level"][slot]] += lots
    inside.details["hidden"][slot] += lots


def hide_without_display_qty(inside: Inside) -> None:
    inside.details["display_qty"][inside.expiring] = 0
    inside.details["hidden"][inside.expiring] = 1


def fill_sibling(inside: Inside) -> None:
    inside.orders["filled"][inside.pair[0]] += 1
    inside.orders["qty"][inside.pair[0]] += 1


def set_detail(name: str, value: int, find: Callable[[Inside], int], inside: Inside) -> None:
    inside.details[name][find(inside)] = value


def set_book(name: str, value: int, inside: Inside) -> None:
    inside.book[name] = value


def swap_ages(inside: Inside) -> None:
    """The younger of two stops at one price is before the older one."""
    older, younger = inside.stops[:2]
    level = inside.level(older)
    level["head"], level["tail"] = younger, older
    for name, first, second in (("next", younger, older), ("prev", older, younger)):
        inside.orders[name][first], inside.orders[name][second] = second, NIL


def move_watermark(inside: Inside) -> None:
    """The nearest group comes to follow a farther price than the next one."""
    farther = inside.details["group_next"][inside.top]
    inside.details["watermark"][inside.top] = inside.details["watermark"][farther] + 1


def reorder_group(inside: Inside) -> None:
    """The first of a group no longer has the smallest trail amount."""
    farther = inside.details["group_next"][inside.top]
    inside.details["trail_amount"][farther] += 100


def lose_best(inside: Inside) -> None:
    inside.books.trails["best"][0, Side.SELL] = NIL


def drop_timer(inside: Inside) -> None:
    inside.state.globals[0]["timers_used"] -= 1


def reverse_timers(inside: Inside) -> None:
    inside.state.timers[:2] = inside.state.timers[1::-1].copy()


def move_next_timer(inside: Inside) -> None:
    inside.state.globals[0]["next_timer"] += 1


def move_deadline(inside: Inside) -> None:
    accounts = inside.state.accounts.accounts
    accounts["cancel_all_after"][accounts["cancel_all_after"] != 0] += 1


def lose_hold(inside: Inside) -> None:
    """Of stops alone: the account that has nothing else open in that currency."""
    balances = inside.state.accounts.balances
    at = np.flatnonzero((balances["account"][0] == 2) & (balances["currency"][0] == A))[0]
    balances["held"][0, at] -= 1
    balances["available"][0, at] += 1


def iceberg_of(inside: Inside) -> int:
    return inside.iceberg


def first_of_pair(inside: Inside) -> int:
    return inside.pair[0]


def first_stop(inside: Inside) -> int:
    return inside.stops[0]


def farther_group(inside: Inside) -> int:
    return int(inside.details["group_next"][inside.top])


def expiring(inside: Inside) -> int:
    return inside.expiring


def top_of(inside: Inside) -> int:
    return inside.top


LADDER, LEVEL = Broken.LADDER_DIFFERS_FROM_LEVELS, Broken.LEVEL_DIFFERS_FROM_ORDERS
BREAKS = [
    Break("hidden lots of a level", LEVEL, lambda i: add_hidden(i)),
    Break("shows more than it may", Broken.ORDER_NOT_SHOWN, partial(hide, lots=-1)),
    Break("shows nothing", Broken.ORDER_NOT_SHOWN, partial(hide, lots=3)),
    Break("hides without leave", Broken.ORDER_NOT_SHOWN, hide_without_display_qty),
    Break("icebergs of a side", LADDER, partial(add, "ladders", "icebergs", Side.SELL)),
    Break("slices of a side", LADDER, partial(add, "ladders", "slices", Side.SELL)),
    Break("linked orders of a side", LADDER, partial(add, "ladders", "linked", Side.BUY)),
    Break("orders of a side's stops", LADDER, partial(add, "stop_ladders", "orders", Side.SELL)),
    Break("slices of a side's stops", LADDER, partial(add, "stop_ladders", "slices", Side.BUY)),
    Break("rests and waits", Broken.PENDING_OUT_OF_PLACE, partial(set_detail, "pending", 1, iceberg_of)),
    Break("sibling's id", Broken.SIBLINGS_DISAGREE, partial(set_detail, "sibling_id", 7, first_of_pair)),
    Break("sibling of one only", Broken.SIBLINGS_DISAGREE, lambda i: part_one(i)),
    Break("sibling that was filled", Broken.SIBLINGS_DISAGREE, fill_sibling),
    Break("stop's price", Broken.PENDING_OUT_OF_PLACE, partial(set_detail, "stop_price", 699, first_stop)),
    Break(
        "stop that does not wait", Broken.PENDING_OUT_OF_PLACE, partial(set_detail, "pending", 0, first_stop)
    ),
    Break("younger stop first", Broken.QUEUE_LINKS, swap_ages),
    Break("groups out of order", Broken.TRAILING_GROUPS, move_watermark),
    Break("group's order", Broken.TRAILING_GROUPS, reorder_group),
    Break("group's root", Broken.TRAILING_GROUPS, partial(set_detail, "up", 0, farther_group)),
    Break("groups' links", Broken.TRAILING_GROUPS, partial(set_detail, "group_prev", NIL, farther_group)),
    Break("first of all groups", Broken.TRAILING_GROUPS, lose_best),
    Break("stop of another kind", Broken.PENDING_OUT_OF_PLACE, partial(set_detail, "pending", 1, top_of)),
    Break("trailing stops of a side", Broken.TRAILING_GROUPS, partial(add, "trails", "count", Side.BUY)),
    Break("sells' trigger", Broken.TRIGGER_DIFFERS_FROM_STOPS, partial(set_book, "sell_trigger", 699)),
    Break("buys' trigger", Broken.TRIGGER_DIFFERS_FROM_STOPS, partial(set_book, "buy_trigger", 5)),
    Break("sell that should have gone", Broken.STOP_NOT_TRIGGERED, partial(set_book, "last_price", 600)),
    Break("buy that should have gone", Broken.STOP_NOT_TRIGGERED, partial(set_book, "last_price", 2_000)),
    Break("stops of a book", Broken.PENDING_MISCOUNTED, partial(set_book, "pending", 11)),
    Break("trailing stops of a book", Broken.PENDING_MISCOUNTED, partial(set_book, "trailing", 7)),
    Break("stops of a shard", Broken.PENDING_MISCOUNTED, lambda i: count_in_shard(i)),
    Break("hold of a stop", Broken.HELD_DIFFERS_FROM_ORDERS, lose_hold),
    Break("order without a timer", Broken.TIMER_MISSING, drop_timer),
    Break("order of another time", Broken.TIMER_MISSING, partial(set_detail, "expire_time", 3, expiring)),
    Break("deadline without a timer", Broken.TIMER_MISSING, move_deadline),
    Break("timers out of order", Broken.TIMERS_OUT_OF_ORDER, reverse_timers),
    Break("next timer", Broken.TIMERS_OUT_OF_ORDER, move_next_timer),
]


def add_hidden(inside: Inside) -> None:
    inside.books.hidden[0, inside.orders["level"][inside.iceberg]] += 1


def part_one(inside: Inside) -> None:
    inside.details["sibling_id"][inside.pair[0]] = 0
    inside.details["sibling"][inside.pair[0]] = NIL


def count_in_shard(inside: Inside) -> None:
    inside.head["stops_to_rest"] += 1


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.name)
def test_what_is_broken_is_named(exchange: Exchange, one: Break) -> None:
    one.make(Inside(exchange))
    assert one.broken.name in {problem.split()[0] for problem in exchange.check()}


def set_status(status: SymbolStatus) -> Command:
    return Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=1, type=status)


def test_a_book_may_be_crossed_while_it_does_not_trade(exchange: Exchange) -> None:
    exchange.submit(rows_of(set_status(SymbolStatus.AUCTION), place(3, Side.BUY, 1_105, 2)))
    assert exchange.check() == []
    exchange.submit(rows_of(set_status(SymbolStatus.HALTED)))
    assert exchange.check() == []
    Inside(exchange).book["status"] = SymbolStatus.TRADING
    assert any(problem.startswith("BOOK_CROSSED") for problem in exchange.check())
