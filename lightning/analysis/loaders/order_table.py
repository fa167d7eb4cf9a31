"""A table of orders, column by column, as the integers of commands."""

from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from lightning.analysis.loaders.cells import Place, steps, whole_numbers
from lightning.analysis.loaders.files import read_headed_columns
from lightning.analysis.loaders.stream import LoadError
from lightning.codes import Side
from lightning.decimals import Step

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

FRAME = Path("frame")
"""What a frame is called in messages."""
TIME_STEPS = {"s": Step(1, 9), "ms": Step(1, 6), "us": Step(1, 3), "ns": Step(1, 0)}
"""One ns, in each unit."""


def read_source(source: Path | str | pl.DataFrame) -> tuple[pl.DataFrame, Place]:
    """*.parquet, else CSV with a header, as text. Raises LoadError."""
    if isinstance(source, pl.DataFrame):
        return source, Place(FRAME, 0, "row")
    path = Path(source)
    if path.suffix != ".parquet":
        return read_headed_columns(path), Place(path, 2)
    try:
        return pl.read_parquet(path), Place(path, 0, "row")
    except OSError as error:
        raise LoadError(f"{path}: cannot be read: {error.strerror or error}") from error
    except pl.exceptions.PolarsError as error:
        raise LoadError(f"{path}: is not a Parquet file: {error}") from error


class OrderTable:
    """Every method raises LoadError, with row and column."""

    def __init__(self, frame: pl.DataFrame, place: Place) -> None:
        self._frame = frame
        self._place = place

    def _column(self, name: str) -> pl.Series:
        if name not in self._frame.columns:
            there = ", ".join(self._frame.columns)
            raise LoadError(f"{self._place.path}: has no column {name}; there are: {there}")
        column = self._frame[name]
        return column.set(column == "", None) if column.dtype == pl.String else column

    def meanings(self, name: str | None, known: Mapping[str, IntEnum], default: IntEnum) -> Ints:
        """Numbers of codes."""
        if name is None:
            return np.full(len(self._frame), int(default))
        column = self._column(name)
        codes = column.cast(pl.String).str.to_lowercase()
        numbers = {text.lower(): int(code) for text, code in known.items()}
        found = codes.replace_strict(numbers, default=None, return_dtype=pl.Int64)
        self._place.check(found.is_not_null().to_numpy(), column, f"must be one of {', '.join(known)}")
        return found.to_numpy()

    def ids(self, name: str | None, wanted: Mask) -> Ints:
        """Whole numbers as they are, anything else numbered from 1 as it comes; without a column, 1, 2, 3 ...

        wanted : rows that name an order of another row
        """
        if name is None:
            if wanted.any():
                raise self._place.error(
                    int(np.argmax(wanted)), "order_id", "is needed, and there is no column"
                )
            return np.arange(1, len(self._frame) + 1)
        column = self._column(name)
        self._place.check(column.is_not_null().to_numpy(), column, "must not be empty")
        whole = column.cast(pl.Int64, strict=False)
        if whole.null_count() or bool((whole < 1).any()):
            texts = column.cast(pl.String).to_frame("id").with_row_index("row")
            numbers = texts.select(pl.col("row").min().over("id").rank("dense").cast(pl.Int64))
            return numbers.to_series().to_numpy()
        return whole.to_numpy()

    def sides(self, name: str, known: Mapping[str, Side], names_order: Mask, ids: Ints) -> Ints:
        """Where a row names an order, the side of that order; BUY if it was never placed."""
        column = self._column(name)
        texts = column.cast(pl.String).str.to_lowercase()
        numbers = {text.lower(): int(code) for text, code in known.items()}
        found = texts.replace_strict(numbers, default=None, return_dtype=pl.Int64)
        good = found.is_not_null().to_numpy() | (names_order & column.is_null().to_numpy())
        self._place.check(good, column, f"must be one of {', '.join(known)}")
        placed = found.set(pl.Series(names_order), None)
        frame = pl.DataFrame({"id": ids, "placed": placed, "own": found.fill_null(int(Side.BUY))})
        last = pl.col("placed").forward_fill().over("id")
        return frame.select(pl.coalesce(last, "own")).to_series().to_numpy()

    def accounts(self, name: str | None, side: Ints, buyer: int, seller: int) -> Ints:
        if name is None:
            return np.where(side == Side.BUY, buyer, seller)
        column = self._column(name)
        accounts = whole_numbers(column, self._place)
        self._place.check(accounts >= 0, column, "must be 0 or more")
        return accounts

    def counts(self, name: str, step: Step, wanted: Mask, may_be_empty: Mask) -> Ints:
        """How many steps; 0 where it is not wanted, or empty where it may be."""
        column = self._column(name)
        text = column.cast(pl.String)
        empty = text.is_null().to_numpy()
        self._place.check(~empty | ~wanted | may_be_empty, column, "must not be empty")
        text = text.set(pl.Series(empty | ~wanted), "0")
        counts = steps(text, step, self._place)
        self._place.check((counts > 0) | ~wanted | (empty & may_be_empty), column, "must be above 0")
        return counts

    def times(self, name: str | None, unit: str) -> Ints:
        """ns since 1970, never before those of the row above."""
        if unit not in TIME_STEPS:
            raise ValueError(f"time_unit must be one of {', '.join(TIME_STEPS)}, not {unit!r}")
        if name is None:
            return np.zeros(len(self._frame), np.int64)
        column = self._column(name)
        self._place.check(column.is_not_null().to_numpy(), column, "must not be empty")
        times = self._times(column, TIME_STEPS[unit])
        self._place.check(
            np.diff(times, prepend=times[:1]) >= 0, column, "must not be before that of the row above"
        )
        return times

    def _times(self, column: pl.Series, step: Step) -> Ints:
        if column.dtype.is_temporal():
            return column.cast(pl.Datetime("ns")).to_physical().to_numpy()
        if column.dtype == pl.String and column.str.contains(r"^\d{4}-\d{2}-\d{2}").any():
            moments = column.str.to_datetime(time_unit="ns", time_zone="UTC", strict=False)
            good = moments.is_not_null().to_numpy()
            self._place.check(good, column, "must be a time as 2026-05-02T03:03:00.5")
            return moments.to_physical().to_numpy()
        return steps(column, step, self._place)
