"""Decimal text (TESTING.md row A5), against decimal.Decimal."""

import random
from decimal import Context, Decimal, Inexact, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning.decimals import (
    LENGTH_MAX,
    UNITS_MAX,
    DecimalError,
    Step,
    format_steps,
    format_units,
    parse_decimal,
    parse_step,
    to_steps,
    to_units,
)

CASES = 50_000

MALFORMED = [
    *("", " ", "-", ".", "-.", "--1", "-+1", "+1", "1-", ".5", "-.5", "5.", "-5.", "1..2", "1.2.3", "1.-2"),
    *(
        " 1",
        "1 ",
        "\t1",
        "1\n",
        "1 000",
        "1,000",
        "1_0",
        "1_000.0",
        "1.0_0",
        "1'000",
        "0x10",
        "1e9",
        "1E9",
        "1e-2",
    ),
    *("NaN", "nan", "sNaN", "Infinity", "inf", "-inf", "1/2", "50%", "$1", "1\x00", "\x001"),
    *(
        "\uff11\uff12",
        "1\uff10",
        "\u0661",
        "\u00b2",
        "1.\u00b2",
        "\u0967",
        "\u2460",
        "\u22121",
        "1\u00a0",
        "\u4e00",
    ),
]

TEXT = st.text(alphabet="0123456789.-+ e_\uff11\u0661\u00b2", max_size=LENGTH_MAX + 2)


def exact() -> Context:
    """A Decimal context that cannot round without saying so."""
    return Context(prec=200, Emax=10**6, Emin=-(10**6), traps=[Inexact])


def well_formed(text: str) -> bool:
    """The grammar, said another way than the parser does."""
    unsigned = text.removeprefix("-")
    parts = unsigned.split(".")
    return (
        len(text) <= LENGTH_MAX
        and len(parts) <= 2
        and all(part != "" and set(part) <= set("0123456789") for part in parts)
        and not (text != unsigned and set(unsigned) <= {"0", "."})
    )


def random_text(rng: random.Random) -> str:
    digits = rng.choice([1, 2, 5, 8, 12, 19, 25, 38])
    point = rng.randint(0, digits)
    text = "".join(rng.choices("0000123456789", k=digits))
    if 0 < point < digits:
        text = f"{text[:point]}.{text[point:]}"
    if rng.random() < 0.3 and set(text) - {"0", "."}:
        text = f"-{text}"
    return text


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_text_is_refused_everywhere(text: str) -> None:
    for read in (
        parse_decimal,
        parse_step,
        lambda text: to_units(text, 8),
        lambda text: to_steps(text, Step(1, 2)),
    ):
        with pytest.raises(DecimalError, match="is not a decimal number"):
            read(text)


@pytest.mark.parametrize("text", ["-0", "-0.0", "-00.000"])
def test_negative_zero_is_refused(text: str) -> None:
    with pytest.raises(DecimalError, match="is a negative zero"):
        parse_decimal(text)


def test_forty_characters_are_read_and_forty_one_are_not() -> None:
    assert parse_decimal("1" * 40) == (int("1" * 40), 0)
    assert parse_decimal("-" + "1" * 39) == (-int("1" * 39), 0)
    assert to_units("0" * 39 + "7", 2) == 700
    for text in ("1" * 41, "0" * 41, "0." + "0" * 39, "-" + "1" * 40, "1" * 1_000_000):
        with pytest.raises(DecimalError, match="is longer than 40 characters"):
            parse_decimal(text)


def test_parse_decimal_gives_digits_and_decimals() -> None:
    assert parse_decimal("12.50") == (1250, 2)
    assert parse_decimal("-1.25") == (-125, 2)
    assert parse_decimal("0") == (0, 0)
    assert parse_decimal("0.00") == (0, 2)
    assert parse_decimal("007.5") == (75, 1)


def test_the_error_says_why() -> None:
    with pytest.raises(DecimalError) as caught:
        to_units("0.123456789", 8)
    assert caught.value.reason == "has more than 8 decimals"
    with pytest.raises(DecimalError) as caught:
        to_units("92233720368.54775808", 8)
    assert caught.value.reason == "is too large"
    with pytest.raises(DecimalError) as caught:
        to_steps("1.005", Step(1, 2))
    assert caught.value.reason == "is not a multiple of 0.01"
    with pytest.raises(DecimalError) as caught:
        to_steps("92233720368547758.08", Step(1, 2))
    assert caught.value.reason == "is too large"


def test_zeros_at_the_end_are_not_decimals_too_many() -> None:
    assert to_units("1.5000000000", 8) == 150_000_000
    assert to_units("10.000", 0) == 10
    assert to_steps("1.2500", Step(25, 2)) == 5


@pytest.mark.parametrize("scale", [0, 1, 8, 18])
def test_the_largest_units_of_either_sign_go_through_and_one_more_does_not(scale: int) -> None:
    for units in (UNITS_MAX, UNITS_MAX - 1, -UNITS_MAX, 1, -1, 0):
        assert to_units(format_units(units, scale), scale) == units
    for units in (UNITS_MAX + 1, -UNITS_MAX - 1):
        with pytest.raises(DecimalError, match="is too large"):
            to_units(format_units(units, scale), scale)


