"""PLACE: the checks that need no book, in their order, and the hold."""

import numpy as np

from lightning.codes import (
    AccountStatus,
    CommandFlag,
    OrderType,
    RejectReason,
    SelfTradePrevention,
    Side,
    SymbolStatus,
    TimeInForce,
)
from lightning.kernels.intrinsics import product
from lightning.kernels.kernel import kernel
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import account_find, balance_find, balance_open, hold
from lightning.kernels.money import buy_hold, held_rate, notional_of
from lightning.rows import PRICE_TICKS_MAX

KNOWN_FLAGS = CommandFlag.POST_ONLY | CommandFlag.OWN_FEES


@kernel
def is_plain(c):
    """Is the PLACE a matter of this module?"""
    if c.type > OrderType.MARKET or c.tif > TimeInForce.FOK or c.flags & CommandFlag.ONE_CANCELS_OTHER:
        return False
    return (c.stop_price | c.display_qty | c.expire_time_ns | c.trail_amount) == 0


@kernel
def check_codes(c):
    """Are the codes of a plain PLACE in range, and is nothing given that has no meaning for it?"""
    if (np.int64(c.flags) & ~KNOWN_FLAGS) != 0:
        return False
    if c.flags & CommandFlag.POST_ONLY and (c.type != OrderType.LIMIT or c.tif != TimeInForce.GTC):
        return False
    return check_columns(c)


@kernel
def check_columns(c):
    """What holds for every PLACE."""
    if c.side > Side.SELL or c.stp > SelfTradePrevention.DECREMENT:
        return False
    if c.flags & CommandFlag.OWN_FEES == 0 and (c.taker_fee_ppm != 0 or c.maker_fee_ppm != 0):
        return False
    unused = np.int64(c.reserved) | c.order_id | c.request_id
    return unused == 0 and c.counter_account == 0 and c.currency == 0


@kernel
def check_spec(c, book):
    """Status, price, quantity, fees and sizes against the symbol. Returns a RejectReason."""
    if book.status != SymbolStatus.TRADING:
        if book.status != SymbolStatus.AUCTION:
            return np.int64(RejectReason.HALTED)
        if c.type != OrderType.LIMIT or c.tif != TimeInForce.GTC:
            return np.int64(RejectReason.AUCTION)
    market = c.type == OrderType.MARKET
    if (market and c.price != 0) or (not market and (c.price < 1 or c.price > PRICE_TICKS_MAX)):
        return np.int64(RejectReason.INVALID_PRICE)
    by_amount = market and c.side == Side.BUY and c.amount > 0 and c.qty == 0
    if not by_amount and (c.amount != 0 or c.qty < book.qty_min or c.qty > book.qty_max):
        return np.int64(RejectReason.INVALID_QUANTITY)
    if not fees_allowed(c, book):
        return np.int64(RejectReason.INVALID_FEE)
    if by_amount:
        return np.int64(RejectReason.NONE)
    if product(c.qty, book.lot_value) < 0:
        return np.int64(RejectReason.OVERFLOW)
    if market:
        return np.int64(RejectReason.NONE)
    notional = notional_of(book, c.price, c.qty)
    if notional < 0 or buy_hold(book, c.price, c.qty, rate_of(c, book)) < 0:
        return np.int64(RejectReason.OVERFLOW)
    if notional < book.notional_min:
        return np.int64(RejectReason.LIMIT_EXCEEDED)
    return np.int64(RejectReason.NONE)


@kernel
def fees_allowed(c, book):
    """Are the rates that the order brings within the symbol's bounds?"""
    if c.flags & CommandFlag.OWN_FEES == 0:
        return True
    low = np.int64(book.order_fee_ppm_min)
    high = np.int64(book.order_fee_ppm_max)
    taker = np.int64(c.taker_fee_ppm)
    maker = np.int64(c.maker_fee_ppm)
    return low <= taker <= high and low <= maker <= high and taker + maker >= 0


@kernel
def rate_of(c, book):
    """The fee rate that a buy is held for."""
    if c.flags & CommandFlag.OWN_FEES:
        return held_rate(c.maker_fee_ppm, c.taker_fee_ppm)
    return held_rate(book.maker_fee_ppm, book.taker_fee_ppm)


@kernel
def worst_hold(c, book, available):
    """The most the order can cost (RULES 10, 13, 14), given what is available of that currency."""
    if c.side == Side.SELL:
        return c.qty * book.lot_value
    if c.type == OrderType.LIMIT:
        return buy_hold(book, c.price, c.qty, rate_of(c, book))
    if c.amount > 0:
        return np.int64(c.amount)
    return np.int64(available)


@kernel
def stage_place(st, c, home, book, book_slot, staged):
    """Check a PLACE and take its whole hold. Returns a RejectReason; refused: nothing changed.

    staged : STAGED row, filled for `book_place`
    """
    if not check_codes(c):
        return np.int64(RejectReason.INVALID_COMMAND)
    if book_slot == NIL:
        return np.int64(RejectReason.UNKNOWN_SYMBOL)
    owner, reason = trading_account(st, home, c.account)
    if reason != RejectReason.NONE:
        return reason
    reason = check_spec(c, book)
    if reason != RejectReason.NONE:
        return reason
    return stage_hold(st, c, home, book, owner, np.int64(0), staged)


@kernel
def trading_account(st, home, account):
    """The slot of an account, of shard `home`, that may trade. Returns (slot or NIL, RejectReason)."""
    if st.globals[0].ledger == 0:
        return np.int64(NIL), np.int64(RejectReason.NONE)
    owner = account_find(st.accounts, st.globals[0].secret, home, account)
    if owner == NIL:
        return owner, np.int64(RejectReason.UNKNOWN_ACCOUNT)
    if st.accounts.accounts[home, owner].status != AccountStatus.ACTIVE:
        return owner, np.int64(RejectReason.ACCOUNT_HALTED)
    return owner, np.int64(RejectReason.NONE)


@kernel
def stage_hold(st, c, home, book, owner, price, staged):
    """Take the whole hold of a checked PLACE. Returns a RejectReason; refused: nothing changed.

    price : that a buy holds for, 0 = as `worst_hold` says
    """
    ledger = st.globals[0].ledger
    secret = st.globals[0].secret
    accounts = st.accounts
    shard = home
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
    if price != 0 and c.side == Side.BUY:
        amount = buy_hold(book, price, c.qty, rate_of(c, book))
    else:
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
