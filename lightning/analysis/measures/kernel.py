"""`@kernel`, `@entry`: how the measures' kernels are compiled, and where their machine code is cached.

As the engine's are (`lightning/kernels/kernel.py`), in a directory named by a hash of these sources and of
the engine's, since numba does not notice an edit in a callee that lives in another file. Nothing is
compiled before it is called.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import config

from lightning.kernels.kernel import cache_directory

F = TypeVar("F", bound=Callable[..., object])


def _directory() -> str:
    engine = Path(cache_directory())
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return str(engine.with_name(f"{engine.name}-measures-{digest.hexdigest()[:16]}"))


_CACHE = _directory()


def _compile(function: F, **options: bool) -> F:
    settings: Any = config
    compiler: Any = numba.njit
    before = settings.CACHE_DIR
    settings.CACHE_DIR = _CACHE
    try:
        # no reference counting: kernels write into arrays that they are given
        compiled: F = compiler(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True, **options)(function)
    finally:
        settings.CACHE_DIR = before
    return compiled


def kernel(function: F) -> F:
    """A part of kernels, always inlined; only kernels call it."""
    return _compile(function, forceinline=True, no_cpython_wrapper=True)


def entry(function: F) -> F:
    """A kernel that Python calls."""
    return _compile(function)
