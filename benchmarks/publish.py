"""The asv suite run on what is installed here, and its pages made.

    ./run bench publish

Results are kept in `.asv/results` under the commit that is checked out; the pages, over all commits that
were ever measured here, are in `.asv/html`.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "asv.conf.json"


def git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def asv(config: Path, *words: str) -> None:
    subprocess.run([sys.executable, "-m", "asv", "--config", str(config), *words], check=True)


def config_in(directory: Path) -> Path:
    """The suite's configuration, with everything that asv writes in `directory`."""
    config = json.loads(CONFIG.read_text(encoding="utf-8"))
    config["repo"] = str(ROOT)
    config["benchmark_dir"] = str(ROOT / config["benchmark_dir"])
    for name in ("env", "results", "html"):
        config[f"{name}_dir"] = str(directory / name)
    path = directory / CONFIG.name
    directory.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def run(config: Path, options: Sequence[str] = ()) -> None:
    """The whole suite, in the environment of this Python, kept under the commit that is checked out.

    Raises CalledProcessError if a benchmark failed.
    """
    asv(config, "machine", "--yes")
    asv(config, "run", "--python=same", "--set-commit-hash", git("rev-parse", "HEAD"), *options)


def publish(directory: Path = ROOT / ".asv") -> Path:
    """The first page."""
    if git("status", "--porcelain"):
        print("there are changes that are not committed: the results are kept under the commit before them")
    config = config_in(directory)
    run(config)
    asv(config, "publish")
    return directory / "html" / "index.html"
