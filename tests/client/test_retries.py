"""Answers that are lost: what has an id is asked again and done once, what has none is sent once."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lightning.client import AsyncClient, NewOrder, OutcomeUnknown, Rejected, Transfer, Unavailable
from lightning.client.ids import Ids
from lightning.codes import RejectReason
from tests.client.faults import Fault, PlannedProxy
from tests.conftest import RunningServer
from tests.kills.server import ServerProcess

ATTEMPT_S = 0.2
"""Where nothing comes the client is to ask again soon; a slow machine makes it ask more often."""
PATIENCE_S = 60.0
accounts = count(1000, 10)


class Case(NamedTuple):
    """A command with an id, and something that it changes once."""

    name: str
    act: Callable[[AsyncClient, int], Awaitable[Any]]
    effect: Callable[[AsyncClient, int], Awaitable[Any]]


async def btc(client: AsyncClient, account: int) -> Any:
    return (await client.get_account(account)).balance(1).total


async def open_orders(client: AsyncClient, account: int) -> Any:
    return len([one async for one in client.list_orders(account, open_only=True)])


def order(account: int, **terms: Any) -> NewOrder:
    return NewOrder(account=account, symbol=1, side="sell", quantity=1, **terms)


CASES = [
    Case("place", lambda client, account: client.place(order(account, price=70_000)), open_orders),
    Case(
        "place a pair",
        lambda client, account: client.place_one_cancels_other(
            order(account, price=70_000), order(account, price=80_000)
        ),
        open_orders,
    ),
    Case("deposit", lambda client, account: client.deposit(account, 1, 2), btc),
    Case("withdraw", lambda client, account: client.withdraw(account, 1, 2), btc),
    Case("transfer", lambda client, account: client.transfer(account, account + 1, 1, 2), btc),
    Case(
        "transfer a batch",
        lambda client, account: client.transfer_batch([Transfer(account, account + 1, 1, 2)] * 2),
        btc,
    ),
    Case(
        "cancel all",
        lambda client, account: client.admin.cancel_all_orders(account),
        open_orders,
    ),
    Case(
        "halt an account",
        lambda client, account: client.admin.set_account_status(account, "halted", cancel_orders=True),
        open_orders,
    ),
]


async def prepared(client: AsyncClient) -> int:
    """An account with money and an order."""
    account = next(accounts)
    for one in (account, account + 1):
        await client.deposit(one, 1, 100)
    await client.place(order(account, price=90_000))
    return account


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_command_whose_answer_is_lost_is_done_once_and_its_answer_is_the_first(
    venue: RunningServer, case: Case, fault: Fault
) -> None:
    async with (
        PlannedProxy.to(venue.address) as proxy,
        AsyncClient(venue.address) as direct,
        AsyncClient(proxy.address, timeout=PATIENCE_S, attempt_timeout=attempt_s(fault)) as client,
    ):
        plain, disturbed = await prepared(direct), await prepared(direct)
        seqs = [(await direct.admin.get_status()).seq]
        expected = await case.act(direct, plain)
        seqs.append((await direct.admin.get_status()).seq)
        proxy.plan.extend([fault, fault])
        answer = await case.act(client, disturbed)
        assert await case.effect(direct, disturbed) == await case.effect(direct, plain)
        calls = sum(proxy.calls.values())
        assert calls == 3 or (fault == Fault.SILENT and calls > 3)
        if hasattr(answer, "seq") and fault != Fault.BEFORE:
            assert answer.seq - seqs[1] == expected.seq - seqs[0]  # of the first time
        assert shape(answer) == shape(expected)


def attempt_s(fault: Fault) -> float:
    return ATTEMPT_S if fault == Fault.SILENT else PATIENCE_S


def shape(answer: Any) -> Any:
    """What two accounts' answers have in common."""
    if hasattr(answer, "second"):
        return shape(answer.first), shape(answer.second)
    if hasattr(answer, "order"):
        return answer.order.status, answer.order.leaves_quantity, answer.fills
    return answer._replace(seq=0) if hasattr(answer, "seq") else answer


async def test_a_refusal_whose_answer_is_lost_is_told_the_second_time(venue: RunningServer) -> None:
    async with (
        PlannedProxy.to(venue.address) as proxy,
        AsyncClient(proxy.address, attempt_timeout=PATIENCE_S) as client,
    ):
        account = await prepared(client)
        proxy.plan.append(Fault.AFTER)
        with pytest.raises(Rejected) as refused:
            await client.withdraw(account, 1, 1000)
        assert refused.value.reason == RejectReason.INSUFFICIENT_FUNDS
        assert proxy.calls["Withdraw"] == 2


