"""lightmatchingengine: plain Python. A call returns its trades, level by level: the taker's, the makers'."""

from collections.abc import Iterable

from lightmatchingengine.lightmatchingengine import LightMatchingEngine, Side
from lightmatchingengine.lightmatchingengine import Trade as Leg

from benchmarks.peers.engine import Trade

SYMBOL = "BTC-USDT"


class Lightmatchingengine:
    def __init__(self) -> None:
        self._engine = LightMatchingEngine()
        self._theirs: dict[int, int] = {}
        self._legs: list[list[Leg]] = []

    def place(self, order_id: int, is_buy: bool, price: int, qty: int) -> None:
        order, legs = self._engine.add_order(SYMBOL, price, qty, Side.BUY if is_buy else Side.SELL)
        self._theirs[order_id] = order.order_id
        if legs:
            self._legs.append(legs)

    def cancel(self, order_id: int) -> None:
        self._engine.cancel_order(self._theirs[order_id], SYMBOL)

    def trades(self) -> Iterable[Trade]:
        ours = {theirs: order_id for order_id, theirs in self._theirs.items()}
        for legs in self._legs:
            taker = legs[0].order_id
            for leg in legs:
                if leg.order_id != taker:
                    yield Trade(leg.trade_price, leg.trade_qty, ours[leg.order_id], ours[taker])
