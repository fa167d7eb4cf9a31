"""The best prices as series: mid, spread and imbalance below each other."""

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lightning.analysis.colours import ASK, BID, OTHER, TEXT, TRADE
from lightning.analysis.measures import ends, imbalance, mid, spread, take, touch
from lightning.analysis.pictures.binning import Columns, columns_of, thinned
from lightning.analysis.pictures.style import styled
from lightning.analysis.pictures.units import (
    Along,
    Clock,
    Floats,
    Span,
    SymbolFlow,
    along,
    decimals_format,
    price_title,
    prices,
)

COLUMNS = 700
"""Of which each has four points of a line at most."""
HEIGHT = 660


def quote_series(flow: SymbolFlow, span: Span | None = None, clock: Clock | None = None) -> go.Figure:
    """Best bid, best ask and mid; the spread; the imbalance of what stands at the best prices.

    span : what is shown; None: all behind the opening. Of the book after each command.
    """
    symbol, decimals = flow.symbol, decimals_format(flow.symbol.tick)
    last = ends(flow.rows)
    best = take(touch(flow.rows), last[last >= flow.opening])
    axis = along(best.time_ns, best.seq, clock)
    parts = columns_of(span or axis.span(), COLUMNS)
    shown = parts.within(axis.numbers)
    axis, best = axis._replace(numbers=axis.numbers[shown]), take(best, shown)
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, row_heights=[0.55, 0.25, 0.2], vertical_spacing=0.05
    )
    for name, ticks, colour in (
        ("Mid", mid(best), TEXT),
        ("Best ask", best.ask_ticks, ASK),
        ("Best bid", best.bid_ticks, BID),
    ):
        figure.add_trace(_line(name, axis, parts, prices(ticks, symbol), colour, decimals), 1, 1)
    figure.add_trace(_line("Spread", axis, parts, prices(spread(best), symbol), TRADE, decimals), 2, 1)
    figure.add_trace(_line("Imbalance", axis, parts, imbalance(best), OTHER, ".3f"), 3, 1)
    figure.update_yaxes(title_text=price_title(symbol), tickformat=",~f", row=1, col=1)
    figure.update_yaxes(title_text=f"Spread ({symbol.quote.name})", rangemode="tozero", row=2, col=1)
    figure.update_yaxes(title_text="Imbalance", range=[-1.05, 1.05], row=3, col=1)
    figure.update_xaxes(title_text=axis.title, row=3, col=1)
    figure.update_layout(height=HEIGHT, hovermode="x unified")
    return styled(figure, f"{symbol.name} quotes")


def _line(name: str, axis: Along, parts: Columns, values: Floats, colour: str, decimals: str) -> go.Scatter:
    kept = thinned(parts.of(axis.numbers), values)
    return go.Scatter(
        name=name,
        x=axis.shown(axis.numbers[kept]),
        y=values[kept],
        mode="lines",
        line={"shape": "hv", "color": colour, "width": 1.3},
        hovertemplate=f"%{{y:{decimals}}}",
    )
