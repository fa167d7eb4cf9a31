"""Which timers still have something to do."""

import numpy as np

from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.ledger import account_find, shard_of
from lightning.kernels.order import is_extended
from lightning.kernels.registry import order_by_id


@kernel
def thing_of(st, timer):
    """(shard, slot) of the order, or of the account if `symbol` is 0, that ends then; slot NIL: none does."""
    secret = st.globals[0].secret
    if timer.symbol == 0:
        shard = np.int64(shard_of(timer.id, st.accounts.head.shape[0]))
        slot = account_find(st.accounts, secret, shard, timer.id)
        if slot != NIL and st.accounts.accounts[shard, slot].cancel_all_after != timer.expire_time:
            slot = np.int64(NIL)
        return shard, slot
    shard = np.int64(st.directory[timer.symbol, 0])
    if shard == NIL:
        return shard, np.int64(NIL)
    slot = order_by_id(st.books, secret, shard, timer.id)
    if slot == NIL or not is_extended(st.books.orders[shard, slot]):
        return shard, np.int64(NIL)
    if st.books.details[shard, slot].expire_time != timer.expire_time:
        slot = np.int64(NIL)
    return shard, slot


@entry
def mark_alive(st, alive):
    """Fill `alive`, (timers in use,) bool, with whether each timer still has something to do."""
    for i in range(alive.shape[0]):
        _, slot = thing_of(st, st.timers[i])
        alive[i] = slot != NIL
