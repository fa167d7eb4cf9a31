"""Execute notebooks: `python -m tools.notebooks NAME...` writes notebooks/_out/NAME.html and NAME.ipynb.

A notebook is a text file in notebooks/, MyST Markdown as jupytext pairs it; what comes out of its cells is
not kept in the repository. Each runs from its beginning, in a kernel of its own, with notebooks/ as its
directory.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
OUTPUT = NOTEBOOKS / "_out"
CELL_TIMEOUT_S = 600
"""The first one compiles the kernels, if no start of anything has."""
START_TIMEOUT_S = 300
RENDERERS = "plotly_mimetype+notebook"
"""How figures are kept: for JupyterLab, and as HTML for a page that needs no other file."""


def names() -> list[str]:
    return sorted(path.stem for path in NOTEBOOKS.glob("*.md"))


def read(name: str) -> NotebookNode:
    """Raises FileNotFoundError."""
    path = NOTEBOOKS / f"{name}.md"
    if not path.is_file():
        raise FileNotFoundError(f"there is no notebook {name!r}; there are: {', '.join(names())}")
    notebook: NotebookNode = jupytext.read(path)
    return notebook


def execute(notebook: NotebookNode, on_cell: Callable[[int], None] = lambda place: None) -> None:
    """Cell by cell; outputs are put into the notebook. Raises CellExecutionError.

    on_cell : gets the place of each cell behind its end
    """
    client = NotebookClient(
        notebook,
        startup_timeout=START_TIMEOUT_S,
        timeout=CELL_TIMEOUT_S,
        kernel_name="python3",  # the one of this interpreter
        resources={"metadata": {"path": str(NOTEBOOKS)}},
        on_cell_executed=lambda cell, cell_index, execute_reply: on_cell(cell_index),
    )
    manager = client.create_kernel_manager()
    manager.transport_encryption = "auto"
    client.execute(env={**os.environ, "PLOTLY_RENDERER": RENDERERS})


def write(notebook: NotebookNode, name: str) -> Path:
    """Returns the path of the page."""
    OUTPUT.mkdir(exist_ok=True)
    nbformat.write(notebook, OUTPUT / f"{name}.ipynb")
    html, _ = HTMLExporter().from_notebook_node(notebook)
    page = OUTPUT / f"{name}.html"
    page.write_text(html, encoding="utf-8")
    return page


def _run(name: str) -> bool:
    """What ran is written even if a cell failed."""
    notebook = read(name)
    start_s = time.monotonic()
    try:
        execute(notebook, lambda place: print(f"\r{name}: cell {place + 1} of {len(notebook.cells)}", end=""))
    except CellExecutionError as error:
        print(f"\n{error}", file=sys.stderr)
        return False
    finally:
        page = write(notebook, name)
        print(f"\r{name}: {time.monotonic() - start_s:.0f} s, {page}")
    return True


def main() -> int:
    try:
        return 0 if all(list(map(_run, sys.argv[1:] or names()))) else 1
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
