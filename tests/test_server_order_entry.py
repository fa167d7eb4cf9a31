"""OrderEntry.Session: bulk commands in, their events out, in order and once."""

import asyncio
import random
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import grpc
import numpy as np
import pytest
from grpc import StatusCode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from lightning.codes import CommandFlag, CommandKind, EventKind, OrderType, RejectReason, Side, TimeInForce
from lightning.config import load_config
from lightning.engine.exchange import Exchange
from lightning.pb.v1 import order_entry_pb2 as pb
from lightning.rows import COMMAND, EVENT, Command
from lightning.server import interceptors, order_entry
from lightning.server.convert import batches
from lightning.server.order_entry import Room
from tests.conftest import LOOPBACK, RunningServer, StartServer, run_server
from tests.edge_values import make_edgy
from tests.flows import Flow
from tests.shapes import SHAPES

BTC, USDT, BTC_USDT = 1, 2, 1
PATIENCE_S = 30.0


def rows_of(*commands: Command) -> np.ndarray:
    return np.array(list(commands), COMMAND)


def deposit(account: int, currency: int = USDT, amount: int = 10**15) -> Command:
    return Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=amount)


def order(account: int = 1, side: Side = Side.BUY, price: int = 100, qty: int = 1, **columns: int) -> Command:
    command = Command(
        kind=CommandKind.PLACE, symbol=BTC_USDT, account=account, side=side, price=price, qty=qty
    )
    return command._replace(**columns)


FUNDS = [deposit(account, currency) for account in (1, 2, 3) for currency in (BTC, USDT)]


def in_rows(number: int, rows: np.ndarray) -> pb.CommandBatch:
    return pb.CommandBatch(batch_id=number, rows=rows.tobytes())


def in_columns(number: int, rows: np.ndarray) -> pb.CommandBatch:
    names = [
        name for name in pb.CommandColumns.DESCRIPTOR.fields_by_name if rows[name].any() or name == "kind"
    ]
    return pb.CommandBatch(
        batch_id=number, columns=pb.CommandColumns(**{name: rows[name].tolist() for name in names})
    )


def session(server: RunningServer, sent: Iterable[pb.CommandBatch]) -> list[pb.EventBatch]:
    return list(server.order_entry.Session(iter(sent), timeout=PATIENCE_S))


def events_of(answer: pb.EventBatch) -> np.ndarray:
    assert not answer.HasField("error"), answer.error
    return np.frombuffer(answer.rows, EVENT)


def expected_of(exchange: Exchange, rows: np.ndarray, time_ns: int) -> np.ndarray:
    timed = rows.copy()
    timed["time_ns"] = time_ns
    return exchange.submit(timed)


def test_a_session_answers_what_the_exchange_does(start_server: StartServer) -> None:
    shape = SHAPES["scenes"]
    flow = Flow(shape, seed=5)
    sent = []
    for size in (1, 200, 3, 1_000, 40, 0, 2_000):
        rows = flow.take(size)
        rows["kind"][~np.isin(rows["kind"], batches.KINDS)] = CommandKind.NONE
        rows["flags"] &= ~np.uint8(batches.NOT_FOR_CLIENTS)
        rows["flags"][:1] &= ~np.uint8(CommandFlag.ONE_CANCELS_OTHER)
        rows["expire_time_ns"][rows["expire_time_ns"] != 0] += 2**62  # by the server's clock, which is real
        sent.append(rows)
    server = start_server(**{name: table for name, table in shape.config.items() if name != "server"})
    twin = Exchange(shape.config, shards=2)
    got = session(server, (in_rows(number, rows) for number, rows in enumerate(sent)))
    assert [answer.batch_id for answer in got] == list(range(len(sent)))
    for answer, rows in zip(got, sent, strict=True):
        expected = expected_of(twin, rows, answer.time_ns)
        assert answer.rows == expected.tobytes()
    assert server.state_hash() == f"{twin.state_hash() & (2**64 - 1):016x}"


def values_of(columns: pb.EventColumns, name: str, count: int) -> list[int]:
    return list(getattr(columns, name)) or [0] * count


