"""DEPOSIT, WITHDRAW, TRANSFER: money in, out and across."""

import numpy as np

from lightning.codes import CommandFlag, EventKind, RejectReason
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


@kernel
def _receiver(st, c, reason):
    """The account that the money of a TRANSFER goes to. Returns (shard, slot, RejectReason).

    reason : what the payer's side says; only its want of money gives way to what is wrong here
    """
    shard = shard_of(c.counter_account, st.accounts.head.shape[0])
    slot = account_find(st.accounts, st.globals[0].secret, shard, c.counter_account)
    if reason == RejectReason.NONE or reason == RejectReason.INSUFFICIENT_FUNDS:
        if c.counter_account == c.account:
            return shard, slot, np.int64(RejectReason.INVALID_COMMAND)
        if slot == NIL:
            return shard, slot, np.int64(RejectReason.UNKNOWN_ACCOUNT)
    return shard, slot, reason


@kernel
def move_funds(st, out, c, index, seq):
    """Do one TRANSFER and tell it; refused: nothing is done or told. Returns a RejectReason."""
    shard, slot, reason = _payer(st, c)
    receiver_shard, receiver, reason = _receiver(st, c, reason)
    if reason != RejectReason.NONE:
        return reason
    target = balance_open(st.accounts, st.globals[0].secret, receiver_shard, receiver, np.int64(c.currency))
    st.accounts.balances[receiver_shard, target].available += c.amount
    balance = st.accounts.balances[shard, slot]
    balance.available -= c.amount
    event = emit_balance(out, index, seq, EventKind.TRANSFERRED, c.account, balance, c.amount)
    event.counter_account = c.counter_account
    return reason


@kernel
def credit_receiver(st, c):
    """Note that a TRANSFER that was done stays done: its receiver had something of the currency."""
    shard = shard_of(c.counter_account, st.accounts.head.shape[0])
    slot = balance_find(st.accounts, st.globals[0].secret, shard, c.counter_account, np.int64(c.currency))
    st.accounts.balances[shard, slot].credited = 1


@kernel
def move_funds_back(st, c):
    """Undo `move_funds` of a TRANSFER that was done."""
    secret = st.globals[0].secret
    shards = st.accounts.head.shape[0]
    for account, amount in ((c.account, c.amount), (c.counter_account, -c.amount)):
        shard = shard_of(account, shards)
        slot = balance_find(st.accounts, secret, shard, account, np.int64(c.currency))
        st.accounts.balances[shard, slot].available += amount


@entry
def transfer(st, out, c, index, seq):
    """Move available money from one account to another; both exist.

    With LINKED it is of a chain that is cut short: refused.
    """
    reason = np.int64(RejectReason.INVALID_COMMAND)
    if np.int64(c.flags) & CommandFlag.LINKED == 0:
        reason = move_funds(st, out, c, index, seq)
    if reason != RejectReason.NONE:
        emit_rejected(out, c, index, seq, reason)
    else:
        credit_receiver(st, c)
