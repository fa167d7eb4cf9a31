"""Replays an order tape into a running server, through gRPC `lightning.v1`, and compares the answers.

One call after the other: what a line does depends on the lines before it, and calls in flight side by side
reach a server in no promised order. All buys belong to one account and all sells to the next, so that
no order ever meets one of its own account.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import grpc

from lightning.client.comparison import Answer, Comparison
from lightning.client.tape import LOT, QUOTE_SCALE_MIN, TICK, Op, TapeFill, TapeLine
from lightning.client.totals import not_conserved
from lightning.decimals import format_steps, format_units, parse_step, to_steps
from lightning.pb.v1 import (
    accounts_pb2,
    accounts_pb2_grpc,
    admin_pb2_grpc,
    market_data_pb2,
    market_data_pb2_grpc,
    trading_pb2,
    trading_pb2_grpc,
    types_pb2,
)

QUOTE_DEPOSIT = 100_000_000
"""Whole units of quote currency for the buyer. All of a currency fits 63 bits: 9.2e8 at 10 decimals."""
BASE_DEPOSIT = 1_000_000
"""Whole units of base currency for the seller."""
CALL_TIMEOUT_S = 30.0
PROGRESS_EVERY = 100
"""Lines from one report of progress to the next."""


class ReplayError(Exception):
    """The tape cannot be replayed into this server; the message says why."""


class ReplayResult(NamedTuple):
    comparison: Comparison
    line_count: int
    seconds: float
    not_conserved: list[str]
    """Currencies, by name, whose totals do not add up."""

    @property
    def exact(self) -> bool:
        return self.comparison.exact and not self.not_conserved


def replay(
    target: str,
    lines: Sequence[TapeLine],
    account: int = 1,
    on_progress: Callable[[int], None] = lambda lines_done: None,
) -> ReplayResult:
    """`account` buys, `account` + 1 sells. Raises ReplayError."""
    with grpc.insecure_channel(target) as channel, _rpc_errors_as_replay_errors(target):
        venue = _Venue(channel, account)
        venue.prepare()
        comparison = Comparison()
        start = time.perf_counter()
        for index, line in enumerate(lines):
            # the header is line 1 of the file
            comparison.add(index + 2, line, venue.take(line))
            if index % PROGRESS_EVERY == 0:
                on_progress(index)
        on_progress(len(lines))
        seconds = time.perf_counter() - start
        return ReplayResult(comparison, len(lines), seconds, venue.not_conserved())


@contextmanager
def _rpc_errors_as_replay_errors(target: str) -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as error:
        code, details = error.code(), error.details()
        if code == grpc.StatusCode.UNAVAILABLE:
            raise ReplayError(f"no server answers at {target}: {details}") from error
        raise ReplayError(f"{target} answered {code.name}: {details}") from error


class _Venue:
    """The server, spoken to in the words of the tape."""

    def __init__(self, channel: grpc.Channel, account: int) -> None:
        self._trading = trading_pb2_grpc.TradingStub(channel)
        self._accounts = accounts_pb2_grpc.AccountsStub(channel)
        self._market_data = market_data_pb2_grpc.MarketDataStub(channel)
        self._admin = admin_pb2_grpc.AdminStub(channel)
        self._buyer, self._seller = account, account + 1
        self._symbol_id = 0
        self._tape_ids: dict[int, int] = {}
        """Tape id by the server's order id, of every order that was not rejected."""
        self._last_seq = 0

    def prepare(self) -> None:
        """Find the symbol, see that nothing rests in its book, and pay money in."""
        request = market_data_pb2.ListSymbolsRequest()
        symbols = self._market_data.ListSymbols(request, timeout=CALL_TIMEOUT_S).symbols
        steps = TICK, LOT
        fitting = [s for s in symbols if (parse_step(s.tick), parse_step(s.lot)) == steps]
        if not fitting:
            raise ReplayError(
                f"the server has no symbol with tick {format_steps(1, TICK)} and lot {format_steps(1, LOT)} "
                f"(and so a quote currency of {QUOTE_SCALE_MIN} decimals): "
                "start it with --config examples/bitstamp.toml"
            )
        symbol = fitting[0]
        self._symbol_id = symbol.symbol_id
        book_request = market_data_pb2.GetOrderBookRequest(symbol_id=symbol.symbol_id, levels=1)
        book = self._market_data.GetOrderBook(book_request, timeout=CALL_TIMEOUT_S)
        if book.bids or book.asks:
            raise ReplayError(f"{symbol.name} has resting orders: a tape needs an empty book")
        self._deposit(self._buyer, symbol.quote_currency_id, QUOTE_DEPOSIT)
        self._deposit(self._seller, symbol.base_currency_id, BASE_DEPOSIT)

    def _deposit(self, account: int, currency: int, whole_units: int) -> None:
        request = accounts_pb2.DepositRequest(
            account_id=account, currency_id=currency, amount=format_units(whole_units, 0)
        )
        self._last_seq = self._accounts.Deposit(request, timeout=CALL_TIMEOUT_S).seq

    def take(self, line: TapeLine) -> Answer:
        report = self._cancel(line) if line.op == Op.CANCEL else self._place(line)
        self._check_seq(line, report.seq)
        if report.order.status == types_pb2.ORDER_STATUS_REJECTED:
            reason = types_pb2.RejectReason.Name(report.reject_reason).removeprefix("REJECT_REASON_")
            return Answer(reason, (), 0)
        if line.op == Op.CANCEL:
            order = report.order
            return Answer("", (), to_steps(order.quantity, LOT) - to_steps(order.filled_quantity, LOT))
        self._tape_ids[report.order.order_id] = line.order_id
        return Answer("", tuple(map(self._fill, report.fills)), 0)

    def _place(self, line: TapeLine) -> trading_pb2.ExecutionReport:
        request = trading_pb2.PlaceOrderRequest(
            account_id=self._account(line),
            symbol_id=self._symbol_id,
            client_order_id=line.order_id,
            side=types_pb2.SIDE_BUY if line.buy else types_pb2.SIDE_SELL,
            type=types_pb2.ORDER_TYPE_LIMIT,
            time_in_force=types_pb2.TIME_IN_FORCE_GTC,
            # 0 becomes the lowest price: a sell at it takes any, a bid of less than a tick rests at it
            price=format_steps(max(line.price, 1), TICK),
            quantity=format_steps(line.qty, LOT),
            post_only=line.op == Op.REFUSED,
        )
        report: trading_pb2.ExecutionReport = self._trading.PlaceOrder(request, timeout=CALL_TIMEOUT_S)
        return report

    def _cancel(self, line: TapeLine) -> trading_pb2.ExecutionReport:
        request = trading_pb2.CancelOrderRequest(
            account_id=self._account(line), symbol_id=self._symbol_id, client_order_id=line.order_id
        )
        report: trading_pb2.ExecutionReport = self._trading.CancelOrder(request, timeout=CALL_TIMEOUT_S)
        return report

    def _account(self, line: TapeLine) -> int:
        return self._buyer if line.buy else self._seller

    def _fill(self, fill: types_pb2.Fill) -> TapeFill:
        maker = self._tape_ids.get(fill.maker_order_id, 0)
        return TapeFill(maker, to_steps(fill.quantity, LOT), to_steps(fill.price, TICK))

    def _check_seq(self, line: TapeLine, seq: int) -> None:
        """An answer with an old seq is the first answer to this id, given again: nothing was done now."""
        if seq <= self._last_seq:
            raise ReplayError(
                f"the server has had order {line.order_id} of account {self._account(line)} before: "
                "replay into a fresh server, or give other accounts"
            )
        self._last_seq = seq

    def not_conserved(self) -> list[str]:
        return not_conserved(self._market_data, self._admin)
