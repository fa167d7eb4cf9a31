"""The server that a living market is made in: its symbols, and money for everybody."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import grpc

from lightning.client.demo.flow import DemoSymbol
from lightning.decimals import format_units, parse_step, to_units
from lightning.pb.v1 import accounts_pb2, admin_pb2, market_data_pb2
from lightning.pb.v1.accounts_pb2_grpc import AccountsStub
from lightning.pb.v1.admin_pb2_grpc import AdminStub
from lightning.pb.v1.market_data_pb2_grpc import MarketDataStub

CALL_TIMEOUT_S = 30.0


class DemoError(Exception):
    """There can be no market, or no longer; the message says why."""


class DemoMarket(NamedTuple):
    symbols: list[DemoSymbol]
    names: list[str]
    first_id: int
    """No order had it, nor a higher one, as its client order id."""


def open_market(
    channel: grpc.Channel, values: Sequence[str], accounts: Mapping[int, Mapping[str, int]]
) -> DemoMarket:
    """Symbols of the currencies `values`; each account gets what it lacks of so much of each currency.

    accounts : whole units by currency name, by account
    """
    stub = MarketDataStub(channel)
    listed = stub.ListCurrencies(market_data_pb2.ListCurrenciesRequest(), timeout=CALL_TIMEOUT_S)
    names = {one.currency_id: one.name for one in listed.currencies}
    scales = {one.name: (one.currency_id, one.scale) for one in listed.currencies}
    found = stub.ListSymbols(market_data_pb2.ListSymbolsRequest(), timeout=CALL_TIMEOUT_S).symbols
    symbols = {
        one.name: DemoSymbol(
            one.symbol_id,
            names[one.base_currency_id],
            names[one.quote_currency_id],
            _size(one.tick),
            _size(one.lot),
        )
        for one in found
        if names[one.base_currency_id] in values and names[one.quote_currency_id] in values
    }
    if not symbols:
        raise DemoError(f"no symbol is of the currencies {', '.join(values)}")
    for account, funds in accounts.items():
        _top_up(
            AccountsStub(channel), account, {scales[n]: units for n, units in funds.items() if n in scales}
        )
    # every order has its own seq, so none had an id above it
    seq = AdminStub(channel).GetStatus(admin_pb2.GetStatusRequest(), timeout=CALL_TIMEOUT_S).seq
    return DemoMarket(list(symbols.values()), list(symbols), seq + 1)


def _size(text: str) -> float:
    step = parse_step(text)
    return step.units / float(10**step.scale)


def _top_up(stub: AccountsStub, account: int, funds: Mapping[tuple[int, int], int]) -> None:
    """funds : whole units by currency id and scale"""
    totals: dict[int, str] = {}
    try:
        request = accounts_pb2.GetAccountRequest(account_id=account)
        balances = stub.GetAccount(request, timeout=CALL_TIMEOUT_S).balances
        totals = {balance.currency_id: balance.total for balance in balances}
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.NOT_FOUND:
            raise
    for (currency, scale), units in funds.items():
        lacking = units * 10**scale - to_units(totals.get(currency, "0.0"), scale)
        if lacking > 0:
            amount = format_units(lacking, scale)
            deposit = accounts_pb2.DepositRequest(account_id=account, currency_id=currency, amount=amount)
            stub.Deposit(deposit, timeout=CALL_TIMEOUT_S)
