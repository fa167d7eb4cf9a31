"""Orders and books of the oracle: a dict of levels and two sorted lists of prices."""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from lightning.codes import OrderType, SelfTradePrevention, Side
from lightning.instruments import Symbol

INT64_MAX = 2**63 - 1

Levels = list[tuple[int, int, int]]
"""(price, quantity, orders), best first."""


@dataclass(slots=True)
class Order:
    order_id: int
    client_order_id: int
    account: int
    symbol: int
    side: int
    type: int
    tif: int
    price: int
    order_qty: int
    open_qty: int
    post_only: bool
    by_amount: bool
    stp: SelfTradePrevention
    taker_fee_ppm: int
    maker_fee_ppm: int
    create_time_ns: int
    update_time_ns: int
    held: int = 0
    filled_qty: int = 0
    filled_quote: int = 0
    fee: int = 0

    def reaches(self, price: int) -> bool:
        """Whether the order may trade at `price`."""
        if self.type == OrderType.MARKET:
            return True
        return price <= self.price if self.side == Side.BUY else price >= self.price


class BookSide:
    """Levels of one side, best first by `best_at` (0 or -1 of the sorted prices)."""

    def __init__(self, best_at: int) -> None:
        self.best_at = best_at
        self.levels: dict[int, OrderedDict[int, Order]] = {}
        self.prices: list[int] = []

    def best(self) -> Order | None:
        if not self.prices:
            return None
        return next(iter(self.levels[self.prices[self.best_at]].values()))

    def add(self, order: Order) -> None:
        level = self.levels.get(order.price)
        if level is None:
            level = self.levels[order.price] = OrderedDict()
            insort(self.prices, order.price)
        level[order.order_id] = order

    def remove(self, order: Order) -> None:
        level = self.levels[order.price]
        del level[order.order_id]
        if not level:
            del self.levels[order.price]
            del self.prices[bisect_left(self.prices, order.price)]

    def prices_best_first(self) -> list[int]:
        return self.prices if self.best_at == 0 else self.prices[::-1]

    def orders(self) -> Iterator[Order]:
        """In priority order."""
        for i in range(len(self.prices)):
            yield from self.levels[self.prices[i if self.best_at == 0 else -1 - i]].values()

    def depth(self, levels: int) -> Levels:
        return [
            (price, sum(order.open_qty for order in self.levels[price].values()), len(self.levels[price]))
            for price in self.prices_best_first()[:levels]
        ]


class Book:
    """fees : False = nothing is charged (matching only)"""

    def __init__(self, spec: Symbol, fees: bool) -> None:
        self.spec = spec
        self.fees = fees
        self.sides = (BookSide(-1), BookSide(0))
        self.trade_count = 0
        self.last_price = 0

    def opposite(self, order: Order) -> BookSide:
        return self.sides[1 - order.side]

    def would_trade(self, order: Order) -> bool:
        best = self.opposite(order).best()
        return best is not None and order.reaches(best.price)

    def notional(self, price: int, qty: int) -> int:
        return price * qty * self.spec.tick_value

    def hold_needed(self, order: Order, price: int, qty: int) -> int:
        """What a limit order (or a market sell) of `qty` open lots holds."""
        if order.side == Side.SELL:
            return qty * self.spec.lot_value
        return self.buy_hold(order, price, qty)

    def buy_hold(self, order: Order, price: int, qty: int) -> int:
        """Notional and the larger fee on it. Decided: when this overflows, an order of either side does."""
        notional = self.notional(price, qty)
        return notional + fee_of(notional, max(order.taker_fee_ppm, order.maker_fee_ppm, 0))

    def hold_currency(self, order: Order) -> int:
        return self.spec.quote.id if order.side == Side.BUY else self.spec.base.id

    def cost(self, order: Order, price: int, qty: int) -> int:
        """What a buying taker pays for `qty` lots at `price`, fee included."""
        notional = self.notional(price, qty)
        return notional + self.fee(notional, order.taker_fee_ppm)

    def fee(self, notional: int, ppm: int) -> int:
        return fee_of(notional, ppm) if self.fees else 0

    def affordable(self, order: Order, price: int, qty_max: int, money: int | None) -> int:
        """Most lots, up to `qty_max`, that `money` (None = no limit) pays for at `price`."""
        if money is None or self.cost(order, price, qty_max) <= money:
            return qty_max
        enough, too_many = 0, qty_max
        while too_many - enough > 1:
            middle = (enough + too_many) // 2
            if self.cost(order, price, middle) <= money:
                enough = middle
            else:
                too_many = middle
        return enough


def fee_of(notional: int, ppm: int) -> int:
    """Toward zero, fees and rebates alike."""
    size = notional * abs(ppm) // 1_000_000
    return size if ppm >= 0 else -size