def meant_by(event: Any, name: str) -> int:
    """The value of a column, 0 where it means something else in this kind of event."""
    kind = event["kind"]
    if name in batches.TRADE_COLUMNS and kind != EventKind.TRADE:
        return 0
    if name in batches.ORDER_COLUMNS and kind not in batches.ORDER_KINDS:
        return 0
    if name in batches.BALANCE_COLUMNS and kind not in batches.BALANCE_KINDS:
        return 0
    if name == "create_time_ns" and kind not in (*batches.ORDER_KINDS, EventKind.CANCEL_ALL_AFTER_SET):
        return 0
    if name == "amount" and kind == EventKind.TRADE:
        return 0
    return int(event[name])


def test_columns_say_the_same_as_rows(start_server: StartServer) -> None:
    shape = SHAPES["scenes"]
    rows = Flow(shape, seed=8).take(1_500)
    rows["kind"][~np.isin(rows["kind"], batches.KINDS)] = CommandKind.NONE
    rows["flags"] &= ~np.uint8(batches.NOT_FOR_CLIENTS)
    rows["flags"][[0, -1]] = 0
    rows["expire_time_ns"][rows["expire_time_ns"] != 0] += 2**62
    rows["time_ns"] = 0
    server = start_server(**{name: table for name, table in shape.config.items() if name != "server"})
    [answer] = session(server, [in_columns(7, rows)])
    events = expected_of(Exchange(shape.config, shards=3), rows, answer.time_ns)
    assert answer.batch_id == 7 and not answer.rows
    assert {EventKind.ACCEPTED, EventKind.TRADE, EventKind.DEPOSITED} <= set(events["kind"].tolist())
    for name in pb.EventColumns.DESCRIPTOR.fields_by_name:
        expected = [meant_by(event, name) for event in events]
        assert values_of(answer.columns, name, len(events)) == expected, name


def test_every_value_of_an_event_is_in_a_column() -> None:
    aliases = {"taker_order_id": "order_id", "taker_client_order_id": "client_order_id"}
    names = {aliases.get(name, name) for name in EVENT.names or ()}
    assert names == set(pb.EventColumns.DESCRIPTOR.fields_by_name)


def test_every_column_of_a_command_but_the_servers_own_can_be_given() -> None:
    given = set(pb.CommandColumns.DESCRIPTOR.fields_by_name)
    assert given == set(COMMAND.names or ()) - {"reserved", "time_ns"}


@pytest.mark.parametrize(
    ("bad", "field", "row"),
    [
        (pb.CommandBatch(rows=bytes(200)), "rows", 1),
        (pb.CommandBatch(rows=bytes(128), columns=pb.CommandColumns(kind=[1])), "rows", -1),
        (pb.CommandBatch(columns=pb.CommandColumns(kind=[1, 2], price=[5])), "price", -1),
        (pb.CommandBatch(columns=pb.CommandColumns(kind=[1, 2, 256])), "kind", 2),
        (pb.CommandBatch(columns=pb.CommandColumns(price=[5])), "price", -1),
        (
            in_rows(0, rows_of(order(), Command(kind=CommandKind.TRANSFER, flags=CommandFlag.LINKED))),
            "flags",
            1,
        ),
        (in_rows(0, rows_of(order(flags=CommandFlag.ONE_CANCELS_OTHER), order())), "flags", 0),
    ],
)
def test_of_a_batch_that_cannot_be_read_nothing_is_done(
    server: RunningServer, bad: pb.CommandBatch, field: str, row: int
) -> None:
    bad.batch_id = 2
    _, error, last = session(server, [in_rows(1, rows_of(*FUNDS)), bad, in_rows(3, rows_of(order()))])
    assert (error.batch_id, error.error.field, error.error.row) == (2, field, row)
    assert error.error.message.startswith(field) and not error.rows
    [accepted] = events_of(last)
    assert accepted["kind"] == EventKind.ACCEPTED and accepted["seq"] == len(FUNDS) + 1


