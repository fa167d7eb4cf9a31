"""Generate `lightning/pb` from `proto/`: `python -m tools.proto`.

proto/*.proto becomes `lightning.pb.schema`, proto/lightning/v1/*.proto becomes `lightning.pb.v1`.
"""

import re
import shutil
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
TARGET = ROOT / "lightning" / "pb"
PACKAGES = {"schema": PROTO, "v1": PROTO / "lightning" / "v1"}
DOCSTRINGS = {
    "": "Generated protobuf code: `python -m tools.proto` writes it.",
    "schema": "Generated from proto/*.proto.",
    "v1": "Generated from proto/lightning/v1/*.proto.",
}

_IMPORTS = (
    (re.compile(r"^from lightning\.v1 import", re.MULTILINE), "from lightning.pb.v1 import"),
    (
        re.compile(r"^import (lightning|management)_pb2 as", re.MULTILINE),
        r"from lightning.pb.schema import \1_pb2 as",
    ),
)


def generate(target: Path) -> None:
    """Write the packages `schema` and `v1` below `target`; what they held before is gone."""
    for name, folder in PACKAGES.items():
        shutil.rmtree(target / name, ignore_errors=True)
        (target / name).mkdir(parents=True)
        with tempfile.TemporaryDirectory() as raw:
            _compile(sorted(folder.glob("*.proto")), raw)
            for path in sorted(Path(raw).rglob("*.py*")):
                if not path.name.endswith("types_pb2_grpc.py"):  # has no service
                    (target / name / path.name).write_text(_importable(path.read_text()))
    for name, line in DOCSTRINGS.items():
        (target / name / "__init__.py").write_text(f'"""{line}"""\n')


def _compile(sources: list[Path], out: str) -> None:
    well_known = files("grpc_tools") / "_proto"
    options = [
        f"-I{PROTO}",
        f"-I{well_known}",
        f"--python_out={out}",
        f"--pyi_out={out}",
        f"--grpc_python_out={out}",
    ]
    if protoc.main(["protoc", *options, *map(str, sources)]) != 0:
        raise SystemExit("protoc failed")


def _importable(text: str) -> str:
    for pattern, replacement in _IMPORTS:
        text = pattern.sub(replacement, text)
    return text


if __name__ == "__main__":
    generate(TARGET)
    sys.stdout.write(f"{TARGET.relative_to(ROOT)} is current\n")
