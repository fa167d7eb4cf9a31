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
    used = np.unique(symbol)
    scale = max((steps[int(one)].scale for one in used), default=0)
    units = _units(name, column, scale)
    size = np.zeros(int(used.max(initial=0)) + 1, np.int64)
    for one in used.tolist():
        size[one] = steps[one].units * 10 ** (scale - steps[one].scale)
    counts, rest = np.divmod(units, size[symbol])
    if rest.any():
        row = int((rest != 0).argmax())
        step = format_steps(1, steps[int(symbol[row])])
        raise BadRequest.of_field(name, f"in row {row} is not a multiple of {step}: {column[row].as_py()}")
    return counts


def _units(name: str, column: Any, scale: int) -> Integers:
    """As counts of 10**-scale."""
    kind = column.type
    if pa.types.is_null(kind):
        return np.zeros(len(column), np.int64)
    if pa.types.is_floating(kind):
        raise TypeError(
            f"{name} must be a column of decimals, strings or integers, not of {kind}: a float is not the "
            f"decimal number that it looks like. Cast it, or give ticks or lots"
        )
    if not (pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
        column = column.cast(pa.string())
    wanted = pa.decimal128(DIGITS, scale)
    try:
        found = column.cast(wanted).combine_chunks()
    except pa.ArrowInvalid as error:
        row = _first_bad(column, wanted)
        raise BadRequest.of_field(name, f"in row {row}: {error}: {column[row].as_py()!r}") from None
    array = found if isinstance(found, pa.Array) else pa.concat_arrays(found.chunks)
    words = np.frombuffer(pc.fill_null(array, 0).buffers()[1], "<i8").reshape(-1, 2)
    words = words[array.offset : array.offset + len(array)] if array.null_count == 0 else words[: len(array)]
    low, high = words[:, 0], words[:, 1]
    too_large = high != low >> 63
    if too_large.any():
        row = int(too_large.argmax())
        raise BadRequest.of_field(name, f"in row {row} is too large: {column[row].as_py()}")
    return low.copy()


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
    used = np.unique(symbol).tolist()
    known = [one for one in used if one in steps]
    scale = max((steps[one].scale for one in known), default=0)
    size = np.zeros(max(used, default=0) + 1, np.int64)
    for one in known:
        size[one] = steps[one].units * 10 ** (scale - steps[one].scale)
    size = size[symbol]
    if (counts > UNITS_MAX // np.maximum(size, 1)).any():
        raise OverflowError("a quantity does not fit 63 bits")
    words = np.empty((len(counts), 2), "<i8")
    words[:, 0] = counts * size
    words[:, 1] = words[:, 0] >> 63
    return pa.Array.from_buffers(pa.decimal128(DIGITS, scale), len(counts), [None, pa.py_buffer(words)])
