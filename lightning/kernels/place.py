"""PLACE: the checks in their order, the hold, and the order's way into its book."""

import numpy as np

from lightning.codes import (
    CommandFlag,
    EventKind,
    OrderType,
    RejectReason,
    SelfTradePrevention,
    Side,
    SymbolStatus,
    TimeInForce,
)
from lightning.kernels.close import end_order, remember
from lightning.kernels.events import emit_money, emit_order, emit_rejected
from lightning.kernels.fill_or_kill import can_fill
from lightning.kernels.intrinsics import product
from lightning.kernels.kernel import kernel
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import account_find, balance_find, balance_open, hold, post, shard_of
from lightning.kernels.match import take
from lightning.kernels.money import buy_hold, held_rate, notional_of
from lightning.kernels.order import BY_AMOUNT, NO_BUDGET, STP_SHIFT, UNLIMITED, has_owner, would_trade
from lightning.kernels.queue import (
    enqueue,
    order_by_client_id,
    order_free,
    order_new,
    register,
    trader_find,
    trader_new,
)
from lightning.kernels.settle import hold_of, settle_taker
from lightning.rows import PRICE_TICKS_MAX

KNOWN_FLAGS = CommandFlag.POST_ONLY | CommandFlag.OWN_FEES


@kernel
def check_codes(c):
    """Are the codes of a PLACE in range, and is nothing given that has no meaning for it?"""
    if c.side > Side.SELL or c.type > OrderType.MARKET or c.tif > TimeInForce.FOK:
        return False
    if c.stp > SelfTradePrevention.DECREMENT or (np.int64(c.flags) & ~KNOWN_FLAGS) != 0:
        return False
    if c.flags & CommandFlag.POST_ONLY and (c.type != OrderType.LIMIT or c.tif != TimeInForce.GTC):
        return False
    if c.flags & CommandFlag.OWN_FEES == 0 and (c.taker_fee_ppm != 0 or c.maker_fee_ppm != 0):
        return False
    unused = (
        np.int64(c.reserved)
        | c.stop_price
        | c.display_qty
        | c.expire_time_ns
        | c.trail_amount
        | c.order_id
        | c.request_id
    )
    return unused == 0 and c.counter_account == 0 and c.currency == 0


@kernel
def check_spec(c, book):
    """Status, price, quantity, fees and sizes against the symbol. Returns a RejectReason."""
    if book.status != SymbolStatus.TRADING:
        return np.int64(RejectReason.HALTED)
    market = c.type == OrderType.MARKET
    if (market and c.price != 0) or (not market and (c.price < 1 or c.price > PRICE_TICKS_MAX)):
        return np.int64(RejectReason.INVALID_PRICE)
    by_amount = market and c.side == Side.BUY and c.amount > 0 and c.qty == 0
    if not by_amount and (c.amount != 0 or c.qty < book.qty_min or c.qty > book.qty_max):
        return np.int64(RejectReason.INVALID_QUANTITY)
    if c.flags & CommandFlag.OWN_FEES:
        low = np.int64(book.order_fee_ppm_min)
        high = np.int64(book.order_fee_ppm_max)
        taker = np.int64(c.taker_fee_ppm)
        maker = np.int64(c.maker_fee_ppm)
        if taker < low or taker > high or maker < low or maker > high or taker + maker < 0:
            return np.int64(RejectReason.INVALID_FEE)
    if by_amount:
        return np.int64(RejectReason.NONE)
    if product(c.qty, book.lot_value) < 0:
        return np.int64(RejectReason.OVERFLOW)
    if market:
        return np.int64(RejectReason.NONE)
    notional = notional_of(book, c.price, c.qty)
    if notional < 0 or buy_hold(book, c.price, c.qty, _rate(c, book)) < 0:
        return np.int64(RejectReason.OVERFLOW)
    if notional < book.notional_min:
        return np.int64(RejectReason.LIMIT_EXCEEDED)
    return np.int64(RejectReason.NONE)


@kernel
def _rate(c, book):
    if c.flags & CommandFlag.OWN_FEES:
        return held_rate(c.maker_fee_ppm, c.taker_fee_ppm)
    return held_rate(book.maker_fee_ppm, book.taker_fee_ppm)


