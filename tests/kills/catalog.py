"""Currencies and symbols as they were answered."""

from typing import Any

from lightning.pb.schema import management_pb2 as management
from lightning.pb.v1 import market_data_pb2, types_pb2
from tests.kills.broken import require, require_none
from tests.kills.calls import Connection
from tests.kills.diary import Entry


class Catalog:
    """Names of currencies and symbols, as far as they are certain."""

    def __init__(self) -> None:
        self._currencies = {"BTC": 1, "USDT": 2, "ETH": 3}
        self._symbols = {"BTC-USDT": 1, "ETH-USDT": 2, "ETH-BTC": 3}
        self._deleted: set[int] = set()

    def take(self, entry: Entry, reply: Any) -> None:
        match entry.request:
            case management.CreateCurrencyRequest() if reply.code == 0:
                self._currencies[entry.request.name] = reply.data.id
            case management.CreateSymbolRequest() if reply.code == 0:
                self._symbols[entry.request.name] = reply.data.id
            case management.DeleteSymbolRequest() if reply.code == 0 or entry.sent_again:
                self._deleted.add(entry.request.id)

    async def compare(self, connection: Connection) -> list[types_pb2.Symbol]:
        """The symbols there are. What was created and answered is there, what was deleted is not."""
        currencies = await connection.ask(market_data_pb2.ListCurrenciesRequest())
        symbols = await connection.ask(market_data_pb2.ListSymbolsRequest())
        for what, ours, theirs in (
            ("currency", self._currencies, {one.name: one.currency_id for one in currencies.currencies}),
            ("symbol", self._symbols, {one.name: one.symbol_id for one in symbols.symbols}),
        ):
            wrong = [
                f"{what} {name} should be {number}, is {theirs.get(name)}"
                for name, number in ours.items()
                if theirs.get(name) != number and not (what == "symbol" and number in self._deleted)
            ]
            require_none(wrong, f"a {what} that was created is not there")
        there = self._deleted & {one.symbol_id for one in symbols.symbols}
        require(not there, f"deleted symbols are there again: {there}")
        return list(symbols.symbols)
