"""The unary requests of a load, serialised: made once if they are sent again, else as cheaply as can be."""

from collections.abc import Iterator
from itertools import count, cycle

from lightning.client.load.flow import CENTER
from lightning.client.load.market import FIRST_ACCOUNT, Market
from lightning.decimals import format_steps
from lightning.pb.v1 import accounts_pb2, trading_pb2, types_pb2
from lightning.pb.v1.market_data_pb2 import GetOrderBookRequest

LEVELS = 5
ORDER_LOTS = 10


def orders(market: Market, first_id: int) -> Iterator[bytes]:
    """Buys and sells at one price in turn, each of another account: every second one trades."""
    symbol = market.symbols[-1]
    pairs = market.accounts // 2 * 2
    templates = [
        trading_pb2.PlaceOrderRequest(
            account_id=FIRST_ACCOUNT + 1 + account,
            symbol_id=symbol.id,
            side=types_pb2.SIDE_SELL if account % 2 else types_pb2.SIDE_BUY,
            type=types_pb2.ORDER_TYPE_LIMIT,
            price=format_steps(CENTER, symbol.tick),
            quantity=format_steps(ORDER_LOTS, symbol.lot),
        ).SerializeToString()
        for account in range(pairs)
    ]
    for template, client_order_id in zip(cycle(templates), count(first_id), strict=False):
        # messages one behind the other are one message with the fields of both
        yield template + trading_pb2.PlaceOrderRequest(client_order_id=client_order_id).SerializeToString()


def books(market: Market) -> Iterator[bytes]:
    return cycle([request.SerializeToString() for request in book_requests(market)])


def book_requests(market: Market) -> list[GetOrderBookRequest]:
    return [GetOrderBookRequest(symbol_id=symbol.id, levels=LEVELS) for symbol in market.symbols]


def accounts(market: Market) -> Iterator[bytes]:
    return cycle(
        [
            accounts_pb2.GetAccountRequest(account_id=FIRST_ACCOUNT + 1 + account).SerializeToString()
            for account in range(market.accounts)
        ]
    )
