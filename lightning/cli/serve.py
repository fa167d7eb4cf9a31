"""`lightning serve`."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lightning import __version__
from lightning.cli.kernels import warm_kernels
from lightning.cli.progress import count_progress
from lightning.cli.terminal import FAILED, USAGE_ERROR, console, fail, warn
from lightning.config import SHARDS_MAX, Config, ConfigError, load_config

if TYPE_CHECKING:
    from lightning.server.app import Listening, OpenVenue
    from lightning.storage.venue import Venue


def serve(
    config: Annotated[
        Path | None, typer.Option(help="TOML file; without one, what --data holds, or the built-in default.")
    ] = None,
    data: Annotated[
        Path, typer.Option(help="Directory that keeps the exchange; made if there is none.")
    ] = Path("lightning-data"),
    in_memory: Annotated[
        bool, typer.Option("--in-memory", help="Keep nothing: all is gone when the server stops.")
    ] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: all, 0.0.0.0).")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Default 50051; 0 takes any free one.")
    ] = None,
    http_port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Of the page, REST and WebSocket; default 8080.")
    ] = None,
    no_http: Annotated[bool, typer.Option("--no-http", help="gRPC only.")] = False,
    shards: Annotated[
        int, typer.Option(min=1, max=SHARDS_MAX, help="Of accounts and of symbols, each.")
    ] = 10,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=SHARDS_MAX, help="Threads that run the shards (default: cores - 1)."),
    ] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Serve other machines too, without credentials.")
    ] = False,
) -> None:
    """Run the exchange until it is told to stop (SIGTERM or Ctrl-C)."""
    console.print(f"Lightning {__version__}")
    settings = _load_config(config)
    options: dict[str, Any] = {"host": host, "port": port, "http_port": http_port}
    server = replace(
        settings.server,
        **{name: value for name, value in options.items() if value is not None},
        http=settings.server.http and not no_http,
        allow_remote=settings.server.allow_remote or allow_remote,
    )
    settings = replace(settings, server=server)
    warm_kernels(console)

    from lightning.engine.journal import JournalFailed
    from lightning.server.app import CannotListen, run
    from lightning.storage.damage import Damaged
    from lightning.storage.directory import DirectoryInUse

    count = workers or _default_workers()
    opener = _in_memory(settings, shards, count) if in_memory else _durable(data, settings, shards, count)
    try:
        exit_code = run(opener, settings.server, _announce(settings))
    except (ConfigError, DirectoryInUse) as error:
        fail(error, USAGE_ERROR)
    except (CannotListen, Damaged, JournalFailed, OSError) as error:
        fail(error, FAILED)
    raise typer.Exit(exit_code)


def _load_config(path: Path | None) -> Config:
    try:
        return load_config(path)
    except ConfigError as error:
        fail(error, USAGE_ERROR)


def _default_workers() -> int:
    return min(max(1, (os.cpu_count() or 1) - 1), SHARDS_MAX)


def _in_memory(config: Config, shards: int, workers: int) -> "OpenVenue":
    from lightning.storage.venue import MemoryVenue

    console.print("State is kept in memory only: it is gone when the server stops.")
    return lambda on_failure, check: MemoryVenue(config, shards, workers, on_failure)


def _durable(data: Path, config: Config, shards: int, workers: int) -> "OpenVenue":
    from lightning.storage.venue import open_venue

    def opener(on_failure: Callable[[BaseException], None], check: Callable[[], None]) -> "Venue":
        with count_progress(console, "commands replayed") as show:

            def progress(done: int, total: int) -> None:
                check()
                show(done, total)

            venue = open_venue(data, config, shards, workers, on_failure, warn, progress)
        found = venue.recovered
        if found.exchange.seq:
            console.print(
                f"{data}: seq {found.exchange.seq:,}, from the snapshot at {found.snapshot_seq:,} and "
                f"{found.replayed:,} commands replayed in {found.seconds:.1f} s",
                soft_wrap=True,
            )
        else:
            console.print(f"{data}: a new exchange", soft_wrap=True)
        return venue

    return opener


def _announce(config: Config) -> "Callable[[Listening], None]":
    from lightning.client.own_server import LISTENING, PAGE

    def on_started(listening: "Listening") -> None:
        if not config.server.allow_remote:
            console.print("Clients on this machine only: --allow-remote serves all.")
        if listening.http is not None:
            console.print(f"{PAGE}http://{_as_opened_here(listening.http)}/", soft_wrap=True)
        console.print(f"{LISTENING}{listening.grpc}", soft_wrap=True)

    return on_started


def _as_opened_here(address: str) -> str:
    """An address of every interface is none that every browser opens."""
    host, _, port = address.rpartition(":")
    return f"localhost:{port}" if host in ("0.0.0.0", "[::]", "::") else address
