"""What README.md says is so: its commands exist, its calls have its answers, its examples run."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import grpc
import pytest
import typer.main
from google.protobuf.json_format import MessageToDict, Parse
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from benchmarks.__main__ import arguments_of
from lightning.cli.app import app
from lightning.client.own_server import own_server
from lightning.config import load_config
from lightning.pb.schema import lightning_pb2 as pb

ROOT = Path(__file__).resolve().parent.parent
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
BUILT_IN_CONFIG = ""


class Block(NamedTuple):
    """A fenced block."""

    language: str
    text: str


class Call(NamedTuple):
    method: str
    request: str
    answer: dict[str, object]


def blocks(readme: Path) -> list[Block]:
    text = readme.read_text(encoding="utf-8")
    return [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def blocks_in(language: str) -> list[str]:
    return [block.text for block in blocks(READMES[0]) if block.language == language]


def code_spans(readme: Path) -> list[str]:
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", readme.read_text(encoding="utf-8"))


def commands(readme: Path) -> list[list[str]]:
    """What is written from `./run` or `lightning` on, in blocks and in the text."""
    lines = [line for block in blocks(readme) if block.language == "sh" for line in block.text.splitlines()]
    words = [
        shlex.split(line) for line in lines + code_spans(readme) if re.match(r"(\./run|lightning) ", line)
    ]
    return [line[1:] if line[:2] == ["./run", "lightning"] else line for line in words]


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


def own_commands_of_run() -> set[str]:
    script = (ROOT / "run").read_text(encoding="utf-8")
    return set(re.findall(r"^(\w+)\)$", script, re.MULTILINE))


def test_both_readmes_have_the_same_blocks() -> None:
    english, chinese = map(blocks, READMES)
    assert chinese == english


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.name)
def test_every_command_exists_with_its_options(readme: Path) -> None:
    command_line = typer.main.get_group(app)
    named = commands(readme)
    assert {"serve", "warm", "replay", "test", "check", "bench", "proto"} <= {words[1] for words in named}
    assert ["lightning", "bench"] in [words[:2] for words in named]
    for program, name, *arguments in named:
        if program == "./run" and name in own_commands_of_run():
            assert name == "bench" or not arguments
            arguments_of(arguments)  # it ends with an error for what it does not know
            continue
        assert name in command_line.commands, name
        options = {option for param in command_line.commands[name].params for option in param.opts}
        assert {word for word in arguments if word.startswith("--")} <= options, name


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.name)
def test_options_and_paths_in_the_text_exist(readme: Path) -> None:
    command_line = typer.main.get_group(app)
    options = {
        option
        for command in command_line.commands.values()
        for param in command.params
        for option in param.opts
    }
    spans = code_spans(readme)
    assert {span.split()[0] for span in spans if span.startswith("--")} <= options
    links = re.findall(r"\]\((?!https:)([^)]+)\)", readme.read_text(encoding="utf-8"))
    paths = [
        span
        for span in spans
        if re.fullmatch(r"(lightning|proto|tests|benchmarks|examples|tools)/[\w./]*", span)
    ]
    assert [path for path in links + paths if not (ROOT / path).exists()] == []


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
