"""What a reply says was freed can be spent by the very next command: never a false refusal."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.trading_pb2 import CancelOrderRequest, ExecutionReport, PlaceOrderRequest
from tests.conftest import Client, RunningServer, StartServer

BTC, USDT = 1, 2
CLIENTS_MAX = 16
ROUNDS = int(os.environ.get("LIGHTNING_SPEND_ROUNDS", "300"))


class Spender:
    """Two accounts on a symbol of their own, with just enough for one order each."""

    def __init__(self, address: str, number: int) -> None:
        self.client = Client(address)
        self.symbol, self.first, self.second = number + 1, 2 * number + 1, 2 * number + 2
        self.client.deposit(self.first, USDT, "1000")
        self.client.deposit(self.second, BTC, "1")

    def place(self, account: int, side: types.Side) -> ExecutionReport:
        """All that the account has: the one coin, or the price of it."""
        report: ExecutionReport = self.client.trading.PlaceOrder(
            PlaceOrderRequest(
                account_id=account,
                symbol_id=self.symbol,
                side=side,
                type=types.ORDER_TYPE_LIMIT,
                price="1000",
                quantity="1",
            )
        )
        return report

    def fill_then_spend(self, rounds: int) -> None:
        """The coin goes to and fro: each sells what it has just bought, and buys with what that brought."""
        buyer, seller = self.first, self.second
        for i in range(rounds):
            sides = [(seller, types.SIDE_SELL), (buyer, types.SIDE_BUY)]
            maker, taker = sides if i % 4 < 2 else reversed(sides)
            assert self.place(*maker).order.status == types.ORDER_STATUS_NEW
            assert self.place(*taker).order.status == types.ORDER_STATUS_FILLED
            buyer, seller = seller, buyer

    def cancel_then_spend(self, rounds: int) -> None:
        for _ in range(rounds):
            bid = self.place(self.first, types.SIDE_BUY)
            assert bid.order.status == types.ORDER_STATUS_NEW
            report: ExecutionReport = self.client.trading.CancelOrder(
                CancelOrderRequest(account_id=self.first, symbol_id=self.symbol, order_id=bid.order.order_id)
            )
            assert report.order.status == types.ORDER_STATUS_CANCELED


@pytest.fixture
def market(start_server: StartServer) -> Iterator[RunningServer]:
    """A server with a symbol for each client; sound at the end."""
    pair = {"base": "BTC", "quote": "USDT", "tick": "0.01", "lot": "0.000001"}
    server = start_server(
        currency=[{"id": BTC, "name": "BTC", "scale": 8}, {"id": USDT, "name": "USDT", "scale": 8}],
        symbol=[{"id": number, "name": f"PAIR-{number}", **pair} for number in range(1, CLIENTS_MAX + 1)],
    )
    yield server
    assert server.exchange.check() == []


def at_once(market: RunningServer, clients: int, spend: Callable[[Spender, int], None]) -> None:
    spenders = [Spender(market.address, number) for number in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(spend, spender, max(ROUNDS // clients, 1)) for spender in spenders]:
            done.result()
    for spender in spenders:
        spender.client.channel.close()


@pytest.mark.parametrize("clients", [1, CLIENTS_MAX])
def test_the_proceeds_of_a_fill_can_be_spent_at_once(market: RunningServer, clients: int) -> None:
    at_once(market, clients, Spender.fill_then_spend)


@pytest.mark.parametrize("clients", [1, CLIENTS_MAX])
def test_the_release_of_a_cancel_can_be_spent_at_once(market: RunningServer, clients: int) -> None:
    at_once(market, clients, Spender.cancel_then_spend)