@kernel
def worst_hold(c, book, available):
    """The most the order can cost (RULES 10, 13, 14), given what is available of that currency."""
    if c.side == Side.SELL:
        return c.qty * book.lot_value
    if c.type == OrderType.LIMIT:
        return buy_hold(book, c.price, c.qty, _rate(c, book))
    if c.amount > 0:
        return np.int64(c.amount)
    return np.int64(available)


@kernel
def stage_place(st, c, book, book_slot, staged):
    """Check a PLACE and take its whole hold. Returns a RejectReason; refused: nothing changed.

    staged : STAGED row, filled for `book_place`
    """
    if not check_codes(c):
        return np.int64(RejectReason.INVALID_COMMAND)
    if book_slot == NIL:
        return np.int64(RejectReason.UNKNOWN_SYMBOL)
    ledger = st.globals[0].ledger
    secret = st.globals[0].secret
    accounts = st.accounts
    shard = np.int64(0)
    owner = np.int64(NIL)
    if ledger != 0:
        shard = shard_of(c.account, accounts.head.shape[0])
        owner = account_find(accounts, secret, shard, c.account)
        if owner == NIL:
            return np.int64(RejectReason.UNKNOWN_ACCOUNT)
    reason = check_spec(c, book)
    if reason != RejectReason.NONE:
        return reason
    staged.hold = 0
    staged.base_slot = NIL
    staged.quote_slot = NIL
    if ledger == 0:
        staged.maker_fee_ppm = 0
        staged.taker_fee_ppm = 0
        return np.int64(RejectReason.NONE)
    own_fees = c.flags & CommandFlag.OWN_FEES
    staged.maker_fee_ppm = c.maker_fee_ppm if own_fees else book.maker_fee_ppm
    staged.taker_fee_ppm = c.taker_fee_ppm if own_fees else book.taker_fee_ppm
    spent = np.int64(book.quote) if c.side == Side.BUY else np.int64(book.base)
    slot = balance_find(accounts, secret, shard, c.account, spent)
    if slot == NIL:
        return np.int64(RejectReason.INSUFFICIENT_FUNDS)
    balance = accounts.balances[shard, slot]
    amount = worst_hold(c, book, balance.available)
    if balance.available < amount or amount <= 0:
        return np.int64(RejectReason.INSUFFICIENT_FUNDS)
    hold(balance, amount)
    accounts.accounts[shard, owner].open_orders += 1
    staged.hold = amount
    gained = np.int64(book.base) if c.side == Side.BUY else np.int64(book.quote)
    other = balance_open(accounts, secret, shard, owner, gained)
    staged.base_slot = other if c.side == Side.BUY else slot
    staged.quote_slot = slot if c.side == Side.BUY else other
    return np.int64(RejectReason.NONE)


@kernel
def _release_staged(st, out, c, staged):
    """Give a refused order's whole hold back."""
    if st.globals[0].ledger != 0:
        slot = staged.quote_slot if c.side == Side.BUY else staged.base_slot
        post(st.accounts, out, c.account, slot, staged.hold, -staged.hold, 1)


@kernel
def _room_for_order(st):
    """Does one more open order fit under the configured ceiling?"""
    row = st.globals[0]
    if row.orders_room <= 0:
        live = np.int64(0)
        for shard in range(st.books.head.shape[0]):
            live += st.books.head[shard].orders_live
        row.orders_room = row.orders_max - live + 1  # this order is counted as live already
    row.orders_room -= 1
    return row.orders_room >= 0


@kernel
def _write_order(c, order, book_slot, staged, order_id, stp):
    order.order_id = order_id
    order.client_order_id = c.client_order_id
    order.account = c.account
    order.leaves = UNLIMITED if c.amount > 0 else c.qty
    order.level = NIL
    order.book = book_slot
    order.price = c.price
    order.maker_fee_ppm = staged.maker_fee_ppm
    order.taker_fee_ppm = staged.taker_fee_ppm
    order.qty = c.qty
    order.filled = 0
    order.filled_quote = 0
    order.fee = 0
    order.create_time = c.time_ns
    order.update_time = c.time_ns
    order.trader = NIL
    order.side = c.side
    order.type = c.type
    order.tif = c.tif
    by_amount = BY_AMOUNT if c.amount > 0 else 0
    order.flags = (np.int64(c.flags) & CommandFlag.POST_ONLY) | by_amount | stp << STP_SHIFT


