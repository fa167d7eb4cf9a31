"""Linked TRANSFERs: together or not at all, once only, whatever stands around them."""

import random
from collections.abc import Iterable

import numpy as np
import pytest

from lightning.codes import CommandFlag, CommandKind, EventFlag, EventKind, RejectReason, Side
from lightning.engine.exchange import Exchange
from lightning.engine.tables import EVENT_ROWS
from lightning.kernels.chain import CHAIN_ROWS_MAX
from lightning.rows import COMMAND, Command
from tests.oracle import rows_equal
from tests.oracle.rows import Rows
from tests.shapes import PLAIN, config

A, B = 1, 2
DONE, REFUSED = EventKind.TRANSFERRED, EventKind.REJECTED


def rows_of(commands: Iterable[Command]) -> Rows:
    return np.array(list(commands), COMMAND)


def deposit(account: int, amount: int, currency: int = B) -> Command:
    return Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=amount)


def pay(payer: int, receiver: int, amount: int, currency: int = B, **columns: int) -> Command:
    return Command(
        kind=CommandKind.TRANSFER, account=payer, counter_account=receiver, amount=amount, currency=currency
    )._replace(**columns)


def chain(*payments: Command, request_id: int = 0) -> list[Command]:
    """All linked but the last; the first has the id."""
    flags = [CommandFlag.LINKED] * (len(payments) - 1) + [0]
    rows = [row._replace(flags=row.flags | flag) for row, flag in zip(payments, flags, strict=True)]
    return [rows[0]._replace(request_id=request_id), *rows[1:]] if request_id else rows


def exchange_of(*deposits: Command, shards: int = 3, workers: int = 1) -> Exchange:
    exchange = Exchange(config(PLAIN), shards=shards, workers=workers)
    exchange.submit(rows_of(deposits))
    return exchange


def available(exchange: Exchange, currency: int = B) -> dict[int, int]:
    rows = exchange.balances()
    rows = rows[rows["currency"] == currency]
    return dict(zip(rows["account"].tolist(), rows["available"].tolist(), strict=True))


def test_a_chain_is_done_in_order_and_each_row_tells_the_balance_after_its_own_step() -> None:
    exchange = exchange_of(deposit(1, 100), deposit(2, 5), deposit(3, 5))
    first = exchange.seq + 1
    events = exchange.submit(rows_of(chain(pay(1, 2, 30), pay(2, 3, 35), pay(3, 1, 1))))
    assert events["kind"].tolist() == [DONE] * 3
    assert events["seq"].tolist() == [first, first + 1, first + 2]
    assert events["command"].tolist() == [0, 1, 2]
    assert events["account"].tolist() == [1, 2, 3] and events["counter_account"].tolist() == [2, 3, 1]
    assert events["amount"].tolist() == [30, 35, 1]
    assert events["available"].tolist() == [70, 0, 39]
    assert available(exchange) == {1: 71, 3: 39} and exchange.check() == []


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (pay(1, 2, 10**6), RejectReason.INSUFFICIENT_FUNDS),
        (pay(1, 77, 1), RejectReason.UNKNOWN_ACCOUNT),
        (pay(77, 1, 1), RejectReason.UNKNOWN_ACCOUNT),
        (pay(1, 2, 1, currency=9), RejectReason.UNKNOWN_CURRENCY),
        (pay(1, 2, 0), RejectReason.INVALID_AMOUNT),
        (pay(1, 1, 1), RejectReason.INVALID_COMMAND),
    ],
)
def test_a_refused_row_takes_the_whole_chain_back(at: int, wrong: Command, reason: RejectReason) -> None:
    exchange = exchange_of(deposit(1, 100), deposit(2, 100), deposit(3, 7, A))
    before = exchange.state_hash(), [exchange.account(account) for account in (1, 2, 3)]
    payments = [pay(1, 3, 60), pay(3, 2, 60)]
    payments.insert(at, wrong)
    events = exchange.submit(rows_of(chain(*payments)))
    assert events["kind"].tolist() == [REFUSED] * 3
    expected = [RejectReason.LINKED] * 3
    expected[at] = reason
    assert events["reason"].tolist() == expected
    assert events["command"].tolist() == [0, 1, 2] and len(set(events["seq"].tolist())) == 3
    after = exchange.state_hash(), [exchange.account(account) for account in (1, 2, 3)]
    assert after == before and exchange.check() == []


