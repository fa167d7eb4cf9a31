"""Codes and rows are stored in journals and spoken by clients: they are appended to, never changed.

What was ever released is pinned here and in `golden/rows.txt`.
"""

from enum import EnumType, IntEnum, IntFlag
from pathlib import Path

import numpy as np
import pytest

from lightning import codes
from lightning.rows import COMMAND, EVENT, Command, Event

GOLDEN_ROWS = Path(__file__).parent / "golden" / "rows.txt"

GOLDEN_CODES: dict[type[IntEnum], str] = {
    codes.CommandKind: (
        "NONE PLACE CANCEL AMEND CANCEL_ALL DEPOSIT WITHDRAW TRANSFER CREATE_CURRENCY CREATE_SYMBOL "
        "TIMER SET_SYMBOL_STATUS SET_ACCOUNT_STATUS CANCEL_ALL_AFTER"
    ),
    codes.EventKind: (
        "NONE ACCEPTED TRADE CANCELED AMENDED REJECTED EXPIRED TRIGGERED REDUCED DEPOSITED WITHDRAWN "
        "TRANSFERRED CANCEL_ALL_DONE CREATED SYMBOL_STATUS_CHANGED ACCOUNT_STATUS_CHANGED "
        "CANCEL_ALL_AFTER_SET UNCROSSED"
    ),
    codes.Side: "BUY SELL",
    codes.OrderType: "LIMIT MARKET STOP STOP_LIMIT TRAILING_STOP",
    codes.TimeInForce: "GTC IOC FOK GTD",
    codes.SelfTradePrevention: "DEFAULT NONE CANCEL_TAKER CANCEL_MAKER CANCEL_BOTH DECREMENT",
    codes.SymbolStatus: "TRADING CANCEL_ONLY HALTED AUCTION",
    codes.AccountStatus: "ACTIVE HALTED",
    codes.OrderStatus: "UNSPECIFIED NEW PARTIALLY_FILLED FILLED CANCELED REJECTED EXPIRED PENDING",
    codes.RejectReason: (
        "NONE INSUFFICIENT_FUNDS UNKNOWN_ORDER NOT_OWNER ALREADY_CLOSED INVALID_QUANTITY INVALID_PRICE "
        "WOULD_CROSS UNKNOWN_ACCOUNT UNKNOWN_SYMBOL DUPLICATE_ID NO_LIQUIDITY OVERFLOW HALTED PRICE_BAND "
        "LIMIT_EXCEEDED CAPACITY UNKNOWN_CURRENCY INVALID_AMOUNT INVALID_COMMAND INVALID_FEE "
        "SELF_TRADE_PREVENTION INVALID_STOP_PRICE INVALID_EXPIRE_TIME INVALID_DISPLAY_QUANTITY "
        "ACCOUNT_HALTED LINKED AUCTION CANCEL_ALL_AFTER"
    ),
}
"""Each enum's names in the order of their numbers, from 0."""

GOLDEN_FLAGS = {
    codes.CommandFlag: (
        "POST_ONLY SHARED_ID OWN_FEES BUY_SIDE SELL_SIDE ONE_CANCELS_OTHER LINKED EVERY_ACCOUNT"
    ),
    codes.EventFlag: "REPLAYED MAKER CONSEQUENCE",
    codes.OrderTerms: "STOP ICEBERG GTD LINKED PENDING",
}
"""Each flag's names in the order of their bits, from 1."""


def columns(row: np.dtype[np.void]) -> list[str]:
    """One line per column: offset, format, name."""
    assert row.fields is not None
    return [f"{row.fields[name][1]:>3} {row.fields[name][0].str:>3} {name}" for name in row.names or ()]


def golden_columns(title: str) -> list[str]:
    section = GOLDEN_ROWS.read_text(encoding="utf-8").split(f"{title}\n", 1)[1].split("\n\n", 1)[0]
    return section.splitlines()


@pytest.mark.parametrize("enum", GOLDEN_CODES)
def test_codes_keep_their_numbers(enum: type[IntEnum]) -> None:
    golden = GOLDEN_CODES[enum].split()
    assert {member.name: member.value for member in enum} == {name: n for n, name in enumerate(golden)}


@pytest.mark.parametrize(("flag", "names"), GOLDEN_FLAGS.items())
def test_flags_keep_their_bits(flag: type[IntFlag], names: str) -> None:
    bits = {name: 1 << n for n, name in enumerate(names.split())}
    assert {member.name: member.value for member in flag} == bits


def test_every_enum_is_pinned_and_fits_a_byte() -> None:
    names = {
        name
        for name, value in vars(codes).items()
        if isinstance(value, EnumType) and value.__module__ == codes.__name__
    }
    assert names == {enum.__name__ for enum in GOLDEN_CODES} | {flag.__name__ for flag in GOLDEN_FLAGS}
    assert all(0 <= member <= 255 for enum in GOLDEN_CODES for member in enum)
    assert all(0 <= member <= 255 for flag in GOLDEN_FLAGS for member in flag)


@pytest.mark.parametrize(("title", "row"), [("COMMAND", COMMAND), ("EVENT", EVENT)])
def test_columns_keep_their_places(title: str, row: np.dtype[np.void]) -> None:
    assert row.itemsize == 128
    assert columns(row) == golden_columns(title)


@pytest.mark.parametrize("row", [COMMAND, EVENT])
def test_columns_lie_within_the_row_and_on_their_natural_boundaries(row: np.dtype[np.void]) -> None:
    assert row.fields is not None
    for name, (form, offset, *_) in row.fields.items():
        assert offset % form.itemsize == 0, name
        assert offset + form.itemsize <= row.itemsize, name
        assert form.byteorder in "<|=", name


def test_no_two_columns_of_a_command_share_bytes() -> None:
    assert COMMAND.fields is not None
    taken = [
        byte for form, offset, *_ in COMMAND.fields.values() for byte in range(offset, offset + form.itemsize)
    ]
    assert len(taken) == len(set(taken))


def test_a_command_goes_into_a_row_and_back() -> None:
    command = Command(kind=codes.CommandKind.PLACE, account=-1, price=2**40, maker_fee_ppm=-100)
    assert Command._make(np.array([command], COMMAND).tolist()[0]) == command
    assert np.array([Command()], COMMAND).tobytes() == bytes(128)


def test_an_event_comes_out_of_a_row() -> None:
    rows = np.zeros(1, EVENT)
    rows["trade_id"] = 7
    rows["maker_order_id"] = 5
    event = Event._make(rows.tolist()[0])
    assert (event.trade_id, event.filled_qty, event.maker_order_id, event.kind) == (7, 7, 5, 0)
