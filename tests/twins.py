"""A running server and the oracle, given the same requests: all that they answer and show must be equal.

But times: the oracle has no clock.
"""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple, cast

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status

from lightning.codes import (
    AccountStatus,
    CommandFlag,
    CommandKind,
    EventFlag,
    EventKind,
    OrderStatus,
    OrderType,
    RejectReason,
    SelfTradePrevention,
    Side,
    SymbolStatus,
    TimeInForce,
)
from lightning.config import Config
from lightning.decimals import Step
from lightning.pb.v1 import accounts_pb2, admin_pb2, market_data_pb2, trading_pb2
from lightning.pb.v1 import types_pb2 as types
from lightning.rows import Command, Event
from lightning.server.convert.orders import NS_PER_MS
from lightning.storage.history.schema import PastOrder
from tests.conftest import RunningServer
from tests.desk import rows_of
from tests.oracle import Oracle
from tests.oracle.rows import to_events
from tests.plain_history import PlainHistory

PAGE = 1_000
NO_REASON = RejectReason.NONE.name
ENDED_EARLY = (OrderStatus.CANCELED.name, OrderStatus.REJECTED.name)
SIDE_OF_FLAGS = {0: None, CommandFlag.BUY_SIDE: "SIDE_BUY", CommandFlag.SELL_SIDE: "SIDE_SELL"}
"""Of a CANCEL_ALL."""
MONEY = (CommandKind.DEPOSIT, CommandKind.WITHDRAW, CommandKind.TRANSFER)
ABOUT_AN_ORDER = (CommandKind.PLACE, CommandKind.AMEND, CommandKind.CANCEL)


class Shown(NamedTuple):
    """An order, in ticks, lots and units."""

    order_id: int
    client_order_id: int
    account: int
    symbol: int
    side: int
    type: int
    tif: int
    price: int
    qty: int
    filled_qty: int
    leaves_qty: int
    filled_quote: int
    fee: int
    status: str
    reason: str


class Traded(NamedTuple):
    trade_id: int
    price: int
    qty: int
    maker_order_id: int
    taker_order_id: int
    fee: int


class Answer(NamedTuple):
    """Of the server: a message, or the reason of a refusal."""

    reply: Any
    reason: str = ""


def steps(text: str, step: Step) -> int:
    """Ticks or lots; exact, or it raises."""
    return whole(Decimal(text or "0").scaleb(step.scale) / step.units)


def units(text: str, scale: int) -> int:
    return whole(Decimal(text or "0").scaleb(scale))


def whole(number: Decimal) -> int:
    assert number == int(number), number
    return int(number)


def text_of(count: int, step: Step) -> str:
    return f"{(Decimal(count) * step.units).scaleb(-step.scale):f}"


def names_of(command: Command) -> dict[str, int]:
    return {
        "account_id": command.account,
        "symbol_id": command.symbol,
        "order_id": command.order_id,
        "client_order_id": command.client_order_id,
    }


def answer_of(call: Callable[[Any], Any], request: Any) -> Answer:
    try:
        return Answer(call(request))
    except grpc.RpcError as error:
        return Answer(None, reason_of(error))


def reason_of(error: grpc.RpcError) -> str:
    """Raises it again if it is anything but the exchange's no."""
    status, info = rpc_status.from_call(cast(grpc.Call, error)), ErrorInfo()
    if status is None or not status.details[0].Unpack(info):
        raise error
    return str(info.reason)


