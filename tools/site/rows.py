"""`.. row:: MODULE NAME` documents a structured dtype: its columns, with the comments beside them."""

import ast
import io
import tokenize
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import numpy as np
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from tools.site.markup import inline, to_rst


class Column(NamedTuple):
    name: str
    dtype: str
    offset: int
    comment: str


class Row(NamedTuple):
    columns: list[Column]
    docstring: str


def read_row(module_name: str, name: str) -> Row:
    """The dtype `name`, and what its source says about it."""
    module = import_module(module_name)
    assert module.__file__ is not None
    source = Path(module.__file__).read_text(encoding="utf-8")
    body = ast.parse(source).body
    (place,) = [place for place, node in enumerate(body) if _defined_by(node) == name]
    node, behind = body[place], body[place + 1] if place + 1 < len(body) else None
    comments = _comments(source)
    beside = {
        text.value: comments.get(text.lineno, "")
        for text in ast.walk(node)
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
    }
    dtype: np.dtype[np.void] = getattr(module, name)
    return Row([Column(*column, beside.get(column[0], "")) for column in _columns(dtype)], _text(behind))


def _defined_by(node: ast.stmt) -> str | None:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return None


def _text(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return str(node.value.value)
    return ""


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {one.start[0]: one.string.lstrip("# ") for one in tokens if one.type == tokenize.COMMENT}


def _columns(dtype: np.dtype[np.void]) -> Iterator[tuple[str, str, int]]:
    assert dtype.fields is not None and dtype.names is not None
    for name in dtype.names:
        kind, offset = dtype.fields[name][:2]
        if name not in ("pad", "reserved"):
            yield name, f"{kind.base}{list(kind.shape) if kind.shape else ''}", offset


class RowTable(SphinxDirective):
    required_arguments = 2
    option_spec = {"public": directives.unchanged}  # noqa: RUF012  # docutils declares it so

    def run(self) -> list[nodes.Node]:
        home, name = self.arguments
        module = import_module(home)
        self.env.note_dependency(str(module.__file__))
        public: list[str] = self.options.get("public", f"{home} {name}").split()
        text = _table(public[0], public[1], getattr(module, name), read_row(home, name))
        return self.parse_text_to_nodes("\n".join(text))


def _table(module: str, name: str, dtype: np.dtype[np.void], row: Row) -> Iterator[str]:
    """reStructuredText of the row that is public as `module.name`."""
    yield from [f".. py:currentmodule:: {module}", "", f".. py:data:: {name}", "   :type: numpy.dtype", ""]
    yield from (f"   {line}" for line in to_rst(row.docstring.splitlines()))
    yield from [f"   {dtype.itemsize} bytes.", ""]
    yield from ["   .. list-table::", "      :header-rows: 1", "      :align: left", ""]
    for cells in [("column", "type", "at", "what it is"), *map(_cells, row.columns)]:
        yield from (f"      {'*' if place == 0 else ' '} - {cell}" for place, cell in enumerate(cells))
    yield ""


def _cells(column: Column) -> tuple[str, str, str, str]:
    return f"``{column.name}``", column.dtype, str(column.offset), inline(column.comment)
