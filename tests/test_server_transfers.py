"""lightning.v1.Accounts.TransferBatch: all of the transfers or none."""

from typing import Any

import pytest
from grpc import StatusCode

from lightning.pb.v1 import accounts_pb2 as pb
from tests.conftest import RunningServer
from tests.test_server_v1 import BTC, USDT, balances, refusal

BAD, MISSING, NO = StatusCode.INVALID_ARGUMENT, StatusCode.NOT_FOUND, StatusCode.FAILED_PRECONDITION


def transfer(sender: int, receiver: int, amount: str, currency: int = USDT) -> pb.TransferOfBatch:
    return pb.TransferOfBatch(
        from_account_id=sender, to_account_id=receiver, currency_id=currency, amount=amount
    )


def batch(*transfers: pb.TransferOfBatch, request_id: int = 0) -> pb.TransferBatchRequest:
    return pb.TransferBatchRequest(transfers=transfers, request_id=request_id)


@pytest.fixture
def three(server: RunningServer) -> RunningServer:
    server.deposit(1, USDT, "100")
    server.deposit(2, BTC, "5")
    server.deposit(3, USDT, "1")
    return server


def everything(server: RunningServer) -> list[dict[int, tuple[str, str]]]:
    return [balances(server, account) for account in (1, 2, 3)]


def test_all_are_done_in_their_order_and_show_the_balance_after_each(three: RunningServer) -> None:
    reply = three.accounts.TransferBatch(
        batch(transfer(1, 3, "60"), transfer(3, 2, "61"), transfer(2, 1, "2.5", BTC), transfer(1, 2, "1"))
    )
    assert [(one.currency_id, one.available) for one in reply.balances] == [
        (USDT, "40.0"),
        (USDT, "0.0"),
        (BTC, "2.5"),
        (USDT, "39.0"),
    ]
    assert reply.seq == 4 and three.exchange.seq == 7, "each has a seq of its own"
    assert everything(three) == [
        {USDT: ("39.0", "0.0"), BTC: ("2.5", "0.0")},
        {USDT: ("62.0", "0.0"), BTC: ("2.5", "0.0")},
        {USDT: ("0.0", "0.0")},
    ]
    entries = three.accounts.ListLedgerEntries(pb.ListLedgerEntriesRequest(account_id=1)).entries
    assert [(one.seq, one.amount, one.counter_account_id) for one in entries] == [
        (1, "100.0", 0),
        (4, "-60.0", 3),
        (6, "2.5", 2),
        (7, "-1.0", 2),
    ]
    assert three.exchange.check() == []


@pytest.mark.parametrize(
    ("transfers", "expected"),
    [
        ([transfer(1, 3, "60"), transfer(3, 2, "61.01")], (NO, "INSUFFICIENT_FUNDS", "transfers[1].amount")),
        ([transfer(1, 3, "101")], (NO, "INSUFFICIENT_FUNDS", "transfers[0].amount")),
        (
            [transfer(1, 3, "1"), transfer(1, 9, "1")],
            (MISSING, "UNKNOWN_ACCOUNT", "transfers[1].to_account_id"),
        ),
        (
            [transfer(1, 3, "1"), transfer(9, 1, "1")],
            (MISSING, "UNKNOWN_ACCOUNT", "transfers[1].from_account_id"),
        ),
        (
            [transfer(1, 3, "1"), transfer(1, 3, "1", 99)],
            (MISSING, "UNKNOWN_CURRENCY", "transfers[1].currency_id"),
        ),
    ],
)
def test_one_refusal_undoes_all_and_is_named(
    three: RunningServer, transfers: list[pb.TransferOfBatch], expected: tuple[StatusCode, str, str]
) -> None:
    before, hash_before = everything(three), three.state_hash()
    assert refusal(three.accounts.TransferBatch, batch(*transfers)) == expected
    assert everything(three) == before and three.state_hash() == hash_before


@pytest.mark.parametrize(
    ("transfers", "field"),
    [
        ([], "transfers"),
        ([transfer(1, 3, "1")] * 1001, "transfers"),
        ([transfer(1, 3, "1"), transfer(1, 1, "1")], "transfers[1].to_account_id"),
        ([transfer(1, 3, "1"), transfer(1, 0, "1")], "transfers[1].to_account_id"),
        ([transfer(-1, 3, "1")], "transfers[0].from_account_id"),
        ([transfer(1, 3, "1"), transfer(1, 3, "0")], "transfers[1].amount"),
        ([transfer(1, 3, "x")], "transfers[0].amount"),
        ([transfer(1, 3, "1", 0)], "transfers[0].currency_id"),
    ],
)
def test_a_malformed_transfer_is_named_and_nothing_is_done(
    three: RunningServer, transfers: list[pb.TransferOfBatch], field: str
) -> None:
    seq = three.exchange.seq
    assert refusal(three.accounts.TransferBatch, batch(*transfers)) == (BAD, field)
    assert three.exchange.seq == seq


def test_as_many_as_may_be(three: RunningServer) -> None:
    reply = three.accounts.TransferBatch(batch(*[transfer(1, 3, "0.1")] * 1000))
    assert len(reply.balances) == 1000 and reply.balances[-1].available == "0.0"


def test_the_same_request_id_gets_the_first_answer_and_other_content_none(three: RunningServer) -> None:
    request = batch(transfer(1, 3, "10"), transfer(3, 2, "11"), request_id=7)
    first = three.accounts.TransferBatch(request)
    again: Any = three.accounts.TransferBatch(request)
    assert again == first
    before = everything(three)
    other = batch(transfer(1, 3, "10"), transfer(3, 2, "1"), request_id=7)
    duplicate = (StatusCode.ALREADY_EXISTS, "DUPLICATE_ID", "request_id")
    assert refusal(three.accounts.TransferBatch, other) == duplicate
    refused = batch(transfer(1, 3, "1"), transfer(1, 2, "1000"), request_id=8)
    expected = (NO, "INSUFFICIENT_FUNDS", "transfers[1].amount")
    for _ in range(2):
        assert refusal(three.accounts.TransferBatch, refused) == expected
    assert everything(three) == before
