"""The asv suite runs, each benchmark once; what it measures is not looked at."""

import json
import math
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

import pytest

from benchmarks import publish
from lightning.kernels.kernel import cache_directory

ONLY_WHEN_ASKED = ["start.Cold.time_compile 'all'"]
"""Left out unless the environment asks for them."""

Row = Sequence[Sequence[float | None] | Sequence[Sequence[str]] | None]
"""Of a benchmark in asv's file: a value for each combination of parameters, and the parameters; and more."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where asv keeps what it knows of the machine; the compiled kernels stay where they are."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(Path(cache_directory()).parent))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(publish.ROOT))
    monkeypatch.delenv("LIGHTNING_BENCH_COLD", raising=False)
    return tmp_path


def without_a_figure(benchmarks: Sequence[str], results: Mapping[str, Row]) -> list[str]:
    found = [name for name in benchmarks if name not in results]
    for name, (values, params, *_) in results.items():
        of_each = list(product(*(params or [])))
        for one, value in zip(of_each, values or [None] * len(of_each), strict=True):
            if not isinstance(value, float | int) or math.isnan(value):
                found.append(" ".join([name, *map(str, one)]))
    return found


def test_every_benchmark_gives_a_figure(home: Path) -> None:
    config = publish.config_in(home)
    publish.run(config, ["--quick"])
    benchmarks = json.loads((home / "results" / "benchmarks.json").read_text())
    (kept,) = home.glob("results/*/*-existing-*.json")
    results = json.loads(kept.read_text())
    assert results["result_columns"][:2] == ["result", "params"]
    names = [name for name in benchmarks if name != "version"]
    assert len(names) > 25
    assert without_a_figure(names, results["results"]) == ONLY_WHEN_ASKED

    publish.asv(config, "publish")
    assert (home / "html" / "index.html").is_file()


def test_a_benchmark_without_a_figure_is_found() -> None:
    results: dict[str, Row] = {
        "fine": [[0.5], []],
        "one of two": [[0.5, None], [["1", "2"]]],
        "neither": [None, [["1"], ["a", "b"]]],
        "no number": [[math.nan], []],
    }
    assert without_a_figure(["fine", "absent"], results) == [
        "absent",
        "one of two 2",
        "neither 1 a",
        "neither 1 b",
        "no number",
    ]
