"""Whatever is sent, the answer is documented, gives nothing away, and leaves the exchange as it was."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import numpy as np
import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from lightning.engine.exchange import Exchange
from lightning.pb.schema import lightning_pb2 as pb
from lightning.pb.v1 import accounts_pb2, market_data_pb2
from lightning.server.app import CALLS_PER_CONNECTION_MAX, SERVICES
from tests.conftest import RunningServer, StartServer

METHODS = [
    (f"/{service.full_name}/{method.name}", method) for service in SERVICES for method in service.methods
]
METHOD_IDS = [path for path, _ in METHODS]

GARBAGE = [
    b"\xff" * 7,
    b"\x08",  # a tag, and no value
    b"\x08" + b"\xff" * 11,  # a varint that never ends
    b"\x0a\x7fshort",  # a length beyond the end
    b"\x0b\x0b\x0b",  # groups that never end
]


STREAMS = {path for path, method in METHODS if method.server_streaming}


def call(
    server: RunningServer, path: str, data: bytes, timeout: float | None = 10
) -> tuple[StatusCode, str, bytes]:
    """Send bytes as they are; the status, its text, and the bytes of the reply, of a stream the first one."""
    try:
        if path in STREAMS:
            open_stream: Any = server.channel.unary_stream(path)
            stream = open_stream(data, timeout=timeout)
            reply = next(stream)
            stream.cancel()
        else:
            method: Any = server.channel.unary_unary(path)
            reply = method(data, timeout=timeout)
        return StatusCode.OK, "", reply
    except grpc.RpcError as error:
        return error.code(), error.details() or "", b""


def gives_nothing_away(text: str) -> bool:
    return not any(
        part in text for part in ("Traceback", 'File "', ".py", "/lightning/", "site-packages", "Error:")
    )


@pytest.fixture
def unchanged(server: RunningServer) -> Iterator[RunningServer]:
    """A server with a little in it, which the test must leave as it is, sound and answering."""
    server.deposit(1, 2, "10000")
    server.schema.placeOrder(pb.PlaceOrderRequest(accountId=1, symbolId=1, price="50000", quantity="0.1"))
    before = server.state_hash()
    yield server
    assert server.state_hash() == before
    assert server.exchange.check() == []


@pytest.mark.parametrize("path", METHOD_IDS)
def test_garbage_bytes_are_invalid_argument(unchanged: RunningServer, path: str) -> None:
    for data in GARBAGE:
        code, text, _ = call(unchanged, path, data)
        assert code == StatusCode.INVALID_ARGUMENT, (data, text)
        assert gives_nothing_away(text)


def test_text_that_is_not_utf8_is_invalid_argument(unchanged: RunningServer) -> None:
    code, _, _ = call(unchanged, "/schema.Lightning/increase", b"\x10\x02\x18\x04\x22\x02\xff\xfe")
    assert code == StatusCode.INVALID_ARGUMENT


SUCCEED_UNSET = {
    "/schema.Management/ListCurrencies",
    "/schema.Management/ListSymbols",
    "/lightning.v1.OrderEntry/Session",  # a batch without commands
    "/lightning.v1.MarketData/BatchGetOrderBooks",  # of none
    "/lightning.v1.MarketData/ListSymbols",
    "/lightning.v1.MarketData/ListCurrencies",
    "/lightning.v1.Accounts/GetAccount",  # the fee account
    "/lightning.v1.Accounts/ListLedgerEntries",
    "/lightning.v1.Trading/ListFills",
    "/lightning.v1.Trading/SubscribeAccount",
    "/lightning.v1.MarketData/ListTickers",
    "/lightning.v1.MarketData/SubscribeTickers",
    "/schema.Lightning/getAccount",
    "/lightning.v1.Admin/GetStateHash",
    "/lightning.v1.Admin/GetTotals",
    "/lightning.v1.Admin/GetStatus",
}


NOT_IN_MEMORY = "/lightning.v1.Admin/CreateSnapshot"


def test_requests_with_nothing_set_are_answered(unchanged: RunningServer) -> None:
    for path, method in METHODS:
        code, text, data = call(unchanged, path, b"")
        assert gives_nothing_away(text)
        if path in SUCCEED_UNSET:
            assert code in (StatusCode.OK, StatusCode.NOT_FOUND), (path, text)
        elif path.startswith("/schema."):
            assert code == StatusCode.OK
            reply: Any = GetMessageClass(method.output_type).FromString(data)
            assert reply.code == 400, path
        elif path == NOT_IN_MEMORY:
            assert code == StatusCode.FAILED_PRECONDITION
        else:
            assert code == StatusCode.INVALID_ARGUMENT, (path, text)


EXTREMES: dict[int, list[Any]] = {
    1: [0, 1, -1, 2**31 - 1, -(2**31), 99],  # 32 bits
    2: [0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1],  # 64 bits
    3: [0, 1, 2, 7, 255, 256, 2**32 - 1],  # 32 bits without a sign
    9: ["", "0", "-1", "x", "1" * 40, "9" * 19, "\x00", "1e400", "０", "0." + "0" * 37 + "1", "A" * 70_000],
}


def extreme_requests(descriptor: Any, rng: random.Random, count: int) -> Iterator[Message]:
    """Messages of the type, most of their fields set, each to an extreme value."""
    for _ in range(count):
        message = GetMessageClass(descriptor)()
        for field in descriptor.fields:
            if rng.random() < 0.2:
                continue
            if field.message_type is not None:
                inner = [*extreme_requests(field.message_type, rng, 3 if field.is_repeated else 1)]
                if field.is_repeated:
                    getattr(message, field.name).extend(inner)
                else:
                    getattr(message, field.name).CopyFrom(inner[0])
                continue
            values = extreme_values(field, rng)
            if field.is_repeated:
                getattr(message, field.name).extend(rng.choices(values, k=rng.choice((1, 3, 3))))
            else:
                setattr(message, field.name, rng.choice(values))
        yield message


def extreme_values(field: Any, rng: random.Random) -> list[Any]:
    if field.type == field.TYPE_BYTES:
        return [rng.randbytes(size) for size in (1, 127, 128, 128 * 50)]
    if field.cpp_type == field.CPPTYPE_STRING:
        return EXTREMES[9]
    if field.cpp_type == field.CPPTYPE_BOOL:
        return [True]
    return EXTREMES.get(field.cpp_type, EXTREMES[1])


@pytest.mark.parametrize(("path", "method"), METHODS, ids=METHOD_IDS)
def test_no_field_value_is_an_internal_error(server: RunningServer, path: str, method: Any) -> None:
    server.deposit(1, 2, "10000")
    rng = random.Random(path)
    for message in extreme_requests(method.input_type, rng, 60):
        patience_s = 0.5 if path in STREAMS else 10  # many a stream has nothing to tell
        code, text, _ = call(server, path, message.SerializeToString(), patience_s)
        assert code not in (StatusCode.INTERNAL, StatusCode.UNKNOWN, StatusCode.UNAVAILABLE), (message, text)
        assert gives_nothing_away(text), text
    assert server.exchange.check() == []


def test_unknown_methods_and_services_are_unimplemented(unchanged: RunningServer) -> None:
    for path in ("/schema.Lightning/PlaceOrder", "/schema.Nothing/x", "/x", "/lightning.v1.Trading/"):
        code, text, _ = call(unchanged, path, b"")
        assert code == StatusCode.UNIMPLEMENTED
        assert gives_nothing_away(text)


def test_a_message_over_the_limit_is_refused_and_one_at_the_limit_is_read(start_server: StartServer) -> None:
    server = start_server(server={"message_bytes_max": 10_000})
    path = "/schema.Lightning/increase"
    head = b"\x10\x02\x18\x04\x22"  # account 1, currency 2, amount

    def request(size: int) -> bytes:
        length = size - len(head) - 2
        data = head + bytes([length & 127 | 128, length >> 7]) + b"9" * length
        assert len(data) == size
        return data

    code, _, data = call(server, path, request(10_000))
    assert (code, pb.IncreaseResponse.FromString(data).code) == (StatusCode.OK, 400)
    code, text, _ = call(server, path, request(10_001))
    assert code == StatusCode.RESOURCE_EXHAUSTED and gives_nothing_away(text)
    assert server.schema.increase(pb.IncreaseRequest(accountId=1, currencyId=2, amount="1")).code == 0


LIST_BOOK_ORDERS = "/lightning.v1.MarketData/ListBookOrders"
BOOK_ORDERS = market_data_pb2.ListBookOrdersRequest(symbol_id=1)


def hold_back_queries(monkeypatch: pytest.MonkeyPatch, until: threading.Event) -> threading.Event:
    """Make every ListBookOrders wait on the engine thread, so that what comes after it stays in flight.

    The event returned says that one has begun to wait.
    """
    waiting = threading.Event()
    orders: Callable[..., Any] = Exchange.book_orders

    def wait(exchange: Exchange, *which: Any) -> Any:
        waiting.set()
        until.wait(timeout=30)
        return orders(exchange, *which)

    monkeypatch.setattr(Exchange, "book_orders", wait)
    return waiting


def test_overload_is_shed_and_every_request_is_answered(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server(server={"requests_in_flight_max": 20})
    go = threading.Event()
    waiting = hold_back_queries(monkeypatch, go)
    blocker = server.market_data.ListBookOrders.future(BOOK_ORDERS, timeout=30)
    assert waiting.wait(timeout=30)
    request = accounts_pb2.DepositRequest(account_id=1, currency_id=2, amount="1")
    calls = [server.accounts.Deposit.future(request, timeout=30) for _ in range(200)]
    shed = threading.Semaphore(0)
    for one in calls:
        one.add_done_callback(lambda done: shed.release())
    for _ in range(180):  # all but those in flight are answered while the engine is stuck
        assert shed.acquire(timeout=30)
    go.set()
    codes = Counter(one.code() for one in calls)
    assert list(blocker.result().orders) == []
    assert set(codes) == {StatusCode.OK, StatusCode.RESOURCE_EXHAUSTED}
    assert codes[StatusCode.OK] <= 20 and all(gives_nothing_away(one.details() or "") for one in calls)
    account = server.accounts.GetAccount(accounts_pb2.GetAccountRequest(account_id=1))
    assert account.balances[0].available == f"{codes[StatusCode.OK]}.0", "done if and only if answered OK"


def test_of_very_many_calls_at_once_each_is_told_that_it_was_shed(start_server: StartServer) -> None:
    server = start_server(server={"requests_in_flight_max": 20})
    request = accounts_pb2.DepositRequest(account_id=1, currency_id=2, amount="1")
    calls = [server.accounts.Deposit.future(request, timeout=60) for _ in range(6_000)]
    codes = Counter(one.code() for one in calls)
    assert set(codes) <= {StatusCode.OK, StatusCode.RESOURCE_EXHAUSTED}, codes


def test_more_calls_than_a_connection_carries_wait_in_the_client(start_server: StartServer) -> None:
    server = start_server()
    request = accounts_pb2.DepositRequest(account_id=1, currency_id=2, amount="1")
    calls = [server.accounts.Deposit.future(request, timeout=60) for _ in range(8 * CALLS_PER_CONNECTION_MAX)]
    assert {one.code() for one in calls} == {StatusCode.OK}


def test_the_default_deadline_holds_where_the_client_has_none(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server(server={"deadline_ms_default": 200})
    go = threading.Event()
    hold_back_queries(monkeypatch, go)
    code, text, _ = call(server, LIST_BOOK_ORDERS, BOOK_ORDERS.SerializeToString(), timeout=None)
    assert code == StatusCode.DEADLINE_EXCEEDED and gives_nothing_away(text)
    go.set()
    assert list(server.market_data.ListBookOrders(BOOK_ORDERS).orders) == []


def test_a_clients_own_deadline_may_be_shorter(
    unchanged: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    hold_back_queries(monkeypatch, go)
    code, _, _ = call(unchanged, LIST_BOOK_ORDERS, BOOK_ORDERS.SerializeToString(), timeout=0.2)
    assert code == StatusCode.DEADLINE_EXCEEDED
    go.set()


def test_a_fault_inside_is_logged_and_not_told(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> np.ndarray:
        raise RuntimeError("secret in /some/where.py")

    monkeypatch.setattr(Exchange, "depths", fail)
    code, text, _ = call(server, "/lightning.v1.MarketData/GetOrderBook", b"\x08\x01")
    assert code == StatusCode.INTERNAL
    assert "secret" not in text and gives_nothing_away(text)
    assert "secret in /some/where.py" in caplog.text


def test_garbage_on_the_reflection_stream_is_invalid_argument(unchanged: RunningServer) -> None:
    path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    method: Any = unchanged.channel.stream_stream(path)
    with pytest.raises(grpc.RpcError) as caught:
        list(method(iter([b"\xff\xff"]), timeout=10))
    assert caught.value.code() == StatusCode.INVALID_ARGUMENT
    assert gives_nothing_away(caught.value.details() or "")
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(unchanged.channel)
    asked = reflection_pb2.ServerReflectionRequest(file_containing_symbol="no.such.Thing")
    (answer,) = stub.ServerReflectionInfo(iter([asked]))
    assert gives_nothing_away(str(answer))


def test_canceled_calls_leave_nothing_behind(server: RunningServer) -> None:
    for _ in range(50):
        server.market_data.GetOrderBook.future(market_data_pb2.GetOrderBookRequest(symbol_id=1)).cancel()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if server.market_data.GetOrderBook(market_data_pb2.GetOrderBookRequest(symbol_id=1)).symbol_id == 1:
            break
    assert server.exchange.check() == []
