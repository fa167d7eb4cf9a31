"""`lightning serve` on a data directory, as its operator sees it."""

import asyncio
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from lightning.config import load_config
from lightning.pb.schema.lightning_pb2 import GetAccountRequest, IncreaseRequest
from lightning.pb.v1 import admin_pb2, trading_pb2
from lightning.server.app import Server
from lightning.storage.directory import DirectoryNames
from lightning.storage.venue import MemoryVenue
from tests.conftest import LOOPBACK, Client
from tests.test_cli import lightning

PATIENCE_S = 60
CONTRADICTING = """
[[currency]]
id = 1
name = "BTC"
scale = 3
"""


@contextmanager
def serving(
    data: Path, *arguments: str, **popen: Any
) -> Iterator[tuple["subprocess.Popen[str]", Client, str]]:
    """The process, a client, and what it printed; killed at the end if it still runs."""
    command = [sys.executable, "-m", "lightning", "serve", "--host", "127.0.0.1", "--port", "0", "--no-http"]
    command += ["--data", str(data), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen)
    try:
        assert process.stdout is not None and process.stderr is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if line.startswith("listening on "):
                client = Client(line.removeprefix("listening on ").strip())
                yield process, client, printed
                client.channel.close()
                return
        raise AssertionError(f"it never listened: {printed}{process.stderr.read()}")
    finally:
        process.kill()
        process.wait()


def increase(client: Client, request_id: int) -> str:
    """The balance after a deposit of 1."""
    request = IncreaseRequest(requestId=request_id, accountId=1, currencyId=2, amount="1")
    reply = client.schema.increase(request, timeout=PATIENCE_S)
    assert reply.code == 0
    return str(reply.data.value)


@pytest.fixture
def data(tmp_path: Path, warm_kernels: None) -> Path:
    return tmp_path / "data"


def test_kill_9_and_start_again(data: Path) -> None:
    with serving(data) as (process, client, printed):
        assert f"{data}: a new exchange" in printed
        assert increase(client, 1) == "1.0"
        assert increase(client, 2) == "2.0"
        process.kill()
    with serving(data) as (process, client, printed):
        assert "2 commands replayed" in printed
        assert increase(client, 2) == "2.0", "the first answer, given again"
        assert increase(client, 3) == "3.0"
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
    with serving(data) as (_, client, printed):
        assert "from the snapshot at 4 and 0 commands replayed" in printed
        assert client.schema.getAccount(GetAccountRequest(accountId=1)).data[2].value == "3.0"


