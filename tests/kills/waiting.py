"""Stops that wait, as the judge knows them: from their answers, and from the trades that came after."""

from collections import defaultdict
from dataclasses import dataclass, field

from lightning.pb.v1 import types_pb2

STOPS = (
    types_pb2.ORDER_TYPE_STOP,
    types_pb2.ORDER_TYPE_STOP_LIMIT,
    types_pb2.ORDER_TYPE_TRAILING_STOP,
)


@dataclass(slots=True)
class Waiting:
    seq: int
    """Of its answer."""
    buys: bool
    stop: int
    trail: int | None = None
    """Of a trailing stop."""
    reached: bool = False
    """Perhaps it has been set off."""

    def see(self, price: int) -> None:
        """A trade."""
        self.reached |= price >= self.stop if self.buys else price <= self.stop
        if self.trail is not None:
            behind = price + self.trail if self.buys else price - self.trail
            self.stop = min(self.stop, behind) if self.buys else max(self.stop, behind)


@dataclass
class WaitingStops:
    """Those that no trade has reached."""

    of_symbol: dict[int, list[Waiting]] = field(default_factory=lambda: defaultdict(list))

    def add(self, symbol: int, stop: Waiting) -> None:
        self.of_symbol[symbol].append(stop)

    def see(self, symbol: int, seq: int, price: int) -> None:
        for stop in self.of_symbol[symbol]:
            if seq > stop.seq:
                stop.see(price)
        self.of_symbol[symbol] = [stop for stop in self.of_symbol[symbol] if not stop.reached]
