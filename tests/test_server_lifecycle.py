"""Starting, who is served, being quiet, and stopping."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from lightning.config import ServerConfig
from lightning.pb.schema import lightning_pb2 as pb
from lightning.server.app import SERVICE_NAMES
from lightning.server.interceptors import PROTECTED_MODE, Access
from tests.conftest import SERVE, Client, RunningServer, ServerProcess, StartServer

SERVING = health_pb2.HealthCheckResponse.SERVING


def test_reflection_lists_every_service_and_describes_its_messages(server: RunningServer) -> None:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(server.channel)
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        *(reflection_pb2.ServerReflectionRequest(file_containing_symbol=name) for name in SERVICE_NAMES),
    ]
    listed, *described = stub.ServerReflectionInfo(iter(requests))
    names = {service.name for service in listed.list_services_response.service}
    assert names == {*SERVICE_NAMES, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
    assert all(answer.file_descriptor_response.file_descriptor_proto for answer in described)


def test_health_covers_the_server_and_each_service(server: RunningServer) -> None:
    stub: Any = health_pb2_grpc.HealthStub(server.channel)
    for name in ("", *SERVICE_NAMES):
        assert stub.Check(health_pb2.HealthCheckRequest(service=name)).status == SERVING
    with pytest.raises(grpc.RpcError) as caught:
        stub.Check(health_pb2.HealthCheckRequest(service="no.such.Service"))
    assert caught.value.code() == StatusCode.NOT_FOUND
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=""))
    assert next(watch).status == SERVING
    watch.cancel()


@pytest.mark.parametrize(
    "peer",
    [
        "ipv4:127.0.0.1:5000",
        "ipv4:127.8.8.8:1",
        "ipv6:[::1]:5000",
        "ipv6:%5B::1%5D:5000",
        "unix:/run/x",
        "unix:",
    ],
)
def test_protected_mode_serves_this_machine(peer: str) -> None:
    assert Access(allow_remote=False).refusal(peer) is None


@pytest.mark.parametrize(
    "peer",
    [
        "ipv4:10.0.0.7:5000",
        "ipv4:1.127.0.1:1",
        "ipv6:[2001:db8::1]:1",
        "ipv6:%5B2001:db8::1%5D:1",
        "",
        "127.0.0.1:1",
    ],
)
def test_protected_mode_refuses_others_and_says_what_to_do(peer: str) -> None:
    refusal = Access(allow_remote=False).refusal(peer)
    assert refusal == PROTECTED_MODE and "--allow-remote" in refusal and "loopback" in refusal
    assert Access(allow_remote=True).refusal(peer) is None


def own_address() -> str | None:
    """An address of this host that is not a loopback one; asking for the route sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if address.startswith("127.") or address == "0.0.0.0" else address


@pytest.mark.parametrize("allow_remote", [False, True])
def test_a_peer_from_elsewhere_is_refused_before_its_request_is_read(
    start_server: StartServer, allow_remote: bool
) -> None:
    address = own_address()
    if address is None:  # this host has only its loopback: the peers above stand for it
        return
    server = start_server(server={"host": address, "allow_remote": allow_remote})
    port = server.address.rpartition(":")[2]
    elsewhere = Client(f"{address}:{port}")
    health: Any = health_pb2_grpc.HealthStub(elsewhere.channel)
    reflection: Any = reflection_pb2_grpc.ServerReflectionStub(elsewhere.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    if allow_remote:
        assert elsewhere.schema.increase(pb.IncreaseRequest(accountId=1, currencyId=2, amount="1")).code == 0
        assert health.Check(health_pb2.HealthCheckRequest()).status == SERVING
    else:
        raw: Any = elsewhere.channel.unary_unary("/schema.Lightning/increase")
        before = server.exchange.state_hash()
        for call in (
            lambda: elsewhere.schema.increase(pb.IncreaseRequest(accountId=1, currencyId=2, amount="1")),
            lambda: raw(b"\xff\xff"),
            lambda: health.Check(health_pb2.HealthCheckRequest()),
            lambda: list(reflection.ServerReflectionInfo(iter([request]))),
        ):
            with pytest.raises(grpc.RpcError) as caught:
                call()
            assert caught.value.code() == StatusCode.UNAUTHENTICATED
            assert caught.value.details() == PROTECTED_MODE
        assert server.exchange.state_hash() == before
    elsewhere.channel.close()


def test_the_default_address_is_every_interface_protected() -> None:
    config = ServerConfig()
    assert (config.host, config.port, config.allow_remote) == ("0.0.0.0", 50051, False)


def test_a_port_in_use_is_said_so(server: RunningServer) -> None:
    port = server.address.rpartition(":")[2]
    script = SERVE.replace('"port": 0', f'"port": {port}')
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert f"Cannot listen on 127.0.0.1:{port}" in done.stderr


SERVE_AND_COUNT = """
import sys
from lightning.config import load_config
from lightning.server.app import run
from lightning.storage.venue import MemoryVenue
config = load_config({"server": {"host": "127.0.0.1", "port": 0, "http": False}})
venue = MemoryVenue(config, shards=4, workers=1)
show = lambda listening: print(listening.grpc, flush=True)
code = run(lambda on_failure, check: venue, config.server, show)
print(venue.exchange.seq)
sys.exit(code)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_answers_all_that_was_accepted_and_exits_0(
    warm_kernels: None, number: signal.Signals
) -> None:
    process = subprocess.Popen([sys.executable, "-c", SERVE_AND_COUNT], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert address
    under_load, codes = threading.Event(), list[StatusCode]()

    def load(account: int) -> None:
        client = Client(address)
        request = pb.IncreaseRequest(accountId=account, currencyId=2, amount="1")
        while StatusCode.UNAVAILABLE not in codes:
            calls = [client.schema.increase.future(request, timeout=60) for _ in range(50)]
            codes.extend([call.code() for call in calls])
            if len(codes) > 1000:
                under_load.set()
        client.channel.close()

    threads = [threading.Thread(target=load, args=(account,), daemon=True) for account in range(1, 5)]
    for thread in threads:
        thread.start()
    assert under_load.wait(timeout=60)
    process.send_signal(number)
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert process.wait(timeout=60) == 0
    assert set(codes) == {StatusCode.OK, StatusCode.UNAVAILABLE}
    assert int(process.stdout.read()) == codes.count(StatusCode.OK), "done if and only if answered"


def test_a_stop_does_not_wait_for_open_streams(server_process: ServerProcess) -> None:
    stub: Any = health_pb2_grpc.HealthStub(server_process.channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=""))
    assert next(watch).status == SERVING
    server_process.process.send_signal(signal.SIGTERM)
    assert next(watch).status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert server_process.process.wait(timeout=20) == 0


@pytest.mark.skipif("LIGHTNING_SLOW" not in os.environ, reason="takes 20 s: set LIGHTNING_SLOW=1")
def test_an_idle_server_uses_no_cpu(server_process: ServerProcess) -> None:
    server_process.deposit(1, 2, "1")
    stat = Path(f"/proc/{server_process.process.pid}/stat")

    def cpu_seconds() -> float:
        user, system = stat.read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    before = cpu_seconds()
    time.sleep(20)
    assert cpu_seconds() - before < 0.1
