"""A server of one's own with a market in it, ready to be played."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from lightning.client.demo import tape_flow, traders
from lightning.client.demo.flow import Flow
from lightning.client.demo.market import open_market
from lightning.client.demo.play import Played, play
from lightning.client.demo.reference import VALUES
from lightning.client.own_server import OnLine, own_server_with_page
from lightning.client.tape import TAPE_CONFIG

VISITORS = (1, 2)
Funds = Mapping[str, int]
"""Whole units by currency name."""
VISITOR_FUNDS: Funds = {"BTC": 10, "ETH": 200, "USDT": 1_000_000}
TRADER_FUNDS: Funds = {"BTC": 100_000, "ETH": 2_000_000, "USDT": 2_000_000_000}
TAPE_VISITOR_FUNDS: Funds = {"BTC": 10, "USD": 1_000_000}
TAPE_TRADER_FUNDS: Funds = {"BTC": 1_000_000, "USD": 100_000_000}


@dataclass
class Stage:
    address: str
    page: str
    names: list[str]
    """Of the symbols that are traded."""
    funds: str
    """Of each visitor."""
    _channel: grpc.Channel
    _flow: Flow

    def play(
        self, speed: float, seconds: float | None, played: Played, on_progress: Callable[[], None]
    ) -> None:
        """Raises DemoError."""
        play(self._channel, self._flow, speed, seconds, played, on_progress)


@contextmanager
def open_stage(
    tape: Path | None, data: Path | None, ports: tuple[int, int], seed: int, on_line: OnLine
) -> Iterator[Stage]:
    """ports : of gRPC and of HTTP

    Raises TapeError, OwnServerError, DemoError.
    """
    lines = None if tape is None else tape_flow.find_tape(tape)
    config = None if lines is None else TAPE_CONFIG
    visitor = VISITOR_FUNDS if lines is None else TAPE_VISITOR_FUNDS
    trader = TRADER_FUNDS if lines is None else TAPE_TRADER_FUNDS
    accounts = traders.ACCOUNTS if lines is None else tape_flow.ACCOUNTS
    with (
        own_server_with_page(data, config, *ports, on_line) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        currencies = list(VALUES) if lines is None else list(trader)
        market = open_market(
            channel, currencies, dict.fromkeys(accounts, trader) | dict.fromkeys(VISITORS, visitor)
        )
        if lines is None:
            flow = traders.traders_flow(market.symbols, seed, market.first_id)
        else:
            flow = tape_flow.tape_flow(market.symbols[0], lines, market.first_id)
        told = ", ".join(f"{units:,} {name}" for name, units in visitor.items())
        yield Stage(server.address, server.page, market.names, told, channel, flow)
