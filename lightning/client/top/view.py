"""What is known of a server, as it changes."""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

RATE_S = 5.0
"""Rates are averages over so long."""
TRADES_MAX = 200
LATENCIES_MAX = 60
NONE = "-"
"""In place of what there is not."""


class SymbolName(NamedTuple):
    id: int
    name: str
    base: str
    price_decimals: int
    quantity_decimals: int
    status: str

    def price(self, text: str) -> str:
        """As many decimals as its tick has; what is empty is NONE."""
        return _padded(text, self.price_decimals)

    def quantity(self, text: str) -> str:
        return _padded(text, self.quantity_decimals)


def _padded(text: str, decimals: int) -> str:
    whole, point, fraction = text.partition(".")
    if not point:
        return text or NONE
    if not decimals:
        return whole
    return f"{whole}.{fraction.ljust(decimals, '0')}"


class TickerRow(NamedTuple):
    last: str
    bid: str
    ask: str
    spread: str
    open: str
    volume: str
    trade_count: int


class TradeRow(NamedTuple):
    trade_id: int
    price: str
    quantity: str
    buy: bool
    """Of the taker."""
    time_ns: int


class Health(NamedTuple):
    version: str
    state: str
    seq: int
    start_time_ns: int
    time_ns: int
    durable: bool
    snapshot_seq: int
    history_seq: int
    history_error: str
    engine_waiting: int
    """Submissions and queries."""
    journal_waiting: int
    """Answers."""
    subscribers: int
    updates_waiting: int


class LevelChange(NamedTuple):
    price: str
    quantity: str
    """Zero: the level is gone."""


class Level(NamedTuple):
    price: str
    quantity: str
    total: float
    """Of it and all better ones."""


class Rate:
    """Of a count that only grows, but for a new beginning."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._steps: deque[tuple[float, int]] = deque()

    def add(self, value: int, now_s: float) -> None:
        grown = 0 if self._last is None else max(0, value - self._last)
        self._last = value
        self._steps.append((now_s, grown))
        while self._steps[0][0] < now_s - RATE_S:
            self._steps.popleft()

    def per_s(self, now_s: float) -> float | None:
        """None: it was looked at too seldom to tell."""
        recent = [(at_s, grown) for at_s, grown in self._steps if at_s >= now_s - RATE_S]
        if len(recent) < 2:
            return None
        # what the first one grew by was before it
        return sum(grown for _, grown in recent[1:]) / max(now_s - recent[0][0], 0.1)


class Ladder:
    """The best levels of a book."""

    def __init__(self) -> None:
        self.seq = -1
        """-1: nothing was told yet."""
        self._bids: dict[str, str] = {}
        self._asks: dict[str, str] = {}

    def take(
        self, seq: int, previous_seq: int, bids: Iterable[LevelChange], asks: Iterable[LevelChange]
    ) -> bool:
        """previous_seq : 0 = a snapshot: forget what was before

        False, with nothing changed, if what was before is not known.
        """
        if previous_seq == 0:
            self._bids.clear()
            self._asks.clear()
        elif previous_seq != self.seq:
            return False
        self.seq = seq
        for side, changes in ((self._bids, bids), (self._asks, asks)):
            for price, quantity in changes:
                if float(quantity):
                    side[price] = quantity
                else:
                    side.pop(price, None)
        return True

    def bids(self, count: int) -> list[Level]:
        """Best first."""
        return _levels(sorted(self._bids.items(), key=lambda one: -float(one[0]))[:count])

    def asks(self, count: int) -> list[Level]:
        return _levels(sorted(self._asks.items(), key=lambda one: float(one[0]))[:count])


def _levels(levels: list[tuple[str, str]]) -> list[Level]:
    total = 0.0
    found = []
    for price, quantity in levels:
        total += float(quantity)
        found.append(Level(price, quantity, total))
    return found


@dataclass
class View:
    address: str
    connection: str = "connecting"
    connected: bool = False
    symbols: dict[int, SymbolName] = field(default_factory=dict)
    chosen: int = 0
    """Id of a symbol."""
    tickers: dict[int, TickerRow] = field(default_factory=dict)
    trade_rates: dict[int, Rate] = field(default_factory=dict)
    ladder: Ladder = field(default_factory=Ladder)
    trades: deque[TradeRow] = field(default_factory=lambda: deque(maxlen=TRADES_MAX))
    """Newest first."""
    trades_known: bool = False
    """The latest were told."""
    health: Health | None = None
    commands: Rate = field(default_factory=Rate)
    latencies_s: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_MAX))
    """Of GetStatus, there and back."""
    seen_s: float = 0.0
    """When the counts were looked at last, on the clock of their rates."""
    message_count: int = 0
    messages: Rate = field(default_factory=Rate)
    """That the streams brought."""

    def add_ticker(self, symbol: int, row: TickerRow) -> None:
        self.tickers[symbol] = row

    def add_health(self, health: Health, latency_s: float) -> None:
        """Also the time to look at what is counted."""
        self.seen_s = now_s = time.monotonic()
        self.health = health
        self.latencies_s.append(latency_s)
        self.commands.add(health.seq, now_s)
        self.messages.add(self.message_count, now_s)
        for symbol, row in self.tickers.items():
            self.trade_rates.setdefault(symbol, Rate()).add(row.trade_count, now_s)

    def latency_ms(self) -> tuple[float, float] | None:
        """Median and longest."""
        if not self.latencies_s:
            return None
        return median(self.latencies_s) * 1_000, max(self.latencies_s) * 1_000

    def forget_chosen(self) -> None:
        self.ladder = Ladder()
        self.trades.clear()
        self.trades_known = False

    def is_whole(self) -> bool:
        """Is there something to show of everything?"""
        of_chosen = bool(self.tickers) and self.ladder.seq >= 0 and self.trades_known
        return self.connected and self.health is not None and (of_chosen or not self.symbols)