@pytest.mark.parametrize(
    "bad",
    [
        Command(kind=CommandKind.TIMER),
        Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=BTC_USDT, type=2),
        Command(kind=CommandKind.SET_ACCOUNT_STATUS, account=1, type=1),
        Command(kind=CommandKind.CREATE_CURRENCY),
        Command(kind=77),
        Command(kind=CommandKind.CANCEL_ALL, flags=CommandFlag.EVERY_ACCOUNT),
        order(flags=CommandFlag.SHARED_ID),
        order(symbol=99),
        order(type=OrderType.MARKET, tif=TimeInForce.GTD),
    ],
)
def test_a_row_that_nobody_may_send_is_refused_alone(server: RunningServer, bad: Command) -> None:
    [answer] = session(server, [in_rows(1, rows_of(*FUNDS, order(), bad, order()))])
    *_, before, refused, after = events_of(answer)
    assert refused["kind"] == EventKind.REJECTED
    assert refused["reason"] in (RejectReason.INVALID_COMMAND, RejectReason.UNKNOWN_SYMBOL)
    assert before["kind"] == after["kind"] == EventKind.ACCEPTED


def test_bytes_that_are_no_batch_end_the_session_and_what_came_before_is_answered(
    server: RunningServer,
) -> None:
    method: Any = server.channel.stream_stream("/lightning.v1.OrderEntry/Session")
    stream = method(iter([in_rows(1, rows_of(*FUNDS)).SerializeToString(), b"\xff" * 7]), timeout=PATIENCE_S)
    assert len(events_of(pb.EventBatch.FromString(next(stream)))) == len(FUNDS)
    with pytest.raises(grpc.RpcError) as caught:
        next(stream)
    assert caught.value.code() == StatusCode.INVALID_ARGUMENT


def test_a_long_answer_comes_in_parts(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "EVENTS_PER_MESSAGE", 100)
    offers = [order(2, Side.SELL, 100 + n) for n in range(250)]
    sweep = order(3, Side.BUY, 1_000, 250)
    got = session(server, [in_rows(1, rows_of(*FUNDS)), in_rows(2, rows_of(*offers, sweep))])
    assert [(answer.batch_id, answer.more) for answer in got] == [(1, False), *[(2, True)] * 5, (2, False)]
    events = np.concatenate([events_of(answer) for answer in got[1:]])
    assert (events["kind"] == EventKind.TRADE).sum() == 250 and events["command"][-1] == 250


def test_an_empty_batch_is_answered(server: RunningServer) -> None:
    columns = pb.CommandBatch(batch_id=6, columns=pb.CommandColumns())
    assert [answer.batch_id for answer in session(server, [pb.CommandBatch(batch_id=5), columns])] == [5, 6]


