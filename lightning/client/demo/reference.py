"""What everything is worth, in a market of nobody's making: prices that wander and come back."""

from math import exp, sqrt
from random import Random

from lightning.client.demo.flow import DemoSymbol

VALUES = {"BTC": 60_000.0, "ETH": 3_000.0, "USDT": 1.0}
"""Of one, in USDT: what the wandering begins at and tends to."""
MONEY = "USDT"
VOLATILITY = 0.0002
"""Standard deviation of a second's return; a venue's is about half of it."""
TREND, TREND_S = 0.00003, 30.0
"""Standard deviation of a trend's return in a second, and about how long it lasts."""
RETURN_S = 3_600.0
"""Time constant of the way back."""
COMMON = 0.6
"""Share of a shock that moves all alike."""


class Reference:
    """Moves by `step_s` at a time."""

    def __init__(self, random: Random, step_s: float) -> None:
        self._random = random
        self._step_s = step_s
        self._log = {name: 0.0 for name in VALUES if name != MONEY}
        self._trend = dict.fromkeys(self._log, 0.0)

    def move(self) -> None:
        step_s, random = self._step_s, self._random
        common = random.gauss(0, 1)
        for name, log in self._log.items():
            if random.random() < step_s / TREND_S:
                self._trend[name] = random.gauss(0, TREND)
            shock = COMMON * common + sqrt(1 - COMMON**2) * random.gauss(0, 1)
            drift = self._trend[name] - log / RETURN_S
            self._log[name] = log + drift * step_s + VOLATILITY * sqrt(step_s) * shock

    def value(self, name: str) -> float:
        return VALUES[name] * exp(self._log.get(name, 0.0))

    def price(self, symbol: DemoSymbol) -> float:
        return self.value(symbol.base) / self.value(symbol.quote)
