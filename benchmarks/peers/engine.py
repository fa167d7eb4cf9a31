"""What an engine must be able to do to stand in the comparison."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Trade(NamedTuple):
    price: int
    qty: int
    maker: int
    taker: int
    """Ids of the orders, as the steps have them."""


class Engine(Protocol):
    """One empty book. An adapter keeps what its engine tells of trades, and makes Trades of it afterwards."""

    def place(self, order_id: int, is_buy: bool, price: int, qty: int) -> None:
        """A limit order that trades as far as it can and rests with what is left."""

    def cancel(self, order_id: int) -> None:
        """Of an order that rests."""

    def trades(self) -> Iterable[Trade]:
        """All of them, in the order in which they happened. Not timed."""