@kernel
def _refused_by_book(st, shard, order):
    """The last checks of a PLACE, those that need the book. Returns a RejectReason."""
    books = st.books
    if order.client_order_id != 0:
        secret = st.globals[0].secret
        book = np.int64(order.book)
        twin = order_by_client_id(books, secret, shard, book, order.account, order.client_order_id)
        if twin != NIL:
            return np.int64(RejectReason.DUPLICATE_ID)
    if np.int64(order.flags) & CommandFlag.POST_ONLY and would_trade(books, shard, order):
        return np.int64(RejectReason.WOULD_CROSS)
    if not _room_for_order(st):
        return np.int64(RejectReason.CAPACITY)
    return np.int64(RejectReason.NONE)


@kernel
def book_place(st, out, c, index, seq, shard, book_slot, staged):
    """Bring a checked and held order into its book: trade, then rest or end."""
    books = st.books
    book = books.books[shard, book_slot]
    slot = order_new(books, shard)
    order = books.orders[shard, slot]
    stp = np.int64(c.stp if c.stp != SelfTradePrevention.DEFAULT else book.stp)
    _write_order(c, order, book_slot, staged, seq, stp)
    reason = _refused_by_book(st, shard, order)
    if reason != RejectReason.NONE:
        order_free(books, shard, slot)
        _release_staged(st, out, c, staged)
        emit_rejected(out, c, index, seq, reason)
        return
    secret = st.globals[0].secret
    ledger = st.globals[0].ledger
    trader = np.int64(NIL)
    own = False
    if has_owner(ledger, c.account):
        trader = trader_find(books, secret, shard, book_slot, c.account)
    if trader != NIL:
        row = books.traders[shard, trader]
        own = (row.sells if c.side == Side.BUY else row.buys) > 0
    budgeted = c.type == OrderType.MARKET and c.side == Side.BUY and ledger != 0
    budget = np.int64(NO_BUDGET)
    if budgeted:
        budget = np.int64(staged.hold)
    elif c.amount > 0:
        budget = np.int64(c.amount)
    if c.amount > 0:
        order.leaves = 0
    event = emit_order(out, index, seq, EventKind.ACCEPTED, book, order, order.qty)
    emit_money(event, ledger, book, order.side, staged.hold)
    if c.amount > 0:
        order.leaves = UNLIMITED
    held = np.int64(staged.hold)
    end = np.int64(RejectReason.NO_LIQUIDITY)
    filled = np.int64(0)
    quote = np.int64(0)
    fee = np.int64(0)
    if c.tif != TimeInForce.FOK or can_fill(st, shard, order, stp, own, budget):
        end, filled, quote, fee = take(st, out, index, seq, c.time_ns, shard, slot, stp, own, budget, held)
    rests = end == RejectReason.NO_LIQUIDITY and c.type == OrderType.LIMIT and c.tif == TimeInForce.GTC
    released = held
    if rests and ledger != 0:
        released -= hold_of(book, order, order.leaves)
    slots = (np.int64(staged.base_slot), np.int64(staged.quote_slot))
    settle_taker(st, out, book, order, slots, released, filled, quote, fee, 0 if rests else 1)
    if rests:
        _rest(st, shard, slot, trader, slots)
    else:
        end_order(st, out, index, seq, book, order, end, released - quote - fee)
        remember(st, shard, slot, c.time_ns)
        order_free(books, shard, slot)


@kernel
def _rest(st, shard, slot, trader, slots):
    """Put what is open of an order into the book."""
    books = st.books
    secret = st.globals[0].secret
    order = books.orders[shard, slot]
    order.trader = NIL
    if has_owner(st.globals[0].ledger, order.account):
        # the walk may have freed the trader row, with the account's last resting order
        if trader == NIL or books.traders[shard, trader].book != order.book:
            trader = trader_find(books, secret, shard, np.int64(order.book), order.account)
        if trader == NIL:
            book = np.int64(order.book)
            trader = trader_new(books, secret, shard, book, order.account, slots[0], slots[1])
        order.trader = trader
    enqueue(books, shard, slot)
    register(books, secret, shard, slot)
