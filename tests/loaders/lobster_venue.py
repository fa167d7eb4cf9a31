"""LOBSTER files of our own making: a plain book whose every event is written as the format's description
says, as far as the shown levels tell. Imports nothing of the loader.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

NO_ASK, NO_BID = 9999999999, -9999999999
NAME = "SHARE_2012-06-21_34200000_57600000_{kind}_{levels}.csv"
TICK = 100
"""A cent, in the unit of the files."""


@dataclass
class Order:
    order_id: int
    direction: int
    price: int
    size: int


@dataclass
class Venue:
    """Orders in the order they came; a message is written if its level is shown."""

    levels: int
    orders: list[Order] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    next_id: int = 1000
    time_ns: int = 34_200_000_000_000

    def side(self, direction: int) -> list[tuple[int, int]]:
        """(price, size) of every level, best first."""
        sizes: dict[int, int] = {}
        for order in self.orders:
            if order.direction == direction:
                sizes[order.price] = sizes.get(order.price, 0) + order.size
        return sorted(sizes.items(), reverse=direction == 1)

    def shows(self, direction: int, price: int) -> bool:
        shown = self.side(direction)[: self.levels]
        if len(shown) < self.levels:
            return True
        return price >= shown[-1][0] if direction == 1 else price <= shown[-1][0]

    def row(self) -> str:
        asks, bids = self.side(-1), self.side(1)
        cells: list[int] = []
        for level in range(self.levels):
            cells += asks[level] if level < len(asks) else (NO_ASK, 0)
            cells += bids[level] if level < len(bids) else (NO_BID, 0)
        return ",".join(map(str, cells))

    def write(self, kind: int, order_id: int, size: int, price: int, direction: int) -> None:
        seconds, ns = divmod(self.time_ns, 10**9)
        time = f"{seconds}.{ns:09d}"
        self.messages.append(f"{time},{kind},{order_id},{size},{price},{direction}")
        self.rows.append(self.row())

    def submit(self, direction: int, price: int, size: int) -> Order:
        order = Order(self.next_id, direction, price, size)
        self.next_id += 1
        self.orders.append(order)
        if self.shows(direction, price):
            self.write(1, order.order_id, size, price, direction)
        return order

    def cancel(self, order: Order, size: int) -> None:
        """Part of it, or all."""
        shown = self.shows(order.direction, order.price)
        kind = 3 if size == order.size else 2
        self._take(order, size)
        if shown:
            self.write(kind, order.order_id, size, order.price, order.direction)

    def execute(self, direction: int, size: int) -> None:
        """An incoming order takes so much from the best of `direction`."""
        while size and (resting := self.first(direction)) is not None:
            part = min(size, resting.size)
            self._take(resting, part)
            self.write(4, resting.order_id, part, resting.price, direction)
            size -= part

    def first(self, direction: int) -> Order | None:
        levels = self.side(direction)
        if not levels:
            return None
        return next(o for o in self.orders if (o.direction, o.price) == (direction, levels[0][0]))

    def _take(self, order: Order, size: int) -> None:
        order.size -= size
        if order.size == 0:
            self.orders.remove(order)

    def files(self, directory: Path) -> tuple[Path, Path]:
        paths = tuple(
            directory / NAME.format(kind=kind, levels=self.levels) for kind in ("message", "orderbook")
        )
        for path, lines in zip(paths, (self.messages, self.rows), strict=True):
            path.write_text("".join(f"{line}\n" for line in lines))
        message, orderbook = paths
        return message, orderbook


def trading_venue(seed: int, levels: int, messages: int) -> Venue:
    """A venue that has traded: its files begin in the middle, with orders that no message submitted."""
    random = Random(seed)
    venue = Venue(levels)
    steps = _steps(venue, random)
    for _ in range(150):
        next(steps)
    venue.messages.clear()
    venue.rows.clear()
    while len(venue.messages) < messages:
        next(steps)
    return venue


def _steps(venue: Venue, random: Random) -> Iterator[None]:
    middle = 1_000_000
    while True:
        venue.time_ns += random.randrange(10**7)
        dice, direction = random.random(), random.choice((1, -1))
        best = venue.first(-direction)
        if dice < 0.5:
            limit = best.price if best is not None else middle + direction * TICK
            price = limit - direction * TICK * random.randint(1, 14)
            venue.submit(direction, price, random.randint(1, 5) * 10)
        elif dice < 0.8 and venue.orders:
            order = random.choice(venue.orders)
            venue.cancel(order, random.choice((order.size, max(1, order.size // 2))))
        elif dice < 0.95:
            venue.execute(direction, random.randint(1, 12) * 10)
        elif dice < 0.97:
            venue.write(5, 0, 30, middle + 50, 1)
        elif dice < 0.98:
            venue.write(6, -1, 500, middle, -1)
        elif dice < 0.985:
            for price in (-1, 0, 1):
                venue.write(7, 0, 0, price, -1)
        yield
