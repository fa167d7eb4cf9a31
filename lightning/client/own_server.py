"""A server of one's own: a subprocess on a free port of this machine, stopped when it is no longer needed."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LISTENING = "listening on "
"""What `lightning serve` prints before its address, at the start of a line, once it answers."""
STOP_TIMEOUT_S = 30


class OwnServerError(Exception):
    """The server did not start; what it had to say went to stderr."""


@contextmanager
def own_server(config: str, on_line: Callable[[str], None] = lambda line: None) -> Iterator[str]:
    """Yields HOST:PORT. `config` is TOML text; `on_line` gets what the server prints until it answers."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "server.toml")
        path.write_text(config, encoding="utf-8")
        command = [sys.executable, "-m", "lightning", "serve", "--config", str(path)]
        command += ["--host", "127.0.0.1", "--port", "0", "--in-memory"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield _wait_for_address(process, on_line)
            finally:
                _stop(process)


def _wait_for_address(process: "subprocess.Popen[str]", on_line: Callable[[str], None]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(LISTENING):
            return line.removeprefix(LISTENING).strip()
        on_line(line.rstrip("\n"))
    raise OwnServerError(f"the server ended with exit code {process.wait()} before it answered")


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
