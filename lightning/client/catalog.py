"""Currencies and symbols by id or by name."""

from operator import index

from lightning.client.connection import Connection
from lightning.client.errors import Rejected
from lightning.client.model.market import Currency, Symbol, currency, symbol
from lightning.codes import RejectReason
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub

SymbolRef = int | str
"""A symbol's id, or its name."""
CurrencyRef = int | str


class Catalog:
    """Asks the server when a name is used that is not known yet; what is known stays until `forget`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._symbols: dict[int | str, Symbol] = {}
        self._currencies: dict[int | str, Currency] = {}

    def forget(self) -> None:
        self._symbols.clear()
        self._currencies.clear()

    async def symbol(self, ref: SymbolRef) -> Symbol:
        """Raises Rejected (UNKNOWN_SYMBOL)."""
        if ref not in self._symbols:
            await self.symbols()
        if ref not in self._symbols:
            names = ", ".join(key for key in self._symbols if isinstance(key, str))
            raise Rejected(RejectReason.UNKNOWN_SYMBOL, f"there is no symbol {ref}, there are: {names}")
        return self._symbols[ref]

    async def currency(self, ref: CurrencyRef) -> Currency:
        """Raises Rejected (UNKNOWN_CURRENCY)."""
        if ref not in self._currencies:
            await self.currencies()
        if ref not in self._currencies:
            names = ", ".join(key for key in self._currencies if isinstance(key, str))
            raise Rejected(RejectReason.UNKNOWN_CURRENCY, f"there is no currency {ref}, there are: {names}")
        return self._currencies[ref]

    async def symbol_id(self, ref: SymbolRef) -> int:
        """An id is taken as it is: the exchange will know."""
        return (await self.symbol(ref)).symbol_id if isinstance(ref, str) else index(ref)

    async def currency_id(self, ref: CurrencyRef) -> int:
        return (await self.currency(ref)).currency_id if isinstance(ref, str) else index(ref)

    async def symbols(self) -> tuple[Symbol, ...]:
        """All that there are, asked for now."""
        method = self._connection.stub(MarketDataStub).ListSymbols
        answer = await self._connection.ask(method, pb.ListSymbolsRequest())
        found = tuple(map(symbol, answer.symbols))
        self._symbols = {one.symbol_id: one for one in found} | {one.name: one for one in found}
        return found

    async def currencies(self) -> tuple[Currency, ...]:
        method = self._connection.stub(MarketDataStub).ListCurrencies
        answer = await self._connection.ask(method, pb.ListCurrenciesRequest())
        found = tuple(map(currency, answer.currencies))
        self._currencies = {one.currency_id: one for one in found} | {one.name: one for one in found}
        return found
