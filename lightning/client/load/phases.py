"""What each kind of load sends, and how much of it at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

import grpc
import numpy as np

from lightning.client.load import requests
from lightning.client.load.flow import (
    CALM_WIDTH,
    Rows,
    movements,
    spread,
    synthetic_flow,
    with_accounts,
    with_every_order_closed,
)
from lightning.client.load.latency import Latencies
from lightning.client.load.market import Market, own_accounts
from lightning.client.load.result import Settings
from lightning.client.load.rows import RowBlocks
from lightning.client.load.tally import Tally
from lightning.client.load.work import CallWork, SessionWork, Work
from lightning.pb.v1 import market_data_pb2

WORKS = ("session", "unary", "queries", "balances", "mixed")
SESSION_ROWS = 500_000
"""Rows of all sessions that are made beforehand; sent round and round, under new ids each time."""
CANCELED_SOON = 0.85
"""Share of a session's orders; the others rest for long. So a trade comes with every 28 messages, as in the
published flows with every 32 (normal) and 29 (flash-crash)."""
SEED = 23
BATCH = 8_192
BATCH_S = 0.004
"""A session that sends at a given rate sends what is due in such a time."""
ROWS_IN_FLIGHT = 49_152
ROWS_IN_FLIGHT_OPEN = 131_072
"""Of one session: the server reads no further."""
CALLS_IN_FLIGHT = 64
CALLS_IN_FLIGHT_OPEN = 1_000
CHANGES_PER_S = 10_000
CHANGES_BATCH = 100
"""While books are asked for, they change: so many commands, spread over all symbols."""
CHECKED_EVERY = 100
"""Of the answers that are not parsed otherwise."""


@dataclass
class Stream:
    """One line of the result."""

    name: str
    unit: str
    in_flight: int
    works: Sequence[Work]
    """All alike; in_flight is of each."""
    tally: Tally
    turns_per_s: float | None = None
    """Of all; None: closed loop."""
    latencies: Latencies = field(default_factory=Latencies)


@dataclass
class Phase:
    name: str
    streams: list[Stream]


class Phases:
    """Makes the phases of a load, each when it is its turn."""

    def __init__(self, settings: Settings, market: Market, channels: list[grpc.aio.Channel]) -> None:
        self._settings = settings
        self._market = market
        self._channels = channels
        self._next_channel = cycle(channels)
        self._works = 0

    def names(self) -> Sequence[str]:
        if self._settings.work == "queries":
            return ("GetOrderBook", "GetAccount", "BatchGetOrderBooks")
        return (self._settings.work,)

    def make(self, name: str) -> Phase:
        rate = self._settings.rate
        match name:
            case "session":
                return Phase(name, [self._orders(rate)])
            case "balances":
                return Phase(name, [self._balances(rate)])
            case "unary":
                return Phase(name, [self._place_order(rate)])
            case "mixed":
                calls = [self._place_order(None), self._get_order_book(None), self._get_account(None)]
                return Phase(name, [self._orders(rate), *calls])
            case "GetOrderBook":
                return Phase(name, [self._get_order_book(rate), self._changes()])
            case "GetAccount":
                return Phase(name, [self._get_account(rate), self._changes()])
            case _:
                return Phase(name, [self._batch_get_order_books(rate), self._changes()])

    # streams of sessions

    def _orders(self, rate: float | None) -> Stream:
        sessions = self._settings.sessions
        accounts = self._settings.accounts // sessions
        symbols = self._market.symbol_ids()

        def rows(index: int) -> Rows:
            flow = order_flow(SESSION_ROWS // sessions, accounts, SEED + index)
            flow["symbol"] = symbols[index % len(symbols)]
            flow["account"] += index * accounts
            return flow

        return self._sessions("orders", rows, "client_order_id", rate)

    def _balances(self, rate: float | None) -> Stream:
        sessions = self._settings.sessions

        def rows(index: int) -> Rows:
            count = SESSION_ROWS // sessions // 2 * 2
            return movements(self._settings.accounts, self._market.money, count, SEED + index)

        return self._sessions("balance operations", rows, "request_id", rate)

    def _sessions(self, name: str, rows: Callable[[int], Rows], ids: str, rate: float | None) -> Stream:
        batch = self._settings.batch or batch_of(rate)
        in_flight = self._settings.in_flight or batches_in_flight(batch, rate)
        tally = Tally()
        works = [self._session(rows(index), ids, batch, tally) for index in range(self._settings.sessions)]
        return Stream(name, "commands", in_flight, works, tally, None if rate is None else rate / batch)

    def _changes(self) -> Stream:
        """Of all books, at a fixed rate."""
        rows = order_flow(SESSION_ROWS, self._settings.accounts, SEED)
        symbols = self._market.symbol_ids()
        rows["symbol"] = symbols[spread(rows["client_order_id"], len(symbols))]
        tally = Tally()
        works = [self._session(rows, "client_order_id", CHANGES_BATCH, tally)]
        return Stream("changes", "commands", CHANGES_BATCH, works, tally, CHANGES_PER_S / CHANGES_BATCH)

    def _session(self, rows: Rows, ids: str, batch: int, tally: Tally) -> Work:
        blocks = RowBlocks(own_accounts(rows), ids, int(rows[ids].max()), batch, self._first_id())
        return SessionWork(next(self._next_channel), tally, blocks)

    # streams of calls

    def _place_order(self, rate: float | None) -> Stream:
        tally = Tally()
        orders = requests.orders(self._market, self._first_id())
        return self._calls(
            "PlaceOrder", "orders", "/lightning.v1.Trading/PlaceOrder", orders, rate, tally, tally.add_report
        )

    def _get_order_book(self, rate: float | None) -> Stream:
        books = requests.books(self._market)
        check = BookCheck()
        method = "/lightning.v1.MarketData/GetOrderBook"
        return self._calls("GetOrderBook", "books", method, books, rate, check.tally, check.one)

    def _batch_get_order_books(self, rate: float | None) -> Stream:
        wanted = requests.book_requests(self._market)
        request = market_data_pb2.BatchGetOrderBooksRequest(requests=wanted).SerializeToString()
        check = BookCheck(len(wanted))
        method = "/lightning.v1.MarketData/BatchGetOrderBooks"
        return self._calls(
            "BatchGetOrderBooks",
            "books",
            method,
            cycle([request]),
            rate,
            check.tally,
            check.many,
            len(wanted),
        )

    def _get_account(self, rate: float | None) -> Stream:
        tally = Tally()

        def read(answer: bytes) -> None:
            tally.answered += 1

        accounts = requests.accounts(self._market)
        method = "/lightning.v1.Accounts/GetAccount"
        return self._calls("GetAccount", "accounts", method, accounts, rate, tally, read)

    def _calls(
        self,
        name: str,
        unit: str,
        method: str,
        serialized: Iterator[bytes],
        rate: float | None,
        tally: Tally,
        read: Callable[[bytes], None],
        size: int = 1,
    ) -> Stream:
        default = CALLS_IN_FLIGHT if rate is None else CALLS_IN_FLIGHT_OPEN
        in_flight = self._settings.in_flight or default
        work = CallWork(self._channels, method, serialized, tally, read, size)
        return Stream(name, unit, in_flight, [work], tally, rate)

    def _first_id(self) -> int:
        self._works += 1
        return self._market.ids_of(self._works - 1)


class BookCheck:
    """Every so many answers one is parsed: to parse all of them would take more CPU than the server does."""

    def __init__(self, books: int = 1) -> None:
        self.tally = Tally()
        self._books = books
        self._answers = 0

    def one(self, answer: bytes) -> None:
        if self._due():
            self._check([market_data_pb2.OrderBook.FromString(answer)])

    def many(self, answer: bytes) -> None:
        if self._due():
            self._check(list(market_data_pb2.BatchGetOrderBooksResponse.FromString(answer).books))

    def _due(self) -> bool:
        self.tally.answered += self._books
        self._answers += 1
        return self._answers % CHECKED_EVERY == 1

    def _check(self, books: list[market_data_pb2.OrderBook]) -> None:
        full = [book for book in books if len(book.bids) == len(book.asks) == requests.LEVELS]
        if len(full) != self._books:
            self.tally.add_error(f"not {requests.LEVELS} levels on both sides of every book")


def order_flow(messages: int, accounts: int, seed: int) -> Rows:
    flow = synthetic_flow(CALM_WIDTH, messages, seed, CANCELED_SOON)
    return with_accounts(with_every_order_closed(flow, seed), accounts)


def batch_of(rate: float | None) -> int:
    """Rows of a batch."""
    return BATCH if rate is None else int(np.clip(rate * BATCH_S, 1, BATCH))


def batches_in_flight(batch: int, rate: float | None) -> int:
    return max(1, (ROWS_IN_FLIGHT if rate is None else ROWS_IN_FLIGHT_OPEN) // batch)
