"""Orders and books of the oracle: a dict of levels and two sorted lists of prices."""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from lightning.codes import OrderTerms, OrderType, SelfTradePrevention, Side, TimeInForce
from lightning.instruments import Symbol
from lightning.rows import PRICE_TICKS_MAX

INT64_MAX = 2**63 - 1
MILLION = 1_000_000

Levels = list[tuple[int, int, int]]
"""(price, quantity shown, orders), best first."""

STOPS = frozenset((OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP))
PRICED = frozenset((OrderType.LIMIT, OrderType.STOP_LIMIT))
"""Types with a limit of their own."""
MARKET_LIKE = frozenset((OrderType.MARKET, OrderType.STOP, OrderType.TRAILING_STOP))
"""Types that trade at any price, but for the protection of a stop and the price band."""
RESTING = frozenset((TimeInForce.GTC, TimeInForce.GTD))


@dataclass(slots=True, eq=False)
class Order:
    order_id: int
    client_order_id: int
    account: int
    symbol: int
    side: int
    type: int
    tif: int
    price: int
    """Ticks; of a STOP or TRAILING_STOP to buy the protection price, to sell 0."""
    order_qty: int
    open_qty: int
    post_only: bool
    by_amount: bool
    stp: SelfTradePrevention
    taker_fee_ppm: int
    maker_fee_ppm: int
    create_time_ns: int
    update_time_ns: int
    stop_price: int = 0
    trail_amount: int = 0
    display_qty: int = 0
    expire_time_ns: int = 0
    watermark: int = 0
    """Of a trailing stop: the best last price that it followed."""
    shown: int = 0
    """Lots of a resting order that the book shows."""
    is_pending: bool = False
    sibling: "Order | None" = field(default=None, repr=False)
    held: int = 0
    filled_qty: int = 0
    filled_quote: int = 0
    fee: int = 0

    @property
    def terms(self) -> int:
        """OrderTerms bits."""
        return (
            (OrderTerms.STOP if self.type in STOPS else 0)
            | (OrderTerms.ICEBERG if self.display_qty else 0)
            | (OrderTerms.GTD if self.tif == TimeInForce.GTD else 0)
            | (OrderTerms.LINKED if self.sibling is not None else 0)
            | (OrderTerms.PENDING if self.is_pending else 0)
        )

    @property
    def may_rest(self) -> bool:
        return self.type in PRICED and self.tif in RESTING

    @property
    def stop_rank(self) -> tuple[int, int, int]:
        """Pending stops are set off in this order: buys, lowest first; sells, highest first."""
        return (self.side, self.stop_price if self.side == Side.BUY else -self.stop_price, self.order_id)

    def show_slice(self) -> None:
        self.shown = min(self.display_qty or self.open_qty, self.open_qty)


class Limits(NamedTuple):
    """The worst prices that an order takes: its own, and with the price band."""

    own: int
    banded: int


def is_within(side: int, price: int, limit: int) -> bool:
    """Whether an order of `side` with this limit may trade at `price`."""
    return price <= limit if side == Side.BUY else price >= limit


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
        order.show_slice()

    def remove(self, order: Order) -> None:
        level = self.levels[order.price]
        del level[order.order_id]
        order.shown = 0
        if not level:
            del self.levels[order.price]
            del self.prices[bisect_left(self.prices, order.price)]

    def take_shown(self, order: Order, qty: int) -> None:
        """`qty` lots left the shown slice; when it is gone, the next one goes to the back of the level."""
        order.shown -= qty
        if order.shown == 0 and order.open_qty:
            order.show_slice()
            self.levels[order.price].move_to_end(order.order_id)

    def prices_best_first(self) -> list[int]:
        return self.prices if self.best_at == 0 else self.prices[::-1]

    def orders(self) -> Iterator[Order]:
        """In priority order."""
        for i in range(len(self.prices)):
            yield from self.levels[self.prices[i if self.best_at == 0 else -1 - i]].values()

    def depth(self, levels: int) -> Levels:
        return [
            (price, sum(order.shown for order in self.levels[price].values()), len(self.levels[price]))
            for price in self.prices_best_first()[:levels]
        ]


class Book:
    """fees : False = nothing is charged (matching only)"""

    def __init__(self, spec: Symbol, fees: bool) -> None:
        self.spec = spec
        self.fees = fees
        self.status = spec.status
        self.sides = (BookSide(-1), BookSide(0))
        self.pending: dict[int, Order] = {}
        self.trade_count = 0
        self.last_price = 0

    def opposite(self, order: Order) -> BookSide:
        return self.sides[1 - order.side]

    def would_trade(self, side: int, price: int) -> bool:
        best = self.sides[1 - side].best()
        return best is not None and is_within(side, best.price, price)

    def is_crossed(self) -> bool:
        bid = self.sides[Side.BUY].best()
        return bid is not None and self.would_trade(Side.BUY, bid.price)

    def price_band(self) -> tuple[int, int] | None:
        """Lowest and highest price around the last trade; None = any."""
        ppm = self.spec.price_band_ppm
        if ppm == 0 or self.last_price == 0:
            return None
        width = self.last_price * ppm // MILLION
        return (self.last_price - width, self.last_price + width)

    def is_outside_band(self, price: int) -> bool:
        band = self.price_band()
        return band is not None and not band[0] <= price <= band[1]

    def limits(self, order: Order) -> Limits:
        """Of an order that begins to trade now."""
        own = order.price
        if order.type == OrderType.MARKET and order.side == Side.BUY:
            own = PRICE_TICKS_MAX
        band = self.price_band()
        if band is None or order.type not in MARKET_LIKE:
            return Limits(own, own)
        return Limits(own, min(own, band[1]) if order.side == Side.BUY else max(own, band[0]))

    def protection_price(self, stop_price: int) -> int:
        """The worst price that a stop to buy may pay."""
        more = stop_price * self.spec.market_protection_ppm // MILLION
        return min(stop_price + more, PRICE_TICKS_MAX)

    def notional(self, price: int, qty: int) -> int:
        return price * qty * self.spec.tick_value

    def hold_needed(self, order: Order, price: int, qty: int) -> int:
        """What any order but a market buy holds for `qty` open lots."""
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
    size = notional * abs(ppm) // MILLION
    return size if ppm >= 0 else -size
