"""The habits of STYLE that a machine can check."""

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "lightning"
GENERATED = PACKAGE / "pb"
SCRIPTS = Path(sys.executable).parent

LINES_MAX = 450
KERNEL_LINES_MAX = 320

INTEGERS_ONLY = [
    *(path for path in (PACKAGE / "kernels").glob("*.py") if path.name != "kernel.py"),  # which only compiles
    PACKAGE / "decimals.py",
    PACKAGE / "instruments.py",
]

SOURCES = [
    path
    for folder in ("lightning", "tools", "examples", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if GENERATED not in path.parents
]

TEXT_SUFFIXES = {"", ".cfg", ".ini", ".json", ".md", ".proto", ".py", ".pyi", ".toml", ".txt", ".yml"}

PLACES_OF_ONE_MACHINE = re.compile(
    r"(?<![\w.~-])/(?:work|root|tmp|home)/"
    r"|(?:pypi|pythonhosted|npmjs|maven|golang)\.(?:org|com)\b"
)
SHARED_BESIDE = re.compile(r"\.\./shared")

DEAD_UNLESS_IMPORTED = [
    path for path in SOURCES if PACKAGE in path.parents and path.stem not in ("__init__", "__main__")
]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def project_files() -> Iterator[Path]:
    """What git would commit: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return (path for path in paths if path.is_file() and path.suffix in TEXT_SUFFIXES)


def floats_and_divisions(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            number = token.type == tokenize.NUMBER and not re.fullmatch(
                r"[0-9][0-9_]*|0[xXbBoO][\w]+", token.string
            )
            division = token.type == tokenize.OP and token.string in ("/", "/=")
            name = token.type == tokenize.NAME and re.fullmatch(r"float\d*|f4|f8|Decimal", token.string)
            if number or division or name:
                yield f"line {token.start[0]}: {token.string}"


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{relative(path)} imports relatively"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", INTEGERS_ONLY, ids=relative)
def test_no_float_and_no_true_division_where_money_is_counted(path: Path) -> None:
    assert list(floats_and_divisions(path)) == []


def test_the_float_check_sees_floats(tmp_path: Path) -> None:
    source = tmp_path / "sample.py"
    source.write_text(
        '"""1.5 / 2"""\na = 0x1E + 1_000 // 2  # 0.5\nb = 1.5\nc = 1e3\nd = a / 2\ne = float(a)\n'
    )
    assert [found.split(":")[0] for found in floats_and_divisions(source)] == [
        f"line {n}" for n in (3, 4, 5, 6)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_files_are_small(path: Path) -> None:
    most = KERNEL_LINES_MAX if path.parent.name == "kernels" else LINES_MAX
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= most


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    found = []
    for path in project_files():
        text = path.read_text(encoding="utf-8")
        in_ci = relative(path).startswith(".ci/")
        if PLACES_OF_ONE_MACHINE.search(text) or (SHARED_BESIDE.search(text) and not in_ci):
            found.append(relative(path))
    assert found == []


def test_no_module_is_dead() -> None:
    imported = {name for path in SOURCES for name in imported_modules(path)}
    imported.add("lightning.cli")  # the console script
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in DEAD_UNLESS_IMPORTED}
    assert [module for module in modules if module not in imported] == []


@pytest.mark.parametrize(
    "command",
    [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"], ["lint-imports"]],
    ids=" ".join,
)
def test_the_checkers_agree(command: list[str]) -> None:
    run = subprocess.run(
        [SCRIPTS / command[0], *command[1:]], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
