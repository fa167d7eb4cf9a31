"""What the venue answered against what the server answers, line by line of a tape."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from lightning.client.tape import Op, TapeFill, TapeLine, format_fill

DIFFERENCES_MAX = 10
"""As many are kept; all are counted."""


class Answer(NamedTuple):
    """The server's answer to one line."""

    reject_reason: str  # "" = not rejected
    fills: tuple[TapeFill, ...]  # as taker, the makers by their ids on the tape
    canceled_qty: int  # CANCEL: taken off


class Kind(StrEnum):
    OPENING = "opening orders"
    RESTING = "orders without a fill"
    TAKER = "takers"
    FILL = "their fills"
    REFUSAL = "post-only refusals"
    CANCEL = "cancels"


@dataclass(slots=True)
class Tally:
    count: int = 0
    compared: int = 0
    """Those of `count` that are sure."""
    exact: int = 0


class Difference(NamedTuple):
    line_number: int
    line: TapeLine
    expected: str
    got: str


@dataclass(slots=True)
class Comparison:
    tallies: dict[Kind, Tally] = field(default_factory=lambda: {kind: Tally() for kind in Kind})
    differences: list[Difference] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Whether everything sure came out as at the venue."""
        return all(tally.exact == tally.compared for tally in self.tallies.values())

    def add(self, line_number: int, line: TapeLine, answer: Answer) -> None:
        is_exact = _outcome(line, answer) == _expected_outcome(line)
        self._count(_kind(line), line.sure, is_exact)
        for is_exact_fill in _compare_fills(line, answer):
            self._count(Kind.FILL, line.sure, is_exact_fill)
        if line.sure and not is_exact and len(self.differences) < DIFFERENCES_MAX:
            expected, got = _expected_outcome(line), _outcome(line, answer)
            self.differences.append(Difference(line_number, line, expected, got))

    def _count(self, kind: Kind, sure: bool, is_exact: bool) -> None:
        tally = self.tallies[kind]
        tally.count += 1
        tally.compared += sure
        tally.exact += sure and is_exact


def _kind(line: TapeLine) -> Kind:
    match line.op:
        case Op.OPENING:
            return Kind.OPENING
        case Op.REFUSED:
            return Kind.REFUSAL
        case Op.CANCEL:
            return Kind.CANCEL
        case _:
            return Kind.TAKER if line.expect_fills else Kind.RESTING


def _compare_fills(line: TapeLine, answer: Answer) -> Iterator[bool]:
    for index, expected in enumerate(line.expect_fills):
        yield index < len(answer.fills) and _judged(answer.fills[index], expected) == expected


def _judged(fill: TapeFill, expected: TapeFill) -> TapeFill:
    """`fill` with the price left out where any price will do."""
    return fill if expected.price else fill._replace(price=0)


def _expected_outcome(line: TapeLine) -> str:
    if line.op == Op.REFUSED:
        return "rejected WOULD_CROSS"
    if line.op == Op.CANCEL:
        return f"canceled {line.qty}"
    return _format_fills(line.expect_fills)


def _outcome(line: TapeLine, answer: Answer) -> str:
    if answer.reject_reason:
        return f"rejected {answer.reject_reason}"
    if line.op == Op.CANCEL:
        return f"canceled {answer.canceled_qty}"
    expected = line.expect_fills
    judged = (
        _judged(fill, expected[index]) if index < len(expected) else fill
        for index, fill in enumerate(answer.fills)
    )
    return _format_fills(tuple(judged))


def _format_fills(fills: tuple[TapeFill, ...]) -> str:
    return ";".join(map(format_fill, fills)) or "no fill"
