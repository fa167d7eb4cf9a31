"""Simulated traders. They look at the reference prices alone, so that a seed decides all they do."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import count
from random import Random
from typing import NamedTuple, Protocol

from lightning.client.demo.flow import FIRST_TRADER, DemoSymbol, Flow, Step, cancel, cancel_all, opposite
from lightning.client.demo.reference import Reference
from lightning.codes import CommandKind, OrderType, Side, TimeInForce
from lightning.rows import Command

STEP_S = 0.05
BP = 1e-4
LEVELS = 10
"""Of each side, of each maker."""
QUOTES_PER_STEP = 2
"""Of each symbol."""
SLIPPAGE = 0.01
"""How much worse than the reference a taker's price may be."""


class MakerStyle(NamedTuple):
    account: int
    half_spread: float
    """From the reference to its best quote."""
    gap: float
    """From one of its levels to the next."""
    money: float
    """At its best quote, in USDT; more behind it."""


MAKERS = (
    MakerStyle(FIRST_TRADER, 0.5 * BP, 0.9 * BP, 4_000),
    MakerStyle(FIRST_TRADER + 1, 1.0 * BP, 1.7 * BP, 9_000),
    MakerStyle(FIRST_TRADER + 2, 2.0 * BP, 3.0 * BP, 20_000),
    MakerStyle(FIRST_TRADER + 3, 4.0 * BP, 5.0 * BP, 45_000),
)
TAKERS = (FIRST_TRADER + 4, FIRST_TRADER + 5)
TREND_FOLLOWER = FIRST_TRADER + 6
STOP_TRADER = FIRST_TRADER + 7
ICEBERG_TRADER = FIRST_TRADER + 8
ACCOUNTS = tuple(range(FIRST_TRADER, ICEBERG_TRADER + 1))


class Floor:
    """Where the traders meet: the clock, the prices, the dice and the ids."""

    def __init__(self, symbols: Sequence[DemoSymbol], seed: int, first_id: int) -> None:
        self.symbols = symbols
        self.random = Random(seed)
        self.reference = Reference(self.random, STEP_S)
        self._ids = count(first_id)

    def happens(self, per_s: float) -> bool:
        """In this step, of something that happens so often."""
        return self.random.random() < per_s * STEP_S

    def side(self) -> Side:
        return Side.BUY if self.random.random() < 0.5 else Side.SELL

    def place(
        self,
        account: int,
        symbol: DemoSymbol,
        side: Side,
        away: float,
        money: float,
        tif: TimeInForce = TimeInForce.GTC,
        shown: float = 0,
    ) -> Command:
        """A limit order, by `away` of the price better for others than the reference if that is negative.

        money : what it is worth, in USDT
        shown : share of an iceberg that is seen
        """
        price = self.reference.price(symbol) * (1 - away if side == Side.BUY else 1 + away)
        lots = symbol.lots(money / self.reference.value(symbol.base))
        return Command(
            kind=CommandKind.PLACE,
            account=account,
            symbol=symbol.id,
            side=side,
            tif=tif,
            client_order_id=next(self._ids),
            price=symbol.ticks(price),
            qty=lots,
            display_qty=max(1, int(lots * shown)) if shown else 0,
        )

    def take(self, account: int, symbol: DemoSymbol, side: Side, money: float) -> Command:
        return self.place(account, symbol, side, -SLIPPAGE, money, TimeInForce.IOC)

    def stop(self, account: int, symbol: DemoSymbol, side: Side, away: float, money: float) -> Command:
        """One that waits until the price has gone so far."""
        order = self.place(account, symbol, opposite(side), away, money)
        return order._replace(
            side=side, type=OrderType.STOP, tif=TimeInForce.IOC, price=0, stop_price=order.price
        )


class Trader(Protocol):
    def act(self, symbol: DemoSymbol) -> Iterator[Command]:
        """What it does in this step."""


