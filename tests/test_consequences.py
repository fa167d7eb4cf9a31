"""What a command sets off stands behind its own rows, flagged, and is no part of the answer that is kept."""

import numpy as np

from lightning.codes import CommandKind, EventFlag, EventKind, OrderType, Side, TimeInForce
from lightning.engine.exchange import Exchange
from lightning.rows import COMMAND, Command, Event
from tests.shapes import PLAIN, config

PLACE = Command(kind=CommandKind.PLACE, symbol=1, price=100, qty=1)


def events_of(exchange: Exchange, *commands: Command) -> list[Event]:
    rows = exchange.submit(np.array(list(commands), COMMAND))
    return [Event._make(row) for row in rows.tolist()]


def market() -> Exchange:
    """Accounts 1 to 3 have money; the last price is 100."""
    exchange = Exchange(config=config(PLAIN))
    deposits = [
        Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=10**9)
        for account in (1, 2, 3)
        for currency in (1, 2)
    ]
    events_of(exchange, *deposits, PLACE._replace(account=1), PLACE._replace(account=2, side=Side.SELL))
    return exchange


def test_a_stop_set_off_stands_behind_the_command_and_not_in_its_answer() -> None:
    exchange = market()
    stop = PLACE._replace(account=3, type=OrderType.STOP, side=Side.SELL, price=0, stop_price=99)
    taker = PLACE._replace(account=2, side=Side.SELL, price=99, client_order_id=7)
    events_of(exchange, stop, PLACE._replace(account=1, price=99), PLACE._replace(account=1, price=98))
    rows = events_of(exchange, taker)
    assert [(EventKind(row.kind).name, row.flags) for row in rows] == [
        ("ACCEPTED", 0),
        ("TRADE", 0),
        ("TRIGGERED", EventFlag.CONSEQUENCE),
        ("TRADE", EventFlag.CONSEQUENCE),
    ]
    again = events_of(exchange, taker)
    assert again == [row._replace(flags=EventFlag.REPLAYED) for row in rows[:2]]


def test_what_expires_stands_before_the_command_and_not_in_its_answer() -> None:
    exchange = market()
    events_of(exchange, PLACE._replace(account=1, price=90, tif=TimeInForce.GTD, expire_time_ns=50))
    late = PLACE._replace(account=2, price=80, client_order_id=8, time_ns=50)
    rows = events_of(exchange, late)
    assert [(EventKind(row.kind).name, row.flags) for row in rows] == [
        ("EXPIRED", EventFlag.CONSEQUENCE),
        ("ACCEPTED", 0),
    ]
    assert events_of(exchange, late) == [rows[1]._replace(flags=EventFlag.REPLAYED)]
    assert exchange.check() == []
