"""orderly-chaos: C++, called with ctypes. Trades come to a function that it is given."""

from collections.abc import Iterable

import orderly_chaos

from benchmarks.peers.engine import Trade


class OrderlyChaos:
    def __init__(self) -> None:
        self._seen: list[orderly_chaos.Trade] = []
        self._book = orderly_chaos.LimitOrderBook(on_trade=self._seen.append)

    def place(self, order_id: int, is_buy: bool, price: int, qty: int) -> None:
        side = orderly_chaos.Side.BUY if is_buy else orderly_chaos.Side.SELL
        self._book.limit(side, order_id, qty, price)

    def cancel(self, order_id: int) -> None:
        self._book.cancel(order_id)

    def trades(self) -> Iterable[Trade]:
        return (Trade(one.price, one.quantity, one.maker_id, one.taker_id) for one in self._seen)
