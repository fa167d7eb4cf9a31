"""Orders: placed, amended, canceled, listed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

from lightning.client.calls import Calls
from lightning.client.catalog import SymbolRef
from lightning.client.errors import Rejected
from lightning.client.model import orders as model
from lightning.client.model.orders import (
    CanceledOrders,
    ExecutionReport,
    Fill,
    NewOrder,
    OneCancelsOther,
    Order,
)
from lightning.client.subscription import Subscription
from lightning.client.values import (
    ORDER_TYPES,
    REJECT_REASON_OF,
    SELF_TRADE_PREVENTIONS,
    SIDES,
    TIMES_IN_FORCE,
    Amount,
    Moment,
    OrderTypeLike,
    SelfTradePreventionLike,
    SideLike,
    TimeInForceLike,
    amount_text,
    amount_text_or_empty,
    code_of,
    time_ms,
)
from lightning.codes import OrderType, SelfTradePrevention, Side, TimeInForce
from lightning.pb.v1 import trading_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.trading_pb2_grpc import TradingStub

PAGE = 1000
MS_PER_S = 1000


class TradingCalls(Calls):
    async def place_order(
        self,
        account: int,
        symbol: SymbolRef,
        side: SideLike,
        quantity: Amount | None = None,
        *,
        price: Amount | None = None,
        type: OrderTypeLike | None = None,
        time_in_force: TimeInForceLike | None = None,
        quote_quantity: Amount | None = None,
        stop_price: Amount | None = None,
        trail_amount: Amount | None = None,
        display_quantity: Amount | None = None,
        post_only: bool = False,
        self_trade_prevention: SelfTradePreventionLike = "default",
        expire_time: Moment | None = None,
        client_order_id: int | None = None,
        timeout: float | None = None,
    ) -> ExecutionReport:
        """Place one order; `NewOrder` tells what each argument is, and what is taken if it is not given.

        Asked again under the same client order id until it is answered: it is done once. Raises Rejected, and
        OutcomeUnknown when there was no answer in time.
        """
        order = NewOrder(
            account=account,
            symbol=symbol,
            side=side,
            quantity=quantity,
            price=price,
            type=type,
            time_in_force=time_in_force,
            quote_quantity=quote_quantity,
            stop_price=stop_price,
            trail_amount=trail_amount,
            display_quantity=display_quantity,
            post_only=post_only,
            self_trade_prevention=self_trade_prevention,
            expire_time=expire_time,
            client_order_id=client_order_id,
        )
        return await self.place(order, timeout=timeout)

    async def place(self, order: NewOrder, *, timeout: float | None = None) -> ExecutionReport:
        """As `place_order`."""
        request = await self._place_request(order)
        method = self._connection.stub(TradingStub).PlaceOrder
        return _accepted(await self._command(method, request, request.client_order_id, timeout))

    async def place_one_cancels_other(
        self, first: NewOrder, second: NewOrder, *, timeout: float | None = None
    ) -> OneCancelsOther:
        """Two orders of one account on one side of one symbol; a fill or the end of one cancels the other.

        Raises Rejected with the one that was refused: the other is not open then.
        """
        request = pb.PlaceOneCancelsOtherRequest(
            first=await self._place_request(first), second=await self._place_request(second)
        )
        method = self._connection.stub(TradingStub).PlaceOneCancelsOther
        answer = await self._command(method, request, request.first.client_order_id, timeout)
        # the second first: where it was refused, the first was placed and canceled
        second_report = _accepted(answer.second)
        return OneCancelsOther(_accepted(answer.first), second_report)

    async def amend_order(
        self,
        account: int,
        symbol: SymbolRef,
        *,
        order_id: int = 0,
        client_order_id: int = 0,
        price: Amount | None = None,
        quantity: Amount | None = None,
        timeout: float | None = None,
    ) -> ExecutionReport:
        """quantity : the new open quantity. What is not given stays.

        The exchange knows no once-only id of an amend: it is sent once. Raises Rejected, OutcomeUnknown.
        """
        request = pb.AmendOrderRequest(
            account_id=account,
            symbol_id=await self._catalog.symbol_id(symbol),
            order_id=order_id,
            client_order_id=client_order_id,
            price=None if price is None else amount_text("price", price),
            quantity=None if quantity is None else amount_text("quantity", quantity),
        )
        method = self._connection.stub(TradingStub).AmendOrder
        return _accepted(await self._connection.do_unprotected(method, request, timeout))

    async def cancel_order(
        self,
        account: int,
        symbol: SymbolRef,
        *,
        order_id: int = 0,
        client_order_id: int = 0,
        timeout: float | None = None,
    ) -> ExecutionReport:
        """Sent once, as `amend_order`. Raises Rejected, OutcomeUnknown."""
        request = pb.CancelOrderRequest(
            account_id=account,
            symbol_id=await self._catalog.symbol_id(symbol),
            order_id=order_id,
            client_order_id=client_order_id,
        )
        method = self._connection.stub(TradingStub).CancelOrder
        return _accepted(await self._connection.do_unprotected(method, request, timeout))

    async def cancel_all_orders(
        self,
        account: int,
        symbol: SymbolRef | None = None,
        side: SideLike | None = None,
        *,
        timeout: float | None = None,
    ) -> CanceledOrders:
        """Sent once, as `amend_order`."""
        request = pb.CancelAllOrdersRequest(
            account_id=account,
            symbol_id=None if symbol is None else await self._catalog.symbol_id(symbol),
            side=None if side is None else SIDES[code_of("side", Side, side)],  # type: ignore[arg-type]
        )
        method = self._connection.stub(TradingStub).CancelAllOrders
        answer = await self._connection.do_unprotected(method, request, timeout)
        return CanceledOrders(answer.canceled_count, tuple(answer.order_ids))

    async def cancel_all_after(self, account: int, seconds: float, *, timeout: float | None = None) -> int:
        """Cancel all of an account's orders in so many seconds, unless called again before; 0: never.

        Returns when, ms since 1970, or 0. Sent once, as `amend_order`.
        """
        request = pb.CancelAllAfterRequest(account_id=account, timeout_ms=round(seconds * MS_PER_S))
        method = self._connection.stub(TradingStub).CancelAllAfter
        answer = await self._connection.do_unprotected(method, request, timeout)
        return int(answer.cancel_time_ms)

    @asynccontextmanager
    async def cancel_on_disconnect(
        self, account: int, symbol: SymbolRef | None = None
    ) -> AsyncGenerator[None, None]:
        """While this is entered the server watches; it cancels the account's orders when this ends, and when
        the connection is lost. It is watched again as soon as there is a connection; orders that were
        canceled meanwhile stay so. A server that is stopped or killed cancels nothing: for that there is
        `cancel_all_after`.
        """
        request = pb.CancelOnDisconnectRequest(
            account_id=account, symbol_id=None if symbol is None else await self._catalog.symbol_id(symbol)
        )
        watching = Subscription[pb.CancelOnDisconnectResponse](
            self._connection, lambda: (self._connection.stub(TradingStub).CancelOnDisconnect, request)
        )
        async with aclosing(watching.messages()) as messages:
            await anext(messages)
            hearing = asyncio.ensure_future(_hear(messages))
            try:
                yield
            finally:
                hearing.cancel()
                await asyncio.wait([hearing])

    async def get_order(
        self, account: int, *, order_id: int = 0, client_order_id: int = 0, timeout: float | None = None
    ) -> Order:
        """Open or closed. Raises Rejected (UNKNOWN_ORDER)."""
        request = pb.GetOrderRequest(account_id=account, order_id=order_id, client_order_id=client_order_id)
        return model.order(
            await self._connection.ask(self._connection.stub(TradingStub).GetOrder, request, timeout)
        )

    async def list_orders(
        self,
        account: int,
        symbol: SymbolRef | None = None,
        *,
        open_only: bool = False,
        newest_first: bool = False,
        page_size: int = PAGE,
        timeout: float | None = None,
    ) -> AsyncGenerator[Order, None]:
        """By order id, page after page. A rejected one has the seq of its command as order id.

        timeout : of each page
        """
        request = pb.ListOrdersRequest(
            account_id=account,
            symbol_id=None if symbol is None else await self._catalog.symbol_id(symbol),
            open_only=open_only,
            newest_first=newest_first,
            page_size=page_size,
        )
        method = self._connection.stub(TradingStub).ListOrders
        async for page in self._pages(method, request, timeout):
            for one in page.orders:
                yield model.order(one)

    async def list_fills(
        self,
        account: int,
        symbol: SymbolRef | None = None,
        *,
        order_id: int | None = None,
        newest_first: bool = False,
        page_size: int = PAGE,
        timeout: float | None = None,
    ) -> AsyncGenerator[Fill, None]:
        """By seq and trade id, page after page; a trade of the account with itself is two fills."""
        request = pb.ListFillsRequest(
            account_id=account,
            symbol_id=None if symbol is None else await self._catalog.symbol_id(symbol),
            order_id=order_id,
            newest_first=newest_first,
            page_size=page_size,
        )
        method = self._connection.stub(TradingStub).ListFills
        async for page in self._pages(method, request, timeout):
            for one in page.fills:
                yield model.fill(one)

    async def _place_request(self, order: NewOrder) -> pb.PlaceOrderRequest:
        once_id = self._once_id(order.client_order_id)
        return place_request(
            replace(order, client_order_id=once_id), await self._catalog.symbol_id(order.symbol)
        )


def place_request(order: NewOrder, symbol_id: int) -> pb.PlaceOrderRequest:
    kind = code_of("type", OrderType, order.kind())
    tif = order.time_in_force
    if tif is None and order.expire_time is not None:
        tif = TimeInForce.GTD
    mode = code_of("self_trade_prevention", SelfTradePrevention, order.self_trade_prevention)
    request: Any = pb.PlaceOrderRequest(
        account_id=order.account,
        symbol_id=symbol_id,
        client_order_id=order.client_order_id or 0,
        quantity=amount_text_or_empty("quantity", order.quantity),
        price=amount_text_or_empty("price", order.price),
        quote_quantity=amount_text_or_empty("quote_quantity", order.quote_quantity),
        stop_price=amount_text_or_empty("stop_price", order.stop_price),
        trail_amount=amount_text_or_empty("trail_amount", order.trail_amount),
        display_quantity=amount_text_or_empty("display_quantity", order.display_quantity),
        post_only=order.post_only,
        expire_time_ms=0 if order.expire_time is None else time_ms("expire_time", order.expire_time),
    )
    request.side = SIDES[code_of("side", Side, order.side)]
    request.type = ORDER_TYPES[kind]
    request.self_trade_prevention = SELF_TRADE_PREVENTIONS[mode]
    if tif is not None:
        request.time_in_force = TIMES_IN_FORCE[code_of("time_in_force", TimeInForce, tif)]
    made: pb.PlaceOrderRequest = request
    return made


def _accepted(message: pb.ExecutionReport) -> ExecutionReport:
    """Raises Rejected."""
    order = message.order
    if order.status == types.ORDER_STATUS_REJECTED:
        raise Rejected(
            REJECT_REASON_OF[message.reject_reason],
            message.reject_message,
            order.order_id,
            order.client_order_id,
            message.seq,
        )
    return model.report(message)


async def _hear(messages: AsyncIterator[object]) -> None:
    async for _ in messages:
        pass
