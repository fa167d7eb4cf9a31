"""The uncross (RULES 19): a textbook set, and random books against a plain one that looks at every tick."""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pytest

from lightning.codes import CommandFlag, CommandKind, EventFlag, EventKind, RejectReason, Side, SymbolStatus
from lightning.engine.exchange import Exchange
from lightning.kernels.auction import find_uncross, uncross_rows
from lightning.rows import COMMAND, PRICE_TICKS_MAX, Command
from tests import plain_auction
from tests.auctions import AUCTIONS, Auction, Drawn, orders_of
from tests.edge_values import INT64_MAX
from tests.oracle.rows import Rows
from tests.plain_auction import Canceled, Order, Row, Trade, Uncrossed
from tests.shapes import Config, config, symbol

BASE, QUOTE, SYMBOL = 1, 2, 1
LOT_VALUE = TICK_VALUE = 100
FEE_ACCOUNT = 99
MONEY = 10**18
MILLION = 1_000_000


def market(maker_fee_ppm: int = 0, taker_fee_ppm: int = 0) -> Config:
    fees = {"maker_fee_ppm": maker_fee_ppm, "taker_fee_ppm": taker_fee_ppm, "fee_account": FEE_ACCOUNT}
    return config(symbol(SYMBOL, "A", "B", "1", "1", **fees))


class Left(NamedTuple):
    id: int
    side: int
    price: int
    lots: int
    hidden: int


class Floor:
    """An exchange with one book, whose auctions the tests hold."""

    def __init__(self, source: Config, ledger: bool = True, accounts: Iterable[int] = ()) -> None:
        self.exchange = Exchange(source, ledger=ledger, shards=2)
        self.names: dict[int, str] = {}
        if ledger:
            self.submit(
                Command(kind=CommandKind.DEPOSIT, account=account, currency=currency, amount=MONEY)
                for account in accounts
                for currency in (BASE, QUOTE)
            )

    def submit(self, commands: Iterable[Command]) -> Rows:
        return self.exchange.submit(np.array(list(commands), COMMAND))

    def set_status(self, status: SymbolStatus) -> Rows:
        return self.submit([Command(kind=CommandKind.SET_SYMBOL_STATUS, symbol=SYMBOL, type=status)])

    def collect(self, orders: Iterable[Drawn], accounts: dict[str, int], last: int = 0) -> list[Order]:
        """Begin an auction with these orders, the oldest first, and the same for the plain one."""
        self.set_status(SymbolStatus.AUCTION)
        shard, slot = self.exchange._place_of(SYMBOL)
        self.exchange._state.books.books["last_price"][shard, slot] = last
        by_age = sorted(orders)
        events = self.submit(place(order, accounts[order.name]) for order in by_age)
        assert set(events["kind"].tolist()) <= {EventKind.ACCEPTED}
        ids = events["order_id"].tolist()
        self.names = dict(zip(ids, (order.name for order in by_age), strict=True))
        plain = []
        for id, order in zip(ids, by_age, strict=True):
            plain.append(Order(id, order.side, order.price, order.qty, order.display))
            if order.linked:
                plain[-1].sibling, plain[-2].sibling = plain[-2].id, id
        return plain

    def indicative(self) -> Uncrossed:
        price, lots = find_uncross(self.exchange._state.books, *self.exchange._place_of(SYMBOL))
        return Uncrossed(int(price), int(lots))

    def open(self) -> list[Row]:
        """End the auction; what came of it."""
        most = int(uncross_rows(self.exchange._state.books, *self.exchange._place_of(SYMBOL)))
        status, *events = self.set_status(SymbolStatus.TRADING)
        assert status["kind"] == EventKind.SYMBOL_STATUS_CHANGED and status["qty"] == SymbolStatus.TRADING
        assert len(events) <= most
        assert {int(event["seq"]) for event in events} <= {self.exchange.seq}
        return [row_of(event) for event in events]

    def left(self) -> list[Left]:
        """The resting orders, best bid to worst, best ask to worst."""
        names = ["order_id", "side", "price", "leaves_qty", "hidden_qty"]
        return [Left(*row) for row in self.exchange.orders(SYMBOL)[names].tolist()]

    def clear(self) -> None:
        """Cancel everything."""
        self.submit(
            Command(
                kind=CommandKind.CANCEL, symbol=SYMBOL, account=int(o["account"]), order_id=int(o["order_id"])
            )
            for o in self.exchange.book_orders(SYMBOL)
        )


