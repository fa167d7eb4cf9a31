"""Commands by the thousand: each is acknowledged with what it did, and done once whatever is cut."""

import asyncio
from itertools import groupby

import numpy as np
import polars as pl
import pytest

from lightning.client import RESULT, AsyncClient, BadRequest, BulkInterrupted, Client, bulk
from lightning.client.bulk_result import digest
from lightning.client.load.flow import deposits, synthetic_flow, with_accounts
from lightning.codes import (
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    OrderStatus,
    OrderType,
    RejectReason,
)
from lightning.decimals import to_steps
from lightning.engine.exchange import Exchange
from lightning.pb.v1 import trading_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.rows import COMMAND, Command, Event
from lightning.server.convert import reports
from lightning.server.convert.reports import Terms
from lightning.server.gateway import Catalog, Reply
from tests.client.faults import Relay
from tests.conftest import RunningServer, StartServer
from tests.flows import SHAPES, make_commands

ACCOUNTS = 20
FUNDS = 10**16
NAMES = ["status", "filled_qty", "leaves_qty", "reject_reason", "order_id"]


def result_of(command: Command, events: list[Event], catalog: Catalog) -> tuple[int, ...]:
    """Status, lots filled and open, reason, order id: as the server tells them for a single call."""
    reply = Reply(events, events[0].seq, 0)
    if command.kind == CommandKind.PLACE:
        report = reports.placed(reply, pb.PlaceOrderRequest(), command, catalog)
    elif command.kind == CommandKind.AMEND:
        report = reports.amended(reply, pb.AmendOrderRequest(), Terms(), catalog)
    else:
        report = reports.canceled(reply, pb.CancelOrderRequest(), Terms(), catalog)
    order = report.order
    if order.status == types.ORDER_STATUS_REJECTED:
        return (order.status, 0, 0, report.reject_reason, 0)
    lot = catalog.symbols[command.symbol].lot
    lots = [to_steps(text, lot) for text in (order.filled_quantity, order.leaves_quantity)]
    return (order.status, *lots, report.reject_reason, order.order_id)


def test_a_result_says_what_a_single_call_would() -> None:
    kinds, statuses = set(), set()
    for name in ("calm", "stops", "iceberg", "oco", "rivals", "scenes"):
        shape = SHAPES[name]
        exchange = Exchange(shape.config, ledger=shape.ledger)
        for rows in np.array_split(make_commands(shape, seed=5, count=1_200), 3):
            events = exchange.submit(rows)
            results = np.zeros(len(rows), RESULT)
            digest(rows, events, results)
            assert (results["acknowledged"] | (rows["kind"] == CommandKind.TIMER)).all()
            catalog = Catalog(exchange.currencies, exchange.symbols)
            all_events = map(Event._make, events.tolist())
            own = [one for one in all_events if not one.flags & EventFlag.CONSEQUENCE]
            for place, group in groupby(own, key=lambda event: event.command):
                command, result, told = Command._make(rows[place].tolist()), results[place], list(group)
                assert (result["seq"], result["event"]) == (told[0].seq, told[0].kind)
                if command.kind in (CommandKind.PLACE, CommandKind.AMEND, CommandKind.CANCEL):
                    assert result[NAMES].item() == result_of(command, told, catalog), told
                    kinds.add((command.kind, command.type))
                    statuses.add(OrderStatus(int(result["status"])))
    assert len(kinds) == 7, kinds  # five types of orders, amends and cancels
    assert statuses == set(OrderStatus) - {OrderStatus.UNSPECIFIED, OrderStatus.EXPIRED}


def flow(messages: int, seed: int) -> np.ndarray:
    rows = with_accounts(synthetic_flow(100, messages, seed), ACCOUNTS)
    rows["client_order_id"] += seed * 10_000_000
    return rows


def test_rows_are_done_in_their_order_and_answered_in_it(client: Client, venue: RunningServer) -> None:
    client.submit(deposits(ACCOUNTS, (1, 2), (FUNDS, FUNDS)))
    rows = flow(20_000, 1)
    result = client.submit(rows, keep_events=True)
    twin = Exchange()
    twin.submit(deposits(ACCOUNTS, (1, 2), (FUNDS, FUNDS)))
    expected = twin.submit(rows)
    for name in ("command", "seq", "kind", "order_id", "qty", "leaves_qty"):
        assert (result.events[name] == expected[name]).all(), name
    assert len(result) == len(rows) and (rows == flow(20_000, 1)).all()
    again = client.submit(rows)
    replayed = again.rows["replayed"]
    assert replayed[rows["kind"] == CommandKind.PLACE].all()
    for name in ("seq", "status", "filled_qty", "order_id"):
        assert (again.rows[name] == result.rows[name])[replayed].all()


