"""The net flow of orders toward the bid: what came and went at the best levels, as one signed number."""

from typing import NamedTuple

import numpy as np

from lightning.analysis.measures.arrays import Floats, Ints, Rows
from lightning.analysis.measures.ladder import ladder
from lightning.analysis.measures.moments import ends
from lightning.analysis.measures.trades import trades


class OrderFlow(NamedTuple):
    seq: Ints
    """(n,) of each command that changed the book."""
    time_ns: Ints
    flow_lots: Floats
    """(n, m) by level; above 0: toward the bid. NaN of the first command, which has none before it."""


class TradeFlow(NamedTuple):
    seq: Ints
    time_ns: Ints
    flow_lots: Ints
    """(n,) of each trade: lots, below 0 where the order that came in sold."""


def order_flow_imbalance(rows: Rows, levels: int = 1) -> OrderFlow:
    """e_n = [b >= b'] q - [b <= b'] q' - [a <= a'] r + [a >= a'] r', for each of the best levels.

    b, q and a, r are price and lots of bid and ask after a command, b', q', a', r' before it. A level that
    is not there has no lots and the worst price there is.

    Definition: "The price impact of order book events" (2014); of several levels: "Multi-level order-flow
    imbalance in a limit order book" (2019).
    """
    best = ladder(rows, levels, ends(rows))
    bid = np.where(np.isnan(best.bid_ticks), -np.inf, best.bid_ticks)
    ask = np.where(np.isnan(best.ask_ticks), np.inf, best.ask_ticks)
    bid_lots, ask_lots = best.bid_lots.astype(np.float64), best.ask_lots.astype(np.float64)
    flow = np.full(bid.shape, np.nan)
    flow[1:] = (
        (bid[1:] >= bid[:-1]) * bid_lots[1:]
        - (bid[1:] <= bid[:-1]) * bid_lots[:-1]
        - (ask[1:] <= ask[:-1]) * ask_lots[1:]
        + (ask[1:] >= ask[:-1]) * ask_lots[:-1]
    )
    return OrderFlow(best.seq, best.time_ns, flow)


def trade_flow(rows: Rows) -> TradeFlow:
    """Signed lots of every trade.

    Definition: trade imbalance of "The price impact of order book events" (2014), before it is summed.
    """
    every = trades(rows)
    return TradeFlow(every.seq, every.time_ns, every.sign * every.qty_lots)
