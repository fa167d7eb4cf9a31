"""What `import lightning` gives, and what it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

import lightning

ROOT = Path(__file__).resolve().parent.parent


def test_the_public_names() -> None:
    assert lightning.__all__ == ["COMMAND", "EVENT", "Command", "Event", "Exchange", "__version__", "codes"]
    assert all(getattr(lightning, name) is not None for name in lightning.__all__)
    with pytest.raises(AttributeError, match="module 'lightning' has no attribute 'Exchnage'"):
        lightning.Exchnage  # noqa: B018


def test_importing_lightning_imports_neither_numpy_nor_numba_nor_grpc() -> None:
    code = "import sys, lightning; print(sorted({'numpy', 'numba', 'grpc'} & sys.modules.keys()))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert run.stdout == "[]\n"


def test_the_changelog_begins_with_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.split("\n## ")[1].startswith(f"{lightning.__version__}\n")
