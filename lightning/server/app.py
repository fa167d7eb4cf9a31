"""The server put together: everything is wired here, by constructors."""

import asyncio
import logging
import resource
import signal
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import grpc
import uvloop
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from lightning.config import ServerConfig
from lightning.pb.schema import lightning_pb2, lightning_pb2_grpc, management_pb2, management_pb2_grpc
from lightning.pb.v1 import (
    accounts_pb2,
    accounts_pb2_grpc,
    admin_pb2,
    admin_pb2_grpc,
    market_data_pb2,
    market_data_pb2_grpc,
    order_entry_pb2,
    order_entry_pb2_grpc,
    trading_pb2,
    trading_pb2_grpc,
)
from lightning.server.accounts import Accounts
from lightning.server.admin import Admin
from lightning.server.gateway import Gateway, read_catalog
from lightning.server.interceptors import Guard
from lightning.server.market_data import MarketData
from lightning.server.order_entry import OrderEntry
from lightning.server.past import Past
from lightning.server.publisher import Publisher
from lightning.server.schema_lightning import SchemaLightning
from lightning.server.schema_management import SchemaManagement
from lightning.server.streams import Streams
from lightning.server.trading import Trading
from lightning.server.web.app import WebApp
from lightning.server.web.door import HttpDoor
from lightning.server.web.stream import WebStream
from lightning.storage.venue import Venue

log = logging.getLogger(__name__)

KEEPALIVE_MS = 10_000
"""From one sign of life that a client is asked for to the next."""
KEEPALIVE_LATE_MS = 5_000
"""A connection on which none comes so long is lost."""
CLIENT_KEEPALIVE_MS_MIN = 5_000
"""Clients may ask as often."""
CALLS_PER_CONNECTION_MAX = 256
"""At a time, streams included; more wait in the client."""
PENDING_MAX = 100_000
"""Calls that gRPC has received and nobody has looked at yet; then they are shed with a word."""
STREAMS_S_MAX = 0.5
"""How long open streams may go on once every other request is answered."""

SERVICES: Sequence[ServiceDescriptor] = [
    lightning_pb2.DESCRIPTOR.services_by_name["Lightning"],
    management_pb2.DESCRIPTOR.services_by_name["Management"],
    trading_pb2.DESCRIPTOR.services_by_name["Trading"],
    order_entry_pb2.DESCRIPTOR.services_by_name["OrderEntry"],
    market_data_pb2.DESCRIPTOR.services_by_name["MarketData"],
    accounts_pb2.DESCRIPTOR.services_by_name["Accounts"],
    admin_pb2.DESCRIPTOR.services_by_name["Admin"],
]
SERVICE_NAMES = [service.full_name for service in SERVICES]


class CannotListen(Exception):
    def __init__(self, address: str) -> None:
        super().__init__(f"Cannot listen on {address}: the port is in use, or the address not of this host")


class Listening(NamedTuple):
    """Where a server answers, HOST:PORT each."""

    grpc: str
    http: str | None


