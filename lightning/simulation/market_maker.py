"""A market maker that leans against its inventory.

The model is that of "High-frequency trading in a limit order book" (Quantitative Finance 8, 2008): with the
middle of the book s, an inventory of q, a risk aversion gamma, a volatility sigma and a time T - t to go,
the maker is indifferent to trading at r = s - q gamma sigma^2 (T - t), and quotes
gamma sigma^2 (T - t) / 2 + ln(1 + gamma / k) / gamma on either side of r, where k says how fast
fills become rarer with the distance from s.
"""

from dataclasses import dataclass
from math import ceil, floor, log

from lightning.codes import Side
from lightning.simulation.agent import Agent
from lightning.simulation.desk import Desk
from lightning.simulation.sight import Sight

NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class InventoryModel:
    """Prices are ticks, the inventory counts quotes of `qty` lots, times are seconds."""

    risk_aversion: float = 0.02
    """gamma, per tick."""
    volatility: float = 1.0
    """sigma, ticks per square root of a second."""
    fill_decay: float = 0.3
    """k, per tick."""
    horizon_s: float = 60.0
    """T - t; here it stays as it is, as if the session's end were always so far away."""
    qty: int = 100
    """Lots of a quote."""
    inventory_max: int = 20
    """Quotes; beyond it only the side that brings it down is quoted."""

    def quotes(self, middle: float, inventory: float) -> tuple[int, int]:
        """(bid, ask) in ticks, the bid below the ask."""
        risk = self.risk_aversion * self.volatility**2 * self.horizon_s
        reservation = middle - inventory * risk
        half_spread = risk / 2 + log(1 + self.risk_aversion / self.fill_decay) / self.risk_aversion
        bid, ask = floor(reservation - half_spread), ceil(reservation + half_spread)
        return bid, max(ask, bid + 1)


class MarketMaker(Agent):
    """Has one order on either side, moved when the model's quotes have moved."""

    def __init__(
        self, account: int, model: InventoryModel | None = None, latency_ns: int = 0, every_ns: int = NS
    ) -> None:
        super().__init__(account, latency_ns, every_ns)
        self.model = InventoryModel() if model is None else model
        self._quoted: dict[Side, int] = {}
        """Client order id of the last quote of each side."""

    def on_book(self, desk: Desk, sight: Sight) -> None:
        bid, ask = int(sight.bids[0, 0]), int(sight.asks[0, 0])
        if not (bid and ask):
            return
        model = self.model
        inventory = desk.position / model.qty
        low, high = model.quotes((bid + ask) / 2, inventory)
        wanted = {Side.BUY: min(low, ask - 1), Side.SELL: max(high, bid + 1)}
        if inventory >= model.inventory_max:
            wanted[Side.BUY] = 0
        if inventory <= -model.inventory_max:
            wanted[Side.SELL] = 0
        for side, price in wanted.items():
            self._quote(desk, side, price)

    def _quote(self, desk: Desk, side: Side, price: int) -> None:
        """price : 0: none"""
        order = desk.open_orders.get(self._quoted.get(side, 0))
        if order is not None and order.price == price and order.leaves_qty == self.model.qty:
            return
        if order is not None:
            desk.cancel(order.client_order_id)
        if price > 0:
            self._quoted[side] = desk.place(side, price, self.model.qty, post_only=True)
