"""A mixed load: every method that changes something, as the clients of a busy market send them."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import Any

from google.protobuf.message import Message

from lightning.pb.schema import lightning_pb2 as schema
from lightning.pb.schema import management_pb2 as management
from lightning.pb.v1 import accounts_pb2, admin_pb2, trading_pb2, types_pb2
from tests.kills.calls import Answer, reply_of
from tests.kills.conditional import Conditional
from tests.kills.markets import ACCOUNTS, MARKETS, NOBODY, Market, decimal, gives_way

SCALE = 8
"""Of every currency."""
CREATED_MAX = 40
"""Currencies and symbols that come and go while the load runs; then only names change."""
CANCELABLE_MAX = 400


@dataclass(frozen=True)
class Resting:
    account: int
    symbol: int
    order_id: int
    client_order_id: int


class Mix(Enum):
    EVERYTHING = "every method that changes something"
    ONLY_WITH_IDS = "what is done once under an id, and so can be sent again at any time"
    BANK = "no money comes or goes"


Weighted = tuple[int, Callable[[], Message]]


class Flow(Conditional):
    """Requests at random; `seen` tells it what there is to cancel and to trade."""

    def __init__(self, rng: random.Random, mix: Mix) -> None:
        self._rng = rng
        self._ids = count(1)
        self._markets = list(MARKETS)
        self._currencies = [1, 2, 3]
        self._resting: list[Resting] = []
        self._doomed: list[int] = []
        """Symbols that nobody trades, to be deleted."""
        self._names = count(1)
        self._made = 0
        money: list[Weighted] = [
            (5, self._deposit),
            (4, self._increase),
            (4, self._withdraw),
            (4, self._decrease),
        ]
        trading: list[Weighted] = [
            (10, self._transfer),
            (30, self._limit),
            (6, self._market_order),
            (12, self._schema_limit),
            (6, self._schema_market),
            (8, self._schema_cancel),
            (8, self._stop),
            (5, self._iceberg),
            (8, self._expiring),
            (6, self._pair),
            (3, self._transfers),
        ]
        without_ids: list[Weighted] = [(10, self._cancel), (2, self._cancel_all), (2, self._deadline)]
        others: list[Weighted] = [(2, self._management), (2, self._totals)]
        controls: list[Weighted] = [(4, self._symbol_status), (1, self._account_status)]
        chosen = {
            Mix.EVERYTHING: money + trading + without_ids + others + controls,
            Mix.ONLY_WITH_IDS: money + trading + controls,
            Mix.BANK: trading + without_ids,
        }[mix]
        self._weights = [weight for weight, _ in chosen]
        self._makers = [make for _, make in chosen]

    def opening(self) -> list[Message]:
        """Money for everyone."""
        amounts = {1: "20", 2: "1000000", 3: "300"}
        return [
            accounts_pb2.DepositRequest(
                account_id=account, currency_id=currency, amount=amount, request_id=next(self._ids)
            )
            for account in ACCOUNTS
            for currency, amount in amounts.items()
        ]

    def next(self) -> Message:
        (make,) = self._rng.choices(self._makers, self._weights)
        return make()

    def seen(self, request: Message, answer: Answer) -> None:
        if not answer.done:
            return
        reply = reply_of(request, answer)
        match request:
            case trading_pb2.PlaceOrderRequest():
                self._placed(request, reply.order)
            case trading_pb2.PlaceOneCancelsOtherRequest():
                self._placed(request.first, reply.first.order)
                self._placed(request.second, reply.second.order)
            case schema.PlaceOrderRequest() if reply.code == 0 and request.type == schema.LIMIT:
                self._rests(request.accountId, request.symbolId, reply.id, request.requestId)
            case management.CreateCurrencyRequest() if reply.code == 0:
                self._currencies.append(reply.data.id)
            case management.CreateSymbolRequest() if reply.code == 0:
                if request.name.startswith("DOOMED"):
                    self._doomed.append(reply.data.id)
                else:
                    made = reply.data
                    self._markets.append(Market(made.id, made.base, made.quote, 100, 2, 6, 10_000_000))

    def _placed(self, request: trading_pb2.PlaceOrderRequest, order: types_pb2.Order) -> None:
        if order.leaves_quantity not in ("", "0.0"):
            self._rests(request.account_id, request.symbol_id, order.order_id, request.client_order_id)

    def _rests(self, account: int, symbol: int, order_id: int, client_order_id: int) -> None:
        self._resting.append(Resting(account, symbol, order_id, client_order_id))
        if len(self._resting) > CANCELABLE_MAX:
            del self._resting[: CANCELABLE_MAX // 2]

    # money

    def _account(self) -> int:
        return self._rng.choice(ACCOUNTS)

    def _amount(self, currency: int) -> str:
        return decimal(self._rng.randint(1, 10**11 if currency == 2 else 10**7), SCALE)

    def _movement(self, message: Callable[..., Message]) -> Message:
        currency = self._rng.choice(self._currencies)
        return message(
            account_id=self._account(),
            currency_id=currency,
            amount=self._amount(currency),
            request_id=next(self._ids),
        )

    def _deposit(self) -> Message:
        return self._movement(accounts_pb2.DepositRequest)

    def _withdraw(self) -> Message:
        return self._movement(accounts_pb2.WithdrawRequest)

    def _schema_movement(self, message: Callable[..., Message]) -> Message:
        currency = self._rng.choice(self._currencies)
        return message(
            accountId=self._account(),
            currencyId=currency,
            amount=self._amount(currency),
            requestId=next(self._ids),
        )

    def _increase(self) -> Message:
        return self._schema_movement(schema.IncreaseRequest)

    def _decrease(self) -> Message:
        return self._schema_movement(schema.DecreaseRequest)

    def _transfer(self) -> Message:
        currency = self._rng.choice(self._currencies)
        payer, payee = self._rng.sample(ACCOUNTS, 2)
        return accounts_pb2.TransferRequest(
            from_account_id=payer,
            to_account_id=NOBODY if self._rng.random() < 0.03 else payee,
            currency_id=currency,
            amount=self._amount(currency),
            request_id=next(self._ids),
        )

    # orders

    def _market(self) -> Market:
        """Mostly the three that were there from the start."""
        return self._rng.choice(self._markets if self._rng.random() < 0.1 else MARKETS)

    def _price(self, market: Market) -> str:
        return decimal(market.mid_ticks + self._rng.randint(-40, 40), market.tick_scale)

    def _quantity(self, market: Market) -> str:
        return decimal(self._rng.randint(1, market.lots_max), market.lot_scale)

    def _self_trade_prevention(self, account: int) -> int:
        if not gives_way(account):
            return types_pb2.SELF_TRADE_PREVENTION_UNSPECIFIED
        return self._rng.choice(types_pb2.SelfTradePrevention.values())

    def _limit(self) -> Message:
        market, account = self._market(), self._account()
        tif = self._rng.choices(
            (
                types_pb2.TIME_IN_FORCE_GTC,
                types_pb2.TIME_IN_FORCE_IOC,
                types_pb2.TIME_IN_FORCE_FOK,
            ),
            (8, 1, 1),
        )[0]
        return trading_pb2.PlaceOrderRequest(
            account_id=account,
            symbol_id=market.symbol,
            client_order_id=next(self._ids),
            side=self._rng.choice((types_pb2.SIDE_BUY, types_pb2.SIDE_SELL)),
            type=types_pb2.ORDER_TYPE_LIMIT,
            time_in_force=tif,
            price=self._price(market),
            quantity=self._quantity(market),
            post_only=tif == types_pb2.TIME_IN_FORCE_GTC and self._rng.random() < 0.15,
            self_trade_prevention=self._self_trade_prevention(account),  # type: ignore[arg-type]
        )

    def _market_order(self) -> Message:
        market, account = self._market(), self._account()
        chosen: dict[str, Any] = {"side": types_pb2.SIDE_SELL, "quantity": self._quantity(market)}
        if self._rng.random() < 0.5:
            chosen["side"] = types_pb2.SIDE_BUY
            if self._rng.random() < 0.5:
                chosen = {"side": types_pb2.SIDE_BUY, "quote_quantity": self._amount(market.quote)}
        return trading_pb2.PlaceOrderRequest(
            account_id=account,
            symbol_id=market.symbol,
            client_order_id=next(self._ids),
            type=types_pb2.ORDER_TYPE_MARKET,
            self_trade_prevention=self._self_trade_prevention(account),  # type: ignore[arg-type]
            **chosen,
        )

    def _schema_limit(self) -> Message:
        market = self._market()
        order = schema.PlaceOrderRequest(
            requestId=next(self._ids),
            symbolId=market.symbol,
            accountId=self._account(),
            type=schema.LIMIT,
            side=self._rng.choice((schema.BID, schema.ASK)),
            price=self._price(market),
            quantity=self._quantity(market),
        )
        if self._rng.random() < 0.3:
            order.takerRate, order.makerRate = self._rng.randint(0, 2000), self._rng.randint(0, 1000)
        return order

    def _schema_market(self) -> Message:
        market = self._market()
        order = schema.PlaceOrderRequest(
            requestId=next(self._ids), symbolId=market.symbol, accountId=self._account(), type=schema.MARKET
        )
        if self._rng.random() < 0.4:
            order.side, order.volume = schema.BID, self._amount(market.quote)
        else:
            order.side, order.quantity = self._rng.choice((schema.BID, schema.ASK)), self._quantity(market)
        return order

    # cancels

    def _resting_order(self) -> Resting:
        """One that rests, as far as is known; each is taken up once."""
        if not self._resting:
            return Resting(self._account(), 1, 1, 0)
        return self._resting.pop(self._rng.randrange(len(self._resting)))

    def _schema_cancel(self) -> Message:
        order = self._resting_order()
        return schema.CancelOrderRequest(
            requestId=next(self._ids),
            symbolId=order.symbol,
            accountId=order.account,
            orderId=order.order_id,
        )

    def _cancel(self) -> Message:
        order = self._resting_order()
        by_client_id = order.client_order_id and self._rng.random() < 0.5
        return trading_pb2.CancelOrderRequest(
            account_id=order.account,
            symbol_id=order.symbol,
            order_id=0 if by_client_id else order.order_id,
            client_order_id=order.client_order_id if by_client_id else 0,
        )

    def _cancel_all(self) -> Message:
        request = trading_pb2.CancelAllOrdersRequest(account_id=self._account())
        if self._rng.random() < 0.7:
            request.symbol_id = self._rng.choice(MARKETS).symbol
        if self._rng.random() < 0.5:
            request.side = self._rng.choice((types_pb2.SIDE_BUY, types_pb2.SIDE_SELL))
        return request

    # currencies and symbols

    def _management(self) -> Message:
        if self._made >= CREATED_MAX:
            currency = self._rng.choice(self._currencies)
            return management.UpdateCurrencyRequest(id=currency, display_name=f"name {next(self._names)}")
        self._made += 1
        turn = self._rng.randrange(4)
        if turn == 0:
            return management.CreateCurrencyRequest(name=f"CUR{next(self._names)}", displayName="new")
        if turn == 1:
            currency = self._rng.choice(self._currencies)
            return management.CreateSymbolRequest(name=f"PAIR{next(self._names)}", base=currency, quote=2)
        if turn == 2 or not self._doomed:
            return management.CreateSymbolRequest(name=f"DOOMED{next(self._names)}", base=1, quote=2)
        return management.DeleteSymbolRequest(id=self._doomed.pop())

    def _totals(self) -> Message:
        return admin_pb2.GetTotalsRequest()
