"""The crowd of `simulation/zero_intelligence.py`, one window of time at once."""

from typing import NamedTuple

import numba
import numpy as np

from lightning.codes import (
    CommandFlag,
    CommandKind,
    EventKind,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
)

NS = 1_000_000_000
STARTED, REFERENCE, LAST_ID, LIVE = 0, 1, 2, 3
"""Of `counts`: has it begun; the middle of the book when it last had one, in ticks; its last order id; orders
whose end is drawn."""


class Crowd(NamedTuple):
    limit_rate: float  # orders per second, tick and side
    market_rate: float  # orders per second and side
    cancel_rate: float  # per second, of each order
    band: int  # ticks from the opposite best price within which limit orders come
    qty: int  # lots of every order
    counts: np.ndarray  # int64, see above
    ends: np.ndarray  # int64: when orders are canceled, a heap
    ids: np.ndarray  # int64: which, in the same order
    closed: np.ndarray  # int64, a power of two: the last id that was closed, by its low bits


@numba.njit(cache=True)
def _push(crowd, end, order_id):
    at = crowd.counts[LIVE]
    crowd.counts[LIVE] = at + 1
    while at > 0 and crowd.ends[(at - 1) >> 1] > end:
        above = (at - 1) >> 1
        crowd.ends[at], crowd.ids[at] = crowd.ends[above], crowd.ids[above]
        at = above
    crowd.ends[at], crowd.ids[at] = end, order_id


@numba.njit(cache=True)
def _pop(crowd):
    """Drop the order that ends first."""
    last = crowd.counts[LIVE] - 1
    crowd.counts[LIVE] = last
    end, order_id = crowd.ends[last], crowd.ids[last]
    at = 0
    while 2 * at + 1 < last:
        child = 2 * at + 1
        if child + 1 < last and crowd.ends[child + 1] < crowd.ends[child]:
            child += 1
        if crowd.ends[child] >= end:
            break
        crowd.ends[at], crowd.ids[at] = crowd.ends[child], crowd.ids[child]
        at = child
    crowd.ends[at], crowd.ids[at] = end, order_id


@numba.njit(cache=True)
def _close(crowd, order_id):
    crowd.closed[order_id & (crowd.closed.shape[0] - 1)] = order_id


@numba.njit(cache=True)
def _is_closed(crowd, order_id):
    return crowd.closed[order_id & (crowd.closed.shape[0] - 1)] == order_id


@numba.njit(cache=True)
def _hear(crowd, events):
    """Which orders are closed, but by their own cancel."""
    for i in range(events.shape[0]):
        event = events[i]
        if event.kind == EventKind.TRADE:
            if event.maker_leaves_qty == 0:
                _close(crowd, event.maker_client_order_id)
        elif event.kind == EventKind.REJECTED:
            _close(crowd, event.client_order_id)


@numba.njit(cache=True)
def _limit(crowd, random, block, count, time_ns, side, price):
    """One limit order, and when it ends. Returns the row behind it."""
    if price <= 0 or crowd.counts[LIVE] == crowd.ends.shape[0]:
        return count
    crowd.counts[LAST_ID] += 1
    row = block[count]
    row.kind = CommandKind.PLACE
    row.side = side
    row.flags = CommandFlag.POST_ONLY
    row.stp = SelfTradePrevention.NONE
    row.client_order_id = crowd.counts[LAST_ID]
    row.price = price
    row.qty = crowd.qty
    row.time_ns = time_ns
    if crowd.cancel_rate > 0:
        life_ns = np.int64(random.standard_exponential() / crowd.cancel_rate * NS)
        _push(crowd, time_ns + life_ns, crowd.counts[LAST_ID])
    return count + 1


@numba.njit(cache=True)
def _market(crowd, block, count, time_ns, side):
    crowd.counts[LAST_ID] += 1
    row = block[count]
    row.kind = CommandKind.PLACE
    row.type = OrderType.MARKET
    row.tif = TimeInForce.IOC
    row.side = side
    row.stp = SelfTradePrevention.NONE
    row.client_order_id = crowd.counts[LAST_ID]
    row.qty = crowd.qty
    row.time_ns = time_ns
    return count + 1


@numba.njit(cache=True)
def _open(crowd, random, block, now_ns):
    """What the model tends to far from the best prices: Poisson(limit / cancel rate) orders a tick."""
    count = 0
    reference = crowd.counts[REFERENCE]
    mean = crowd.limit_rate / crowd.cancel_rate if crowd.cancel_rate > 0 else 1.0
    for distance in range(1, crowd.band + 1):
        for side in (Side.BUY, Side.SELL):
            price = reference - distance if side == Side.BUY else reference + distance
            for _ in range(random.poisson(mean)):
                if count < block.shape[0]:
                    count = _limit(crowd, random, block, count, now_ns, side, price)
    return count


@numba.njit(cache=True)
def _cancel_due(crowd, block, count, until_ns, now_ns):
    while crowd.counts[LIVE] > 0 and crowd.ends[0] < until_ns and count < block.shape[0]:
        end, order_id = crowd.ends[0], crowd.ids[0]
        _pop(crowd)
        if not _is_closed(crowd, order_id):
            row = block[count]
            row.kind = CommandKind.CANCEL
            row.client_order_id = order_id
            row.time_ns = max(end, now_ns)
            count += 1
    return count


@numba.njit(cache=True)
def _see(crowd, sight):
    """(best bid, best ask); of an empty side as if it were next to the middle that was."""
    bid, ask = sight.bids[0, 0], sight.asks[0, 0]
    if bid != 0 and ask != 0:
        crowd.counts[REFERENCE] = (bid + ask) >> 1
    reference = crowd.counts[REFERENCE]
    if bid == 0:
        bid = reference - 1 if ask == 0 else min(reference, ask) - 1
    if ask == 0:
        ask = max(reference, bid) + 1
    return bid, ask


@numba.njit(cache=True)
def decide(crowd, random, sight, block):
    """All that the crowd sends between `now_ns` and `until_ns`; see CompiledAgent."""
    _hear(crowd, sight.events)
    now_ns, until_ns = sight.now_ns, sight.until_ns
    count = 0
    if crowd.counts[STARTED] == 0:
        crowd.counts[STARTED] = 1
        count = _open(crowd, random, block, now_ns)
    bid, ask = _see(crowd, sight)
    limits = crowd.limit_rate * crowd.band
    per_side = limits + crowd.market_rate
    time_ns = float(now_ns - now_ns)
    while count < block.shape[0]:
        time_ns += random.standard_exponential() / (2 * per_side) * NS
        if time_ns >= until_ns - now_ns:
            break
        at_ns = now_ns + np.int64(time_ns)
        drawn = random.random() * 2 * per_side
        side = Side.BUY if drawn < per_side else Side.SELL
        drawn -= 0.0 if side == Side.BUY else per_side
        if drawn >= limits:
            count = _market(crowd, block, count, at_ns, side)
        else:
            distance = 1 + np.int64(drawn / crowd.limit_rate)
            price = ask - distance if side == Side.BUY else bid + distance
            count = _limit(crowd, random, block, count, at_ns, side, price)
    return _cancel_due(crowd, block, count, until_ns, now_ns)
