"""Matching: two accounts trade, and the money changes hands at once.

Start a server (`lightning serve`), then run `python examples/matching_demo.py [--target HOST:PORT]`.
"""

import argparse
import time

import grpc

from lightning.pb.schema import lightning_pb2 as pb
from lightning.pb.schema.lightning_pb2_grpc import LightningStub

BTC, USDT = 1, 2  # currency ids of the built-in configuration
NAMES = {BTC: "BTC", USDT: "USDT"}
BTC_USDT = 1  # symbol id


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", default="localhost:50051", metavar="HOST:PORT")
    target = parser.parse_args().target

    # An account exists from its first deposit, so any number nobody uses yet will do.
    a = time.time_ns() // 1000
    b = a + 1

    with grpc.insecure_channel(target) as channel:
        exchange = LightningStub(channel)

        def deposit(account: int, currency: int, amount: str) -> None:
            request = pb.IncreaseRequest(requestId=1, accountId=account, currencyId=currency, amount=amount)
            reply = exchange.increase(request)
            print(f"    code {reply.code}: {reply.message}")

        def place(account: int, side: pb.Side) -> None:
            request = pb.PlaceOrderRequest(
                requestId=2,
                symbolId=BTC_USDT,
                accountId=account,
                type=pb.LIMIT,
                side=side,
                price="50000.0",
                quantity="0.1",
            )
            reply = exchange.placeOrder(request)
            print(f"    code {reply.code}: {reply.message}, order {reply.id}")

        def show_balances() -> None:
            for name, account in (("A", a), ("B", b)):
                data = exchange.getAccount(pb.GetAccountRequest(accountId=account)).data
                for currency, balance in sorted(data.items()):
                    print(f"    {name} {NAMES[currency]:<4}", end="")
                    print(
                        f" total {balance.value:<8} available {balance.available:<8} frozen {balance.frozen}"
                    )

        print("A deposits 10000.0 USDT, B deposits 1.0 BTC")
        deposit(a, USDT, "10000.0")
        deposit(b, BTC, "1.0")
        show_balances()

        print("A bids for 0.1 BTC at 50000.0: 5000 USDT are frozen for it")
        place(a, pb.BID)
        show_balances()

        print("B asks 50000.0 for 0.1 BTC: the two match")
        place(b, pb.ASK)
        show_balances()

        book = exchange.getOrderBook(pb.GetOrderBookRequest(symbolId=BTC_USDT))
        print(f"The book has {len(book.bids)} bids and {len(book.asks)} asks now")


if __name__ == "__main__":
    main()
