"""How the figures look: transparent, so that they stand on the notebook's own ground."""

import plotly.graph_objects as go

from lightning.analysis.colours import ASK, BID, LINE, OTHER, TEXT, TRADE

WIDTH, HEIGHT = 960, 480

_AXIS = {
    "gridcolor": LINE,
    "linecolor": LINE,
    "zerolinecolor": LINE,
    "ticks": "outside",
    "tickcolor": LINE,
    "automargin": True,
    "exponentformat": "none",
    "separatethousands": True,
    "title": {"standoff": 8},
}

TEMPLATE = go.layout.Template(
    layout={
        "width": WIDTH,
        "height": HEIGHT,
        "autosize": False,
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "font": {
            "color": TEXT,
            "size": 13,
            "family": "system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif",
        },
        "title": {"x": 0, "xref": "paper", "xanchor": "left", "font": {"size": 16}},
        "margin": {"l": 72, "r": 24, "t": 64, "b": 56},
        "colorway": [BID, ASK, TRADE, OTHER],
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        "hoverlabel": {"font": {"family": "system-ui, Segoe UI, Roboto, Helvetica, Arial, sans-serif"}},
        "separators": ".,",
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    }
)


def styled(figure: go.Figure, title: str) -> go.Figure:
    """The same figure, with this title and the looks of all."""
    return figure.update_layout(template=TEMPLATE, title_text=title)
