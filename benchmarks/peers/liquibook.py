"""liquibook: C++, wrapped with SWIG. Fills come through a listener."""

from collections.abc import Iterable

import liquibook

from benchmarks.peers.engine import Trade


class Fills(liquibook.OrderListener):
    """The other calls of a listener are made too; they do nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, int, int, int]] = []
        """(the taker's id, the maker's, quantity, price)"""

    def on_fill(
        self, taker: liquibook.SimpleOrder, maker: liquibook.SimpleOrder, qty: int, price: int
    ) -> None:
        self.seen.append((taker.order_id_, maker.order_id_, qty, price))

    def on_accept(self, order: liquibook.SimpleOrder) -> None: ...

    def on_cancel(self, order: liquibook.SimpleOrder) -> None: ...


class Liquibook:
    def __init__(self) -> None:
        self._fills = Fills()
        self._book = liquibook.DepthOrderBook()
        self._book.set_order_listener(self._fills)
        self._orders: dict[int, liquibook.SimpleOrder] = {}

    def place(self, order_id: int, is_buy: bool, price: int, qty: int) -> None:
        order = self._orders[order_id] = liquibook.SimpleOrder(is_buy, price, qty)
        self._book.add(order)

    def cancel(self, order_id: int) -> None:
        self._book.cancel(self._orders[order_id])

    def trades(self) -> Iterable[Trade]:
        ours = {order.order_id_: order_id for order_id, order in self._orders.items()}
        for taker, maker, qty, price in self._fills.seen:
            yield Trade(price, qty, ours[maker], ours[taker])
