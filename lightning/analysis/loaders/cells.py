"""Columns of decimal text as whole numbers of a step, exactly; and where a file is wrong."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from lightning.analysis.loaders.stream import LoadError
from lightning.decimals import DecimalError, Step, to_steps

PLAIN = r"^-?\d+(\.\d+)?$"
NS_DECIMALS = 9
DIGITS_MAX = 18
"""As many always fit an int64."""


class Place(NamedTuple):
    """A file, and the line of its first row of data."""

    path: Path
    first_line: int = 1
    unit: str = "line"
    """ "row" where the file has no lines."""

    def error(self, row: int, column: str, problem: str) -> LoadError:
        return LoadError(f"{self.path}: {self.unit} {row + self.first_line}: {column} {problem}")

    def check(self, good: npt.NDArray[np.bool_], column: pl.Series, problem: str) -> None:
        """Raise LoadError for the first row that is not good."""
        if not good.all():
            row = int(np.argmin(good))
            raise self.error(row, column.name, f"{problem}, not {column[row]!r}")


def whole_numbers(column: pl.Series, place: Place) -> npt.NDArray[np.int64]:
    """int64 of a column of text or of integers. Raises LoadError."""
    return steps(column, Step(1, 0), place, "a whole number")


def seconds_as_ns(column: pl.Series, place: Place) -> npt.NDArray[np.int64]:
    """ns of a column of seconds with up to nine decimals. Raises LoadError."""
    return steps(column, Step(1, NS_DECIMALS), place, "seconds with at most 9 decimals")


def steps(column: pl.Series, step: Step, place: Place, kind: str = "") -> npt.NDArray[np.int64]:
    """How many `step`s each value is, exactly. Floats are what they print as.

    kind : what a value must be, for the message
    Raises LoadError for what is no multiple of `step`, no number, or not there.
    """
    text = column.cast(pl.String)
    place.check(text.is_not_null().to_numpy(), column, "must not be empty")
    counts = _plain_steps(text, step)
    rest = np.flatnonzero(counts.is_null().to_numpy())
    result = counts.fill_null(0).to_numpy(writable=True)
    for row in rest.tolist():
        try:
            result[row] = to_steps(_without_exponent(text[row]), step)
        except DecimalError as error:
            problem = f"must be {kind}" if kind else error.reason
            raise place.error(row, column.name, f"{problem}, not {column[row]!r}") from None
    return result


def _plain_steps(text: pl.Series, step: Step) -> pl.Series:
    """Int64; null where it is not plain, not a multiple, or has too many digits to tell at once."""
    frame = text.to_frame("text").select(
        plain=pl.col("text").str.contains(PLAIN),
        whole=pl.col("text").str.extract(r"^(-?\d+)", 1),
        fraction=pl.col("text").str.extract(r"\.(\d+)$", 1).fill_null("").str.strip_chars_end("0"),
    )
    decimals = min(int(frame["fraction"].str.len_chars().max() or 0), DIGITS_MAX)  # type: ignore[arg-type]
    digits = frame["whole"] + frame["fraction"].str.pad_end(decimals, "0")
    fits = frame["plain"] & (digits.str.len_chars() <= DIGITS_MAX)
    # value = digits / 10**decimals, in steps: digits * numerator / denominator
    up = max(step.scale - decimals, 0)
    numerator, denominator = 10**up, step.units * 10 ** max(decimals - step.scale, 0)
    if numerator >= 10**DIGITS_MAX or denominator >= 10**DIGITS_MAX:
        return pl.Series([None] * len(text), dtype=pl.Int64)
    fits &= digits.str.len_chars() + up <= DIGITS_MAX
    scaled = digits.set(~fits, None).cast(pl.Int64) * numerator
    counts = scaled // denominator
    multiple: pl.Series = counts * denominator == scaled
    result: pl.Series = counts.set(~multiple, None)
    return result


def _without_exponent(text: str) -> str:
    """ "7.18e-06" as "0.00000718"; any other text as it is."""
    mantissa, e, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.removeprefix("-").partition(".")
    digits = whole + fraction
    if not (e and digits.isascii() and digits.isdigit()):
        return text
    if not (exponent.lstrip("+-").isdigit() and len(exponent) <= 3):
        return text
    point = len(whole) + int(exponent)
    digits = digits.rjust(len(digits) - min(point - 1, 0), "0")
    point = max(point, 1)
    digits = digits.ljust(point, "0")
    sign = "-" if text.startswith("-") else ""
    return f"{sign}{digits[:point]}" + (f".{digits[point:]}" if digits[point:] else "")
