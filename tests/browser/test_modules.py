"""The page's own arithmetic, in the browser, against Python's."""

import random
import zlib
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import new_context
from tests.browser.venue import Venue

APPLY = """
async messages => {
    const { Book } = await import("/static/book.js");
    const book = new Book();
    return messages.map(message => [book.apply(message), book.bids.all.length, book.asks.all.length]);
}
"""
FORMAT = """
async ([name, ...values]) => (await import("/static/format.js"))[name](...values)
"""


@pytest.fixture
def page(browser: Browser, venue: Venue) -> Any:
    context = new_context(browser)
    page = context.new_page()
    page.goto(venue.page)
    yield page
    context.close()


class ReferenceBook:
    """A book by the documented recipe, and the messages of its changes."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.seq = 1
        self.sides: dict[str, dict[str, str]] = {"bids": {}, "asks": {}}

    def change(self) -> dict[str, object]:
        previous, self.seq = self.seq, self.seq + self.rng.randint(1, 9)
        side = self.rng.choice(["bids", "asks"])
        base = 90 if side == "bids" else 110
        price = f"{base + self.rng.randint(-900, 900) / 100}"
        quantity = self.rng.choice(["0", "0.5", "12.000001", "0.000001", "700.0"])
        self.sides[side].pop(price, None)
        if quantity != "0":
            self.sides[side][price] = quantity
        changed = [{"price": price, "quantity": quantity, "order_count": 1}]
        return self.message(previous, False, {"bids": [], "asks": [], side: changed})

    def snapshot(self) -> dict[str, object]:
        levels = {
            side: [{"price": price, "quantity": amount, "order_count": 1} for price, amount in found.items()]
            for side, found in self.sides.items()
        }
        return self.message(0, True, levels)

    def message(self, previous: int, snapshot: bool, levels: dict[str, Any]) -> dict[str, object]:
        return {
            "symbol_id": 1,
            "seq": str(self.seq),
            "previous_seq": str(previous),
            "snapshot": snapshot,
            "checksum": self.checksum(),
            "status": "SYMBOL_STATUS_TRADING",
            **levels,
        }

    def checksum(self) -> int:
        text = ""
        for side, best_is_last in (("asks", False), ("bids", True)):
            prices = sorted(self.sides[side], key=float, reverse=best_is_last)[:10]
            for price in prices:
                for number in (price, self.sides[side][price]):
                    text += number.replace(".", "").lstrip("0")
        return zlib.crc32(text.encode())


def test_a_book_follows_every_change_and_checks_itself(page: Page) -> None:
    book = ReferenceBook(random.Random(5))
    messages, expected = [book.snapshot()], [["ok", 0, 0]]
    for turn in range(2_000):
        messages.append(book.snapshot() if turn % 500 == 499 else book.change())
        expected.append(["ok", len(book.sides["bids"]), len(book.sides["asks"])])
    assert page.evaluate(APPLY, messages) == expected


def test_a_missing_message_is_a_gap_and_a_wrong_level_a_wrong_checksum(page: Page) -> None:
    book = ReferenceBook(random.Random(6))
    for _ in range(50):
        book.change()
    first, second, third = book.snapshot(), book.change(), book.change()
    results = [one[0] for one in page.evaluate(APPLY, [first, third])]
    assert results == ["ok", "gap"]
    results = [one[0] for one in page.evaluate(APPLY, [first, {**second, "checksum": 1}])]
    assert results == ["ok", "checksum"]
    assert [one[0] for one in page.evaluate(APPLY, [second, first])] == ["waiting", "ok"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (["fixed", "50000.0", 2], "50,000.00"),
        (["fixed", "1234567.123456789", 2], "1,234,567.123456789"),
        (["fixed", "999", 0], "999"),
        (["fixed", "", 2], "–"),
        (["fixed", "-1234.5", 1], "-1,234.5"),
        (["plain", "9007199254740993.000000010"], "9,007,199,254,740,993.00000001"),
        (["typed", "50000.0"], "50000"),
        (["typed", "100"], "100"),
        (["decimalsOf", "0.000001"], 6),
        (["decimalsOf", "10.0"], 0),
        (["compact", "1234567"], "1.23M"),
        (["percent", "100", "101.5"], "+1.50%"),
        (["percent", "", "1"], "–"),
    ],
)
def test_numbers_are_written_exactly(page: Page, call: list[object], expected: object) -> None:
    assert page.evaluate(FORMAT, call) == expected
