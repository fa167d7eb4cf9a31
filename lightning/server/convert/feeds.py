"""What subscribers are told, to `lightning.v1`."""

from collections.abc import Iterable
from zlib import crc32

import numpy as np

from lightning.codes import CommandKind, EventKind, RejectReason
from lightning.decimals import format_steps, format_units
from lightning.engine.feed import AccountSight, BookChange, BookSight
from lightning.engine.journal import Batch
from lightning.engine.replay import Applied
from lightning.engine.views import AccountState, OrderState
from lightning.instruments import Symbol
from lightning.pb.v1 import market_data_pb2 as pb
from lightning.pb.v1 import trading_pb2
from lightning.pb.v1 import types_pb2 as types
from lightning.rows import Command, Event
from lightning.server.convert import reports
from lightning.server.convert.enums import (
    ORDER_TYPES,
    REJECT_REASONS,
    SIDES,
    SYMBOL_STATUSES,
    TIMES_IN_FORCE,
)
from lightning.server.convert.fields import require_not_negative
from lightning.server.errors import MESSAGES, BadField
from lightning.server.gateway import Catalog

LEVELS_DEFAULT = 20
LEVELS_MAX = 1000
CHECKED_LEVELS = 10
ORDERS_PER_MESSAGE = 1000


def subscribed_levels(request: pb.SubscribeOrderBookRequest) -> int:
    levels = require_not_negative("levels", request.levels) or LEVELS_DEFAULT
    if levels > LEVELS_MAX:
        raise BadField("levels", f"must be at most {LEVELS_MAX}, not {levels}")
    return levels


# books


def book_snapshot(symbol: Symbol, sight: BookSight, time_ns: int) -> pb.SubscribeOrderBookResponse:
    return pb.SubscribeOrderBookResponse(
        symbol_id=symbol.id,
        seq=sight.seq,
        snapshot=True,
        bids=_levels(symbol, sight.depth.bids),
        asks=_levels(symbol, sight.depth.asks),
        time_ns=time_ns,
        checksum=checksum(symbol, sight),
        status=SYMBOL_STATUSES[sight.status],
    )


def book_change(symbol: Symbol, change: BookChange, time_ns: int) -> pb.SubscribeOrderBookResponse:
    return pb.SubscribeOrderBookResponse(
        symbol_id=symbol.id,
        seq=change.sight.seq,
        previous_seq=change.previous_seq,
        bids=_levels(symbol, change.changed.bids),
        asks=_levels(symbol, change.changed.asks),
        time_ns=time_ns,
        checksum=checksum(symbol, change.sight),
        status=SYMBOL_STATUSES[change.sight.status],
    )


def _levels(symbol: Symbol, side: np.ndarray) -> list[pb.PriceLevel]:
    return [
        pb.PriceLevel(
            price=format_steps(price, symbol.tick), quantity=format_steps(qty, symbol.lot), order_count=count
        )
        for price, qty, count in side.tolist()
    ]


def checksum(symbol: Symbol, sight: BookSight) -> int:
    """CRC-32 over the best levels, asks first, after the recipe that Kraken publishes for its API v2."""
    text = "".join(
        _bare(format_steps(price, symbol.tick)) + _bare(format_steps(qty, symbol.lot))
        for side in (sight.depth.asks, sight.depth.bids)
        for price, qty, _ in side[:CHECKED_LEVELS].tolist()
    )
    return crc32(text.encode())


def _bare(number: str) -> str:
    return number.replace(".", "").lstrip("0")


def book_orders(
    symbol: Symbol, changes: np.ndarray, seq: int, previous_seq: int, time_ns: int
) -> list[pb.SubscribeBookOrdersResponse]:
    """BOOK_CHANGE rows; previous_seq 0: a snapshot, in as many messages as it takes."""
    snapshot = previous_seq == 0
    size = ORDERS_PER_MESSAGE if snapshot else max(len(changes), 1)
    parts = [changes[at : at + size] for at in range(0, max(len(changes), 1), size)]
    return [
        pb.SubscribeBookOrdersResponse(
            symbol_id=symbol.id,
            seq=seq,
            previous_seq=previous_seq,
            snapshot=snapshot,
            more=number < len(parts),
            changes=[_order_change(symbol, *row) for row in part[list(_CHANGE_COLUMNS)].tolist()],
            time_ns=time_ns,
        )
        for number, part in enumerate(parts, 1)
    ]


_CHANGE_COLUMNS = ("action", "order_id", "side", "price", "qty")


def _order_change(
    symbol: Symbol, action: int, order_id: int, side: int, price: int, qty: int
) -> pb.BookOrderChange:
    return pb.BookOrderChange(
        action=action,  # type: ignore[arg-type]  # the numbers are the same
        order_id=order_id,
        side=SIDES[side],
        price=format_steps(price, symbol.tick),
        quantity=format_steps(qty, symbol.lot) if qty else "",
    )


# accounts


