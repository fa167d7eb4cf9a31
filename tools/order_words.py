"""Commands read from words, events told in words: the language of `docs/orders.md`.

A: account 1 buys 10 limit 99            limit N, market, stop N, trail N; two of them: stop limit
... show 3 / for 500 / post-only         iceberg, spend at most this, post-only
... IOC / FOK / GTD 10:05                time in force; none: GTC
... self-trade CANCEL_MAKER              none: DEFAULT
... linked                               one-cancels-other with the order before
account 1 amends A qty 5 limit 98
account 1 cancels A
account 1 cancels all [buys, sells]
account 1 cancels all at 10:05           or: at never
venue cancels all
venue sets book AUCTION
venue sets account 1 HALTED
clock 10:05
"""

from collections.abc import Callable, Mapping, Sequence

from lightning.codes import (
    AccountStatus,
    CommandFlag,
    CommandKind,
    EventKind,
    OrderTerms,
    OrderType,
    RejectReason,
    SelfTradePrevention,
    Side,
    SymbolStatus,
    TimeInForce,
)
from lightning.rows import Command, Event

SYMBOL = 1
MINUTE_NS = 60 * 10**9
SIDES = {"buys": Side.BUY, "sells": Side.SELL}
ONE_SIDE = {"buys": CommandFlag.BUY_SIDE, "sells": CommandFlag.SELL_SIDE}


def to_time(clock: str) -> int:
    """ "10:05" in ns; "never" is 0."""
    if clock == "never":
        return 0
    hours, minutes = clock.split(":")
    return (60 * int(hours) + int(minutes)) * MINUTE_NS


def to_clock(time_ns: int) -> str:
    minutes = time_ns // MINUTE_NS
    return f"{minutes // 60}:{minutes % 60:02}" if time_ns else "never"


def read_command(line: str, ids: Mapping[str, int]) -> Command:
    """ids : the order_id of every order named so far"""
    match line.split():
        case ["clock", clock]:
            return Command(kind=CommandKind.TIMER, time_ns=to_time(clock))
        case ["venue", "cancels", "all"]:
            return Command(kind=CommandKind.CANCEL_ALL, symbol=SYMBOL, flags=CommandFlag.EVERY_ACCOUNT)
        case ["venue", "sets", "book", status]:
            return Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=SYMBOL, type=SymbolStatus[status])
        case ["venue", "sets", "account", account, status]:
            kind = CommandKind.SET_ACCOUNT_STATUS
            return Command(kind=kind, account=int(account), type=AccountStatus[status])
        case ["account", account, "cancels", *what]:
            return _read_cancel(what, ids)._replace(account=int(account))
        case ["account", account, "amends", name, *terms]:
            amend = _read_terms(terms)._replace(type=0)
            return amend._replace(kind=CommandKind.AMEND, account=int(account), order_id=ids[name])
        case [_, "account", account, ("buys" | "sells") as verb, *terms]:
            place = _read_terms(terms)
            return place._replace(kind=CommandKind.PLACE, account=int(account), side=SIDES[verb])
        case _:
            raise ValueError(f"not a command: {line}")


def _read_cancel(words: Sequence[str], ids: Mapping[str, int]) -> Command:
    match words:
        case ["all"]:
            return Command(kind=CommandKind.CANCEL_ALL, symbol=SYMBOL)
        case ["all", "at", clock]:
            return Command(kind=CommandKind.CANCEL_ALL_AFTER, expire_time_ns=to_time(clock))
        case ["all", side]:
            return Command(kind=CommandKind.CANCEL_ALL, symbol=SYMBOL, flags=ONE_SIDE[side])
        case [name]:
            return Command(kind=CommandKind.CANCEL, symbol=SYMBOL, order_id=ids[name])
        case _:
            raise ValueError(f"not a cancel: {words}")


def _read_terms(words: Sequence[str]) -> Command:
    order = Command(symbol=SYMBOL)
    rest = iter(words)
    for word in rest:
        match word:
            case "limit":
                kind = OrderType.STOP_LIMIT if order.stop_price else OrderType.LIMIT
                order = order._replace(type=kind, price=int(next(rest)))
            case "market":
                order = order._replace(type=OrderType.MARKET)
            case "stop":
                order = order._replace(type=OrderType.STOP, stop_price=int(next(rest)))
            case "trail":
                order = order._replace(type=OrderType.TRAILING_STOP, trail_amount=int(next(rest)))
            case "show":
                order = order._replace(display_qty=int(next(rest)))
            case "for":
                order = order._replace(amount=int(next(rest)))
            case "GTD":
                order = order._replace(tif=TimeInForce.GTD, expire_time_ns=to_time(next(rest)))
            case "IOC" | "FOK":
                order = order._replace(tif=TimeInForce[word])
            case "self-trade":
                order = order._replace(stp=SelfTradePrevention[next(rest)])
            case "post-only":
                order = order._replace(flags=order.flags | CommandFlag.POST_ONLY)
            case "linked":
                order = order._replace(flags=order.flags | CommandFlag.ONE_CANCELS_OTHER)
            case "qty":
                order = order._replace(qty=int(next(rest)))
            case _:
                order = order._replace(qty=int(word))
    return order


def tell_event(event: Event, names: Mapping[int, str]) -> str:
    """names : of orders, by order_id"""
    kind = EventKind(event.kind)
    told = f"{kind.name:<9} {_TELLERS[kind](event, names.get(event.order_id, ''))}"
    if kind == EventKind.TRADE:
        taker, maker = names[event.taker_order_id], names[event.maker_order_id]
        verb, preposition = ("buys", "from") if event.side == Side.BUY else ("sells", "to")
        told = f"{kind.name:<9} {taker} {verb} {event.qty} {preposition} {maker} at {event.price}"
    if event.reason != RejectReason.NONE:
        told += f" ({RejectReason(event.reason).name})"
    return told.rstrip()


def _tell_accepted(event: Event, name: str) -> str:
    if event.order_terms & OrderTerms.PENDING:
        return f"{name}, waits"
    return f"{name}, {event.leaves_qty} open" if event.leaves_qty else f"{name}, {event.amount} held"


_TELLERS: Mapping[EventKind, Callable[[Event, str], str]] = {
    EventKind.ACCEPTED: _tell_accepted,
    EventKind.TRADE: lambda event, name: "",
    EventKind.CANCELED: lambda event, name: f"{name}, {event.qty} taken off",
    EventKind.AMENDED: lambda event, name: f"{name}, {event.leaves_qty} open at {event.price}",
    EventKind.REJECTED: lambda event, name: name,
    EventKind.EXPIRED: lambda event, name: f"{name}, {event.qty} taken off",
    EventKind.TRIGGERED: lambda event, name: name,
    EventKind.REDUCED: lambda event, name: f"{name} by {event.qty}, {event.leaves_qty} open",
    EventKind.CANCEL_ALL_DONE: lambda event, name: f"{event.qty} canceled",
    EventKind.SYMBOL_STATUS_CHANGED: lambda event, name: SymbolStatus(event.qty).name,
    EventKind.ACCOUNT_STATUS_CHANGED: lambda event, name: (
        f"account {event.account} {AccountStatus(event.qty).name}"
    ),
    EventKind.CANCEL_ALL_AFTER_SET: lambda event, name: (
        f"account {event.account} {to_clock(event.create_time_ns)}"
    ),
    EventKind.UNCROSSED: lambda event, name: f"{event.qty} at {event.price}",
}
