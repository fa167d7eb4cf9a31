"""lightning.v1.Admin."""

import asyncio
import time

from grpc import StatusCode

from lightning import __version__
from lightning.instruments import Symbol
from lightning.pb.v1 import admin_pb2 as pb
from lightning.pb.v1 import types_pb2 as types
from lightning.pb.v1.admin_pb2_grpc import AdminServicer
from lightning.server.convert import admin
from lightning.server.convert import market as convert
from lightning.server.errors import Unavailable
from lightning.server.gateway import Gateway, read_catalog
from lightning.server.interceptors import Context
from lightning.server.publisher import Publisher
from lightning.storage.keeper import SnapshotFailed
from lightning.storage.venue import NotKept, Venue


class Admin(AdminServicer):
    def __init__(self, gateway: Gateway, venue: Venue, publisher: Publisher) -> None:
        self.draining = False
        self._gateway = gateway
        self._venue = venue
        self._publisher = publisher
        self._start_time_ns = time.time_ns()

    async def CreateCurrency(
        self, request: pb.CreateCurrencyRequest, context: Context
    ) -> pb.CreateCurrencyResponse:
        with admin.refusals_by_wire_name():
            currency = await self._gateway.change(admin.create_currency(request))
        return pb.CreateCurrencyResponse(currency=admin.currency(currency))

    async def RetireCurrency(
        self, request: pb.RetireCurrencyRequest, context: Context
    ) -> pb.RetireCurrencyResponse:
        await self._gateway.change(admin.retire_currency(request, self._gateway.catalog))
        return pb.RetireCurrencyResponse()

    async def CreateSymbol(
        self, request: pb.CreateSymbolRequest, context: Context
    ) -> pb.CreateSymbolResponse:
        with admin.refusals_by_wire_name():
            symbol = await self._gateway.change(admin.create_symbol(request, self._gateway.catalog))
        return pb.CreateSymbolResponse(symbol=await self._listed(symbol))

    async def UpdateSymbol(
        self, request: pb.UpdateSymbolRequest, context: Context
    ) -> pb.UpdateSymbolResponse:
        with admin.refusals_by_wire_name():
            symbol = await self._gateway.change(admin.update_symbol(request, self._gateway.catalog))
        return pb.UpdateSymbolResponse(symbol=await self._listed(symbol))

    async def _listed(self, symbol: Symbol) -> types.Symbol:
        """As ListSymbols shows it."""
        statuses = (await self._gateway.query(lambda exchange: exchange.symbol_statuses())).value
        return convert.symbols([symbol], {symbol.id: symbol.status, **statuses}).symbols[0]

    async def RetireSymbol(
        self, request: pb.RetireSymbolRequest, context: Context
    ) -> pb.RetireSymbolResponse:
        await self._gateway.change(admin.retire_symbol(request, self._gateway.catalog))
        return pb.RetireSymbolResponse()

    async def SetSymbolStatus(
        self, request: pb.SetSymbolStatusRequest, context: Context
    ) -> pb.SetSymbolStatusResponse:
        symbol = convert.known_symbol(self._gateway.catalog, request.symbol_id)
        return admin.symbol_status_set(
            await self._gateway.submit(admin.set_symbol_status(request, symbol)), symbol
        )

    async def SetAccountStatus(
        self, request: pb.SetAccountStatusRequest, context: Context
    ) -> pb.SetAccountStatusResponse:
        commands = admin.set_account_status(request)
        return admin.account_status_set(await self._gateway.submit_together(commands))

    async def CancelAllOrders(
        self, request: pb.AdminCancelAllOrdersRequest, context: Context
    ) -> pb.AdminCancelAllOrdersResponse:
        command = admin.cancel_all(request, self._gateway.catalog)
        return admin.canceled_all(await self._gateway.submit(command))

    async def GetStateHash(
        self, request: pb.GetStateHashRequest, context: Context
    ) -> pb.GetStateHashResponse:
        answer = await self._gateway.query(lambda exchange: exchange.state_hash())
        return pb.GetStateHashResponse(seq=answer.seq, hash=f"{answer.value:016x}")

    async def GetTotals(self, request: pb.GetTotalsRequest, context: Context) -> pb.GetTotalsResponse:
        # with the catalog of that moment: a currency may be newer than the gateway's
        answer = await self._gateway.query(lambda exchange: (exchange.totals(), read_catalog(exchange)))
        totals, catalog = answer.value
        return convert.totals(totals, answer.seq, catalog)

    async def GetStatus(self, request: pb.GetStatusRequest, context: Context) -> pb.GetStatusResponse:
        queues = self._queues()
        answer = await self._gateway.query(lambda exchange: None)
        return pb.GetStatusResponse(
            version=__version__,
            state=pb.SERVER_STATE_DRAINING if self.draining else pb.SERVER_STATE_SERVING,
            seq=answer.seq,
            start_time_ns=self._start_time_ns,
            time_ns=time.time_ns(),
            storage=self._storage(),
            queues=queues,
        )

    def _queues(self) -> pb.Queues:
        engine, journal = self._venue.sequencer.waiting
        subscribers, updates = self._publisher.waiting
        return pb.Queues(engine=engine, journal=journal, subscribers=subscribers, updates=updates)

    def _storage(self) -> pb.Storage | None:
        status = self._venue.storage_status()
        return None if status is None else pb.Storage(**status._asdict())

    async def CreateSnapshot(
        self, request: pb.CreateSnapshotRequest, context: Context
    ) -> pb.CreateSnapshotResponse:
        try:
            snapshot = await asyncio.wrap_future(self._venue.create_snapshot())
        except NotKept as error:
            await context.abort(StatusCode.FAILED_PRECONDITION, str(error))
        except SnapshotFailed as error:
            raise Unavailable(str(error)) from None
        return pb.CreateSnapshotResponse(
            seq=snapshot.seq,
            state_hash=f"{snapshot.state_hash:016x}",
            pause_ms=snapshot.pause_ms,
            seconds=snapshot.seconds,
        )