def account_event(
    sight: AccountSight,
    told: AccountState | None,
    applied: Applied,
    previous_seq: int,
    time_ns: int,
    catalog: Catalog,
) -> trading_pb2.AccountEvent:
    """told : the balances as they were told last"""
    rows = [Event._make(row) for row in applied.events[sight.rows].tolist()]
    found: dict[int, trading_pb2.ExecutionReport] = {}
    for order_id, state in sight.orders.items():
        assert state is not None
        found[order_id] = _report(state, rows[-1].seq, time_ns, catalog)
    reports_made = list(found.values())
    for row in rows:
        _put_row(row, sight.account, found, time_ns, catalog)
        if row.kind == EventKind.REJECTED and row.account == sight.account:
            reports_made += _rejected(row, applied, time_ns, catalog)
    return trading_pb2.AccountEvent(
        account_id=sight.account,
        seq=rows[-1].seq,
        previous_seq=previous_seq,
        time_ns=time_ns,
        reports=reports_made,
        balances=changed_balances(told, sight.balances, catalog),
    )


def account_state(
    account: int, state: AccountState | None, seq: int, previous_seq: int, time_ns: int, catalog: Catalog
) -> trading_pb2.AccountEvent:
    """All balances, and no more."""
    return trading_pb2.AccountEvent(
        account_id=account,
        seq=seq,
        previous_seq=previous_seq,
        time_ns=time_ns,
        balances=changed_balances(None, state, catalog),
    )


def _report(state: OrderState, seq: int, time_ns: int, catalog: Catalog) -> trading_pb2.ExecutionReport:
    return trading_pb2.ExecutionReport(order=reports.order(state, catalog), seq=seq, time_ns=time_ns)


def _put_row(
    row: Event, account: int, found: dict[int, trading_pb2.ExecutionReport], time_ns: int, catalog: Catalog
) -> None:
    """A trade is a fill of whichever of its orders is the account's; an end has a reason."""
    if row.kind == EventKind.TRADE:
        symbol = catalog.symbols[row.symbol]
        if row.account == account:
            found[row.order_id].fills.append(_fill(row, symbol, False, time_ns))
        if row.maker_account == account:
            found[row.maker_order_id].fills.append(_fill(row, symbol, True, time_ns))
    elif row.kind in (EventKind.CANCELED, EventKind.EXPIRED) and row.account == account:
        report = found[row.order_id]
        report.reject_reason = report.order.reject_reason = REJECT_REASONS[row.reason]
        report.reject_message = MESSAGES[RejectReason(row.reason)]


def _fill(row: Event, symbol: Symbol, is_maker: bool, time_ns: int) -> types.Fill:
    return types.Fill(
        trade_id=row.trade_id,
        price=format_steps(row.price, symbol.tick),
        quantity=format_steps(row.qty, symbol.lot),
        liquidity=types.LIQUIDITY_MAKER if is_maker else types.LIQUIDITY_TAKER,
        maker_order_id=row.maker_order_id,
        taker_order_id=row.order_id,
        fee=format_units(row.maker_fee if is_maker else row.fee, symbol.quote.scale),
        fee_currency_id=symbol.quote.id,
        time_ns=time_ns,
        symbol_id=symbol.id,
        side=SIDES[1 - row.side if is_maker else row.side],
        client_order_id=row.maker_client_order_id if is_maker else row.client_order_id,
        seq=row.seq,
    )


def _rejected(
    row: Event, applied: Applied, time_ns: int, catalog: Catalog
) -> Iterable[trading_pb2.ExecutionReport]:
    """Of a refused PLACE, as the history keeps it; other refusals are told to who asked."""
    assert isinstance(applied.record, Batch)
    command = Command._make(applied.record.rows[row.seq - applied.record.first_seq].tolist())
    symbol = catalog.symbols.get(command.symbol)
    if command.kind != CommandKind.PLACE or symbol is None:
        return
    yield trading_pb2.ExecutionReport(
        order=types.Order(
            order_id=row.seq,
            client_order_id=command.client_order_id,
            account_id=command.account,
            symbol_id=command.symbol,
            side=SIDES.get(command.side),
            type=ORDER_TYPES.get(command.type),
            time_in_force=TIMES_IN_FORCE.get(command.tif),
            price=format_steps(command.price, symbol.tick) if command.price else "",
            quantity=format_steps(command.qty, symbol.lot),
            status=types.ORDER_STATUS_REJECTED,
            reject_reason=REJECT_REASONS[row.reason],
            create_time_ns=time_ns,
            update_time_ns=time_ns,
        ),
        reject_reason=REJECT_REASONS[row.reason],
        reject_message=MESSAGES[RejectReason(row.reason)],
        seq=row.seq,
        time_ns=time_ns,
    )


def changed_balances(
    told: AccountState | None, now: AccountState | None, catalog: Catalog
) -> list[types.Balance]:
    before = set() if told is None else set(told.balances)
    after = [] if now is None else now.balances
    return [
        types.Balance(
            currency_id=currency,
            total=format_units(available + held, catalog.currencies[currency].scale),
            available=format_units(available, catalog.currencies[currency].scale),
            held=format_units(held, catalog.currencies[currency].scale),
        )
        for currency, available, held in after
        if (currency, available, held) not in before and currency in catalog.currencies
    ]