@pytest.mark.parametrize("step", [Step(1, 2), Step(1, 0), Step(10, 0), Step(25, 6)])
def test_the_most_steps_of_either_sign_go_through_and_one_more_does_not(step: Step) -> None:
    for count in (UNITS_MAX, -UNITS_MAX):
        assert to_steps(format_steps(count, step), step) == count
    for count in (UNITS_MAX + 1, -UNITS_MAX - 1):
        with pytest.raises(DecimalError, match="is too large"):
            to_steps(format_steps(count, step), step)


def test_printed_without_needless_zeros_but_with_one_decimal() -> None:
    assert format_units(5_000_000_000_000, 8) == "50000.0"
    assert format_units(50_000_000, 8) == "0.5"
    assert format_units(0, 8) == "0.0"
    assert format_units(0, 0) == "0.0"
    assert format_units(7, 0) == "7.0"
    assert format_units(-125, 2) == "-1.25"
    assert format_units(-5, 3) == "-0.005"
    assert format_units(1, 18) == "0.000000000000000001"
    assert format_steps(4, Step(25, 2)) == "1.0"
    assert format_steps(3, Step(10, 0)) == "30.0"
    assert format_steps(-3, Step(1, 6)) == "-0.000003"


def test_a_step_is_in_lowest_terms_and_above_zero() -> None:
    assert parse_step("0.01") == Step(1, 2)
    assert parse_step("0.010") == Step(1, 2)
    assert parse_step("0.25") == Step(25, 2)
    assert parse_step("10") == Step(10, 0)
    assert parse_step("1.0") == Step(1, 0)
    for text in ("0", "0.00", "-0.01"):
        with pytest.raises(DecimalError, match="must be above zero"):
            parse_step(text)


def test_units_round_trip_and_agree_with_decimal_on_seeded_cases() -> None:
    rng = random.Random(20_261)
    with localcontext(exact()):
        for _ in range(CASES):
            scale = rng.randint(0, 18)
            units = rng.randint(-(2 ** rng.randint(0, 63)) + 1, 2 ** rng.randint(0, 63) - 1)
            text = format_units(units, scale)
            assert to_units(text, scale) == units, (units, scale)
            assert Decimal(text) == Decimal(units).scaleb(-scale), (units, scale)
            fraction = text.partition(".")[2]
            assert fraction == "0" or (fraction and fraction[-1] != "0"), text


def test_text_is_read_as_decimal_reads_it_on_seeded_cases() -> None:
    rng = random.Random(20_262)
    with localcontext(exact()):
        for _ in range(CASES):
            text, scale = random_text(rng), rng.randint(0, 18)
            value = Decimal(text)
            wanted = value.scaleb(scale)
            if wanted != wanted.to_integral_value():
                with pytest.raises(DecimalError, match=f"has more than {scale} decimals"):
                    to_units(text, scale)
            elif abs(wanted) > UNITS_MAX:
                with pytest.raises(DecimalError, match="is too large"):
                    to_units(text, scale)
            else:
                assert to_units(text, scale) == wanted, (text, scale)


@settings(max_examples=1_000, deadline=None)
@given(TEXT)
def test_any_text_is_read_exactly_or_refused(text: str) -> None:
    if not well_formed(text):
        with pytest.raises(DecimalError):
            parse_decimal(text)
        return
    value, decimals = parse_decimal(text)
    with localcontext(exact()):
        assert Decimal(value).scaleb(-decimals) == Decimal(text)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=50))
def test_any_unicode_text_is_read_or_refused_with_a_decimal_error(text: str) -> None:
    try:
        parse_decimal(text)
    except DecimalError:
        assert not well_formed(text)
    else:
        assert well_formed(text)


@settings(max_examples=1_000, deadline=None)
@given(st.integers(-UNITS_MAX, UNITS_MAX), st.integers(1, 10**6), st.integers(0, 18))
def test_steps_round_trip(count: int, units: int, scale: int) -> None:
    step = Step(units, scale)
    text = format_steps(count, step)
    if len(text) > LENGTH_MAX:
        with pytest.raises(DecimalError, match="is longer than"):
            to_steps(text, step)
    else:
        assert to_steps(text, step) == count
    assert parse_step(format_steps(1, step)) == parse_step(format_units(units, scale))


@settings(max_examples=1_000, deadline=None)
@given(st.integers(0, 10**10), st.integers(0, 10), st.integers(2, 10**4), st.integers(0, 8))
def test_what_is_no_multiple_of_the_step_is_refused(
    value: int, decimals: int, units: int, scale: int
) -> None:
    text = format_units(value, decimals)
    with localcontext(exact()):
        whole = Decimal(text) % Decimal(units).scaleb(-scale) == 0
    if whole:
        assert to_steps(text, Step(units, scale)) * units * 10**decimals == value * 10**scale
    else:
        with pytest.raises(DecimalError, match="is not a multiple of"):
            to_steps(text, Step(units, scale))
