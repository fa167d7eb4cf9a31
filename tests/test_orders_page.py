"""`docs/orders.md` is what the exchange does now, and leaves out no code that an order can have."""

from enum import IntEnum

import pytest

from lightning.codes import CommandKind, OrderType, SelfTradePrevention, SymbolStatus, TimeInForce
from tools.order_words import read_command
from tools.orders_page import PAGE, make_page


def test_the_page_is_what_the_generator_makes_now_and_shows_every_code() -> None:
    page, commands = make_page()
    assert PAGE.read_text(encoding="utf-8") == page, "run `python -m tools.orders_page`"
    places = [command for command in commands if command.kind == CommandKind.PLACE]
    statuses = [command for command in commands if command.kind == CommandKind.SET_SYMBOL_STATUS]
    shown: dict[type[IntEnum], set[int]] = {
        OrderType: {command.type for command in places},
        TimeInForce: {command.tif for command in places},
        SelfTradePrevention: {command.stp for command in places},
        SymbolStatus: {command.type for command in statuses},
    }
    for codes, used in shown.items():
        assert used == set(codes), codes
        assert [code.name for code in codes if f"`{code.name}`" not in page] == []
    assert {command.kind for command in commands} >= {
        CommandKind.AMEND,
        CommandKind.CANCEL,
        CommandKind.CANCEL_ALL,
        CommandKind.CANCEL_ALL_AFTER,
        CommandKind.SET_ACCOUNT_STATUS,
    }


@pytest.mark.parametrize("words", ["", "book", "account 1 buys", "venue sets", "account 1 cancels"])
def test_words_that_are_no_command_are_refused(words: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        read_command(words, {})
