"""`.. public:: PACKAGE` documents what a package's `__all__` names, under the files that it comes from.

`.. classes:: MODULE` documents the classes that a module defines.
"""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
from docutils import nodes
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

from tools.site.markup import to_rst


class PublicName(NamedTuple):
    name: str
    home: str
    """The module that defines it."""
    at_home: str
    """What it is called there."""


def public_names(package: ModuleType) -> list[PublicName]:
    """In the order of the imports of its `__init__.py`, then what is defined there."""
    assert package.__file__ is not None
    source = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in ast.walk(source)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    here = {name: (package.__name__, name) for name in package.__all__}
    order = [*imported, *(name for name in here if name not in imported)]
    return [PublicName(name, *(imported | here | imported)[name]) for name in order if name in here]


class Public(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        package = import_module(self.arguments[0])
        self.env.note_dependency(str(package.__file__))
        return self.parse_text_to_nodes("\n".join(_page(package)), allow_section_headings=True)


def _page(package: ModuleType) -> Iterator[str]:
    """reStructuredText: the package's docstring, then a section for each file."""
    yield from [f".. automodule:: {package.__name__}", "   :no-members:", ""]
    homes: dict[str, list[PublicName]] = {}
    for one in public_names(package):
        homes.setdefault(one.home, []).append(one)
    for home, names in homes.items():
        if home != package.__name__:
            title = home.rpartition(".")[2].replace("_", " ").capitalize()
            yield from ["", title, "-" * len(title), ""]
            yield from [f".. automodule:: {home}", "   :no-members:", "   :no-index:", ""]
        for one in names:
            yield from _entry(package.__name__, one, getattr(package, one.name))


def _entry(package: str, one: PublicName, value: object) -> Iterator[str]:
    target = f"{package}.{one.name}"
    if one.name.startswith("__"):
        return
    if inspect.ismodule(value):
        yield f"- :py:mod:`{value.__name__}`"
    elif isinstance(value, np.dtype):
        yield from [f".. row:: {one.home} {one.at_home}", f"   :public: {package} {one.name}"]
    elif inspect.isclass(value):
        yield from _class(target, value)
    elif callable(value):
        yield f".. autofunction:: {target}"
    else:
        yield from _constant(package, one)
    yield ""


def _constant(package: str, one: PublicName) -> list[str]:
    """With what stands below it, not with what its type says."""
    below = ModuleAnalyzer.for_module(one.home).find_attr_docs().get(("", one.at_home), [])
    entry = [f".. py:currentmodule:: {package}", "", f".. py:data:: {one.name}", ""]
    return [*entry, *(f"   {line}" for line in to_rst(below))]


def _class(target: str, value: type) -> list[str]:
    kind = "autoexception" if issubclass(value, BaseException) else "autoclass"
    return [f".. {kind}:: {target}", *_members(value)]


def _members(value: type) -> list[str]:
    """Options: all that is ours; of a NamedTuple's fields, which its signature lists, those explained."""
    fields: tuple[str, ...] = getattr(value, "_fields", ())
    if not fields:
        others = [base.__name__ for base in value.__mro__ if not base.__module__.startswith("lightning.")]
        return ["   :members:", f"   :inherited-members: {', '.join(others)}"]
    explained = ModuleAnalyzer.for_module(value.__module__).find_attr_docs()
    shown = [name for name in fields if (value.__qualname__, name) in explained]
    shown += [name for name in vars(value) if not name.startswith("_") and name not in fields]
    return [f"   :members: {', '.join(shown)}"] if shown else ["   :no-members:"]


class Classes(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        module = import_module(self.arguments[0])
        self.env.note_dependency(str(module.__file__))
        lines = [f".. automodule:: {module.__name__}", "   :no-members:", ""]
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_"):
                lines += [*_class(f"{module.__name__}.{name}", value), ""]
        return self.parse_text_to_nodes("\n".join(lines))
