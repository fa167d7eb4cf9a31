"""Agents: one compiled function, or a Python class with `on_book` and `on_fill`.

An agent has an account and a latency. Its orders reach the exchange that much after they were sent; what it
sees of the book and hears of its orders is that old, and never younger.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lightning.codes import EventKind, RejectReason, Side
from lightning.rows import Event
from lightning.simulation.desk import Desk
from lightning.simulation.sight import Fill, Sight

BLOCK_ROWS = 16_384
Decide = Callable[[Any, np.random.Generator, Sight, npt.NDArray[np.void]], int]
"""(state, random, sight, block) -> rows written into the block; `random` is the agent's own.

The block is of COMMAND rows, zeros but for what is written: kind, side, price, qty and so on, `time_ns` is
when a row is sent, now or later, 0: now. Symbol and account are filled in."""


@dataclass(frozen=True)
class CompiledAgent:
    """A function that numba compiled, and what it keeps: every step it is called once for all its orders."""

    account: int
    decide: Decide
    state: Any
    """Whatever numba takes: an array, a NamedTuple of arrays. The function changes it."""
    latency_ns: int = 0
    every_ns: int = 0
    """How often it decides; 0: every step."""
    block_rows: int = BLOCK_ROWS
    """Most rows at a time."""


class Agent:
    """To be derived from; every method may be left as it is. Orders are placed through the desk."""

    def __init__(self, account: int, latency_ns: int = 0, every_ns: int = 0) -> None:
        """every_ns : how often it looks at the book; 0: every step"""
        self.account = account
        self.latency_ns = latency_ns
        self.every_ns = every_ns

    def on_start(self, desk: Desk) -> None:
        """Once, before all else; the book may not be seen yet."""

    def on_book(self, desk: Desk, sight: Sight) -> None:
        """It is time to look; fills and refusals were told before."""

    def on_fill(self, desk: Desk, fill: Fill) -> None:
        """An order of the account traded."""

    def on_reject(self, desk: Desk, client_order_id: int, reason: RejectReason) -> None:
        """An order, cancel or amend was refused."""


@dataclass
class PythonSeat:
    """Where a Python agent sits: calls it, and writes down what it does."""

    agent: Agent
    desk: Desk
    started: bool = field(default=False)

    def decide(self, sight: Sight) -> int:
        """Rows written into the desk's block."""
        self.desk.now_ns = sight.now_ns
        if not self.started:
            self.started = True
            self.agent.on_start(self.desk)
        for row, time_ns in zip(sight.events.tolist(), sight.event_times.tolist(), strict=True):
            self._tell(Event._make(row), time_ns)
        self.agent.on_book(self.desk, sight)
        return self.desk.take_written()

    def _tell(self, event: Event, time_ns: int) -> None:
        if event.kind == EventKind.TRADE:
            for fill in fills_of(event, self.agent.account, time_ns):
                self.desk.follow_fill(fill)
                self.agent.on_fill(self.desk, fill)
            return
        self.desk.follow_order(event)
        if event.kind == EventKind.REJECTED:
            self.agent.on_reject(self.desk, event.client_order_id, RejectReason(event.reason))


def fills_of(event: Event, account: int, time_ns: int) -> list[Fill]:
    """Of a TRADE: one fill, or two if the account traded with itself."""
    side, other = Side(event.side), Side(1 - event.side)
    price, qty, fills = event.price, event.qty, []
    if event.account == account:
        order, leaves = event.client_order_id, event.leaves_qty
        fills.append(Fill(time_ns, order, side, price, qty, leaves, event.fee, False))
    if event.maker_account == account:
        order, leaves = event.maker_client_order_id, event.maker_leaves_qty
        fills.append(Fill(time_ns, order, other, price, qty, leaves, event.maker_fee, True))
    return fills
