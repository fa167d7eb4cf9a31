"""What the exchange answered against what the source says, by columns."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lightning.analysis.loaders.stream import Expect, OrderStream
from lightning.codes import EventFlag, EventKind, RejectReason

Mismatch = tuple[int, str, str, str]
"""line, cause, expected, got"""


class Judged(NamedTuple):
    """Of some rows of a stream: how many the source says something about, and what came out otherwise."""

    commands: int
    fills: int
    """Expected ones."""
    fills_exact: int
    """Of these: right maker, right quantity, right price, in the right order."""
    mismatches: list[Mismatch]


def judge(stream: OrderStream, first: int, last: int, events: npt.NDArray[np.void]) -> Judged:
    """Of the commands [first, last) of a stream, whose EVENT rows count `command` from 0 at `first`."""
    events = events[(events["flags"] & EventFlag.CONSEQUENCE) == 0]
    expect = stream.expect[first:last]
    mismatches = _refusals(stream, first, expect, events)
    mismatches += _cancels(stream, first, expect, events)
    wrong, expected, exact = _fills(stream, first, last, events)
    mismatches += wrong
    return Judged(int((expect != Expect.NOTHING).sum()), expected, exact, sorted(mismatches))


def _refusals(
    stream: OrderStream, first: int, expect: npt.NDArray[np.uint8], events: npt.NDArray[np.void]
) -> list[Mismatch]:
    rejected = events[events["kind"] == EventKind.REJECTED]
    reasons = np.zeros(len(expect), np.uint8)
    reasons[rejected["command"]] = rejected["reason"]
    wanted = np.where(expect == Expect.REFUSAL, RejectReason.WOULD_CROSS, RejectReason.NONE)
    wrong = np.flatnonzero((reasons != wanted) & (expect != Expect.NOTHING))
    return [
        (
            int(stream.lines[first + row]),
            "the answer is another",
            _answer(int(wanted[row])),
            _answer(int(reasons[row])),
        )
        for row in wrong.tolist()
    ]


def _answer(reason: int) -> str:
    return f"refused, {RejectReason(reason).name}" if reason else "done"


def _cancels(
    stream: OrderStream, first: int, expect: npt.NDArray[np.uint8], events: npt.NDArray[np.void]
) -> list[Mismatch]:
    """Those that were refused are told already."""
    canceled = events[events["kind"] == EventKind.CANCELED]
    canceled = canceled[expect[canceled["command"]] == Expect.LEFT]
    left = stream.left[first + canceled["command"]]
    wrong = np.flatnonzero(canceled["qty"] != left)
    return [
        (
            int(stream.lines[first + canceled["command"][row]]),
            "another quantity was left",
            f"{left[row]} lots",
            f"{canceled['qty'][row]} lots",
        )
        for row in wrong.tolist()
    ]


def _fills(
    stream: OrderStream, first: int, last: int, events: npt.NDArray[np.void]
) -> tuple[list[Mismatch], int, int]:
    """(mismatches, fills expected, fills exact)"""
    low, high = np.searchsorted(stream.fills["row"], (first, last))
    wanted = stream.fills[low:high]
    trades = events[events["kind"] == EventKind.TRADE]
    trades = trades[stream.expect[first + trades["command"]] == Expect.FILLS]
    wanted_rows, got_rows = wanted["row"] - first, trades["command"].astype(np.int64)
    count = last - first
    wanted_count = np.bincount(wanted_rows, minlength=count)
    got_count = np.bincount(got_rows, minlength=count)
    even = wanted_count == got_count
    wanted_even, got_even = even[wanted_rows], even[got_rows]
    same = _same_fills(wanted[wanted_even], trades[got_even])
    wrong = ~even
    wrong[wanted_rows[wanted_even][~same]] = True
    mismatches = []
    for row in np.flatnonzero(wrong).tolist():
        expected = wanted[wanted_rows == row]
        got = trades[got_rows == row]
        mismatches.append(
            (
                int(stream.lines[first + row]),
                "the fills are others",
                _told(expected["maker_client_order_id"], expected["qty"], expected["price"]),
                _told(got["maker_client_order_id"], got["qty"], got["price"]),
            )
        )
    return mismatches, len(wanted), int(same.sum())


def _same_fills(wanted: npt.NDArray[np.void], got: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    return np.asarray(
        (wanted["maker_client_order_id"] == got["maker_client_order_id"])
        & (wanted["qty"] == got["qty"])
        & ((wanted["price"] == got["price"]) | (wanted["price"] == 0))
    )


def _told(
    makers: npt.NDArray[np.int64], quantities: npt.NDArray[np.int64], prices: npt.NDArray[np.int64]
) -> str:
    """As an order tape writes fills: "maker:qty@price;..."."""
    fills = zip(makers.tolist(), quantities.tolist(), prices.tolist(), strict=True)
    return ";".join(f"{maker}:{qty}@{price}" for maker, qty, price in fills)
