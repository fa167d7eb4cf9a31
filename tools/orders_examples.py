"""What `docs/orders.md` shows: short prose, and commands in the words of `order_words.py`."""

from collections.abc import Mapping
from typing import NamedTuple


class Example(NamedTuple):
    title: str
    prose: str
    commands: tuple[str, ...]
    """ "book" draws it in between."""
    before: tuple[str, ...] = ()
    """Commands that make the book as it is before."""
    symbol: Mapping[str, object] = {}
    """Keys of the symbol's configuration."""


class Section(NamedTuple):
    title: str
    examples: tuple[Example, ...]


INTRODUCTION = (
    """Each order type and each control with a book before and after, and the events between. The books
    are drawn from runs of the exchange: `python -m tools.orders_page` writes this page, and a test
    compares it.""",
    """Orders are named A, B, C. `A10` has ten lots open; `A3+7` shows three and hides seven. Orders at
    one price stand in the order in which they trade. `bids` and `asks` are the lots that everybody sees.
    Stops that wait are not in the book; they stand beside it. A line with `>` is a command in
    short words; what is indented below it are its events. Words in capitals are the codes of the API.""",
)

BOOK = (
    "A: account 1 buys 5 limit 99",
    "B: account 2 sells 4 limit 101",
    "C: account 2 sells 6 limit 102",
)
TRADED = (
    "A: account 1 buys 1 limit 100",
    "B: account 2 sells 1 limit 100",
    "C: account 1 buys 5 limit 98",
    "D: account 2 sells 5 limit 102",
)
OWN = (
    "A: account 2 sells 5 limit 101",
    "B: account 1 sells 5 limit 101",
    "C: account 3 sells 5 limit 102",
)

PLAIN = (
    Example(
        "Limit, good till canceled",
        """A `LIMIT` order trades at its price or a better one, always at the price of the order that was
        there first. With `GTC`, which is what you get when you say nothing, the rest stays in the book
        until it trades or you cancel it.""",
        ("D: account 3 buys 7 limit 101",),
        BOOK,
    ),
    Example(
        "Immediate or cancel",
        "With `IOC` the order takes what it can get at its price now; the rest is canceled.",
        ("D: account 3 buys 7 limit 101 IOC",),
        BOOK,
    ),
    Example(
        "Fill or kill",
        "With `FOK` the order trades all of its quantity now, or nothing.",
        ("D: account 3 buys 7 limit 101 FOK", "E: account 3 buys 7 limit 102 FOK"),
        BOOK,
    ),
    Example(
        "Post-only",
        "A post-only order never takes: it is refused if it would trade at once.",
        ("D: account 3 buys 7 limit 101 post-only", "E: account 3 buys 7 limit 100 post-only"),
        BOOK,
    ),
    Example(
        "Market, by quantity",
        """A `MARKET` order has no price and takes the best ones there are, level by level. It never
        rests: what the book cannot fill is canceled.""",
        ("D: account 3 buys 12 market",),
        BOOK,
    ),
    Example(
        "Market, by money",
        """A market order to buy can name what it may spend, fees included, instead of a quantity. It buys
        whole lots as long as the money lasts; what is left of the money is yours again.""",
        ("D: account 3 buys market for 700",),
        BOOK,
    ),
    Example(
        "Iceberg",
        """An iceberg shows only a part of its quantity. When the shown part is traded, the next one
        appears at the back of the queue at its price.""",
        ("C: account 3 buys 5 limit 101",),
        ("A: account 1 sells 10 limit 101 show 3", "B: account 2 sells 4 limit 101"),
    ),
    Example(
        "Good till date",
        "A `GTD` order is taken out of the book at its time, if it is still there.",
        ("clock 10:04", "B: account 2 sells 2 limit 99", "clock 10:05"),
        ("A: account 1 buys 5 limit 99 GTD 10:05",),
    ),
)

STOPS = (
    Example(
        "Stop",
        """A `STOP` order waits, unseen. A stop to buy triggers when the last price is at its stop price
        or above, a stop to sell at it or below; then it is a market order. Its trades can trigger the
        next stop.""",
        ("H: account 3 sells 4 limit 98",),
        (
            *TRADED,
            "E: account 3 buys 5 limit 96",
            "F: account 4 sells 3 stop 98",
            "G: account 4 sells 2 stop 96",
        ),
    ),
    Example(
        "Stop limit",
        "A `STOP_LIMIT` order waits like a stop, and enters the book as a limit order when it triggers.",
        ("G: account 3 buys 2 limit 102",),
        (*TRADED, "E: account 2 sells 1 limit 103", "F: account 4 buys 6 stop 102 limit 103"),
    ),
    Example(
        "Trailing stop",
        """A `TRAILING_STOP` follows the price: the stop of a sell is the highest last price since it
        came, less its distance (of a buy: the lowest, plus the distance). It never moves away from the
        market again.""",
        ("F: account 3 buys 2 limit 102", "book", "G: account 3 sells 1 limit 98"),
        (*TRADED, "E: account 4 sells 2 trail 4"),
    ),
    Example(
        "One cancels the other",
        """Two orders of one side can be linked, say a limit order that takes a profit and a stop that
        cuts a loss: as soon as one trades, if only in part, or ends, the other is canceled. The second is
        sent right behind the first.""",
        ("G: account 3 buys 2 limit 101",),
        (*TRADED, "E: account 4 sells 5 limit 101", "F: account 4 sells 5 stop 97 linked"),
    ),
    Example(
        "Market protection",
        """A stop to buy pays at most so much more than its stop price, here `market_protection_ppm =
        20000`, two percent. Up to that price the money is held while it waits; what is dearer it does not
        buy.""",
        ("H: account 3 buys 5 limit 102",),
        (
            *TRADED,
            "E: account 2 sells 2 limit 104",
            "F: account 2 sells 5 limit 105",
            "G: account 4 buys 6 stop 102",
        ),
        {"market_protection_ppm": 20_000},
    ),
)