class Makers:
    """Now and then one of them takes back one of its quotes and makes it anew around the reference."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._quotes: dict[tuple[int, int, Side, int], int] = {}
        """Client order id by symbol, account, side and level."""

    def open(self, symbol: DemoSymbol) -> Iterator[Command]:
        for maker in MAKERS:
            for level in range(LEVELS):
                for side in Side:
                    yield from self._quote(symbol, maker, side, level)

    def act(self, symbol: DemoSymbol) -> Iterator[Command]:
        random = self._floor.random
        for _ in range(QUOTES_PER_STEP):
            level = int(LEVELS * random.random() ** 2)  # the best ones most often
            yield from self._quote(symbol, random.choice(MAKERS), self._floor.side(), level)

    def _quote(self, symbol: DemoSymbol, maker: MakerStyle, side: Side, level: int) -> Iterator[Command]:
        random, place = self._floor.random, (symbol.id, maker.account, side, level)
        if place in self._quotes:
            yield cancel(symbol, maker.account, self._quotes[place])
        away = maker.half_spread + maker.gap * (level + random.uniform(-0.4, 0.4)) * (1 + level / LEVELS)
        money = maker.money * (1 + level / 3) * random.lognormvariate(0, 0.5)
        quote = self._floor.place(maker.account, symbol, side, away, money)
        self._quotes[place] = quote.client_order_id
        yield quote


class Takers:
    """Buy and sell at once, mostly a little, now and then through several levels."""

    PER_S = 1.4
    MONEY = 2_500.0
    LARGE, LARGE_MONEY = 0.015, 150_000.0

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def act(self, symbol: DemoSymbol) -> Iterator[Command]:
        random = self._floor.random
        if self._floor.happens(self.PER_S):
            money = self.LARGE_MONEY if random.random() < self.LARGE else self.MONEY
            money *= random.lognormvariate(0, 1)
            yield self._floor.take(random.choice(TAKERS), symbol, self._floor.side(), money)


class TrendFollower:
    """Buys what has become dearer than it was on average, sells what has become cheaper."""

    PER_S = 0.5
    AVERAGE_S = 20.0
    MOVED = 6 * BP
    MONEY = 6_000.0

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._average: dict[int, float] = {}

    def act(self, symbol: DemoSymbol) -> Iterator[Command]:
        price = self._floor.reference.price(symbol)
        average = self._average.get(symbol.id, price)
        self._average[symbol.id] = average + (price - average) * STEP_S / self.AVERAGE_S
        moved = price / average - 1
        if self._floor.happens(self.PER_S) and abs(moved) > self.MOVED:
            side = Side.BUY if moved > 0 else Side.SELL
            yield self._floor.take(TREND_FOLLOWER, symbol, side, self.MONEY)


class _Outstanding:
    """The last few orders of a trader in each symbol; an older one is taken back."""

    def __init__(self, account: int, most: int) -> None:
        self._account = account
        self._most = most
        self._ids: dict[int, deque[int]] = {}

    def add(self, symbol: DemoSymbol, order: Command) -> Iterator[Command]:
        ids = self._ids.setdefault(symbol.id, deque())
        if len(ids) == self._most:
            yield cancel(symbol, self._account, ids.popleft())
        ids.append(order.client_order_id)
        yield order


class StopTrader:
    PER_S = 0.25
    NEAR, FAR = 3 * BP, 20 * BP
    MONEY = 8_000.0
    MOST = 12

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._open = _Outstanding(STOP_TRADER, self.MOST)

    def act(self, symbol: DemoSymbol) -> Iterator[Command]:
        if self._floor.happens(self.PER_S):
            away = self._floor.random.uniform(self.NEAR, self.FAR)
            stop = self._floor.stop(STOP_TRADER, symbol, self._floor.side(), away, self.MONEY)
            yield from self._open.add(symbol, stop)


class IcebergTrader:
    PER_S = 0.1
    NEAR, FAR = 1 * BP, 6 * BP
    MONEY = 80_000.0
    SHOWN = 1 / 12
    MOST = 3

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._open = _Outstanding(ICEBERG_TRADER, self.MOST)

    def act(self, symbol: DemoSymbol) -> Iterator[Command]:
        if self._floor.happens(self.PER_S):
            away, side = self._floor.random.uniform(self.NEAR, self.FAR), self._floor.side()
            order = self._floor.place(ICEBERG_TRADER, symbol, side, away, self.MONEY, shown=self.SHOWN)
            yield from self._open.add(symbol, order)


def traders_flow(symbols: Sequence[DemoSymbol], seed: int, first_id: int = 1) -> Flow:
    """About 250 commands/s in three symbols. What the accounts had open before is canceled.

    first_id : client order ids are counted on from here
    """
    floor = Floor(symbols, seed, first_id)
    makers = Makers(floor)
    traders: list[Trader] = [
        makers,
        Takers(floor),
        TrendFollower(floor),
        StopTrader(floor),
        IcebergTrader(floor),
    ]
    opening = [cancel_all(account) for account in ACCOUNTS]
    yield Step(0.0, opening + [command for symbol in symbols for command in makers.open(symbol)])
    for number in count(1):
        floor.reference.move()
        commands = [command for symbol in symbols for one in traders for command in one.act(symbol)]
        yield Step(number * STEP_S, commands)
