"""The judge's own books: plain sums over what was answered. It knows nothing of the engine."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from lightning.pb.schema import lightning_pb2 as schema
from lightning.pb.v1 import accounts_pb2, market_data_pb2, trading_pb2, types_pb2
from tests.kills.broken import require
from tests.kills.conditional import now_ms
from tests.kills.diary import Entry
from tests.kills.markets import AUCTIONED, gives_way, has_deadlines
from tests.kills.waiting import STOPS, Waiting, WaitingStops

UNIT = 10**8
"""Of every currency: all have 8 decimals. Prices and quantities are counted in it too."""
MILLION = 10**6
FEES_PPM = {1: (-100, 750), 2: (20, 333)}
"""Maker's and taker's, of the symbols that have any."""
CLOSED = (
    types_pb2.ORDER_STATUS_FILLED,
    types_pb2.ORDER_STATUS_CANCELED,
    types_pb2.ORDER_STATUS_EXPIRED,
)

FillKey = tuple[int, int, int, int]
"""Trade id, maker's order id, price, quantity."""


def units(text: str) -> int:
    """Decimal text, exactly."""
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.removeprefix("-").partition(".")
    return sign * (int(whole) * UNIT + int(part.ljust(8, "0") or 0))


def fee_of(notional: int, ppm: int) -> int:
    """Rounded toward zero."""
    fee = notional * abs(ppm) // MILLION
    return fee if ppm >= 0 else -fee


@dataclass(slots=True)
class Order:
    """An order that was accepted."""

    account: int
    symbol: int
    buys: bool
    price: int
    quantity: int
    """0: bought by amount."""
    maker_ppm: int
    taker_ppm: int
    closed: bool
    """It certainly is no longer open."""
    perhaps_closed: bool
    """Somebody else may have ended it, unseen."""
    reported: list[FillKey] | None = None
    """Its fills as taker, where the answer listed them."""
    expires_ms: int = 0
    """0: never."""
    sibling_id: int = 0
    """The order that it takes along; 0: none."""
    is_stop: bool = False
    waiting: Waiting | None = None
    """What is known of a stop until its price may have been reached."""
    takes_later: bool = False
    """It may trade as taker after it was answered."""
    filled: int = 0
    filled_quote: int = 0
    fee: int = 0

    @property
    def must_be_open(self) -> bool:
        """As of now: of what was asked before."""
        expired = 0 < self.expires_ms <= now_ms()
        set_off = self.waiting is not None and self.waiting.reached
        ended = self.closed or self.perhaps_closed or self.filled == self.quantity
        return not (ended or expired or set_off)

    def hold_of(self, leaves: int) -> int:
        """What the open quantity holds, of quote money if it buys and of base if it sells."""
        if not self.buys:
            return leaves
        notional = self.price * leaves // UNIT
        return notional + fee_of(notional, max(0, self.maker_ppm, self.taker_ppm))


