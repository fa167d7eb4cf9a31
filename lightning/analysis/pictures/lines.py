"""Curves of any measure, with the looks of the other figures."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from lightning.analysis.colours import ASK, BID, OTHER, TEXT, TRADE
from lightning.analysis.pictures.style import styled

HEIGHT = 440
COLOURS = (BID, ASK, TRADE, OTHER, TEXT)
Shape = Literal["linear", "steps"]


def lines(
    x: npt.ArrayLike,
    curves: Mapping[str, npt.ArrayLike],
    title: str = "",
    *,
    x_title: str = "",
    y_title: str = "",
    log_x: bool = False,
    shape: Shape = "linear",
    markers: bool = False,
) -> go.Figure:
    """A line for each of `curves`, by name.

    x : (n,) of all of them; datetime64[ns] for a time axis
    shape : "steps": each value holds until the next
    """
    values = np.asarray(x)
    figure = go.Figure(
        [
            go.Scatter(
                name=name,
                x=values,
                y=np.asarray(y),
                mode="lines+markers" if markers else "lines",
                line={"color": colour, "width": 1.8, "shape": "hv" if shape == "steps" else "linear"},
            )
            for (name, y), colour in zip(curves.items(), _colours(len(curves)), strict=True)
        ]
    )
    figure.update_xaxes(title_text=x_title, type="log" if log_x else None)
    if log_x:
        figure.update_xaxes(dtick=1)
    figure.update_yaxes(title_text=y_title)
    figure.update_layout(height=HEIGHT, showlegend=len(curves) > 1)
    return styled(figure, title)


def _colours(count: int) -> list[str]:
    return [COLOURS[place % len(COLOURS)] for place in range(count)]
