"""`Simulation`: agents trade against an in-process `Exchange`, in steps of simulated time.

At the beginning of a step every agent whose turn it is decides, from what it may know by then. What was sent
arrives after its sender's latency; all that arrives within the step, whoever sent it and when, goes to the
exchange in the order of arrival, as one batch, each command at the time it arrives. So nobody sees anything
of the step it decides for, and a run is a function of its seed.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from lightning.codes import CommandKind
from lightning.engine.exchange import Exchange
from lightning.engine.glance import Glance
from lightning.rows import COMMAND
from lightning.simulation.agent import BLOCK_ROWS, Agent, CompiledAgent, Decide, PythonSeat
from lightning.simulation.desk import Desk
from lightning.simulation.mail import Books, Inbox, Log
from lightning.simulation.sight import Sight
from lightning.simulation.wire import Block, Way

Rows = npt.NDArray[np.void]
LEVELS = 10
START_NS = 1_767_225_600 * 10**9
"""2026-01-01 UTC."""
MONEY = 2**62
"""All of a currency that there is, in its smallest units, if nothing else is said."""

Hook = Callable[[Rows, Rows], None]
"""Told the COMMAND rows of a step and their EVENT rows."""


class Simulation:
    """One symbol of an exchange, and those who trade in it."""

    def __init__(
        self,
        exchange: Exchange,
        symbol: int,
        agents: Sequence[Agent | CompiledAgent],
        *,
        seed: int,
        step_ns: int = 1_000_000,
        start_ns: int = START_NS,
        levels: int = LEVELS,
        money: int | None = None,
    ) -> None:
        """seed : of all agents; each has random numbers of its own
        step_ns : of simulated time. A batch is what arrives within it
        levels : of the book that agents see
        money : that each account gets of both currencies, where the exchange has a ledger; None: plenty
        """
        if step_ns <= 0 or any(agent.latency_ns < 0 for agent in agents):
            raise ValueError("step_ns must be above 0, latencies 0 or more")
        self.exchange = exchange
        self.symbol = exchange.symbols[symbol]
        self.step_ns = step_ns
        self.now_ns = start_ns
        self.commands = 0
        """Those that arrived."""
        self.hooks: list[Hook] = []
        self.after_step: list[Callable[[], None]] = []
        """Called behind every step."""
        self._way = Way()
        self._log = Log()
        oldest = max((agent.latency_ns for agent in agents), default=0)
        self._books = Books(2 - (-oldest // step_ns), levels)
        seeds = np.random.SeedSequence(seed).spawn(len(agents))
        self._seats = [
            _Seat(agent, np.random.Generator(np.random.PCG64(own)), self._log, self)
            for agent, own in zip(agents, seeds, strict=True)
        ]
        if exchange.ledger:
            accounts = sorted({agent.account for agent in agents})
            self._pay_in(accounts, MONEY // max(len(accounts), 1) if money is None else money)
        self._glance = Glance(exchange, symbol, levels)
        self._books.add(start_ns, self._glance.look())

    def _pay_in(self, accounts: list[int], money: int) -> None:
        currencies = (self.symbol.base.id, self.symbol.quote.id)
        rows = np.zeros(2 * len(accounts), COMMAND)
        rows["kind"], rows["amount"], rows["time_ns"] = CommandKind.DEPOSIT, money, self.now_ns
        rows["account"], rows["currency"] = np.repeat(accounts, 2), np.tile(currencies, len(accounts))
        self.exchange.submit(rows)

    def run(self, duration_ns: int) -> None:
        """Whole steps, until at least so much time has passed."""
        for _ in range(-(-duration_ns // self.step_ns)):
            self.step()

    def step(self) -> None:
        """One step. Raises AgentError."""
        now_ns, until_ns = self.now_ns, self.now_ns + self.step_ns
        for seat in self._seats:
            if seat.next_ns <= now_ns:
                self._ask(seat, now_ns)
        commands = self._way.arrived(until_ns)
        self.commands += len(commands)
        if len(commands):
            self._submit(commands)
        due_ns = self.exchange.next_timer()
        if due_ns is not None and due_ns < until_ns:
            self._submit(_let_time_pass(until_ns - 1))
        self.now_ns = until_ns
        self._books.add(until_ns, self._glance.look())
        for call in self.after_step:
            call()

    def book(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """(bids, asks) behind the last step, as agents see them; views that the next steps overwrite."""
        _, bids, asks = self._books.at(0)
        return bids, asks

    def _ask(self, seat: "_Seat", now_ns: int) -> None:
        """It may know what happened before its latency ago."""
        seat.next_ns = now_ns + seat.every_ns
        book_ns, bids, asks = self._books.at(-(-seat.latency_ns // self.step_ns))
        events, times = seat.inbox.open(now_ns - seat.latency_ns)
        sight = Sight(now_ns, seat.next_ns, book_ns, bids, asks, events, times)
        count = seat.decide(sight)
        if count:
            account, symbol = seat.account, self.symbol.id
            self._way.send(seat.block, count, account, symbol, now_ns, seat.latency_ns)

    def _submit(self, commands: Rows) -> None:
        events = self.exchange.submit(commands)
        times = commands["time_ns"][events["command"]]
        self._log.add(events, times, min((seat.inbox.read for seat in self._seats), default=self._log.end))
        for hook in self.hooks:
            hook(commands, events)


class _Seat:
    """One agent, with what it has been told and what it writes into."""

    def __init__(
        self, agent: Agent | CompiledAgent, random: np.random.Generator, log: Log, simulation: Simulation
    ) -> None:
        step_ns = simulation.step_ns
        self.account, self.latency_ns = agent.account, agent.latency_ns
        self.every_ns = max(-(-agent.every_ns // step_ns), 1) * step_ns
        self.next_ns = simulation.now_ns
        self.inbox = Inbox(log, agent.account)
        self.decide: Callable[[Sight], int]
        if isinstance(agent, CompiledAgent):
            self.block = Block(agent.block_rows)
            self.decide = _compiled(agent.decide, agent.state, random, self.block)
        else:
            self.block = Block(BLOCK_ROWS)
            self.decide = PythonSeat(agent, Desk(self.block, random)).decide


def _compiled(
    decide: Decide, state: object, random: np.random.Generator, block: Block
) -> Callable[[Sight], int]:
    return lambda sight: int(decide(state, random, sight, block.rows))


def _let_time_pass(due_ns: int) -> Rows:
    rows = np.zeros(1, COMMAND)
    rows["kind"], rows["time_ns"] = CommandKind.TIMER, due_ns
    return rows
