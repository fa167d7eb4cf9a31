from collections.abc import Iterator

import pytest

from lightning.client import Client
from lightning.config import load_config
from tests.conftest import LOOPBACK, RunningServer, run_server


@pytest.fixture(scope="module")
def venue(warm_kernels: None) -> Iterator[RunningServer]:
    """One server for the tests of a file, which each have accounts and symbols of their own."""
    with run_server(load_config({"server": LOOPBACK})) as server:
        yield server


@pytest.fixture(scope="module")
def client(venue: RunningServer) -> Iterator[Client]:
    with Client(venue.address, timeout=20) as client:
        yield client
