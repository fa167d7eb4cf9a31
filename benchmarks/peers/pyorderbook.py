"""pyorderbook: plain Python; prices are Decimal. Every call returns its trades."""

from collections.abc import Iterable

from pyorderbook import Book, Order, Side, TradeBlotter

from benchmarks.peers.engine import Trade

SYMBOL = "BTC-USDT"


class Pyorderbook:
    def __init__(self) -> None:
        self._book = Book()
        self._orders: dict[int, Order] = {}
        self._blotters: list[TradeBlotter] = []

    def place(self, order_id: int, is_buy: bool, price: int, qty: int) -> None:
        order = self._orders[order_id] = Order(Side.BID if is_buy else Side.ASK, SYMBOL, price, qty)
        done = self._book.match(order)
        if done.trades:
            self._blotters.append(done)

    def cancel(self, order_id: int) -> None:
        self._book.cancel(self._orders[order_id])

    def trades(self) -> Iterable[Trade]:
        ours = {order.id: order_id for order_id, order in self._orders.items()}
        for done in self._blotters:
            for trade in done.trades:
                maker, taker = ours[trade.standing_order_id], ours[trade.incoming_order_id]
                yield Trade(int(trade.fill_price), trade.fill_quantity, maker, taker)
