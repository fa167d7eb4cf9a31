"""What an operator does: instruments, statuses, totals, snapshots."""

from dataclasses import asdict
from typing import Any

from lightning.client.calls import Calls
from lightning.client.catalog import CurrencyRef, SymbolRef
from lightning.client.model import admin as model
from lightning.client.model import market
from lightning.client.model.admin import (
    AccountStatusSet,
    ExchangeTotals,
    Snapshot,
    StateHash,
    Status,
    SymbolStatusSet,
    SymbolTerms,
)
from lightning.client.model.market import Currency, Symbol
from lightning.client.values import (
    ACCOUNT_STATUSES,
    SELF_TRADE_PREVENTIONS,
    SIDES,
    SYMBOL_STATUSES,
    AccountStatusLike,
    Amount,
    SideLike,
    SymbolStatusLike,
    amount_text,
    code_of,
)
from lightning.codes import AccountStatus, SelfTradePrevention, Side, SymbolStatus
from lightning.pb.v1 import admin_pb2 as pb
from lightning.pb.v1.admin_pb2_grpc import AdminStub

_AMOUNTS = ("quantity_min", "quantity_max", "notional_min")
NO_TERMS = SymbolTerms()


class AdminCalls(Calls):
    """What changes currencies or symbols knows no once-only id: it is sent once, and is OutcomeUnknown if no
    answer comes.

    request_id : once only; not given: one of the client's own, and the call is asked again until it is
    answered
    """

    async def create_currency(
        self, name: str, scale: int | None = None, display_name: str = "", *, timeout: float | None = None
    ) -> Currency:
        """scale : decimals of its smallest unit, 0 to 18; not given: 8"""
        request = pb.CreateCurrencyRequest(name=name, display_name=display_name, scale=scale)
        answer = await self._change(self._stub.CreateCurrency, request, timeout)
        return market.currency(answer.currency)

    async def retire_currency(self, currency: CurrencyRef, *, timeout: float | None = None) -> None:
        """Raises ChangeRefused (IN_USE) while symbols or balances use it."""
        request = pb.RetireCurrencyRequest(currency_id=await self._catalog.currency_id(currency))
        await self._change(self._stub.RetireCurrency, request, timeout)

    async def create_symbol(
        self,
        name: str,
        base: CurrencyRef,
        quote: CurrencyRef,
        tick: Amount,
        lot: Amount,
        terms: SymbolTerms = NO_TERMS,
        *,
        status: SymbolStatusLike = "trading",
        timeout: float | None = None,
    ) -> Symbol:
        """tick x lot must be a whole number of the quote currency's smallest units."""
        request = pb.CreateSymbolRequest(
            name=name,
            base_currency_id=await self._catalog.currency_id(base),
            quote_currency_id=await self._catalog.currency_id(quote),
            tick=amount_text("tick", tick),
            lot=amount_text("lot", lot),
            status=SYMBOL_STATUSES[code_of("status", SymbolStatus, status)],  # type: ignore[arg-type]
        )
        _put_terms(request, terms)
        return market.symbol((await self._change(self._stub.CreateSymbol, request, timeout)).symbol)

    async def update_symbol(
        self,
        symbol: SymbolRef,
        terms: SymbolTerms = NO_TERMS,
        *,
        name: str | None = None,
        base: CurrencyRef | None = None,
        quote: CurrencyRef | None = None,
        tick: Amount | None = None,
        lot: Amount | None = None,
        timeout: float | None = None,
    ) -> Symbol:
        """What is not given stays. base, quote, tick, lot: only while it has neither open orders nor
        trades.
        """
        request = pb.UpdateSymbolRequest(
            symbol_id=await self._catalog.symbol_id(symbol),
            name=name,
            base_currency_id=None if base is None else await self._catalog.currency_id(base),
            quote_currency_id=None if quote is None else await self._catalog.currency_id(quote),
            tick=None if tick is None else amount_text("tick", tick),
            lot=None if lot is None else amount_text("lot", lot),
        )
        _put_terms(request, terms)
        return market.symbol((await self._change(self._stub.UpdateSymbol, request, timeout)).symbol)

    async def retire_symbol(self, symbol: SymbolRef, *, timeout: float | None = None) -> None:
        """Raises ChangeRefused (IN_USE) while it has open orders."""
        request = pb.RetireSymbolRequest(symbol_id=await self._catalog.symbol_id(symbol))
        await self._change(self._stub.RetireSymbol, request, timeout)

    async def set_symbol_status(
        self,
        symbol: SymbolRef,
        status: SymbolStatusLike,
        *,
        request_id: int | None = None,
        timeout: float | None = None,
    ) -> SymbolStatusSet:
        once_id = self._once_id(request_id)
        request = pb.SetSymbolStatusRequest(
            symbol_id=await self._catalog.symbol_id(symbol),
            status=SYMBOL_STATUSES[code_of("status", SymbolStatus, status)],  # type: ignore[arg-type]
            request_id=once_id,
        )
        answer = await self._command(self._stub.SetSymbolStatus, request, once_id, timeout)
        return model.symbol_status_set(answer)

    async def set_account_status(
        self,
        account: int,
        status: AccountStatusLike,
        *,
        cancel_orders: bool = False,
        request_id: int | None = None,
        timeout: float | None = None,
    ) -> AccountStatusSet:
        """cancel_orders : with "halted" the kill switch: halted and canceled at once"""
        once_id = self._once_id(request_id)
        request = pb.SetAccountStatusRequest(
            account_id=account,
            status=ACCOUNT_STATUSES[code_of("status", AccountStatus, status)],  # type: ignore[arg-type]
            cancel_orders=cancel_orders,
            request_id=once_id,
        )
        answer = await self._command(self._stub.SetAccountStatus, request, once_id, timeout)
        return model.account_status_set(answer)

    async def cancel_all_orders(
        self,
        account: int | None = None,
        symbol: SymbolRef | None = None,
        side: SideLike | None = None,
        *,
        every_account: bool = False,
        request_id: int | None = None,
        timeout: float | None = None,
    ) -> int:
        """Of one account or, where that is said, of every one; returns how many. Those in halted symbols
        stay.
        """
        once_id = self._once_id(request_id)
        request = pb.AdminCancelAllOrdersRequest(
            account_id=account,
            symbol_id=None if symbol is None else await self._catalog.symbol_id(symbol),
            side=None if side is None else SIDES[code_of("side", Side, side)],  # type: ignore[arg-type]
            request_id=once_id,
            every_account=every_account,
        )
        answer = await self._command(self._stub.CancelAllOrders, request, once_id, timeout)
        return int(answer.canceled_count)

    async def get_state_hash(self, *, timeout: float | None = None) -> StateHash:
        """Of the whole exchange."""
        answer = await self._connection.ask(self._stub.GetStateHash, pb.GetStateHashRequest(), timeout)
        return StateHash(answer.seq, answer.hash)

    async def get_totals(self, *, timeout: float | None = None) -> ExchangeTotals:
        return model.totals(await self._connection.ask(self._stub.GetTotals, pb.GetTotalsRequest(), timeout))

    async def get_status(self, *, timeout: float | None = None) -> Status:
        return model.status(await self._connection.ask(self._stub.GetStatus, pb.GetStatusRequest(), timeout))

    async def create_snapshot(self, *, timeout: float | None = None) -> Snapshot:
        """Returns when it is on disk."""
        answer = await self._connection.do_unprotected(
            self._stub.CreateSnapshot, pb.CreateSnapshotRequest(), timeout
        )
        return Snapshot(answer.seq, answer.state_hash, answer.pause_ms, answer.seconds)

    @property
    def _stub(self) -> Any:
        return self._connection.stub(AdminStub)

    async def _change(self, method: Any, request: object, timeout: float | None) -> Any:
        try:
            return await self._connection.do_unprotected(method, request, timeout)
        finally:
            self._catalog.forget()


def _put_terms(request: pb.CreateSymbolRequest | pb.UpdateSymbolRequest, terms: SymbolTerms) -> None:
    for name, value in asdict(terms).items():
        if value is None:
            continue
        if name in _AMOUNTS:
            value = amount_text(name, value)
        elif name == "self_trade_prevention":
            value = SELF_TRADE_PREVENTIONS[code_of(name, SelfTradePrevention, value)]
        setattr(request, name, value)
