"""`OrderStream`: what a file says happened, as commands for an exchange, and what must come of them."""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import polars as pl

from lightning.rows import COMMAND


class LoadError(ValueError):
    """A file cannot be read as what it should be; the message names the file, the line and the column."""


class Expect(IntEnum):
    """What the source says about the outcome of a command."""

    NOTHING = 0
    DONE = 1
    """It is not refused."""
    FILLS = 2
    """Not refused, and filled by exactly the makers that are listed for it; by none if none is listed."""
    REFUSAL = 3
    """Refused with WOULD_CROSS."""
    LEFT = 4
    """A cancel that takes off exactly `left`."""


EXPECTED_FILL = np.dtype(
    [
        ("row", "<i8"),  # of the taker in `commands`
        ("maker_client_order_id", "<i8"),
        ("price", "<i8"),  # ticks; 0: any
        ("qty", "<i8"),  # lots
    ]
)

MISMATCH_SCHEMA = {"line": pl.Int64, "cause": pl.String, "expected": pl.String, "got": pl.String}
"""A frame of what did not come out as the source says; `line` 0 is the opening book."""


def mismatch_frame(rows: list[tuple[int, str, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=MISMATCH_SCHEMA, orient="row")


@dataclass(frozen=True, slots=True)
class OrderStream:
    """Commands in the order of the source. All arrays have one row per command, but `fills`."""

    source: str
    """The file."""
    commands: npt.NDArray[np.void]
    """COMMAND; `time_ns` is the source's, 0 where it has none. Buys and sells are of two accounts, so that
    no order meets one of its own."""
    lines: npt.NDArray[np.int64]
    """Line of the file; 0: made by the loader, for the opening book."""
    expect: npt.NDArray[np.uint8]
    """Expect."""
    left: npt.NDArray[np.int64]
    """Of Expect.LEFT: lots."""
    fills: npt.NDArray[np.void]
    """EXPECTED_FILL, by row and in the order of the fills."""
    annotations: pl.DataFrame = field(default_factory=pl.DataFrame)
    """What the source tells and no order of a visible book says: hidden executions, halts."""
    mismatches: pl.DataFrame = field(default_factory=lambda: mismatch_frame([]))
    """MISMATCH_SCHEMA: where the source contradicts itself, found while it was read."""

    @classmethod
    def of(cls, source: str, commands: npt.NDArray[np.void]) -> "OrderStream":
        """Of COMMAND rows whose outcome nobody tells."""
        count = len(commands)
        return cls(
            source=source,
            commands=commands,
            lines=np.zeros(count, np.int64),
            expect=np.full(count, Expect.NOTHING, np.uint8),
            left=np.zeros(count, np.int64),
            fills=np.zeros(0, EXPECTED_FILL),
        )

    def __post_init__(self) -> None:
        count = len(self.commands)
        assert self.commands.dtype == COMMAND and self.fills.dtype == EXPECTED_FILL
        assert len(self.lines) == len(self.expect) == len(self.left) == count
        assert (np.diff(self.fills["row"]) >= 0).all()

    def __len__(self) -> int:
        return len(self.commands)
