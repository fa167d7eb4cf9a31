"""Answers as columns."""

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple


def columns(rows: Iterable[NamedTuple]) -> dict[str, list[object]]:
    """Orders, trades, levels, ... by the names of their fields, for any dataframe library to take; codes as
    their names.
    """
    listed = list(rows)
    if not listed:
        return {}
    return {
        name: [one.name if isinstance(one, Enum) else one for one in values]
        for name, values in zip(listed[0]._fields, zip(*listed, strict=True), strict=True)
    }
