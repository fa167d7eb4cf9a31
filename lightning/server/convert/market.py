"""Books, trades, accounts and totals of `lightning.v1` and rows."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np

from lightning.codes import CommandKind, EventKind, RejectReason, Side
from lightning.decimals import DecimalError, format_steps, format_units, parse_decimal
from lightning.engine.views import AccountState, Depth, OrderState, Totals
from lightning.instruments import Currency, Symbol
from lightning.pb.v1 import accounts_pb2, admin_pb2, market_data_pb2, types_pb2
from lightning.rows import Command
from lightning.server.convert.enums import SELF_TRADE_PREVENTIONS, SIDES, SYMBOL_STATUSES, read_side
from lightning.server.convert.fields import (
    read_amount,
    read_price,
    require_account,
    require_id,
    require_not_negative,
)
from lightning.server.errors import BadField, Refused
from lightning.server.gateway import Catalog, Reply

LEVELS_DEFAULT = 20
LEVELS_MAX = 10_000
TRADES_DEFAULT = 100
TRADES_MAX = 1000


def known_symbol(catalog: Catalog, symbol_id: int) -> Symbol:
    symbol = catalog.symbols.get(require_id("symbol_id", symbol_id))
    if symbol is None:
        raise Refused(RejectReason.UNKNOWN_SYMBOL)
    return symbol


# order book


def levels(request: market_data_pb2.GetOrderBookRequest) -> int:
    return min(require_not_negative("levels", request.levels) or LEVELS_DEFAULT, LEVELS_MAX)


def order_book(symbol: Symbol, depth: Depth, seq: int, time_ns: int) -> market_data_pb2.OrderBook:
    bids, asks = _price_levels(symbol, depth.bids), _price_levels(symbol, depth.asks)
    text = "".join(f"{level.price}:{level.quantity};" for level in (*bids, *asks))
    return market_data_pb2.OrderBook(
        symbol_id=symbol.id, seq=seq, bids=bids, asks=asks, time_ns=time_ns, checksum=crc32(text.encode())
    )


def _price_levels(symbol: Symbol, side: np.ndarray) -> list[market_data_pb2.PriceLevel]:
    return [
        market_data_pb2.PriceLevel(
            price=format_steps(price, symbol.tick), quantity=format_steps(qty, symbol.lot), order_count=count
        )
        for price, qty, count in side.tolist()
    ]


def book_filter(
    request: market_data_pb2.ListBookOrdersRequest, symbol: Symbol
) -> tuple[Side | None, int | None]:
    """Side, and price in ticks; None: any."""
    return (
        read_side("side", request.side) if request.side else None,
        read_price("price", request.price, symbol) if request.price else None,
    )


def book_orders(symbol: Symbol, orders: np.ndarray) -> market_data_pb2.ListBookOrdersResponse:
    return market_data_pb2.ListBookOrdersResponse(
        orders=[
            market_data_pb2.BookOrder(
                order_id=order.order_id,
                side=SIDES[order.side],
                price=format_steps(order.price, symbol.tick),
                quantity=format_steps(order.leaves_qty, symbol.lot),
            )
            for order in map(OrderState._make, orders.tolist())
        ]
    )


class TradesPage(NamedTuple):
    """After an id, before an id, or with neither the latest."""

    after: int | None
    before: int | None
    limit: int


def trades_page(request: market_data_pb2.ListTradesRequest) -> TradesPage:
    limit = min(require_not_negative("limit", request.limit) or TRADES_DEFAULT, TRADES_MAX)
    ids = []
    for field in ("after_trade_id", "before_trade_id"):
        trade_id = require_not_negative(field, getattr(request, field))
        ids.append(trade_id if request.HasField(field) else None)
    if None not in ids:
        raise BadField("before_trade_id", "and after_trade_id exclude each other: give one of them")
    return TradesPage(ids[0], ids[1], limit)


def trades(symbol: Symbol, rows: Sequence[Sequence[int]]) -> market_data_pb2.ListTradesResponse:
    return market_data_pb2.ListTradesResponse(
        trades=[
            market_data_pb2.Trade(
                trade_id=trade_id,
                symbol_id=symbol.id,
                price=format_steps(price, symbol.tick),
                quantity=format_steps(qty, symbol.lot),
                taker_side=SIDES[taker_side],
                maker_order_id=maker_order_id,
                taker_order_id=taker_order_id,
                seq=seq,
                time_ns=time_ns,
            )
            for trade_id, _, price, qty, taker_side, maker_order_id, taker_order_id, seq, time_ns in rows
        ]
    )


# what is traded


def symbols(known: Iterable[Symbol]) -> market_data_pb2.ListSymbolsResponse:
    return market_data_pb2.ListSymbolsResponse(symbols=map(_symbol, sorted(known, key=lambda one: one.id)))


def _symbol(symbol: Symbol) -> types_pb2.Symbol:
    return types_pb2.Symbol(
        symbol_id=symbol.id,
        name=symbol.name,
        base_currency_id=symbol.base.id,
        quote_currency_id=symbol.quote.id,
        tick=format_steps(1, symbol.tick),
        lot=format_steps(1, symbol.lot),
        maker_fee_ppm=symbol.maker_fee_ppm,
        taker_fee_ppm=symbol.taker_fee_ppm,
        self_trade_prevention=SELF_TRADE_PREVENTIONS[symbol.self_trade_prevention],
        status=SYMBOL_STATUSES[symbol.status],
        quantity_min=format_steps(symbol.quantity_min, symbol.lot),
        quantity_max=format_steps(symbol.quantity_max, symbol.lot),
        notional_min=format_units(symbol.notional_min, symbol.quote.scale),
        fee_account_id=symbol.fee_account,
        order_fee_ppm_min=symbol.order_fee_ppm_min,
        order_fee_ppm_max=symbol.order_fee_ppm_max,
    )


def currencies(known: Iterable[Currency]) -> market_data_pb2.ListCurrenciesResponse:
    return market_data_pb2.ListCurrenciesResponse(
        currencies=[
            types_pb2.Currency(
                currency_id=currency.id,
                name=currency.name,
                display_name=currency.display_name,
                scale=currency.scale,
            )
            for currency in sorted(known, key=lambda one: one.id)
        ]
    )


# accounts


def account(state: AccountState | None, seq: int, catalog: Catalog) -> accounts_pb2.Account:
    if state is None:
        raise Refused(RejectReason.UNKNOWN_ACCOUNT)
    return accounts_pb2.Account(
        account_id=state.account,
        balances=[
            _balance(catalog.currencies[currency], available, held)
            for currency, available, held in state.balances
        ],
        seq=seq,
    )


def _balance(currency: Currency, available: int, held: int) -> types_pb2.Balance:
    return types_pb2.Balance(
        currency_id=currency.id,
        total=format_units(available + held, currency.scale),
        available=format_units(available, currency.scale),
        held=format_units(held, currency.scale),
    )


Movement = accounts_pb2.DepositRequest | accounts_pb2.WithdrawRequest | accounts_pb2.TransferRequest


def known_currency(catalog: Catalog, request: Movement) -> Currency:
    currency = catalog.currencies.get(require_id("currency_id", request.currency_id))
    if currency is None:
        raise Refused(RejectReason.UNKNOWN_CURRENCY)
    return currency


def deposit(request: accounts_pb2.DepositRequest, catalog: Catalog) -> Command:
    account_id = require_id("account_id", request.account_id)
    return _movement(CommandKind.DEPOSIT, account_id, 0, request, catalog)


def withdraw(request: accounts_pb2.WithdrawRequest, catalog: Catalog) -> Command:
    account_id = require_account("account_id", request.account_id)
    return _movement(CommandKind.WITHDRAW, account_id, 0, request, catalog)


def transfer(request: accounts_pb2.TransferRequest, catalog: Catalog) -> Command:
    sender = require_account("from_account_id", request.from_account_id)
    receiver = require_id("to_account_id", request.to_account_id)
    if sender == receiver:
        raise BadField("to_account_id", "must be another account than from_account_id")
    return _movement(CommandKind.TRANSFER, sender, receiver, request, catalog)


def _movement(
    kind: CommandKind, account_id: int, counter_account: int, request: Movement, catalog: Catalog
) -> Command:
    currency = known_currency(catalog, request)
    return Command(
        kind=kind,
        account=account_id,
        counter_account=counter_account,
        currency=currency.id,
        amount=read_amount("amount", request.amount, currency.scale),
        request_id=request.request_id,
    )


def ledger_filters(
    request: accounts_pb2.ListLedgerEntriesRequest, catalog: Catalog
) -> tuple[int, int | None]:
    """Account, and currency; None: any."""
    account_id = require_account("account_id", request.account_id)
    if not request.HasField("currency_id"):
        return account_id, None
    if require_id("currency_id", request.currency_id) not in catalog.currencies:
        raise Refused(RejectReason.UNKNOWN_CURRENCY)
    return account_id, request.currency_id


def is_beyond(text: str, state: AccountState | None, currency: Currency) -> bool:
    """Whether `text` is a decimal above what the account has available, be it representable or not."""
    try:
        value, decimals = parse_decimal(text)
    except DecimalError:
        return False
    available = next((free for one, free, _ in state.balances if one == currency.id), 0) if state else 0
    return value > 0 and value * 10**currency.scale > available * 10**decimals


def moved(reply: Reply, catalog: Catalog) -> tuple[types_pb2.Balance, int]:
    """The balance after it, and the seq."""
    event = reply.events[0]
    if event.kind == EventKind.REJECTED:
        raise Refused(event.reason)
    return _balance(catalog.currencies[event.currency], event.available, event.held), reply.seq


# totals


def totals(rows: Sequence[Totals], seq: int, catalog: Catalog) -> admin_pb2.GetTotalsResponse:
    return admin_pb2.GetTotalsResponse(
        seq=seq, totals=[_totals(row, catalog.currencies[row.currency]) for row in rows]
    )


def _totals(row: Totals, currency: Currency) -> admin_pb2.Totals:
    return admin_pb2.Totals(
        currency_id=currency.id,
        deposited=format_units(row.deposited, currency.scale),
        withdrawn=format_units(row.withdrawn, currency.scale),
        available=format_units(row.available, currency.scale),
        held=format_units(row.held, currency.scale),
        fees=format_units(row.fees, currency.scale),
    )
