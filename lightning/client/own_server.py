"""A server of one's own: a subprocess on a free port of this machine, stopped when it is no longer needed."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

LISTENING = "listening on "
"""What `lightning serve` prints before its address, at the start of a line, once it answers."""
STOP_TIMEOUT_S = 30

PAGE = "page on "
"""What it prints before the address of its page, ahead of LISTENING."""

OnLine = Callable[[str], None]
"""Gets what the server prints until it answers."""


class OwnServerError(Exception):
    """The server did not start; what it had to say went to stderr."""


class Serving(NamedTuple):
    address: str
    """HOST:PORT"""
    pid: int
    page: str
    """http://HOST:PORT/; empty: there is none."""


@contextmanager
def own_server(config: str = "", on_line: OnLine = lambda line: None) -> Iterator[str]:
    """One that keeps nothing, without a page. Yields HOST:PORT.

    config : TOML text; empty: what a server has without a configuration
    """
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "server.toml")
        path.write_text(config, encoding="utf-8")
        with _serving(["--config", str(path), "--in-memory"], on_line) as serving:
            yield serving.address


@contextmanager
def own_durable_server(
    data: Path,
    config: Path | None,
    on_line: OnLine = lambda line: None,
    stop_timeout_s: float = STOP_TIMEOUT_S,
) -> Iterator[Serving]:
    """One that keeps the exchange in `data`. A Ctrl-C in the terminal does not reach it."""
    arguments = ["--data", str(data), *(["--config", str(config)] if config else [])]
    with _serving(arguments, on_line, stop_timeout_s, process_group=0) as serving:
        yield serving


@contextmanager
def own_server_with_page(
    data: Path | None, config: str | None, port: int, http_port: int, on_line: OnLine = lambda line: None
) -> Iterator[Serving]:
    """One at these ports, in memory if there is no `data`. A Ctrl-C in the terminal does not reach it."""
    with tempfile.TemporaryDirectory() as directory:
        arguments = ["--data", str(data)] if data else ["--in-memory"]
        if config is not None:
            path = Path(directory, "server.toml")
            path.write_text(config, encoding="utf-8")
            arguments += ["--config", str(path)]
        ports = ["--port", str(port), "--http-port", str(http_port)]
        with _serving(arguments, on_line, process_group=0, ports=ports) as serving:
            yield serving


@contextmanager
def _serving(
    arguments: list[str],
    on_line: OnLine,
    stop_timeout_s: float = STOP_TIMEOUT_S,
    process_group: int | None = None,
    ports: Sequence[str] = ("--port", "0", "--no-http"),
) -> Iterator[Serving]:
    command = [sys.executable, "-m", "lightning", "serve", *arguments]
    command += ["--host", "127.0.0.1", *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=process_group) as process:
        try:
            yield _wait_for_address(process, on_line)
        finally:
            _stop(process, stop_timeout_s)


def _wait_for_address(process: "subprocess.Popen[str]", on_line: OnLine) -> Serving:
    assert process.stdout is not None
    page = ""
    for line in process.stdout:
        if line.startswith(LISTENING):
            return Serving(line.removeprefix(LISTENING).strip(), process.pid, page)
        if line.startswith(PAGE):
            page = line.removeprefix(PAGE).strip()
        on_line(line.rstrip("\n"))
    raise OwnServerError(f"the server ended with exit code {process.wait()} before it answered")


def _stop(process: "subprocess.Popen[str]", timeout_s: float) -> None:
    process.terminate()
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
