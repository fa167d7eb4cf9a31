"""The Sphinx extension: docstrings, public names, rows, and links to folders."""

import inspect
import re
from importlib import import_module
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.inspect import signature, stringify_signature
from sphinx.util.nodes import make_refnode

from tools.site.markup import to_rst
from tools.site.public_names import Classes, Public, public_names
from tools.site.rows import RowTable

ARRAY = ["ndarray", "[", "tuple", "[", "Any", ",", "...", "]", ",", "dtype", "["]
"""The words of a type hint ahead of the dtype, which has two "]" behind it."""
ARRAY_LIKE = ["_Buffer", "|", "_SupportsArray"]
ARRAY_LIKE_END = ["|", "_NestedSequence", "[", "complex", "|", "bytes", "|", "str", "]"]
REFERENCE = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"


NOT_OURS = ("Alias for field number", "Public constructor")
"""How docstrings begin that Python and a library give to what has none."""


def rewrite_docstring(
    app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]
) -> None:
    """In place; what says nothing about the thing itself is left out."""
    first = lines[0] if lines else ""
    of_its_type = what == "attribute" and first == str(inspect.getdoc(value)).partition("\n")[0]
    generated = first.startswith((*NOT_OURS, f"{name.rpartition('.')[2]}("))
    lines[:] = [] if generated or of_its_type else to_rst(lines)


def rewrite_signature(
    app: Sphinx, what: str, name: str, value: object, options: object, text: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """A class of a library's metaclass has the signature of its own constructor; `<factory>` is no Python."""
    if isinstance(value, type) and "__init__" in vars(value) and str(text).startswith("(*args"):
        text = stringify_signature(
            signature(vars(value)["__init__"], bound_method=True),
            show_return_annotation=False,
            unqualified_typehints=True,
        )
    return text and text.replace("<factory>", "..."), returned


class ShortArrays(SphinxPostTransform):
    """In signatures, what NumPy makes of NDArray and ArrayLike has its name again."""

    default_priority = 700

    def run(self, **_: object) -> None:
        for described in self.document.findall(addnodes.desc_signature):
            for part in list(described.findall(nodes.Element)):
                _shorten_arrays(part)


def _shorten_arrays(part: nodes.Element) -> None:
    for place in reversed(range(len(part))):
        words = [child for child in part[place:] if child.astext().strip()]
        texts = [word.astext() for word in words]
        if texts[: len(ARRAY)] == ARRAY:
            dtype, close, last = words[len(ARRAY) : len(ARRAY) + 3]
            part[place : part.index(last) + 1] = [nodes.Text("NDArray"), words[1], dtype, close]
        elif texts[: len(ARRAY_LIKE)] == ARRAY_LIKE:
            ends = (
                end for end in range(len(texts) + 1) if texts[:end][-len(ARRAY_LIKE_END) :] == ARRAY_LIKE_END
            )
            part[place : part.index(words[next(ends) - 1]) + 1] = [nodes.Text("ArrayLike")]


class FolderLinks(SphinxTransform):
    """A link to a folder of the repository has nowhere to go in the site: its text stays."""

    default_priority = 5

    def apply(self) -> None:
        for link in list(self.document.findall(addnodes.pending_xref)):
            if link["reftype"] == "myst" and link["refdomain"] is None and "#" not in link["reftarget"]:
                _, path = self.env.relfn2path(link["reftarget"], self.env.docname)
                if Path(path).is_dir():
                    link.replace_self(link.children)


def resolve_public_name(
    app: Sphinx, env: BuildEnvironment, link: addnodes.pending_xref, text: nodes.TextElement
) -> nodes.Node | None:
    """Type hints name a class by where it is defined; the reference has it where it is public."""
    public = PUBLIC.get(link.get("reftarget", ""))
    if link.get("refdomain") != "py" or public is None:
        return None
    found = env.domains.python_domain.objects.get(public)
    if found is None:
        return None
    return make_refnode(app.builder, link["refdoc"], found.docname, found.node_id, [text], public)


def public_packages() -> list[str]:
    """Those that have a page in the reference."""
    pages = (page.read_text(encoding="utf-8") for page in sorted(REFERENCE.glob("*.rst")))
    return [package for page in pages for package in re.findall(r"^\.\. public:: (\S+)$", page, re.MULTILINE)]


def _public_by_home() -> dict[str, str]:
    return {
        f"{one.home}.{one.at_home}": f"{package}.{one.name}"
        for package in public_packages()
        for one in public_names(import_module(package))
    }


PUBLIC = _public_by_home()


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("public", Public)
    app.add_directive("classes", Classes)
    app.add_directive("row", RowTable)
    app.add_transform(FolderLinks)
    app.add_post_transform(ShortArrays)
    app.connect("autodoc-process-docstring", rewrite_docstring)
    app.connect("autodoc-process-signature", rewrite_signature)
    app.connect("missing-reference", resolve_public_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
