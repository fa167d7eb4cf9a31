"""Orders that do not outlive their owner: CancelAllAfter and CancelOnDisconnect."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from grpc import StatusCode

from lightning.config import load_config
from lightning.pb.v1 import trading_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.trading_pb2_grpc import TradingStub
from lightning.server import app, disconnects
from tests.conftest import LOOPBACK, Client, RunningServer, StartServer, run_server
from tests.test_server_v1 import BTC_USDT, ETH_USDT, funded, place, refusal

__all__ = ["funded"]

PATIENCE_S = 30.0


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def open_orders(server: Client, account: int = 1) -> list[int]:
    request = pb.ListOrdersRequest(account_id=account, open_only=True)
    return [one.order_id for one in server.trading.ListOrders(request).orders]


def watched(trading: TradingStub, timeout: float | None = None, **fields: Any) -> Any:
    """A stream that the server has begun to watch."""
    request = pb.CancelOnDisconnectRequest(**{"account_id": 1, **fields})
    stream: Any = trading.CancelOnDisconnect(request, timeout=timeout)
    assert next(stream).time_ms > 0
    return stream


def test_orders_are_canceled_when_the_client_ends_its_stream(funded: RunningServer) -> None:
    mine = place(funded).order.order_id
    others = place(funded, account_id=2, side="SIDE_SELL", price="60000").order.order_id
    stream = watched(funded.trading)
    assert open_orders(funded) == [mine]
    stream.cancel()
    until(lambda: open_orders(funded) == [])
    assert open_orders(funded, account=2) == [others]


def test_orders_are_canceled_at_the_deadline_of_the_stream(funded: RunningServer) -> None:
    place(funded)
    stream = watched(funded.trading, timeout=1.0)
    until(lambda: open_orders(funded) == [])
    with pytest.raises(grpc.RpcError) as caught:
        list(stream)
    assert caught.value.code() == StatusCode.DEADLINE_EXCEEDED


def test_orders_are_canceled_when_the_connection_is_closed(funded: RunningServer) -> None:
    place(funded)
    with grpc.insecure_channel(funded.address) as channel:
        watched(TradingStub(channel))
    until(lambda: open_orders(funded) == [])


def test_only_those_in_the_symbol_that_was_named(funded: RunningServer) -> None:
    place(funded)
    elsewhere = place(funded, symbol_id=ETH_USDT, price="1").order.order_id
    watched(funded.trading, symbol_id=BTC_USDT).cancel()
    until(lambda: open_orders(funded) == [elsewhere])


def test_while_the_stream_is_open_nothing_happens(
    funded: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disconnects, "HEARTBEAT_S", 0.01)
    mine = place(funded).order.order_id
    stream = watched(funded.trading)
    times = [next(stream).time_ms for _ in range(10)]
    assert times == sorted(times) and times[0] > 1_600_000_000_000
    assert open_orders(funded) == [mine]
    stream.cancel()


def test_who_may_not_be_watched_is_told(funded: RunningServer) -> None:
    def first(request: pb.CancelOnDisconnectRequest) -> object:
        stream: Any = funded.trading.CancelOnDisconnect(request)
        return next(stream)

    for fields, expected in [
        ({"account_id": 9}, (StatusCode.NOT_FOUND, "UNKNOWN_ACCOUNT")),
        ({"account_id": 1, "symbol_id": 99}, (StatusCode.NOT_FOUND, "UNKNOWN_SYMBOL")),
        ({"account_id": 1, "symbol_id": -1}, (StatusCode.INVALID_ARGUMENT, "symbol_id")),
        ({"account_id": 0}, (StatusCode.INVALID_ARGUMENT, "account_id")),
    ]:
        assert refusal(first, pb.CancelOnDisconnectRequest(**fields)) == expected


def test_more_streams_than_may_be_open_are_refused(start_server: StartServer) -> None:
    server = start_server(server={"requests_in_flight_max": 2})
    server.deposit(1, 2, "1")
    streams = [watched(server.trading) for _ in range(2)]
    with pytest.raises(grpc.RpcError) as caught:
        watched(server.trading)
    assert caught.value.code() == StatusCode.RESOURCE_EXHAUSTED
    for stream in streams:
        stream.cancel()
    until(lambda: can_watch(server))


def can_watch(server: RunningServer) -> bool:
    try:
        watched(server.trading).cancel()
    except grpc.RpcError:
        return False
    return True


def test_a_server_that_stops_leaves_the_orders_and_says_so(warm_kernels: None) -> None:
    with run_server(load_config({"server": LOOPBACK})) as server:
        server.deposit(1, 2, "100000")
        mine = place(server).order.order_id
        own = grpc.insecure_channel(server.address)  # the other one is closed before the server stops
        stream = watched(TradingStub(own))
    with pytest.raises(grpc.RpcError) as caught:
        list(stream)
    own.close()
    assert caught.value.code() == StatusCode.UNAVAILABLE
    assert "the orders stay" in (caught.value.details() or "")
    assert server.exchange.open_orders(1)["order_id"].tolist() == [mine]


HOLD = """
import sys, time
import grpc
from lightning.pb.v1.trading_pb2 import CancelOnDisconnectRequest
from lightning.pb.v1.trading_pb2_grpc import TradingStub
channel = grpc.insecure_channel(sys.argv[1])
stream = TradingStub(channel).CancelOnDisconnect(CancelOnDisconnectRequest(account_id=1))
next(stream)
print("watched", flush=True)
time.sleep(600)
"""


def holding(address: str) -> "subprocess.Popen[str]":
    """A client in a process of its own that is being watched."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, address], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "watched\n"
    return process


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_orders_are_canceled_when_the_client_is_gone(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    """Stopped: its connection stays, but nobody answers on it."""
    monkeypatch.setattr(app, "KEEPALIVE_MS", 1000)
    monkeypatch.setattr(app, "KEEPALIVE_LATE_MS", 500)
    server = start_server()
    server.deposit(1, 2, "100000")
    mine = place(server).order.order_id
    client = holding(server.address)
    try:
        assert open_orders(server) == [mine]
        client.send_signal(how)
        until(lambda: open_orders(server) == [])
    finally:
        client.kill()
        client.wait()


def cancel_all_after(server: Client, **fields: Any) -> int:
    """When, in ms."""
    reply = server.trading.CancelAllAfter(pb.CancelAllAfterRequest(**{"account_id": 1, **fields}))
    return int(reply.cancel_time_ms)


def test_orders_are_canceled_when_the_timer_is_not_renewed(funded: RunningServer) -> None:
    mine = place(funded).order.order_id
    others = place(funded, account_id=2, side="SIDE_SELL", price="60000").order.order_id
    before = time.time_ns() // 1_000_000
    when = cancel_all_after(funded, timeout_ms=300)
    assert before + 300 <= when <= time.time_ns() // 1_000_000 + 300
    until(lambda: open_orders(funded) == [])
    order = funded.trading.GetOrder(pb.GetOrderRequest(account_id=1, order_id=mine))
    assert order.status == types.ORDER_STATUS_CANCELED
    assert order.reject_reason == types.REJECT_REASON_CANCEL_ALL_AFTER
    assert order.update_time_ns // 1_000_000 >= when
    assert open_orders(funded, account=2) == [others]
    assert place(funded).order.status == types.ORDER_STATUS_NEW, "it is done once"


def test_a_renewed_timer_and_one_that_is_off_cancel_nothing(funded: RunningServer) -> None:
    mine = place(funded).order.order_id
    first = cancel_all_after(funded, timeout_ms=400)
    assert cancel_all_after(funded, timeout_ms=60_000) > first
    until(lambda: time.time_ns() // 1_000_000 > first + 200)
    assert open_orders(funded) == [mine]
    cancel_all_after(funded, timeout_ms=300)
    assert cancel_all_after(funded, timeout_ms=0) == 0
    time.sleep(0.6)
    assert open_orders(funded) == [mine]


def test_what_the_timer_refuses(funded: RunningServer) -> None:
    method, request = funded.trading.CancelAllAfter, pb.CancelAllAfterRequest
    for fields, expected in [
        ({"account_id": 9, "timeout_ms": 1000}, (StatusCode.NOT_FOUND, "UNKNOWN_ACCOUNT")),
        ({"account_id": 1, "timeout_ms": 86_400_001}, (StatusCode.INVALID_ARGUMENT, "timeout_ms")),
        ({"account_id": 1, "timeout_ms": -1}, (StatusCode.INVALID_ARGUMENT, "timeout_ms")),
        ({"account_id": 0, "timeout_ms": 1000}, (StatusCode.INVALID_ARGUMENT, "account_id")),
    ]:
        assert refusal(method, request(**fields)) == expected
    assert cancel_all_after(funded, timeout_ms=86_400_000) > 0
