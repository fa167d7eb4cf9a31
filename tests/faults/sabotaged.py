"""pytest with a defect: `python -m tests.faults.sabotaged MODULE GOOD BAD PYTEST_ARGUMENTS...`.

The module's source has BAD in the place of GOOD when it is imported; no file is changed, so that compiled
kernels are found where they were.
"""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType

import pytest


class Saboteur(importlib.abc.MetaPathFinder):
    def __init__(self, module: str, good: str, bad: str) -> None:
        self._module, self._good, self._bad = module, good, bad

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._module:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        assert spec is not None and spec.origin is not None
        with open(spec.origin, encoding="utf-8") as file:
            source = file.read()
        assert source.count(self._good) == 1, f"{name} has not exactly one {self._good!r}"
        spec.loader = Defective(name, spec.origin, source.replace(self._good, self._bad))
        return spec


class Defective(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, name: str) -> object:  # type: ignore[override]  # a code object, without a .pyc
        return compile(self._source, self.path, "exec")


if __name__ == "__main__":
    module, good, bad, *arguments = sys.argv[1:]
    if module:
        sys.meta_path.insert(0, Saboteur(module, good, bad))
    sys.exit(pytest.main(arguments))
