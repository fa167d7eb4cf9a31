"""A whole run: a server, the load on it, and what is checked afterwards."""

import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import grpc
import numpy as np

from lightning import __version__
from lightning.client.load.checks import (
    check_commands,
    check_directory,
    check_left_behind,
    check_restart,
    check_totals,
    state_hash,
    told_in,
)
from lightning.client.load.config import config_text
from lightning.client.load.result import Check, Machine, Report, Settings
from lightning.client.load.run import Load, OnProgress, run_load
from lightning.client.own_server import OnLine, own_durable_server

STOP_TIMEOUT_S = 600.0
"""For a large state to be written."""
PREFIX = "lightning-bench-"


def bench(server: str | None, settings: Settings, on_line: OnLine, on_progress: OnProgress) -> Report:
    """
    server : HOST:PORT; None: one of its own
    on_line : gets what the own server prints while it starts

    Raises MarketError, OwnServerError.
    """
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    machine = _machine()
    if server is not None:
        load = run_load(server, settings, None, on_progress)
        checks = [check_left_behind(server, settings.accounts)]
    else:
        with data_directory(settings.data) as directory:
            load, checks = _on_own_server(settings, directory, on_line, on_progress)
    return Report(
        lightning=__version__,
        time=begun,
        machine=machine,
        server=server,
        settings=settings,
        interrupted=load.interrupted,
        setup_commands=load.setup_commands,
        phases=load.phases,
        checks=checks,
    )


@contextmanager
def data_directory(data: str | None) -> Iterator[Path]:
    if data is not None:
        yield Path(data)
        return
    # not where temporary files are: they may be in memory, where a sync costs nothing
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=Path()) as directory:
        yield Path(directory, "data")


def _on_own_server(
    settings: Settings, data: Path, on_line: OnLine, on_progress: OnProgress
) -> tuple[Load, list[Check]]:
    def checking(what: str) -> None:
        on_progress(what, settings.seconds, settings.seconds)

    with _config(data) as config, own_durable_server(data, config, on_line, STOP_TIMEOUT_S) as serving:
        before = state_hash(serving.address)
        load = run_load(serving.address, settings, serving.pid, on_progress)
        checks: list[Check] = []
        checking("checking the totals")
        with told_in(checks, "server"):
            after = state_hash(serving.address)
            streams = [stream for phase in load.phases for stream in phase.streams]
            checks.append(check_totals(serving.address))
            checks.append(check_commands(before.seq, after.seq, load.setup_commands, streams))
        checking("stopping the server")
    if any(check.name == "server" for check in checks):
        return load, checks
    checking("checking the data directory")
    with told_in(checks, "data directory"):
        checks += check_directory(data, after)
    checking("starting the server again")
    with told_in(checks, "restart"), own_durable_server(data, None, on_line, STOP_TIMEOUT_S) as serving:
        checks.append(check_restart(serving.address, after))
        checking("stopping the server")
    return load, checks


@contextmanager
def _config(data: Path) -> Iterator[Path | None]:
    """For a new directory; one that holds an exchange goes on as it is."""
    if data.exists() and any(data.iterdir()):
        yield None
        return
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "bench.toml")
        path.write_text(config_text(), encoding="utf-8")
        yield path


def _machine() -> Machine:
    return Machine(
        cores=os.cpu_count() or 1,
        architecture=platform.machine(),
        python=platform.python_version(),
        numpy=np.__version__,
        grpc=grpc.__version__,
        load_average=os.getloadavg()[0],
    )
