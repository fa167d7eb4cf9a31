"""A `lightning serve` that can be killed and started again at the same address, and traders at work in it."""

import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc

from lightning.client.own_server import LISTENING, PAGE
from lightning.pb.v1 import trading_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from tests.conftest import Client

LIGHTNING = [sys.executable, "-m", "lightning"]
SYMBOL, BTC, USDT = 1, 1, 2
MIDDLE = 50_000.0
OPEN_MAX = 150
"""Orders of the traders; the oldest is canceled for a newer one."""
PAUSE_S = 0.02


class Venue:
    """BTC-USDT and the others of the built-in configuration, kept in a directory."""

    def __init__(self, data: Path) -> None:
        self.page = ""
        self.address = ""
        self._command = [*LIGHTNING, "serve", "--data", str(data), "--host", "127.0.0.1"]
        self._http_port = free_port()
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns when it answers, at the HTTP address that it had before."""
        command = [*self._command, "--port", "0", "--http-port", str(self._http_port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(PAGE):
                self.page = line.removeprefix(PAGE).strip()
            if line.startswith(LISTENING):
                self.address = line.removeprefix(LISTENING).strip()
                return
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None and self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    @contextmanager
    def client(self) -> Iterator[Client]:
        found = Client(self.address)
        try:
            yield found
        finally:
            found.channel.close()

    def place(self, account: int, side: "types.Side", price: str, quantity: str) -> pb.ExecutionReport:
        with self.client() as client:
            report: pb.ExecutionReport = client.trading.PlaceOrder(
                limit(account, side, price, quantity), timeout=30
            )
            return report


def limit(account: int, side: "types.Side", price: str, quantity: str) -> pb.PlaceOrderRequest:
    return pb.PlaceOrderRequest(
        account_id=account,
        symbol_id=SYMBOL,
        side=side,
        type=types.ORDER_TYPE_LIMIT,
        price=price,
        quantity=quantity,
    )


@contextmanager
def traders(venue: Venue, seed: int, accounts: tuple[int, ...] = (11, 12)) -> Iterator[None]:
    """Orders around a wandering price, some of which trade, until the end of the block."""
    stop = threading.Event()
    thread = threading.Thread(target=_trade, args=(venue, random.Random(seed), accounts, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _trade(venue: Venue, rng: random.Random, accounts: tuple[int, ...], stop: threading.Event) -> None:
    middle, resting = MIDDLE, list[tuple[int, int]]()
    with venue.client() as client:
        while not stop.wait(PAUSE_S):
            middle *= 1 + rng.gauss(0, 0.0001)
            side = rng.choice([types.SIDE_BUY, types.SIDE_SELL])
            distance = -10.0 if rng.random() < 0.15 else rng.expovariate(1 / 25)
            price = middle - distance if side == types.SIDE_BUY else middle + distance
            order = limit(rng.choice(accounts), side, f"{price:.2f}", f"{rng.uniform(0.01, 0.5):.4f}")
            try:
                placed = client.trading.PlaceOrder(order, timeout=30).order
                if placed.leaves_quantity not in ("", "0.0"):
                    resting.append((placed.account_id, placed.order_id))
                if len(resting) > OPEN_MAX:
                    account, order_id = resting.pop(0)
                    client.trading.CancelOrder(
                        pb.CancelOrderRequest(account_id=account, symbol_id=SYMBOL, order_id=order_id),
                        timeout=30,
                    )
            except grpc.RpcError:
                return  # the server was killed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