def test_every_row_has_an_id_of_its_own(client: Client) -> None:
    client.deposit(1, 1, 1)
    rows = np.array(
        [
            Command(kind=CommandKind.DEPOSIT, account=1, currency=1, amount=5),
            Command(kind=CommandKind.DEPOSIT, account=1, currency=1, amount=5, request_id=77),
            Command(kind=CommandKind.PLACE, account=1, symbol=1, side=1, price=9_000_000, qty=1),
            Command(kind=CommandKind.CANCEL_ALL, account=1),
        ],
        COMMAND,
    )
    result = client.submit(rows)
    assert result.rows["once_id"].tolist() == [
        *result.commands["request_id"][:2],
        result.commands["client_order_id"][2],
        result.commands["request_id"][3],
    ]
    assert len(set(result.rows["once_id"].tolist())) == 4 and result.rows["once_id"][1] == 77
    assert result.rows["event"].tolist() == [
        EventKind.DEPOSITED,
        EventKind.DEPOSITED,
        EventKind.ACCEPTED,
        EventKind.CANCELED,
    ]
    assert not rows["client_order_id"].any()


def test_what_must_be_done_together_is_sent_in_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 3)
    rows = np.zeros(9, COMMAND)
    rows["kind"] = CommandKind.PLACE
    rows["flags"][3] = CommandFlag.ONE_CANCELS_OTHER
    rows["kind"][6:8] = CommandKind.TRANSFER
    rows["flags"][6] = CommandFlag.LINKED
    assert list(bulk.batches_of(rows)) == [(0, 4), (4, 8), (8, 9)]


async def test_orders_are_done_once_whatever_is_cut(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 200)
    server = start_server()
    async with Relay.to(server.address) as relay, AsyncClient(relay.address) as client:
        await client.submit(deposits(ACCOUNTS, (1, 2), (FUNDS, FUNDS)))
        rows = flow(12_000, 2)
        sending = asyncio.create_task(client.submit(rows))
        for _ in range(6):
            seq = server.exchange.seq
            while server.exchange.seq < seq + 800 and not sending.done():
                await asyncio.sleep(0)
            relay.cut()
        result = await sending
        assert result.rows["acknowledged"].all() and result.rows["replayed"].any()
    twin = Exchange()
    twin.submit(deposits(ACCOUNTS, (1, 2), (FUNDS, FUNDS)))
    twin.submit(result.commands)
    for symbol in (1, 2):
        assert (server.exchange.depth(symbol, 1000).bids == twin.depth(symbol, 1000).bids).all()
        assert (server.exchange.depth(symbol, 1000).asks == twin.depth(symbol, 1000).asks).all()
    assert (server.exchange.balances() == twin.balances()).all()


async def test_whoever_gives_up_has_what_was_answered(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 10)
    server = start_server()
    async with Relay.to(server.address) as relay, AsyncClient(relay.address) as client:
        await client.deposit(1, "USDT", 10**6)
        frame = pl.DataFrame({"price": ["1"] * 5_000, "quantity": ["0.01"] * 5_000})
        orders = client.submit_orders(frame, account=1, symbol=1, side="buy", timeout=0.5)
        sending = asyncio.create_task(orders)
        while server.exchange.seq < 100:
            await asyncio.sleep(0)
        relay.target = "127.0.0.1:1"
        relay.cut()
        with pytest.raises(BulkInterrupted, match="may have been done or not") as interrupted:
            await sending
        told = interrupted.value.frame
        assert isinstance(told, pl.DataFrame)
        answered = told.filter(pl.col("acknowledged"))
        assert 0 < len(answered) < len(told) == 5_000
        assert (answered["order_id"] > 0).all() and (told["client_order_id"] > 0).all()
        rest = interrupted.value.result.commands
        async with AsyncClient(server.address) as direct:
            again = await direct.submit(rest)
        assert again.rows["replayed"][: len(answered)].all()
        assert (again.rows["status"] == OrderStatus.NEW).all()
        assert len(server.exchange.open_orders(1, 0)) == 5_000


def test_a_batch_that_cannot_be_read_is_told(client: Client) -> None:
    first = np.zeros(1, COMMAND)
    first["kind"], first["flags"] = CommandKind.PLACE, CommandFlag.ONE_CANCELS_OTHER
    with pytest.raises(BadRequest, match="ONE_CANCELS_OTHER in a batch's first row"):
        client.submit(first)
    with pytest.raises(BadRequest, match="must be one array of COMMAND rows"):
        client.submit(np.zeros(3))  # type: ignore[arg-type]
    assert len(client.submit(first[:0])) == 0


def test_refusals_are_told_by_row(client: Client) -> None:
    client.deposit(500, "BTC", 1)
    frame = pl.DataFrame(
        {
            "quantity": ["1", "2", "1"],
            "type": ["limit", "limit", "market"],
            "price": ["900000", "900000", None],
        }
    )
    answered = client.submit_orders(frame, account=500, symbol="BTC-USDT", side="sell")
    assert answered["status"].to_list()[:2] == ["NEW", "REJECTED"]
    assert answered["reject_reason"].to_list()[:2] == [None, RejectReason.INSUFFICIENT_FUNDS.name]
    assert OrderType.MARKET in {one.type for one in client.list_orders(500)}
    client.cancel_all_orders(500)
