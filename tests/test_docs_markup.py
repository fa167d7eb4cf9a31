"""Docstrings, rows and public names as the site shows them."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tools.site.markup import to_rst
from tools.site.public_names import PublicName, public_names
from tools.site.rows import read_row


def rst(text: str) -> str:
    return "\n".join(to_rst(text.splitlines())).strip()


def test_what_is_named_becomes_a_list_of_definitions() -> None:
    assert rst("by, edges : (k,) ascending,\n    ticks\nhorizon_ns : how long") == (
        "``by``, ``edges``\n    (k,) ascending, ticks\n\n``horizon_ns``\n    how long"
    )


def test_several_of_one_line_become_several() -> None:
    assert rst("bins : classes; rounds : many; few") == "``bins``\n    classes\n\n``rounds``\n    many; few"


def test_sentences_behind_what_is_named_stand_alone() -> None:
    text = (
        "request_id : once only, and asked again until it is\nanswered\nRaises Rejected.\nDefinition: of old."
    )
    assert rst(text).split("\n\n") == [
        "``request_id``\n    once only, and asked again until it is answered",
        "Raises Rejected.",
        "Definition: of old.",
    ]


def test_code_becomes_a_reference_or_stays_as_it_is() -> None:
    assert rst("As `book.at`, of `*_ticks`.") == r"As \ :py:obj:`book.at`\ , of \ ``*_ticks``\ ."


def test_what_is_markup_elsewhere_is_none_here() -> None:
    assert rst(r"2 * sign * |x_| of **all** \n, e_n::") == r"2 \* sign \* \|x\_\| of \*\*all\*\* \\n, e_n\::"


@pytest.mark.parametrize(
    "block",
    ["    market = open()\n    market.book(1)", "rows = flow.rows     everything\nmid(rows)     its mid"],
)
def test_what_is_indented_or_aligned_stays_as_it_is(block: str) -> None:
    kept = "\n".join(f"    {line}" for line in block.splitlines())
    assert rst(f"Two lines\nof it.\n\n{block}\n\nMore.") == f"Two lines of it.\n\n::\n\n{kept}\n\nMore."


def test_bullets() -> None:
    assert rst("- one,\n  still\n- two") == "- one, still\n\n- two"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    folder = tmp_path / "some_package"
    folder.mkdir()
    (folder / "rows.py").write_text(
        "import numpy as np\n"
        "ROW = np.dtype(\n"
        "    [\n"
        '        ("price", "<i8"),  # ticks\n'
        '        ("side", "u1"),\n'
        '        ("pad", "u1", (7,)),\n'
        "    ]\n"
        ")\n"
        '"""What stands in a row."""\n'
    )
    (folder / "__init__.py").write_text(
        'from some_package.rows import ROW as LINE\n__all__ = ["LINE", "here"]\ndef here() -> None: ...\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    imported = __import__("some_package")
    monkeypatch.delitem(sys.modules, "some_package")
    monkeypatch.delitem(sys.modules, "some_package.rows")
    return imported


def test_a_row_is_documented_by_the_comments_beside_its_columns(module: ModuleType) -> None:
    assert isinstance(module.LINE, np.dtype)
    columns, docstring = read_row("some_package.rows", "ROW")
    assert [tuple(column) for column in columns] == [("price", "int64", 0, "ticks"), ("side", "uint8", 8, "")]
    assert docstring == "What stands in a row."


def test_public_names_are_those_of_all_with_the_files_they_come_from(module: ModuleType) -> None:
    assert public_names(module) == [
        PublicName("LINE", "some_package.rows", "ROW"),
        PublicName("here", "some_package", "here"),
    ]
