"""cython-orderbook: Python compiled with Cython. The book keeps a log of its trades."""

from collections.abc import Iterable

from cython_orderbook import Order, OrderBook, OrderSide

from benchmarks.peers.engine import Trade


class CythonOrderbook:
    def __init__(self) -> None:
        self._book = OrderBook()
        self._names: dict[int, str] = {}

    def place(self, order_id: int, is_buy: bool, price: int, qty: int) -> None:
        order = Order(OrderSide.BID if is_buy else OrderSide.ASK, qty, price)
        self._names[order_id] = order.order_id
        self._book.add_limit_order(order)

    def cancel(self, order_id: int) -> None:
        self._book.cancel_order(self._names[order_id])

    def trades(self) -> Iterable[Trade]:
        ours = {name: order_id for order_id, name in self._names.items()}
        for trade in self._book.trade_log:
            maker, taker = ours[trade.filler_id], ours[trade.aggressor_id]
            yield Trade(trade.price, trade.quantity_filled, maker, taker)
