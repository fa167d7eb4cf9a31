"""Servers for tests: real ones, on a free loopback port."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest

from lightning.config import Config, load_config
from lightning.engine import warm
from lightning.engine.exchange import Exchange
from lightning.pb.schema.lightning_pb2_grpc import LightningStub
from lightning.pb.schema.management_pb2_grpc import ManagementStub
from lightning.pb.v1.accounts_pb2 import DepositRequest
from lightning.pb.v1.accounts_pb2_grpc import AccountsStub
from lightning.pb.v1.admin_pb2 import GetStateHashRequest
from lightning.pb.v1.admin_pb2_grpc import AdminStub
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub
from lightning.pb.v1.trading_pb2_grpc import TradingStub
from lightning.server.app import Server
from lightning.storage.venue import MemoryVenue

LOOPBACK: dict[str, object] = {"host": "127.0.0.1", "port": 0}


@dataclass
class Client:
    """A server's stubs, on one channel."""

    address: str
    channel: grpc.Channel = field(init=False)

    def __post_init__(self) -> None:
        self.channel = grpc.insecure_channel(self.address)
        self.schema = LightningStub(self.channel)
        self.management = ManagementStub(self.channel)
        self.trading = TradingStub(self.channel)
        self.market_data = MarketDataStub(self.channel)
        self.accounts = AccountsStub(self.channel)
        self.admin = AdminStub(self.channel)

    def deposit(self, account: int, currency: int, amount: str) -> None:
        self.accounts.Deposit(DepositRequest(account_id=account, currency_id=currency, amount=amount))

    def state_hash(self) -> str:
        return str(self.admin.GetStateHash(GetStateHashRequest()).hash)


@dataclass
class RunningServer(Client):
    """A server in a thread of this process; `exchange` may be looked at while nothing is in flight."""

    exchange: Exchange


@contextmanager
def run_server(config: Config) -> Iterator[RunningServer]:
    venue = MemoryVenue(config, shards=4, workers=1)
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()

    async def serve() -> None:
        server, stop = Server(config.server), asyncio.Event()
        await server.start()
        await server.open(venue)
        started.set_result((asyncio.get_running_loop(), stop, server.port))
        await stop.wait()
        await server.stop()
        await asyncio.to_thread(venue.stop)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    loop, stop, port = started.result(timeout=30)
    client = RunningServer(f"127.0.0.1:{port}", venue.exchange)
    try:
        yield client
    finally:
        client.channel.close()
        loop.call_soon_threadsafe(stop.set)
        thread.join()


StartServer = Callable[..., RunningServer]


@pytest.fixture(scope="session")
def warm_kernels() -> None:
    """Compiled, so that no request waits for that."""
    for _, step in warm.kernels():
        step()


@pytest.fixture
def start_server(warm_kernels: None) -> Iterator[StartServer]:
    """Start a server; keyword arguments are tables of the configuration."""
    with ExitStack() as servers:

        def start(server: Mapping[str, object] | None = None, **tables: Any) -> RunningServer:
            config = load_config({"server": {**LOOPBACK, **(server or {})}, **tables})
            return servers.enter_context(run_server(config))

        yield start


@pytest.fixture
def server(start_server: StartServer) -> RunningServer:
    return start_server()


SERVE = """
import sys
from lightning.config import load_config
from lightning.server.app import run
from lightning.storage.venue import MemoryVenue
config = load_config({"server": {"host": "127.0.0.1", "port": 0}})
sys.exit(run(
    lambda on_failure, check: MemoryVenue(config, 4, 1, on_failure),
    config.server,
    on_started=lambda address: print(address, flush=True),
))
"""


@dataclass
class ServerProcess(Client):
    process: "subprocess.Popen[str]"


@pytest.fixture
def server_process(warm_kernels: None) -> Iterator[ServerProcess]:
    """A server in a process of its own, for signals and CPU time."""
    process = subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        client = ServerProcess(process.stdout.readline().strip(), process)
        yield client
        client.channel.close()
    finally:
        process.kill()
        process.wait()
