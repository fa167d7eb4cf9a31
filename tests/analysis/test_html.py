"""Books and dataframes as HTML, read by Python's own parser."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest

from lightning import COMMAND, Command, Exchange, analysis
from lightning.analysis.html import book_html, frame_html
from lightning.analysis.pictures.units import Levels
from lightning.codes import CommandKind, Side
from tests.analysis.toy_book import BTC, START_NS, ToyBook

EVIL = '"><script>alert(1)</script>'
BIDS = np.array([[5_000_000, 2_000_000, 3], [4_999_950, 500_000, 1]])
ASKS = np.array([[5_000_100, 1_000_000, 1]])


class Table(HTMLParser):
    """The tags, attributes and rows of one table; fails on a tag that is not closed in its order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.styles: dict[str, str] = {}
        """By the text of a cell."""
        self.rows: list[list[str]] = []
        self.caption = ""
        self._open: list[tuple[str, str]] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"style", "colspan"}
        self._open.append((tag, dict(attrs).get("style") or ""))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if any(tag == "caption" for tag, _ in self._open):
            self.caption += data
        elif self.rows and self.rows[-1]:
            self.rows[-1][-1] += data
            self.styles[data] = self._open[-1][1]


def test_a_book_is_a_ladder_of_both_sides_with_bars() -> None:
    table = Table(book_html(Levels(BTC, BIDS, ASKS), note="seq 7"))
    assert table.caption == "BTC-USDT seq 7"
    assert table.rows == [
        ["Orders", "Bid quantity", "Bid price", "Ask price", "Ask quantity", "Orders"],
        ["3", "2.000000", "50,000.00", "50,001.00", "1.000000", "1"],
        ["1", "0.500000", "49,999.50", "", "", ""],
    ]
    assert "to left" in table.styles["2.000000"] and "80.0%" in table.styles["2.000000"]
    assert "100.0%" in table.styles["0.500000"]
    assert "to right" in table.styles["1.000000"] and "40.0%" in table.styles["1.000000"]


def test_a_book_shows_its_best_levels_only() -> None:
    table = Table(book_html(Levels(BTC, BIDS, ASKS), levels=1))
    assert len(table.rows) == 2
    assert "100.0%" in table.styles["2.000000"]


def test_an_empty_book_says_so() -> None:
    nothing = np.empty((0, 3), np.int64)
    assert Table(book_html(Levels(BTC, nothing, nothing))).rows[1] == ["The book is empty"]


def test_a_frame_is_a_table_in_words_and_decimals() -> None:
    side = pl.Enum(["BUY", "SELL"])
    frame = pl.DataFrame(
        {
            "order_id": [7, 12_000],
            "client_order_id": [0, 0],
            "symbol_id": [1, 2],
            "symbol": ["BTC-USDT", None],
            "side": pl.Series(["BUY", None], dtype=side),
            "price": pl.Series([Decimal("50000.10"), Decimal("1234567.125")], dtype=pl.Decimal(38, 8)),
            "stop_price": pl.Series([None, None], dtype=pl.Decimal(38, 8)),
            "money": pl.Series([Decimal(2000), None], dtype=pl.Decimal(38, 8)),
            "create_time": [datetime(2026, 5, 2, 1, 2, 3, 4567, UTC), datetime(1970, 1, 1, tzinfo=UTC)],
            "update_time": [datetime(1970, 1, 1, tzinfo=UTC)] * 2,
            "sibling_id": [0, 4],
        }
    )
    table = Table(frame_html("Orders", frame))
    assert table.caption == "Orders 2 rows"
    assert table.rows == [
        ["Order id", "Symbol", "Side", "Price", "Money", "Create time", "Sibling id"],
        ["7", "BTC-USDT", "buy", "50,000.100", "2,000", "2026-05-02 01:02:03.004", ""],
        ["12000", "", "", "1,234,567.125", "", "", "4"],
    ]
    assert "text-align:right" in table.styles["7"] and "text-align:left" in table.styles["buy"]


def test_of_a_long_frame_the_first_rows_are_shown() -> None:
    table = Table(frame_html("Orders", pl.DataFrame({"order_id": range(1_200)})))
    assert len(table.rows) == 51
    assert table.caption == "Orders the first 50 of 1,200 rows"
    assert Table(frame_html("Orders", pl.DataFrame({"order_id": []}))).rows == [["Order id"]]


def evil_book() -> Levels:
    base, quote = (replace(currency, name=EVIL) for currency in (BTC.base, BTC.quote))
    return Levels(replace(BTC, name=EVIL, base=base, quote=quote), BIDS, ASKS)


@pytest.mark.parametrize(
    "html",
    [
        book_html(evil_book(), note=EVIL),
        frame_html(EVIL, pl.DataFrame({EVIL: [EVIL]})),
        frame_html("Enum", pl.DataFrame({"name": pl.Series([EVIL], dtype=pl.Enum([EVIL]))})),
    ],
    ids=["book", "frame", "enum"],
)
def test_names_are_text_whatever_they_say(html: str) -> None:
    table = Table(html)
    assert table.tags <= {"table", "caption", "span", "thead", "tbody", "tr", "th", "td"}
    assert EVIL in table.caption or any(EVIL in row for row in table.rows)


@pytest.mark.parametrize(
    "html",
    [book_html(Levels(BTC, BIDS, ASKS)), frame_html("Orders", pl.DataFrame({"order_id": [1]}))],
    ids=["book", "frame"],
)
def test_text_has_the_notebooks_own_colour(html: str) -> None:
    assert "color:inherit" in html
    assert "color:" not in html.replace("color:inherit", "")
    assert "rgb(" not in html and "#" not in html


def test_what_a_market_gives_shows_itself(warm_kernels: None) -> None:
    exchange = Exchange()
    commands = [
        Command(kind=CommandKind.DEPOSIT, account=1, currency=2, amount=10**14),
        Command(kind=CommandKind.PLACE, account=1, symbol=1, side=Side.BUY, price=5_000_000, qty=250_000),
    ]
    exchange.submit(np.array(commands, COMMAND))
    market = analysis.open(exchange)
    book = Table(market.book("BTC-USDT")._repr_html_())
    assert (book.caption, book.rows[1][:3]) == ("BTC-USDT seq 2", ["1", "0.250000", "50,000.00"])
    orders = Table(market.orders()._repr_html_())
    assert orders.caption == "Orders 1 row"
    assert dict(zip(*orders.rows, strict=True))["Leaves quantity"] == "0.25"
    assert "Stop price" not in orders.rows[0]
    balances = Table(market.balances()._repr_html_())
    assert dict(zip(*balances.rows, strict=True))["Held"] == "12,500"
    assert Table(market.symbols._repr_html_()).rows[1][:2] == ["BTC-USDT", "BTC"]


def test_a_book_of_the_past_says_when_it_was() -> None:
    toy = ToyBook()
    toy.add(Side.BUY, 100, 1)
    table = Table(toy.flow().book_at()._repr_html_())
    assert START_NS // 10**9 == 1_700_000_000
    assert table.caption == "BTC-USDT seq 1, 2023-11-14 22:13:21.000000 UTC"
