"""Impact curves: what the price does after a trade, by how long after, or by how large it was."""

from typing import Literal

import numpy as np
import plotly.graph_objects as go

from lightning.analysis.colours import BID, SOFT, TEXT, translucent
from lightning.analysis.measures import Response, SizeImpact
from lightning.analysis.pictures.style import styled
from lightning.analysis.pictures.units import Floats, quantities
from lightning.instruments import Symbol

DECADES = 1.5
"""From so many on the axis is logarithmic."""
HEIGHT = 440
LAGS = {"trades": "Trades later", "commands": "Commands later", "ns": "Seconds later"}


def impact_curve(
    measured: Response | SizeImpact, symbol: Symbol, lag: Literal["trades", "commands", "ns"] = "trades"
) -> go.Figure:
    """Mean move of the mid in the direction of the incoming order; of a response with its standard error.

    lag : what the lags of a response are
    """
    if isinstance(measured, Response):
        x = measured.lags / 1e9 if lag == "ns" else measured.lags.astype(np.float64)
        return _curve(x, measured.mean_ticks, measured.error_ticks, measured.orders, LAGS[lag], symbol)
    x = quantities(measured.mean_lots, symbol)
    error = np.full(len(x), np.nan)
    return _curve(
        x, measured.mean_ticks, error, measured.orders, f"Quantity of the order ({symbol.base.name})", symbol
    )


def _curve(
    x: Floats, mean: Floats, error: Floats, orders: np.ndarray, title: str, symbol: Symbol
) -> go.Figure:
    known = ~(np.isnan(x) | np.isnan(mean))
    x, mean, error = x[known], mean[known], error[known]
    figure = go.Figure()
    if not np.isnan(error).all():
        figure.add_trace(_band(x, mean, np.nan_to_num(error)))
    figure.add_trace(
        go.Scatter(
            name="Mean",
            x=x,
            y=mean,
            mode="lines+markers",
            line={"color": BID, "width": 2},
            marker={"size": 6},
            customdata=orders[known],
            hovertemplate="%{x:,~g}: %{y:,.4~g} ticks, of %{customdata:,d} orders<extra></extra>",
        )
    )
    figure.add_hline(y=0, line={"color": TEXT, "width": 1, "dash": "dot"})
    if len(x) > 1 and x.min() > 0 and np.log10(x.max() / x.min()) >= DECADES:
        figure.update_xaxes(type="log", dtick=1, tickformat=",~g")
    figure.update_xaxes(title_text=title)
    figure.update_yaxes(title_text="Move of the mid (ticks)")
    figure.update_layout(height=HEIGHT)
    return styled(figure, f"{symbol.name} price impact")


def _band(x: Floats, mean: Floats, error: Floats) -> go.Scatter:
    return go.Scatter(
        name="± standard error",
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([mean + error, (mean - error)[::-1]]),
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=translucent(BID, SOFT),
        hoverinfo="skip",
    )
