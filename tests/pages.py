"""Pages of the repository in Markdown: their blocks, and the commands and paths that they name."""

import re
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import typer.main
from typer.core import TyperGroup

from benchmarks.__main__ import arguments_of
from lightning.cli.app import app

ROOT = Path(__file__).resolve().parent.parent
OWN_FOLDERS = ("benchmarks", "docs", "examples", "lightning", "notebooks", "proto", "tests", "tools")


class Block(NamedTuple):
    """A fenced block."""

    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def code_spans(page: Path) -> list[str]:
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page.read_text(encoding="utf-8"))


def command_lines(page: Path) -> list[str]:
    """Lines of shell blocks, and code spans."""
    lines = [line for block in blocks(page) if block.language == "sh" for line in block.text.splitlines()]
    return lines + code_spans(page)


def commands(page: Path) -> list[list[str]]:
    """What is written from `./run` or `lightning` on, in blocks and in the text."""
    words = [shlex.split(line) for line in command_lines(page) if re.match(r"(\./run|lightning) ", line)]
    return [line[1:] if line[:2] == ["./run", "lightning"] else line for line in words]


def modules_run(page: Path) -> list[str]:
    """The modules of `python -m ...` that are this repository's."""
    found = [re.search(r"\bpython -m ([\w.]+)", line) for line in command_lines(page)]
    return [one[1] for one in found if one is not None and one[1].partition(".")[0] in OWN_FOLDERS]


def paths(page: Path) -> list[str]:
    """Links and code spans that look like files of the repository; what begins with _ is made, not kept."""
    text = page.read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\((?!https?:)([^)#]+)", text)]
    path = re.compile(rf"({'|'.join(OWN_FOLDERS)})/(?!_)[\w./-]*")
    named = [span for span in code_spans(page) if path.fullmatch(span)]
    return [str(page.parent / link) for link in links] + [str(ROOT / name) for name in named]


def command_line() -> TyperGroup:
    group = typer.main.get_group(app)
    assert isinstance(group, TyperGroup)
    return group


def own_commands_of_run() -> set[str]:
    script = (ROOT / "run").read_text(encoding="utf-8")
    return set(re.findall(r"^(\w+)\)$", script, re.MULTILINE))


def assert_commands_exist(page: Path) -> None:
    """Every command that the page names is there, and has the options that it is given."""
    for program, name, *arguments in commands(page):
        if program == "./run" and name in own_commands_of_run():
            check_arguments_of_run(
                name, [word for word in arguments if word.strip("[].") not in ("PART", "NAME", "")]
            )
            continue
        assert name in command_line().commands, f"{page.name}: {program} {name}"
        options = {option for param in command_line().commands[name].params for option in param.opts}
        assert {word for word in arguments if word.startswith("--")} <= options, f"{page.name}: {name}"
    for module in modules_run(page):
        assert find_spec(module) is not None, f"{page.name}: python -m {module}"


def check_arguments_of_run(name: str, arguments: list[str]) -> None:
    if name == "bench" and arguments != ["--help"]:
        arguments_of(arguments)  # it ends with an error for what it does not know
    elif name == "notebook":
        assert all(list((ROOT / "notebooks").glob(f"{one}.*")) for one in arguments), arguments
    else:
        assert name == "bench" or not arguments, (name, arguments)
