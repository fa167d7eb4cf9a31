"""`docs/client.md` names every call, and lists every column; it is run by tests/test_docs.py."""

import re
from pathlib import Path

from lightning.client import Client, errors
from lightning.client.frames import COLUMNS
from lightning.client.sync import Admin

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "client.md").read_text(encoding="utf-8")


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