@dataclass
class Bookkeeping:
    deposited: Counter[int] = field(default_factory=Counter)
    withdrawn: Counter[int] = field(default_factory=Counter)
    fees: Counter[int] = field(default_factory=Counter)
    balances: Counter[tuple[int, int]] = field(default_factory=Counter)
    """By account and currency."""
    orders: dict[int, Order] = field(default_factory=dict)
    """By order id."""
    fresh: list[int] = field(default_factory=list)
    """Orders whose reports have not been compared with the trades."""
    fills: dict[int, list[FillKey]] = field(default_factory=lambda: defaultdict(list))
    """By the taker's order id."""
    trades: dict[int, int] = field(default_factory=dict)
    """By symbol, the last trade's id."""
    stops: WaitingStops = field(default_factory=WaitingStops)
    trades_of: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    """By account, symbol and trade id of its fills; a trade with itself is there twice."""

    def take(self, entry: Entry, reply: Any) -> None:
        """`reply` is of an answered request that was not refused with a status."""
        request = entry.request
        match request:
            case accounts_pb2.DepositRequest():
                self._move(request.account_id, request.currency_id, units(request.amount))
            case accounts_pb2.WithdrawRequest():
                self._move(request.account_id, request.currency_id, -units(request.amount))
            case accounts_pb2.TransferRequest():
                amount = units(request.amount)
                self.balances[request.from_account_id, request.currency_id] -= amount
                self.balances[request.to_account_id, request.currency_id] += amount
            case schema.IncreaseRequest() if reply.code == 0:
                self._move(request.accountId, request.currencyId, units(request.amount))
            case schema.DecreaseRequest() if reply.code == 0:
                self._move(request.accountId, request.currencyId, -units(request.amount))
            case trading_pb2.PlaceOrderRequest() if reply.order.order_id:
                self._placed(request, reply)
            case trading_pb2.PlaceOneCancelsOtherRequest():
                self._pair_placed(request, reply)
            case accounts_pb2.TransferBatchRequest():
                for transfer in request.transfers:
                    amount = units(transfer.amount)
                    self.balances[transfer.from_account_id, transfer.currency_id] -= amount
                    self.balances[transfer.to_account_id, transfer.currency_id] += amount
            case schema.PlaceOrderRequest() if reply.code == 0:
                self._schema_placed(request, reply)
            case trading_pb2.CancelOrderRequest():
                self._canceled(entry, reply)
            case schema.CancelOrderRequest() if reply.code == 0:
                self.orders[request.orderId].closed = True
            case trading_pb2.CancelAllOrdersRequest():
                self._canceled_all(entry, reply)

    def _move(self, account: int, currency: int, amount: int) -> None:
        (self.deposited if amount > 0 else self.withdrawn)[currency] += abs(amount)
        self.balances[account, currency] += amount

    def _placed(self, request: trading_pb2.PlaceOrderRequest, report: trading_pb2.ExecutionReport) -> None:
        order = report.order
        maker_ppm, taker_ppm = FEES_PPM.get(request.symbol_id, (0, 0))
        self._add(
            order.order_id,
            Order(
                account=request.account_id,
                symbol=request.symbol_id,
                buys=request.side == types_pb2.SIDE_BUY,
                price=units(order.price or "0"),
                quantity=units(request.quantity or "0"),
                maker_ppm=maker_ppm,
                taker_ppm=taker_ppm,
                closed=order.status in CLOSED,
                perhaps_closed=gives_way(request.account_id) or has_deadlines(request.account_id),
                expires_ms=request.expire_time_ms,
                takes_later=request.type in STOPS or request.symbol_id == AUCTIONED,
                reported=[
                    (fill.trade_id, fill.maker_order_id, units(fill.price), units(fill.quantity))
                    for fill in report.fills
                ],
            ),
        )

        if request.type in STOPS:
            self._stop_placed(request, report)

    def _stop_placed(
        self, request: trading_pb2.PlaceOrderRequest, report: trading_pb2.ExecutionReport
    ) -> None:
        order = self.orders[report.order.order_id]
        order.is_stop = True
        told = report.order.status == types_pb2.ORDER_STATUS_PENDING and report.order.stop_price != ""
        if not told or order.symbol == AUCTIONED:
            order.perhaps_closed = True  # what is left of it may meet an own order, or nobody
            return
        trail = units(request.trail_amount) if request.trail_amount else None
        order.waiting = Waiting(report.seq, order.buys, units(report.order.stop_price), trail)
        self.stops.add(order.symbol, order.waiting)

    def _pair_placed(
        self,
        request: trading_pb2.PlaceOneCancelsOtherRequest,
        reply: trading_pb2.PlaceOneCancelsOtherResponse,
    ) -> None:
        legs = [(request.first, reply.first), (request.second, reply.second)]
        placed = [(one, report) for one, report in legs if report.order.order_id]
        for one, report in placed:
            self._placed(one, report)
        if len(placed) == 2:
            first, second = (self.orders[report.order.order_id] for _, report in placed)
            for leg, other in ((first, reply.second), (second, reply.first)):
                leg.sibling_id, leg.perhaps_closed = other.order.order_id, True

    def _schema_placed(self, request: schema.PlaceOrderRequest, reply: schema.PlaceOrderResponse) -> None:
        maker_ppm, taker_ppm = FEES_PPM.get(request.symbolId, (0, 0))
        self._add(
            reply.id,
            Order(
                account=request.accountId,
                symbol=request.symbolId,
                buys=request.side == schema.BID,
                price=units(request.price or "0"),
                quantity=units(request.quantity or "0"),
                maker_ppm=request.makerRate if request.HasField("makerRate") else maker_ppm,
                taker_ppm=request.takerRate if request.HasField("takerRate") else taker_ppm,
                closed=request.type == schema.MARKET,
                perhaps_closed=True,  # by an own order on the other side: the answer does not say
                takes_later=request.symbolId == AUCTIONED,
            ),
        )

    def _add(self, order_id: int, order: Order) -> None:
        require(order_id not in self.orders, f"order id {order_id} was given twice")
        self.orders[order_id] = order
        self.fresh.append(order_id)

    def _canceled(self, entry: Entry, report: trading_pb2.ExecutionReport) -> None:
        done = report.reject_reason == types_pb2.REJECT_REASON_UNSPECIFIED
        if done:
            self.orders[report.order.order_id].closed = True
        elif entry.sent_again and report.order.order_id in self.orders:
            self.orders[report.order.order_id].perhaps_closed = True  # done the first time
        elif entry.sent_again:
            self._perhaps_closed(lambda order: order.account == report.order.account_id)

    def _canceled_all(self, entry: Entry, reply: trading_pb2.CancelAllOrdersResponse) -> None:
        account: int = entry.request.account_id  # type: ignore[attr-defined]
        for order_id in reply.order_ids:
            if order_id in self.orders:
                self.orders[order_id].closed = True
        if entry.sent_again:
            self._perhaps_closed(lambda order: order.account == account)

    def _perhaps_closed(self, which: Any) -> None:
        for order in self.orders.values():
            if which(order):
                order.perhaps_closed = True

    def take_trade(self, trade: market_data_pb2.Trade, base: int, quote: int) -> None:
        symbol = trade.symbol_id
        expected = self.trades.get(symbol, 0) + 1
        require(trade.trade_id == expected, f"symbol {symbol}: trade {trade.trade_id} follows {expected - 1}")
        self.trades[symbol] = trade.trade_id
        for name, order_id in (("maker", trade.maker_order_id), ("taker", trade.taker_order_id)):
            require(order_id in self.orders, f"{name} order {order_id} of a trade was never sent:\n{trade}")
        price, quantity = units(trade.price), units(trade.quantity)
        self.stops.see(symbol, trade.seq, price)
        self.fills[trade.taker_order_id].append((trade.trade_id, trade.maker_order_id, price, quantity))
        maker, taker = self.orders[trade.maker_order_id], self.orders[trade.taker_order_id]
        require(maker.buys != taker.buys, f"both orders of a trade are on one side:\n{trade}")
        for order, ppm in ((maker, maker.maker_ppm), (taker, taker.taker_ppm)):
            self.trades_of[order.account].append((symbol, trade.trade_id))
            self._leg(order, quantity, price * quantity // UNIT, ppm, base, quote)

    def _leg(self, order: Order, quantity: int, notional: int, ppm: int, base: int, quote: int) -> None:
        fee = fee_of(notional, ppm)
        sign = 1 if order.buys else -1
        self.balances[order.account, base] += sign * quantity
        self.balances[order.account, quote] -= sign * notional + fee
        self.fees[quote] += fee
        order.filled += quantity
        order.filled_quote += notional
        order.fee += fee
