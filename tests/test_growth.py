"""Tables that grow far past their first sizes, rings that wrap around, and the configured ceilings."""

from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from lightning.codes import CommandKind, EventFlag, EventKind, OrderType, RejectReason, Side, TimeInForce
from lightning.config import load_config
from lightning.engine.exchange import Exchange
from lightning.engine.tables import EVENT_ROWS, TIMERS_MIN, new_accounts, new_books
from lightning.rows import COMMAND, Command
from tests.lockstep import describe_answers, describe_state
from tests.oracle import Oracle
from tests.oracle.rows import Rows
from tests.shapes import PLAIN, Config, config

A, B = 1, 2
BOTH = pytest.mark.parametrize("workers", [1, 2])


def limited(**limits: int) -> Config:
    return {**config(PLAIN), "limits": limits}


def rows_of(commands: Iterable[Command]) -> Rows:
    return np.array(list(commands), COMMAND)


class Judged:
    """An exchange whose every answer and state the oracle has agreed to."""

    def __init__(self, source: Config, shards: int, workers: int) -> None:
        settings = load_config(source)
        self.oracle = Oracle(settings.currencies, settings.symbols, once_window=settings.limits.once_window)
        self.exchange = Exchange(source, shards=shards, workers=workers)

    def submit(self, commands: Iterable[Command]) -> Rows:
        rows = rows_of(commands)
        expected = self.oracle.submit_rows(rows)
        difference = describe_answers(rows, expected, self.exchange.submit(rows))
        difference = difference or describe_state(self.oracle, self.exchange)
        assert not difference, difference
        return expected

    def live(self, *tables: str) -> list[int]:
        head = self.exchange._state.books.head
        return [int(head[f"{name}_live"].sum()) for name in tables]

    def grown(self) -> set[str]:
        """Names of the tables that have outgrown their first size."""
        state, shards = self.exchange._state, self.exchange.shards
        window = self.exchange.config.limits.once_window
        pairs = (
            *zip(state.books._fields, state.books, new_books(shards), strict=True),
            *zip(state.accounts._fields, state.accounts, new_accounts(shards, window), strict=True),
        )
        return {name for name, table, first in pairs if table.shape[1:] != first.shape[1:]}


def deposits(accounts: Sequence[int], amount: int = 10**9) -> list[Command]:
    """With ids of their own, each account's the same."""
    return [
        Command(
            kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=amount, request_id=currency
        )
        for account in accounts
        for currency in (A, B)
    ]


def sell(account: int, price: int, **columns: int) -> Command:
    return Command(
        kind=CommandKind.PLACE, symbol=1, side=Side.SELL, account=account, price=price, qty=1
    )._replace(**columns)


def buy(account: int, price: int, **columns: int) -> Command:
    return sell(account, price, side=Side.BUY, **columns)


def cancel_all(account: int, time_ns: int = 0) -> Command:
    return Command(kind=CommandKind.CANCEL_ALL, account=account, time_ns=time_ns)


def until(when: int) -> dict[str, int]:
    """Columns of an order that expires."""
    return {"tif": TimeInForce.GTD, "expire_time_ns": when}


GROWING = {
    "orders", "details", "levels", "hidden", "nodes", "children", "traders",
    "order_index", "client_index", "trader_index",
    "accounts", "balances", "account_index", "balance_index",
}  # fmt: skip


@BOTH
def test_every_table_grows_and_rows_that_were_freed_are_used_again(workers: int) -> None:
    accounts = range(1, 1_201)
    judged = Judged(config(PLAIN), shards=1, workers=workers)
    judged.submit(deposits(accounts))
    orders = [sell(n, 2_000 + n * 2**27, client_order_id=n) for n in accounts]
    orders += [buy(n, n, client_order_id=-n) for n in accounts]
    judged.submit(orders)
    assert judged.grown() == GROWING
    assert judged.live("orders", "levels", "traders") == [2_400, 2_400, 1_200]

    judged.submit(cancel_all(n) for n in accounts)
    assert judged.live("orders", "levels", "nodes", "traders") == [0, 0, 0, 0]
    sizes = [table.shape for table in judged.exchange._state.books]
    judged.submit(order._replace(client_order_id=0) for order in orders)
    judged.submit([sell(1, 1, qty=600), buy(2, 2**38, qty=600)])
    assert [table.shape for table in judged.exchange._state.books] == sizes


@BOTH
def test_the_ids_of_one_account_outgrow_their_shards_part_of_the_window(workers: int) -> None:
    judged = Judged(limited(once_window=8_000), shards=8, workers=workers)
    judged.submit(deposits([1]))
    orders = [sell(1, 100 + n, client_order_id=n) for n in range(1, 3_001)]
    judged.submit(orders)
    assert {"once", "once_index", "answers"} <= judged.grown()
    again = judged.submit(orders)
    assert (again["flags"] == EventFlag.REPLAYED).all()


