"""What trades and cancels do to balances.

Each function posts for one side of one happening. With the ledger off nothing is posted.
"""

import numpy as np

from lightning.codes import Side
from lightning.kernels.kernel import kernel
from lightning.kernels.ledger import post
from lightning.kernels.money import buy_hold, fee_of, held_rate


@kernel
def hold_of(book, order, leaves):
    """What a LIMIT order holds with `leaves` open, in its hold currency."""
    if order.side == Side.SELL:
        return leaves * book.lot_value
    return buy_hold(book, order.price, leaves, held_rate(order.maker_fee_ppm, order.taker_fee_ppm))


@kernel
def release_order(st, out, shard, book, order, qty, closed):
    """Give back what `qty` open lots of a resting order hold. Returns the money released."""
    if st.globals[0].ledger == 0:
        return np.int64(0)
    released = hold_of(book, order, order.leaves) - hold_of(book, order, order.leaves - qty)
    trader = st.books.traders[shard, order.trader]
    slot = trader.quote_slot if order.side == Side.BUY else trader.base_slot
    post(st.accounts, out, order.account, slot, released, -released, closed)
    return released


@kernel
def settle_maker(st, out, shard, book, maker, qty, notional, fee):
    """The resting side of a fill; `maker.leaves` is still what it was before it."""
    trader = st.books.traders[shard, maker.trader]
    closed = 1 if maker.leaves == qty else 0
    if maker.side == Side.BUY:
        released = hold_of(book, maker, maker.leaves) - hold_of(book, maker, maker.leaves - qty)
        post(st.accounts, out, maker.account, trader.quote_slot, released - notional - fee, -released, closed)
        post(st.accounts, out, maker.account, trader.base_slot, qty * book.lot_value, np.int64(0), 0)
    else:
        post(st.accounts, out, maker.account, trader.base_slot, np.int64(0), -qty * book.lot_value, closed)
        post(st.accounts, out, maker.account, trader.quote_slot, notional - fee, np.int64(0), 0)


@kernel
def settle_taker(st, out, book, taker, slots, released, filled, notional, fee, closed):
    """The incoming side, once for all its fills of this command.

    slots : (base balance, quote balance); released : what leaves its hold, spent or not
    """
    if st.globals[0].ledger == 0:
        return
    if taker.side == Side.BUY:
        post(st.accounts, out, taker.account, slots[1], released - notional - fee, -released, closed)
        if filled != 0:
            post(st.accounts, out, taker.account, slots[0], filled * book.lot_value, np.int64(0), 0)
    else:
        post(st.accounts, out, taker.account, slots[0], released - filled * book.lot_value, -released, closed)
        if filled != 0:
            post(st.accounts, out, taker.account, slots[1], notional - fee, np.int64(0), 0)


@kernel
def settle_fees(st, out, book, fees):
    """Fees of a command to the symbol's fee account; negative: rebates it pays."""
    if fees != 0:
        post(st.accounts, out, book.fee_account, book.fee_slot, fees, np.int64(0), 0)


@kernel
def fees_of(notional, maker, taker):
    """(maker's fee, taker's fee) of one fill; without a ledger orders carry no rates."""
    return fee_of(notional, maker.maker_fee_ppm), fee_of(notional, taker.taker_fee_ppm)
