"""What README.md says is so: its commands exist, its calls have its answers, its examples run."""

import json
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import grpc
import pytest
from google.protobuf.json_format import MessageToDict, Parse
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from lightning.client.own_server import own_server
from lightning.config import load_config
from lightning.pb.schema import lightning_pb2 as pb
from tests.pages import (
    ROOT,
    assert_commands_exist,
    blocks,
    code_spans,
    command_line,
    commands,
    paths,
)

READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
BUILT_IN_CONFIG = ""


class Call(NamedTuple):
    method: str
    request: str
    answer: dict[str, object]


def blocks_in(language: str) -> list[str]:
    return [block.text for block in blocks(READMES[0]) if block.language == language]


def calls() -> list[Call]:
    """Each grpcurl line with the answer that stands below it."""
    found = []
    for command, answer in zip(blocks(READMES[0]), blocks(READMES[0])[1:], strict=False):
        if command.language == "sh" and command.text.startswith("grpcurl "):
            assert answer.language == "json", command.text
            words = shlex.split(command.text)
            assert words[1:4] == ["-plaintext", "-emit-defaults", "-d"]
            found.append(Call(words[6], words[4], json.loads(answer.text)))
    return found


def without_time_and_nulls(answer: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in answer.items() if key != "timestamp" and value is not None}


def test_both_readmes_have_the_same_blocks() -> None:
    english, chinese = map(blocks, READMES)
    assert chinese == english


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.name)
def test_every_command_exists_with_its_options(readme: Path) -> None:
    named = commands(readme)
    assert {"serve", "warm", "replay", "test", "check", "bench", "proto", "docs"} <= {
        words[1] for words in named
    }
    assert ["lightning", "bench"] in [words[:2] for words in named]
    assert_commands_exist(readme)


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.name)
def test_options_and_paths_in_the_text_exist(readme: Path) -> None:
    options = {
        option
        for command in command_line().commands.values()
        for param in command.params
        for option in param.opts
    }
    assert {span.split()[0] for span in code_spans(readme) if span.startswith("--")} <= options
    assert [path for path in paths(readme) if not Path(path).exists()] == []


def test_the_configuration_shown_is_valid_and_names_every_key() -> None:
    (text,) = blocks_in("toml")
    config = load_config(tomllib.loads(text))
    assert config.server == load_config().server
    assert config.limits == load_config().limits
    for key in (
        "maker_fee_ppm",
        "min_quantity",
        "max_quantity",
        "min_notional",
        "status",
        "order_fee_ppm_min",
    ):
        assert key in text


def test_the_library_example_prints_what_stands_below_it() -> None:
    (example,) = blocks_in("python")
    (printed,) = blocks_in("text")
    run = subprocess.run(
        [sys.executable, "-c", example], cwd=ROOT, check=True, capture_output=True, text=True, timeout=300
    )
    assert run.stdout == printed


def test_every_call_has_the_answer_that_stands_below_it() -> None:
    methods = pb.DESCRIPTOR.services_by_name["Lightning"].methods_by_name
    named = [call.method for call in calls()]
    assert set(named) == {f"schema.Lightning/{name}" for name in methods}
    with own_server(BUILT_IN_CONFIG) as address, grpc.insecure_channel(address) as channel:
        for call in calls():
            method = methods[call.method.rpartition("/")[2]]
            invoke: grpc.UnaryUnaryMultiCallable[Message, Message] = channel.unary_unary(
                f"/{call.method}",
                request_serializer=lambda request: request.SerializeToString(),
                response_deserializer=GetMessageClass(method.output_type).FromString,
            )
            response = invoke(Parse(call.request, GetMessageClass(method.input_type)()), timeout=30)
            answer = MessageToDict(response, always_print_fields_with_no_presence=True)
            assert without_time_and_nulls(answer) == without_time_and_nulls(call.answer), call
