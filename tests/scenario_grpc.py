"""Scenarios over `lightning.v1` of a running server."""

from collections.abc import Callable, Iterable
from decimal import Decimal

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from lightning.instruments import Symbol
from lightning.pb.v1 import accounts_pb2, admin_pb2, market_data_pb2, trading_pb2, types_pb2
from lightning.pb.v1.accounts_pb2_grpc import AccountsStub
from lightning.pb.v1.admin_pb2_grpc import AdminStub
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub
from lightning.pb.v1.trading_pb2_grpc import TradingStub
from tests.scenario_model import Balance, Fill, Level, OpenOrder, Report, Step, Totals

PLACED_STATUS = {
    types_pb2.ORDER_STATUS_NEW: "open",
    types_pb2.ORDER_STATUS_PARTIALLY_FILLED: "partially_filled",
    types_pb2.ORDER_STATUS_FILLED: "filled",
    types_pb2.ORDER_STATUS_CANCELED: "cancelled",
    types_pb2.ORDER_STATUS_REJECTED: "rejected",
    types_pb2.ORDER_STATUS_PENDING: "pending",
}
FIELD_WORDS = {"price": "invalid_price", "quantity": "invalid_qty", "amount": "invalid_amount"}


class GrpcBackend:
    def __init__(self, channel: grpc.Channel, symbol: Symbol) -> None:
        self.trading = TradingStub(channel)
        self.market_data = MarketDataStub(channel)
        self.accounts = AccountsStub(channel)
        self.admin = AdminStub(channel)
        self.symbol = symbol
        self.currency_ids = {
            currency.name.partition(".")[2]: currency.id for currency in (symbol.base, symbol.quote)
        }

    def deposit(self, account: int, currency: str, amount: str) -> Report:
        request = accounts_pb2.DepositRequest(
            account_id=account, currency_id=self.currency_ids[currency], amount=amount
        )
        try:
            self.accounts.Deposit(request)
        except grpc.RpcError as error:
            return Report(ok=False, reason=word_of_error(error))
        return Report(ok=True)

    def withdraw(self, account: int, currency: str, amount: str) -> Report:
        request = accounts_pb2.WithdrawRequest(
            account_id=account, currency_id=self.currency_ids[currency], amount=amount
        )
        try:
            self.accounts.Withdraw(request)
        except grpc.RpcError as error:
            return Report(ok=False, reason=word_of_error(error))
        return Report(ok=True)

    def place(self, account: int, client_order_id: int, step: Step) -> Report:
        request = trading_pb2.PlaceOrderRequest(
            account_id=account,
            symbol_id=self.symbol.id,
            client_order_id=client_order_id,
            side=f"SIDE_{step.side.upper()}",
            type=f"ORDER_TYPE_{step.type.upper()}",
            time_in_force=f"TIME_IN_FORCE_{step.tif}",
            price=step.price,
            quantity=step.qty,
            quote_quantity=step.quote_qty,
            post_only=step.post_only,
            self_trade_prevention=f"SELF_TRADE_PREVENTION_{step.stp.upper()}" if step.stp else None,
            stop_price=step.stop_price,
            display_quantity=step.display_qty,
        )
        return self.with_trades(lambda: self.trading.PlaceOrder(request))

    def with_trades(self, call: Callable[[], trading_pb2.ExecutionReport]) -> Report:
        """A report tells its own order's trades; those of stops that it set off are in the list of all."""
        last = self.trades(None, 1)[-1:]
        try:
            report = report_of(call())
        except grpc.RpcError as error:
            return Report(ok=False, status="rejected", reason=word_of_error(error))
        fills = [fill for _, fill in self.trades(last[0][0] if last else 0, 1000)]
        assert report.fills == [fill for fill in fills if fill.taker_id == report.order_id]
        report.fills = fills
        return report

    def trades(self, after_trade_id: int | None, limit: int) -> list[tuple[int, Fill]]:
        request = market_data_pb2.ListTradesRequest(
            symbol_id=self.symbol.id, after_trade_id=after_trade_id, limit=limit
        )
        return [
            (
                one.trade_id,
                Fill(one.maker_order_id, one.taker_order_id, Decimal(one.price), Decimal(one.quantity)),
            )
            for one in self.market_data.ListTrades(request).trades
        ]

    def cancel(self, account: int, order_id: int, client_order_id: int) -> Report:
        request = trading_pb2.CancelOrderRequest(
            account_id=account, symbol_id=self.symbol.id, order_id=order_id, client_order_id=client_order_id
        )
        before = {order.order_id: order.open_qty for order in self.open_orders([account])}
        try:
            report = report_of(self.trading.CancelOrder(request))
        except grpc.RpcError as error:
            return Report(ok=False, reason=word_of_error(error))
        if report.reason:
            return Report(ok=False, reason=report.reason)
        return Report(ok=True, status="cancelled", released_qty=before[report.order_id])

    def amend(self, account: int, order_id: int, client_order_id: int, price: str, qty: str) -> Report:
        request = trading_pb2.AmendOrderRequest(
            account_id=account,
            symbol_id=self.symbol.id,
            order_id=order_id,
            client_order_id=client_order_id,
            price=price or None,
            quantity=qty or None,
        )
        return self.with_trades(lambda: self.trading.AmendOrder(request))

    def depth(self, levels: int) -> tuple[list[Level], list[Level]]:
        request = market_data_pb2.GetOrderBookRequest(symbol_id=self.symbol.id, levels=levels)
        book = self.market_data.GetOrderBook(request)
        bids, asks = (
            [Level(Decimal(level.price), Decimal(level.quantity), level.order_count) for level in side]
            for side in (book.bids, book.asks)
        )
        return bids, asks

    def queue(self) -> list[OpenOrder]:
        request = market_data_pb2.ListBookOrdersRequest(symbol_id=self.symbol.id)
        return [
            OpenOrder(order.order_id, 0, side_of(order.side), Decimal(order.price), Decimal(order.quantity))
            for order in self.market_data.ListBookOrders(request).orders
        ]

    def open_orders(self, accounts: Iterable[int]) -> list[OpenOrder]:
        orders: list[OpenOrder] = []
        for account in accounts:
            request = trading_pb2.ListOrdersRequest(
                account_id=account, symbol_id=self.symbol.id, open_only=True, page_size=1000
            )
            for order in self.trading.ListOrders(request).orders:
                price, leaves = Decimal(order.price or "0"), Decimal(order.leaves_quantity)
                orders.append(OpenOrder(order.order_id, account, side_of(order.side), price, leaves))
        return orders

    def balance(self, account: int, currency: str) -> Balance:
        reply = self.accounts.GetAccount(accounts_pb2.GetAccountRequest(account_id=account))
        for balance in reply.balances:
            if balance.currency_id == self.currency_ids[currency]:
                return Balance(Decimal(balance.available), Decimal(balance.held))
        return Balance()

    def totals(self, currency: str) -> Totals:
        for totals in self.admin.GetTotals(admin_pb2.GetTotalsRequest()).totals:
            if totals.currency_id == self.currency_ids[currency]:
                return Totals(
                    deposited=Decimal(totals.deposited),
                    withdrawn=Decimal(totals.withdrawn),
                    available=Decimal(totals.available),
                    held=Decimal(totals.held),
                    fees=Decimal(totals.fees),
                )
        raise LookupError(f"no totals of {currency}")

    def broken_invariants(self) -> list[str]:
        """The server does not tell; the driver recomputes them from what it shows."""
        return []