def place(order: Drawn, account: int) -> Command:
    return Command(
        kind=CommandKind.PLACE,
        symbol=SYMBOL,
        account=account,
        side=order.side,
        price=order.price,
        qty=order.qty,
        display_qty=order.display,
        flags=CommandFlag.ONE_CANCELS_OTHER if order.linked else 0,
    )


def row_of(event: np.void) -> Row:
    kind = event["kind"]
    if kind == EventKind.UNCROSSED:
        return Uncrossed(int(event["price"]), int(event["qty"]))
    if kind == EventKind.TRADE:
        ids = int(event["maker_order_id"]), int(event["taker_order_id"])
        return Trade(*ids, int(event["qty"]), int(event["price"]))
    assert kind == EventKind.CANCELED and event["reason"] == RejectReason.LINKED
    assert event["flags"] == EventFlag.MAKER
    return Canceled(int(event["order_id"]))


def left_of(plain: plain_auction.Auction) -> list[Left]:
    queues = plain.queue(Side.BUY) + plain.queue(Side.SELL)
    return [Left(one.id, one.side, one.price, one.leaves, one.leaves - one.shown) for one in queues]


def accounts_of(orders: Iterable[Drawn], one: bool = False) -> dict[str, int]:
    """One each, or one for all; siblings share theirs."""
    accounts: dict[str, int] = {}
    number = 0
    for order in sorted(orders):
        number += not (order.linked or (one and number))
        accounts[order.name] = number
    return accounts


def told(rows: Sequence[Row], names: dict[int, str]) -> str:
    """Rows after the first as `Auction.trades` writes them."""
    words = []
    for row in rows[1:]:
        if isinstance(row, Trade):
            words.append(f"{names[row.maker]}x{names[row.taker]}{row.lots}")
        else:
            words.append(f"-{names[row.order]}" if isinstance(row, Canceled) else f"@{row.price}")
    return " ".join(words)


@pytest.mark.parametrize("ledger", [True, False], ids=["ledger", "matching only"])
@pytest.mark.parametrize("auction", AUCTIONS, ids=lambda auction: re.sub(r"\W+", "-", auction.why))
def test_textbook(auction: Auction, ledger: bool) -> None:
    drawn = list(orders_of(auction.before))
    accounts = accounts_of(drawn, auction.one_account)
    floor = Floor(market(1_000, 2_000), ledger, accounts.values())
    plain = plain_auction.Auction(floor.collect(drawn, accounts, auction.last), auction.last)
    for price, depth in auction.worked.items():
        assert plain.depth_at(price) == depth
    assert floor.indicative() == Uncrossed(auction.price, auction.lots)
    rows = floor.open()
    assert rows[:1] == ([Uncrossed(auction.price, auction.lots)] if auction.price else [])
    assert told(rows, floor.names) == auction.trades
    prices = [row.price for row in rows if isinstance(row, Uncrossed)]
    assert {row.price for row in rows if isinstance(row, Trade)} == set(prices)
    left = [(floor.names[one.id], one.side, one.price, one.lots) for one in floor.left()]
    assert left == [(order.name, order.side, order.price, order.qty) for order in orders_of(auction.after)]
    assert floor.exchange.last_price(SYMBOL) == (prices[-1] if prices else auction.last)
    assert floor.exchange.check() == []


def available_of(exchange: Exchange, account: int, currency: int) -> int:
    state = exchange.account(account)
    return {one: available for one, available, _ in state.balances}.get(currency, 0) if state else 0


class Purse:
    """What every account has when nothing is open, counted from the trades alone."""

    def __init__(self, maker_fee_ppm: int, taker_fee_ppm: int) -> None:
        self.rates = maker_fee_ppm, taker_fee_ppm
        self.money: dict[tuple[int, int], int] = {}

    def add(self, account: int, currency: int, amount: int) -> None:
        self.money[account, currency] = self.money.get((account, currency), 0) + amount

    def settle(self, trade: Trade, orders: dict[int, tuple[int, Side]]) -> None:
        notional = trade.price * trade.lots * TICK_VALUE
        for id, rate in zip((trade.maker, trade.taker), self.rates, strict=True):
            account, side = orders[id]
            fee = abs(notional * rate) // MILLION * (1 if rate >= 0 else -1)
            sign = 1 if side == Side.BUY else -1
            self.add(account, BASE, sign * trade.lots * LOT_VALUE)
            self.add(account, QUOTE, -sign * notional - fee)
            self.add(FEE_ACCOUNT, QUOTE, fee)

    def differs_from(self, exchange: Exchange) -> list[tuple[int, int, int]]:
        wrong = []
        for (account, currency), amount in self.money.items():
            if available_of(exchange, account, currency) != amount:
                wrong.append((account, currency, amount))
        return wrong


