"""One JavaScript module out of several files: what anywidget takes is one text.

Of the language of modules this knows what the page's files use: `import { a, b as c } from "./file.js"`,
`import sheet from "./file.css" with { type: "css" }`, and `export` before a declaration. Each file becomes a
function that runs once and returns what it exports, so no two files see each other's names.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_IMPORT = re.compile(r'^import \{([^}]+)\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_STYLES = re.compile(r'^import (\w+) from "\./([\w-]+\.css)" with \{ type: "css" \};\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_UNKNOWN = re.compile(r"^(?:import\b|export\b).*", re.MULTILINE)


class ModuleError(ValueError):
    """A file that is not there, imports in a circle, or says import or export in another way."""


def compose(entry: str, directories: Sequence[Path]) -> str:
    """The module `entry` with everything that it imports; what it exports is the result's default export.

    directories : where its files are looked for, in this order; raises ModuleError
    """
    parts: dict[str, str] = {}
    _gather(entry, directories, parts, ())
    return "\n".join([*parts.values(), f"export default {_name(entry)};\n"])


def _gather(file: str, directories: Sequence[Path], parts: dict[str, str], above: tuple[str, ...]) -> None:
    """The file's text into `parts`, behind those of what it imports."""
    if file in above:
        raise ModuleError(f"{' imports '.join([*above, file])}: a circle")
    text = _read(file, directories)
    if file.endswith(".css"):
        parts[file] = _sheet(file, text)
        return
    for imported in _imported(text):
        _gather(imported, directories, parts, (*above, file))
    parts[file] = _function(file, text)


def _read(file: str, directories: Sequence[Path]) -> str:
    for directory in directories:
        path = directory / file
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise ModuleError(f"there is no {file} in {', '.join(map(str, directories))}")


def _imported(text: str) -> Iterator[str]:
    for pattern in (_STYLES, _IMPORT):
        yield from (found[2] for found in pattern.finditer(text))


def _sheet(file: str, text: str) -> str:
    return f"const {_name(file)} = new CSSStyleSheet();\n{_name(file)}.replaceSync({json.dumps(text)});\n"


def _function(file: str, text: str) -> str:
    exported = [found[1] for found in _EXPORT.finditer(text)]
    body = _EXPORT.sub("", _STYLES.sub(_styles, _IMPORT.sub(_names, text)))
    unknown = _UNKNOWN.search(body)
    if unknown:
        raise ModuleError(f"{file}: {unknown[0]!r} is not understood")
    return f"const {_name(file)} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();\n"


def _names(found: re.Match[str]) -> str:
    wanted = found[1].replace(" as ", ": ")
    return f"const {{{wanted}}} = {_name(found[2])};\n"


def _styles(found: re.Match[str]) -> str:
    return f"const {found[1]} = {_name(found[2])};\n"


def _name(file: str) -> str:
    return "file_" + re.sub(r"\W", "_", file)
