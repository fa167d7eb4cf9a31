"""Auction books with what must come of them, worked out by hand: the textbook set.

A book is drawn as bids | price | asks. Orders are named by when they came: A before B. `A10` is open
with ten lots, `A10/3` shows three of them at a time, `~B10` and the order before it take each other along.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lightning.codes import Side
from lightning.rows import PRICE_TICKS_MAX


class Drawn(NamedTuple):
    """One order of a drawing."""

    name: str
    side: Side
    price: int
    qty: int
    display: int
    linked: bool


class Auction(NamedTuple):
    why: str
    before: str
    price: int
    """0: nothing trades."""
    lots: int
    worked: Mapping[int, tuple[int, int]] = {}
    """At the ticks that decide: lots bid there or higher, lots asked there or lower."""
    last: int = 0
    """Last price; 0 = never traded."""
    trades: str = ""
    """`AxB10`: A is the maker, B the taker. `-A`: canceled, its sibling traded. `@99`: uncrossed again."""
    after: str = ""
    one_account: bool = False
    """Of all orders; otherwise every order has an account of its own."""


def orders_of(drawing: str) -> Iterator[Drawn]:
    """The orders of a drawing, as they stand in it: best bid to worst, best ask to worst."""
    rows = [[cell.strip() for cell in line.split("|")] for line in drawing.splitlines() if line.strip()]
    for side, column, lines in ((Side.BUY, 0, rows), (Side.SELL, 2, rows[::-1])):
        for cells in lines:
            for word in cells[column].split():
                name, _, display = word.lstrip("~").partition("/")
                linked = word.startswith("~")
                yield Drawn(name[0], side, int(cells[1]), int(name[1:]), int(display or 0), linked)


AUCTIONS = [
    Auction(
        "sides that do not meet stay as they are",
        """
                 | 101 | B10
             A10 |  99 |
        """,
        price=0,
        lots=0,
        after="""
                 | 101 | B10
             A10 |  99 |
        """,
    ),
    Auction(
        "bids alone do not trade",
        """
         A5 | 101 |
         B5 |  99 |
        """,
        price=0,
        lots=0,
        after="""
         A5 | 101 |
         B5 |  99 |
        """,
    ),
    Auction(
        "asks alone do not trade",
        """
            | 101 | A5
            |  99 | B5
        """,
        price=0,
        lots=0,
        last=100,
        after="""
            | 101 | A5
            |  99 | B5
        """,
    ),
    Auction("an empty book opens empty", "", price=0, lots=0, last=100),
    Auction(
        "sides that touch trade at the touch",
        """
         A10 | 100 | B10
        """,
        price=100,
        lots=10,
        worked={100: (10, 10)},
        trades="AxB10",
    ),
    Auction(
        "of all ticks the one where most lots trade",
        """
         A10 | 103 | G10
         B20 | 102 | F25
         C30 | 101 | E10
             | 100 | D5
        """,
        price=102,
        lots=30,
        worked={100: (60, 5), 101: (60, 15), 102: (30, 40), 103: (10, 50)},
        trades="AxD5 AxE5 BxE5 BxF15",
        after="""
             | 103 | G10
             | 102 | F10
         C30 | 101 |
        """,
    ),
    Auction(
        "more lots win over a smaller surplus",
        """
         A15 | 102 |
         B15 | 101 | C20
        """,
        price=101,
        lots=20,
        worked={101: (30, 20), 102: (15, 20)},
        last=102,
        trades="AxC15 BxC5",
        after="""
         B10 | 101 |
        """,
    ),
    Auction(
        "as many lots: the smaller surplus of bids",
        """
         A10 | 102 |
         B5  | 101 |
             | 100 | C10
        """,
        price=102,
        lots=10,
        worked={100: (15, 10), 101: (15, 10), 102: (10, 10)},
        last=100,
        trades="AxC10",
        after="""
         B5 | 101 |
        """,
    ),
    Auction(
        "as many lots: the smaller surplus of asks",
        """
         A10 | 102 |
             | 101 | B5
             | 100 | C10
        """,
        price=100,
        lots=10,
        worked={100: (10, 10), 101: (10, 15), 102: (10, 15)},
        last=102,
        trades="AxC10",
        after="""
            | 101 | B5
        """,
    ),
    Auction(
        "as many lots and the same surplus: the last price, if it is among them",
        """
         A10 | 105 |
             | 100 | B10
        """,
        price=103,
        lots=10,
        worked={100: (10, 10), 103: (10, 10), 105: (10, 10)},
        last=103,
        trades="AxB10",
    ),
    Auction(
        "... the highest of them, if the last price is above",
        """
         A10 | 105 |
             | 100 | B10
        """,
        price=105,
        lots=10,
        last=110,
        trades="AxB10",
    ),
    Auction(
        "... the lowest of them, if the last price is below",
        """
         A10 | 105 |
             | 100 | B10
        """,
        price=100,
        lots=10,
        last=90,
        trades="AxB10",
    ),
    Auction(
        "... the lowest of them, if it never traded",
        """
         A10 | 105 |
             | 100 | B10
        """,
        price=100,
        lots=10,
        trades="AxB10",
    ),
    Auction(
        "a surplus of bids and one of asks are the same: the last price decides, here for the asks",
        """
         A10 | 101 | D5
         B5  | 100 | C10
        """,
        price=101,
        lots=10,
        worked={100: (15, 10), 101: (10, 15)},
        last=101,
        trades="AxC10",
        after="""
            | 101 | D5
         B5 | 100 |
        """,
    ),
    Auction(
        "a surplus of bids and one of asks are the same: the last price decides, here for the bids",
        """
         A10 | 101 | D5
         B5  | 100 | C10
        """,
        price=100,
        lots=10,
        last=99,
        trades="AxC10",
        after="""
            | 101 | D5
         B5 | 100 |
        """,
    ),
    Auction(
        "a surplus of bids and one of asks are the same over several ticks: nearest the last price",
        """
         A10 | 104 |
             | 101 | D5
         B5  | 100 |
             |  98 | C10
        """,
        price=103,
        lots=10,
        worked={98: (15, 10), 100: (15, 10), 101: (10, 15), 103: (10, 15), 104: (10, 15)},
        last=103,
        trades="AxC10",
        after="""
            | 101 | D5
         B5 | 100 |
        """,
    ),
    Auction(
        "a surplus of bids and one of asks are the same, never traded: the lowest of all",
        """
         A10 | 104 |
             | 101 | D5
         B5  | 100 |
             |  98 | C10
        """,
        price=98,
        lots=10,
        trades="AxC10",
        after="""
            | 101 | D5
         B5 | 100 |
        """,
    ),
    Auction(
        "where bids and asks part, the side with the smaller surplus: here bids",
        """
         A10 | 101 | D5
         B3  | 100 | C10
        """,
        price=100,
        lots=10,
        worked={100: (13, 10), 101: (10, 15)},
        last=101,
        trades="AxC10",
        after="""
            | 101 | D5
         B3 | 100 |
        """,
    ),
    Auction(
        "where bids and asks part, the side with the smaller surplus: here asks",
        """
         A10 | 101 | D3
         B5  | 100 | C10
        """,
        price=101,
        lots=10,
        worked={100: (15, 10), 101: (10, 13)},
        last=100,
        trades="AxC10",
        after="""
            | 101 | D3
         B5 | 100 |
        """,
    ),
    Auction(
        "between two levels both sides balance: any tick of the gap, here the last price",
        """
             | 120 | D10
         A10 | 110 |
             |  95 | C10
         B10 |  90 |
        """,
        price=99,
        lots=10,
        worked={94: (10, 0), 95: (10, 10), 99: (10, 10), 110: (10, 10), 111: (0, 10)},
        last=99,
        trades="AxC10",
        after="""
             | 120 | D10
         B10 |  90 |
        """,
    ),
    Auction(
        "the gap ends one tick below the ask that would add a surplus",
        """
         A10 | 110 |
             | 107 | B1
             |  95 | C10
        """,
        price=106,
        lots=10,
        worked={106: (10, 10), 107: (10, 11)},
        last=200,
        trades="AxC10",
        after="""
             | 107 | B1
        """,
    ),
    Auction(
        "with a surplus of asks, too, it ends one tick below the next ask",
        """
         A10 | 110 |
             | 105 | D1
             | 100 | C10
             |  95 | B5
        """,
        price=104,
        lots=10,
        worked={95: (10, 5), 100: (10, 15), 104: (10, 15), 105: (10, 16)},
        last=200,
        trades="AxB5 AxC5",
        after="""
             | 105 | D1
             | 100 | C5
        """,
    ),
    Auction(
        "the gap begins one tick above the bid that would add a surplus",
        """
         A10 | 110 |
         B1  |  98 |
             |  95 | C10
        """,
        price=99,
        lots=10,
        worked={98: (11, 10), 99: (10, 10)},
        trades="AxC10",
        after="""
         B1 | 98 |
        """,
    ),
    Auction(
        "prices at both ends of what there is",
        f"""
         A10 | {PRICE_TICKS_MAX} |
             | 1 | B10
        """,
        price=123_456_789_012,
        lots=10,
        last=123_456_789_012,
        trades="AxB10",
    ),
    Auction(
        "one order that crosses is enough",
        """
             | 101 | B5
         A5  |  99 |
             |  98 | C20
        """,
        price=99,
        lots=5,
        worked={98: (5, 20), 99: (5, 20)},
        last=100,
        trades="AxC5",
        after="""
             | 101 | B5
             |  98 | C15
        """,
    ),
    Auction(
        "at the margin the oldest is filled first, the next in part, and that one keeps its place",
        """
         A5 B5 C5 | 100 | D7
        """,
        price=100,
        lots=7,
        worked={100: (15, 7)},
        trades="AxD5 BxD2",
        after="""
         B3 C5 | 100 |
        """,
    ),
    Auction(
        "price before time: a younger bid at a better price is filled first",
        """
         B5 | 101 |
         A5 | 100 | C5
        """,
        price=101,
        lots=5,
        worked={100: (10, 5), 101: (5, 5)},
        trades="BxC5",
        after="""
         A5 | 100 |
        """,
    ),
    Auction(
        "everything prints at the one price, better than both sides asked for",
        """
         C5 | 110 |
         D5 | 105 |
            |  95 | B5
            |  90 | A5
        """,
        price=100,
        lots=10,
        worked={95: (10, 10), 100: (10, 10), 105: (10, 10)},
        last=100,
        trades="AxC5 BxD5",
    ),
    Auction(
        "the older order is the maker, whichever side it is on",
        """
         B10 | 100 | A5 C5
        """,
        price=100,
        lots=10,
        trades="AxB5 BxC5",
    ),
    Auction(
        "many levels of one side against one order",
        """
             | 105 | A1
             | 104 | B2
             | 103 | C3
         F9  | 102 | D4
             | 101 | E5
        """,
        price=102,
        lots=9,
        worked={101: (9, 5), 102: (9, 9)},
        trades="ExF5 DxF4",
        after="""
             | 105 | A1
             | 104 | B2
             | 103 | C3
        """,
    ),
    Auction(
        "hidden lots count for the price",
        """
         A30/5 | 102 |
               | 101 | B12
               | 100 | C10
        """,
        price=102,
        lots=22,
        worked={100: (30, 10), 101: (30, 22), 102: (30, 22)},
        last=102,
        trades="AxC5 AxC5 AxB5 AxB5 AxB2",
        after="""
         A8/5 | 102 |
        """,
    ),
    Auction(
        "a slice that is gone sends the order behind its neighbour",
        """
         A12/5 B10 | 100 | C18
        """,
        price=100,
        lots=18,
        worked={100: (22, 18)},
        trades="AxC5 BxC10 AxC3",
        after="""
         A4/5 | 100 |
        """,
    ),
    Auction(
        "icebergs on both sides trade slice by slice",
        """
         A10/4 | 100 | B10/3
        """,
        price=100,
        lots=10,
        trades="AxB3 AxB1 AxB2 AxB2 AxB1 AxB1",
    ),
    Auction(
        "no self-trade prevention: an account's own orders meet",
        """
         A10 | 100 | B4 C6
        """,
        price=100,
        lots=10,
        trades="AxB4 AxC6",
        one_account=True,
    ),
    Auction(
        "a fill in part takes the sibling along",
        """
         A10  | 100 | C4
         ~B10 |  99 |
        """,
        price=100,
        lots=4,
        worked={99: (20, 0), 100: (10, 4)},
        trades="AxC4 -B",
        after="""
         A6 | 100 |
        """,
    ),
    Auction(
        "a sibling that was counted and is taken along: fewer lots trade",
        """
         A5 ~B5 | 101 |
                | 100 | C10
        """,
        price=101,
        lots=10,
        worked={100: (10, 10), 101: (10, 10)},
        last=105,
        trades="AxC5 -B",
        after="""
            | 100 | C5
        """,
    ),
    Auction(
        "both sides have a sibling: the maker's goes first",
        """
             | 104 | ~D3
         A10 | 102 |
         ~B8 | 101 | C4
        """,
        price=102,
        lots=4,
        worked={101: (18, 4), 102: (10, 4)},
        trades="AxC4 -B -D",
        after="""
         A6 | 102 |
        """,
    ),
    Auction(
        "orders that took others along leave the book crossed: uncrossed again, from the new last price",
        """
         A5 ~B5 | 105 |
         C5     | 101 |
                | 100 | D10
        """,
        price=102,
        lots=10,
        worked={101: (15, 10), 102: (10, 10), 105: (10, 10)},
        trades="AxD5 -B @101 CxD5",
    ),
]
