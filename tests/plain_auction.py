"""An uncross by brute force: every tick is looked at, every order is a Python object."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from lightning.codes import Side


@dataclass
class Order:
    id: int
    """Grows with age."""
    side: Side
    price: int
    leaves: int
    display: int = 0
    """Lots shown at a time; 0: all."""
    sibling: int = 0
    """Id of the order that a fill takes along; 0: none."""
    shown: int = 0
    place: int = 0
    """In its level; moves on with each new slice."""

    def __post_init__(self) -> None:
        self.place = self.id
        self.shown = min(self.display, self.leaves) if self.display else self.leaves


class Uncrossed(NamedTuple):
    price: int
    lots: int


class Trade(NamedTuple):
    maker: int
    taker: int
    lots: int
    price: int


class Canceled(NamedTuple):
    order: int


Row = Uncrossed | Trade | Canceled


class Auction:
    """The resting orders of one book."""

    def __init__(self, orders: Iterable[Order], last: int = 0) -> None:
        self.orders = {order.id: order for order in orders}
        self.last = last
        self.moves = max(self.orders, default=0)

    def queue(self, side: Side) -> list[Order]:
        """Of one side, the best first."""
        sign = -1 if side == Side.BUY else 1
        mine = (order for order in self.orders.values() if order.side == side)
        return sorted(mine, key=lambda order: (sign * order.price, order.place))

    def depth_at(self, price: int) -> tuple[int, int]:
        """Lots bid at `price` or higher, lots asked at `price` or lower."""
        orders = self.orders.values()
        bid = sum(order.leaves for order in orders if order.side == Side.BUY and order.price >= price)
        asked = sum(order.leaves for order in orders if order.side == Side.SELL and order.price <= price)
        return bid, asked

    def find_price(self, ticks: Iterable[int]) -> Uncrossed:
        """The best of `ticks`, and the lots that would trade; (0, 0): none would."""

        def merit(price: int) -> tuple[int, int, int, int]:
            bid, asked = self.depth_at(price)
            return -min(bid, asked), abs(bid - asked), abs(price - self.last), price

        best = min(ticks, key=merit, default=0)
        lots = min(self.depth_at(best))
        return Uncrossed(best, lots) if lots else Uncrossed(0, 0)

    def uncross(self, ticks: range) -> list[Row]:
        """Trade at the best of `ticks`, as often as it takes; the rows in their order."""
        rows: list[Row] = []
        found = self.find_price(ticks)
        while found.price:
            rows.append(found)
            bids, asks = self.queue(Side.BUY), self.queue(Side.SELL)
            while bids and asks and bids[0].price >= found.price >= asks[0].price:
                rows += self._trade(bids[0], asks[0], found.price)
                bids, asks = self.queue(Side.BUY), self.queue(Side.SELL)
            found = self.find_price(ticks)
        return rows

    def _trade(self, bid: Order, ask: Order, price: int) -> list[Row]:
        maker, taker = (bid, ask) if bid.id < ask.id else (ask, bid)
        lots = min(bid.shown, ask.shown)
        rows: list[Row] = [Trade(maker.id, taker.id, lots, price)]
        self.last = price
        for order in (maker, taker):
            order.leaves -= lots
            order.shown -= lots
            if order.leaves == 0:
                del self.orders[order.id]
            elif order.shown == 0:
                order.shown = min(order.display, order.leaves)
                self.moves += 1
                order.place = self.moves
        for order in (maker, taker):
            if order.sibling:
                rows.append(Canceled(order.sibling))
                del self.orders[order.sibling]
                order.sibling = 0
        return rows
