"""Writing EVENT rows."""

from lightning.codes import EventFlag, EventKind, Side
from lightning.kernels.kernel import kernel
from lightning.kernels.order import is_extended, terms_of


@kernel
def next_event(out, index, seq, kind):
    """The next row, blank but for command, seq and kind. There must be room."""
    n = out.cursor[0]
    out.cursor[0] = n + 1
    event = out.events[n]
    event.seq = seq
    event.order_id = 0
    event.client_order_id = 0
    event.account = 0
    event.price = 0
    event.qty = 0
    event.leaves_qty = 0
    event.fee = 0
    event.trade_id = 0
    event.maker_order_id = 0
    event.maker_client_order_id = 0
    event.maker_account = 0
    event.maker_fee = 0
    event.amount = 0
    event.command = index
    event.symbol = 0
    event.kind = kind
    event.reason = 0
    event.side = 0
    event.flags = 0
    event.currency = 0
    return event


@kernel
def emit_rejected(out, command, index, seq, reason):
    """The command is refused: its own ids, side, price, quantity and time are told back."""
    event = next_event(out, index, seq, EventKind.REJECTED)
    event.order_id = command.order_id
    event.client_order_id = command.client_order_id
    event.account = command.account
    event.price = command.price
    event.qty = command.qty
    event.symbol = command.symbol
    event.side = command.side
    event.reason = reason
    event.create_time_ns = command.time_ns


@kernel
def emit_order(out, index, seq, kind, books, shard, book, slot, qty):
    """A row about an order's state; `qty` is what the row is about."""
    order = books.orders[shard, slot]
    event = next_event(out, index, seq, kind)
    event.order_id = order.order_id
    event.client_order_id = order.client_order_id
    event.account = order.account
    event.price = order.price
    event.qty = qty
    event.leaves_qty = order.leaves
    event.order_qty = order.qty
    event.filled_qty = order.filled
    event.filled_quote = order.filled_quote
    event.filled_fee = order.fee
    event.create_time_ns = order.create_time
    event.order_type = order.type
    event.order_tif = order.tif
    if is_extended(order):
        event.order_terms = terms_of(order, books.details[shard, slot])
    event.symbol = book.symbol
    event.side = order.side
    return event


@kernel
def emit_money(event, ledger, book, side, amount):
    """Say how much the row held or released, and of which currency."""
    if ledger != 0:
        event.amount = amount
        event.currency = book.quote if side == Side.BUY else book.base


@kernel
def emit_trade(out, index, seq, book, taker, maker, price, qty, taker_fee, maker_fee, taker_leaves):
    """One trade; both orders already show it."""
    event = next_event(out, index, seq, EventKind.TRADE)
    event.order_id = taker.order_id
    event.client_order_id = taker.client_order_id
    event.account = taker.account
    event.price = price
    event.qty = qty
    event.leaves_qty = taker_leaves
    event.fee = taker_fee
    event.trade_id = book.trades
    event.maker_order_id = maker.order_id
    event.maker_client_order_id = maker.client_order_id
    event.maker_account = maker.account
    event.maker_fee = maker_fee
    event.maker_leaves_qty = maker.leaves
    event.symbol = book.symbol
    event.side = taker.side


@kernel
def emit_balance(out, index, seq, kind, account, balance, amount):
    """A row about one balance after a deposit, withdrawal or transfer."""
    event = next_event(out, index, seq, kind)
    event.account = account
    event.amount = amount
    event.currency = balance.currency
    event.available = balance.available
    event.held = balance.held
    return event


@kernel
def mark_consequences(out, first):
    """The rows from `first` on are not of the command itself."""
    for i in range(first, out.cursor[0]):
        out.events[i].flags |= EventFlag.CONSEQUENCE


@kernel
def mark(event, reason, maker):
    """Why a row came about, and whether it is about a resting order that was hit."""
    event.reason = reason
    if maker:
        event.flags = EventFlag.MAKER
