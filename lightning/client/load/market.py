"""Where a load trades: symbols of the server, accounts of its own that have money, ids never used before."""

import time
from typing import NamedTuple

import grpc
import numpy as np

from lightning.client.load.flow import CENTER, LOTS_MAX, Rows, deposits, resting_levels
from lightning.client.load.session import Session, SessionEnded
from lightning.client.load.tally import Tally
from lightning.codes import CommandKind
from lightning.decimals import Step, parse_step, to_units
from lightning.pb.v1 import market_data_pb2, types_pb2
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub

SYMBOLS_MAX = 100
FIRST_ACCOUNT = 10**12
"""Accounts of a load are counted on from here, so that it touches nobody else's."""
FUNDS_ORDERS = 10**6
"""Each account gets the money for so many of the largest orders: nothing is refused for want of it."""
IDS_PER_US = 8
IDS_APART = 2**50
"""From the ids of one work to those of the next."""
ROWS_AT_A_TIME = 8_192
CALL_TIMEOUT_S = 30.0


class MarketError(Exception):
    """The server is no market for this load; the message says why."""


class TradedSymbol(NamedTuple):
    id: int
    tick: Step
    lot: Step


class Market(NamedTuple):
    symbols: list[TradedSymbol]
    accounts: int
    money: int
    """Id of a currency that every account has."""
    first_id: int
    commands: int
    """That were sent to make it."""

    def symbol_ids(self) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
        return np.array([symbol.id for symbol in self.symbols], np.int32)

    def ids_of(self, work: int) -> int:
        """The first id of a work; works are counted from 0."""
        return self.first_id + work * IDS_APART


async def make_market(channel: grpc.aio.Channel, accounts: int, levels: int) -> Market:
    """Pay money in for all accounts, fill so many levels of either side of every book. Raises MarketError."""
    stub = MarketDataStub(channel)
    response = await stub.ListSymbols(market_data_pb2.ListSymbolsRequest(), timeout=CALL_TIMEOUT_S)
    trading = [one for one in response.symbols if one.status == types_pb2.SYMBOL_STATUS_TRADING]
    if not trading:
        raise MarketError("the server has no symbol that trades")
    found = trading[:SYMBOLS_MAX]
    first_id = time.time_ns() // 1_000 * IDS_PER_US  # no two runs have the same, one after the other
    funds = await _funds(stub, found)
    money_in = own_accounts(deposits(accounts, tuple(funds), tuple(funds.values())))
    symbol_ids = np.array([one.symbol_id for one in found], np.int32)
    resting = own_accounts(resting_levels(symbol_ids, levels))
    resting["client_order_id"] += first_id
    for rows in (money_in, resting):
        await _apply(channel, rows)
    symbols = [TradedSymbol(one.symbol_id, parse_step(one.tick), parse_step(one.lot)) for one in found]
    commands = len(money_in) + len(resting)
    return Market(symbols, accounts, found[0].quote_currency_id, first_id + IDS_APART, commands)


def own_accounts(rows: Rows) -> Rows:
    """The same rows with accounts 1, 2, ... made the load's own, in place."""
    rows["account"] += FIRST_ACCOUNT
    rows["counter_account"] += np.where(rows["counter_account"] != 0, FIRST_ACCOUNT, 0)
    return rows


async def _funds(stub: MarketDataStub, symbols: "list[types_pb2.Symbol]") -> dict[int, int]:
    """What an account gets of each currency, in its smallest units."""
    response = await stub.ListCurrencies(market_data_pb2.ListCurrenciesRequest(), timeout=CALL_TIMEOUT_S)
    scales = {currency.currency_id: currency.scale for currency in response.currencies}
    funds: dict[int, int] = {}
    for symbol in symbols:
        tick, lot = parse_step(symbol.tick), parse_step(symbol.lot)
        lot_units = to_units(symbol.lot, scales[symbol.base_currency_id])
        quote_scale = scales[symbol.quote_currency_id]
        tick_value = tick.units * lot.units * 10 ** (quote_scale - tick.scale - lot.scale)
        of_order = {
            symbol.base_currency_id: lot_units * LOTS_MAX,
            symbol.quote_currency_id: 2 * CENTER * tick_value * LOTS_MAX,
        }
        for currency, units in of_order.items():
            funds[currency] = max(funds.get(currency, 0), units * FUNDS_ORDERS)
    return funds


async def send_all(address: str, rows: Rows) -> None:
    """Raises MarketError if any is refused."""
    async with grpc.aio.insecure_channel(address) as channel:
        await _apply(channel, rows)


async def _apply(channel: grpc.aio.Channel, rows: Rows) -> None:
    """All of them, one block after the other. Raises MarketError if any is refused."""
    tally = Tally()
    session = Session(channel, tally)
    try:
        for start in range(0, len(rows), ROWS_AT_A_TIME):
            await session.send(rows[start : start + ROWS_AT_A_TIME])
    except SessionEnded:
        pass
    finally:
        await session.close()
    if tally.refused or tally.replayed or tally.answered != len(rows):
        kinds = ", ".join(CommandKind(kind).name for kind in np.unique(rows["kind"]).tolist())
        counts = [f"{count:,} refused {name}" for name, count in tally.refused.items()]
        counts += [f"{tally.replayed:,} had been done before under their ids"] if tally.replayed else []
        raise MarketError(f"{kinds}: not all were done: {'; '.join([*tally.errors, *counts])}")
