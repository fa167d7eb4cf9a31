"""Bulk order entry: two accounts trade 20,000 orders through one stream, as NumPy rows.

Start a server (`lightning serve`), then run `python examples/bulk_demo.py [--target HOST:PORT]`.
"""

import argparse
import time
from collections.abc import Iterator

import grpc
import numpy as np

from lightning.codes import CommandKind, EventKind, Side
from lightning.pb.v1 import order_entry_pb2 as pb
from lightning.pb.v1.order_entry_pb2_grpc import OrderEntryStub
from lightning.rows import COMMAND, EVENT

BTC, USDT = 1, 2  # currency ids of the built-in configuration
BTC_USDT = 1  # symbol id: ticks of 0.01 USDT, lots of 0.000001 BTC
ORDERS = 20_000
BATCH = 1_000


def deposits(buyer: int, seller: int) -> np.ndarray:
    """10,000,000 USDT for one, 100 BTC for the other, in units of 8 decimals."""
    rows = np.zeros(2, COMMAND)
    rows["kind"] = CommandKind.DEPOSIT
    rows["account"] = buyer, seller
    rows["currency"] = USDT, BTC
    rows["amount"] = 10_000_000 * 10**8, 100 * 10**8
    return rows


def orders(buyer: int, seller: int) -> np.ndarray:
    """Sells and buys in turn at 50,000.00 USDT, 0.001 BTC each: every second one trades."""
    rows = np.zeros(ORDERS, COMMAND)
    rows["kind"] = CommandKind.PLACE
    rows["symbol"] = BTC_USDT
    rows["side"] = np.where(np.arange(ORDERS) % 2 == 0, Side.SELL, Side.BUY)
    rows["account"] = np.where(rows["side"] == Side.SELL, seller, buyer)
    rows["client_order_id"] = np.arange(1, ORDERS + 1)
    rows["price"] = 5_000_000
    rows["qty"] = 1_000
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", default="localhost:50051", metavar="HOST:PORT")
    target = parser.parse_args().target
    buyer = time.time_ns() // 1000  # any number that nobody uses yet
    seller = buyer + 1

    def batches() -> Iterator[pb.CommandBatch]:
        yield pb.CommandBatch(batch_id=0, rows=deposits(buyer, seller).tobytes())
        rows = orders(buyer, seller)
        for first in range(0, ORDERS, BATCH):
            yield pb.CommandBatch(batch_id=1 + first // BATCH, rows=rows[first : first + BATCH].tobytes())

    with grpc.insecure_channel(target) as channel:
        answers = OrderEntryStub(channel).Session(batches())
        events = np.concatenate([np.frombuffer(answer.rows, EVENT) for answer in answers])

    for kind in (EventKind.ACCEPTED, EventKind.TRADE, EventKind.REJECTED):
        print(f"{kind.name}: {np.count_nonzero(events['kind'] == kind):,}")
    trades = events[events["kind"] == EventKind.TRADE]
    print(f"lots traded: {trades['qty'].sum():,}")


if __name__ == "__main__":
    main()