class Twins:
    def __init__(self, server: RunningServer, config: Config) -> None:
        self.server = server
        self.symbols = {symbol.id: symbol for symbol in config.symbols}
        self.currencies = {currency.id: currency for currency in config.currencies}
        self.oracle = Oracle(config.currencies, config.symbols)
        self.past = PlainHistory(self.symbols)
        self.reached: Counter[str] = Counter()
        """Events by kind, and by kind and reason."""

    def told(self, command: Command) -> list[Event]:
        """What the oracle makes of it."""
        rows = rows_of(command)
        answered = self.oracle.submit_rows(rows)
        self.past.add(self.oracle.seq, rows, answered)
        events = to_events(answered)
        for event in events:
            kind = "REPLAYED" if event.flags & EventFlag.REPLAYED else EventKind(event.kind).name
            self.reached[kind] += 1
            if event.reason:
                self.reached[f"{kind} {RejectReason(event.reason).name}"] += 1
        return events

    # requests

    def send(self, command: Command) -> None:
        """To both; their answers are compared."""
        call, request = self.request_of(command)
        events, answer = self.told(command), answer_of(call, request)
        if command.kind in ABOUT_AN_ORDER:
            self.judge_report(events, answer)
        elif self.is_refused(events, answer):
            pass
        elif command.kind == CommandKind.CANCEL_ALL:
            canceled = [event.order_id for event in events if event.kind == EventKind.CANCELED]
            assert sorted(answer.reply.order_ids) == sorted(canceled)
            assert answer.reply.canceled_count == len(canceled)
        elif command.kind not in MONEY:
            assert answer.reply is not None
        else:
            (event,), balance = events, answer.reply.balance
            shown = [units(text, self.scale(command.currency)) for text in (balance.available, balance.held)]
            assert shown == [event.available, event.held]

    def send_pair(self, first: Command, second: Command) -> None:
        """Two orders that take each other along. What became of them is seen in what is shown."""
        linked = second._replace(flags=second.flags | CommandFlag.ONE_CANCELS_OTHER)
        refused = [
            RejectReason(event.reason).name if event.kind == EventKind.REJECTED else NO_REASON
            for event in (self.told(first)[0], self.told(linked)[0])
        ]
        answer = answer_of(
            self.server.trading.PlaceOneCancelsOther,
            trading_pb2.PlaceOneCancelsOtherRequest(
                first=self.place_request(first), second=self.place_request(second)
            ),
        )
        if answer.reply is None:
            assert answer.reason in refused
        elif refused[0] != NO_REASON:
            assert reason_name(answer.reply.first.reject_reason) == refused[0]

    def request_of(self, command: Command) -> tuple[Callable[[Any], Any], Any]:
        trading = self.server.trading
        match command.kind:
            case CommandKind.PLACE:
                return trading.PlaceOrder, self.place_request(command)
            case CommandKind.AMEND:
                symbol = self.symbols[command.symbol]
                price = text_of(command.price, symbol.tick) if command.price else None
                quantity = text_of(command.qty, symbol.lot) if command.qty else None
                request = trading_pb2.AmendOrderRequest(price=price, quantity=quantity, **names_of(command))
                return trading.AmendOrder, request
            case CommandKind.CANCEL:
                return trading.CancelOrder, trading_pb2.CancelOrderRequest(**names_of(command))
            case CommandKind.CANCEL_ALL:
                return trading.CancelAllOrders, trading_pb2.CancelAllOrdersRequest(
                    account_id=command.account,
                    symbol_id=command.symbol or None,
                    side=SIDE_OF_FLAGS[command.flags],
                )
            case CommandKind.SET_SYMBOL_STATUS:
                status = f"SYMBOL_STATUS_{SymbolStatus(command.type).name}"
                return self.server.admin.SetSymbolStatus, admin_pb2.SetSymbolStatusRequest(
                    symbol_id=command.symbol, status=status
                )
            case CommandKind.SET_ACCOUNT_STATUS:
                status = f"ACCOUNT_STATUS_{AccountStatus(command.type).name}"
                return self.server.admin.SetAccountStatus, admin_pb2.SetAccountStatusRequest(
                    account_id=command.account, status=status
                )
        return self.move_request(command)

    def place_request(self, command: Command) -> trading_pb2.PlaceOrderRequest:
        symbol, stp = self.symbols[command.symbol], SelfTradePrevention(command.stp)
        return trading_pb2.PlaceOrderRequest(
            account_id=command.account,
            symbol_id=command.symbol,
            client_order_id=command.client_order_id,
            side=f"SIDE_{Side(command.side).name}",
            type=f"ORDER_TYPE_{OrderType(command.type).name}",
            time_in_force=f"TIME_IN_FORCE_{TimeInForce(command.tif).name}",
            price=text_of(command.price, symbol.tick) if command.price else "",
            quantity=text_of(command.qty, symbol.lot) if command.qty else "",
            quote_quantity=self.money(command.amount, symbol.quote.id) if command.amount else "",
            stop_price=text_of(command.stop_price, symbol.tick) if command.stop_price else "",
            trail_amount=text_of(command.trail_amount, symbol.tick) if command.trail_amount else "",
            display_quantity=text_of(command.display_qty, symbol.lot) if command.display_qty else "",
            expire_time_ms=command.expire_time_ns // NS_PER_MS,
            post_only=bool(command.flags & CommandFlag.POST_ONLY),
            self_trade_prevention=f"SELF_TRADE_PREVENTION_{stp.name}" if stp else None,
        )

    def move_request(self, command: Command) -> tuple[Callable[[Any], Any], Any]:
        amount = self.money(command.amount, command.currency)
        if command.kind == CommandKind.TRANSFER:
            return self.server.accounts.Transfer, accounts_pb2.TransferRequest(
                from_account_id=command.account,
                to_account_id=command.counter_account,
                currency_id=command.currency,
                amount=amount,
                request_id=command.request_id,
            )
        deposits = command.kind == CommandKind.DEPOSIT
        call = self.server.accounts.Deposit if deposits else self.server.accounts.Withdraw
        kind = accounts_pb2.DepositRequest if deposits else accounts_pb2.WithdrawRequest
        return call, kind(
            account_id=command.account,
            currency_id=command.currency,
            amount=amount,
            request_id=command.request_id,
        )

    # answers

    def is_refused(self, events: list[Event], answer: Answer) -> bool:
        """Both refused, for the same reason; or neither did."""
        first = events[0]
        reason = RejectReason(first.reason).name if first.kind == EventKind.REJECTED else ""
        assert answer.reason == reason, f"the server says {answer.reason!r}, the oracle {reason!r}"
        return bool(reason)

    def judge_report(self, events: list[Event], answer: Answer) -> None:
        first = events[0]
        if first.kind == EventKind.REJECTED:
            report, reason = answer.reply, RejectReason(first.reason).name
            assert reason == (answer.reason if report is None else reason_name(report.reject_reason))
            assert report is None or not report.fills
            return
        report = answer.reply
        assert report is not None, answer.reason
        symbol = self.symbols[first.symbol]
        fills = [
            Traded(
                fill.trade_id,
                steps(fill.price, symbol.tick),
                steps(fill.quantity, symbol.lot),
                fill.maker_order_id,
                fill.taker_order_id,
                units(fill.fee, symbol.quote.scale),
            )
            for fill in report.fills
        ]
        trades = [
            Traded(
                event.trade_id,
                event.price,
                event.qty,
                event.maker_order_id,
                event.taker_order_id,
                event.fee,
            )
            for event in events
            if event.kind == EventKind.TRADE and event.taker_order_id == first.order_id
        ]
        assert fills == trades
        goes_on = any(
            event.flags & EventFlag.CONSEQUENCE and first.order_id in (event.order_id, event.maker_order_id)
            for event in events
        )
        if not first.flags & EventFlag.REPLAYED and not goes_on:  # else its report is of what was before
            report.order.reject_reason = report.reject_reason
            assert self.shown(report.order) == self.expected_now(first.order_id)

    def shown(self, order: types.Order) -> Shown:
        symbol = self.symbols[order.symbol_id]
        return Shown(
            order.order_id,
            order.client_order_id,
            order.account_id,
            order.symbol_id,
            order.side - 1,
            order.type - 1,
            order.time_in_force - 1,
            steps(order.price, symbol.tick),
            steps(order.quantity, symbol.lot),
            steps(order.filled_quantity, symbol.lot),
            steps(order.leaves_quantity, symbol.lot),
            units(order.filled_quote, symbol.quote.scale),
            units(order.fee, symbol.quote.scale),
            types.OrderStatus.Name(order.status).removeprefix("ORDER_STATUS_"),
            reason_name(order.reject_reason),
        )

    def expected_now(self, order_id: int) -> Shown:
        """A reason is that of the end; the history has that of a decrement, too."""
        order = self.expected(self.past.orders[order_id])
        return order if order.status in ENDED_EARLY else order._replace(reason=NO_REASON)

    def expected(self, order: PastOrder) -> Shown:
        same = [getattr(order, name) for name in Shown._fields[:-2]]
        return Shown._make([*same, OrderStatus(order.status).name, RejectReason(order.reason).name])

    # what is shown

    def check(self) -> None:
        """Everything that can be asked for, and the invariants."""
        assert self.oracle.check() == []
        assert self.server.exchange.check() == []
        for account in sorted(self.accounts()):
            self.check_balances(account)
            if account:  # the fee account has none
                self.check_open_orders(account)
        for symbol in self.symbols:
            self.check_book(symbol)
        self.check_totals()

    def accounts(self) -> set[int]:
        assert self.oracle.ledger is not None
        return self.oracle.ledger.accounts

    def check_balances(self, account: int) -> None:
        reply = self.server.accounts.GetAccount(accounts_pb2.GetAccountRequest(account_id=account))
        shown = {
            (account, one.currency_id): tuple(
                units(text, self.scale(one.currency_id)) for text in (one.available, one.held)
            )
            for one in reply.balances
        }
        balances = {key: both for key, both in self.oracle.balances().items() if key[0] == account}
        assert {key: both for key, both in shown.items() if any(both)} == balances

    def check_open_orders(self, account: int) -> None:
        request = trading_pb2.ListOrdersRequest(account_id=account, open_only=True, page_size=PAGE)
        orders = [self.shown(order) for order in self.server.trading.ListOrders(request).orders]
        live = {order.order_id for order in self.oracle.open_orders() if order.account == account}
        assert orders == [self.expected_now(order_id) for order_id in sorted(live)]

    def check_book(self, symbol_id: int) -> None:
        symbol = self.symbols[symbol_id]
        request = market_data_pb2.GetOrderBookRequest(symbol_id=symbol_id, levels=PAGE)
        book = self.server.market_data.GetOrderBook(request)
        shown = tuple(
            [
                (steps(level.price, symbol.tick), steps(level.quantity, symbol.lot), level.order_count)
                for level in side
            ]
            for side in (book.bids, book.asks)
        )
        assert shown == self.oracle.depth(symbol_id, PAGE)
        queue = self.server.market_data.ListBookOrders(
            market_data_pb2.ListBookOrdersRequest(symbol_id=symbol_id)
        )
        assert [order.order_id for order in queue.orders] == [
            order_id for side in Side for order_id in self.oracle.queue(symbol_id, side)
        ]

    def check_totals(self) -> None:
        shown = [
            (one.currency_id, *(units(getattr(one, name), self.scale(one.currency_id)) for name in TOTALS))
            for one in self.server.admin.GetTotals(admin_pb2.GetTotalsRequest()).totals
        ]
        assert shown == self.oracle.totals()

    def check_past(self, account: int) -> None:
        """Every order that there ever was, and the moves of every balance."""
        request = trading_pb2.ListOrdersRequest(account_id=account, page_size=PAGE)
        orders = [self.shown(order) for order in self.server.trading.ListOrders(request).orders]
        past = [order for _, order in sorted(self.past.orders.items()) if order.account == account]
        assert orders == [self.expected(order) for order in past]
        listed = self.server.accounts.ListLedgerEntries(
            accounts_pb2.ListLedgerEntriesRequest(account_id=account, page_size=PAGE)
        )
        amounts: dict[tuple[int, int], list[int]] = {}
        for entry in listed.entries:
            amount = units(entry.amount, self.scale(entry.currency_id))
            amounts.setdefault((account, entry.currency_id), []).append(amount)
        assert amounts == {key: each for key, each in self.past.amounts.items() if key[0] == account and each}

    def scale(self, currency: int) -> int:
        return self.currencies[currency].scale

    def money(self, amount: int, currency: int) -> str:
        return f"{Decimal(amount).scaleb(-self.scale(currency)):f}"


TOTALS = ("deposited", "withdrawn", "available", "held", "fees")


def reason_name(reason: int) -> str:
    name = types.RejectReason.Name(reason).removeprefix("REJECT_REASON_")
    return NO_REASON if name == "UNSPECIFIED" else name
