"""Invariants of the timers: whatever has a time has one, and the next is the least."""

import numpy as np

from lightning.kernels.check import Broken, report
from lightning.kernels.intrinsics import INT64_MAX
from lightning.kernels.kernel import entry, kernel
from lightning.kernels.layout import NIL
from lightning.kernels.order import is_extended
from lightning.kernels.timers_alive import thing_of


@kernel
def _mark(st, timer, orders, accounts):
    """Note that the order or account that the timer is of has one, if it still has this time."""
    shard, slot = thing_of(st, timer)
    if slot != NIL and timer.symbol != 0:
        orders[shard, slot] = 1
    elif slot != NIL:
        accounts[shard, slot] = 1


@entry
def check_timers(st, orders, accounts, problems, found):
    """orders, accounts : (shards, rows of that table) uint8 zeros, filled. Returns problems found."""
    timers = st.timers
    for i in range(st.globals[0].timers_used):
        _mark(st, timers[i], orders, accounts)
        if timers[i].expire_time < timers[(i - 1) // 2 if i > 0 else 0].expire_time:
            found = report(problems, found, Broken.TIMERS_OUT_OF_ORDER, 0, np.int64(i))
    first = timers[0].expire_time if st.globals[0].timers_used > 0 else np.int64(INT64_MAX)
    if st.globals[0].next_timer != first:
        found = report(problems, found, Broken.TIMERS_OUT_OF_ORDER, 0, np.int64(0))
    for shard in range(st.books.head.shape[0]):
        for slot in range(st.books.head[shard].details_used):
            order = st.books.orders[shard, slot]
            expires = order.order_id != 0 and is_extended(order)
            if expires and st.books.details[shard, slot].expire_time != 0 and orders[shard, slot] == 0:
                found = report(problems, found, Broken.TIMER_MISSING, shard, slot)
    for shard in range(st.accounts.head.shape[0]):
        for slot in range(st.accounts.head[shard].accounts_used):
            if st.accounts.accounts[shard, slot].cancel_all_after != 0 and accounts[shard, slot] == 0:
                found = report(problems, found, Broken.TIMER_MISSING, shard, slot)
    return found