def test_without_arguments_the_data_is_kept_beside(tmp_path: Path, warm_kernels: None) -> None:
    command = [sys.executable, "-m", "lightning", "serve", "--host", "127.0.0.1", "--port", "0", "--no-http"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert any(line.startswith("listening on ") for line in process.stdout)
        assert DirectoryNames(tmp_path / "lightning-data").journal_file(1).exists()
    finally:
        process.kill()
        process.wait()


def test_a_second_server_on_the_directory_is_refused(data: Path) -> None:
    with serving(data) as (process, client, _):
        second = lightning("serve", "--data", str(data), "--host", "127.0.0.1", "--port", "0", "--no-http")
        assert second.returncode == 2
        assert f"{data} is in use by process {process.pid}" in second.stderr
        assert increase(client, 1) == "1.0"


def test_a_contradicting_configuration_is_refused(data: Path, tmp_path: Path) -> None:
    with serving(data):
        pass
    config = tmp_path / "other.toml"
    config.write_text(CONTRADICTING)
    refused = lightning("serve", "--data", str(data), "--config", str(config), "--port", "0", "--no-http")
    assert refused.returncode == 2
    assert "currency 1: scale is 8 in the journal and 3 in the configuration" in refused.stderr


def test_damage_in_the_journal_is_refused_by_name(data: Path) -> None:
    with serving(data) as (process, client, _):
        increase(client, 1)
        process.kill()
    log = next(DirectoryNames(data).journal.glob("*-wal"))
    contents = bytearray(log.read_bytes())
    contents[-10] ^= 1
    log.write_bytes(contents)
    refused = lightning("serve", "--data", str(data), "--port", "0", "--no-http")
    assert refused.returncode == 1
    assert str(log) in refused.stderr and "seq 1" in refused.stderr and "Traceback" not in refused.stderr


def test_a_full_disk_stops_the_server_and_loses_nothing(data: Path) -> None:
    """The limit of a file's size stands for it; the next start has room."""
    with serving(data):
        pass

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    answered, last, code = 0, "", None
    with serving(data, preexec_fn=limit) as (process, client, _):
        try:
            for request_id in range(1, 10_000):
                last = increase(client, request_id)
                answered = request_id
        except grpc.RpcError as error:
            code = error.code()
        assert code == grpc.StatusCode.UNAVAILABLE
        assert process.wait(PATIENCE_S) == 1
        assert process.stderr is not None
        assert "nothing more becomes durable" in process.stderr.read()
    assert 1 < answered < 9_999 and last == f"{answered}.0"
    with serving(data) as (_, client, _):
        assert increase(client, answered) == last
        assert increase(client, answered + 1) == f"{answered + 1}.0"


def test_create_snapshot_and_status(data: Path) -> None:
    with serving(data) as (process, client, _):
        increase(client, 1)
        taken = client.admin.CreateSnapshot(admin_pb2.CreateSnapshotRequest(), timeout=PATIENCE_S)
        assert (taken.seq, taken.state_hash) == (1, client.state_hash())
        status = client.admin.GetStatus(admin_pb2.GetStatusRequest()).storage
        assert (status.snapshot_seq, status.recovered_seq, status.history_error) == (1, 0, "")
        assert DirectoryNames(data).snapshot(1).is_dir()
        process.kill()
    with serving(data) as (_, client, _):
        status = client.admin.GetStatus(admin_pb2.GetStatusRequest()).storage
        assert (status.snapshot_seq, status.recovered_seq, status.replayed_commands) == (1, 1, 0)


def test_in_memory_there_is_nothing_to_take_a_snapshot_of(data: Path) -> None:
    with serving(data, "--in-memory") as (_, client, printed):
        assert "in memory only" in printed
        assert not client.admin.GetStatus(admin_pb2.GetStatusRequest()).HasField("storage")
        with pytest.raises(grpc.RpcError) as raised:
            client.admin.CreateSnapshot(admin_pb2.CreateSnapshotRequest())
        assert raised.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert not data.exists()


def test_the_history_outlives_a_kill_and_its_own_loss(data: Path) -> None:
    def orders(client: Client) -> int:
        request = trading_pb2.ListOrdersRequest(account_id=1)
        return len(client.trading.ListOrders(request, timeout=PATIENCE_S).orders)

    with serving(data) as (process, client, _):
        increase(client, 1)
        order = trading_pb2.PlaceOrderRequest(
            account_id=1, symbol_id=1, side="SIDE_BUY", type="ORDER_TYPE_LIMIT", price="0.01", quantity="1"
        )
        for _ in range(3):
            client.trading.PlaceOrder(order)
        client.trading.CancelAllOrders(trading_pb2.CancelAllOrdersRequest(account_id=1))
        assert orders(client) == 3
        process.kill()
    for file in data.glob("history.sqlite*"):
        file.unlink()
    with serving(data) as (_, client, _):
        assert orders(client) == 3


async def test_until_the_exchange_is_recovered_nothing_is_served(warm_kernels: None) -> None:
    config = load_config({"server": LOOPBACK})
    server = Server(config.server)
    await server.start()
    venue = MemoryVenue(config, shards=2, workers=1)
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            status: Any = channel.unary_unary(
                "/lightning.v1.Admin/GetStatus",
                request_serializer=admin_pb2.GetStatusRequest.SerializeToString,
                response_deserializer=admin_pb2.GetStatusResponse.FromString,
            )
            for name in ("", "lightning.v1.Trading", "schema.Lightning"):
                health = await stub.Check(health_pb2.HealthCheckRequest(service=name))
                assert health.status == health_pb2.HealthCheckResponse.NOT_SERVING
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await status(admin_pb2.GetStatusRequest())
            assert raised.value.code() == grpc.StatusCode.UNAVAILABLE
            assert "recovering" in str(raised.value.details())
            await server.open(venue)
            health = await stub.Check(health_pb2.HealthCheckRequest(service="lightning.v1.Trading"))
            assert health.status == health_pb2.HealthCheckResponse.SERVING
            assert (await status(admin_pb2.GetStatusRequest())).seq == 0
    finally:
        await server.stop()
        await asyncio.to_thread(venue.stop)


def test_a_signal_while_recovering_ends_the_process_without_harm(data: Path) -> None:
    """Whenever it comes: before, during or after."""
    with serving(data) as (process, client, _):
        last = [increase(client, request_id) for request_id in range(1, 200)][-1]
        process.kill()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    for wait_s in (0.3, 0.6, 0.9, 1.2):
        command = [
            sys.executable,
            "-m",
            "lightning",
            "serve",
            "--data",
            str(data),
            "--port",
            "0",
            "--no-http",
        ]
        starting = subprocess.Popen([*command, "--host", "127.0.0.1"], env=environment)
        stop = threading.Timer(wait_s, starting.terminate)
        stop.start()
        assert starting.wait(PATIENCE_S) in (0, -15)
        stop.join()
    with serving(data) as (_, client, _):
        assert increase(client, 199) == last


def test_idle_means_idle(data: Path) -> None:
    """No thread of storage wakes up by itself; the time given is the least that shows it."""
    with serving(data) as (process, client, _):
        increase(client, 1)
        time.sleep(1.5)  # the watermark is synced a second later

        def cpu_ticks() -> int:
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            return int(fields[11]) + int(fields[12])

        before = cpu_ticks()
        time.sleep(2)
        assert cpu_ticks() - before <= 4