def test_commands_of_many_sessions_keep_together(server: RunningServer) -> None:
    session(server, [in_rows(0, rows_of(*(deposit(account) for account in range(8))))])
    got: dict[int, list[pb.EventBatch]] = {}

    def trade(account: int) -> None:
        rows = rows_of(*(order(account, price=1 + n, client_order_id=n + 1) for n in range(50)))
        cancels = rows_of(
            *(
                Command(kind=CommandKind.CANCEL, symbol=1, account=account, client_order_id=n + 1)
                for n in range(50)
            )
        )
        sent = [in_rows(number, part) for number in range(20) for part in (rows, cancels)]
        for number, batch in enumerate(sent):
            part = np.frombuffer(batch.rows, COMMAND).copy()
            part["client_order_id"] += 100 * (number // 2)
            batch.rows = part.tobytes()
            batch.batch_id = number
        got[account] = session(server, sent)

    threads = [threading.Thread(target=trade, args=(account,)) for account in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seqs: list[int] = []
    for answers in got.values():
        assert [answer.batch_id for answer in answers] == list(range(40))
        for answer in answers:
            events = events_of(answer)
            assert set(events["kind"].tolist()) <= {EventKind.ACCEPTED, EventKind.CANCELED}
            assert np.diff(events["seq"]).tolist() == [1] * 49
            seqs += events["seq"].tolist()
    assert sorted(seqs) == list(range(9, 9 + 8 * 40 * 50))
    assert server.exchange.check() == []


def test_a_client_that_does_not_read_is_held_back_and_then_cut_off(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_entry, "SESSION_ROWS_MAX", 4_000)
    session(server, [in_rows(0, rows_of(*FUNDS))])
    asked = rows_of(*([order(qty=0)] * 1_000))
    sent = 0

    def endless() -> Iterator[pb.CommandBatch]:
        nonlocal sent
        while True:
            sent += 1
            yield in_rows(sent, asked)

    channel = grpc.insecure_channel(server.address, options=[("grpc.http2.lookahead_bytes", 65_536)])
    stub: Any = channel.stream_stream(
        "/lightning.v1.OrderEntry/Session", pb.CommandBatch.SerializeToString, pb.EventBatch.FromString
    )
    monkeypatch.setattr(interceptors, "WRITE_S_MAX", 3.0)
    hung: Any = stub(endless())
    before, held = -1, 0
    end = time.monotonic() + PATIENCE_S
    while held < 5 and time.monotonic() < end:
        held = held + 1 if sent == before else 0
        before = sent
        [answer] = session(server, [in_rows(1, rows_of(order()))])  # others are served
        assert events_of(answer)["kind"].tolist() == [EventKind.ACCEPTED]
        time.sleep(0.1)
    assert held == 5 and sent < 1_000
    time.sleep(4.0)
    with pytest.raises(grpc.RpcError) as caught:
        list(hung)
    assert caught.value.code() == StatusCode.RESOURCE_EXHAUSTED
    channel.close()


def test_what_a_client_sent_before_it_went_is_done(server: RunningServer) -> None:
    session(server, [in_rows(0, rows_of(*FUNDS))])
    release = threading.Event()

    def batches_of() -> Iterator[pb.CommandBatch]:
        yield in_rows(1, rows_of(order(), order()))
        release.wait(PATIENCE_S)

    stream: Any = server.order_entry.Session(batches_of())
    next(stream)
    stream.cancel()
    release.set()
    end = time.monotonic() + PATIENCE_S
    while len(server.exchange.orders(BTC_USDT)) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert len(server.exchange.orders(BTC_USDT)) == 2


def test_a_stop_answers_what_was_read_and_says_so(warm_kernels: None) -> None:
    stopping = threading.Event()

    def batches_of() -> Iterator[pb.CommandBatch]:
        yield in_rows(1, rows_of(*FUNDS))
        stopping.wait(PATIENCE_S)

    with run_server(load_config({"server": LOOPBACK})) as server:
        channel = grpc.insecure_channel(server.address)
        stub: Any = channel.stream_stream(
            "/lightning.v1.OrderEntry/Session", pb.CommandBatch.SerializeToString, pb.EventBatch.FromString
        )
        stream = stub(batches_of())
        assert len(events_of(next(stream))) == len(FUNDS)
    with pytest.raises(grpc.RpcError) as caught:
        next(stream)
    stopping.set()
    assert caught.value.code() == StatusCode.UNAVAILABLE
    assert "not answered were not done" in (caught.value.details() or "")
    channel.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=some.integers(0, 2**32), size=some.integers(1, 60), wild=some.booleans())
def test_whatever_is_in_the_rows_the_exchange_stays_whole(
    server: RunningServer, seed: int, size: int, wild: bool
) -> None:
    draw = random.Random(seed)
    if wild:
        data = draw.randbytes(128 * size)
    else:
        data = rows_of(*(make_edgy(draw.choice((order(), deposit(1))), draw) for _ in range(size))).tobytes()
    [answer] = session(server, [pb.CommandBatch(rows=data)])
    assert answer.HasField("error") or set(events_of(answer)["command"].tolist()) == set(range(size))
    assert server.exchange.check() == []


def test_room_is_given_in_turn() -> None:
    async def scenario() -> list[str]:
        room, done = Room(10), list[str]()

        async def take(name: str, rows: int) -> None:
            await room.take(rows)
            done.append(name)

        await take("first", 8)
        big = asyncio.create_task(take("big", 6))
        given_up = asyncio.create_task(take("given up", 1))
        small = asyncio.create_task(take("small", 2))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
        assert done == ["first"]
        room.give(8)
        await asyncio.gather(big, small)
        room.give(8)
        assert await room.take(99) == 10
        return done

    assert asyncio.run(scenario()) == ["first", "big", "small"]


def test_room_that_comes_as_its_taker_gives_up_is_not_lost() -> None:
    async def scenario() -> int:
        room = Room(10)
        await room.take(10)
        waiting = asyncio.create_task(room.take(4))
        await asyncio.sleep(0)
        room.give(10)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return await room.take(10)

    assert asyncio.run(scenario()) == 10