def test_money_that_the_chain_brings_may_be_spent_in_it() -> None:
    exchange = exchange_of(deposit(1, 10), deposit(2, 1, A), deposit(3, 1, A))
    assert (exchange.submit(rows_of(chain(pay(1, 2, 10), pay(2, 3, 10))))["kind"] == DONE).all()
    assert available(exchange) == {3: 10}
    through = exchange.account(2)
    assert through is not None and through.balances == [(A, 1, 0), (B, 0, 0)]
    events = exchange.submit(rows_of(chain(pay(2, 1, 10), pay(3, 2, 10))))  # the wrong way round
    assert events["reason"].tolist() == [RejectReason.INSUFFICIENT_FUNDS, RejectReason.LINKED]
    assert available(exchange) == {3: 10}


def test_what_stands_around_a_chain_is_done_as_usual() -> None:
    exchange = exchange_of(deposit(1, 10), deposit(2, 10))
    rows = [
        pay(1, 2, 1),
        *chain(pay(1, 2, 5), pay(1, 2, 5)),
        pay(2, 1, 2),
        *chain(pay(2, 1, 1), pay(1, 2, 1)),
    ]
    events = exchange.submit(rows_of(rows))
    assert events["kind"].tolist() == [DONE, REFUSED, REFUSED, DONE, DONE, DONE]
    assert events["reason"][1:3].tolist() == [RejectReason.LINKED, RejectReason.INSUFFICIENT_FUNDS]
    assert np.diff(events["seq"]).tolist() == [1] * 5 and available(exchange) == {1: 11, 2: 9}


def test_a_chain_is_answered_once_and_then_as_it_was() -> None:
    exchange = exchange_of(deposit(1, 10), deposit(2, 10))
    rows = rows_of(chain(pay(1, 2, 4), pay(2, 1, 3), request_id=5))
    first = exchange.submit(rows)
    before = exchange.state_hash()
    again = exchange.submit(rows_of([deposit(3, 1), *chain(pay(1, 2, 4), pay(2, 1, 3), request_id=5)]))[1:]
    assert again["flags"].tolist() == [EventFlag.REPLAYED] * 2
    assert again["command"].tolist() == [1, 2]
    for name in ("seq", "kind", "account", "amount", "available"):
        assert again[name].tolist() == first[name].tolist()
    assert available(exchange) == {1: 9, 2: 11, 3: 1} and exchange.state_hash() != before


def test_a_refused_chain_is_remembered_too() -> None:
    exchange = exchange_of(deposit(1, 10), deposit(2, 10))
    rows = rows_of(chain(pay(1, 2, 5), pay(1, 2, 6), request_id=5))
    first = exchange.submit(rows)
    exchange.submit(rows_of([deposit(1, 100)]))
    again = exchange.submit(rows)
    assert again["reason"].tolist() == first["reason"].tolist()
    assert again["reason"].tolist() == [RejectReason.LINKED, RejectReason.INSUFFICIENT_FUNDS]
    assert again["flags"].tolist() == [EventFlag.REPLAYED] * 2 and available(exchange) == {1: 110, 2: 10}


@pytest.mark.parametrize(
    "other",
    [
        chain(pay(1, 2, 1), pay(2, 1, 3), request_id=5),
        chain(pay(1, 2, 1), pay(2, 1, 1), pay(2, 1, 1), request_id=5),
        [pay(1, 2, 1, request_id=5)],
    ],
    ids=["another row", "one more row", "the first row alone"],
)
def test_an_id_with_another_content_is_a_duplicate(other: list[Command]) -> None:
    exchange = exchange_of(deposit(1, 10), deposit(2, 10))
    exchange.submit(rows_of(chain(pay(1, 2, 1), pay(2, 1, 1), request_id=5)))
    before = exchange.state_hash()
    events = exchange.submit(rows_of(other))
    expected = [RejectReason.DUPLICATE_ID] + [RejectReason.LINKED] * (len(other) - 1)
    assert events["reason"].tolist() == expected and exchange.state_hash() == before


