"""Orders, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from lightning.client.model.accounts import Balance, balance
from lightning.client.values import (
    ORDER_STATUS_OF,
    ORDER_TYPE_OF,
    REJECT_REASON_OF,
    SIDE_OF,
    TIME_IN_FORCE_OF,
    Amount,
    Moment,
    OrderTypeLike,
    SelfTradePreventionLike,
    SideLike,
    TimeInForceLike,
    decimal_or_none,
    decimal_or_zero,
)
from lightning.codes import OrderStatus, OrderType, RejectReason, Side, TimeInForce
from lightning.pb.v1 import trading_pb2 as pb
from lightning.pb.v1 import types_pb2 as types


@dataclass(frozen=True, kw_only=True, slots=True)
class NewOrder:
    """An order to be placed. What is not given is the exchange's default.

    type : not given: by what else is: a limit order has a price, a stop a stop price or a trail, a
        stop-limit both; what has none of them is a market order
    time_in_force : not given: GTC with a price, else IOC; GTD with an expire_time
    """

    account: int
    symbol: int | str
    side: SideLike
    quantity: Amount | None = None
    price: Amount | None = None
    type: OrderTypeLike | None = None
    time_in_force: TimeInForceLike | None = None
    quote_quantity: Amount | None = None
    stop_price: Amount | None = None
    trail_amount: Amount | None = None
    display_quantity: Amount | None = None
    post_only: bool = False
    self_trade_prevention: SelfTradePreventionLike = "default"
    expire_time: Moment | None = None
    client_order_id: int | None = None
    """Once only in its account; not given: one of the client's own."""

    def kind(self) -> OrderTypeLike:
        if self.type is not None:
            return self.type
        if self.trail_amount is not None:
            return OrderType.TRAILING_STOP
        if self.stop_price is not None:
            return OrderType.STOP if self.price is None else OrderType.STOP_LIMIT
        return OrderType.MARKET if self.price is None else OrderType.LIMIT


class Order(NamedTuple):
    order_id: int
    client_order_id: int
    account_id: int
    symbol_id: int
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    price: Decimal | None
    quantity: Decimal
    filled_quantity: Decimal
    leaves_quantity: Decimal
    """Still open."""
    filled_quote: Decimal
    """Sum of price x quantity over its fills."""
    fee: Decimal
    """Paid so far, in quote currency; negative: received."""
    status: OrderStatus
    reject_reason: RejectReason
    """Of one that was listed: why it was rejected or canceled."""
    stop_price: Decimal | None
    trail_amount: Decimal | None
    display_quantity: Decimal | None
    expire_time_ms: int
    linked_order_id: int
    create_time_ns: int
    update_time_ns: int


class Fill(NamedTuple):
    """One trade as one account sees it."""

    trade_id: int
    symbol_id: int
    side: Side
    """Of the account's own order."""
    price: Decimal
    quantity: Decimal
    is_maker: bool
    fee: Decimal
    fee_currency_id: int
    maker_order_id: int
    taker_order_id: int
    client_order_id: int
    seq: int
    time_ns: int


class ExecutionReport(NamedTuple):
    order: Order
    fills: tuple[Fill, ...]
    reject_reason: RejectReason
    """Why it was canceled, if it was."""
    reject_message: str
    seq: int
    time_ns: int


class OneCancelsOther(NamedTuple):
    first: ExecutionReport
    """As it is once the second was placed."""
    second: ExecutionReport


class CanceledOrders(NamedTuple):
    canceled_count: int
    order_ids: tuple[int, ...]


class AccountEvent(NamedTuple):
    """Everything of an account from `previous_seq` to `seq`."""

    account_id: int
    seq: int
    previous_seq: int
    time_ns: int
    reports: tuple[ExecutionReport, ...]
    """One for each order concerned: as it is now, with its fills since."""
    balances: tuple[Balance, ...]
    """Those that changed, as they are now."""


def order(message: types.Order) -> Order:
    return Order(
        order_id=message.order_id,
        client_order_id=message.client_order_id,
        account_id=message.account_id,
        symbol_id=message.symbol_id,
        side=SIDE_OF[message.side],
        type=ORDER_TYPE_OF[message.type],
        # that of a refused order may not have been given
        time_in_force=TIME_IN_FORCE_OF.get(message.time_in_force, TimeInForce.GTC),
        price=decimal_or_none(message.price),
        quantity=decimal_or_zero(message.quantity),
        filled_quantity=decimal_or_zero(message.filled_quantity),
        leaves_quantity=decimal_or_zero(message.leaves_quantity),
        filled_quote=decimal_or_zero(message.filled_quote),
        fee=decimal_or_zero(message.fee),
        status=ORDER_STATUS_OF[message.status],
        reject_reason=REJECT_REASON_OF[message.reject_reason],
        stop_price=decimal_or_none(message.stop_price),
        trail_amount=decimal_or_none(message.trail_amount),
        display_quantity=decimal_or_none(message.display_quantity),
        expire_time_ms=message.expire_time_ms,
        linked_order_id=message.linked_order_id,
        create_time_ns=message.create_time_ns,
        update_time_ns=message.update_time_ns,
    )


def fill(message: types.Fill) -> Fill:
    return Fill(
        trade_id=message.trade_id,
        symbol_id=message.symbol_id,
        side=SIDE_OF[message.side],
        price=Decimal(message.price),
        quantity=Decimal(message.quantity),
        is_maker=message.liquidity == types.LIQUIDITY_MAKER,
        fee=decimal_or_zero(message.fee),
        fee_currency_id=message.fee_currency_id,
        maker_order_id=message.maker_order_id,
        taker_order_id=message.taker_order_id,
        client_order_id=message.client_order_id,
        seq=message.seq,
        time_ns=message.time_ns,
    )


def report(message: pb.ExecutionReport) -> ExecutionReport:
    return ExecutionReport(
        order=order(message.order),
        fills=tuple(map(fill, message.fills)),
        reject_reason=REJECT_REASON_OF[message.reject_reason],
        reject_message=message.reject_message,
        seq=message.seq,
        time_ns=message.time_ns,
    )


def account_event(message: pb.AccountEvent) -> AccountEvent:
    return AccountEvent(
        account_id=message.account_id,
        seq=message.seq,
        previous_seq=message.previous_seq,
        time_ns=message.time_ns,
        reports=tuple(map(report, message.reports)),
        balances=balances(message.balances),
    )


def balances(messages: Sequence[types.Balance]) -> tuple[Balance, ...]:
    return tuple(map(balance, messages))
