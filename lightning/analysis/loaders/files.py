"""CSV files as columns; what cannot be read is told with its line."""

import csv
import gzip
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

import polars as pl

from lightning.analysis.loaders.stream import LoadError


def read_text_columns(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """A CSV file without a header as columns of text. Raises LoadError."""
    schema = dict.fromkeys(columns, pl.String)
    return _read(path, lambda: pl.read_csv(path, has_header=False, schema=schema), len(columns))


def read_whole_columns(path: Path) -> pl.DataFrame:
    """A CSV file of whole numbers without a header. Raises LoadError."""
    try:
        width = pl.read_csv(path, has_header=False, n_rows=1, infer_schema=False).width
    except pl.exceptions.NoDataError as error:
        raise LoadError(f"{path}: is empty") from error
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _unreadable(path, error) from error
    schema = {f"column {number + 1}": pl.Int64 for number in range(width)}
    return _read(path, lambda: pl.read_csv(path, has_header=False, schema=schema), width, whole=True)


def read_headed_columns(path: Path) -> pl.DataFrame:
    """A CSV file with a header as columns of text. Raises LoadError."""
    return _read(path, lambda: pl.read_csv(path, infer_schema=False), None)


def _read(
    path: Path, read: Callable[[], pl.DataFrame], width: int | None, whole: bool = False
) -> pl.DataFrame:
    try:
        frame = read()
    except OSError as error:
        raise _unreadable(path, error) from error
    except pl.exceptions.NoDataError as error:
        raise LoadError(f"{path}: is empty") from error
    except pl.exceptions.PolarsError as error:
        raise _find_fault(path, width, whole) or _unreadable(path, error) from error
    if frame.is_empty() and width is not None:
        raise LoadError(f"{path}: is empty")
    if frame.width and any(column.null_count() for column in frame.iter_columns()):
        fault = _find_fault(path, width, whole)
        if fault is not None:
            raise fault
    return frame


def _unreadable(path: Path, error: Exception) -> LoadError:
    if isinstance(error, OSError):
        return LoadError(f"{path}: cannot be read: {error.strerror or error}")
    return LoadError(f"{path}: is not a CSV file: {error}")


def _find_fault(path: Path, width: int | None, whole: bool) -> LoadError | None:
    """Read slowly, to tell the first line that is not as the others."""
    try:
        with _open_text(path) as file:
            for number, row in enumerate(csv.reader(file), start=1):
                if width is None:
                    width = len(row)
                if len(row) != width:
                    return LoadError(f"{path}: line {number}: has {len(row)} columns, not {width}")
                for column, text in enumerate(row if whole else (), start=1):
                    if not (text.removeprefix("-").isdigit() and text.isascii() and len(text) <= 19):
                        problem = f"must be a whole number, not {text!r}"
                        return LoadError(f"{path}: line {number}: column {column} {problem}")
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        return LoadError(f"{path}: is not a CSV file: {error}")
    return None


def _open_text(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
