"""`docs/order-entry.md` lists every column where it is, and every code that it names as it is."""

import re
from enum import IntEnum
from pathlib import Path

import numpy as np
import pytest

from lightning import codes
from lightning.pb.v1 import order_entry_pb2 as pb
from lightning.rows import COMMAND, EVENT
from lightning.server import interceptors, order_entry
from lightning.server.convert.batches import KINDS

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "order-entry.md").read_text(encoding="utf-8")
COLUMN = re.compile(r"^\| `(\w+)` \| (\d) at (\d+) \|", re.MULTILINE)


def listed(title: str) -> dict[str, tuple[int, int]]:
    part = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return {name: (int(size), int(offset)) for name, size, offset in COLUMN.findall(part)}


def actual(row: np.dtype[np.void], names: list[str]) -> dict[str, tuple[int, int]]:
    assert row.fields is not None
    return {name: (row.fields[name][0].itemsize, row.fields[name][1]) for name in names}


def test_every_column_of_a_command_is_listed_where_it_is() -> None:
    assert listed("Commands") == actual(COMMAND, list(pb.CommandColumns.DESCRIPTOR.fields_by_name))


def test_every_column_of_an_event_is_listed_where_it_is() -> None:
    assert listed("Events") == actual(EVENT, list(pb.EventColumns.DESCRIPTOR.fields_by_name))


CODES: list[tuple[type[IntEnum], str]] = [
    (codes.Side, r"`side`.*"),
    (codes.OrderType, r"`type`.*"),
    (codes.TimeInForce, r"`tif`.*"),
    (codes.OrderTerms, r"`order_terms`.*"),
    (codes.EventFlag, r"REPLAYED.*"),
]


@pytest.mark.parametrize(("kind", "line"), CODES)
def test_codes_are_named_with_their_numbers(kind: type[IntEnum], line: str) -> None:
    text = "\n".join(re.findall(rf"^.*?({line})$", PAGE, re.MULTILINE))
    assert [f"{one.name} {one.value}" for one in kind if f"{one.name} {one.value}" not in text] == []


def test_the_kinds_that_clients_may_send_are_listed() -> None:
    [text] = re.findall(r"^`kind` is one of (.*)\.$", PAGE, re.MULTILINE)
    assert text == ", ".join(f"{kind.name} ({kind.value})" for kind in KINDS)


def test_limits_are_those_of_the_server() -> None:
    for limit in (order_entry.SESSION_ROWS_MAX, order_entry.ROWS_MAX):
        assert f"{limit:,}" in PAGE
    assert f"for {interceptors.WRITE_S_MAX:g} seconds" in PAGE
