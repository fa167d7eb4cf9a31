"""What both packages read from request fields. Every function raises BadField naming the field."""

from lightning.decimals import DecimalError, Step, format_steps, format_units, to_steps, to_units
from lightning.instruments import Symbol
from lightning.rows import PRICE_TICKS_MAX
from lightning.server.errors import BadField

WHAT_A_DECIMAL_IS = "write digits with at most one point between them, as in 12.5"


def require_id(field: str, value: int) -> int:
    if value == 0:
        raise BadField(field, "is missing: it must be 1 or more")
    if value < 0:
        raise BadField(field, f"must be 1 or more, not {value}")
    return value


def require_account(field: str, value: int) -> int:
    """Account 0, the fee account, included."""
    if value < 0:
        raise BadField(field, f"must be 0 or more, not {value}")
    return value


def require_not_negative(field: str, value: int) -> int:
    if value < 0:
        raise BadField(field, f"must not be negative, it is {value}")
    return value


def require_absent(field: str, given: object, why: str) -> None:
    if given:
        raise BadField(field, why)


def read_units(field: str, text: str, scale: int) -> int:
    """Money, whatever its sign."""
    _require_text(field, text)
    try:
        return to_units(text, scale)
    except DecimalError as error:
        raise _bad_decimal(field, error) from None


def read_steps(field: str, text: str, step: Step) -> int:
    """A price in ticks or a quantity in lots, whatever its sign."""
    _require_text(field, text)
    try:
        return to_steps(text, step)
    except DecimalError as error:
        raise _bad_decimal(field, error) from None


def read_amount(field: str, text: str, scale: int) -> int:
    """Money above zero."""
    units = read_units(field, text, scale)
    if units <= 0:
        raise BadField(field, f"must be above zero: at least {format_units(1, scale)}")
    return units


def read_price(field: str, text: str, symbol: Symbol) -> int:
    """A price that an order may have."""
    ticks = read_steps(field, text, symbol.tick)
    if not 1 <= ticks <= PRICE_TICKS_MAX:
        lowest, highest = format_steps(1, symbol.tick), format_steps(PRICE_TICKS_MAX, symbol.tick)
        raise BadField(field, f"must be {lowest} to {highest}")
    return ticks


def read_quantity(field: str, text: str, symbol: Symbol) -> int:
    """A quantity that an order may have."""
    lots = read_steps(field, text, symbol.lot)
    if not symbol.quantity_min <= lots <= symbol.quantity_max:
        lowest = format_steps(symbol.quantity_min, symbol.lot)
        highest = format_steps(symbol.quantity_max, symbol.lot)
        raise BadField(field, f"must be {lowest} to {highest}")
    return lots


def read_ppm(field: str, value: int, symbol: Symbol) -> int:
    """A fee rate that an order may bring."""
    if not symbol.order_fee_ppm_min <= value <= symbol.order_fee_ppm_max:
        raise BadField(
            field, f"must be {symbol.order_fee_ppm_min} to {symbol.order_fee_ppm_max} millionths, not {value}"
        )
    return value


def _require_text(field: str, text: str) -> None:
    if not text:
        raise BadField(field, f"is missing: {WHAT_A_DECIMAL_IS}")


def _bad_decimal(field: str, error: DecimalError) -> BadField:
    allowed = f"; {WHAT_A_DECIMAL_IS}" if error.reason == "is not a decimal number" else ""
    return BadField(field, error.reason + allowed)
