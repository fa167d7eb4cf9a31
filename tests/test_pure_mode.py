"""C4: the kernels as plain Python, where an overflow raises, and compiled with every index checked.

Each exchange has a secret of its own, which decides where index rows lie; it must not matter either.
"""

from pathlib import Path

from tests import played
from tests.played import Play, describe_differences

PURE = {"NUMBA_DISABLE_JIT": "1"}
CHECKED = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_OPT": "1"}
"""Compiled anew, into a cache of its own; hardly optimised, which is quicker in all."""
PLAYS = [
    Play("edges", 4_000),
    Play("scarce", 3_000, shards=1),
    Play("money", 3_000, shards=5),
    Play("symbols", 3_000),
    Play("matching", 2_000),
    Play("fees", 2_000, workers=2),
    Play("self_trade", 1_500),
    Play("storm", 1_500, workers=2),
]


def test_plain_python_and_compiled_kernels_are_equal(tmp_path: Path) -> None:
    assert sum(play.commands for play in PLAYS) == 20_000
    assert describe_differences(PLAYS, tmp_path, PURE) == []


def test_no_index_is_out_of_bounds(tmp_path: Path) -> None:
    assert describe_differences(played.CHECKED, tmp_path, CHECKED) == []