async def test_a_question_is_asked_again(venue: RunningServer) -> None:
    async with (
        PlannedProxy.to(venue.address) as proxy,
        AsyncClient(proxy.address, timeout=PATIENCE_S, attempt_timeout=ATTEMPT_S) as client,
    ):
        proxy.plan.extend([Fault.BEFORE, Fault.AFTER, Fault.SILENT])
        assert (await client.get_order_book(1)).symbol_id == 1
        assert proxy.calls["GetOrderBook"] >= 4


UNPROTECTED: dict[str, Callable[[AsyncClient, int, int], Awaitable[Any]]] = {
    "AmendOrder": lambda client, account, id: client.amend_order(account, 1, order_id=id, quantity="0.5"),
    "CancelOrder": lambda client, account, id: client.cancel_order(account, 1, order_id=id),
    "CancelAllOrders": lambda client, account, id: client.cancel_all_orders(account),
    "CancelAllAfter": lambda client, account, id: client.cancel_all_after(account, 60),
    "CreateCurrency": lambda client, account, id: client.admin.create_currency(f"C{account}"),
    "PlaceOrder": lambda client, account, id: client.place(order(account, price=99_000, client_order_id=0)),
    "Deposit": lambda client, account, id: client.deposit(account, 1, 1, request_id=0),
}


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER])
@pytest.mark.parametrize("method", UNPROTECTED)
async def test_a_command_without_an_id_is_sent_once(venue: RunningServer, method: str, fault: Fault) -> None:
    async with PlannedProxy.to(venue.address) as proxy, AsyncClient(proxy.address) as client:
        account = await prepared(client)
        [resting] = [one async for one in client.list_orders(account)]
        proxy.plan.append(fault)
        before = proxy.calls[method]
        with pytest.raises(OutcomeUnknown, match="may have been done or not") as unknown:
            await UNPROTECTED[method](client, account, resting.order_id)
        assert unknown.value.once_id == 0
        assert proxy.calls[method] == before + 1


async def test_whoever_gives_up_has_the_id_to_ask_again_with(venue: RunningServer) -> None:
    async with (
        PlannedProxy.to(venue.address) as proxy,
        AsyncClient(proxy.address, timeout=0.4, attempt_timeout=0.1) as client,
    ):
        async with AsyncClient(venue.address) as direct:
            account = await prepared(direct)
        proxy.plan.extend([Fault.AFTER] * 100)
        with pytest.raises(OutcomeUnknown, match=r"did not answer within 0\.4 s") as unknown:
            await client.deposit(account, 1, 5)
        with pytest.raises(Unavailable):
            await client.get_account(account, timeout=0.1)
        proxy.plan.clear()
        again = await client.deposit(account, 1, 5, request_id=unknown.value.once_id, timeout=PATIENCE_S)
        assert again.balance.total == 105
        with pytest.raises(Rejected) as other:
            await client.deposit(account, 1, 6, request_id=unknown.value.once_id, timeout=PATIENCE_S)
        assert other.value.reason == RejectReason.DUPLICATE_ID


async def test_what_was_answered_before_a_kill_is_answered_the_same_after_it(
    warm_kernels: None, tmp_path: Path
) -> None:
    server = ServerProcess(tmp_path)
    await server.start()
    async with PlannedProxy.to(server.address) as proxy, AsyncClient(proxy.address, timeout=120) as client:
        account = await prepared(client)
        proxy.plan.append(Fault.AFTER)
        lost = proxy.calls["Deposit"]
        depositing = asyncio.create_task(client.deposit(account, 1, 7))
        while proxy.calls["Deposit"] < lost + 1 or proxy.plan:
            await asyncio.sleep(0.001)
        server.kill()
        await server.wait()
        await server.start()
        await proxy.connect(server.address)
        assert (await depositing).balance.total == 107
        assert await btc(client, account) == 107
        assert proxy.calls["Deposit"] > lost + 1
    await server.close()


def test_ids_are_nobody_elses_not_even_of_a_forked_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = Ids()
    firsts = [ids.take(10), ids.take(10), Ids().take(10)]
    monkeypatch.setattr("os.getpid", lambda: -1)  # as after a fork
    firsts.append(ids.take(10))
    assert firsts[1] == firsts[0] + 10
    taken = [first + n for first in firsts for n in range(10)]
    assert len(set(taken)) == 40 and abs(firsts[3] - firsts[1]) > 1000
    assert min(taken) > 0 and max(taken) < 2**63