def draw(rng: random.Random) -> Iterator[Drawn]:
    """Up to twenty orders over twelve ticks, somewhere."""
    lowest = rng.choice((1, 1_000, PRICE_TICKS_MAX - 11))
    width = rng.choice((1, 3, 6, 12))
    most = rng.choice((2, 5, 9))
    before: Drawn | None = None
    for name in "ABCDEFGHIJKLMNOPQRST"[: rng.randint(0, 20)]:
        linked = before is not None and not before.linked and rng.random() < 0.15
        side = before.side if linked and before else rng.choice((Side.BUY, Side.SELL))
        qty = rng.randint(1, most)
        display = rng.randint(1, qty) if rng.random() < 0.2 else 0
        before = Drawn(name, side, lowest + rng.randrange(width), qty, display, linked)
        yield before


@pytest.mark.parametrize(
    ("maker_fee", "taker_fee"), [(0, 0), (1_234, 34_567), (-9_999, 12_345), (30_000, 10_000)]
)
def test_random_books_uncross_as_every_tick_tells(maker_fee: int, taker_fee: int) -> None:
    """2,500 books, four times: the price, the volume, every trade, what is left, and all the money."""
    rng = random.Random(f"auctions {maker_fee}")
    floor = Floor(market(maker_fee, taker_fee), True, [*range(1, 8), FEE_ACCOUNT])
    purse = Purse(maker_fee, taker_fee)
    for account in (*range(1, 8), FEE_ACCOUNT):
        purse.add(account, BASE, MONEY)
        purse.add(account, QUOTE, MONEY)
    for number in range(2_500):
        drawn = list(draw(rng))
        last = rng.choice(
            (0, rng.randint(1, 15), rng.randint(995, 1_020), PRICE_TICKS_MAX - rng.randint(0, 15))
        )
        accounts = {name: 1 + number % 7 for name, number in accounts_of(drawn, rng.random() < 0.1).items()}
        orders = floor.collect(drawn, accounts, last)
        owners = {order.id: (accounts[floor.names[order.id]], order.side) for order in orders}
        plain = plain_auction.Auction(orders, last)
        lowest = min((order.price for order in orders), default=1)
        ticks = range(max(1, lowest - 2), lowest + 14)
        where = f"book {number}: {drawn}, last price {last}"
        assert floor.indicative() == plain.find_price(ticks), where
        rows = floor.open()
        assert rows == plain.uncross(ticks), where
        assert floor.left() == left_of(plain), where
        for row in rows:
            if isinstance(row, Trade):
                purse.settle(row, owners)
        if number % 100 == 0:
            assert floor.exchange.check() == [], where
        floor.clear()
        if number % 100 == 0:
            assert purse.differs_from(floor.exchange) == [], where


def test_a_deep_book_uncrosses_as_every_tick_tells() -> None:
    rng = random.Random(5)
    for _ in range(10):
        names = [chr(ord("A") + i) for i in range(400)]
        drawn = [
            Drawn(
                name,
                rng.choice((Side.BUY, Side.SELL)),
                rng.randint(1_000, 1_300),
                rng.randint(1, 50),
                0,
                False,
            )
            for name in names
        ]
        floor = Floor(market(), ledger=False)
        plain = plain_auction.Auction(floor.collect(drawn, dict.fromkeys(names, 0)))
        assert floor.indicative() == plain.find_price(range(990, 1_310))
        assert floor.open() == plain.uncross(range(990, 1_310))
        assert floor.left() == left_of(plain)


