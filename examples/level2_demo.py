"""Level 2: build a book, print it as a ladder, and see a market order eat into it.

Start a server (`lightning serve`), then run `python examples/level2_demo.py [--target HOST:PORT]`.
"""

import argparse
import itertools
import time

import grpc

from lightning.pb.schema import lightning_pb2 as pb
from lightning.pb.schema.lightning_pb2_grpc import LightningStub

USDT, ETH = 2, 3  # currency ids of the built-in configuration
ETH_USDT = 2  # symbol id

BIDS = [("2999.0", "1.5"), ("2999.0", "0.5"), ("2998.5", "3.0"), ("2997.0", "8.0")]
ASKS = [("3000.0", "1.0"), ("3000.5", "2.5"), ("3000.5", "2.5"), ("3002.0", "10.0")]


def print_ladder(book: pb.GetOrderBookResponse) -> None:
    """Asks from the worst down to the best, bids from the best down: prices fall from top to bottom."""
    if not (book.bids or book.asks):
        print("    the book is empty")
        return
    print(f"    {'bid quantity':>14} {'price':>10} {'ask quantity':>14}")
    for level in reversed(book.asks):
        print(f"    {'':>14} {level.price:>10} {level.quantity:>14}")
    for level in book.bids:
        print(f"    {level.quantity:>14} {level.price:>10}")
    print(f"    best bid {book.bestBid}, best ask {book.bestAsk}, spread {book.spread}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", default="localhost:50051", metavar="HOST:PORT")
    target = parser.parse_args().target

    # An account exists from its first deposit, so any number nobody uses yet will do.
    maker = time.time_ns() // 1000
    taker = maker + 1
    request_ids = itertools.count(1)

    with grpc.insecure_channel(target) as channel:
        exchange = LightningStub(channel)

        def deposit(account: int, currency: int, amount: str) -> None:
            exchange.increase(
                pb.IncreaseRequest(
                    requestId=next(request_ids), accountId=account, currencyId=currency, amount=amount
                )
            )

        def place(side: pb.Side, price: str, quantity: str) -> int:
            reply = exchange.placeOrder(
                pb.PlaceOrderRequest(
                    requestId=next(request_ids),
                    symbolId=ETH_USDT,
                    accountId=maker,
                    type=pb.LIMIT,
                    side=side,
                    price=price,
                    quantity=quantity,
                )
            )
            order_id: int = reply.id
            return order_id

        def show_book() -> None:
            request = pb.GetOrderBookRequest(symbolId=ETH_USDT, levels=10)
            print_ladder(exchange.getOrderBook(request))

        deposit(maker, USDT, "100000.0")
        deposit(maker, ETH, "100.0")
        deposit(taker, USDT, "10000.0")

        print("Four bids and four asks; orders at one price make one level")
        orders = [place(pb.BID, price, quantity) for price, quantity in BIDS]
        orders += [place(pb.ASK, price, quantity) for price, quantity in ASKS]
        show_book()

        print("Another account buys for 9000 USDT at the market: the best asks go first")
        exchange.placeOrder(
            pb.PlaceOrderRequest(
                requestId=next(request_ids),
                symbolId=ETH_USDT,
                accountId=taker,
                type=pb.MARKET,
                side=pb.BID,
                volume="9000.0",
            )
        )
        bought = exchange.getAccount(pb.GetAccountRequest(accountId=taker, currencyId=ETH)).data[ETH]
        print(f"    it has {bought.value} ETH now")
        show_book()

        print("What is left is canceled")
        for order_id in orders:
            exchange.cancelOrder(
                pb.CancelOrderRequest(
                    requestId=next(request_ids), symbolId=ETH_USDT, accountId=maker, orderId=order_id
                )
            )
        show_book()


if __name__ == "__main__":
    main()