def report_of(report: trading_pb2.ExecutionReport) -> Report:
    order = report.order
    status = PLACED_STATUS[order.status]
    is_refused = status == "rejected"
    filled = Decimal(order.filled_quantity or "0")
    leaves = Decimal(order.leaves_quantity or "0")
    if status == "cancelled":
        leaves = Decimal(order.quantity) - filled
    fills = [
        Fill(fill.maker_order_id, fill.taker_order_id, Decimal(fill.price), Decimal(fill.quantity))
        for fill in report.fills
    ]
    reason = types_pb2.RejectReason.Name(report.reject_reason).removeprefix("REJECT_REASON_")
    return Report(
        ok=not is_refused,
        order_id=order.order_id,
        status=status,
        reason=word_of(reason) if is_refused else "",
        fills=fills,
        remaining=leaves,
        filled=filled,
    )


def side_of(side: int) -> str:
    return types_pb2.Side.Name(side).removeprefix("SIDE_").lower()


def word_of(reason: str) -> str:
    return "invalid_qty" if reason == "INVALID_QUANTITY" else reason.lower()


def word_of_error(error: grpc.RpcError) -> str:
    """The scenarios' word for a gRPC status: its ErrorInfo, or the field that is wrong."""
    assert isinstance(error, grpc.Call)
    status = rpc_status.from_call(error)
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return word_of(str(info.reason))
        bad = error_details_pb2.BadRequest()
        if detail.Unpack(bad) and bad.field_violations:
            field = str(bad.field_violations[0].field)
            return FIELD_WORDS.get(field, field)
    raise error