def test_fees_go_by_role_the_older_order_makes() -> None:
    """Bid A is younger than ask B at first, then older than ask C: 40 lots at 1,000, then 60."""
    floor = Floor(market(1_000, 3_000), True, [1, 2, 3])
    before = """
               A100 | 1001 |
                    | 1000 | B40
    """
    drawn = [order._replace(name={"A": "B", "B": "A"}[order.name]) for order in orders_of(before)]
    drawn.append(Drawn("C", Side.SELL, 1_000, 60, 0, False))
    floor.collect(drawn, {"A": 1, "B": 2, "C": 3}, last=1_000)
    _, uncrossed, first, second = floor.set_status(SymbolStatus.TRADING)
    assert (uncrossed["price"], uncrossed["qty"]) == (1_000, 100)
    assert (first["side"], first["account"], first["maker_account"]) == (Side.BUY, 2, 1)
    assert (first["fee"], first["maker_fee"]) == (12_000, 4_000)  # of 40 x 1,000 x 100
    assert (second["side"], second["account"], second["maker_account"]) == (Side.SELL, 3, 2)
    assert (second["fee"], second["maker_fee"]) == (18_000, 6_000)  # of 60 x 1,000 x 100
    quotes = [available_of(floor.exchange, account, QUOTE) for account in (1, 2, 3, FEE_ACCOUNT)]
    assert quotes == [
        MONEY + 4_000_000 - 4_000,
        MONEY - 10_000_000 - 12_000 - 6_000,
        MONEY + 6_000_000 - 18_000,
        40_000,
    ]


def test_sums_of_lots_beyond_int64_are_compared_exactly() -> None:
    """Six bids and seven asks of 2**61 lots: the volume that is told is the largest that can be."""
    huge = 2**61
    bids = [Drawn(name, Side.BUY, 3 - n // 3, huge, 0, False) for n, name in enumerate("ABCDEF")]
    asks = [Drawn(name, Side.SELL, 1 + n // 3, huge, 0, False) for n, name in enumerate("GHIJKLM")]
    floor = Floor(config(symbol(SYMBOL, "A", "B", "1", "0.01")), ledger=False)
    plain = plain_auction.Auction(floor.collect([*bids, *asks], dict.fromkeys("ABCDEFGHIJKLM", 0)))
    assert plain.find_price(range(1, 10)) == Uncrossed(2, 6 * huge)
    assert floor.indicative() == Uncrossed(2, INT64_MAX)
    assert floor.open() == [Uncrossed(2, INT64_MAX), *plain.uncross(range(1, 10))[1:]]
    assert floor.left() == left_of(plain)


CROSSED = """
     A5 | 101 |
        | 100 | B5
"""


@pytest.mark.parametrize("status", [SymbolStatus.AUCTION, SymbolStatus.CANCEL_ONLY, SymbolStatus.HALTED])
def test_nothing_trades_before_the_book_opens(status: SymbolStatus) -> None:
    floor = Floor(market(), True, [1, 2])
    floor.collect(orders_of(CROSSED), {"A": 1, "B": 2})
    events = floor.set_status(status)
    assert events["kind"].tolist() == [EventKind.SYMBOL_STATUS_CHANGED]
    assert floor.indicative() == Uncrossed(100, 5)
    maker, taker = floor.names
    assert floor.open() == [Uncrossed(100, 5), Trade(maker, taker, 5, 100)]


def test_what_the_uncross_traded_is_in_the_list_of_trades() -> None:
    floor = Floor(market(), True, [1, 2])
    floor.collect(orders_of(CROSSED), {"A": 1, "B": 2})
    floor.open()
    (trade,) = floor.exchange.trades(SYMBOL)
    maker, taker = floor.names
    assert (trade["price"], trade["qty"], trade["taker_side"]) == (100, 5, Side.SELL)
    assert (trade["maker_order_id"], trade["taker_order_id"]) == (maker, taker)


def test_a_post_only_order_that_came_last_trades_in_the_uncross() -> None:
    floor = Floor(market(), True, [1, 2])
    floor.set_status(SymbolStatus.AUCTION)
    first, second = (place(order, account) for account, order in enumerate(orders_of(CROSSED), start=1))
    events = floor.submit([first, second._replace(flags=CommandFlag.POST_ONLY)])
    assert events["kind"].tolist() == [EventKind.ACCEPTED] * 2
    maker, taker = events["order_id"].tolist()
    assert floor.open() == [Uncrossed(100, 5), Trade(maker, taker, 5, 100)]


def test_after_the_uncross_the_book_trades_on() -> None:
    floor = Floor(market(), True, [1, 2])
    floor.collect(orders_of(CROSSED), {"A": 1, "B": 2})
    floor.open()
    bid, ask = (place(order, account) for account, order in enumerate(orders_of(CROSSED), start=1))
    events = floor.submit([bid, ask])
    assert events["kind"].tolist() == [EventKind.ACCEPTED, EventKind.ACCEPTED, EventKind.TRADE]
    assert events["price"][-1] == 101
