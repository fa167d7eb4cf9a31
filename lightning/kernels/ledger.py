"""Accounts and balances: finding them, holding, crediting.

During matching every change of a balance is a posting that only adds to what its account may use
(the debit was held before). With one worker it is applied on the spot; parallel match stages
write it down and the settle stage applies it.
"""

import numpy as np

from lightning.kernels.index import hash_pair, index_insert
from lightning.kernels.intrinsics import mix
from lightning.kernels.kernel import kernel, lookup
from lightning.kernels.layout import NIL

SHARD_SALT = 0x51AB5EED


@lookup
def shard_of(number, shards):
    """The shard of an account or symbol id: a pure function of the id."""
    return (mix(number, SHARD_SALT) & 0x7FFFFFFF) % shards


@lookup
def account_find(accounts, secret, shard, account):
    """Slot of the account, or NIL if it never was."""
    index = accounts.account_index
    hashed = hash_pair(secret, account, 0)
    mask = index.shape[1] - 1
    i = hashed & mask
    while index[shard, i].slot != 0:
        slot = np.int64(index[shard, i].slot) - 1
        if index[shard, i].hash == hashed and accounts.accounts[shard, slot].account == account:
            return slot
        i = (i + 1) & mask
    return np.int64(NIL)


@lookup
def account_new(accounts, secret, shard, account):
    head = accounts.head[shard]
    slot = head.accounts_used
    head.accounts_used = slot + 1
    row = accounts.accounts[shard, slot]
    row.account = account
    row.segment = 0
    row.balances = NIL
    row.open_orders = 0
    index_insert(accounts.account_index, shard, hash_pair(secret, account, 0), slot)
    return slot


@kernel
def balance_find(accounts, secret, shard, account, currency):
    """Slot of the balance, or NIL if the account never had that currency."""
    index = accounts.balance_index
    hashed = hash_pair(secret, account, currency)
    mask = index.shape[1] - 1
    i = hashed & mask
    while index[shard, i].slot != 0:
        if index[shard, i].hash == hashed:
            slot = np.int64(index[shard, i].slot) - 1
            row = accounts.balances[shard, slot]
            if row.account == account and row.currency == currency:
                return slot
        i = (i + 1) & mask
    return np.int64(NIL)


@lookup
def balance_open(accounts, secret, shard, owner, currency):
    """Slot of the balance of the account in slot `owner`, made if need be."""
    account = accounts.accounts[shard, owner]
    found = balance_find(accounts, secret, shard, account.account, currency)
    if found != NIL:
        return found
    head = accounts.head[shard]
    slot = head.balances_used
    head.balances_used = slot + 1
    row = accounts.balances[shard, slot]
    row.account = account.account
    row.available = 0
    row.held = 0
    row.currency = currency
    row.owner = owner
    row.credited = 0
    row.next = account.balances
    account.balances = slot
    index_insert(accounts.balance_index, shard, hash_pair(secret, account.account, currency), slot)
    return slot


@kernel
def hold(row, amount):
    """Move `amount` of a balance from available to held; it must be there."""
    row.available -= amount
    row.held += amount


@kernel
def post(accounts, out, account, slot, available, held, closed):
    """Change one balance by `available` and `held`, and its account's open orders by -`closed`."""
    if out.postings.shape[0] != 0:
        n = out.cursor[1]
        out.cursor[1] = n + 1
        row = out.postings[n]
        row.account = account
        row.slot = slot
        row.closed = closed
        row.available = available
        row.held = held
        return
    apply_posting(accounts, shard_of(account, accounts.head.shape[0]), slot, available, held, closed)


@kernel
def apply_posting(accounts, shard, slot, available, held, closed):
    balance = accounts.balances[shard, slot]
    balance.available += available
    balance.held += held
    if available != 0:
        balance.credited = 1
    if closed != 0:
        accounts.accounts[shard, balance.owner].open_orders -= closed
