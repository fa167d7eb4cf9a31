"""Figures of a market's books, flows and queues, as plotly draws them.

They take BOOK_EVENT rows (`lightning/analysis/flow.py`) or books as arrays of ticks and lots, and the symbol,
and give a `plotly.graph_objects.Figure` to show or to change.
"""

from lightning.analysis.pictures.depth_chart import depth_chart
from lightning.analysis.pictures.heat_map import heat_map
from lightning.analysis.pictures.impact import impact_curve
from lightning.analysis.pictures.lines import lines
from lightning.analysis.pictures.order_flow import order_flow
from lightning.analysis.pictures.price_ladder import price_ladder
from lightning.analysis.pictures.queues import queue, queue_position
from lightning.analysis.pictures.series import quote_series

__all__ = [
    "depth_chart",
    "heat_map",
    "impact_curve",
    "lines",
    "order_flow",
    "price_ladder",
    "queue",
    "queue_position",
    "quote_series",
]
