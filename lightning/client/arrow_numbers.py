"""Columns of Arrow to integers and back, exactly."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lightning.client.errors import BadRequest
from lightning.decimals import UNITS_MAX, Step, format_steps

Integers = npt.NDArray[np.int64]

DIGITS = 38
"""Of a decimal of Arrow with 128 bits."""
NS_PER_MS = 1_000_000


def integers(name: str, column: Any) -> Integers:
    """int64; null is 0. Raises TypeError for anything but integers, BadRequest for those that do not fit."""
    if pa.types.is_null(column.type):
        return np.zeros(len(column), np.int64)
    if not pa.types.is_integer(column.type):
        raise TypeError(f"{name} must be a column of integers, not of {column.type}")
    try:
        values: Integers = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
    except pa.ArrowInvalid as error:
        raise BadRequest.of_field(name, f"does not fit 64 bits: {error}") from None
    return values


def codes(name: str, column: Any, known: Mapping[str | int, int]) -> Integers:
    """A column of names or numbers, looked up in `known`; null is 0. Raises BadRequest naming the row."""
    if pa.types.is_null(column.type):
        return np.zeros(len(column), np.int64)
    if not pa.types.is_dictionary(column.type):
        column = (
            column if pa.types.is_integer(column.type) else column.cast(pa.string())
        ).dictionary_encode()
    array = column.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], column.type)
    words = array.dictionary.to_pylist()
    values = np.array([known.get(word, -1) for word in words] + [0], np.int64)
    places = pc.fill_null(array.indices.cast(pa.int64()), len(words)).to_numpy()
    found: Integers = values[places]
    if (found < 0).any():
        row = int((found < 0).argmax())
        raise BadRequest.of_field(name, f"in row {row} is unknown: {words[places[row]]!r}")
    return found


def moments_ns(name: str, column: Any) -> Integers:
    """Times with their zone, or integers that are ms since 1970; null is 0."""
    if pa.types.is_timestamp(column.type):
        if column.type.tz is None:
            raise BadRequest.of_field(name, "must have a time zone")
        column = column.cast(pa.timestamp("ms", "UTC"), safe=False).cast(pa.int64())
    return integers(name, column) * NS_PER_MS


def numbers(name: str, column: Any, symbol: Integers, steps: Mapping[int, Step]) -> Integers:
    """Decimals as counts of their symbol's step; null is 0.

    column : decimals, strings or integers
    Raises TypeError for floats, BadRequest naming the row.
    """
    if not _is_exact(column.type):
        raise TypeError(
            f"{name} must be a column of decimals, strings or integers, not of {column.type}: "
            "a float is not the decimal number that it looks like. Cast it, or give ticks or lots"
        )
    sizes, scale = _sizes(symbol, steps)
    try:
        units = _units(column, scale)
        counts, rest = np.divmod(units, sizes[symbol])
        _require(rest == 0)
    except _BadCell as bad:
        step = format_steps(1, steps[int(symbol[bad.row])])
        value = column[bad.row].as_py()
        raise BadRequest.of_field(
            name, f"in row {bad.row} must be a multiple of {step} that fits 63 bits, not {value}"
        ) from None
    return counts


class _BadCell(Exception):
    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


def _require(right: npt.NDArray[np.bool_]) -> None:
    if not right.all():
        raise _BadCell(int((~right).argmax()))


def _sizes(symbol: Integers, steps: Mapping[int, Step]) -> tuple[Integers, int]:
    """Of each symbol id the step as a count of 10**-scale, and that scale: the finest of those in use."""
    used = [one for one in np.unique(symbol).tolist() if one in steps]
    scale = max((steps[one].scale for one in used), default=0)
    sizes = np.ones(int(symbol.max(initial=0)) + 1, np.int64)
    for one in used:
        sizes[one] = steps[one].units * 10 ** (scale - steps[one].scale)
    return sizes, scale


def _units(column: Any, scale: int) -> Integers:
    """As counts of 10**-scale. Raises _BadCell."""
    kind = column.type
    if pa.types.is_null(kind):
        return np.zeros(len(column), np.int64)
    if _is_text(kind):
        column = column.cast(pa.string())
    wanted = pa.decimal128(DIGITS, scale)
    try:
        found = column.cast(wanted).combine_chunks()
    except pa.ArrowInvalid:
        raise _BadCell(_first_bad(column, wanted)) from None
    array = pc.fill_null(found if isinstance(found, pa.Array) else pa.concat_arrays(found.chunks), 0)
    words = np.frombuffer(array.buffers()[1], "<i8").reshape(-1, 2)[array.offset : array.offset + len(array)]
    low, high = words[:, 0], words[:, 1]
    _require(high == low >> 63)
    return low.copy()


def _is_text(kind: Any) -> bool:
    of = pa.types
    return bool(of.is_string(kind) or of.is_large_string(kind) or of.is_string_view(kind))


def _is_exact(kind: Any) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_null(kind) or _is_text(kind)


def _first_bad(column: Any, wanted: Any) -> int:
    """The first row that cannot be cast, by halves."""
    first, end = 0, len(column)
    while end - first > 1:
        middle = (first + end) // 2
        try:
            column.slice(first, middle - first).cast(wanted)
            first = middle
        except pa.ArrowInvalid:
            end = middle
    return first


def decimals(counts: Integers, symbol: Integers, steps: Mapping[int, Step]) -> Any:
    """Counts of their symbol's step as decimals."""
    sizes, scale = _sizes(symbol, steps)
    size = sizes[symbol]
    if (counts > UNITS_MAX // size).any():
        raise OverflowError("a quantity does not fit 63 bits")
    words = np.empty((len(counts), 2), "<i8")
    words[:, 0] = counts * size
    words[:, 1] = words[:, 0] >> 63
    return pa.Array.from_buffers(pa.decimal128(DIGITS, scale), len(counts), [None, pa.py_buffer(words)])
