"""What the exchange tells an account, when it may know it."""

from lightning.codes import EventKind, Side
from lightning.kernels.kernel import entry
from lightning.simulation.kernels.words import copy_row


@entry
def own_events(log, words, times, start, end, until_ns, account, out, out_times):
    """Rows of `log` from `start` on that are about an account, and happened before `until_ns`, into `out`.

    log : (n,) EVENT in order of time; words : the same rows as (n, 16) int64
    out : (m, 16) int64
    Returns (the row to go on with, rows written); stops when `out` is full.
    """
    count = 0
    i = start
    while i < end and times[i] < until_ns and count < out.shape[0]:
        event = log[i]
        if event.account == account or (event.kind == EventKind.TRADE and event.maker_account == account):
            copy_row(out, count, words, i)
            out_times[count] = times[i]
            count += 1
        i += 1
    return i, count


@entry
def gather_fills(events, times, accounts, fills, count):
    """FILL rows of the trades of some accounts, from row `count` on; there must be room for two an event.

    A trade of one account with itself is two fills. Returns the row behind them.
    """
    for i in range(events.shape[0]):
        event = events[i]
        if event.kind != EventKind.TRADE:
            continue
        for j in range(accounts.shape[0]):
            if event.account == accounts[j]:
                fill = fills[count]
                count += 1
                fill.account = event.account
                fill.side = event.side
                fill.is_maker = 0
                fill.fee = event.fee
                fill.client_order_id = event.client_order_id
                fill.order_id = event.order_id
                fill.leaves_qty = event.leaves_qty
                fill.time_ns, fill.seq, fill.trade_id = times[i], event.seq, event.trade_id
                fill.price, fill.qty = event.price, event.qty
            if event.maker_account == accounts[j]:
                fill = fills[count]
                count += 1
                fill.account = event.maker_account
                fill.side = Side.SELL if event.side == Side.BUY else Side.BUY
                fill.is_maker = 1
                fill.fee = event.maker_fee
                fill.client_order_id = event.maker_client_order_id
                fill.order_id = event.maker_order_id
                fill.leaves_qty = event.maker_leaves_qty
                fill.time_ns, fill.seq, fill.trade_id = times[i], event.seq, event.trade_id
                fill.price, fill.qty = event.price, event.qty
    return count