SELF_TRADES = (
    Example(
        "CANCEL_TAKER",
        """When an order meets one of its own account, its self-trade prevention mode says what happens;
        an order that names none (`DEFAULT`) has the symbol's. `CANCEL_TAKER`, which symbols have unless
        configured otherwise, cancels what is left of the incoming order. In these examples B and D are of
        account 1.""",
        ("D: account 1 buys 8 limit 102 self-trade CANCEL_TAKER",),
        OWN,
    ),
    Example(
        "CANCEL_MAKER",
        "`CANCEL_MAKER` cancels the order in the book, and the incoming one goes on.",
        ("D: account 1 buys 8 limit 102 self-trade CANCEL_MAKER",),
        OWN,
    ),
    Example(
        "CANCEL_BOTH",
        "`CANCEL_BOTH` cancels both.",
        ("D: account 1 buys 8 limit 102 self-trade CANCEL_BOTH",),
        OWN,
    ),
    Example(
        "DECREMENT",
        """`DECREMENT` takes the smaller quantity off both without a trade: one of them ends, the other
        goes on with the rest.""",
        ("D: account 1 buys 8 limit 102 self-trade DECREMENT",),
        OWN,
    ),
    Example(
        "NONE",
        "With `NONE` the two trade like any others.",
        ("D: account 1 buys 8 limit 102 self-trade NONE",),
        OWN,
    ),
)

CHANGES = (
    Example(
        "Amend",
        """An amend sets the open quantity, the price or both. Less at the same price keeps the place in
        the queue; more, or another price, sends the order to the back. An order whose new price crosses
        the book trades.""",
        ("account 1 amends A qty 3", "account 2 amends B qty 6", "account 3 amends C limit 101"),
        (
            "A: account 1 buys 5 limit 99",
            "B: account 2 buys 5 limit 99",
            "C: account 3 buys 5 limit 99",
            "D: account 4 sells 2 limit 101",
        ),
    ),
    Example(
        "Cancel, and cancel all",
        """A cancel takes an order out, resting or waiting. Cancel all does so with every order of an
        account in one symbol or in all of them, of both sides or of one. The venue can cancel those of
        everybody.""",
        ("account 1 cancels A", "account 1 cancels all buys", "venue cancels all"),
        (
            *BOOK,
            "D: account 1 buys 2 limit 98",
            "E: account 1 sells 3 stop 97",
            "F: account 1 buys 3 limit 97",
            "G: account 3 buys 1 limit 97",
        ),
    ),
    Example(
        "Cancel all after: the dead man's switch",
        """An account sets a time at which all its orders, in all symbols, are canceled. A program sets it
        anew while it is well; when it falls silent, its orders go.""",
        ("account 2 cancels all at 10:01", "account 2 cancels all at 10:02", "clock 10:01", "clock 10:02"),
        BOOK,
    ),
)

VENUE = (
    Example(
        "Price band",
        """With `price_band_ppm`, here 30000, three percent, no incoming order trades farther than that
        from the last price. A limit order outside is refused; a market order, or a triggered stop, goes
        as far as the band, and its rest is canceled. Before the first trade there is no band; E came
        then.""",
        ("F: account 3 buys 5 limit 104", "G: account 3 buys 9 market"),
        ("E: account 2 sells 5 limit 104", *TRADED),
        {"price_band_ppm": 30_000},
    ),
    Example(
        "Auction",
        """While a book's status is `AUCTION` it collects orders and none trades; the sides may overlap.
        When it goes back to `TRADING` the book uncrosses: all that can trade does so at one price, the
        one at which most lots trade. Of several such it is the one that leaves least over, then the one
        nearest the last price, then the lowest.""",
        ("E: account 4 sells 3 limit 99", "F: account 3 buys 2 market", "venue sets book TRADING"),
        (
            "venue sets book AUCTION",
            "A: account 1 buys 5 limit 103",
            "B: account 3 buys 4 limit 101",
            "C: account 2 sells 6 limit 100",
            "D: account 2 sells 5 limit 104",
        ),
    ),
    Example(
        "Cancel only, and halted",
        """With the status `CANCEL_ONLY` orders can be canceled, but not come in or be amended. With
        `HALTED` they cannot be canceled either; those that are due still expire. When it trades again,
        the book is as it was left.""",
        (
            "venue sets book CANCEL_ONLY",
            "D: account 3 buys 1 limit 101",
            "account 1 amends A qty 3",
            "account 2 cancels B",
            "venue sets book HALTED",
            "account 1 cancels A",
            "venue sets book TRADING",
            "D: account 3 buys 1 limit 102",
        ),
        BOOK,
    ),
    Example(
        "Account halt",
        """A halted account places and amends nothing. It can cancel, and what it has in the book still
        trades.""",
        (
            "venue sets account 2 HALTED",
            "D: account 2 sells 1 limit 103",
            "E: account 3 buys 4 limit 101",
            "account 2 cancels C",
            "venue sets account 2 ACTIVE",
        ),
        BOOK,
    ),
)

SECTIONS = (
    Section("Orders", PLAIN),
    Section("Stops and links", STOPS),
    Section("Self-trade prevention", SELF_TRADES),
    Section("Amend and cancel", CHANGES),
    Section("The venue's controls", VENUE),
)
