"""Past orders, fills, trades and ledger entries to `lightning.v1`."""

from collections.abc import Iterable

from lightning.codes import RejectReason
from lightning.decimals import format_steps, format_units
from lightning.engine.exchange import Exchange
from lightning.engine.views import OrderState
from lightning.instruments import Currency, Symbol
from lightning.pb.v1 import accounts_pb2, trading_pb2
from lightning.pb.v1 import types_pb2 as types
from lightning.server.convert.enums import LEDGER_ENTRY_KINDS, REJECT_REASONS, SIDES
from lightning.server.convert.reports import order
from lightning.server.errors import MESSAGES, Refused
from lightning.server.gateway import Catalog
from lightning.storage.history.entries import Entry, Fill
from lightning.storage.history.queries import Changes
from lightning.storage.history.schema import PastOrder, Trade


def require_known(exchange: Exchange, account: int) -> None:
    """Raises Refused for an account that never was."""
    if exchange.account(account) is None:
        raise Refused(RejectReason.UNKNOWN_ACCOUNT)


def state_of(row: PastOrder) -> OrderState:
    """What the history does not know of it is 0."""
    return OrderState(**{name: getattr(row, name, 0) for name in OrderState._fields})


def past_order(row: PastOrder, catalog: Catalog, stop_price: int = 0) -> types.Order:
    """stop_price : of a trailing stop that waits; the history does not follow it"""
    return order(state_of(row)._replace(stop_price=stop_price or row.stop_price), catalog, row.reason)


def fills(rows: Iterable[Fill], catalog: Catalog, next_page_token: str) -> trading_pb2.ListFillsResponse:
    return trading_pb2.ListFillsResponse(
        fills=[_fill(row, catalog.symbols[row.trade.symbol]) for row in rows], next_page_token=next_page_token
    )


def _fill(fill: Fill, symbol: Symbol) -> types.Fill:
    trade = fill.trade
    return types.Fill(
        trade_id=trade.trade_id,
        price=format_steps(trade.price, symbol.tick),
        quantity=format_steps(trade.qty, symbol.lot),
        liquidity=types.LIQUIDITY_MAKER if fill.is_maker else types.LIQUIDITY_TAKER,
        maker_order_id=trade.maker_order_id,
        taker_order_id=trade.taker_order_id,
        fee=format_units(fill.fee, symbol.quote.scale),
        fee_currency_id=trade.quote,
        time_ns=trade.time_ns,
        symbol_id=trade.symbol,
        side=SIDES[fill.side],
        client_order_id=fill.client_order_id,
        seq=trade.seq,
    )


def account_event(
    account: int, changes: Changes, previous_seq: int, catalog: Catalog
) -> trading_pb2.AccountEvent:
    found = {
        row.order_id: trading_pb2.ExecutionReport(
            order=past_order(row, catalog),
            reject_reason=REJECT_REASONS[row.reason],
            reject_message=MESSAGES[RejectReason(row.reason)],
            seq=row.update_seq,
            time_ns=row.update_time_ns,
        )
        for row in changes.orders
    }
    for fill in changes.fills:
        if fill.order_id in found:
            found[fill.order_id].fills.append(_fill(fill, catalog.symbols[fill.trade.symbol]))
    return trading_pb2.AccountEvent(
        account_id=account,
        seq=changes.to_seq,
        previous_seq=previous_seq,
        time_ns=max(report.time_ns for report in found.values()),
        reports=found.values(),
    )


def trade_view(trade: Trade) -> tuple[int, ...]:
    """In the columns of TRADE_VIEW."""
    return (
        *(trade.trade_id, trade.symbol, trade.price, trade.qty, trade.taker_side),
        *(trade.maker_order_id, trade.taker_order_id, trade.seq, trade.time_ns),
    )


def ledger_entries(
    rows: Iterable[Entry], catalog: Catalog, next_page_token: str, seq: int
) -> accounts_pb2.ListLedgerEntriesResponse:
    return accounts_pb2.ListLedgerEntriesResponse(
        entries=[_ledger_entry(row, catalog.currencies[row.currency]) for row in rows],
        next_page_token=next_page_token,
        seq=seq,
    )


def _ledger_entry(entry: Entry, currency: Currency) -> accounts_pb2.LedgerEntry:
    return accounts_pb2.LedgerEntry(
        seq=entry.seq,
        time_ns=entry.time_ns,
        kind=LEDGER_ENTRY_KINDS[entry.kind],
        currency_id=entry.currency,
        amount=format_units(entry.amount, currency.scale),
        symbol_id=entry.symbol,
        trade_id=entry.trade_id,
        order_id=entry.order_id,
        counter_account_id=entry.counter_account,
    )