def test_only_the_first_row_may_have_an_id() -> None:
    exchange = exchange_of(deposit(1, 10), deposit(2, 10))
    rows = chain(pay(1, 2, 1), pay(2, 1, 1, request_id=6), pay(1, 2, 1), request_id=5)
    events = exchange.submit(rows_of(rows))
    assert events["reason"].tolist() == [RejectReason.INVALID_COMMAND] * 3
    assert available(exchange) == {1: 10, 2: 10}
    assert exchange.submit(rows_of([pay(1, 2, 1, request_id=6)]))["kind"].tolist() == [DONE]


OTHER = Command(kind=CommandKind.WITHDRAW, account=1, currency=B, amount=1)


@pytest.mark.parametrize("tail", [[], [OTHER]], ids=["the end", "another kind"])
@pytest.mark.parametrize("linked", [1, 2, 3])
def test_a_chain_that_is_cut_short_is_refused_row_by_row(tail: list[Command], linked: int) -> None:
    exchange = exchange_of(deposit(1, 10), deposit(2, 10))
    rows = [pay(1, 2, 1, flags=CommandFlag.LINKED)] * linked
    events = exchange.submit(rows_of([*rows, *tail]))
    assert events["reason"].tolist() == [RejectReason.INVALID_COMMAND] * linked + [0] * len(tail)
    assert available(exchange) == {1: 10 - len(tail), 2: 10}


@pytest.mark.parametrize("linked", [CHAIN_ROWS_MAX - 1, CHAIN_ROWS_MAX, 2 * CHAIN_ROWS_MAX + 500])
def test_a_chain_has_a_thousand_rows_at_most(linked: int) -> None:
    """A longer one is refused but for its last row, which says that it ends nothing."""
    exchange = exchange_of(deposit(1, 10_000), deposit(2, 10))
    events = exchange.submit(rows_of(chain(*[pay(1, 2, 1)] * (linked + 1))))
    if linked < CHAIN_ROWS_MAX:
        assert (events["kind"] == DONE).all() and available(exchange)[2] == 10 + CHAIN_ROWS_MAX
    else:
        assert events["reason"].tolist() == [RejectReason.INVALID_COMMAND] * linked + [0]
        assert available(exchange)[2] == 11
    assert exchange.check() == []


def test_the_tables_grow_for_a_chain() -> None:
    """More balances than the first tables hold, then more answers than the event buffer does."""
    receivers = range(2, 2 + CHAIN_ROWS_MAX)
    exchange = exchange_of(deposit(1, 10**6), *(deposit(n, 1, A) for n in receivers), shards=1)
    payments = [pay(1, receiver, 1) for receiver in receivers]
    refused = exchange.submit(rows_of(chain(*payments[:-1], pay(1, 1, 1))))
    assert (refused["kind"] == REFUSED).all() and available(exchange) == {1: 10**6}
    state = exchange.account(2)
    assert state is not None and [currency for currency, _, _ in state.balances] == [A]
    times = EVENT_ROWS // CHAIN_ROWS_MAX + 3
    rows = [row for n in range(times) for row in chain(*payments, request_id=1 + n)]
    for flags in (0, EventFlag.REPLAYED):
        events = exchange.submit(rows_of(rows))
        assert (events["kind"] == DONE).all() and (events["flags"] == flags).all()
        assert events["command"].tolist() == list(range(times * CHAIN_ROWS_MAX))
        assert available(exchange) == {1: 10**6 - times * CHAIN_ROWS_MAX} | dict.fromkeys(receivers, times)
    assert exchange.check() == []


