"""Measures as dataframes, in the units people read: prices and quantities of the symbol, UTC times."""

from typing import Protocol

import numpy as np
import polars as pl

from lightning.decimals import Step


class Scales(Protocol):
    """A `Symbol`, or whatever else tells the size of a tick and of a lot."""

    @property
    def tick(self) -> Step: ...

    @property
    def lot(self) -> Step: ...


def to_prices(ticks: np.ndarray, scales: Scales) -> np.ndarray:
    """float64 quote currency per base currency."""
    return np.asarray(ticks, np.float64) * scales.tick.units / 10.0**scales.tick.scale


def to_quantities(lots: np.ndarray, scales: Scales) -> np.ndarray:
    """float64 base currency."""
    return np.asarray(lots, np.float64) * scales.lot.units / 10.0**scales.lot.scale


def frame(measured: tuple[np.ndarray, ...], scales: Scales | None = None) -> pl.DataFrame:
    """A column for each array of a measure, of those with two dimensions one for each column ("bid_lots_0").

    With `scales` (a symbol), `*_ticks` become prices and `*_lots` quantities, under the name without the
    unit (a quantity: `*_qty`; `qty_lots`: `qty`). `time_ns` becomes `time` in UTC, other `*_ns` durations.
    """
    names: tuple[str, ...] = measured._fields  # type: ignore[attr-defined]  # a NamedTuple
    columns: list[pl.Series] = []
    for name, values in zip(names, measured, strict=True):
        parts = [(name, values)] if values.ndim == 1 else _parts(name, values)
        columns += [_column(part_name, part, name, scales) for part_name, part in parts]
    return pl.DataFrame(columns)


def _parts(name: str, values: np.ndarray) -> list[tuple[str, np.ndarray]]:
    return [(f"{name}_{i}", values[:, i]) for i in range(values.shape[1])]


def _column(label: str, values: np.ndarray, name: str, scales: Scales | None) -> pl.Series:
    values = np.ascontiguousarray(values)
    if name == "time_ns":
        return pl.Series("time", values).cast(pl.Datetime("ns", "UTC"))
    if name.endswith("_ns"):
        return _durations(label.replace("_ns", "", 1), values)
    if scales is not None and name.endswith("_ticks"):
        return pl.Series(label.replace("_ticks", "", 1), to_prices(values, scales))
    if scales is not None and name.endswith("_lots"):
        quantity = "" if name == "qty_lots" else "_qty"
        return pl.Series(label.replace("_lots", quantity, 1), to_quantities(values, scales))
    return pl.Series(label, values)


def _durations(label: str, values: np.ndarray) -> pl.Series:
    """Null where there is none."""
    known = pl.Series(~np.isnan(values))
    whole = pl.Series(label, np.nan_to_num(values).astype(np.int64))
    return whole.set(~known, None).cast(pl.Duration("ns"))
