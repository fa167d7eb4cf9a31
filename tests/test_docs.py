"""The site: it is built without a warning, has every page and every public name, and what it says runs."""

import ast
import contextlib
import io
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

import lightning
from tests.conftest import StartServer
from tests.pages import ROOT, Block, assert_commands_exist, blocks, paths
from tools.site.public_names import public_names

DOCS = ROOT / "docs"
PAGES = [ROOT / "ARCHITECTURE.md", *sorted(DOCS.glob("*.md"))]
GUIDES = [page for page in PAGES if any(block.language == "python" for block in blocks(page))]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.md"))
SERVER = "localhost:50051"
"""What a guide calls the server that it talks to."""

PUBLIC = ("lightning.client", "lightning.analysis", "lightning.simulation")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("site") / "html"
    command = [sys.executable, "-m", "tools.site", str(output)]
    run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=500)
    assert (run.returncode, run.stderr) == (0, "")
    return output


def public_packages() -> Iterator[str]:
    yield "lightning"
    for module in pkgutil.walk_packages(lightning.__path__, "lightning."):
        if module.ispkg and module.name.startswith(PUBLIC) and hasattr(import_module(module.name), "__all__"):
            yield module.name


def test_the_site_is_built_without_a_warning_and_has_every_page(site: Path) -> None:
    sources = [ROOT / "README.md", ROOT / "README.zh.md", *PAGES, *NOTEBOOKS]
    pages = [site / source.relative_to(ROOT).with_suffix(".html") for source in sources]
    assert [page for page in pages if not page.is_file()] == []
    assert 'url=docs/index.html"' in (site / "index.html").read_text(encoding="utf-8")


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="").data
    known = {name for kind, names in inventory.items() if kind.startswith("py:") for name in names}
    names = [
        f"{package}.{one.name}"
        for package in public_packages()
        for one in public_names(import_module(package))
        if one.name not in ("__version__",)
    ]
    assert {"lightning.Exchange", "lightning.COMMAND", "lightning.codes"} <= set(names)
    assert [name for name in names if name not in known] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_paths_exist(page: Path) -> None:
    assert_commands_exist(page)
    assert [path for path in paths(page) if not Path(path).exists()] == []


def python_steps(guide: Path) -> Iterator[tuple[str, str]]:
    """Each block of Python, and what stands below it as its output."""
    for block, below in pairwise([*blocks(guide), Block("", "")]):
        if block.language == "python":
            yield block.text, below.text if below.language == "text" else ""


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_the_python_of_a_guide_runs_and_prints_what_stands_below_it(
    guide: Path, start_server: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From top to bottom, in a folder of its own, against a server of its own."""
    monkeypatch.chdir(tmp_path)
    address = start_server().address if SERVER in guide.read_text(encoding="utf-8") else SERVER
    names: dict[str, object] = {"__name__": "__main__"}
    for code, expected in python_steps(guide):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(ast.parse(code.replace(SERVER, address)), guide.name, "exec"), names)
        assert printed.getvalue() == expected, code