@BOTH
def test_one_command_may_be_answered_by_more_rows_than_the_buffer_holds(workers: int) -> None:
    makers = EVENT_ROWS + 10
    judged = Judged(config(PLAIN), shards=2, workers=workers)
    judged.submit(deposits([1, 2], 10**15))
    judged.submit(sell(1, 100) for _ in range(makers))
    sweep = buy(2, 100, qty=makers, client_order_id=1)
    assert len(judged.submit([sweep])) == makers + 1
    assert len(judged.submit([sweep])) == makers + 1  # the answer was kept
    judged.submit(sell(1, 100) for _ in range(makers))
    assert len(judged.submit([cancel_all(1)])) == makers + 1


@BOTH
def test_answers_that_are_given_again_have_room_too(workers: int) -> None:
    """The book that made them long is empty by then."""
    makers, times = 300, EVENT_ROWS // 300 + 5
    judged = Judged(config(PLAIN), shards=2, workers=workers)
    judged.submit(deposits([1, 2], 10**15))
    judged.submit(sell(1, 100) for _ in range(makers))
    sweep = buy(2, 100, qty=makers, client_order_id=1)
    judged.submit([sweep])
    assert len(judged.submit([sweep] * times)) == times * (makers + 1) > EVENT_ROWS


@BOTH
def test_the_once_only_rings_wrap_around(workers: int) -> None:
    """Ids again after 1 to 60 others, with a window of 50; each account shard's ring has 1,024 rows."""
    judged = Judged(limited(once_window=50), shards=1, workers=workers)
    judged.submit(deposits([1]))
    first = [buy(1, 1 + n % 7, client_order_id=n, qty=1 + n % 3) for n in range(1, 4_001)]
    flow = []
    for n, order in enumerate(first):
        flow.append(order)
        if n % 3 == 0:
            flow.append(first[max(0, n - n % 61)])
        if n % 100 == 99:
            flow.append(cancel_all(1))
    events = judged.submit(flow)
    replayed = events["flags"] & EventFlag.REPLAYED != 0
    assert replayed.any() and (events["reason"] == RejectReason.DUPLICATE_ID).any()
    head = judged.exchange._state.accounts.head[0]
    assert "once" not in judged.grown() and "answers" not in judged.grown()
    assert min(int(head["once_end"]), int(head["answers_end"])) > 3_000


@BOTH
def test_orders_beyond_the_ceiling_are_refused_until_some_are_gone(workers: int) -> None:
    exchange = Exchange(limited(orders_max=100), shards=3, workers=workers)
    exchange.submit(rows_of(deposits([1, 2])))
    events = exchange.submit(rows_of(buy(1, n, client_order_id=n) for n in range(1, 201)))
    assert events["kind"].tolist() == [EventKind.ACCEPTED] * 100 + [EventKind.REJECTED] * 100
    assert set(events["reason"][100:].tolist()) == {RejectReason.CAPACITY}
    assert exchange.check() == []

    before = exchange.state_hash()
    again = exchange.submit(rows_of([buy(1, 150, client_order_id=150), buy(2, 5)]))
    assert again["reason"].tolist() == [RejectReason.CAPACITY] * 2
    assert again["flags"].tolist() == [EventFlag.REPLAYED, 0]
    assert exchange.state_hash() == before

    cancels = [Command(kind=CommandKind.CANCEL, symbol=1, account=1, client_order_id=n) for n in (1, 2)]
    events = exchange.submit(rows_of([*cancels, buy(2, 5), buy(2, 5), buy(2, 5)]))
    assert events["kind"].tolist() == [EventKind.CANCELED] * 2 + [EventKind.ACCEPTED] * 2 + [
        EventKind.REJECTED
    ]
    assert len(exchange.orders(1)) == 100 and exchange.check() == []


@BOTH
def test_accounts_beyond_the_ceiling_are_refused_and_the_others_go_on(workers: int) -> None:
    """The fee account is one of them."""
    exchange = Exchange(limited(accounts_max=301), shards=3, workers=workers)
    events = exchange.submit(rows_of(deposits(range(1, 401))))
    assert events["kind"].tolist() == [EventKind.DEPOSITED] * 600 + [EventKind.REJECTED] * 200
    assert set(events["reason"][600:].tolist()) == {RejectReason.CAPACITY}
    assert exchange.account(301) is None
    known = [Command(kind=CommandKind.DEPOSIT, account=300, currency=B, amount=1), buy(300, 5), sell(1, 5)]
    kinds = exchange.submit(rows_of(known))["kind"].tolist()
    assert kinds == [EventKind.DEPOSITED, EventKind.ACCEPTED, EventKind.ACCEPTED, EventKind.TRADE]
    assert exchange.check() == []


