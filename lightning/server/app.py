"""The server put together: everything is wired here, by constructors."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Sequence
from typing import Any

import grpc
import uvloop
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from lightning.config import Config, ServerConfig
from lightning.engine.exchange import Exchange
from lightning.engine.sequencer import Sequencer
from lightning.pb.schema import lightning_pb2, lightning_pb2_grpc, management_pb2, management_pb2_grpc
from lightning.pb.v1 import (
    accounts_pb2,
    accounts_pb2_grpc,
    admin_pb2,
    admin_pb2_grpc,
    market_data_pb2,
    market_data_pb2_grpc,
    trading_pb2,
    trading_pb2_grpc,
)
from lightning.server.accounts import Accounts
from lightning.server.admin import Admin
from lightning.server.gateway import Gateway, read_catalog
from lightning.server.interceptors import Guard
from lightning.server.market_data import MarketData
from lightning.server.schema_lightning import SchemaLightning
from lightning.server.schema_management import SchemaManagement
from lightning.server.trading import Trading
from lightning.storage.memory import MemoryJournal

log = logging.getLogger(__name__)

STREAMS_S_MAX = 0.5
"""How long open streams may go on once every other request is answered."""

SERVICES: Sequence[ServiceDescriptor] = [
    lightning_pb2.DESCRIPTOR.services_by_name["Lightning"],
    management_pb2.DESCRIPTOR.services_by_name["Management"],
    trading_pb2.DESCRIPTOR.services_by_name["Trading"],
    market_data_pb2.DESCRIPTOR.services_by_name["MarketData"],
    accounts_pb2.DESCRIPTOR.services_by_name["Accounts"],
    admin_pb2.DESCRIPTOR.services_by_name["Admin"],
]
SERVICE_NAMES = [service.full_name for service in SERVICES]


class CannotListen(Exception):
    pass


class Server:
    """All services on one port. Belongs to the event loop that it is started in."""

    def __init__(self, exchange: Exchange, sequencer: Sequencer, config: ServerConfig) -> None:
        gateway = Gateway(sequencer, read_catalog(exchange))
        self.port = 0
        self._config = config
        self._guard = Guard(config)
        self._admin = Admin(gateway)
        self._health = health.aio.HealthServicer()
        guard: Any = self._guard
        lightning_pb2_grpc.add_LightningServicer_to_server(SchemaLightning(gateway), guard)
        management_pb2_grpc.add_ManagementServicer_to_server(SchemaManagement(gateway), guard)
        trading_pb2_grpc.add_TradingServicer_to_server(Trading(gateway), guard)
        market_data_pb2_grpc.add_MarketDataServicer_to_server(MarketData(gateway), guard)
        accounts_pb2_grpc.add_AccountsServicer_to_server(Accounts(gateway), guard)
        admin_pb2_grpc.add_AdminServicer_to_server(self._admin, guard)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, guard)
        names = [*SERVICE_NAMES, health.SERVICE_NAME, reflection.SERVICE_NAME]
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(
            reflection.aio.ReflectionServicer(names), guard
        )
        self._server = grpc.aio.server(handlers=[self._guard], options=_options(config))

    async def start(self) -> None:
        """Raises CannotListen."""
        address = f"{self._config.host}:{self._config.port}"
        try:
            self.port = self._server.add_insecure_port(address)
        except RuntimeError:
            raise CannotListen(
                f"Cannot listen on {address}: the port is in use, or the address not of this host"
            ) from None
        await self._server.start()
        for name in ("", *SERVICE_NAMES):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def stop(self) -> None:
        """Accept nothing more and answer what is accepted."""
        self._admin.draining = True
        await self._health.enter_graceful_shutdown()
        await self._guard.drain()
        await self._server.stop(STREAMS_S_MAX)


def _options(config: ServerConfig) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", config.message_bytes_max),
        ("grpc.max_send_message_length", -1),
        (
            "grpc.so_reuseport",
            0,
        ),  # a second server on the port is an error, not a silent split of the clients
    ]


async def serve(
    exchange: Exchange, sequencer: Sequencer, config: ServerConfig, on_started: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or SIGINT; then stop `sequencer`, which is running.

    on_started : is told the address
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = Server(exchange, sequencer, config)
    try:
        await server.start()
        on_started(f"{config.host}:{server.port}")
        await stop.wait()
        await server.stop()
    finally:
        # while the loop still runs: answers nobody waits for any more are delivered to it too
        await asyncio.to_thread(sequencer.stop)


def run(config: Config, shards: int, workers: int, on_started: Callable[[str], None]) -> int:
    """Serve an exchange in memory until a signal ends it; the process's exit code. Raises CannotListen."""
    failures: list[BaseException] = []

    def stop_on_failure(error: BaseException) -> None:
        log.critical("The engine has failed and takes no more commands", exc_info=error)
        failures.append(error)
        os.kill(os.getpid(), signal.SIGTERM)

    exchange = Exchange(config, shards=shards, workers=workers)
    sequencer = Sequencer(exchange, MemoryJournal(), on_failure=stop_on_failure)
    sequencer.start()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(exchange, sequencer, config.server, on_started))
    return 1 if failures else 0
