"""Books and dataframes as HTML for notebooks: no script, every text escaped, light and dark alike.

Text has the notebook's own colour; only bars and rules have one of ours, translucent.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from lightning.analysis.colours import ASK, BID, LINE, translucent
from lightning.analysis.texts import price_texts, quantity_texts
from lightning.codes import Side
from lightning.instruments import Symbol

Levels = npt.NDArray[np.int64]
"""Shape (levels, 3), best first: price_ticks, qty_lots, order_count."""
ROWS_MAX = 50
BAR = 0.28
"""How opaque the bar of a level is."""
TABLE = (
    "border-collapse:collapse;font-variant-numeric:tabular-nums;background:transparent;color:inherit;border:0"
)
CELL = "padding:2px 10px;border:0;background:transparent;color:inherit;white-space:nowrap"
CLEAR = "background:transparent"
RULE = f"border-bottom:1px solid {LINE}"


class Ladder(Protocol):
    """A symbol's book by its levels."""

    @property
    def symbol(self) -> Symbol: ...

    @property
    def bids(self) -> Levels: ...

    @property
    def asks(self) -> Levels: ...


class Column(NamedTuple):
    title: str
    texts: Sequence[str]
    number: bool = True
    """Numbers stand on the right."""


def book_html(book: Ladder, levels: int = 10, note: str = "") -> str:
    """A ladder of both sides beside each other, best level first; a bar is all that stands up to there.

    note : of which moment the book is
    """
    symbol = book.symbol
    bids, asks = book.bids[:levels], book.asks[:levels]
    most = max((int(side[:, 1].sum()) for side in (bids, asks)), default=0)
    left, right = _side(bids, symbol, most, Side.BUY), _side(asks, symbol, most, Side.SELL)
    empty = [_cell("td", "") * 3]
    rows = [
        (left + empty * len(right))[place] + (right + empty * len(left))[place]
        for place in range(max(len(left), len(right)))
    ]
    titles = ["Orders", "Bid quantity", "Bid price", "Ask price", "Ask quantity", "Orders"]
    aligns = ["right", "right", "right", "left", "right", "right"]
    head = "".join(_cell("th", title, align, RULE) for title, align in zip(titles, aligns, strict=True))
    return _table(symbol.name, note, head, rows or [_nothing("The book is empty", len(titles))])


def frame_html(title: str, frame: pl.DataFrame) -> str:
    """A dataframe as a table of its first rows.

    Columns that say nothing in these are left out, and the ids of what another column names.
    """
    shown = frame.head(ROWS_MAX)
    named = {f"{name}_id" for name in shown.columns}
    told = [_column(series) for series in shown.iter_columns() if series.name not in named]
    columns = [column for column in told if any(column.texts) or not len(shown)]
    rows = f"{len(frame):,} row{'s' * (len(frame) != 1)}"
    note = f"the first {ROWS_MAX} of {rows}" if len(frame) > ROWS_MAX else rows
    aligns = ["right" if column.number else "left" for column in columns]
    head = "".join(
        _cell("th", column.title, align, RULE) for column, align in zip(columns, aligns, strict=True)
    )
    body = [
        "".join(_cell("td", text, align) for text, align in zip(texts, aligns, strict=True))
        for texts in zip(*(column.texts for column in columns), strict=True)
    ]
    return _table(title, note, head, body)


def _column(series: pl.Series) -> Column:
    title = series.name.replace("_", " ").capitalize()
    if series.dtype.is_decimal():
        return Column(title, _decimals(series.to_list()))
    if isinstance(series.dtype, pl.Datetime):
        return Column(title, [f"{one:%Y-%m-%d %H:%M:%S.%f}"[:-3] if one else "" for one in _known(series)])
    if isinstance(series.dtype, pl.Enum):
        return Column(title, [one.replace("_", " ").lower() if one else "" for one in series], False)
    if series.name.endswith("_id"):
        return Column(title, [str(one) if one else "" for one in series])
    return Column(title, ["" if one is None else str(one) for one in series], series.dtype.is_numeric())


def _known(times: pl.Series) -> list[datetime | None]:
    """Without those that are 0, which is "not known"."""
    return [one if one and one.timestamp() else None for one in times]


def _decimals(values: Sequence[Decimal | None]) -> list[str]:
    """With as many decimals as the one that needs most: the points are below each other."""
    needed = 0
    for one in values:
        exponent = one.normalize().as_tuple().exponent if one else 0
        assert isinstance(exponent, int)  # of a finite number
        needed = max(needed, -exponent)
    return ["" if one is None else f"{one:,.{needed}f}" for one in values]


def _side(levels: Levels, symbol: Symbol, most: int, side: Side) -> list[str]:
    """Three cells a level; the bar reaches from the price outwards, over the cell of the quantity."""
    sums = np.cumsum(levels[:, 1]).tolist()
    texts = zip(
        price_texts(levels[:, 0].tolist(), symbol),
        quantity_texts(levels[:, 1].tolist(), symbol),
        levels[:, 2].tolist(),
        sums,
        strict=True,
    )
    colour = translucent(BID if side == Side.BUY else ASK, BAR)
    toward = "to left" if side == Side.BUY else "to right"
    rows = []
    for price, quantity, orders, up_to_here in texts:
        share = 100 * up_to_here / max(most, 1)
        bar = f"linear-gradient({toward},{colour} {share:.1f}%,transparent {share:.1f}%)"
        cells = [
            _cell("td", str(orders), "right", "opacity:0.65"),
            _cell("td", quantity, "right", f"min-width:9em;background:{bar}"),
            _cell("td", price, "right" if side == Side.BUY else "left", "font-weight:600"),
        ]
        rows.append("".join(cells if side == Side.BUY else cells[::-1]))
    return rows


def _table(title: str, note: str, head: str, rows: Sequence[str]) -> str:
    said = f' <span style="opacity:0.65;font-weight:400">{escape(note)}</span>' if note else ""
    caption = (
        f'<caption style="caption-side:top;text-align:left;padding:4px 10px;font-weight:600;color:inherit">'
        f"{escape(title)}{said}</caption>"
    )
    body = "".join(f'<tr style="{CLEAR}">{row}</tr>' for row in rows)
    return (
        f'<table style="{TABLE}">{caption}<thead><tr style="{CLEAR}">{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _cell(tag: str, text: str, align: str = "left", more: str = "") -> str:
    style = f"{CELL};text-align:{align}" + (f";{more}" if more else "")
    return f'<{tag} style="{style}">{escape(text)}</{tag}>'


def _nothing(text: str, columns: int) -> str:
    return f'<td colspan="{columns}" style="{CELL};text-align:left;opacity:0.65">{escape(text)}</td>'
