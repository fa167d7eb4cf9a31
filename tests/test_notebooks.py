"""The notebooks run from their beginning to their end, and only their text is kept."""

from collections.abc import Iterator

import pytest
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from tools import notebooks

SHARED = "LIGHTNING_SHARED"
QUICK = "LIGHTNING_NOTEBOOKS_QUICK"
TAPE = "bitstamp_half_hour"
"""Of a real tape where there is one."""
KEPT_BYTES = 20_000


@pytest.fixture(autouse=True)
def quick(warm_kernels: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(QUICK, "1")


def executed(name: str) -> NotebookNode:
    notebook = notebooks.read(name)
    notebooks.execute(notebook)
    return notebook


def outputs(notebook: NotebookNode) -> Iterator[NotebookNode]:
    for cell in notebook.cells:
        yield from cell.get("outputs", ())


def printed(notebook: NotebookNode) -> str:
    return "".join(one.text for one in outputs(notebook) if one.output_type == "stream")


def shown(notebook: NotebookNode) -> list[str]:
    """The kinds of what cells showed beside text."""
    found = [kind for one in outputs(notebook) for kind in one.get("data", {})]
    return [kind for kind in found if kind.startswith("application/vnd.")]


def test_there_are_three() -> None:
    assert notebooks.names() == ["bitstamp_half_hour", "live_book", "market_making"]


@pytest.mark.parametrize("name", notebooks.names())
def test_a_notebook_runs_and_warns_of_nothing(name: str) -> None:
    notebook = executed(name)
    assert [one.text for one in outputs(notebook) if one.get("name") == "stderr"] == []
    assert len(shown(notebook)) >= 3


def test_without_the_tape_it_says_so_and_plays_one_that_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SHARED, raising=False)
    notebook = executed(TAPE)
    assert "There is no tape" in printed(notebook)
    assert "0 of 0 fills" in printed(notebook)
    assert len(shown(notebook)) >= 3


def test_a_cell_that_raises_is_told() -> None:
    notebook = new_notebook(cells=[new_code_cell("1 / 0")])
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        notebooks.execute(notebook)


@pytest.mark.parametrize("name", notebooks.names())
def test_the_text_is_all_that_is_kept(name: str) -> None:
    path = notebooks.NOTEBOOKS / f"{name}.md"
    assert path.stat().st_size < KEPT_BYTES
    assert not any(cell.get("outputs") for cell in notebooks.read(name).cells)


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(FileNotFoundError, match=r"'none'; there are: bitstamp_half_hour, live_book"):
        notebooks.read("none")
