"""One table of a configuration, read key by key; what is wrong is told with its line and field."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from lightning.decimals import DecimalError, Step, parse_step

Code = TypeVar("Code", bound=IntEnum)
Number = TypeVar("Number", int, Step)

Place = tuple[str, int | None, str]
"""Where a value stands: table, index in an array of tables, key. No key: the table itself."""

_HEADER = re.compile(r"\s*(\[\[?)\s*[\"']?([\w-]+)[\"']?\s*\]")
_KEY = re.compile(r"\s*[\"']?([\w-]+)[\"']?\s*=")


class ConfigError(ValueError):
    """Names the source, the line where it is known, the field, and what is allowed."""


def find_lines(text: str) -> dict[Place, int]:
    """The lines of table headers and keys in TOML `text`, of those that begin their line."""
    lines: dict[Place, int] = {}
    counts: dict[str, int] = {}
    table: str = ""
    index: int | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table, index = header[2], None
            if header[1] == "[[":
                index = counts.get(table, 0)
                counts[table] = index + 1
            lines[table, index, ""] = number
            lines.setdefault(("", None, table), number)
        elif key := _KEY.match(line):
            lines[table, index, key[1]] = number
    return lines


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a configuration comes from."""

    name: str
    lines: Mapping[Place, int]

    def error(self, place: Place, reason: str) -> ConfigError:
        table, index, key = place
        around = (place, (table, index, ""), ("", None, table))
        line = next((self.lines[near] for near in around if near in self.lines), None)
        where = f"{self.name}:{line}" if line else self.name
        owner = table if index is None else f"{table}[{index}]"
        return ConfigError(f"{where}: {'.'.join(part for part in (owner, key) if part)} {reason}")


class Table:
    """`values`, of which only `keys` are allowed.

    A reader with no default (None) raises ConfigError when its key is missing.
    """

    def __init__(
        self, origin: Origin, name: str, values: object, keys: Iterable[str], index: int | None = None
    ) -> None:
        self._origin, self._name, self._index = origin, name, index
        if not isinstance(values, Mapping):
            raise self.error("", "must be a table")
        self._values: Mapping[object, object] = values
        allowed = tuple(keys)
        for key in values:
            if key not in allowed:
                raise self.error(str(key), f"is an unknown key; allowed are {', '.join(allowed)}")

    def error(self, key: str, reason: str) -> ConfigError:
        return self._origin.error((self._name, self._index, key), reason)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def table(self, key: str, keys: Iterable[str]) -> "Table":
        """A missing one is empty."""
        return Table(self._origin, key, self._values.get(key, {}), keys)

    def tables(self, key: str, keys: Iterable[str]) -> Iterator["Table"]:
        rows = self._values.get(key, [])
        if not isinstance(rows, list | tuple):
            raise self.error(key, f"must be an array of tables: [[{key}]]")
        for index, row in enumerate(rows):
            yield Table(self._origin, key, row, keys, index)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._get(key, default)
        if not isinstance(value, str):
            raise self.error(key, f"must be text in quotes, not {value!r}")
        return value

    def integer(self, key: str, default: int | None = None) -> int:
        value = self._get(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error(key, f"must be a whole number, not {value!r}")
        return value

    def integer_between(self, key: str, lowest: int, highest: int, default: int) -> int:
        value = self.integer(key, default)
        if not lowest <= value <= highest:
            raise self.error(key, f"must be {lowest} to {highest}, not {value}")
        return value

    def truth(self, key: str, default: bool) -> bool:
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"must be true or false, not {value!r}")
        return value

    def code(self, key: str, names: Mapping[str, Code], default: Code) -> Code:
        if key not in self:
            return default
        text = self.text(key)
        if text not in names:
            raise self.error(key, f"must be one of {', '.join(names)}, not {text!r}")
        return names[text]

    def step(self, key: str) -> Step:
        return self._convert(key, parse_step)

    def decimal(self, key: str, convert: Callable[[str], int], default: int) -> int:
        return self._convert(key, convert) if key in self else default

    def _get(self, key: str, default: object) -> object:
        value = self._values.get(key, default)
        if value is None:
            raise self.error(key, "is missing")
        return value

    def _convert(self, key: str, convert: Callable[[str], Number]) -> Number:
        value = self._get(key, None)
        if not isinstance(value, str):
            raise self.error(key, f'must be a decimal in quotes, like "0.01", not {value!r}')
        try:
            return convert(value)
        except DecimalError as error:
            raise self.error(key, f"{error.reason}: {value!r}") from error
