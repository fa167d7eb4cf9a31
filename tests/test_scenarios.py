"""A1: the shared scenarios and the project's hand cases, on the oracle, in library mode, over gRPC."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from lightning.client.own_server import own_server
from lightning.config import load_config
from tests.scenario_grpc import GrpcBackend
from tests.scenario_model import Scenario, load_scenarios, make_config, scenario_config
from tests.scenario_rows import JudgedExchange, JudgedOracle, RowsBackend
from tests.scenarios import Play

FEATURES = ("stp", "post_only", "fees", "market_quote", "amend", "stop", "iceberg")
HAND_CASES = load_scenarios(Path(__file__).parent / "hand_cases", FEATURES)
SHARED_VARIABLE = "LIGHTNING_SHARED"
SHARED = os.environ.get(SHARED_VARIABLE)
SHARED_CASES = load_scenarios(Path(SHARED, "scenarios"), FEATURES) if SHARED else []
CASES = HAND_CASES + SHARED_CASES


def name_of(scenario: Scenario) -> str:
    return scenario.name


def test_shared_scenarios_are_there() -> None:
    if not SHARED:
        pytest.skip(f"{SHARED_VARIABLE} is not set: its directory holds scenarios/*.json, which were not run")
    assert len(SHARED_CASES) == 65


def test_there_are_enough_hand_cases_and_every_name_is_unique() -> None:
    assert len(HAND_CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_oracle(case: Scenario) -> None:
    config = scenario_config(case)
    Play(case, 0, RowsBackend(config, JudgedOracle(config))).run()


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_library(case: Scenario) -> None:
    config = scenario_config(case)
    Play(case, 0, RowsBackend(config, JudgedExchange(config))).run()


@pytest.fixture(scope="module")
def channel() -> Iterator[grpc.Channel]:
    """A real server with a symbol of its own for every case."""
    with own_server(to_toml(make_config(CASES))) as address, grpc.insecure_channel(address) as channel:
        yield channel


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.name for case in CASES])
def test_grpc(channel: grpc.Channel, number: int) -> None:
    symbol = load_config(make_config(CASES)).symbols[number]
    Play(CASES[number], number, GrpcBackend(channel, symbol)).run()


def to_toml(config: dict[str, object]) -> str:
    """Tables of strings and numbers only; JSON's strings are TOML's."""
    lines: list[str] = []
    for name, tables in config.items():
        assert isinstance(tables, list)
        for table in tables:
            lines.append(f"[[{name}]]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"