def test_ceilings_do_not_depend_on_workers_or_batches() -> None:
    flow = deposits(range(1, 60))
    for n in range(1, 1_500):
        account = 1 + n * 7 % 59
        flow.append(buy(account, 1 + n % 90) if n % 2 else sell(account, 60 + n % 90))
        if n % 400 == 0:
            flow += [cancel_all(account) for account in range(1, 20)]
    rows = rows_of(flow)
    seen = set()
    for shards, workers, parts in ((1, 1, 1), (10, 1, 7), (4, 2, 1), (3, 3, 5)):
        exchange = Exchange(limited(orders_max=200), shards=shards, workers=workers)
        events = [exchange.submit(part) for part in np.array_split(rows, parts)]
        assert sum(int((part["reason"] == RejectReason.CAPACITY).sum()) for part in events) > 50
        assert exchange.check() == []
        seen.add((exchange.state_hash(), exchange.window_hash(), sum(map(len, events))))
    assert len(seen) == 1


def timers_of(exchange: Exchange) -> tuple[int, int]:
    """(how many are in use, room for them)."""
    state = exchange._state
    return int(state.globals[0]["timers_used"]), len(state.timers)


@BOTH
def test_orders_of_every_kind_outgrow_the_tables_and_end_as_they_should(workers: int) -> None:
    """Icebergs on levels of their own, and stops that come to rest on others; then all expire at once."""
    count = 700
    judged = Judged(config(PLAIN), shards=1, workers=workers)
    judged.submit(deposits([1, 2, 3]))
    terms = until(10**6)
    judged.submit(sell(1, 2_000 + n, qty=9, display_qty=2, **terms) for n in range(count))
    stops = {"type": OrderType.STOP_LIMIT, **terms}
    judged.submit(buy(2, 1 + n, qty=3, stop_price=3_000 + n % 7, **stops) for n in range(count))
    assert {"orders", "details", "levels", "hidden", "nodes"} <= judged.grown()
    assert timers_of(judged.exchange)[0] == 2 * count
    judged.submit([sell(1, 3_010), buy(3, 4_000, qty=count * 9 + 1)])  # through every iceberg, to the stops
    assert len(judged.exchange.pending_orders(1)) == 0
    assert judged.live("orders", "levels") == [count, count]
    events = judged.submit([Command(kind=CommandKind.TIMER, time_ns=10**6)])
    assert events["kind"].tolist() == [EventKind.EXPIRED] * count
    assert judged.live("orders", "levels", "nodes", "traders") == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("kind", "terms", "reserve"),
    [
        (OrderType.STOP, {}, False),
        (OrderType.STOP_LIMIT, {"price": 5, "tif": TimeInForce.IOC}, False),
        (OrderType.STOP_LIMIT, {"price": 5}, True),
    ],
)
def test_only_stops_that_may_come_to_rest_reserve_levels(
    kind: OrderType, terms: dict[str, int], reserve: bool
) -> None:
    judged = Judged(config(PLAIN), shards=3, workers=1)
    judged.submit(deposits([1]))
    stop = Command(kind=CommandKind.PLACE, symbol=1, account=1, side=Side.BUY, type=kind, qty=1, stop_price=9)
    judged.submit([stop._replace(**terms)] * 700)
    assert ({"levels", "nodes"} <= judged.grown()) == reserve


def test_timers_of_what_is_gone_make_room_and_those_that_are_left_keep_their_order() -> None:
    judged = Judged(config(PLAIN), shards=3, workers=1)
    judged.submit(deposits([1, 2]))
    kept = 0
    for now in range(12):
        orders = [buy(1, 1 + n % 50, time_ns=now, **until(10**6 + n * 7919 % 1_000)) for n in range(40)]
        stay = [buy(2, 7, time_ns=now, **until(10**6 + 500 - n)) for n in range(2)]
        kept += len(stay)
        judged.submit([*orders, *stay, cancel_all(1, now)])
    used, room = timers_of(judged.exchange)
    assert kept <= used <= room <= 4 * TIMERS_MIN
    ends = [Command(kind=CommandKind.TIMER, time_ns=10**6 + n) for n in range(1_001)]
    events = judged.submit(ends)
    assert (events["kind"] == EventKind.EXPIRED).sum() == kept
    assert timers_of(judged.exchange)[0] == 0 and judged.exchange.next_timer() is None


def test_a_deadline_that_is_put_off_again_and_again_takes_no_more_room() -> None:
    judged = Judged(config(PLAIN), shards=2, workers=1)
    judged.submit(deposits([1, 2]))
    judged.submit([buy(1, 5), buy(2, 5)])
    renewals = [
        Command(
            kind=CommandKind.CANCEL_ALL_AFTER, account=1, time_ns=n, expire_time_ns=10_000 + n * (n % 3 != 0)
        )
        for n in range(1_500)
    ]
    judged.submit(renewals)
    assert timers_of(judged.exchange)[1] == TIMERS_MIN
    assert len(judged.submit([Command(kind=CommandKind.TIMER, time_ns=11_498)])) == 0
    events = judged.submit([Command(kind=CommandKind.TIMER, time_ns=11_499)])
    assert events["kind"].tolist() == [EventKind.CANCELED] and len(judged.exchange.orders(1)) == 1
