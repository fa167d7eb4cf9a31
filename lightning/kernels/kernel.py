"""`@kernel`, `@lookup`, `@entry`: how every kernel is compiled, and where its machine code is cached.

Numba does not notice an edit in a callee that lives in another file, so the cache directory is
named by a hash of all kernel sources. `NUMBA_CACHE_DIR` moves its parent.
"""

import hashlib
import os
from pathlib import Path

import numba
from numba.core import config


def _sources():
    here = Path(__file__).parent
    return [*sorted(here.glob("*.py")), here.parent / "codes.py", here.parent / "rows.py"]


def cache_directory():
    """The directory that holds the machine code of exactly these sources and checks."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    parent = os.environ.get("NUMBA_CACHE_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "lightning"
    )
    checked = "-checked" if config.BOUNDSCHECK else ""
    return os.path.join(parent, f"kernels-{digest.hexdigest()[:16]}{checked}")


_CACHE = cache_directory()
PURE = bool(config.DISABLE_JIT)
"""Kernels run as plain Python."""


def _compile(function, **options):
    before = config.CACHE_DIR
    config.CACHE_DIR = _CACHE
    try:
        return numba.njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True, **options)(function)
    finally:
        config.CACHE_DIR = before


def kernel(function):
    """A part of kernels: always inlined, so that handing on the tables costs nothing.

    The tables are some 300 machine words; a real call would copy them all. Only kernels can call it: what
    would unpack a caller's Python objects takes half of the time to compile, and is left out.
    """
    return _compile(function, forceinline=True, no_cpython_wrapper=True)


def lookup(function):
    """A part of kernels that is called from Python, too."""
    return _compile(function, forceinline=True)


def entry(function):
    """A kernel of its own: called from Python, or rarely enough that a real call does not matter."""
    return _compile(function)
