"""What `lightning top` shows of a view."""

from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lightning.client.top.view import NONE, Health, Level, Rate, SymbolName, View

UP, DOWN, DIM, CHOSEN = "green", "red", "dim", "bold reverse"
SYMBOLS_MAX = 9
"""As many as there are digits to choose one by."""
BAR = 8
"""Width of a depth bar."""
TAPE_WIDTH_MIN = 34


def frame(view: View, height: int) -> Layout:
    """height : lines to fill"""
    shown = min(max(len(view.symbols), 1), SYMBOLS_MAX, max(1, height - 14))
    layout = Layout()
    body = Layout(name="body")
    layout.split_column(
        Layout(_head(view), name="head", size=1),
        Layout(_symbols(view, shown), name="symbols", size=shown + 1),
        body,
        Layout(_foot(view), name="foot", size=3),
    )
    rows = max(2, height - (1 + shown + 1 + 2) - 2)  # the borders
    body.split_row(
        Layout(_panel(_ladder(view, rows), _title(view)), ratio=3),
        Layout(_panel(_tape(view, rows), "trades"), ratio=2, minimum_size=TAPE_WIDTH_MIN),
    )
    return layout


def _panel(inside: RenderableType, title: str) -> Panel:
    return Panel(inside, title=title, title_align="left", border_style=DIM, padding=(0, 1))


def _title(view: View) -> str:
    chosen = view.symbols.get(view.chosen)
    if chosen is None:
        return "book"
    return chosen.name if chosen.status == "trading" else f"{chosen.name}: {chosen.status}"


def _head(view: View) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("Lightning ", "bold")
    text.append(f"{view.address} ")
    text.append(view.connection, UP if view.connected else DOWN)
    if view.health is not None:
        up_s = (view.health.time_ns - view.health.start_time_ns) // 10**9
        text.append(f", up {timedelta(seconds=up_s)}", DIM)
    text.append("   1-9 symbol, q quit", DIM)
    return text


def _symbols(view: View, shown: int) -> Table:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style=DIM)
    table.add_column("symbol", no_wrap=True)
    for heading in ("last", "24 h", "bid", "ask", "spread", "volume 24 h", "trades/s"):
        table.add_column(heading, justify="right", no_wrap=True)
    now_s = view.seen_s
    for symbol in list(view.symbols.values())[:shown]:
        row, rate = view.tickers.get(symbol.id), view.trade_rates.get(symbol.id)
        name = Text(symbol.name, CHOSEN if symbol.id == view.chosen else "")
        if row is None:
            table.add_row(name, *[NONE] * 7)
            continue
        table.add_row(
            name,
            symbol.price(row.last),
            _change(row.open, row.last),
            Text(symbol.price(row.bid), UP),
            Text(symbol.price(row.ask), DOWN),
            symbol.price(row.spread),
            f"{_short(row.volume)} {symbol.base}",
            _rate(rate, now_s, ".1f"),
        )
    return table


def _change(open_price: str, last: str) -> Text:
    if not open_price or not last:
        return Text(NONE)
    change = (float(last) / float(open_price) - 1) * 100
    return Text(f"{change:+.2f}%", UP if change >= 0 else DOWN)


def _rate(rate: Rate | None, now_s: float, form: str) -> str:
    per_s = None if rate is None else rate.per_s(now_s)
    return NONE if per_s is None else format(per_s, form)


def _short(quantity: str) -> str:
    return f"{float(quantity):,.2f}" if quantity else "0"


def _ladder(view: View, rows: int) -> Table:
    """Asks above, bids below, the spread where they meet."""
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), show_header=False)
    for _ in range(3):
        table.add_column(justify="right", no_wrap=True)
    table.add_column(width=BAR, no_wrap=True)
    symbol, count = view.symbols.get(view.chosen), (rows - 1) // 2
    if symbol is None:
        return table
    asks, bids = view.ladder.asks(count), view.ladder.bids(count)
    most = max([float(level.quantity) for level in asks + bids], default=1.0)
    for _ in range(count - len(asks)):
        table.add_row()
    for level in reversed(asks):
        _add_level(table, symbol, level, most, DOWN)
    table.add_row(*(Text(heading, DIM) for heading in ("price", "quantity", "total")))
    for level in bids:
        _add_level(table, symbol, level, most, UP)
    return table


def _add_level(table: Table, symbol: SymbolName, level: Level, most: float, style: str) -> None:
    bar = "█" * round(float(level.quantity) / most * BAR)
    total = f"{level.total:,.{symbol.quantity_decimals}f}"
    quantity = symbol.quantity(level.quantity)
    table.add_row(Text(symbol.price(level.price), style), quantity, total, Text(bar, style))


def _tape(view: View, rows: int) -> Table:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), show_header=False)
    for _ in range(3):
        table.add_column(justify="right", no_wrap=True)
    symbol = view.symbols.get(view.chosen)
    if symbol is None:
        return table
    for trade in list(view.trades)[:rows]:
        at = datetime.fromtimestamp(trade.time_ns / 10**9)
        price = Text(symbol.price(trade.price), UP if trade.buy else DOWN)
        table.add_row(Text(f"{at:%H:%M:%S}", DIM), price, symbol.quantity(trade.quantity))
    return table


def _foot(view: View) -> Group:
    health, latency = view.health, view.latency_ms()
    if health is None:
        return Group(Text(NONE, DIM))
    now_s = view.seen_s
    first = f"seq {health.seq:,}   {_rate(view.commands, now_s, ',.0f')} commands/s   "
    first += f"{_rate(view.messages, now_s, ',.0f')} messages/s here"
    if latency is not None:
        first += f"   round trip {latency[0]:.1f} ms, longest {latency[1]:.1f} ms"
    third = f"{health.version} {health.state}; {_storage(health)}"
    second = f"waiting: engine {health.engine_waiting:,}, journal {health.journal_waiting:,}, "
    second += f"{health.updates_waiting:,} updates of {health.subscribers:,} subscribers"
    lines = (Text(line, no_wrap=True, overflow="ellipsis") for line in (first, second, third))
    return Group(*lines)


def _storage(health: Health) -> str:
    if not health.durable:
        return "kept in memory only"
    if health.history_error:
        return f"no history: {health.history_error}"
    behind = max(0, health.seq - health.history_seq)
    return f"snapshot at {health.snapshot_seq:,}, history {behind:,} commands behind"
