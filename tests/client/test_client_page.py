"""`docs/client.md` is run, names every call, and lists every column."""

import contextlib
import io
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lightning.client import Client, errors
from lightning.client.frames import COLUMNS
from lightning.client.sync import Admin
from tests.conftest import RunningServer

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "client.md").read_text(encoding="utf-8")


def blocks() -> list[tuple[str, str]]:
    """Language and text of each."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def names(server: RunningServer) -> dict[str, Any]:
    return {"__name__": "client_page"}


def test_the_code_prints_what_stands_below_it(server: RunningServer, names: dict[str, Any]) -> None:
    shown = 0
    for (language, code), (below, expected) in pairwise([*blocks(), ("", "")]):
        if language != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code.replace("localhost:50051", server.address), names)
        assert printed.getvalue() == (expected if below == "text" else ""), code
        shown += 1
    assert shown >= 9


def test_every_call_is_named() -> None:
    for client in (Client, Admin):
        for name in vars(client):
            assert name.startswith("_") or name == "close" or f"`{name}`" in PAGE, name


def test_every_column_of_a_frame_is_listed() -> None:
    [table] = re.findall(r"^\| column \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`(\w+)`", re.sub(r"\| `kind` \|.*", "| `kind` |", table))) == set(COLUMNS)


def test_every_error_is_listed() -> None:
    kinds = [one for one in vars(errors).values() if isinstance(one, type)]
    for kind in kinds:
        if issubclass(kind, errors.LightningError):
            assert f"`{kind.__name__}`" in PAGE, kind
