"""Decimal text to integers and back: the only place that reads or prints decimals.

A decimal is ASCII digits, optionally a point with digits on both sides of it, optionally
a leading "-", at most 40 characters in all. Leading zeros and zeros at the end mean
nothing ("007.50" is 7.5). Everything else is malformed, even where `int` or `Decimal`
would read it: "+1", ".5", "5.", "1e9", "1_0", " 1", "NaN", full-width digits, "". So is
a negative zero ("-0", "-0.00"): it has no integer of its own to come back from.
"""

from typing import NamedTuple

LENGTH_MAX = 40
"""Longest decimal text, in characters."""

UNITS_MAX = 2**63 - 1
"""Largest result, either sign."""

_POWERS_OF_TEN: tuple[int, ...] = tuple(10**n for n in range(2 * LENGTH_MAX))


class DecimalError(ValueError):
    """`reason` completes a sentence whose subject is the text or the field it came in."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Step(NamedTuple):
    """A tick or a lot: `units` / 10**`scale`. "0.01" is Step(1, 2), "0.25" Step(25, 2)."""

    units: int
    scale: int


def parse_decimal(text: str) -> tuple[int, int]:
    """The digits as one integer, and how many of them stand behind the point: "12.50" -> (1250, 2)."""
    if len(text) > LENGTH_MAX:
        raise DecimalError(f"is longer than {LENGTH_MAX} characters")
    negative = text.startswith("-")
    unsigned = text[1:] if negative else text
    whole, point, fraction = unsigned.partition(".")
    digits = whole + fraction
    # isdigit() of an ASCII string is true for 0-9 alone, and false for an empty string
    if not (digits.isascii() and whole.isdigit() and (fraction.isdigit() or not point)):
        raise DecimalError("is not a decimal number")
    value = int(digits)
    if negative:
        if value == 0:
            raise DecimalError("is a negative zero")
        value = -value
    return value, len(fraction)


def to_units(text: str, scale: int) -> int:
    """Money: `text` as a count of 10**-`scale`, exactly.

    Raises DecimalError where that is no whole number or its size is above UNITS_MAX.
    """
    value, decimals = parse_decimal(text)
    if decimals <= scale:
        units = value * _POWERS_OF_TEN[scale - decimals]
    else:
        units, rest = divmod(value, _POWERS_OF_TEN[decimals - scale])
        if rest:
            raise DecimalError(f"has more than {scale} decimals")
    if not -UNITS_MAX <= units <= UNITS_MAX:
        raise DecimalError("is too large")
    return units


def to_steps(text: str, step: Step) -> int:
    """How many `step`s (ticks, lots) `text` is, exactly.

    Raises DecimalError where that is no whole number or its size is above UNITS_MAX.
    """
    value, decimals = parse_decimal(text)
    count, rest = divmod(value * _POWERS_OF_TEN[step.scale], step.units * _POWERS_OF_TEN[decimals])
    if rest:
        raise DecimalError(f"is not a multiple of {format_steps(1, step)}")
    if not -UNITS_MAX <= count <= UNITS_MAX:
        raise DecimalError("is too large")
    return count


def parse_step(text: str) -> Step:
    """A tick or lot size, in lowest terms: "0.010" -> Step(1, 2), "10" -> Step(10, 0)."""
    units, scale = parse_decimal(text)
    if units <= 0:
        raise DecimalError("must be above zero")
    while scale and units % 10 == 0:
        units, scale = units // 10, scale - 1
    return Step(units, scale)


def format_units(units: int, scale: int) -> str:
    """No needless zeros, but one decimal at least: "50000.0", "0.5", "0.0", "-1.25"."""
    if scale == 0:
        return f"{units}.0"
    digits = str(abs(units)).rjust(scale + 1, "0")
    sign = "-" if units < 0 else ""
    return f"{sign}{digits[:-scale]}.{digits[-scale:].rstrip('0') or '0'}"


def format_steps(count: int, step: Step) -> str:
    """`count` steps as a decimal, printed as `format_units` prints."""
    return format_units(count * step.units, step.scale)
