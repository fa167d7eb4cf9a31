"""What is due at a time: a heap of (expire_time, symbol, id) over all shards.

An entry whose order is gone, or whose deadline was set anew, stays until it comes up and is passed over;
the engine drops such entries when the heap is full.
"""

import numpy as np

from lightning.kernels.intrinsics import INT64_MAX
from lightning.kernels.kernel import entry, kernel


@kernel
def _due_before(timers, a, b):
    x = timers[a]
    y = timers[b]
    if x.expire_time != y.expire_time:
        return x.expire_time < y.expire_time
    if x.symbol != y.symbol:
        return x.symbol < y.symbol
    return x.id < y.id


@kernel
def _swap(timers, a, b):
    expire_time = timers[a].expire_time
    number = timers[a].id
    symbol = timers[a].symbol
    timers[a].expire_time = timers[b].expire_time
    timers[a].id = timers[b].id
    timers[a].symbol = timers[b].symbol
    timers[b].expire_time = expire_time
    timers[b].id = number
    timers[b].symbol = symbol


@kernel
def room_for_timer(st):
    return st.globals[0].timers_used < st.timers.shape[0]


@entry
def timer_add(st, expire_time, symbol, number):
    """Note that something is due; there must be room.

    symbol : 0 = `number` is an account, else an order id
    """
    timers = st.timers
    at = st.globals[0].timers_used
    st.globals[0].timers_used = at + 1
    timers[at].expire_time = expire_time
    timers[at].symbol = symbol
    timers[at].id = number
    while at > 0:
        parent = (at - 1) // 2
        if not _due_before(timers, at, parent):
            break
        _swap(timers, at, parent)
        at = parent
    st.globals[0].next_timer = timers[0].expire_time


@entry
def timer_drop(st):
    """Take the first entry off."""
    timers = st.timers
    last = st.globals[0].timers_used - 1
    st.globals[0].timers_used = last
    _swap(timers, 0, last)
    at = np.int64(0)
    while 2 * at + 1 < last:
        child = 2 * at + 1
        if child + 1 < last and _due_before(timers, child + 1, child):
            child += 1
        if not _due_before(timers, child, at):
            break
        _swap(timers, at, child)
        at = child
    st.globals[0].next_timer = timers[0].expire_time if last > 0 else np.int64(INT64_MAX)
