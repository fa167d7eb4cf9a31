"""pylobo: Rust, wrapped with PyO3. Every call returns its fills."""

from collections.abc import Iterable
from uuid import UUID, uuid4

from lobo import Book, MatchedFill, Reports
from lobo.orders import LimitOrder, Side

from benchmarks.peers.engine import Trade


class Pylobo:
    def __init__(self) -> None:
        self._book = Book(update_user_map=False)
        self._reports = Reports(include_fills=True)
        self._trader = uuid4()
        self._resting: dict[int, UUID] = {}
        self._fills: list[tuple[int, list[MatchedFill]]] = []

    def place(self, order_id: int, is_buy: bool, price: int, qty: int) -> None:
        side = Side.Buy if is_buy else Side.Sell
        done = self._book.fill(LimitOrder(price, qty, self._trader, side), self._reports)
        if done.remaining_order_id is not None:
            self._resting[order_id] = done.remaining_order_id
        if fills := done.report.fills:
            self._fills.append((order_id, fills))

    def cancel(self, order_id: int) -> None:
        self._book.cancel(self._resting[order_id])

    def trades(self) -> Iterable[Trade]:
        ours = {theirs: order_id for order_id, theirs in self._resting.items()}
        for taker, fills in self._fills:
            for fill in fills:
                yield Trade(fill.price, fill.fill_quantity, ours[fill.maker_order_id], taker)