def test_without_a_ledger_there_are_no_chains() -> None:
    exchange = Exchange(config(PLAIN), ledger=False)
    events = exchange.submit(rows_of(chain(pay(1, 2, 1), pay(2, 1, 1), pay(2, 1, 1))))
    assert events["reason"].tolist() == [RejectReason.INVALID_COMMAND] * 3


ACCOUNTS = range(1, 9)


def draw_steps(rng: random.Random, steps: int) -> list[list[Command]]:
    """Chains, lone transfers and orders; the orders of one step need not stay together."""
    result: list[list[Command]] = []
    for _ in range(steps):
        if rng.random() < 0.3:
            side, price = rng.choice(((Side.BUY, 5), (Side.SELL, 5), (Side.BUY, 4), (Side.SELL, 6)))
            order = Command(kind=CommandKind.PLACE, symbol=1, side=side, price=price, qty=1)
            result.append([order._replace(account=rng.choice(ACCOUNTS)) for _ in range(rng.randint(1, 90))])
            continue
        count = rng.choice((1, 2, 3, rng.randint(2, 40)))
        payments = []
        for _ in range(count):
            payer, receiver = rng.sample(ACCOUNTS, 2)
            amount = rng.choice((1, rng.randint(1, 300), 2_000))
            payments.append(pay(payer, receiver, amount, rng.choice((A, B))))
        result.append(chain(*payments, request_id=rng.choice((0, rng.randint(1, 200)))))
        if rng.random() < 0.1:
            result.append(rng.choice(result))
    return result


def is_order(step: list[Command]) -> bool:
    return step[0].kind == CommandKind.PLACE


def plain_balances(
    steps: list[list[Command]], money: dict[tuple[int, int], int]
) -> dict[tuple[int, int], int]:
    """What lone transfers and chains leave, by a copy that is dropped if a row is refused."""
    answered: set[tuple[int, int]] = set()
    for step in steps:
        key = step[0].account, step[0].request_id
        if key[1] and key in answered:
            continue
        answered.add(key)
        after = dict(money)
        for row in step:
            after[row.account, row.currency] -= row.amount
            after[row.counter_account, row.currency] += row.amount
            if after[row.account, row.currency] < 0:
                break
        else:
            money = after
    return money


def test_random_chains_leave_what_plain_dictionaries_do() -> None:
    rng = random.Random(8)
    steps = [step for step in draw_steps(rng, 2_000) if not is_order(step)]
    exchange = exchange_of(*(deposit(n, 1_000, currency) for n in ACCOUNTS for currency in (A, B)))
    events = exchange.submit(rows_of(row for step in steps for row in step))
    assert {DONE, REFUSED} == set(events["kind"].tolist())
    assert len(events) == sum(map(len, steps)) and (events["flags"] == EventFlag.REPLAYED).any()
    expected = plain_balances(steps, {(n, currency): 1_000 for n in ACCOUNTS for currency in (A, B)})
    for currency in (A, B):
        left = {n: expected[n, currency] for n in ACCOUNTS if expected[n, currency]}
        assert available(exchange, currency) == left


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_chains_do_not_depend_on_shards_workers_or_batches(workers: int) -> None:
    rng = random.Random(9)
    steps = draw_steps(rng, 600)
    deposits = [deposit(n, 1_000, currency) for n in ACCOUNTS for currency in (A, B)]
    seen: list[tuple[Rows, int, int]] = []
    for shards, batch in ((1, 600), (1 + workers, 600), (10, 7), (3, 1)):
        exchange = exchange_of(*deposits, shards=shards, workers=workers)
        parts = []
        for start in range(0, len(steps), batch):
            parts.append(
                exchange.submit(rows_of(row for step in steps[start : start + batch] for row in step))
            )
        events = np.concatenate(parts)
        events["command"] = 0
        assert exchange.check() == []
        seen.append((events, exchange.state_hash(), exchange.window_hash()))
    for events, state, window in seen[1:]:
        assert rows_equal(events, seen[0][0]) and (state, window) == seen[0][1:]
