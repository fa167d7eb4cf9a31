"""Docstrings as they are written here, as reStructuredText.

`code` in backticks; lines "name : what it is"; lines that begin with Raises, Returns or Definition;
bullets; blocks that are indented or aligned by runs of spaces, which stay as they are. No other markup.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

_NAMED = re.compile(r"(\*{0,2}\w+(?:, \*{0,2}\w+)*) : (.*)")
_NEXT = re.compile(r"; (?=\w+ : )")
_LEAD = re.compile(r"(?:Raises|Returns|Definitions?|Source)\b")
_BULLET = "- "
_ALIGNED = re.compile(r"\S {3,}\S")
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_MARKS = re.compile(r"[\\*|]|_(?!\w)|:(?=:)|`")


def to_rst(lines: Sequence[str]) -> list[str]:
    """A docstring whose common indentation is gone already."""
    blocks = [list(block) for blank, block in groupby(lines, lambda line: not line.strip()) if not blank]
    return [line for block in blocks for line in _block(block)]


def _block(lines: list[str]) -> Iterator[str]:
    aligned = sum(bool(_ALIGNED.search(line)) for line in lines) > 1
    if aligned or all(line.startswith(" ") for line in lines):
        yield from ["::", "", *(f"    {line}" for line in lines), ""]
        return
    for unit in _units(lines):
        if _NAMED.fullmatch(unit):
            yield from _definitions(unit)
        elif unit.startswith(_BULLET):
            yield from [f"- {inline(unit.removeprefix(_BULLET))}", ""]
        else:
            yield from [inline(unit), ""]


def _units(lines: list[str]) -> Iterator[str]:
    """What belongs together, each on one line."""
    unit = ""
    for line in lines:
        if unit and _begins(line, unit):
            yield unit
            unit = ""
        unit = f"{unit} {line.strip()}".strip()
    yield unit


def _definitions(unit: str) -> Iterator[str]:
    """Those of "name : what; other : what", one after the other."""
    for part in _NEXT.split(unit):
        named = _NAMED.fullmatch(part)
        assert named is not None
        names = ", ".join(f"``{name}``" for name in named[1].split(", "))
        yield from [names, f"    {inline(named[2])}", ""]


def _begins(line: str, before: str) -> bool:
    if line.startswith(" "):
        return False
    if _NAMED.fullmatch(line) or _LEAD.match(line) or line.startswith(_BULLET):
        return True
    return bool(_NAMED.fullmatch(before) or before.startswith(_BULLET)) and line[0].isupper()


def inline(text: str) -> str:
    """One line, with names in backticks as references."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one that is never closed
        return _plain(text)
    return "".join(_code(part) if place % 2 else _plain(part) for place, part in enumerate(parts))


def _plain(text: str) -> str:
    return _MARKS.sub(lambda found: f"\\{found[0]}", text)


def _code(text: str) -> str:
    """An escaped space on either side: what stands next to it need not be a space."""
    return rf"\ :py:obj:`{text}`\ " if _NAME.fullmatch(text) else rf"\ ``{text}``\ "
