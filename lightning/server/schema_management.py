"""schema.Management: currencies and symbols."""

from lightning.engine.changes import DeleteCurrency, DeleteSymbol
from lightning.pb.schema import management_pb2 as pb
from lightning.pb.schema.management_pb2_grpc import ManagementServicer
from lightning.server.convert import schema as convert
from lightning.server.convert.fields import require_id
from lightning.server.gateway import Gateway
from lightning.server.interceptors import Context
from lightning.server.schema_lightning import refusals_in_code


class SchemaManagement(ManagementServicer):
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @refusals_in_code(pb.CreateCurrencyResponse)
    async def CreateCurrency(
        self, request: pb.CreateCurrencyRequest, context: Context
    ) -> pb.CreateCurrencyResponse:
        changed = await self._gateway.change(convert.create_currency(request))
        return pb.CreateCurrencyResponse(message=convert.SUCCESS, data=convert.currency(changed))

    @refusals_in_code(pb.UpdateCurrencyResponse)
    async def UpdateCurrency(
        self, request: pb.UpdateCurrencyRequest, context: Context
    ) -> pb.UpdateCurrencyResponse:
        changed = await self._gateway.change(convert.update_currency(request))
        return pb.UpdateCurrencyResponse(message=convert.SUCCESS, data=convert.currency(changed))

    @refusals_in_code(pb.GetCurrencyResponse)
    async def GetCurrency(self, request: pb.GetCurrencyRequest, context: Context) -> pb.GetCurrencyResponse:
        currency = convert.known_currency(self._gateway.catalog, "id", request.id)
        return pb.GetCurrencyResponse(message=convert.SUCCESS, data=convert.currency(currency))

    @refusals_in_code(pb.ListCurrenciesResponse)
    async def ListCurrencies(
        self, request: pb.ListCurrenciesRequest, context: Context
    ) -> pb.ListCurrenciesResponse:
        currencies = self._gateway.catalog.currencies
        page = map(convert.currency, convert.page(request, currencies))
        return pb.ListCurrenciesResponse(message=convert.SUCCESS, data=page, total=len(currencies))

    @refusals_in_code(pb.DeleteCurrencyResponse)
    async def DeleteCurrency(
        self, request: pb.DeleteCurrencyRequest, context: Context
    ) -> pb.DeleteCurrencyResponse:
        await self._gateway.change(DeleteCurrency(require_id("id", request.id)))
        return pb.DeleteCurrencyResponse(message=convert.SUCCESS)

    @refusals_in_code(pb.CreateSymbolResponse)
    async def CreateSymbol(
        self, request: pb.CreateSymbolRequest, context: Context
    ) -> pb.CreateSymbolResponse:
        changed = await self._gateway.change(convert.create_symbol(request))
        return pb.CreateSymbolResponse(message=convert.SUCCESS, data=convert.symbol(changed))

    @refusals_in_code(pb.UpdateSymbolResponse)
    async def UpdateSymbol(
        self, request: pb.UpdateSymbolRequest, context: Context
    ) -> pb.UpdateSymbolResponse:
        changed = await self._gateway.change(convert.update_symbol(request))
        return pb.UpdateSymbolResponse(message=convert.SUCCESS, data=convert.symbol(changed))

    @refusals_in_code(pb.GetSymbolResponse)
    async def GetSymbol(self, request: pb.GetSymbolRequest, context: Context) -> pb.GetSymbolResponse:
        symbol = convert.known_symbol(self._gateway.catalog, "id", request.id)
        return pb.GetSymbolResponse(message=convert.SUCCESS, data=convert.symbol(symbol))

    @refusals_in_code(pb.ListSymbolsResponse)
    async def ListSymbols(self, request: pb.ListSymbolsRequest, context: Context) -> pb.ListSymbolsResponse:
        symbols = self._gateway.catalog.symbols
        page = map(convert.symbol, convert.page(request, symbols))
        return pb.ListSymbolsResponse(message=convert.SUCCESS, data=page, total=len(symbols))

    @refusals_in_code(pb.DeleteSymbolResponse)
    async def DeleteSymbol(
        self, request: pb.DeleteSymbolRequest, context: Context
    ) -> pb.DeleteSymbolResponse:
        await self._gateway.change(DeleteSymbol(require_id("id", request.id)))
        return pb.DeleteSymbolResponse(message=convert.SUCCESS)
