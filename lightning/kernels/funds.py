"""DEPOSIT, WITHDRAW, TRANSFER: money in, out and across."""

import numpy as np

from lightning.codes import EventKind, RejectReason
from lightning.kernels.events import emit_balance, emit_rejected
from lightning.kernels.intrinsics import total
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import account_find, account_new, balance_find, balance_open, shard_of

LOW_BITS = 62
LOW_MASK = 2**62 - 1


@kernel
def _known_currency(st, currency):
    return 0 < currency < st.totals.shape[0] and st.totals[currency].exists != 0


@kernel
def _room_for_account(st):
    """Does one more account fit under the configured ceiling?"""
    used = np.int64(0)
    for shard in range(st.accounts.head.shape[0]):
        used += st.accounts.head[shard].accounts_used
    return used < st.globals[0].accounts_max


@entry
def deposit(st, out, c, index, seq):
    """Credit an account from outside; the first time makes the account."""
    shard = shard_of(c.account, st.accounts.head.shape[0])
    secret = st.globals[0].secret
    owner = account_find(st.accounts, secret, shard, c.account)
    reason = _refused_deposit(st, c, owner)
    if reason != RejectReason.NONE:
        emit_rejected(out, c, index, seq, reason)
        return
    if owner == NIL:
        owner = account_new(st.accounts, secret, shard, c.account)
    slot = balance_open(st.accounts, secret, shard, owner, np.int64(c.currency))
    row = st.totals[c.currency]
    row.net += c.amount
    low = row.deposited_lo + (c.amount & LOW_MASK)
    row.deposited_hi += (c.amount >> LOW_BITS) + (low >> LOW_BITS)
    row.deposited_lo = low & LOW_MASK
    balance = st.accounts.balances[shard, slot]
    balance.available += c.amount
    balance.credited = 1
    emit_balance(out, index, seq, EventKind.DEPOSITED, c.account, balance, c.amount)


@kernel
def _refused_deposit(st, c, owner):
    if not _known_currency(st, c.currency):
        return np.int64(RejectReason.UNKNOWN_CURRENCY)
    if c.account < 0:
        return np.int64(RejectReason.UNKNOWN_ACCOUNT)
    if c.amount <= 0:
        return np.int64(RejectReason.INVALID_AMOUNT)
    if total(st.totals[c.currency].net, c.amount) < 0:
        return np.int64(RejectReason.OVERFLOW)
    if owner == NIL and not _room_for_account(st):
        return np.int64(RejectReason.CAPACITY)
    return np.int64(RejectReason.NONE)


@kernel
def _payer(st, c):
    """The balance that money leaves. Returns (shard, slot, RejectReason)."""
    shard = shard_of(c.account, st.accounts.head.shape[0])
    secret = st.globals[0].secret
    nothing = np.int64(NIL)
    if not _known_currency(st, c.currency):
        return shard, nothing, np.int64(RejectReason.UNKNOWN_CURRENCY)
    if account_find(st.accounts, secret, shard, c.account) == NIL:
        return shard, nothing, np.int64(RejectReason.UNKNOWN_ACCOUNT)
    if c.amount <= 0:
        return shard, nothing, np.int64(RejectReason.INVALID_AMOUNT)
    slot = balance_find(st.accounts, secret, shard, c.account, np.int64(c.currency))
    if slot == NIL or st.accounts.balances[shard, slot].available < c.amount:
        return shard, slot, np.int64(RejectReason.INSUFFICIENT_FUNDS)
    return shard, slot, np.int64(RejectReason.NONE)


@entry
def withdraw(st, out, c, index, seq):
    """Take available money out of the exchange."""
    shard, slot, reason = _payer(st, c)
    if reason != RejectReason.NONE:
        emit_rejected(out, c, index, seq, reason)
        return
    row = st.totals[c.currency]
    row.net -= c.amount
    low = row.withdrawn_lo + (c.amount & LOW_MASK)
    row.withdrawn_hi += (c.amount >> LOW_BITS) + (low >> LOW_BITS)
    row.withdrawn_lo = low & LOW_MASK
    balance = st.accounts.balances[shard, slot]
    balance.available -= c.amount
    emit_balance(out, index, seq, EventKind.WITHDRAWN, c.account, balance, c.amount)


@entry
def transfer(st, out, c, index, seq):
    """Move available money from one account to another; both exist."""
    shard, slot, reason = _payer(st, c)
    shards = st.accounts.head.shape[0]
    secret = st.globals[0].secret
    receiver_shard = shard_of(c.counter_account, shards)
    receiver = account_find(st.accounts, secret, receiver_shard, c.counter_account)
    funds = reason == RejectReason.NONE or reason == RejectReason.INSUFFICIENT_FUNDS
    if funds and c.counter_account == c.account:
        reason = np.int64(RejectReason.INVALID_COMMAND)
    elif funds and receiver == NIL:
        reason = np.int64(RejectReason.UNKNOWN_ACCOUNT)
    if reason != RejectReason.NONE:
        emit_rejected(out, c, index, seq, reason)
        return
    target = balance_open(st.accounts, secret, receiver_shard, receiver, np.int64(c.currency))
    st.accounts.balances[receiver_shard, target].available += c.amount
    st.accounts.balances[receiver_shard, target].credited = 1
    balance = st.accounts.balances[shard, slot]
    balance.available -= c.amount
    event = emit_balance(out, index, seq, EventKind.TRANSFERRED, c.account, balance, c.amount)
    event.counter_account = c.counter_account
