"""Stops, icebergs, orders that expire or come in pairs, batches of transfers, and the venue's controls."""

import random
import time
from collections.abc import Iterator

from google.protobuf.message import Message

from lightning.pb.v1 import accounts_pb2, admin_pb2, trading_pb2, types_pb2
from tests.kills.markets import (
    ACCOUNTS,
    AUCTIONED,
    HALTED_AT_TIMES,
    MARKETS,
    NOBODY,
    Market,
    decimal,
    has_deadlines,
)

SOON_MS = 1_200
"""Within this time expires what expires while the load runs."""
LATER_MS = 24 * 3_600_000
TICKS_AWAY = 60
"""The farthest that a stop is set from the middle."""
SIDES = (types_pb2.SIDE_BUY, types_pb2.SIDE_SELL)
STOPS = (
    types_pb2.ORDER_TYPE_STOP,
    types_pb2.ORDER_TYPE_STOP_LIMIT,
    types_pb2.ORDER_TYPE_TRAILING_STOP,
)
STATUSES = (
    types_pb2.SYMBOL_STATUS_TRADING,
    types_pb2.SYMBOL_STATUS_AUCTION,
    types_pb2.SYMBOL_STATUS_CANCEL_ONLY,
    types_pb2.SYMBOL_STATUS_HALTED,
)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Conditional:
    """Needs what a flow has."""

    _rng: random.Random
    _ids: Iterator[int]

    def _amount(self, currency: int) -> str:
        raise NotImplementedError

    def _ordinary(self, account: int | None = None) -> trading_pb2.PlaceOrderRequest:
        """A limit order that stays, of one of the first symbols."""
        market = self._rng.choice(MARKETS)
        return trading_pb2.PlaceOrderRequest(
            account_id=self._rng.choice(ACCOUNTS) if account is None else account,
            symbol_id=market.symbol,
            client_order_id=next(self._ids),
            side=self._rng.choice(SIDES),
            type=types_pb2.ORDER_TYPE_LIMIT,
            time_in_force=types_pb2.TIME_IN_FORCE_GTC,
            price=decimal(market.mid_ticks + self._rng.randint(-40, 40), market.tick_scale),
            quantity=decimal(self._rng.randint(1, market.lots_max), market.lot_scale),
        )

    def _expires(self, order: trading_pb2.PlaceOrderRequest) -> None:
        order.time_in_force = types_pb2.TIME_IN_FORCE_GTD
        soon = self._rng.random() < 0.8
        order.expire_time_ms = now_ms() + (self._rng.randint(20, SOON_MS) if soon else LATER_MS)

    def _as_stop(self, order: trading_pb2.PlaceOrderRequest, kind: int) -> None:
        """It waits for a price beyond the middle, mostly."""
        market = _market_of(order)
        order.type = kind  # type: ignore[assignment]
        away = self._rng.randint(-5, TICKS_AWAY)
        if kind == types_pb2.ORDER_TYPE_TRAILING_STOP:
            order.trail_amount = decimal(max(1, away), market.tick_scale)
        else:
            sign = 1 if order.side == types_pb2.SIDE_BUY else -1
            order.stop_price = decimal(market.mid_ticks + sign * away, market.tick_scale)
        if kind != types_pb2.ORDER_TYPE_STOP_LIMIT:
            order.price = ""
            order.time_in_force = types_pb2.TIME_IN_FORCE_UNSPECIFIED

    def _stop(self) -> Message:
        order = self._ordinary()
        self._as_stop(order, self._rng.choice(STOPS))
        if self._rng.random() < 0.2:
            self._expires(order)
        return order

    def _iceberg(self) -> Message:
        order = self._ordinary()
        market = _market_of(order)
        lots = self._rng.randint(1, market.lots_max)
        order.quantity = decimal(lots, market.lot_scale)
        order.display_quantity = decimal(max(1, lots // self._rng.randint(2, 9)), market.lot_scale)
        if self._rng.random() < 0.3:
            self._expires(order)
        return order

    def _expiring(self) -> Message:
        order = self._ordinary()
        self._expires(order)
        return order

    def _pair(self) -> Message:
        first = self._ordinary()
        second = self._ordinary(first.account_id)
        second.symbol_id, second.side = first.symbol_id, first.side
        second.price, second.quantity = first.price, first.quantity
        self._as_stop(second, self._rng.choice(STOPS))
        if self._rng.random() < 0.3:
            self._expires(first)
        return trading_pb2.PlaceOneCancelsOtherRequest(first=first, second=second)

    def _transfers(self) -> Message:
        transfers = []
        for _ in range(self._rng.randint(1, 5)):
            payer, payee = self._rng.sample(ACCOUNTS, 2)
            currency = self._rng.choice((1, 2, 3))
            transfers.append(
                accounts_pb2.TransferOfBatch(
                    from_account_id=payer,
                    to_account_id=NOBODY if self._rng.random() < 0.02 else payee,
                    currency_id=currency,
                    amount=self._amount(currency),
                )
            )
        return accounts_pb2.TransferBatchRequest(transfers=transfers, request_id=next(self._ids))

    def _deadline(self) -> Message:
        account = self._rng.choice([one for one in ACCOUNTS if has_deadlines(one)])
        timeout_ms = self._rng.choice((0, self._rng.randint(20, SOON_MS), LATER_MS))
        return trading_pb2.CancelAllAfterRequest(account_id=account, timeout_ms=timeout_ms)

    def _symbol_status(self) -> Message:
        status = self._rng.choices(STATUSES, (5, 4, 1, 1))[0]
        return admin_pb2.SetSymbolStatusRequest(
            symbol_id=AUCTIONED, status=status, request_id=next(self._ids)
        )

    def _account_status(self) -> Message:
        statuses = (admin_pb2.ACCOUNT_STATUS_ACTIVE, admin_pb2.ACCOUNT_STATUS_HALTED)
        return admin_pb2.SetAccountStatusRequest(
            account_id=HALTED_AT_TIMES, status=self._rng.choice(statuses), request_id=next(self._ids)
        )


def _market_of(order: trading_pb2.PlaceOrderRequest) -> Market:
    return next(one for one in MARKETS if one.symbol == order.symbol_id)