class Server:
    """All services on one port, HTTP on another. Belongs to the event loop that it is made in.

    From `start` it listens, and answers that it is not ready; from `open` it serves a venue.
    """

    def __init__(self, config: ServerConfig) -> None:
        self.port = 0
        self.web: WebApp | None = None
        self._door: HttpDoor | None = None
        self._config = config
        self._guard = Guard(config)
        self._admin: Admin | None = None
        self._trading: Trading | None = None
        self._order_entry: OrderEntry | None = None
        self._publisher: Publisher | None = None
        self._health = health.aio.HealthServicer()
        guard: Any = self._guard
        health_pb2_grpc.add_HealthServicer_to_server(self._health, guard)
        names = [*SERVICE_NAMES, health.SERVICE_NAME, reflection.SERVICE_NAME]
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(
            reflection.aio.ReflectionServicer(names), guard
        )
        self._server = grpc.aio.server(handlers=[self._guard], options=_options(config))
        if config.http:
            self.web = WebApp(self._guard, config)
            self._door = HttpDoor(self.web.asgi, config)

    @property
    def listening(self) -> Listening:
        config, http = self._config, None
        if self._door is not None:
            http = f"{config.http_host or config.host}:{self._door.port}"
        return Listening(f"{config.host}:{self.port}", http)

    async def start(self) -> None:
        """Raises CannotListen."""
        address = f"{self._config.host}:{self._config.port}"
        try:
            self.port = self._server.add_insecure_port(address)
        except RuntimeError:
            raise CannotListen(address) from None
        await self._start_door()
        await self._set_health(health_pb2.HealthCheckResponse.NOT_SERVING)
        await self._server.start()

    async def _start_door(self) -> None:
        if self._door is None:
            return
        try:
            await self._door.start()
        except OSError:
            host = self._config.http_host or self._config.host
            raise CannotListen(f"{host}:{self._config.http_port} for HTTP") from None

    async def open(self, venue: Venue) -> None:
        gateway = Gateway(venue.sequencer, read_catalog(venue.exchange))
        past = Past(gateway, venue.history)
        self._publisher = Publisher(gateway, venue.sequencer, venue.exchange)
        streams = Streams(gateway, self._publisher, past)
        self._admin = Admin(gateway, venue, self._publisher)
        self._trading = Trading(gateway, past, streams)
        self._order_entry = OrderEntry(gateway)
        guard: Any = self._guard
        lightning_pb2_grpc.add_LightningServicer_to_server(SchemaLightning(gateway), guard)
        management_pb2_grpc.add_ManagementServicer_to_server(SchemaManagement(gateway), guard)
        trading_pb2_grpc.add_TradingServicer_to_server(self._trading, guard)
        order_entry_pb2_grpc.add_OrderEntryServicer_to_server(self._order_entry, guard)
        market_data_pb2_grpc.add_MarketDataServicer_to_server(MarketData(gateway, past, streams), guard)
        accounts_pb2_grpc.add_AccountsServicer_to_server(Accounts(gateway, past), guard)
        admin_pb2_grpc.add_AdminServicer_to_server(self._admin, guard)
        self._guard.opened = True
        if self.web is not None:
            self.web.stream = WebStream(streams)
        await self._set_health(health_pb2.HealthCheckResponse.SERVING)

    async def _set_health(self, status: Any) -> None:
        for name in ("", *SERVICE_NAMES):
            await self._health.set(name, status)

    async def stop(self) -> None:
        """Accept nothing more and answer what is accepted."""
        if self._admin is not None:
            self._admin.draining = True
        if self._trading is not None:
            self._trading.drain()
        if self._order_entry is not None:
            self._order_entry.drain()
        if self._publisher is not None:
            self._publisher.drain()
        await self._health.enter_graceful_shutdown()
        await self._guard.drain()
        if self._door is not None:
            await self._door.stop()
        await self._server.stop(STREAMS_S_MAX)


def _options(config: ServerConfig) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", config.message_bytes_max),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_concurrent_streams", CALLS_PER_CONNECTION_MAX),
        ("grpc.http.overload_protection", 0),  # it resets calls that the client may well make
        ("grpc.server.max_pending_requests", PENDING_MAX),  # 1,000 to 3,000: those beyond are CANCELLED
        ("grpc.server.max_pending_requests_hard_limit", PENDING_MAX),
        ("grpc.keepalive_time_ms", KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_LATE_MS),
        ("grpc.http2.ping_timeout_ms", KEEPALIVE_LATE_MS),  # 60 s, whatever keepalive_timeout_ms says
        ("grpc.http2.max_pings_without_data", 0),  # 0: any number
        ("grpc.http2.min_ping_interval_without_data_ms", CLIENT_KEEPALIVE_MS_MIN),
        (
            "grpc.so_reuseport",
            0,
        ),  # a second server on the port is an error, not a silent split of the clients
    ]


class Stopping(Exception):
    """A signal came while the venue was being opened."""


OpenVenue = Callable[[Callable[[BaseException], None], Callable[[], None]], Venue]
"""Called with (on_failure, check) on a thread of its own; `check`, which may be called at any time, raises
Stopping when it is no longer wanted."""


class _Process:
    """What signals and failures do to a serving process."""

    def __init__(self) -> None:
        self.failed = False
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stop.set)

    def on_failure(self, error: BaseException) -> None:
        log.critical("The engine has failed and takes no more commands: %s", error, exc_info=error)
        self.failed = True
        self._loop.call_soon_threadsafe(self._stop.set)

    def check(self) -> None:
        if self._stop.is_set():
            raise Stopping

    async def wait(self) -> None:
        await self._stop.wait()


async def serve(open_venue: OpenVenue, config: ServerConfig, on_started: Callable[[Listening], None]) -> int:
    """Serve what `open_venue` gives until SIGTERM or SIGINT; the process's exit code.

    on_started : is told the addresses once requests are answered
    Raises CannotListen, and what `open_venue` does.
    """
    process = _Process()
    server = Server(config)
    await server.start()
    venue: Venue | None = None
    try:
        venue = await asyncio.to_thread(open_venue, process.on_failure, process.check)
        await server.open(venue)
        on_started(server.listening)
        await process.wait()
    except Stopping:
        pass
    finally:
        await server.stop()
        if (
            venue is not None
        ):  # while the loop still runs: answers that nobody waits for any more come here too
            await asyncio.to_thread(venue.stop)
    return 1 if process.failed else 0


def run(open_venue: OpenVenue, config: ServerConfig, on_started: Callable[[Listening], None]) -> int:
    """`serve` on an event loop of its own, with a descriptor for every connection that the system allows."""
    _, descriptors_max = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors_max, descriptors_max))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve(open_venue, config, on_started))
