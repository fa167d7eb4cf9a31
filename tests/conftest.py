"""Servers for tests: real ones, on a free loopback port; and which tests come first."""

import asyncio
import fcntl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from numba.core.caching import IndexDataCacheFile

from lightning.config import Config, load_config
from lightning.engine.exchange import Exchange
from lightning.kernels.kernel import cache_directory
from lightning.pb.schema.lightning_pb2_grpc import LightningStub
from lightning.pb.schema.management_pb2_grpc import ManagementStub
from lightning.pb.v1.accounts_pb2 import DepositRequest
from lightning.pb.v1.accounts_pb2_grpc import AccountsStub
from lightning.pb.v1.admin_pb2 import GetStateHashRequest
from lightning.pb.v1.admin_pb2_grpc import AdminStub
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub
from lightning.pb.v1.order_entry_pb2_grpc import OrderEntryStub
from lightning.pb.v1.trading_pb2_grpc import TradingStub
from lightning.server import warm
from lightning.server.app import Listening, Server
from lightning.storage.venue import MemoryVenue, Venue

LONG_FILES = (
    "test_damage",
    "test_faults",
    "test_pure_mode",
    "test_kill9",
    "test_bank",
    "test_sabotage_storage",
    "test_sabotage",
    "test_serve_durable",
    "test_orderflow",
    "test_invariance",
    "test_asv",
    "test_oracle_lockstep",
    "test_tidy",
    "test_scenarios",
    "test_lost_answers",
    "test_docs",
)
"""Those that take longest: several processes begin with them, so that all end at about the same time."""
LOOPBACK: dict[str, object] = {"host": "127.0.0.1", "port": 0, "http": False}


def is_one_of_several(config: pytest.Config) -> bool:
    """Do other processes run tests beside this one, each taking a file at a time?"""
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if is_one_of_several(config):
        IndexDataCacheFile.save = one_process_at_a_time(IndexDataCacheFile.save)  # type: ignore[method-assign]


def one_process_at_a_time(save: Callable[..., None]) -> Callable[..., None]:
    """Numba counts to name a file of its cache: two processes at once could give one name to two kernels."""

    def locked(*arguments: object) -> None:
        Path(cache_directory()).mkdir(parents=True, exist_ok=True)
        with open(Path(cache_directory(), "lock"), "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            save(*arguments)

    return locked


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if is_one_of_several(config):
        places = {name: place for place, name in enumerate(LONG_FILES)}
        items.sort(key=lambda item: places.get(item.path.stem, len(places)))


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
        self.order_entry = OrderEntryStub(self.channel)
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
    http_address: str | None


@contextmanager
def run_server(config: Config, given: Venue | None = None) -> Iterator[RunningServer]:
    """given : stopped at the end; None: one in memory"""
    venue = MemoryVenue(config, shards=4, workers=1) if given is None else given
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, Listening]] = Future()

    async def serve() -> None:
        server, stop = Server(config.server), asyncio.Event()
        await server.start()
        await server.open(venue)
        started.set_result((asyncio.get_running_loop(), stop, server.listening))
        await stop.wait()
        await server.stop()
        await asyncio.to_thread(venue.stop)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    loop, stop, listening = started.result(timeout=30)
    port = listening.grpc.rpartition(":")[2]
    client = RunningServer(f"127.0.0.1:{port}", venue.exchange, listening.http)
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
from lightning.storage.venue import MemoryVenue, Venue
config = load_config({"server": {"host": "127.0.0.1", "port": 0, "http": False}})
sys.exit(run(
    lambda on_failure, check: MemoryVenue(config, 4, 1, on_failure),
    config.server,
    on_started=lambda listening: print(listening.grpc, flush=True),
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
