"""Agents that do what they are told, when they are told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from lightning.codes import RejectReason
from lightning.simulation import Agent, Desk, Fill, Sight
from lightning.simulation.simulation import START_NS

MS = 1_000_000
Act = Callable[[Desk], object]


@dataclass
class Seen:
    """What an agent was shown at one time, copied."""

    now_ns: int
    until_ns: int
    book_ns: int
    bids: np.ndarray
    asks: np.ndarray
    events: np.ndarray
    event_times: np.ndarray


@dataclass
class Told:
    fills: list[Fill] = field(default_factory=list)
    rejects: list[tuple[int, RejectReason]] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)


class Scripted(Agent):
    """Acts at the given milliseconds behind the start."""

    def __init__(
        self, account: int, script: Mapping[int, Act], latency_ns: int = 0, every_ns: int = 0
    ) -> None:
        super().__init__(account, latency_ns, every_ns)
        self.script = {START_NS + ms * MS: act for ms, act in script.items()}
        self.told = Told()

    def on_book(self, desk: Desk, sight: Sight) -> None:
        times = sight.now_ns, sight.until_ns, sight.book_ns
        arrays = sight.bids.copy(), sight.asks.copy(), sight.events.copy(), sight.event_times.copy()
        self.told.seen.append(Seen(*times, *arrays))
        act = self.script.pop(sight.now_ns, None)
        if act is not None:
            act(desk)

    def on_fill(self, desk: Desk, fill: Fill) -> None:
        self.told.fills.append(fill)

    def on_reject(self, desk: Desk, client_order_id: int, reason: RejectReason) -> None:
        self.told.rejects.append((client_order_id, reason))
