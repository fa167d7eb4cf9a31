"""Orders: place one, cancel it, and see how refusals look.

Start a server (`lightning serve`), then run `python examples/order_demo.py [--target HOST:PORT]`.
"""

import argparse
import itertools
import time

import grpc

from lightning.pb.schema import lightning_pb2 as pb
from lightning.pb.schema.lightning_pb2_grpc import LightningStub

BTC, USDT = 1, 2  # currency ids of the built-in configuration
BTC_USDT = 1  # symbol id


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", default="localhost:50051", metavar="HOST:PORT")
    target = parser.parse_args().target

    # An account exists from its first deposit, so any number nobody uses yet will do.
    account = time.time_ns() // 1000
    stranger = account + 1
    # A request id is once only per account: if an answer gets lost, send the same request again.
    request_ids = itertools.count(1)

    with grpc.insecure_channel(target) as channel:
        exchange = LightningStub(channel)

        def place(request: pb.PlaceOrderRequest) -> int:
            reply = exchange.placeOrder(request)
            print(f"    code {reply.code}: {reply.message}" + (f", order {reply.id}" if reply.id else ""))
            order_id: int = reply.id
            return order_id

        def bid(
            price: str, quantity: str, request_id: int = 0, symbol: int = BTC_USDT
        ) -> pb.PlaceOrderRequest:
            return pb.PlaceOrderRequest(
                requestId=request_id or next(request_ids),
                symbolId=symbol,
                accountId=account,
                type=pb.LIMIT,
                side=pb.BID,
                price=price,
                quantity=quantity,
            )

        def cancel(owner: int, order_id: int) -> None:
            reply = exchange.cancelOrder(
                pb.CancelOrderRequest(
                    requestId=next(request_ids), symbolId=BTC_USDT, accountId=owner, orderId=order_id
                )
            )
            print(f"    code {reply.code}: {reply.message}", end="")
            print(
                f", canceled {reply.cancelledQuantity}, released {reply.refundAmount}"
                if reply.code == 0
                else ""
            )

        def show_usdt() -> None:
            reply = exchange.getAccount(pb.GetAccountRequest(accountId=account, currencyId=USDT))
            balance = reply.data[USDT]
            print(f"    USDT: available {balance.available}, frozen {balance.frozen}, total {balance.value}")

        print(f"Account {account} gets 1000 USDT")
        for owner in (account, stranger):
            exchange.increase(
                pb.IncreaseRequest(
                    requestId=next(request_ids), accountId=owner, currencyId=USDT, amount="1000.0"
                )
            )
        show_usdt()

        print("A bid for 0.01 BTC at 20000: it rests in the book, and 200 USDT are frozen for it")
        request = bid("20000.0", "0.01")
        order_id = place(request)
        show_usdt()

        print("The same request once more, as if the answer had been lost: the first answer, nothing done")
        place(request)
        show_usdt()

        print("The same request id with other content")
        place(bid("20000.0", "0.02", request_id=request.requestId))

        print("More than the account can pay")
        place(bid("20000.0", "1.0"))

        print("A price finer than the tick, 0.01")
        place(bid("20000.001", "0.01"))

        print("Not a number")
        place(bid("twenty thousand", "0.01"))

        print("An unknown symbol")
        place(bid("20000.0", "0.01", symbol=999))

        print("Canceled by somebody else")
        cancel(stranger, order_id)

        print("Canceled by its owner: what was frozen is released")
        cancel(account, order_id)
        show_usdt()

        print("Canceled again")
        cancel(account, order_id)


if __name__ == "__main__":
    main()
