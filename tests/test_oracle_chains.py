"""The oracle's chains of transfers against cases worked out by hand."""

import pytest

from lightning.codes import CommandFlag, CommandKind, EventFlag, EventKind
from lightning.rows import Command
from tests.oracle_cases import A, B, Stage, make_stage, reasons

LINK = CommandFlag.LINKED


@pytest.fixture
def stage() -> Stage:
    """Account 1 has 100 units of B, accounts 2 to 9 exist."""
    stage = make_stage()
    for account in range(1, 10):
        has = 1_000_000 - (100 if account == 1 else 0)
        stage.oracle.submit([Command(kind=CommandKind.WITHDRAW, account=account, currency=B, amount=has)])
    return stage


def pay(payer: int, receiver: int, amount: int, **columns: int) -> Command:
    return Command(
        kind=CommandKind.TRANSFER,
        account=payer,
        counter_account=receiver,
        currency=B,
        amount=amount,
        **({"flags": LINK} | columns),
    )


def last(command: Command) -> Command:
    return command._replace(flags=command.flags & ~LINK)


def money(stage: Stage, *accounts: int) -> list[int]:
    return [stage.oracle.balances().get((account, B), (0, 0))[0] for account in accounts]


def test_a_chain_passes_on_what_it_brought(stage: Stage) -> None:
    events = stage.oracle.submit([pay(1, 2, 100), pay(2, 3, 70), last(pay(3, 4, 70))])
    assert [event.kind for event in events] == [EventKind.TRANSFERRED] * 3
    assert [(event.account, event.available, event.command) for event in events] == [
        (1, 0, 0),
        (2, 30, 1),
        (3, 0, 2),
    ]
    assert len({event.seq for event in events}) == 3
    assert money(stage, 1, 2, 3, 4) == [0, 30, 0, 70]


@pytest.mark.parametrize("at", range(3))
def test_the_first_refusal_undoes_all_of_it(stage: Stage, at: int) -> None:
    chain = [pay(1, 2, 100), pay(2, 3, 70), last(pay(3, 4, 70))]
    chain[at] = chain[at]._replace(amount=1_000)
    wanted = ["LINKED"] * 3
    wanted[at] = "INSUFFICIENT_FUNDS"
    assert reasons(stage.do(*chain)) == wanted
    assert money(stage, 1, 2, 3, 4) == [100, 0, 0, 0]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"currency": 77}, "UNKNOWN_CURRENCY"),
        ({"account": 77}, "UNKNOWN_ACCOUNT"),
        ({"counter_account": 77}, "UNKNOWN_ACCOUNT"),
        ({"counter_account": 2}, "INVALID_COMMAND"),
        ({"amount": 0}, "INVALID_AMOUNT"),
    ],
)
def test_every_refusal_of_a_transfer_refuses_the_chain(
    stage: Stage, wrong: dict[str, int], reason: str
) -> None:
    rows = stage.do(pay(1, 2, 100), last(pay(2, 3, 1)._replace(**wrong)))
    assert reasons(rows) == ["LINKED", reason]


def test_a_chain_is_once_only_as_a_whole(stage: Stage) -> None:
    chain = [pay(1, 2, 60, request_id=5), last(pay(2, 3, 60))]
    first = stage.oracle.submit(chain)
    again = stage.oracle.submit([Command(kind=CommandKind.TIMER), *chain])
    assert again == [event._replace(flags=EventFlag.REPLAYED, command=event.command + 1) for event in first]
    other = [chain[0], chain[1]._replace(amount=61)]
    assert reasons(stage.do(*other)) == ["DUPLICATE_ID", "LINKED"]
    assert reasons(stage.do(last(chain[0]))) == ["DUPLICATE_ID"]
    assert money(stage, 1, 2, 3) == [40, 0, 60]


def test_a_refused_chain_is_remembered_too(stage: Stage) -> None:
    chain = [pay(1, 2, 500, request_id=5), last(pay(2, 3, 60))]
    stage.do(*chain, Command(kind=CommandKind.DEPOSIT, account=1, currency=B, amount=900))
    assert reasons(stage.do(*chain)) == ["INSUFFICIENT_FUNDS", "LINKED"]


def test_only_the_first_may_have_an_id(stage: Stage) -> None:
    rows = stage.do(pay(1, 2, 1), pay(1, 2, 1, request_id=7), last(pay(1, 2, 1)))
    assert reasons(rows) == ["INVALID_COMMAND"] * 3


@pytest.mark.parametrize("other", [None, Command(kind=CommandKind.DEPOSIT, account=1, currency=A, amount=5)])
def test_a_chain_that_is_cut_short_is_refused_row_by_row(stage: Stage, other: Command | None) -> None:
    rows = stage.do(pay(1, 2, 1), pay(1, 2, 1), *([] if other is None else [other, last(pay(1, 2, 3))]))
    assert rows == ["REJECTED INVALID_COMMAND"] * 2 + ([] if other is None else ["DEPOSITED", "TRANSFERRED"])


@pytest.mark.parametrize(("rows", "kept"), [(1_000, "TRANSFERRED"), (1_001, "REJECTED INVALID_COMMAND")])
def test_a_chain_has_at_most_a_thousand_rows(stage: Stage, rows: int, kept: str) -> None:
    """The transfer that ends it too late stands alone."""
    linked = ([pay(1, 2, 1), pay(2, 1, 1)] * rows)[: rows - 1]
    assert stage.do(*linked, last(pay(1, 3, 1))) == [kept] * (rows - 1) + ["TRANSFERRED"]


def test_what_is_due_happens_before_the_first_row(stage: Stage) -> None:
    order = Command(
        kind=CommandKind.PLACE, symbol=1, account=1, price=10, qty=10, tif=3, expire_time_ns=20, time_ns=10
    )
    assert stage.do(order) != []
    rows = stage.do(pay(1, 2, 100, time_ns=20), last(pay(2, 3, 100, time_ns=30)))
    assert [row.split()[0] for row in rows] == ["EXPIRED", "TRANSFERRED", "TRANSFERRED"]


def test_without_a_ledger_there_is_nothing_to_transfer() -> None:
    stage = make_stage(ledger=False)
    assert stage.do(pay(1, 2, 1), last(pay(2, 3, 1))) == ["REJECTED INVALID_COMMAND"] * 2
