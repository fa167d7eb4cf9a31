"""Measures of a market's microstructure, each a function of BOOK_EVENT rows (`lightning.analysis.flow`).

rows = flow.rows                    everything that happened to one symbol's visible book
best = touch(rows)                  arrays, by row: seq, time_ns, bid_ticks, bid_lots, ask_ticks, ask_lots
frame(best, symbol)                 the same as a dataframe, with prices, quantities and times

Names carry their units: `_ticks`, `_lots`, `_ns`. What is undefined is NaN; -1 stands for no row. The rows
begin in an empty book, or with the orders of the book as ADDED rows: where these must not count as orders
that came, `opening` says how many they are. TypeError: not BOOK_EVENT. ValueError: an order that was never
ADDED, or a value out of range.
"""

from lightning.analysis.measures.costs import TradeCosts, mid_at, trade_costs
from lightning.analysis.measures.depth import Depth, depth_from_mid, depth_from_opposite, depth_from_touch
from lightning.analysis.measures.fills import (
    FillProbability,
    fill_probability,
    time_to_fill,
    time_to_first_fill,
)
from lightning.analysis.measures.frame import frame, to_prices, to_quantities
from lightning.analysis.measures.impact import (
    Response,
    SizeImpact,
    impact_by_size,
    response_by_event,
    response_by_time,
    response_by_trade,
)
from lightning.analysis.measures.intensity import (
    ArrivalRates,
    arrival_rates,
    arrivals,
    decaying_rate,
    rate,
    taker_rate,
)
from lightning.analysis.measures.intervals import (
    count_by,
    last_by,
    sum_by,
    time_edges,
    time_weighted,
    time_weighted_by,
)
from lightning.analysis.measures.ladder import Ladder, ladder
from lightning.analysis.measures.lifetimes import Lifetimes, Survival, lifetimes, survival
from lightning.analysis.measures.micro_price import MicroPrice, fit_micro_price, micro_price
from lightning.analysis.measures.moments import as_of, before_command, ends, take, values_at
from lightning.analysis.measures.order_flow import OrderFlow, TradeFlow, order_flow_imbalance, trade_flow
from lightning.analysis.measures.placements import End, Placements, placements
from lightning.analysis.measures.queue import QueuePosition, queue_position
from lightning.analysis.measures.sweeps import Sweeps, slippage_from_mid, slippage_from_touch, sweeps
from lightning.analysis.measures.touch import (
    Touch,
    imbalance,
    imbalance_of,
    level_imbalance,
    microprice,
    mid,
    spread,
    touch,
)
from lightning.analysis.measures.trades import Trades, lee_ready, mid_before, quote_rule, tick_rule, trades
from lightning.analysis.measures.volatility import (
    Signature,
    averaged_variance,
    realised_variance,
    realised_volatility,
    sample,
    signature_by_event,
    signature_by_time,
    two_scales_variance,
)

__all__ = [
    "ArrivalRates",
    "Depth",
    "End",
    "FillProbability",
    "Ladder",
    "Lifetimes",
    "MicroPrice",
    "OrderFlow",
    "Placements",
    "QueuePosition",
    "Response",
    "Signature",
    "SizeImpact",
    "Survival",
    "Sweeps",
    "Touch",
    "TradeCosts",
    "TradeFlow",
    "Trades",
    "arrival_rates",
    "arrivals",
    "as_of",
    "averaged_variance",
    "before_command",
    "count_by",
    "decaying_rate",
    "depth_from_mid",
    "depth_from_opposite",
    "depth_from_touch",
    "ends",
    "fill_probability",
    "fit_micro_price",
    "frame",
    "imbalance",
    "imbalance_of",
    "impact_by_size",
    "ladder",
    "last_by",
    "lee_ready",
    "level_imbalance",
    "lifetimes",
    "micro_price",
    "microprice",
    "mid",
    "mid_at",
    "mid_before",
    "order_flow_imbalance",
    "placements",
    "queue_position",
    "quote_rule",
    "rate",
    "realised_variance",
    "realised_volatility",
    "response_by_event",
    "response_by_time",
    "response_by_trade",
    "sample",
    "signature_by_event",
    "signature_by_time",
    "slippage_from_mid",
    "slippage_from_touch",
    "spread",
    "sum_by",
    "survival",
    "sweeps",
    "take",
    "taker_rate",
    "tick_rule",
    "time_edges",
    "time_to_fill",
    "time_to_first_fill",
    "time_weighted",
    "time_weighted_by",
    "to_prices",
    "to_quantities",
    "touch",
    "trade_costs",
    "trade_flow",
    "trades",
    "two_scales_variance",
    "values_at",
]
