"""Many connections to one server."""

import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from benchmarks import connections
from benchmarks.__main__ import main
from benchmarks.durability import server_process
from benchmarks.process import descriptors


def test_connections_are_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number in (("CONNECTIONS", 20), ("HEARTBEAT_S", 0.2), ("ORDERS", 20)):
        monkeypatch.setattr(connections, name, number)
    monkeypatch.setenv("COLUMNS", "200")
    main(["connections", "--directory", str(tmp_path)])
    printed = capsys.readouterr().out
    for words in (
        "KB a connection",
        "descriptors",
        "order p50 us",
        "keepalive alone",
        "heartbeats, 0 failed",
    ):
        assert words in printed
    assert list(tmp_path.iterdir()) == []


@contextmanager
def descriptor_limit(most: int) -> Iterator[None]:
    """For what is started within, unless it raises its own."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_server_takes_more_connections_than_its_shell_allows_descriptors() -> None:
    with ExitStack() as running:
        with descriptor_limit(128):
            server = running.enter_context(server_process("--in-memory"))
        client = running.enter_context(connections.Client(server.address, 200, heartbeat_s=60))
        client.wait()
        assert descriptors(server.pid) > 200
        assert client.end().failed == 0
