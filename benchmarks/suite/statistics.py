"""What candles and tickers cost: the pass over a batch's events, and questions."""

import numpy as np

from benchmarks.suite.warmed import Warmed
from lightning.codes import EventKind
from lightning.engine.statistics import Statistics
from lightning.kernels.candles_layout import MINUTE_NS, SECOND_NS, Interval
from lightning.rows import COMMAND, EVENT

EVENTS = 16_384
"""Of a batch."""
BEGINNING_NS = 1_700_000_000 * SECOND_NS


class Fed:
    """Statistics of some symbols, and a batch of events of which `trades` in 100 are trades."""

    def __init__(self, symbols: int, trades: int) -> None:
        self.statistics = Statistics()
        self.symbols = np.arange(1, symbols + 1)
        for symbol in self.symbols.tolist():
            self.statistics.add_symbol(symbol)
        chance = np.random.default_rng(1)
        self.commands, self.events = np.zeros(EVENTS, COMMAND), np.zeros(EVENTS, EVENT)
        self.commands["time_ns"] = BEGINNING_NS
        traded = chance.integers(0, 100, EVENTS) < trades
        self.events["kind"] = np.where(traded, EventKind.TRADE, EventKind.ACCEPTED)
        self.events["command"] = np.arange(EVENTS)
        self.events["symbol"] = chance.permutation(np.resize(self.symbols, EVENTS))
        self.events["price"], self.events["qty"] = chance.integers(100, 200, EVENTS), 5

    def feed(self, later_ns: int = 0) -> None:
        self.commands["time_ns"] += later_ns
        self.statistics.add_trades(self.commands, self.events)


class Pass(Warmed):
    """A batch of 16,384 events a thousandth of a second after the one before."""

    param_names = ("symbols", "trades of 100 events")
    params = ([1, 100, 10_000], [0, 30, 100])

    def setup(self, symbols: int, trades: int) -> None:
        self.fed = Fed(symbols, trades)
        self.fed.feed()

    def time_add_trades(self, symbols: int, trades: int) -> None:
        self.fed.feed(SECOND_NS // 1000)


class Questions(Warmed):
    """After 200 minutes in which each of 1,000 symbols traded."""

    def setup(self) -> None:
        self.fed = Fed(1_000, 100)
        for _ in range(200):
            self.fed.feed(MINUTE_NS)
        self.now = int(self.fed.commands["time_ns"][0]) + MINUTE_NS

    def time_days_of_1_000_symbols(self) -> None:
        self.fed.statistics.days(self.fed.symbols, self.now)

    def time_100_candles_of_a_symbol(self) -> None:
        self.fed.statistics.candles(7, Interval.MINUTE, None, None, 100)

    def peakmem_1_000_symbols(self) -> None:
        self.fed.statistics.days(self.fed.symbols, self.now)
